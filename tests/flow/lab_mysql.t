#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D6: the MySQL that the lab speaks where nothing is wrong with it: logins by each method inside TLS
and without it, what drivers ask, prepared statements; and what it makes of packets that no driver
sends. Its own `seen` is not asked: what counts is what a client gets.
"""
import os
import shutil
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import lab
import mysql
from door import command, read
from tap import finish, ok, run, same, skip

NATIVE, SHA2 = "mysql_native_password", "caching_sha2_password"
COMPRESSED, LOCAL_FILES = 0x04000020, 0x80
good = no_tls = the_lab = None


def client(row):
    """As far as the greeting, and inside TLS where it is offered."""
    c = mysql.Client(row.address, row.port, timeout=10)
    if row is good:
        return c.start_tls(mysql.context(row.ca), row.host)
    return c.greeting()


def login(row, password=None, user=None, **more):
    c = client(row)
    caps = mysql.USUAL if row is good else mysql.USUAL & ~mysql.SSL
    return c.authenticate(user or row.user, row.password if password is None else password,
                          **{"database": "test", "caps": caps, **more})


def refused(what):
    """The code and the state of the error that it ends with."""
    try:
        what()
    except mysql.Refused as e:
        return e.code, e.state
    except mysql.Left as e:
        return str(e)
    return "it was not"


# ---- before the login

def test_greeting():
    seen = set()
    for row in (good, no_tls):
        with mysql.Client(row.address, row.port) as c:
            c.greeting()
        seen.add(c.scramble)
        same(bool(c.server_caps & mysql.SSL), row is good, f"{row.name}: TLS is offered or not")
        same(c.server_caps & (COMPRESSED | LOCAL_FILES), 0, "… neither compression nor files")
        ok(c.version.startswith("8.") and "MariaDB" not in c.version, "… by a MySQL 8", c.version)
        ok(len(c.scramble) == 20 and all(0x20 < b < 0x7f for b in c.scramble),
           "… with a scramble of 20 characters", c.scramble)
    same(len(seen), 2, "each has a scramble of its own")


# ---- logins


# What a client says at first: its method, its proof; the method that it is told then, or None.
METHODS = {
    "by native": (NATIVE, mysql.native, None),
    "by sha2": (SHA2, mysql.sha2, None),
    "by sha2, which it lacked at the greeting": (SHA2, lambda *_: b"", SHA2),
    "by native, saying nothing at first": (NATIVE, lambda *_: b"", NATIVE),
    "by a method that nobody knows": ("dialog", lambda *_: b"x", NATIVE),
}


def test_methods():
    for row in (good, no_tls):
        for name, (plugin, proof, switched) in METHODS.items():
            c = client(row)
            with c:
                c.authenticate(row.user, row.password, "test", plugin=plugin,
                               proof=proof(row.password, c.scramble))
                same((c.switched_to, c.asked_for_password, c.query("SELECT DATABASE()")),
                     (switched, False, [["test"]]), f"{row.name}: a login {name}")
        with login(row, caps=mysql.USUAL & ~mysql.PLUGIN_AUTH) as c:
            same(c.query("SELECT 1"), [["1"]], f"{row.name}: a login that names no method")


def test_full():
    """A proof that isn't right, and the right password: inside TLS alone it is asked for."""
    c = client(good)
    with c:
        c.authenticate(good.user, good.password, plugin=SHA2, proof=b"x" * 32)
        same((c.asked_for_password, c.query("SELECT DATABASE()")), (True, [[None]]),
             "inside TLS the password itself will do")
    c = client(no_tls)
    with c:
        same(refused(lambda: c.authenticate(good.user, good.password, plugin=SHA2,
                                            proof=b"x" * 32)), (1045, "28000"),
             "without TLS it is refused")
        same(c.asked_for_password, False, "… and nobody has asked for the password")


