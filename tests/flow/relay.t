#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""The MySQL protocol through the door: logins, big rows, and clients that break off or lie."""
import hashlib
import os
import random
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysql
from door import Door, descriptors, resident
from mysql import Left, Refused
from tap import finish, note, ok, run, same, until

PLAINTEXT = ("Connections using insecure transport are prohibited while "
             "--require_secure_transport=ON.")
door = None


def refusal(function, *words, **more):
    try:
        function(*words, **more)
    except Refused as e:
        return e.code, e.text
    return 0, "let in"


def hears(client):
    """The error packet that is all a client gets, and how the connection ends."""
    how, got = client.hears_end()
    return (Refused(got[4:]), got[3], how) if got[4:5] == b"\xff" else (None, None, how)


# ---- logins --------------------------------------------------------------------------------------

def test_refused():
    code, text = refusal(door.login, password="wrong")
    ok(code == 1045 and "using password: YES" in text, "T1: a wrong password: 1045", code, text)
    code, text = refusal(door.login, user="nobody", password="x")
    same(code, 1045, "T1: an unknown user: 1045", text)
    code, text = refusal(door.login, database="nowhere")
    same(code, 1049, "T1: an unknown database: 1049, as the database says it", text)
    done = door.mariadb("-e", "SELECT 1", password="wrong")
    ok("ERROR 1045 (28000): Access denied" in done.err, "T1: … in the mariadb client's words", done)
    ok(until(lambda: (door.sessions()[-1]["end"], door.sessions()[-1]["error"]) ==
             ("login-refused", "1045")), "the log names the cause and the error")
    done = door.mariadb("-e", "SELECT USER(), DATABASE()", "test")
    same(done.out, "root@localhost\ttest\n", "T1: and with the right one it works", done)


def test_switch():
    """The server asks for another plugin than the one the client began with."""
    with door.client() as client:
        client.start_tls().authenticate("root", door.password, plugin="client_ed25519",
                                        proof=b"x" * 64)
        same((client.switched_to, client.asked_for_password, client.query("SELECT 1")),
             ("mysql_native_password", False, [["1"]]),
             "T1: AuthSwitchRequest from another plugin to mysql_native_password")
    with door.client() as client:
        client.start_tls()
        code, text = refusal(client.authenticate, "root", "wrong", plugin="client_ed25519",
                             proof=b"")
        same(code, 1045, "T1: … and with a wrong password: 1045", text)
    for password, rows in ((door.password, [["1"]]), ("wrong", 1045), ("", 1045)):
        with door.client() as client:
            client.start_tls()
            try:
                client.authenticate("root", password, plugin="caching_sha2_password", proof=b"")
                said = client.query("SELECT 1")
            except Refused as e:
                said = e.code
            same((said, client.asked_for_password), (rows, bool(password)),
                 "T9: a client that begins with caching_sha2_password, its password "
                 f"{'right' if said != 1045 else 'wrong' if password else 'empty'}")
    done = door.mariadb("--default-auth=caching_sha2_password", "-e", "SELECT 3")
    same(done.out, "3\n", "T1: … the mariadb client does it too", done)


def test_old_password():
    door.query("SET GLOBAL secure_auth = 0")
    door.query("CREATE USER old IDENTIFIED VIA mysql_old_password USING '606717496665bcba'")
    with door.client() as client:
        client.start_tls(caps=mysql.USUAL & ~mysql.PLUGIN_AUTH)
        code, text = refusal(client.authenticate, "old", "abc",
                             caps=mysql.USUAL & ~mysql.PLUGIN_AUTH)
        same(code, 1251, "an account with the password scheme of before 4.1: 1251", text)
        same(door.ended(client)["end"], "old-password", "… and its cause in the log")
    door.query("DROP USER old")
    door.query("SET GLOBAL secure_auth = 1")


def test_no_plugin_names():
    with door.client() as client:
        caps = mysql.USUAL & ~mysql.PLUGIN_AUTH
        client.start_tls(caps=caps).authenticate("root", door.password, caps=caps)
        ok(client.ping(), "T1: a client that names no plugin logs in")
    with door.client() as client:
        client.start_tls().authenticate("root", door.password, caps=mysql.USUAL & ~mysql.SSL)
        ok(client.ping(), "T1: a login packet without the SSL bit, as some drivers send it")


