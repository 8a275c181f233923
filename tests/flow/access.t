#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""The IP access list: closed but for this host, changed without a restart."""
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash
from door import DBTLS, ROOT, Door, command, read
from mysql import Refused
from tap import finish, note, ok, run, same, skip, until

# Two network namespaces: the door's and a client's, so that the host's own network has no part.
# RFC 5737's and RFC 3849's addresses for documentation.
HERE, HERE6 = "203.0.113.1", "2001:db8:71::1"
THERE, THERE6 = "203.0.113.2", "2001:db8:71::2"
SPACE = f"dbtls-{os.getpid()}"
OUTSIDE = f"{SPACE}-c"
door = None

# A client from one of several addresses: whether it hears a greeting.
GREETED = """
import sys, mysql
mysql.Client(sys.argv[1], int(sys.argv[2]), source=sys.argv[3], timeout=5).greeting()
"""
LIB = {**os.environ, "PYTHONPATH": sys.path[0], "PYTHONDONTWRITEBYTECODE": "1"}


def ip(*words, space=None):
    """`ip`, in a network; not `ip -n`, which remounts /sys, and a chroot may not let it."""
    done = command(*(inside(space) if space else ()), "ip", *words, timeout=20)
    if done.rc:
        raise RuntimeError(f"ip {' '.join(words)}: {done}")


@contextlib.contextmanager
def spaces():
    try:
        for name in (SPACE, OUTSIDE):
            ip("netns", "add", name)
            ip("link", "set", "lo", "up", space=name)
        ip("link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", OUTSIDE, space=SPACE)
        for name, v4, v6 in ((SPACE, HERE, HERE6), (OUTSIDE, THERE, THERE6)):
            ip("addr", "add", f"{v4}/24", "dev", "eth0", space=name)
            ip("addr", "add", f"{v6}/64", "dev", "eth0", "nodad", space=name)
            ip("link", "set", "eth0", "up", space=name)
        yield
    finally:
        for name in (SPACE, OUTSIDE):
            command("ip", "netns", "del", name)


def inside(space):
    return ("nsenter", f"--net=/run/netns/{space}")


def from_outside(host=HERE, sql="SELECT 'in'"):
    return door.mariadb("-e", sql, host=host, inside=inside(OUTSIDE), timeout=30)


def from_inside(host=HERE):
    return door.mariadb("-e", "SELECT 'in'", host=host, inside=inside(SPACE), timeout=30)


def is_in(done):
    return done.out == "in\n" and done.rc == 0


def is_out(done, address=THERE):
    return done.rc == 1 and "1130" in done.err and \
        f"Host '{address}' is not allowed to connect to this server" in done.err


def access(*words, **more):
    return door.dbtls("access", *words, **more)


def file():
    return os.path.join(door.state, "access")


def test_default():
    same([line for line in read(file()).splitlines() if line and line[0] != "#"], ["host"],
         "T6: the list one starts with is this host alone", read(file()))
    for host in ("127.0.0.1", "::1", HERE, HERE6):
        ok(is_in(from_inside(host)), f"T6: by default this host gets in, at {host}",
           from_inside(host))
    done = from_outside()
    ok(is_out(done), "T6: another hears 1130 in the mariadb client's words", done)
    done = from_outside(HERE6)
    ok(is_out(done, THERE6), "T6: … over IPv6 too", done)
    ok(until(lambda: (door.sessions()[-1]["end"], door.sessions()[-1]["error"]) ==
             ("denied", "1130")), "T6: … and its cause is in the log")
    ok(until(lambda: door.endings().get("denied") == 2), "T6: … and in status", door.endings())


def talk():
    """A session from outside that answers line by line, as long as it is open."""
    words = [*inside(OUTSIDE), *door.mariadb_words("--unbuffered", "-n", host=HERE)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, bufsize=1)


def answers(session, sql):
    try:
        session.stdin.write(sql + ";\n")
        session.stdin.flush()
        return session.stdout.readline().strip()
    except OSError as e:
        return repr(e)


