#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
T9: Oracle's own `mysql`, called by the document's words, logs in at a door before MariaDB. Nothing
of it is a stand-in but the terminal that types the password. Root's run has a network of its own,
in which there is loopback only.
"""
import os
import re
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import clients
import mysqld
from door import ROOT, Door, Terminal, command, read
from tap import finish, note, ok, run, same, skip, until

NAME, OTHER = "db1.dbtls.test", "db2.dbtls.test"  # both lead here; the certificate has the first
HOSTS = [f"127.0.0.1 {NAME} {OTHER}"]
SPACE = f"dbtls-{os.getpid()}"
INSIDE = ("nsenter", f"--net=/run/netns/{SPACE}") if ROOT else ()
VERSIONS = {"TLSv1.2": "1.2", "TLSv1.3": "1.3"}
door = None


def document(version, host=NAME, ca="ca.pem"):
    """The document's line, with a host and a port in it."""
    return (f'mysql --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca} '
            f'--tls-version="{version}" -u root -h {host} -P {door.port} -D test -p')


def typed(line, password=None, *statements):
    """
    What a terminal shows when somebody in the folder that holds ca.pem types this line, the
    password when asked for it, and the statements. And what the client ended with.
    """
    env = mysqld.put_on_path(os.path.join(door.folder, "oracle"), HOSTS)
    terminal = Terminal(*INSIDE, "sh", "-c", f'cd "$1" && {line}', "sh", door.state, **env)
    try:
        if terminal.wait_for("Enter password: ", 20):
            terminal.type((door.password if password is None else password) + "\n")
        # Each prompt is waited for, or the line editor would take away what came too early.
        for n, statement in enumerate((*statements, "quit"), 1):
            if not until(lambda n=n: terminal.text.count("mysql> ") >= n or
                         terminal.end(0.1) is not None, 30):
                break
            if terminal.rc is None:
                terminal.type(statement + "\n")
        return terminal.text, terminal.end(20)
    finally:
        terminal.close()


def refused(line, words, name, password=None, at_end=None):
    """This line is told so; the door's log has this word for it."""
    before = len(door.sessions())
    text, rc = typed(line, password, "SELECT DATABASE();")
    ok(rc == 1 and re.search(words, text) and "mysql> " not in text, name, text, rc)
    note(*[t for t in text.splitlines() if "ERROR" in t])
    if at_end:
        found = until(lambda: door.sessions()[before:], 10)
        same(found[-1]["end"] if found else None, at_end, "… the log says why")


def lets_in(line, tls, name):
    before = len(door.sessions())
    text, rc = typed(line, None, "SELECT DATABASE();", "SELECT CURRENT_USER();")
    ok(rc == 0 and re.search(r"\| test +\|", text) and "| root@" in text, name, text, rc)
    found = until(lambda: door.sessions()[before:], 10)
    same((found[-1]["tls"], found[-1]["end"]) if found else None, (tls, "client-quit"),
         f"… over TLS {tls}, as the log says")


def test_client():
    env = mysqld.put_on_path(os.path.join(door.folder, "oracle"), HOSTS)
    done = command("mysql", "--version", env={**os.environ, **env})
    note(done.out)
    ok(done.rc == 0 and "MariaDB" not in done.out and re.search(r"Ver ([89]|\d\d)\.", done.out),
       "T9: the client is the genuine one", done)


def test_document():
    for version, tls in VERSIONS.items():
        lets_in(document(version), tls, f"T9: the document's line logs in, {version}, "
                "SELECT DATABASE() is test")
        refused(document(version), r"ERROR 1045 \(28000\)", f"T9: a wrong password, {version}",
                "wrong", "login-refused")


def test_printed():
    done = door.dbtls("connect", "mysql")
    line = done.out.strip()
    ok(done.rc == 0 and f" -h {NAME} " in line and f" -P {door.port} " in line and
       f"--ssl-ca={door.ca} " in line and "--ssl-mode=VERIFY_IDENTITY" in line,
       "T9: connect mysql prints the line", done)
    lets_in(line, "1.3", "T9: … and it logs in as printed")
    for tls in VERSIONS.values():
        pinned = door.dbtls("connect", "mysql", "--tls-version", tls).out.strip()
        lets_in(pinned, tls, f"T9: … and pinned to {tls}")


