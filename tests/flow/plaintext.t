#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""T8: TLS is required unless `--plaintext allow`, or the file's word, says otherwise."""
import atexit
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysql
import mysqld
from door import DBTLS, Door, Serve, command
from mysql import PROOFS, USUAL, WITH_DB, Refused
from tap import finish, ok, run, same, skip, until

SHA2, NATIVE = "caching_sha2_password", "mysql_native_password"
PASSWORD = "aB3-secret-of-shop"
NAME = "db.dbtls.test"
CLEAR = USUAL & ~mysql.SSL


def login(door, user="root", password=None, plugin=NATIVE, step=0):
    """A login in the clear; step: so many bytes at a time."""
    password = door.password if password is None else password
    c = door.client()
    c.greeting()
    payload = c.response(user, password, "test", caps=CLEAR, plugin=plugin,
                         proof=PROOFS[plugin](password, c.scramble))
    packet = c.framed(payload, 1)
    for at in range(0, len(packet), step or len(packet)):
        c.send(packet[at:at + (step or len(packet))])
        time.sleep(0.002 if step else 0)
    return c.proceed(password)


def refused(*words, **more):
    try:
        login(*words, **more)
    except Refused as no:
        return no.code, no.text
    return "logged in", ""


def counted(door):
    s = door.status()["sessions"]
    return s["plaintext"], s["plaintext_total"]


def test_up():
    with Door("--plaintext", "allow", listen=("127.0.0.1",)) as door:
        shown = door.dbtls("status").out
        ok("in the clear" not in shown, "T8: status does not speak of what there is not", shown)
        with login(door) as c:
            same(c.query("SELECT DATABASE()"), [["test"]], "T8: allowed, a login in the clear works")
            same(counted(door), (1, 1), "T8: status counts it")
            ok("1 in the clear, 1 in all" in door.dbtls("status").out, "T8: on the screen, too")
            big = "x" * (3 << 20)
            same(c.query(f"SELECT LENGTH('{big}')"), [[str(len(big))]], "megabytes go up")
            ok(c.query("SELECT REPEAT('y', 8 << 20)") == [["y" * (8 << 20)]], "and come down")
            same(len(c.results("SELECT 1; SELECT 2")), 2, "several results")
            c.quit()
        seen = door.ended(c)
        same((seen["tls"], seen["end"]), ("-", "client-quit"), "T8: the log says tls=-")
        with login(door, step=1) as c:
            same(c.query("SELECT 1"), [["1"]], "a login byte by byte")
        same(refused(door, password="wrong")[0], 1045, "a wrong password is 1045")
        same(refused(door, user="dbtls-admin")[0], 1045, "the administrator does not pass")
        done = door.mariadb("-e", "SELECT DATABASE()", "test", tls=False)
        same(done.out, "test\n", "T8: mariadb --skip-ssl gets in", done)
        same(door.mariadb("-e", "SELECT @@require_secure_transport").out, "0\n",
             "T8: and the variable agrees")
        with door.login() as c:
            same(c.query("SELECT 1"), [["1"]], "T8: and TLS as before")
        ok(door.ended(c)["tls"] in ("1.2", "1.3"), "the log says which")
        # The bridge would take the password itself.
        with login(door, plugin=SHA2) as c:
            same((c.switched_to, c.asked_for_password), (NATIVE, False),
                 "the login bridge never asks in the clear")
        same((door.idle(), counted(door)[0]), (0, 0), "all of them are counted out")
        door.stop()
        door.words = []
        door.start()
        same(door.mariadb("-e", "SELECT 1", tls=False).out, "1\n", "T8: the next start does the same")
        door.stop()
        door.start("--plaintext", "refuse")
        same(refused(door)[0], 3159, "T8: until it is told otherwise")
        same(counted(door), (0, 0), "T8: refused ones are not counted")


def test_cut():
    """Who leaves in the middle, or says nonsense."""
    with Door("--plaintext", "allow", listen=("127.0.0.1",)) as door:
        ends = []
        for n in (5, 8, 20, 36, 37, 60):
            with door.client() as c:
                c.greeting()
                c.send(c.framed(c.response("root", door.password, "test", caps=CLEAR), 1)[:n])
            ends.append(door.ended(c)["end"])
        same(ends, ["left-early"] * 6, "cut off anywhere")
        with door.client() as c:
            c.greeting()
            c.send(c.framed(bytes([0, 2, 0, 0]) + b"\xff" * 100, 1))
            try:
                c.answer()
                said = "an answer"
            except Refused as no:
                said = no.code
        same((said, door.ended(c)["end"]), (1105, "login-nonsense"), "no login: 1105")
        with door.client() as c:
            c.greeting()
            c.socket.sendall(c.ssl_request())
            c.send_packet(c.response("root", door.password, "test", caps=CLEAR), 2)
            how, _ = c.hears_end()
        ok(door.ended(c)["end"].startswith("tls-"),
           "whoever asks for TLS cannot fall back to none", how, door.ended(c))
        same((door.idle(), counted(door)[0]), (0, 0), "nothing stays")


