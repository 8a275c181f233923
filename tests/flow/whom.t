#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""`dbtls status clients`: whose address it says, what it keeps and what it forgets (T2, T5, T8)."""
import json
import os
import signal
import ssl
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import Door, Serve
from mysql import Client, Left, Refused
from tap import finish, ok, run, same, until

BALANCER = "127.0.0.2"
ROOM = 64  # of those who only pass by, in each relay
back = door = None


def said(at=None):
    return json.loads((at or door).dbtls("status", "clients", "--json").out)


def row(address, cause, at=None, count=1, seconds=5):
    """The row of that address and cause, once it has so many; None: there is none."""
    found = until(lambda: [c for c in said(at)["clients"] if c["address"] == address and
                           c["cause"] == cause and c["count"] >= count], seconds, 0.1)
    return found[0] if found else None


def come(address, *, tls=None, name=None, password=None):
    """One connection behind the balancer, in the clear unless tls is a context."""
    with Client("127.0.0.1", door.port, door.ca, source=BALANCER, timeout=10) as c:
        kind = 6 if ":" in address else 4
        to = "2001:db8::1" if kind == 6 else "203.0.113.1"
        c.socket.sendall(f"PROXY TCP{kind} {address} {to} 4711 4000\r\n".encode())
        try:
            if tls:
                c.start_tls(tls, name=name)
                c.authenticate("root", password or back.password, "test")
            else:
                c.greeting()
                c.send_packet(c.response("root", "x", "test"), 1)
                c.packet()
        except (Left, Refused, OSError):
            pass


def context(ca=None, most=None):
    ctx = ssl.create_default_context(cafile=ca)
    if most:
        ctx.maximum_version = most
    return ctx


def test_nobody():
    same(said()["clients"], [], "at first there is nobody")
    done = door.dbtls("status", "clients")
    ok(done.rc == 0 and "nothing is wrong" in done.out, "… and that is said", done)


def test_header():
    for _ in range(3):
        come("198.18.7.7")
    r = row("198.18.7.7", "no-tls", count=3)
    ok(r and r["count"] == 3 and r["error"] == 3159 and not r["works"] and r["library"] is None,
       "T8: the address is that of the PROXY header's client", said())
    ok(r and r["first"] <= r["last"] and r["advice"], "… with times and advice", r)
    come("2001:db8:7::9")
    ok(row("2001:db8:7::9", "no-tls"), "… IPv6 as well", said())


def test_tls():
    come("198.18.7.8", tls=context(), name="localhost")
    r = row("198.18.7.8", "unknown-ca")
    ok(r and r["name"] == "localhost" and r["offers"] == "TLS 1.3", "T5: a CA that is not known, "
       "and the name it connects by", said())
    come("198.18.7.9", tls=context(door.ca), name="no.such.name")
    r = row("198.18.7.9", "wrong-name")
    ok(r and r["name"] == "no.such.name", "T5: a wrong name", said())
    come("198.18.7.10", tls=context(door.ca, ssl.TLSVersion.TLSv1_2), name="localhost")
    r = row("198.18.7.10", "works-tls-1.2")
    ok(r and r["user"] == "root" and r["works"], "T2: TLS 1.2 at best, and it works", said())
    come("198.18.7.11", tls=context(door.ca), name="localhost")
    come("198.18.7.12", tls=context(door.ca), name="localhost", password="wrong")
    r = row("198.18.7.12", "login-refused")
    ok(r and r["error"] == 1045 and r["user"] == "root", "T5: a wrong password", said())
    ok(not [c for c in said()["clients"] if c["address"] == "198.18.7.11"],
       "whoever is as it should be does not show", said())


def test_quoted():
    """What a client sends as its name is no terminal's business."""
    name = "a\x1b[2J\"b"
    ctx = context(door.ca)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    come("198.18.7.13", tls=ctx, name=name, password="wrong")
    r = row("198.18.7.13", "login-refused")
    shown = door.dbtls("status", "clients").out
    ok("\x1b" not in shown, "nothing of a name gets out that is not quoted", shown)
    same(r and r["name"], "a\\x1B[2J\\x22b", "… and it is told as it was")


def test_works_plain():
    back.mariadb("-e", "SELECT 1", tls=False)
    r = row("127.0.0.1", "works-in-the-clear", back)
    ok(r and r["works"] and r["user"] == "root", "T8: who works in the clear, and as whom",
       said(back))


def test_survives():
    """Relays end, and the plan changes: what they saw stays."""
    before = row("198.18.7.7", "no-tls")
    pids = door.pids("relay")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not set(door.pids("relay")) & set(pids) and len(door.pids("relay")) == len(pids))
    same(row("198.18.7.7", "no-tls"), before, "kill -9 of all relays: it stays")
    same(door.dbtls("reload").rc, 0, "reload")
    same(row("198.18.7.7", "no-tls"), before, "… it stays")
    same(door.dbtls("upgrade", timeout=120).rc, 0, "upgrade")
    same(row("198.18.7.7", "no-tls"), before, "… it stays")
    come("198.18.7.7")
    r = row("198.18.7.7", "no-tls", count=4)
    ok(r and r["count"] == 4 and r["first"] == before["first"], "… and is counted on", r)


def test_bounded():
    """More strangers than there is room for push out strangers alone."""
    for i in range(3):
        come(f"2001:db8:8:8::{i + 1}")
    r = row("2001:db8:8:8::/64", "denied", count=3)
    ok(r and r["count"] == 3, "a stranger of IPv6 is its /64", said())
    relays = len(door.pids("relay"))
    for i in range(relays * ROOM * 2):
        come(f"192.0.2.{i % 256}" if i < 256 else f"198.51.100.{i % 256}")
    until(lambda: said()["dropped"] > 0)
    now = said()
    strangers = [c for c in now["clients"] if c["cause"] == "denied"]
    ok(now["dropped"] > 0 and len(strangers) <= relays * 3 * ROOM, "strangers are forgotten",
       len(strangers), now["dropped"])
    ok(row("198.18.7.7", "no-tls") and row("198.18.7.8", "unknown-ca"), "clients are not", now)
    ok("were forgotten" in door.dbtls("status", "clients").out, "… and that is said")


def main():
    global back, door
    with Door("--plaintext", "allow") as back:
        with Serve(f"127.0.0.1:{back.port} ca {back.ca}", f"proxy-from {BALANCER}") as door:
            door.dbtls("access", "add", "198.18.0.0/16", "2001:db8:7::/48")
            run(test_nobody, test_header, test_tls, test_quoted, test_works_plain, test_survives,
                test_bounded, on_failure=door.tail)


main()
finish()
