#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
Nobody can keep `dbtls check` (D4): at each step of the way somebody never answers, answers a byte
at a time, or sends 16 MB of rubbish, and it ends with a verdict and within its bound.
"""
import concurrent.futures
import json
import os
import ssl
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import tap
from door import DBTLS, command
from listening import listening
from mysqld import Ca

AT_ONCE = 6
RUBBISH = bytes(range(256)) * 256
OVER = 16 << 20
# Steps of at most a second; a loaded machine, and a sanitizer, take their time on top.
BOUND = 40
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\nhealthy: localhost 00000000"
GREETING = (b"\x0a8.0.36\0" + bytes(4) + b"12345678\0" + b"\x00\x8a\xff\x02\x00" + b"\x08\x80" +
            b"\x15" + bytes(10) + b"123456789012\0" + b"mysql_native_password\0")


# ---- who would keep it

def silence(s):
    s.recv(1)
    time.sleep(BOUND)


def drip(s):
    for byte in RUBBISH:
        s.sendall(bytes([byte]))
        time.sleep(0.3)


def drip_record(s):
    """A record of TLS that does not end."""
    s.sendall(b"\x16\x03\x03\x40\x00\x02")
    drip(s)


def drip_page(s):
    """An answer of HTTP that does not end."""
    s.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(s)


def pour(s):
    for _ in range(OVER // len(RUBBISH)):
        s.sendall(RUBBISH)


def pour_heads(s):
    for _ in range(OVER // 1024):
        s.sendall(b"HTTP/1.1 100 \r\n\r\n" * 64)


def pour_page(s):
    s.sendall(b"HTTP/1.1 200 \r\nContent-Length: 999999999\r\n\r\n")
    pour(s)


def pour_packets(s):
    """Packets of MySQL's, none of which is an answer."""
    for i in range(OVER // 4096):
        s.sendall(struct.pack("<I", 4092)[:3] + bytes([i & 255]) + b"\xfe" * 4092)


# ---- up to which step one is as all others

def at_once(s, tls, then):
    del tls
    then(s)


def behind_greeting(s, tls, then):
    del tls
    s.sendall(struct.pack("<I", len(GREETING)) + GREETING)
    s.recv(4096)
    then(s)


def behind_tls(s, tls, then):
    with tls.wrap_socket(s, server_side=True) as t:
        then(t)


def behind_mysql_tls(s, tls, then):
    s.sendall(struct.pack("<I", len(GREETING)) + GREETING)
    while len(s.recv(36)) < 36:
        pass
    behind_tls(s, tls, then)


def behind_page(s, tls, then):
    with tls.wrap_socket(s, server_side=True) as t:
        t.recv(4096)
        t.sendall(OK)
        then(t)


CASES = [("", at_once), ("https://", at_once), ("tls://", at_once), ("", behind_greeting),
         ("https://", behind_tls), ("", behind_mysql_tls), ("https://", behind_page)]
# Who speaks after TLS is right up to there, and a long page is seen enough of: "ok" as well,
# but not of who says nothing.
MEANT = {"not-tls", "handshake-timeout", "greeting-timeout", "broken-tls", "protocol-version",
         "plaintext-injected", "tls-refused", "session-timeout", "server-error", "session-closed",
         "auth-unsupported", "not-dynamodb", "closed-before-greeting", "handshake-closed"}
KEEPERS = {pour_page, pour, pour_heads, drip_page, drip, drip_record, silence, pour_packets}


def check(case):
    scheme, reach, then, tls, ca = case
    with listening(lambda s: reach(s, tls, then)) as port:
        began = time.monotonic()
        done = command(DBTLS, "check", "--json", "--timeout", "1", "--ca", ca,
                       f"{scheme}127.0.0.1:{port}", timeout=120)
    return done, time.monotonic() - began


def test_each_step():
    with tempfile.TemporaryDirectory(prefix="dbtls-bounds-") as folder:
        ca = Ca(f"{folder}/ca")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*ca.leaf("IP:127.0.0.1"))
        cases = [(scheme, reach, then, tls, ca.pem) for scheme, reach in CASES
                 for then in sorted(KEEPERS, key=lambda f: f.__name__)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(zip(cases, pool.map(check, cases)))
    for (scheme, reach, then, *_), (done, took) in found:
        said = json.loads(done.out) if done.out else {"verdict": {"id": None}}
        right = reach in (behind_tls, behind_page, behind_mysql_tls) and then is not silence
        meant = MEANT | {"ok"} if right else MEANT
        tap.ok(said["verdict"]["id"] in meant and done.rc in (0, 1) and not done.err and
               took < BOUND,
               f"{scheme or 'mysql'}, {reach.__name__}, {then.__name__}: an end, and a verdict",
               f"{took:.1f} s", done)
    tap.note(f"the longest took {max(took for _, (_, took) in found):.1f} s")


if __name__ == "__main__":
    tap.run(test_each_step)
    tap.finish()