def test_change_user():
    door.query("CREATE USER other IDENTIFIED BY 'o t h e r'")
    with door.login() as client:
        client.change_user("other", "o t h e r", "information_schema")
        same(client.query("SELECT CURRENT_USER(), DATABASE()"),
             [["other@%", "information_schema"]], "T1: COM_CHANGE_USER")
        client.change_user("root", door.password)
        same(client.query("SELECT CURRENT_USER()"), [["root@%"]], "T1: … and back")
        code, _ = refusal(client.change_user, "other", "wrong")
        same(code, 1045, "T1: … refused with a wrong password")
    door.query("DROP USER other")


def test_admin_name():
    with door.client() as client:
        client.start_tls()
        code, text = refusal(client.authenticate, "dbtls-admin", "x")
        ok(code == 1045 and "Access denied for user 'dbtls-admin'" in text,
           "the administrator's name does not pass: 1045", code, text)
        client.close()
        same(door.ended(client)["end"], "admin-user", "… and its cause in the log")


# ---- what sessions carry -------------------------------------------------------------------------

def test_compressed():
    done = door.mariadb("--compress", "--max-allowed-packet=64M", "-e",
                        "SHOW STATUS LIKE 'Compression'; SELECT REPEAT('abcdefghi', 1000000)")
    lines = done.out.splitlines()
    ok(lines and lines[0] == "Compression\tON" and lines[1] == "abcdefghi" * 1000000,
       "T1: --compress, a row of 9 MB", done.rc, done.err, done.out[:80])


def test_big_rows():
    big = bytes(random.Random(7).choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=30 << 20))
    with door.login(timeout=60) as client:
        same(client.query(b"SELECT SHA1('" + big + b"')"), [[hashlib.sha1(big).hexdigest()]],
             "T1: a statement of 30 MB arrives whole")
        row = client.query("SELECT REPEAT('0123456789', 3 << 20)")[0][0]
        ok(row == "0123456789" * (3 << 20), "T1: a row of 30 MB comes whole", len(row))
        for n in (mysql.BIGGEST - 5, mysql.BIGGEST - 4, mysql.BIGGEST, 1 << 24):
            got = client.query(f"SELECT REPEAT('x', {n})")[0][0]
            same(len(got), n, f"T1: a row of {n} bytes, at the edge of one packet")


def test_load_data():
    path = os.path.join(door.folder, "rows")
    with open(path, "w") as f:
        f.writelines(f"{i}\trow {i}\n" for i in range(200000))
    done = door.mariadb("--local-infile=1", "test", "-e",
                        "CREATE OR REPLACE TABLE l (i INT PRIMARY KEY, t TEXT);"
                        f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE l;"
                        "SELECT COUNT(*), SUM(i), MAX(t) FROM l")
    same(done.out, f"200000\t{sum(range(200000))}\trow 99999\n", "T1: LOAD DATA LOCAL INFILE",
         done)
    with door.client() as client:
        caps = mysql.USUAL | mysql.LOCAL_FILES
        client.start_tls(caps=caps).authenticate("root", door.password, "test", caps=caps)
        client.local_file = b"1000000\tx\n"
        client.query("LOAD DATA LOCAL INFILE 'whatever' INTO TABLE l")
        same(client.query("SELECT t FROM l WHERE i = 1000000"), [["x"]],
             "T1: … and by hand, without a file")
        client.query("DROP TABLE l")


