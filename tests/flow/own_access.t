#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""Endpoints with access lists of their own (T19), beside the one for all others."""
import os
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysql
from door import DBTLS, Door, Serve, command, free_port, read
from mysql import Left, Refused
from tap import finish, note, ok, run, same, until

ONE, TWO = "127.0.0.1", "127.0.0.2"
back = None


class Two(Serve):
    """Endpoint a with the list for all, and b with its own."""

    def __init__(self, own, **more):
        self.second = free_port()
        self.own = own
        super().__init__(f"127.0.0.1:{back.port} ca {back.ca}", first="endpoint a", **more)

    def up_words(self, *_):
        self.own_file = f"{self.folder}/b.access"
        self.write(self.own)
        self.words = ["endpoint b", f"listen 127.0.0.1:{self.second}",
                      f"upstream {self.upstream}", f"access-list {self.own_file}"]
        return super().up_words()

    def write(self, *lines):
        with open(self.own_file, "w") as f:
            f.writelines(f"{line}\n" for line in lines)

    def come(self, name, source):
        """What a client from that address hears at endpoint a or b."""
        try:
            with mysql.Client(ONE, self.port if name == "a" else self.second, self.ca,
                              source=source, timeout=20) as c:
                c.greeting()
            return "in"
        except Refused as no:
            return no.code
        except (Left, OSError) as e:
            return repr(e)

    def who(self):
        """Of a and b: what one of each address hears."""
        return {name: (self.come(name, ONE), self.come(name, TWO)) for name in "ab"}


def access(door, *words, **more):
    return door.dbtls("access", *words, **more)


def test_own():
    with Two(TWO) as door:
        first = {"a": ("in", "in"), "b": (1130, "in")}
        same(door.who(), first, "T19: b has a list of its own, a that for all")
        door.write(ONE)
        same(door.who(), first, "T19: the file is read by a reload")
        same(door.dbtls("reload", timeout=60).rc, 0, "T19: … which takes it")
        same(door.who()["b"], ("in", 1130), "T19: … and puts it in force")
        access(door, "remove", "host")
        same(door.who(), {"a": (1130, 1130), "b": ("in", 1130)}, "T19: the other's changes are not b's")
        access(door, "add", "host")
        relays = sorted(door.pids("relay"))
        done = access(door, "add", TWO, "--endpoint", "b")
        same(done.out, "in force now\n", "T19: access add --endpoint", done)
        same(door.who()["b"], ("in", "in"), "T19: … at once")
        same(door.who()["a"], ("in", "in"), "T19: … at b alone")
        os.kill(door.pids("relay")[0], 9)
        until(lambda: sorted(door.pids("relay")) != relays and all(door.pids("relay")), 20)
        done = access(door, "remove", ONE, "--endpoint", "b")
        same(done.out, "in force now\n", "T19: … and remove", done)
        same([door.come("b", ONE) for _ in range(8)], [1130] * 8,
             "T19: also a relay that was killed has it")
        same(read(door.own_file).splitlines()[-1], TWO, "T19: the file holds it")
        broken(door)


def broken(door):
    """What is wrong with one list leaves all of them in force."""
    before = {"a": ("in", "in"), "b": (1130, "in")}
    door.write(ONE, "300.1.1.1/8")
    for words in (("reload",), ("access", "add", "192.0.2.1"),
                  ("serve", "-n", "-c", f"{door.folder}/door.conf")):
        done = door.dbtls(*words, timeout=60)
        ok(done.rc and "line 2" in done.err and door.own_file in done.err,
           f"T19: {words[0]}: a broken line of b's is named", done)
        same(door.who(), before, "T19: … and all stays as it was")
    os.remove(door.own_file)
    for words in (("reload",), ("access", "list", "--endpoint", "b"),
                  ("serve", "-n", "-c", f"{door.folder}/door.conf")):
        done = door.dbtls(*words, timeout=60)
        ok(done.rc and "No such file" in done.err,
           f"T19: {words[0]}: a list that is gone is no list that lets this host in", done)
    same(door.who(), before, "T19: … and all stays as it was")
    door.stop()
    done = command(*super(Two, door).up_words(), timeout=60)
    ok(done.rc and "No such file" in done.err, "T19: nor does a door start without it", done)


def test_words():
    with Two("192.0.2.0/24") as door:
        done = access(door, "list")
        same(done.out.splitlines()[1:], [f"# endpoint b has its own: {door.own_file}"],
             "T19: access list says whose there are", done)
        same(access(door, "list", "--endpoint", "b").out, "192.0.2.0/24\n", "T19: and prints each")
        same((access(door, "test", "192.0.2.9", "--endpoint", "b").rc,
              access(door, "test", "192.0.2.9").rc,
              access(door, "test", ONE, "--endpoint", "b").rc), (0, 1, 1), "T19: and tests it")
        for name in ("a", "c"):
            done = access(door, "add", ONE, "--endpoint", name)
            ok(done.rc == 2 and f"no endpoint {name} has an access list" in done.err,
               f"T19: {name} has none, and is told so", done)
        same(access(door, "add", "host", "--endpoint", "b").rc, 0, "T19: the word host")
        same(door.who()["b"], ("in", "in"), "T19: … lets this host in")
        door.stop()
        done = access(door, "list", "--endpoint", "b")
        same(done.rc, 1, "T19: which file it is only a running door knows", done)


