#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""A door that is told to read its file anew: no session dropped, nobody turned away."""
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from door import Serve, descriptors, free_port
from mysql import Refused
from shop import PASSWORD, login, serial
from tap import finish, note, ok, run, same, skip, until

server = None


def rewrite(door, *lines):
    with open(f"{door.folder}/door.conf", "w") as f:
        f.writelines(f"{line}\n" for line in lines)


def lines_for(door, *more):
    return [f"listen 127.0.0.1:{door.port}", f"upstream unix:{server.socket}", *more]


def test_what_is_wrong():
    with Serve(f"unix:{server.socket}") as door, login(door) as kept:
        old = serial(door)
        relays = door.pids("relay")
        for text, wanted in (("upstraem unix:/x", 'did you mean "upstream"'),
                             (f"listen 127.0.0.1:{door.port}", "has no"),
                             (f"upstream unix:/x\nendpoint b\nlisten 127.0.0.1:{door.port}\n"
                              "upstream unix:/x", "listened on twice"),
                             ("upstream no.such.name.invalid:1 insecure", "no.such.name.invalid"),
                             (f"upstream 127.0.0.1:1 ca {door.folder}/out", "out")):
            rewrite(door, "endpoint a", f"listen 127.0.0.1:{door.port}", text)
            done = door.dbtls("reload")
            ok(done.rc == 1 and wanted in done.err, f"{text}: refused, and says why", done)
            same(serial(door), old, "… and all stays as it was")
        os.remove(f"{door.folder}/door.conf")
        same(door.dbtls("reload").rc, 1, "a file that is gone is refused as well")
        same(sorted(door.pids("relay")), sorted(relays), "the relays are the same ones")
        same(kept.query("SELECT 1"), [["1"]], "and so is the session")
        with login(door) as c:
            same(c.query("SELECT 1"), [["1"]], "new ones come in")


def test_endpoints_come_and_go():
    with Serve(f"unix:{server.socket}") as door, login(door) as kept:
        first, second = door.port, free_port()
        more = ["endpoint default", *lines_for(door), "endpoint late",
                f"listen 127.0.0.1:{second}", f"upstream unix:{server.socket}"]
        rewrite(door, *more)
        same(door.dbtls("reload").rc, 0, "T19: an endpoint comes")
        door.port = second
        with login(door) as there:
            same(there.query("SELECT 1"), [["1"]], "it is there")
            rewrite(door, "endpoint late", *more[-2:])
            same(door.dbtls("reload").rc, 0, "one goes")
            door.port = first
            try:
                login(door, timeout=5).close()
                said = "let in"
            except ConnectionRefusedError:
                said = "nobody listens"
            except (OSError, Refused) as e:
                said = repr(e)
            same(said, "nobody listens", "its port is closed")
            same((kept.query("SELECT 1"), there.query("SELECT 2")), ([["1"]], [["2"]]),
                 "sessions of both go on")
        same([p["endpoint"] for p in door.status()["endpoints"]], ["late"], "status knows")


def test_signal():
    with Serve(f"unix:{server.socket}") as door, login(door) as kept:
        old = serial(door)
        rewrite(door, *lines_for(door, "name hup.dbtls.test"))
        door.process.send_signal(signal.SIGHUP)
        ok(until(lambda: serial(door) != old, 20, 0.2), "SIGHUP does the same", door.tail())
        same(kept.query("SELECT 1"), [["1"]], "and drops nobody")
        parent = descriptors(door.process.pid)
        for i in range(8):
            rewrite(door, *lines_for(door, f"name again{i % 2}.dbtls.test"))
            door.dbtls("reload")
        until(lambda: len(door.pids("relay")) <= 4, 20)
        ok(descriptors(door.process.pid) <= parent + 8, "no descriptors are left behind",
           parent, descriptors(door.process.pid))


def main():
    global server
    try:
        mysqld.tree()
    except mysqld.NotHere as why:
        skip("reload before the genuine MySQL", str(why).replace("\n", "; "))
        return
    with mysqld.Mysqld() as server:
        server.account("shop", PASSWORD)
        note(server.version)
        run(test_what_is_wrong, test_endpoints_come_and_go, test_signal)


main()
finish()