def test_file():
    for text, wanted in (("plaintext no\n", "there are allow and refuse"),
                         ("plaintext allow\nplaintext allow\n", "said twice")):
        done = command(DBTLS, "serve", "-n", "-c", "/dev/stdin", stdin=text)
        ok(done.rc and wanted in done.err, f"{text.strip()!r}: {wanted}", done)
    done = command(DBTLS, "up", "--plaintext", "yes")
    ok(done.rc == 2 and "there are allow and refuse" in done.err, "up: the same", done)


def test_mysql():
    """MySQL itself: with a cold cache it wants the password, which must not go in the clear."""
    try:
        ca = mysqld.Ca(f"/tmp/dbtls-plaintext-{os.getpid()}")
        server = mysqld.Mysqld(tls=(*ca.leaf(NAME), ca.pem), tcp=True)
    except mysqld.NotHere as why:
        skip("plaintext before MySQL", why)
        return
    finally:
        atexit.register(shutil.rmtree, f"/tmp/dbtls-plaintext-{os.getpid()}", True)
    with server:
        server.account("shop", PASSWORD)
        words = {"a Unix socket": f"unix:{server.socket}",
                 "TLS": f"127.0.0.1:{server.port} ca {ca.pem} name {NAME}"}
        for how, to in words.items():
            with Serve(to, "plaintext allow") as door:
                server.flush_cache()
                code, text = refused(door, "shop", PASSWORD, SHA2)
                ok(code == 3159 and "connect with TLS" in text,
                   f"T8: over {how}, cold: the password is not sent in the clear", code, text)
                ok(until(lambda: "needs-tls" in door.endings()), "and status says why",
                   door.endings())
                warm(door)
                with login(door, "shop", PASSWORD, SHA2) as c:
                    same(c.query("SELECT DATABASE()"), [["test"]], f"T8: over {how}, warm: it works")
                    same(bool(c.query("SHOW STATUS LIKE 'Ssl_cipher'")[0][1]), how == "TLS",
                         "the door's own TLS to the database is there where it should be")
                with login(door, "shop", PASSWORD, NATIVE) as c:
                    same(c.switched_to, SHA2, "a client of another method is asked to switch")
                same(refused(door, "shop", "wrong", SHA2)[0] in (1045, 3159), True,
                     f"over {how}: a wrong password does not get in")
                bulk(door)
        with Serve(words["TLS"]) as door:
            same(refused(door, "shop", PASSWORD, SHA2)[0], 3159, "T8: refused unless it is written")
        with Serve(f"127.0.0.1:{server.port}", "plaintext allow") as door:
            server.flush_cache()
            env = mysqld.put_on_path(f"{door.folder}/bin")
            words = [f"{door.folder}/bin/mysql", "--no-defaults", "-h", "127.0.0.1", "-P",
                     str(door.port), "-u", "shop", f"-p{PASSWORD}", "--ssl-mode=DISABLED",
                     "--get-server-public-key", "-N", "-e", "SELECT DATABASE()", "test"]
            done = command(*words, env={**os.environ, **env})
            same(done.out, "test\n", "T8: over TCP in the clear RSA passes between the two", done)


def warm(door):
    """A login under TLS fills the database's cache."""
    with door.client() as c:
        c.start_tls(caps=USUAL | WITH_DB)
        c.send_packet(c.response("shop", PASSWORD, "test", plugin=SHA2,
                                 proof=PROOFS[SHA2](PASSWORD, c.scramble)))
        c.proceed(PASSWORD)


def bulk(door):
    big = "x" * (3 << 20)
    with login(door, "shop", PASSWORD, SHA2) as c:
        same(c.query(f"SELECT LENGTH('{big}')"), [[str(len(big))]], "megabytes go up")
        ok(c.query("SELECT REPEAT('y', 8 << 20)") == [["y" * (8 << 20)]], "and come down")


def test_program():
    """Oracle's own, with a cold cache: the words that its user sees."""
    try:
        server = mysqld.Mysqld()
    except mysqld.NotHere as why:
        skip("Oracle's client in the clear", why)
        return
    with server:
        server.account("shop", PASSWORD)
        with Serve(f"unix:{server.socket}", "plaintext allow") as door:
            env = {**os.environ, **mysqld.put_on_path(f"{door.folder}/bin")}
            words = [f"{door.folder}/bin/mysql", "--no-defaults", "-h", "127.0.0.1", "-P",
                     str(door.port), "-u", "shop", f"-p{PASSWORD}", "--ssl-mode=DISABLED", "-N",
                     "-e", "SELECT DATABASE()", "test"]
            for more in ([], ["--get-server-public-key"]):
                done = command(*words, *more, env=env)
                ok(done.rc and "connect with TLS" in done.err,
                   f"T8: mysql {' '.join(more)}: says what to do", done)
            warm(door)
            done = command(*words, env=env)
            same(done.out, "test\n", "T8: and gets in with a warm one", done)


run(test_up, test_cut, test_file, test_mysql, test_program)
finish()