def test_statements():
    with door.login() as client:
        same(client.results("SELECT 1; DO 0; SELECT 'two', NULL; SELECT 3"),
             [[["1"]], [], [["two", None]], [["3"]]], "T1: several statements in one packet")
        code, text = refusal(client.query, "SELEKT")
        same(code, 1064, "T1: an error within a session passes, and the session goes on", text)
        client.command(22, b"SELECT ? + 1")
        prepared = client.answer()
        number, columns, parameters = struct.unpack_from("<IHH", prepared, 1)
        for _ in range(columns + parameters + 2):  # and an EOF behind each list
            client.answer()
        client.command(23, struct.pack("<IBIBBHq", number, 0, 1, 0, 1, 8, 41))
        client.answer()
        client.answer()
        client.answer()
        row = client.answer()
        client.answer()
        same((columns, parameters, b"42" in row or row[2:10] == struct.pack("<q", 42)),
             (1, 1, True), "T1: a prepared statement, with its parameter", row)
        client.command(25, struct.pack("<I", number))
        ok(client.ping(), "T1: … closed, which has no answer")


def test_pipelined():
    """Commands sent together with the login, before its answer."""
    with door.client() as client:
        client.start_tls()
        login = client.framed(client.response("root", door.password, "test"), client.seq)
        client.send(login + client.framed(b"\x03SELECT 'first'") +
                    client.framed(b"\x03SELECT 'second'"))
        client.proceed(door.password)
        same((client.result(), client.result()), ([["first"]], [["second"]]),
             "T1: two commands in one record with the login")
        client.send(b"".join(client.framed(f"\x03SELECT {i}".encode()) for i in range(500)))
        same([client.result()[0][0] for _ in range(500)], [str(i) for i in range(500)],
             "T1: 500 commands at once, answered in their order")


def test_hello_behind_request():
    """SSLRequest and ClientHello in one segment: most drivers do that."""
    with door.client() as client:
        client.greeting()
        client.socket.sendall(client.ssl_request() + client.client_hello())
        client.handshake().authenticate("root", door.password)
        ok(client.ping(), "T1: SSLRequest and ClientHello in one segment")


def slowly(client, data, pause=0.0005):
    for byte in data:
        client.socket.sendall(bytes([byte]))
        time.sleep(pause)


def test_byte_by_byte():
    with door.client() as client:
        client.greeting()
        slowly(client, client.ssl_request())
        slowly(client, client.client_hello())
        while True:
            try:
                client.tls.do_handshake()
                break
            except mysql.ssl.SSLWantReadError:
                slowly(client, client.from_tls.read())
                client.to_tls.write(client.receive(7))
        slowly(client, client.from_tls.read())
        client.tls.write(client.framed(client.response("root", door.password), client.seq))
        slowly(client, client.from_tls.read())
        client.proceed(door.password)
        client.tls.write(client.framed(b"\x03SELECT 'slow'"))
        slowly(client, client.from_tls.read())
        same(client.result(), [["slow"]], "T1: a client that sends each byte by itself")
    with door.client() as client:
        client.start_tls()
        for byte in client.framed(client.response("root", door.password), client.seq):
            client.send(bytes([byte]))
        client.proceed(door.password)
        for byte in client.framed(b"\x03SELECT 'records'"):
            client.send(bytes([byte]))
        same(client.result(), [["records"]], "T1: … and each byte in a TLS record of its own")


def test_backpressure():
    """A big result for a client that does not read: it must wait in the database, not in us."""
    relays = door.pids("relay")
    before = sum(map(resident, relays))
    held = [door.login(receive=65536, timeout=60) for _ in range(10)]
    for client in held:
        client.command(3, b"SELECT REPEAT('z', 60 << 20)")
    time.sleep(2)
    grown = sum(map(resident, relays)) - before
    ok(grown < 60, "T1: ten results of 60 MB that nobody reads: the relays stay small",
       f"{grown:.1f} MiB more")
    note(f"{grown:.1f} MiB more")
    with door.login() as other:
        ok(other.ping(), "T1: … and others are served meanwhile")
    row = held[0].result()
    same(len(row[0][0]), 60 << 20, "T1: … and it is all there once it is read")
    for client in held:
        client.close()
    same(door.idle(), 0, "T1: … and those that left are gone")