def test_wrong():
    for row in (good, no_tls):
        for plugin, proof in ((NATIVE, mysql.native), (SHA2, mysql.sha2)):
            for name, user, password in (("a wrong password", row.user, "wrong"),
                                         ("no password", row.user, ""),
                                         ("a wrong user", "root", row.password),
                                         ("no user", "", row.password)):
                c = client(row)
                with c:
                    got = refused(lambda: c.authenticate(user, password, plugin=plugin,
                                                         proof=proof(password, c.scramble)))
                    same(got, (1045, "28000"), f"{row.name}: {name}, {plugin}: 1045")
                    same(c.asked_for_password, row is good and plugin == SHA2 and
                         password == "wrong", "… asked for the password itself or not")
                    same(c.hears_end()[1], b"", "… and that is the end")


# ---- queries

def test_queries():
    with login(good) as c:
        same(c.query("SELECT USER(), CURRENT_USER(), CONNECTION_ID(), VERSION()"),
             [["lab@localhost", "lab@%", str(c.connection_id), c.version]],
             "who, which connection, which version")
        same(c.query("SELECT @@port AS p, @@version AS v, 1+1"), [[str(good.port), c.version, "2"]],
             "variables, and a sum")
        same(c.query("SHOW STATUS LIKE 'Ssl%'"),
             [["Ssl_cipher", c.tls.cipher()[0]], ["Ssl_version", c.tls.version()]],
             "its TLS is what the client sees")
        same(refused(lambda: c.query("INSERT INTO t VALUES (1)")), (1064, "42000"),
             "what it has no answer to")
        same(refused(lambda: c.query("SELECT @@no_such_thing")), (1193, "HY000"),
             "a variable that isn't there")
        same(c.query("SELECT 'still', NULL"), [["still", None]], "it goes on all the same")
    with login(no_tls) as c:
        same(c.query("SHOW STATUS LIKE 'Ssl%'"), [["Ssl_cipher", ""], ["Ssl_version", ""]],
             "without TLS it says so")


def test_commands():
    with login(good) as c:
        ok(c.ping(), "COM_PING")
        c.command(2, b"shop")
        same((c.answer()[0], c.query("SELECT DATABASE()")), (0, [["shop"]]), "COM_INIT_DB")
        c.query("SET autocommit = 0")
        same(c.query("SELECT @@autocommit"), [["0"]], "autocommit off")
        c.command(31)
        same((c.answer()[0], c.query("SELECT @@autocommit")), (0, [["1"]]), "COM_RESET_CONNECTION")
        c.change_user(good.user, good.password, "other")
        same(c.query("SELECT DATABASE()"), [["other"]], "COM_CHANGE_USER")
        for name, packet, code in (("COM_FIELD_LIST", b"\x04t\0%", 1146),
                                   ("COM_STATISTICS", b"\x09", 1047),
                                   ("COM_PROCESS_KILL", b"\x0c\1\0\0\0", 1047),
                                   ("COM_BINLOG_DUMP", b"\x12" + bytes(10), 1047),
                                   ("no command at all", b"", 1047)):
            c.send_packet(packet, 0)
            same(refused(c.answer)[0], code, f"{name}: {code}")
        ok(c.ping(), "it goes on all the same")
        same(c.quit(), ("close_notify", b""), "COM_QUIT ends TLS as it should")
    with login(good) as c:
        same(refused(lambda: c.change_user(good.user, "wrong")), (1045, "28000"),
             "COM_CHANGE_USER with a wrong password")


# ---- prepared statements

def prepare(c, sql):
    """The id, and how many parameters and columns it has; what describes them is read over."""
    c.command(0x16, sql.encode())
    number, columns, params = struct.unpack_from("<xIHH", c.answer())
    for n in (params, columns):
        for _ in range(n + 1 if n else 0):
            c.answer()
    return number, params, columns


def execute(c, number, rest=b""):
    """The packets of its rows; [] for a statement without any."""
    c.command(0x17, struct.pack("<IBI", number, 0, 1) + rest)
    first = c.answer()
    if first[0] == 0:
        return []
    for _ in range(first[0] + 1):
        c.answer()
    rows = []
    while (p := c.answer())[0] != 0xfe:
        rows.append(p)
    return rows