def owners(path):
    st = os.stat(path)
    return st.st_uid, st.st_gid, oct(st.st_mode & 0o7777)


def test_kept():
    with Two(TWO) as door:
        os.chmod(door.own_file, 0o640)
        if os.geteuid() == 0:
            os.chown(door.own_file, 0, 7)
        before = owners(door.own_file)
        done = access(door, "add", ONE, "--endpoint", "b")
        same(done.out, "in force now\n", "T19: a list whose mode and group are somebody's", done)
        same(owners(door.own_file), before, "T19: … keeps them")


def test_while_it_reloads():
    """Who accepts while a reload is under way has the lists of before: no change is promised."""
    with Two(TWO) as door:
        door.write(ONE, TWO)
        same(door.dbtls("reload", timeout=60).rc, 0, "T19: both are let in")
        old, keys = set(door.pids("relay")), door.pids("keys")[0]
        os.kill(keys, signal.SIGSTOP)  # new relays can't try their certificates: they wait
        try:
            reload = subprocess.Popen([DBTLS, "reload", "--state", door.state],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
            until(lambda: set(door.pids("relay")) - old - {0}, 5)
            done = access(door, "remove", ONE, "--endpoint", "b")
            ok(done.rc and "a reload is under way: try again" in done.err,
               "T19: a change while a reload is under way is refused", done)
            same(door.come("b", ONE), "in", "T19: … and those who accept still let in")
            text = reload.communicate(timeout=60)[0]
            ok(reload.returncode == 1 and "reload: given up" in door.log(),
               "T19: the reload is given up", text, door.tail())
        finally:
            os.kill(keys, signal.SIGCONT)
        same(until(lambda: door.come("b", ONE) == 1130, 5), True,
             "T19: … and who accepts has what the list says now", door.tail())
        done = access(door, "remove", ONE, "--endpoint", "b")
        same(done.rc, 0, "T19: to try again does", done)
        door.remember()


def greeted(door, name, times=150):
    """How long a greeting takes at its quickest, in ms: what else the machine does is not in it."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        said = door.come(name, ONE)
        took.append((time.monotonic() - began) * 1000)
        if said != "in":
            return said
    return min(took)


def test_many():
    rng = random.Random(19)
    with Two(ONE) as door:
        short = greeted(door, "b")
        door.write(*(f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
                     for _ in range(99999)), ONE)
        began = time.monotonic()
        done = door.dbtls("reload", timeout=60)
        same(done.rc, 0, "T19: 100,000 entries are taken", done)
        note(f"the reload took {time.monotonic() - began:.2f} s")
        long = greeted(door, "b")
        note(f"a greeting takes {short} ms with 1 entry, {long} ms with 100,000")
        ok(long < 3 * short + 1, "T19: and make no greeting slower", short, long)
        same(door.come("b", TWO), 1130, "T19: they are in force")


def test_upgrade():
    with Two(TWO) as door:
        good = read(f"{door.folder}/door.conf")
        first = {"a": ("in", "in"), "b": (1130, "in")}
        same(door.dbtls("upgrade", timeout=60).rc, 0, "an upgrade")
        same(door.who(), first, "T19: keeps both lists")
        os.rename(door.own_file, f"{door.own_file}.away")
        done = door.dbtls("upgrade", timeout=60)
        ok(done.rc == 1 and "nothing has changed" in done.err and "No such file" in done.err,
           "one whose list is away is refused before it begins", done)
        same(door.who(), first, "T19: … and both lists stay in force")
        os.rename(f"{door.own_file}.away", door.own_file)
        same(door.dbtls("upgrade", timeout=60).rc, 0, "then it goes over")
        same(door.who(), first, "T19: with both", good)
        with open(f"{door.folder}/door.conf", "a") as f:
            f.write("upstream no.such.name.invalid:1 insecure\n")
        done = door.dbtls("upgrade", timeout=60)
        ok(done.rc == 1 and "no.such.name" in done.err, "one that can't go over yet", done)
        done = access(door, "add", "192.0.2.1")
        same(done.rc, 0, "T19: the list for all is changed meanwhile", done)
        same(door.who(), first, "T19: … and is not told to who has another")
        done = access(door, "add", ONE, "--endpoint", "b")
        ok(done.rc and "upgrade is under way" in done.err,
           "T19: b's own is not, which says why", done)
        with open(f"{door.folder}/door.conf", "w") as f:
            f.write(good)
        same(door.dbtls("reload", timeout=60).rc, 0, "then it goes over")
        same(access(door, "add", ONE, "--endpoint", "b").out, "in force now\n",
             "T19: and b's list is changed")
        same(door.who()["b"], ("in", "in"), "T19: … at once")
        door.remember()


def main():
    global back
    with Door(listen=("127.0.0.1",)) as back:
        run(test_own, test_words, test_kept, test_while_it_reloads, test_many, test_upgrade)
    finish()


if __name__ == "__main__":
    main()
