#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""TLS as the door speaks it: versions, ciphers, tickets, many at once, and what it says of each."""
import os
import ssl
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysql
from door import Door
from tap import finish, note, ok, run, same, until

V = ssl.TLSVersion
OLD = "DEFAULT:@SECLEVEL=0"
door = None


def only(version, **more):
    return mysql.context(door.ca, version, version, **more)


def alert_of(ctx):
    """What OpenSSL's client says when the door refuses its handshake, and the door's own word."""
    with door.client(timeout=10) as client:
        try:
            client.start_tls(ctx)
            said = "connected"
        except ssl.SSLError as refused:
            said = refused.reason or str(refused)
        except mysql.Left as left:
            said = str(left)
        client.socket.close()
        return said, door.ended(client)["end"]


def test_old_versions():
    for version, flag in (("1.0", "-tls1"), ("1.1", "-tls1_1")):
        done = door.s_client(flag, "-cipher", "DEFAULT@SECLEVEL=0")
        ok("alert number 70" in done.err, f"T2: TLS {version} is refused with protocol_version, "
           "which openssl shows", done)
        ok("Cipher is (NONE)" in done.out, f"T2: … no session over TLS {version}", done)
    for version in (V.TLSv1, V.TLSv1_1):
        said, end = alert_of(mysql.context(None, version, version, OLD))
        same((said, end), ("TLSV1_ALERT_PROTOCOL_VERSION", "tls-version"),
             f"T2: {version.name}: the alert, and its cause in the log")
    same(door.counted("tls-version", 4), 4, "T2: status counts the four")


def test_versions():
    for version, name in ((V.TLSv1_2, "1.2"), (V.TLSv1_3, "1.3")):
        with door.client() as client:
            client.start_tls(only(version)).authenticate("root", door.password)
            same(client.query("SELECT 1"), [["1"]], f"T2: TLS {name} works")
            client.quit()
            same(door.ended(client)["tls"], name, f"T17: … and the log says {name}")
    with door.client() as client:
        client.start_tls(mysql.context(door.ca, V.TLSv1_2, V.TLSv1_3))
        same(client.tls.version(), "TLSv1.3", "T2: a client that knows both gets 1.3")


def test_ciphers():
    refused = {"static RSA": "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA",
               "CBC": "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256",
               "DHE": "DHE-RSA-AES128-GCM-SHA256",
               "3DES and the like": "3DES:RC4:NULL:aNULL"}
    for what, ciphers in refused.items():
        said, end = alert_of(only(V.TLSv1_2, ciphers=ciphers + ":@SECLEVEL=0"))
        ok("HANDSHAKE_FAILURE" in said and end == "tls-cipher", f"T2: 1.2 with {what} alone is "
           "refused with handshake_failure", said, end)
    done = door.s_client("-tls1_2", "-cipher", "AES128-SHA:AES256-SHA")
    ok("alert number 40" in done.err, "T2: … alert 40 in openssl's words", done)
    allowed = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
               "ECDHE-ECDSA-CHACHA20-POLY1305")
    for cipher in allowed:
        with door.client() as client:
            client.start_tls(only(V.TLSv1_2, ciphers=cipher))
            same(client.tls.cipher()[0], cipher, f"T2: 1.2 with {cipher}")
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                  "TLS_CHACHA20_POLY1305_SHA256"):
        done = door.s_client("-tls1_3", "-ciphersuites", suite)
        ok(f"Cipher is {suite}" in done.out, f"T2: 1.3 with {suite}", done)
    done = door.s_client("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256")
    ok("alert number 40" in done.err, "T2: 1.3 with CCM alone is refused", done)
    done = door.s_client("-groups", "secp521r1")
    ok("alert number 40" in done.err, "T2: a group that is not allowed is refused", done)
    with door.client() as client:
        client.start_tls(mysql.context(door.ca, alpn=["http/1.1", "mysql"]))
        client.authenticate("root", door.password)
        same((client.query("SELECT 2"), client.tls.selected_alpn_protocol()), ([["2"]], None),
             "T1: a client that offers ALPN is served, without one")


def test_compression_and_renegotiation():
    done = door.s_client("-tls1_2", "-comp")
    ok("Compression: NONE" in done.out, "T2: TLS compresses nothing", done)
    done = door.s_client("-tls1_2", stdin="R\n")
    ok("RENEGOTIATING" in done.out + done.err and "no renegotiation" in done.err.lower(),
       "T2: a renegotiation in 1.2 is refused", done)
    ok(door.login().ping(), "T2: … and the door serves others after it")


def resume(version, times):
    ctx, session, counts = only(version), None, []
    for _ in range(times + 1):
        with door.client() as client:
            client.start_tls(ctx, session=session)
            client.authenticate("root", door.password)
            client.query("SELECT 3")  # in 1.3 the ticket comes after the handshake
            counts.append(client.tls.session_reused)
            session = client.tls.session
            client.quit()
    return counts