def test_change():
    pids = door.pids("relay")
    ok(is_out(from_outside()), "T6: out at first")
    done = access("add", "203.0.113.0/24")
    same((done.rc, done.out), (0, "in force now\n"), "T6: a block is added", done)
    ok(is_in(from_outside()), "T6: … and its hosts are in at once", from_outside())
    ok(is_out(from_outside(HERE6), THERE6), "T6: … by IPv4 only")
    session = talk()
    same(answers(session, "SELECT 'before'"), "before", "T6: a session begins")
    done = access("remove", "203.0.113.0/24")
    same((done.rc, done.out), (0, "in force now\n"), "T6: the block is removed", done)
    ok(is_out(from_outside()), "T6: … new ones are out at once", from_outside())
    same(answers(session, "SELECT 'after'"), "after", "T6: … who is inside stays unharmed")
    session.stdin.close()
    session.wait(10)
    access("add", f"{THERE}", "2001:db8:71::/64")
    ok(is_in(from_outside()) and is_in(from_outside(HERE6)), "T6: an address, and an IPv6 block")
    done = access("remove", f"{THERE}", "2001:db8:71::/64")
    ok(is_out(from_outside()) and is_out(from_outside(HERE6), THERE6), "T6: … removed", done)
    same(door.pids("relay"), pids, "T6: without any restart")
    done = access("add", "203.0.113.0/24")
    done = access("add", "203.0.113.0/24")
    ok(done.rc == 0 and "nothing to change" in done.out, "T6: what is there already", done)
    access("remove", "203.0.113.0/24")


def test_host():
    """The word host itself can go, and come back."""
    access("add", f"{THERE}/32")
    access("remove", "host")
    ok(is_out(from_inside(), HERE), "T6: without the entry host, this host is out", from_inside())
    ok(is_in(from_outside()), "T6: … and who is listed is in")
    access("add", "host")
    access("remove", f"{THERE}/32")
    ok(is_in(from_inside()) and is_out(from_outside()), "T6: … and back")
    ip("addr", "add", "203.0.113.77/24", "dev", "eth0", space=SPACE)
    words = (sys.executable, "-c", GREETED, HERE, str(door.port), "203.0.113.77")
    done = until(lambda: command(*inside(SPACE), *words, env=LIB).rc == 0, 20, 0.5)
    ok(done, "T6: an address that this host gets later is in too", door.tail())
    ip("addr", "del", "203.0.113.77/24", "dev", "eth0", space=SPACE)


def test_test():
    access("add", "198.51.100.0/24")
    for address, rc, words in (("198.51.100.9", 0, "by the entry 198.51.100.0/24"),
                               ("::ffff:198.51.100.9", 0, "by the entry 198.51.100.0/24"),
                               (HERE, 0, "by the entry host"), ("127.0.0.1", 0, "host"),
                               (HERE6, 0, "host"), (THERE, 1, "is refused"),
                               ("::ffff:203.0.113.2", 1, "is refused"), ("nonsense", 2, "")):
        done = access("test", address)
        ok(done.rc == rc and words in done.out, f"T6: access test {address}", done)
    done = access("test", "198.51.100.9", "--json")
    same(json.loads(done.out).get("let_in"), True, "T6: … as JSON", done)
    access("remove", "198.51.100.0/24")


def test_mapped():
    """An IPv4 client at an IPv6 address of the form ::ffff:… is the IPv4 client."""
    access("add", "::ffff:203.0.113.0/120")
    ok(is_in(from_outside()), "T6: a mapped block is the IPv4 block", access("list"))
    access("remove", "203.0.113.0/24")
    ok(is_out(from_outside()), "T6: … and is removed by its plain name", access("list"))


def test_invalid():
    before = read(file())
    for entry in ("203.0.113.0/33", "203.0.113", "example.com", "2001:db8::/129", "", "1.2.3.4/",
                  "203.0.113.256"):
        done = access("add", entry)
        ok(done.rc != 0 and done.err.startswith("dbtls: ") and read(file()) == before,
           f"T6: {entry!r} is refused, and nothing is changed", done)
    done = access("add", "198.51.100.0/24", "rubbish")
    ok(done.rc != 0 and read(file()) == before, "T6: all or nothing", done)


def test_broken_file():
    """A file that somebody broke: the line is named, and the list of before stays in force."""
    before = read(file())
    with open(file(), "w") as f:
        f.write("host\n203.0.113.0/24\n# a comment\n300.1.1.1/8\n")
    done = access("list")
    ok(done.rc == 1 and "line 4" in done.err, "T6: a broken line is named by its number", done)
    done = access("add", "198.51.100.1")
    ok(done.rc == 1 and "line 4" in done.err, "T6: … nothing is added to a broken list", done)
    ok(is_out(from_outside()) and is_in(from_inside()), "T6: … and the old list stays in force")
    door.stop()
    done = command(*door.up_words(), timeout=60)
    ok(done.rc == 1 and "line 4" in done.err, "T6: up refuses a broken list, and names the line",
       done)
    with open(file(), "w") as f:
        f.write(before)
    door.start()
    ok(is_out(from_outside()) and is_in(from_inside()), "T6: … mended, it starts as before")


