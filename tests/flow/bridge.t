#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""Clients that know caching_sha2_password alone log in to MariaDB, which does not have it."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import Door, command
from tap import finish, ok, run, same, skip

NAME = "db1.dbtls.test"
SHA2, NATIVE = "caching_sha2_password", "mysql_native_password"
# Oracle's own client library (libmysqlclient) comes in the C extension of this package.
ORACLE = "mysql-connector-python==26.10.0"
door = None


def login(password, first=b"", last=None):
    """Does as Oracle's 9.x library does: no answer to a greeting whose method it does not have."""
    c = door.client()
    c.start_tls()
    c.send_packet(c.response("root", "", "test", plugin=SHA2))
    told = c.packet()
    if told[:1] != b"\xfe" or not told[1:].startswith(SHA2.encode() + b"\0"):
        return c, told
    c.send_packet(first or (b"x" * 32 if password else b""))
    told = c.packet()
    if told != b"\x01\x04":
        return c, told
    c.send_packet(last if last is not None else password.encode() + b"\0")
    return c, c.packet()


def code_of(packet):
    return int.from_bytes(packet[1:3], "little") if packet[:1] == b"\xff" else packet


def test_bridge():
    c, told = login(door.password)
    same(told[:1], b"\0", "T9: a client that knows caching_sha2_password alone logs in")
    same(c.query("SELECT DATABASE()"), [["test"]], "T15: and asks, sequence ids in order")
    c.quit()
    same(code_of(login("wrong")[1]), 1045, "T9: a wrong password is 1045")
    same(code_of(login("")[1]), 1045, "T9: no password is 1045, and is not asked for twice")
    same(code_of(login("", first=b"\0")[1]), 1045, "a lone NUL is no password either")
    same(code_of(login("x" * 3000)[1]), 1045, "a very long one is 1045")
    same(code_of(login(door.password, last=b"")[1]), 1105, "an empty packet instead of it is refused")
    same(code_of(login(door.password, last=door.password.encode())[1]), 1105,
         "one without its NUL is refused")
    same(code_of(login(door.password, last=b"a\0b\0")[1]), 1105, "one with a NUL inside is refused")


def test_untouched():
    """Who knows the database's method sees the database's own packets, and no others."""
    with door.login() as c:
        same(c.query("SELECT 1"), [["1"]], "a client with mysql_native_password goes through")
    c = door.client()
    c.start_tls()
    c.send_packet(c.response("root", "", "test", plugin="client_ed25519"))
    ok(c.packet().startswith(b"\xfe" + NATIVE.encode() + b"\0"),
       "another method's client hears the database's own question")
    c.close()


def oracle_python(folder):
    """A Python with Oracle's library, its plugin for mysql_native_password taken away, as 9.x's
    command line has none."""
    made = command(sys.executable, "-m", "venv", folder, timeout=120)
    if made.rc == 0:
        made = command(f"{folder}/bin/pip", "install", "-q", "--no-deps", ORACLE, timeout=240)
    if made.rc != 0:
        return None, made
    for at, _, files in os.walk(folder):
        if "mysql_native_password.so" in files:
            os.unlink(os.path.join(at, "mysql_native_password.so"))
    return f"{folder}/bin/python", made


CONNECT = """
import sys
import _mysql_connector
import mysql.connector
host, port, ca, version = sys.argv[1:]
try:
    c = mysql.connector.connect(host=host, port=int(port), user="root", password=input(),
        database="test", ssl_ca=ca, ssl_verify_cert=True, ssl_verify_identity=True,
        tls_versions=[version], use_pure=False, connection_timeout=15)
    q = c.cursor()
    q.execute("SELECT DATABASE()")
    print(q.fetchone()[0])
except mysql.connector.Error as e:
    print(e.errno)
"""


def ask(python, version, password, at=None):
    """By a name that leads here as DNS would have it, whatever this machine's /etc/hosts holds."""
    at = at or door
    hosts = os.path.join(at.folder, "hosts")
    with open(hosts, "w") as f:
        f.write(f"127.0.0.1 {NAME}\n")
    done = command(python, "-c", CONNECT, NAME, str(at.port), at.ca, version,
                   stdin=password + "\n", timeout=40,
                   env={**os.environ, "LD_PRELOAD": "libnss_wrapper.so",
                        "NSS_WRAPPER_HOSTS": hosts})
    return done.out.strip() if done.rc == 0 else done


def test_oracle():
    """T9's settings, VERIFY_IDENTITY with one TLS version, through Oracle's own library."""
    with tempfile.TemporaryDirectory(prefix="dbtls-oracle-") as folder:
        python, made = oracle_python(folder)
        if not python:
            skip("T9: Oracle's client library", f"{ORACLE} can't be had: {made}")
            return
        for version in ("TLSv1.2", "TLSv1.3"):
            same(ask(python, version, door.password), "test", f"T9: Oracle's library, {version}")
            same(ask(python, version, "wrong"), "1045", f"T9: a wrong password, {version}")
        with Door("--login-bridge", "off", "--name", NAME) as other:
            same(ask(python, "TLSv1.3", other.password, other), "2059",
                 "without the bridge it can't: 2059")
            same(command(*other.mariadb_words("-e", "SELECT DATABASE()")).rc, 0,
                 "and MariaDB's client can")


with Door("--name", NAME) as door:
    run(test_bridge, test_untouched, test_oracle, on_failure=door.tail)
finish()
