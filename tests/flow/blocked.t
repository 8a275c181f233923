#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
Clients that hang up in mid-handshake count, at a database over TCP, against the door's one address:
MariaDB as it is installed then blocks everybody (1129). `serve` says at its start what must be set,
and with that the database stays open. In a network and with a file of hosts of its own, where the
door reaches its database from 127.0.0.2.
"""
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import ROOT, Serve
from mariadbd import PASSWORD, USER, Mariadbd
from mysql import Left, Refused
from mysqld import Ca
from tap import finish, note, ok, run, same, skip

NAME, HERE = "db.dbtls.test", "127.0.0.2"
HANG_UPS, ALLOWED = 200, 50
RESOLVES = ("--skip-name-resolve=0", f"--max-connect-errors={ALLOWED}")
ca = leaf = None


def hang_up(door, number, **more):
    """A client that leaves: after the greeting, or in the middle of its handshake, or behind it."""
    with door.client(**more) as c:
        c.greeting()
        if number % 3 == 0:
            return
        c.socket.sendall(c.ssl_request())
        if number % 3 == 1:
            c.socket.sendall(c.client_hello()[:60])
            return
        c.begin_tls()
        c.handshake()


def others(door, **more):
    """What the next one hears."""
    try:
        with door.login(USER, PASSWORD, **more) as c:
            return c.query("SELECT USER()")[0][0]
    except Refused as e:
        return e.code
    except (Left, OSError) as e:
        return repr(e)


def storm(door, **more):
    """Many of them; those that come when all is over already hear just an error."""
    for i in range(HANG_UPS):
        try:
            hang_up(door, i, **more)
        except (Refused, Left, OSError):
            pass


def over_tcp(server):
    return f"{HERE}:{server.port} ca {ca.pem} name {NAME}"


def warned(door):
    return "skip_name_resolve" in door.out() and "max_connect_errors" in door.out()


def test_as_installed():
    with Mariadbd(*RESOLVES, tls=leaf, host=HERE) as server, Serve(over_tcp(server)) as door:
        same(others(door), "shop@door.dbtls.test", "the database sees the door's one address")
        storm(door)
        same(others(door), 1129, "as it is installed it blocks everybody then")
        ok(warned(door), "and that is what the door has said at its start", door.out())


def test_as_said():
    for name, words in (("skip_name_resolve", ("--skip-name-resolve", RESOLVES[1])),
                        ("max_connect_errors", (RESOLVES[0], "--max-connect-errors=1000000"))):
        with Mariadbd(*words, tls=leaf, host=HERE) as server, Serve(over_tcp(server)) as door:
            storm(door)
            same(str(others(door)).split("@")[0], "shop", f"with {name} it stays open", door.tail(3))


def test_proxy():
    with Mariadbd(*RESOLVES, f"--proxy-protocol-networks={HERE}", tls=leaf, host=HERE) as server, \
            Serve(f"{over_tcp(server)} proxy") as door:
        storm(door, source="127.0.0.9")
        ok(str(others(door, source="127.0.0.8")).startswith("shop@"),
           "with `proxy` it stays open to other addresses", others(door, source="127.0.0.8"))
        ok(not warned(door), "so that nothing is said at the start", door.out())


def test_socket():
    with Mariadbd(*RESOLVES) as server, Serve(f"unix:{server.socket}") as door:
        storm(door)
        same(others(door), "shop@localhost", "over its Unix socket it stays open as it is")
        ok(not warned(door), "so that nothing is said there either", door.out())


def main():
    global ca, leaf
    folder = tempfile.mkdtemp(prefix="dbtls-blocked-")
    os.chmod(folder, 0o755)
    try:
        ca = Ca(f"{folder}/ca")
        leaf = ca.leaf(NAME)
        note(f"{HANG_UPS} clients hang up, where {ALLOWED} may")
        run(test_as_installed, test_as_said, test_proxy, test_socket)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_a_network_of_its_own():
    """Starts this test anew in one: nothing outside is changed."""
    hosts = tempfile.NamedTemporaryFile("w", prefix="dbtls-hosts-", delete=False)
    with hosts:
        hosts.write(f"127.0.0.1 localhost {NAME}\n{HERE} door.dbtls.test\n"
                    "127.0.0.8 eight.dbtls.test\n127.0.0.9 nine.dbtls.test\n")
    os.chmod(hosts.name, 0o644)
    os.execvp("unshare", [
        "unshare", "--net", "--mount", "sh", "-ec",
        'mount --bind "$1" /etc/hosts; rm "$1"; ip link set lo up; '
        f'ip route add local {HERE} dev lo src {HERE} table local; exec "$2" "$3" inside',
        "sh", hosts.name, sys.executable, os.path.abspath(__file__)])


if not ROOT:
    skip("a database that blocks the door", "only root can make a network")
elif len(sys.argv) < 2:
    in_a_network_of_its_own()
else:
    main()
finish()