def test_many():
    rng = random.Random(11)
    lines = [f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
             for _ in range(60000)]
    lines += [f"2001:db8:{rng.randrange(65536):x}:{rng.randrange(65536):x}::/64"
              for _ in range(39998)]
    with open(file(), "w") as f:
        f.write("\n".join(["host", *lines, "203.0.113.0/25"]) + "\n")
    began = time.monotonic()
    done = access("add", "198.51.100.7", timeout=60)
    took = time.monotonic() - began
    same(done.out, "in force now\n", "T6: a list of 100,000 entries is taken", done)
    ok(took < 5, "T6: … within 5 s", took)
    note(f"100,000 entries: {took:.2f} s")
    ok(is_in(from_outside()), "T6: … and holds", from_outside())
    ok(is_in(from_inside()), "T6: … with this host in it")
    began = time.monotonic()
    for _ in range(30):
        from_inside()
    took = (time.monotonic() - began) / 30
    ok(took < 0.3, "T6: … and a login stays quick", took)
    ok(access("test", lines[12345]).rc == 0 and access("test", "11.0.0.1").rc == 1,
       "T6: … its entries are found")
    door.stop()
    door.start()
    ok(is_in(from_outside()), "T6: … after a restart as well")
    os.kill(door.pids("relay")[0], 9)
    time.sleep(0.5)
    ok(all(is_in(from_outside()) for _ in range(5)),
       "T6: … and a relay that is started anew has it")
    with open(file(), "w") as f:
        f.write("host\n")
    same(access("add", "198.51.100.7").rc, 0, "T6: … and a short one again")
    ok(is_out(from_outside()), "T6: … in force")
    door.remember()


def test_on_loopback():
    """What can be seen without being root: the list of a door on this host's loopback."""
    with Door() as plain:
        ok(plain.login().ping(), "T6: this host is let in")
        plain.dbtls("access", "remove", "host")
        try:
            plain.login()
            said = "let in"
        except Refused as e:
            said = (e.code, e.state, e.text)
        same(said, (1130, None, "Host '127.0.0.1' is not allowed to connect to this server"),
             "T6: 1130, without SQLSTATE, since the client has not said that it knows it")
        plain.dbtls("access", "add", "127.0.0.0/8")
        ok(plain.login().ping(), "T6: a block lets it in again")
        try:
            plain.login(host="::1")
            said = "let in"
        except Refused as e:
            said = e.code
        same(said, 1130, "T6: … but not ::1")


def change(door, word):
    """access add or remove, in the background: it may have to wait."""
    return subprocess.Popen([DBTLS, "access", word, "192.0.2.1", "--state", door.state],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def answered_after(door, word, relay, name):
    """While one relay hangs, the caller has no answer; when it goes on, he has."""
    with crash.stopped(relay):
        caller = change(door, word)
        time.sleep(1.5)
        same(caller.poll(), None, f"T6: {name}: the caller waits for it")
    same((caller.wait(20), caller.stdout.read()), (0, "in force now\n"),
         f"T6: {name}: … and is told when it goes on", door.tail())


def newest_relay(door, but):
    return until(lambda: [p for p in crash.children(door.process.pid, "dbtls-relay")
                          if p not in but], 5, 0.002)[0]


def test_all_relays_have_it():
    with Door() as door:
        for word, relay in (("add", 0), ("remove", -1)):
            answered_after(door, word, door.pids("relay")[relay], f"{word}, and a relay hangs")
        # A relay that is only just being started has been given the list of before.
        before = door.pids("relay")
        with crash.stopped(*door.pids("keys")):
            crash.kill(before[0])
            started = newest_relay(door, before)
            os.kill(started, signal.SIGSTOP)
        answered_after(door, "add", started, "a relay is being started")
        ok(until(lambda: all(door.pids("relay")), 10) and door.login().ping(),
           "T6: … and all relays are there", door.tail())


run(test_on_loopback, test_all_relays_have_it)
if ROOT:
    with spaces(), Door(listen=("0.0.0.0", "[::]"), inside=inside(SPACE)) as door:
        run(test_default, test_change, test_host, test_test, test_mapped, test_invalid,
            test_broken_file, test_many, on_failure=door.tail)
        same(door.stop(), 0, "the door ends with 0")
else:
    skip("T6: from another host", "only root can make a network")
finish()