def test_upload_backpressure():
    """A client that sends faster than the database takes it."""
    relays = door.pids("relay")
    before = sum(map(resident, relays))
    with door.login(timeout=60) as client:
        sleeper = door.login()
        sleeper.query("CREATE OR REPLACE TABLE u (t LONGTEXT)")
        sleeper.query("LOCK TABLES u WRITE")
        client.send(client.framed(b"\x03INSERT INTO u VALUES ('x')"))
        client.socket.settimeout(2)
        sent = 0
        try:
            for _ in range(60):
                client.send(client.framed(b"\x03DO LENGTH('" + b"y" * (1 << 20) + b"')"))
                sent += 1
        except TimeoutError:
            pass
        grown = sum(map(resident, relays)) - before
        ok(grown < 40 and sent < 60, "T1: commands that the database does not read yet stay with "
           "the client", f"{grown:.1f} MiB more, {sent} MiB sent")
        sleeper.query("UNLOCK TABLES")
        sleeper.query("DROP TABLE u")
        sleeper.quit()
    same(door.idle(), 0, "T1: … and it leaves without a trace")


# ---- who does not ask for TLS --------------------------------------------------------------------

def test_plaintext():
    for who, user in (("a user", "root"), ("nobody", "")):
        with door.client() as client:
            client.greeting()
            payload = client.response(user, door.password, caps=mysql.USUAL & ~mysql.SSL)
            client.socket.sendall(client.framed(payload, 1))
            e, seq, how = hears(client)
            ok(e and (e.code, e.state, e.text, seq) == (3159, "HY000", PLAINTEXT, 2),
               f"T8: a login without TLS, as {who}: 3159", e, seq, how)
            client.close()
            ended = door.ended(client)
            same((ended["end"], ended["error"]), ("plaintext", "3159"),
                 "T8: … and its cause in the log")
    done = door.mariadb("-e", "SELECT 1", tls=False)
    ok("ERROR 3159 (HY000)" in done.err and PLAINTEXT in done.err,
       "T8: the mariadb client with --skip-ssl prints it", done)
    same(door.mariadb("-e", "SELECT @@require_secure_transport").out, "1\n",
         "T8: and the variable agrees")


def first_words(words, reason, name, code=None):
    with door.client(timeout=8) as client:
        client.greeting()
        client.socket.sendall(words)
        began = time.monotonic()
        e, seq, how = hears(client)
        ok(time.monotonic() - began < 1, f"{name}: refused at once", how)
        client.close()
        same((door.ended(client)["end"], e and e.code), (reason, code),
             "… with its cause in the log", how, e, seq)