def test_resumption():
    relays = len(door.pids("relay"))
    for version, name in ((V.TLSv1_2, "TLSv1.2"), (V.TLSv1_3, "TLSv1.3")):
        before = door.status()["handshakes"][name]
        counts = resume(version, 20)
        same(counts, [False] + [True] * 20,
             f"T1: {name}: 20 of 20 resume by ticket, whichever of {relays} relays they meet")
        now = door.status()["handshakes"][name]
        same((now["full"] - before["full"], now["resumed"] - before["resumed"]), (1, 20),
             f"T1: {name}: status counts them as resumed")
    lines = [s for s in door.sessions() if s["resumed"] == "yes"]
    same(len(lines), 40, "T1: and the log says so of each")
    pids = {line.split("relay[")[1].split("]")[0] for line in door.log().splitlines()
            if " resumed=yes " in line}
    note(f"relays that resumed: {len(pids)}")


def test_foreign_ticket():
    """A ticket of another door's, so under keys that this one never had."""
    with Door() as other:
        ctx = mysql.context(None, V.TLSv1_2, V.TLSv1_2)
        with other.client() as client:
            client.start_tls(ctx)
            session = client.tls.session
        with door.client() as client:
            client.start_tls(ctx, session=session).authenticate("root", door.password)
            ok(not client.tls.session_reused and client.ping(),
               "T1: a ticket that is not ours is no way in: a whole handshake, and then it works")


def test_many():
    held, problems = [], []
    lock, gate = threading.Lock(), threading.Barrier(50)

    def one(i):
        try:
            gate.wait(30)
            client = door.login()
            rows = client.query(f"SELECT {i}, CONNECTION_ID()")
            with lock:
                held.append((client, rows[0][1]))
                if rows[0][0] != str(i):
                    problems.append(rows)
        except Exception as e:  # told below
            with lock:
                problems.append(repr(e))

    threads = [threading.Thread(target=one, args=[i]) for i in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    ok(len(held) == 50 and not problems, "T1: 50 log in at once", problems[:3])
    same(len({i for _, i in held}), 50, "T1: … each with a session of its own")
    same(door.status()["sessions"]["open"], 50, "T1: … all open")
    ok(all(c.ping() for c, _ in held), "T1: … and all answer")
    for client, _ in held:
        client.quit()
    same(door.idle(), 0, "T1: … none is left open after them")


def test_certificate_refusals():
    """Clients that do not like what they see: who finds out why has the cause in the log."""
    with door.client() as client:
        ctx = mysql.context()
        ctx.verify_mode = ssl.CERT_REQUIRED
        try:
            client.start_tls(ctx)
            said = "connected"
        except ssl.SSLCertVerificationError as e:
            said = e.verify_message
        client.socket.close()
        ok("unable to get" in said and door.ended(client)["end"] == "tls-unknown-ca",
           "T7: a client without our CA: the cause is tls-unknown-ca", said, door.ended(client))
    with door.client() as client:
        try:
            client.start_tls(name="wrong.example")
            said = "connected"
        except ssl.SSLCertVerificationError as e:
            said = e.verify_message
        client.socket.close()
        end = door.ended(client)["end"]
        ok("mismatch" in said.lower() and end in ("tls-cert-refused", "left-after-tls"),
           "T7: a client that looks for another name refuses us, and the log tells", said, end)
    for what in ("tls-unknown-ca", "tls-version", "tls-cipher"):
        ok(door.counted(what), f"T2: {what} is among the endings in status", door.endings())


def narrowed(word, works, refused):
    global door
    with Door("--tls-version", word) as narrow:
        wide, door = door, narrow
        try:
            with door.client() as client:
                client.start_tls(mysql.context(door.ca, works, works))
                client.authenticate("root", door.password)
                ok(client.ping(), f"T2: --tls-version {word}: {works.name} works")
            said, end = alert_of(mysql.context(None, refused, refused))
            same((said, end), ("TLSV1_ALERT_PROTOCOL_VERSION", "tls-version"),
                 f"T2: --tls-version {word}: {refused.name} is refused with alert 70")
            same(door.status()["tls_versions"], [f"TLSv{word}"], "T2: and status says so")
            ok(f"TLS {word})" in door.out(), "T2: and so does what up prints", door.out())
        finally:
            door = wide


def test_narrow():
    narrowed("1.2", V.TLSv1_2, V.TLSv1_3)
    narrowed("1.3", V.TLSv1_3, V.TLSv1_2)


def test_bad_word():
    done = door.dbtls("up", "--tls-version", "1.1")
    ok(done.rc == 2 and "8996" in done.err,
       "T2: --tls-version 1.1 is refused, with RFC 8996 as the reason", done)


with Door() as door:
    run(test_old_versions, test_versions, test_ciphers, test_compression_and_renegotiation,
        test_resumption, test_foreign_ticket, test_many, test_certificate_refusals, test_narrow,
        test_bad_word, on_failure=door.tail)
    ok(until(lambda: door.idle() == 0), "nothing is left open")
    same(door.stop(), 0, "the door ends with 0")
finish()