def test_prepared():
    with login(good) as c:
        number, params, columns = prepare(c, "SELECT -7 AS n, DATABASE() AS d, NULL AS x")
        same((params, columns), (0, 3), "a statement is prepared")
        row = b"\0\x10" + struct.pack("<q", -7) + b"\x04test"
        for _ in range(2):
            same(execute(c, number), [row], "… and run")
        c.command(0x1a, struct.pack("<I", number))
        same(c.answer()[0], 0, "COM_STMT_RESET")
        ask, params, columns = prepare(c, "SELECT ?, ?")
        same((params, columns), (2, 2), "one with parameters")
        same(execute(c, ask, b"\0\1\x08\0\xfd\0" + struct.pack("<q", 5) + b"\2ab"),
             [b"\0\0" + b"\x015" + b"\2ab"], "… a number and a text")
        same(execute(c, ask, b"\2\0" + struct.pack("<q", 6)), [b"\0\x08\x016"],
             "… again, NULL for the second, the types as before")
        same(refused(lambda: execute(c, ask, b"\0\1\x08\0\xfd\0\1")), (1210, "HY000"), "… cut")
        c.command(0x19, struct.pack("<I", number))  # not answered
        same(refused(lambda: execute(c, number)), (1243, "HY000"), "COM_STMT_CLOSE")
        other, _, columns = prepare(c, "USE other")
        same((columns, c.query("SELECT DATABASE()")), (0, [["test"]]),
             "what is prepared is not yet done")
        same((execute(c, other), c.query("SELECT DATABASE()")), ([], [["other"]]), "… but then")
        same(refused(lambda: prepare(c, "DROP TABLE t")), (1064, "42000"), "what it can't answer")


def test_many_prepared():
    with login(good) as c:
        for made in range(1000):
            if refused(lambda: prepare(c, "SELECT 1")) == (1461, "42000"):
                break
        same(made, 64, "statements are bounded")
        c.command(31)
        c.answer()
        ok(prepare(c, "SELECT 1")[0] > 64, "and forgotten with COM_RESET_CONNECTION")


# ---- what no driver sends

LOGIN = struct.pack("<IIB23x", mysql.USUAL & ~mysql.SSL, 1 << 30, mysql.UTF8MB4)
SSL_REQUEST = mysql.Client.ssl_request()
# In answer to the greeting, at an endpoint that has TLS; what comes back, or None: nothing at all.
HOSTILE = {
    "half a header": (b"\x20\0", None),
    "a header alone": (b"\x20\0\0\1", None),
    "an SSLRequest cut": (SSL_REQUEST[:20], None),
    "an SSLRequest out of turn": (mysql.Client.framed(SSL_REQUEST[4:], 3), 1043),
    "an old login": (mysql.Client.framed(b"\x85\x24\0\0\0root\0\0", 1), 1043),
    "no login at all": (mysql.Client.framed(LOGIN[:12], 1), 1043),
    "a login without an end to its user": (mysql.Client.framed(LOGIN + b"lab", 1), 1043),
    "a proof longer than its packet": (mysql.Client.framed(LOGIN + b"lab\0\xf0abc", 1), 1043),
    "a login of 64 KiB and more": (mysql.Client.framed(LOGIN + b"l" * 65536, 1), 1043),
    "a login cut": (mysql.Client.framed(LOGIN + b"lab\0\0test\0", 1)[:40], None),
    "a database of 300 bytes": (mysql.Client.framed(
        struct.pack("<I", mysql.USUAL & ~mysql.SSL | mysql.WITH_DB) + LOGIN[4:] + b"lab\0\0" +
        b"d" * 300 + b"\0", 1), 1049),
    "attributes longer than the packet": (mysql.Client.framed(
        struct.pack("<I", mysql.USUAL & ~mysql.SSL | 1 << 20) + LOGIN[4:] + b"lab\0\0" +
        NATIVE.encode() + b"\0\xfd\xff\xff\xffab", 1), "fe"),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1043),
    "a ClientHello": (bytes.fromhex("160301020001") + bytes(100), 1043),
    "nonsense": (bytes(range(0x80, 0xa0)), 1043),
}


def answer_to(c, data):
    """What the server makes of these bytes, and the end: an error's code, or its first byte."""
    try:
        c.send(data)
        c.socket.shutdown(1)
        p = c.packet()
        return int.from_bytes(p[1:3], "little") if p[0] == 0xff else f"{p[0]:02x}"
    except (mysql.Left, ConnectionResetError, BrokenPipeError):
        return None