def test_refused():
    wrong = mysqld.Ca(os.path.join(door.folder, "ca")).pem
    for version in VERSIONS:
        refused(document(version, ca=wrong), "ERROR 2026 .*certificate verify failed",
                f"T9: another CA is refused by the client, {version}",
                at_end="tls-unknown-ca")
        refused(document(version, OTHER), "ERROR 2026 ", f"T9: another name is, {version}",
                at_end="tls-cert-refused")


class At:
    """A MySQL of one's own with one thing wrong, and what the client makes of it."""

    def __init__(self, ca, tls, host=NAME, ca_shown=None):
        self.ca, self.tls, self.host, self.ca_shown = ca, tls, host, ca_shown or ca

    def verdict(self):
        """As in docs/clients.md: the server's own log says whether the login came."""
        more = ("--general-log=ON", "--log-output=FILE") if self.tls else (
            "--general-log=ON", "--log-output=FILE", "--tls-version=")
        with mysqld.Mysqld(*more, tls=self.tls, tcp=True, inside=INSIDE) as server:
            server.account("shop", "secret")
            server.sql(f"SET GLOBAL general_log_file = '{server.folder}/general'")
            line = door.dbtls("connect", "mysql", "--host", self.host, "--port", str(server.port),
                              "--ca-path", self.ca_shown.pem, "--user", "shop").out.strip()
            text, rc = typed(line, "secret", "SELECT DATABASE();")
            came = "shop@" in read(f"{server.folder}/general")
        note(*[t for t in text.splitlines() if "ERROR" in t])
        if rc == 0 or re.search(r"\| test +\|", text):
            return clients.ACCEPTS
        return clients.AFTER_LOGIN if came else clients.REFUSES


def test_conditions():
    """The row of docs/clients.md, at MySQL itself."""
    good = mysqld.Ca(os.path.join(door.folder, "good"))
    other = mysqld.Ca(os.path.join(door.folder, "other"))
    leaf = (*good.leaf(NAME), good.pem)
    same(At(good, leaf).verdict(), clients.ACCEPTS, "T9: it logs in to a MySQL as it should be")
    wrong = {"wrong CA": At(good, leaf, ca_shown=other), "wrong host name": At(good, leaf, OTHER),
             "expired": At(good, (*good.expired(NAME), good.pem)), "no TLS": At(good, None)}
    verdicts = [wrong[what].verdict() for what in clients.WRONG]
    same(verdicts, [clients.REFUSES] * 4, "T9: and refuses each that it must not log in to")
    env = mysqld.put_on_path(os.path.join(door.folder, "oracle"), HOSTS)
    version = re.search(r"Ver (\S+)", command("mysql", "--version",
                                              env={**os.environ, **env}).out)[1]
    clients.test_docs([types.SimpleNamespace(client=clients.Client("mysql", "T9", (), ""),
                                             version=f"mysql {version}",
                                             verdicts=lambda: verdicts)])


def test_narrowed():
    for at, (version, tls) in enumerate(VERSIONS.items()):
        other = list(VERSIONS)[1 - at]
        door.stop()
        door.start("--tls-version", tls)
        lets_in(document(version), tls, f"T9: a door with {version} alone lets {version} in")
        refused(document(other), "ERROR 2026 ", f"T9: … and {other} not",
                at_end="tls-version")
    door.stop()
    door.start("--tls-version", "both")


def test_bridge_off():
    door.stop()
    door.start("--login-bridge", "off")
    refused(document("TLSv1.3"),
            r"ERROR 2059 \(HY000\).*mysql_native_password.*(cannot be loaded|cannot open)",
            "T9: without the bridge it can't log in, and says why", at_end="no-method")
    door.stop()
    door.start("--login-bridge", "on")
    lets_in(document("TLSv1.3"), "1.3", "T9: … and with it again it can")


def main():
    global door
    try:
        mysqld.tree()
    except mysqld.NotHere as why:
        skip("T9: Oracle's command line", str(why).replace("\n", "; "))
        return
    if ROOT:
        command("ip", "netns", "add", SPACE)
    try:
        command(*INSIDE, *(("ip", "link", "set", "lo", "up") if ROOT else ("true",)))
        with Door("--name", NAME, inside=INSIDE) as door:
            run(test_client, test_document, test_printed, test_refused, test_conditions,
                test_narrowed, test_bridge_off, on_failure=door.tail)
    finally:
        if ROOT:
            command("ip", "netns", "del", SPACE)


main()
finish()
