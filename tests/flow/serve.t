#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
The door in front of a database that is there already: MySQL itself, over its Unix socket and over
TCP under TLS. T9: caching_sha2_password, with its cache cold and warm.
"""
import os
import socket
import ssl
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from door import DBTLS, Door, Serve, command, free_port, program_of
from mysql import PROOFS, USUAL, WITH_DB, Client, Left, Refused, context
from tap import finish, ok, run, same, skip, until

SHA2 = "caching_sha2_password"
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PASSWORD = "aB3-secret-of-shop"
NAME = "db.dbtls.test"
server = ca = leaf = None


def over_tls(to=None, **more):
    return f"127.0.0.1:{(to or server).port} ca {more.get('ca', ca.pem)} name {more.get('name', NAME)}"


def login(door, password=PASSWORD, version=None, plugin=SHA2):
    """As a client does whose default is caching_sha2_password."""
    c = door.client()
    # MySQL goes by the capabilities of the SSLRequest.
    c.start_tls(context(door.ca, version, version) if version else None, caps=USUAL | WITH_DB)
    proof = PROOFS[plugin](password, c.scramble)
    c.send_packet(c.response("shop", password, "test", plugin=plugin, proof=proof))
    return c.proceed(password)


def refused(door, password=PASSWORD):
    try:
        login(door, password)
    except Refused as no:
        return no.code
    return "logged in"


def test_cold_and_warm():
    for how, upstream in (("a Unix socket", f"unix:{server.socket}"), ("TLS", over_tls())):
        with Serve(upstream) as door:
            for version in (V12, V13):
                server.flush_cache()
                with login(door, version=version) as c:
                    ok(c.asked_for_password, f"T9: upstream over {how}, {version.name}: with a cold"
                       " cache the password itself is asked for")
                    same(c.query("SELECT DATABASE()"), [["test"]], "T15: and the session is there")
                with login(door, version=version) as c:
                    ok(not c.asked_for_password, f"T9: over {how}, {version.name}: with a warm one"
                       " it is not")
                    same(c.query("SELECT DATABASE()"), [["test"]], "T15: and the session is there")
                server.flush_cache()
                with login(door, plugin="mysql_native_password") as c:
                    same((c.switched_to, c.asked_for_password), (SHA2, True),
                         f"over {how}: a client of another method is asked for this one")
            same(refused(door, "wrong"), 1045, f"T9: over {how}: a wrong password is 1045")
            server.flush_cache()
            same(refused(door, "wrong"), 1045, "with a cold cache, too")
            same(refused(door, ""), 1045, "and none at all")


def test_what_the_database_sees():
    with Serve(f"unix:{server.socket}") as door, login(door) as c:
        same(c.query("SHOW STATUS LIKE 'Ssl_cipher'"), [["Ssl_cipher", ""]],
             "over the Unix socket TLS ends at the door")
    with Serve(over_tls()) as door, login(door) as c:
        ok(c.query("SHOW STATUS LIKE 'Ssl_cipher'")[0][1], "over TCP the database has TLS of its own")
        same([p for p in door.status()["processes"] if p["role"] == "engine"], [],
             "no database was made")
        same(door.status()["engine"]["state"], "elsewhere", "status says so")
        ok("skip_name_resolve" in door.out(), "the start says what must be set there", door.out())
        ok("password" not in door.out(), "no password is made, and none shown", door.out())
        done = door.dbtls("password", "--generate", "--password-file", f"{door.folder}/new")
        ok(done.rc == 1 and "not dbtls's own" in done.err, "`dbtls password` says whose it is", done)
        shown = door.dbtls("status").out
        ok(f"127.0.0.1:{server.port} over TLS" in shown and "answers" in shown,
           "status says where the database is", shown)
    ok(not until(lambda: door.left(), 0.5), "all of it ends")


def test_require_ssl():
    server.account("strict", PASSWORD, more="REQUIRE SSL")
    with Serve(over_tls()) as door:
        with door.client() as c:
            c.start_tls()
            c.send_packet(c.response("strict", "", "test", plugin=SHA2,
                                     proof=PROOFS[SHA2](PASSWORD, c.scramble)))
            c.proceed(PASSWORD)
            same(c.query("SELECT 1"), [["1"]], "an account with REQUIRE SSL gets in over TLS")


def refuses(upstream, reason, name):
    with Serve(upstream) as door:
        before = server.sql("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")
        try:
            login(door)
            said = "logged in"
        except Refused as no:
            said = (no.code, "can't reach the database behind it safely" in no.text)
        same(said, (1105, True), name)
        same((door.counted(reason), len(door.endings())), (1, 1), f"and status counts {reason} alone",
             door.tail(), before)


def test_impostors():
    other = mysqld.Ca(f"{ca.folder}/other")
    refuses(over_tls(ca=other.pem), "upstream-untrusted", "a database of another CA is refused")
    refuses(over_tls(name="other.dbtls.test"), "upstream-untrusted", "one of another name is")
    with mysqld.Mysqld(tls=(*ca.expired(NAME), ca.pem), tcp=True) as late:
        refuses(over_tls(late), "upstream-untrusted", "one with an expired certificate is")
    with mysqld.Mysqld("--tls-version=", tcp=True) as plain:
        refuses(over_tls(plain), "upstream-plain", "one without TLS is, before the client speaks")


class Fake:
    """Sends what it was given to the first who comes, then reads until the other end closes."""

    def __init__(self, greeting, after=b""):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.heard = self.listener.getsockname()[1], b""
        self.greeting, self.after = greeting, after
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        one, _ = self.listener.accept()
        with one:
            one.settimeout(20)
            one.sendall(self.greeting)
            try:
                while part := one.recv(4096):
                    self.heard += part
                    if self.after:
                        one.sendall(self.after)
                        self.after = b""
            except OSError:
                pass


def greeting(caps=0xffffffff):
    payload = b"\x0a9.7.0\0" + struct.pack("<I", 7) + b"a" * 8 + b"\0"
    payload += struct.pack("<HBHH", caps & 0xffff, 45, 2, caps >> 16) + bytes([21]) + bytes(10)
    payload += b"b" * 12 + b"\0" + SHA2.encode() + b"\0"
    return Client.framed(payload)


def test_liars():
    """Between the greeting and TLS nobody may slip anything in."""
    ok_packet = Client.framed(b"\0\0\0\2\0\0\0", 2)
    for name, first, after, wanted in (
            ("an OK behind the greeting", greeting() + ok_packet, b"", "upstream-nonsense"),
            ("an OK in the clear instead of TLS", greeting(), ok_packet, "upstream-tls"),
            ("an end instead of TLS", greeting(), None, "upstream-lost")):
        fake = Fake(first, after or b"")
        if after is None:
            fake.listener.settimeout(20)
        with Serve(f"127.0.0.1:{fake.port} ca {ca.pem} name {NAME}") as door:
            with door.client() as c:
                try:
                    c.start_tls()
                    c.send_packet(c.response("shop", "", "test", plugin=SHA2, proof=b"p" * 32))
                    if after is None:
                        until(lambda: fake.heard, 5)
                        fake.listener.close()
                        continue
                    c.answer()
                    said = "went on"
                except (Refused, Left) as no:
                    said = getattr(no, "code", "left")
            same(said, 1105, f"{name}: the client hears an error")
            same((door.counted(wanted), len(door.endings())), (1, 1),
                 f"{name}: counted as {wanted} alone", door.tail())
        ok(b"shop" not in fake.heard, f"{name}: no login was sent there", fake.heard)


def test_bulk():
    big = "x" * (3 << 20)
    with Serve(over_tls()) as door:
        with login(door) as c:
            c.query("SET SESSION sql_mode=''")
            same(c.query(f"SELECT LENGTH('{big}')"), [[str(len(big))]], "megabytes go up under TLS")
            same(c.query("SELECT REPEAT('y', 16 << 20) = REPEAT('y', 16 << 20)"), [["1"]],
                 "and the answer comes")
            got = c.query("SELECT REPEAT('y', 8 << 20)")
            ok(got == [["y" * (8 << 20)]], "megabytes come down, byte for byte")
        sessions = [login(door) for _ in range(60)]
        same([c.query(f"SELECT {i}") for i, c in enumerate(sessions)],
             [[[str(i)]] for i in range(60)], "sixty sessions at once, each with its own answer")
        for c in sessions:
            c.close()
        same(door.idle(), 0, "and all of them end")


def test_away():
    """Nobody there, somebody there again, and somebody who goes in the middle."""
    with mysqld.Mysqld(tls=(*ca.leaf(NAME), ca.pem), tcp=True) as one:
        one.account("shop", PASSWORD)
        with Serve(over_tls(one)) as door:
            c = login(door)
            one.stop()
            try:
                c.query("SELECT 1")
                said = "an answer"
            except (Left, OSError):
                said = "the end"
            same(said, "the end", "a session ends with its database")
            one.start()
            with login(door) as c:
                same(c.query("SELECT 1"), [["1"]], "and the next one finds it again")


def test_same_door_of_our_own():
    """MySQL's protocol as MariaDB speaks it under TLS: the door's own engine behind another door."""
    with Door(listen=("127.0.0.1",)) as back:
        with Serve(f"127.0.0.1:{back.port} ca {back.ca}") as front:
            with front.client() as c:
                c.enter("root", back.password)
                same(c.query("SELECT DATABASE()"), [["test"]], "a door stands before a door")
                same(back.sessions(), [], "as one session there")


def sessions_at(door):
    return {u["label"]: (u["open"], u["answers"])
            for u in door.status()["endpoints"][0]["upstreams"]}


def test_untrusted_beside_another():
    """Its greeting is as good as any: only its certificate is not."""
    other = mysqld.Ca(f"{ca.folder}/beside")
    with Serve(over_tls(ca=other.pem), f"upstream unix:{server.socket}") as door:
        came, refused, end = 0, 0, time.monotonic() + 4
        while time.monotonic() < end:
            try:
                login(door).close()
                came += 1
            except Refused:
                refused += 1
        # Each relay tries it after 0.1 s, 0.2, 0.4 …: six times in this time, and not forty.
        most = 8 * len(door.pids("relay"))
        ok(0 < refused <= most < came, "T19: one whose certificate is wrong is tried ever less often",
           refused, most, came)


def test_two():
    """The least sessions first; one that does not answer is skipped, and tried again."""
    with mysqld.Mysqld(tls=(*ca.leaf(NAME), ca.pem), tcp=True) as one:
        one.account("shop", PASSWORD)
        with Serve(over_tls(one), f"upstream unix:{server.socket}") as door:
            there, here = f"127.0.0.1:{one.port}", server.socket
            kept = [login(door) for _ in range(12)]
            same({name: n > 1 and up for name, (n, up) in sessions_at(door).items()},
                 {there: True, here: True}, "T19: sessions go to both", sessions_at(door))
            one.stop(mysqld.signal.SIGKILL)
            alive = [c for c in kept if answers(c)]
            ok(2 <= len(alive) < 12, "those on the one that lives notice nothing", len(alive))
            for c in kept:
                if c not in alive:
                    c.close()
            until(lambda: sessions_at(door)[there][0] == 0)
            for _ in range(8):
                with login(door) as c:
                    same(c.query("SELECT DATABASE()"), [["test"]], "new ones go to the other")
            same(sessions_at(door)[there][1], False, "status says that it does not answer")
            ok("does not answer" in door.log(), "and so does the log")
            one.start()
            one.sql("DROP USER IF EXISTS shop")  # what it had not yet written is lost
            one.account("shop", PASSWORD)

            def again():
                with login(door):
                    return sessions_at(door)[there][1]
            ok(until(again, 20, 0.2), "and it gets sessions again", sessions_at(door))


def answers(client):
    try:
        return client.query("SELECT 1") == [["1"]]
    except (Left, OSError):
        return False


def test_endpoints():
    """T19: several, each with its own port, name and databases; a ticket of one is none of another."""
    other = free_port()
    lines = ("name a.dbtls.test", "endpoint b", f"listen 127.0.0.1:{other}", "name b.dbtls.test",
             "tls-version 1.2", f"upstream {over_tls()}")
    with Serve(f"unix:{server.socket}", *lines, first="endpoint a") as door:
        same([p["endpoint"] for p in door.status()["endpoints"]], ["a", "b"], "T19: listed")
        told = door.dbtls("connect", "mariadb", "--endpoint", "b", "--json")
        ok(f'"port": "{other}"' in told.out or f'"port": {other}' in told.out,
           "T19: connect knows each", told)
        with login(door) as c:
            same(c.query("SHOW STATUS LIKE 'Ssl_cipher'")[0][1], "", "T19: one before the socket")
        for name, port, wanted in (("a.dbtls.test", door.port, True), ("b.dbtls.test", other, True),
                                   ("b.dbtls.test", door.port, False)):
            done = command("openssl", "s_client", "-starttls", "mysql", "-connect",
                           f"127.0.0.1:{port}", "-CAfile", door.ca, "-verify_hostname", name,
                           "-verify_return_error", "-brief")
            same(done.rc == 0, wanted, f"T19: {name} at {port}: {wanted}", done)
        same(door.s_client("-tls1_3", "-brief").rc, 0, "T19: one speaks TLS 1.3")
        done = command("openssl", "s_client", "-starttls", "mysql", "-connect",
                       f"127.0.0.1:{other}", "-tls1_3")
        ok(done.rc != 0, "T19: the other was told not to", done)


def test_many():
    """As many as a file may hold: a relay is told more than fits into its channel at once."""
    with open(ca.pem) as f, open(f"{ca.folder}/bundle.pem", "w") as to:
        to.write(f.read() * 25)
    bundle, lines = over_tls(ca=f"{ca.folder}/bundle.pem"), []
    for i in range(31):
        lines += [f"endpoint e{i}", f"listen 127.0.0.1:{free_port()}", f"upstream {bundle}",
                  f"upstream unix:{server.socket}"]
    with Serve(bundle, *lines, first="endpoint first") as door:
        same(len(door.status()["endpoints"]), 32, "T19: 32 endpoints, each with a bundle of CAs")
        with login(door) as c:
            same(c.query("SELECT 1"), [["1"]], "and the first serves")
        same(door.dbtls("reload", timeout=60).rc, 0, "they are read anew")

        def serving():
            return [p["pid"] for p in door.status()["processes"]
                    if p["role"] == "relay" and not p["drains"]]
        gone = serving()[0]
        os.kill(gone, mysqld.signal.SIGKILL)
        ok(until(lambda: gone not in serving() and all(serving()), 20),
           "and a relay that dies is told it again")


def check(text):
    path = os.path.join(ca.folder, "x.conf")
    with open(path, "w", errors="surrogateescape") as f:
        f.write(text)
    return command(DBTLS, "serve", "-n", "-c", path)


def test_files_in_file():
    """-n opens the files that are named as well, and reads all of them."""
    half, crl = f"{ca.folder}/half.pem", f"{ca.folder}/none.crl"
    with open(ca.pem) as f, open(half, "w") as to:
        to.write(f.read() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with open(crl, "w") as to:
        to.write("no list\n")
    clients = "upstream unix:/s\nclient-certificate required\n"
    for text, wanted in (
            ("upstream db:1 ca /no/such.pem\n", "endpoint default: open /no/such.pem"),
            (f"upstream db:1 ca {crl}\n", f"{crl}: there is no certificate in it"),
            (f"upstream db:1 ca {half}\n", f"{half}: read certificate 2"),
            (f"upstream db:1 ca {leaf[1]}\n", f"{leaf[1]}: there is no certificate in it"),
            (f"{clients}client-ca /no/such.pem\n", "/no/such.pem"),
            (f"{clients}client-ca {half}\n", "client-ca: read a certificate"),
            (f"{clients}client-ca {leaf[0]}\n", "is not a CA's"),
            (f"{clients}client-ca {ca.pem}\nclient-crl /no/such.crl\n", "/no/such.crl"),
            (f"{clients}client-ca {ca.pem}\nclient-crl {crl}\n", "there is no list in it")):
        done = check(text)
        ok(done.rc and wanted in done.err and "x.conf: " in done.err and done.err.count("\n") == 1,
           f"serve -n, {text.splitlines()[-1]!r}: {wanted}", done)
    for text in (f"upstream db:1 ca {ca.pem}\n", f"{clients}client-ca {ca.pem}\n", clients):
        done = check(text)
        same(done.rc, 0, f"serve -n, {text.splitlines()[-1]!r} is right", done)


def test_file():
    for text, wanted in (
            ("", 'endpoint default has no "upstream"'),
            ("endpoint a\nupstream unix:/s\nendpoint a\nupstream unix:/s\n", "two endpoints"),
            ("endpoint a\nendpoint b\nupstream unix:/s\n", ':2: endpoint a has no "upstream"'),
            ("listen 1\nendpoint a\nupstream unix:/s\n", ":2: lines above are about"),
            ("endpoint a\nlog /x\nupstream unix:/s\n", ':2: "log" is about all'),
            ("endpoint a/b\nupstream unix:/s\n", "letters, digits"),
            ("upstream unix:/s\n" * 9, ":9: more than 8 upstreams"),
            ("upstream db:3306\n", "would cross the network in the clear"),
            ("upstream db\n", "such as db1.example.com:3306"),
            ("upstream db:99999 insecure\n", "such as db1.example.com:3306"),
            ("upstream unix:sock\n", "the whole path"),
            ("upstream unix:/s tls\n", 'nothing but "proxy" follows unix:PATH'),
            ("upstream db:1 ca\n", '"ca" needs a value'),
            ("upstream db:1 ca x insecure\n", 'leave out "insecure"'),
            ("upstream db:1 secure\n", '"secure" is not known'),
            ("upstream d_b!:1 insecure\n", "neither a host name nor an address"),
            ("\nupstraem unix:/s\n", ':2: there is no "upstraem"; did you mean "upstream"?'),
            ("upstream unix:/s\ntls-version 1.2\ntls-version 1.3\n", ':3: "tls-version" is said'),
            ("upstream unix:/s\ntls-version 1.1\n", ":2: tls-version 1.1"),
            ("upstream unix:/s\nlisten nowhere\n", ":2: "),
            ("upstream unix:/s\npassword-file /x\n", ':2: there is no "password-file"'),
            ("upstream unix:/s\nlisten\n", ':2: "listen" needs a value'),
            ("upstream unix:/s\0\n", "this is no text"),
            ("upstream unix:/\udce9\n", "this is no text in UTF-8"),
            ("upstream [64:ff9b::cb00:7101]:3306\n", "would cross the network in the clear"),
            ("upstream unix:/s\n" + "#" * 70000, "larger than 65536 bytes")):
        done = check(text)
        ok(done.rc == 2 and wanted in done.err and done.err.count("\n") == 1,
           f"{text[:40]!r}: {wanted}", done)
    for text in ("upstream unix:/s\n", "upstream 127.0.0.1:3306\n", "upstream [::1]:3306 # here\r\n",
                 f"\tupstream  db:3306   ca  {ca.pem}  name  x.y\n", "upstream db:3306 insecure"):
        done = check(text)
        ok(done.rc == 0 and "is right" in done.out, f"{text!r} is right", done)
    test_files_in_file()
    same(command(DBTLS, "serve", "-n", "-c", "/no/such").rc, 1, "a file that is not there is said")
    same(command(DBTLS, "serve").rc, 2, "without a file it asks for one")
    example = command(DBTLS, "serve", "--example").out
    done = check("".join(line[1:] + "\n" if line.startswith("#upstream") else line + "\n"
                         for line in example.splitlines()).replace(
        "unix:PATH [proxy] | HOST:PORT ca FILE [name NAME] [proxy] | HOST:PORT insecure [proxy]",
        "unix:/s proxy"))
    same(done.rc, 0, "the example's lines are taken", done, example)


def main():
    global server, ca, leaf
    try:
        mysqld.tree()
    except mysqld.NotHere as why:
        skip("T9: the genuine MySQL behind the door", why)
        finish()
    made = mysqld.tempfile.mkdtemp(prefix="dbtls-serve-")
    os.chmod(made, 0o755)
    ca = mysqld.Ca(f"{made}/ca")
    leaf = ca.leaf(NAME)
    with mysqld.Mysqld(tls=(*leaf, ca.pem), tcp=True) as server:
        server.account("shop", PASSWORD)
        run(test_cold_and_warm, test_what_the_database_sees, test_require_ssl, test_impostors,
            test_liars, test_bulk, test_away, test_same_door_of_our_own, test_two,
            test_untrusted_beside_another,
            test_endpoints, test_many, test_file,
            on_failure=server.log)
    mysqld.shutil.rmtree(made, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