def test_first_words():
    first_words(client_hello_first(), "tls-first", "a client that begins with TLS")
    first_words(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http-first", "HTTP comes first")
    first_words(b"POST /x HTTP/1.1\r\n\r\n" + b"x" * 100, "http-first", "HTTP's POST")
    first_words(b"\xde\xad\xbe\xef" * 20, "nonsense", "garbage")
    first_words(bytes(64), "nonsense", "zeroes")
    first_words(b"SSH-2.0-OpenSSH_9.2\r\n" * 2, "nonsense", "SSH")
    old = struct.pack("<HB", 0x0004 | 0x8, 0xff) + b"\xff\xffroot\0" + b"xxxxxxxx"
    first_words(mysql.Client.framed(old, 1), "old-client",
                "a client without protocol 4.1: 1251", 1251)
    first_words(mysql.Client.framed(b"\x85\xa6\xff\x01" + bytes(28) + b"x" * 4000, 9),
                "nonsense", "a first packet with a sequence id that is none")


def client_hello_first():
    client = mysql.Client.__new__(mysql.Client)
    client.ca, client.host = None, "x"
    return client.client_hello(mysql.context())


def test_injection():
    """What comes in the clear behind the SSLRequest must never pass for something said in TLS."""
    with door.client(timeout=10) as client:
        client.greeting()
        poison = client.framed(b"\x03CREATE DATABASE poison", 0)
        hello = client.client_hello()
        client.socket.sendall(client.ssl_request() + poison + hello)
        try:
            client.handshake()
            said = "connected"
        except (mysql.ssl.SSLError, Left, OSError) as e:
            said = repr(e)
        client.socket.close()
        ok(said != "connected" and door.ended(client)["end"] == "tls-broken",
           "T1: plaintext behind the SSLRequest breaks the handshake", said, door.ended(client))
    same(door.query("SHOW DATABASES LIKE 'poison'"), [], "T1: … and is never a command")


def test_long_request():
    """An SSLRequest of a length that nobody sends."""
    for more in (1, 4096):
        with door.client(timeout=8) as client:
            client.greeting()
            payload = client.ssl_request()[4:] + b"x" * more
            client.socket.sendall(client.framed(payload, 1))
            try:
                client.begin_tls()
                client.handshake()
                said = "connected"
            except (mysql.ssl.SSLError, Left, OSError) as e:
                said = repr(e)
            ok(said != "connected", f"an SSLRequest of 32 + {more} bytes does not get through",
               said)


# ---- who breaks off ------------------------------------------------------------------------------

def at_greeting(client):
    client.greeting()


def at_half_request(client):
    client.greeting()
    client.socket.sendall(client.ssl_request()[:17])


def at_request(client):
    client.greeting()
    client.socket.sendall(client.ssl_request())


def at_half_hello(client):
    client.greeting()
    client.socket.sendall(client.ssl_request() + client.client_hello()[:100])


def at_hello(client):
    client.greeting()
    client.socket.sendall(client.ssl_request() + client.client_hello())


def at_tls(client):
    client.start_tls()


def at_half_login(client):
    client.start_tls()
    client.send(client.framed(client.response("root", door.password), client.seq)[:30])


def at_login(client):
    client.start_tls()
    client.send(client.framed(client.response("root", door.password), client.seq))


def at_switch(client):
    client.start_tls()
    client.send_packet(client.response("root", "", plugin="client_ed25519", proof=b""))
    client.answer()


def at_bridge(client):
    """The door itself has asked for the password."""
    client.start_tls()
    client.send_packet(client.response("root", "", plugin="caching_sha2_password", proof=b""))
    client.answer()
    client.send_packet(b"x" * 32)
    client.answer()


def at_session(client):
    client.enter("root", door.password)


def at_half_command(client):
    client.enter("root", door.password)
    client.send(client.framed(b"\x03SELECT 1")[:6])


def at_query(client):
    client.enter("root", door.password)
    client.command(3, b"SELECT SLEEP(0.3)")


def at_result(client):
    client.enter("root", door.password)
    client.command(3, b"SELECT REPEAT('r', 20 << 20)")
    client.read(1 << 20)


STEPS = {
    at_greeting: {"left-early"}, at_half_request: {"left-early"},
    at_request: {"tls-left"}, at_half_hello: {"tls-left"}, at_hello: {"tls-left"},
    at_tls: {"left-after-tls"}, at_half_login: {"left-after-tls"},
    at_login: {"client-quit", "reset", "upstream-closed"},
    at_switch: {"client-quit", "reset"}, at_bridge: {"client-quit", "reset"},
    at_session: {"client-quit", "upstream-closed", "reset"},
    at_half_command: {"client-quit", "upstream-closed", "reset"},
    at_query: {"client-quit", "upstream-closed", "reset"},
    at_result: {"client-quit", "upstream-closed", "reset", "upstream-lost"},
}


def leave(step, how):
    client = door.client(timeout=15)
    step(client)
    if how == "reset":
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "half":
        client.socket.shutdown(socket.SHUT_WR)
        while client.socket.recv(1 << 20):
            pass
    client.close()
    return client


def test_breaking_off():
    door.idle()
    relays = door.pids("relay")
    for _ in range(4):  # so that both relays have all that they keep
        door.query("SELECT 1")
    door.idle()
    until(lambda: False, 0.3)
    before = [descriptors(pid) for pid in relays]
    for step, wanted in STEPS.items():
        wrong = []
        for how in ("close", "reset", "half"):
            for _ in range(3):
                client = leave(step, how)
                end = door.ended(client)["end"]
                if end not in wanted | ({"reset"} if how == "reset" else set()):
                    wrong.append((how, end))
        ok(not wrong, f"T1: {step.__name__}: a client that leaves is noted as "
           f"{' or '.join(sorted(wanted))}", wrong)
    same(door.idle(), 0, "T1: after all of them no session is open")
    until(lambda: [descriptors(pid) for pid in relays] == before, 5)
    same([descriptors(pid) for pid in relays], before, "T1: … and no descriptor has leaked")
    same(door.pids("relay"), relays, "T1: … and the relays are those of before")
    same(door.query("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root'"),
         [["1"]], "T1: … and the database holds no session of theirs")


def test_half_close():
    """A client that ends its side and still listens hears the answer to what it asked."""
    with door.login() as client:
        client.command(3, b"SELECT 'after the end', SLEEP(0.5)")
        client.socket.shutdown(socket.SHUT_WR)
        try:
            said = client.result()
        except (Left, OSError) as e:
            said = repr(e)
        note(f"half close, then the answer: {said}")
        how, _ = client.hears_end()
        ok(how == "close_notify" or said == [["after the end", "0"]],
           "T1: a half-closed session ends with close_notify", how, said)
    same(door.idle(), 0, "T1: … and is gone")


# ---- the database ends it ------------------------------------------------------------------------

def test_killed():
    with door.login() as victim, door.login() as killer:
        killer.query(f"KILL {victim.connection_id}")
        how, _ = victim.hears_end()
        same(how, "close_notify", "T1: a session that was killed ends with close_notify")
        victim.close()
        same(door.ended(victim)["end"], "upstream-closed", "T1: … and its cause in the log")
    with door.login() as victim, door.login() as killer:
        victim.command(3, b"SELECT SLEEP(30)")
        until(lambda: killer.query("SELECT 1 FROM information_schema.processlist "
                                   "WHERE info LIKE 'SELECT SLEEP(30)%'"))
        killer.query(f"KILL QUERY {victim.connection_id}")
        try:
            said = victim.result()
        except Refused as e:
            said = e.code
        ok(said in (1317, [["1"]]) and victim.ping(),
           "T1: a query that was killed; its session goes on", said)


def test_quit():
    with door.login() as client:
        same(client.quit(), ("close_notify", b""), "T1: COM_QUIT is answered by close_notify")
    same(door.ended(client)["end"], "client-quit", "T1: … and its cause in the log")


def test_too_many():
    """The database refuses before its greeting."""
    held = [door.login()]
    held[0].query("SET GLOBAL max_connections = 10")
    codes = []
    try:
        for _ in range(20):
            try:
                held.append(door.login())
            except Refused as e:
                codes.append((e.code, e.state))
        ok(codes and {c for c, _ in codes} == {1040}, "T1: 1040 passes as the database says it",
           codes)
        done = door.mariadb("-e", "SELECT 1")
        ok("1040" in done.err and "Too many connections" in done.err,
           "T1: … and the mariadb client prints it", done)
        ok(door.counted("upstream-refused"), "T1: … and its cause is counted")
    finally:
        held[0].query("SET GLOBAL max_connections = 1000")
        for client in held:
            client.quit()
    same(door.query("SELECT 1"), [["1"]], "T1: … and later it is as before")


def test_restart():
    """A door whose database dies: a clear word now, and it comes back."""
    client = door.login()
    os.kill(door.pids("engine")[0], 9)
    how, _ = client.hears_end()
    ok(how in ("close_notify", "reset", "the connection was closed"),
       "T1: a session whose database dies is ended", how)
    back = until(lambda: door.mariadb("-e", "SELECT 'back'", timeout=30).out == "back\n", 60)
    ok(back, "T1: the database is started again, and takes logins")
    door.remember()


with Door() as door:
    run(test_refused, test_switch, test_old_password, test_no_plugin_names, test_change_user,
        test_admin_name, test_compressed, test_big_rows, test_load_data, test_statements,
        test_pipelined, test_hello_behind_request, test_byte_by_byte, test_backpressure,
        test_upload_backpressure, test_plaintext, test_first_words, test_injection,
        test_long_request, test_breaking_off, test_half_close, test_killed, test_quit,
        test_too_many, test_restart, on_failure=door.tail)
    same(door.idle(), 0, "nothing is left open")
    same(door.stop(), 0, "the door ends with 0")
finish()
