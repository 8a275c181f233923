#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""Nobody gets through the door without root's password, whoever the door's processes are."""
import getpass
import os
import pwd
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import ROOT, Door, command
from mysql import Refused
from tap import finish, ok, run, same

ROLES = ("dbtls-relay", "dbtls-keys", "dbtls-ca", "dbtls-engine")
door = None


def users():
    """Whoever the server might take a client on its socket for, and some that installations make."""
    owners = {pwd.getpwuid(os.stat(f"/proc/{pid}").st_uid).pw_name
              for pid in (p["pid"] for p in door.status()["processes"])}
    return sorted({"root", "", "dbtls-admin", "mysql", "mariadb.sys", "nobody",
                   getpass.getuser(), *ROLES, *owners})


def code_of(user, password):
    try:
        door.login(user, password, database=None).close()
    except Refused as e:
        return e.code
    return "let in"


def test_without_password():
    for user in users():
        for password in ("", "x", user):
            same(code_of(user, password), 1045, f"T20: {user!r} with the password {password!r}")


def test_mariadb():
    for user in users():
        done = command(*door.mariadb_words("-e", "SELECT 1", user=user, password=""),
                       stdin="", timeout=20)
        ok(done.rc == 1 and "ERROR 1045 (28000)" in done.err,
           f"T20: the mariadb client as {user!r}, without a password", done)


def test_as_role_users():
    """The same from those very users: who one is on this host is no proof."""
    if not ROOT:
        return
    for role in ROLES:
        done = command("setpriv", f"--reuid={role}", f"--regid={role}", "--clear-groups",
                       *door.mariadb_words("-e", "SELECT 1", user=role, password=""), timeout=20)
        ok(done.rc == 1 and "ERROR 1045 (28000)" in done.err, f"T20: {role}, as itself", done)


def test_socket():
    """The way around the door: the database's socket is for the relays alone."""
    path = os.path.join(door.state, "run/engine/sql")
    words = ["mariadb", "--no-defaults", "--socket", path, "-e", "SELECT 1"]
    for role in ("nobody", "dbtls-keys", "dbtls-ca") if ROOT else ():
        group = "nogroup" if role == "nobody" else role
        done = command("setpriv", f"--reuid={role}", f"--regid={group}", "--clear-groups", *words,
                       timeout=20)
        ok(done.rc == 1 and "2002" in done.err and "13" in done.err,
           f"T20: {role} does not even reach the database's socket", done)
    for user in users():
        done = command(*words, "-u", user, timeout=20)
        ok(done.rc == 1 and "ERROR 1045" in done.err,
           f"T20: on the socket itself, as {user!r} without a password: 1045", done)


def test_accounts():
    same(door.query("SELECT user, host, plugin FROM mysql.user WHERE user NOT IN "
                    "('dbtls-admin', 'mariadb.sys') ORDER BY 1, 2"),
         [["root", "%", "mysql_native_password"]], "T20: the only account is root's")
    same(door.query("SELECT COUNT(*) FROM mysql.global_priv WHERE user = 'root' AND "
                    "JSON_VALUE(priv, '$.authentication_string') IN ('', 'invalid')"), [["0"]],
         "T4: … and it has a password")
    same(door.query("SELECT @@skip_networking"), [["1"]],
         "T20: the database has no network of its own")
    same(door.query("SELECT plugin_name FROM information_schema.plugins "
                    "WHERE plugin_name = 'unix_socket' AND plugin_status = 'ACTIVE'"), [],
         "T20: … and no plugin that asks who a process is")


def test_right_password():
    same(door.query("SELECT CURRENT_USER(), DATABASE()"), [["root@%", "test"]],
         "T4: root gets in with the password")
    same(door.query("SHOW GRANTS")[0][0].split(" IDENTIFIED")[0],
         "GRANT ALL PRIVILEGES ON *.* TO `root`@`%`", "T4: … and may do everything")


with Door() as door:
    run(test_without_password, test_mariadb, test_as_role_users, test_socket, test_accounts,
        test_right_password, on_failure=door.tail)
    same(door.stop(), 0, "the door ends with 0")
    door.start()
    run(test_without_password, test_accounts, test_right_password, on_failure=door.tail)
finish()