def test_hostile():
    for name, (data, wanted) in HOSTILE.items():
        with mysql.Client(good.address, good.port, timeout=10) as c:
            c.greeting()
            same(answer_to(c, data), wanted, f"{name}: {wanted}")


def test_hostile_inside():
    """The same where it matters more: TLS stands, or the login is over."""
    framed = mysql.Client.framed
    for name, data, wanted in (("a login out of turn", framed(LOGIN + b"lab\0\0", 5), 1156),
                               ("a packet of 16 MiB", b"\xff\xff\xff\x02", 1153)):
        with client(good) as c:
            c.send(data)
            same(refused(c.answer)[0], wanted, f"inside TLS, {name}: {wanted}")
            same(c.hears_end()[0], "close_notify", "… and that is the end")
    for name, data, wanted in (("a command out of turn", framed(b"\x0e", 1), 1156),
                               ("one of 2 MiB", framed(b"\x03" + b" " * (2 << 20))[:4], 1153)):
        with login(good) as c:
            c.send(data)
            same(refused(c.answer)[0], wanted, f"logged in, {name}: {wanted}")
            same(c.hears_end()[0], "close_notify", "… and that is the end")
    with login(good) as c:
        c.send(framed(b"\x03SELECT 1")[:9])
    with client(good) as c:
        c.send_packet(c.response(good.user, "x", plugin=SHA2, proof=b"x" * 32))
        same(c.answer(), mysql.SHA2_FULL, "who is asked for the password")
    with login(good) as c:
        same(c.query("SELECT 1"), [["1"]], "whoever hangs up in the middle harms nobody")


def test_long_query():
    with login(good) as c:
        text = "x" * 1000
        same(c.query(f"SELECT '{text}' AS a /* {' ' * (1 << 19)} */"), [[text]],
             "a statement of half a MiB")
        same(refused(lambda: c.query(f"SELECT '{text * 50}'"))[0], 1105, "a text that is too long")
        same(len(c.query("SELECT " + ",".join(["1"] * 64))[0]), 64, "64 columns")
        same(refused(lambda: c.query("SELECT " + ",".join(["1"] * 65)))[0], 1105, "65 are too many")


# ---- a client of others

def mariadb(row, *words):
    return command("mariadb", "--no-defaults", "-h", row.address, "-P", str(row.port), "-u",
                   row.user, f"-p{row.password}", "-D", "test", *words, timeout=30)


def test_mariadb():
    if not shutil.which("mariadb"):
        return skip("mariadb's client", "it is not installed")
    verified = ("--ssl-ca", good.ca, "--ssl-verify-server-cert")
    done = mariadb(good, *verified, "-N", "-B", "-e", "SELECT DATABASE(); SHOW TABLES; SELECT 2")
    same((done.rc, done.out), (0, "test\n2\n"), "mariadb logs in, verified, and asks", done)
    done = mariadb(good, *verified, "-e", "status")
    ok(done.rc == 0 and "Cipher in use is TLS_" in done.out and "8.4" in done.out,
       "… and sees its TLS", done)
    done = mariadb(good, *verified, "-e", "CREATE TABLE t (a INT)")
    ok(done.rc == 1 and "ERROR 1064 (42000)" in done.err and "lab of dbtls" in done.err,
       "… and is told what this is", done)
    done = mariadb(no_tls, "--skip-ssl", "-N", "-B", "-e", "SELECT DATABASE()")
    same((done.rc, done.out), (0, "test\n"), "without TLS it logs in as well", done)
    return None


def test_end():
    rc, seconds = the_lab.stop()
    same((rc, read(the_lab.err_file)), (0, ""), "it has nothing to say against anybody")
    ok(seconds < 10, "and stops", seconds)


with lab.Lab("good", "no-tls", "--protocol", "mysql") as the_lab:
    good, no_tls = the_lab.of("good", "mysql"), the_lab.of("no-tls", "mysql")
    run(test_greeting, test_methods, test_full, test_wrong, test_queries, test_commands,
        test_prepared, test_many_prepared, test_hostile, test_hostile_inside, test_long_query,
        test_mariadb, test_end)
finish()
