#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""A door that becomes another version of itself: no session dropped, nobody turned away."""
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysql
import mysqld
from door import DBTLS, Door, Serve, descriptors, sanitized
from shop import PASSWORD, Newcomers, login, serial
from tap import finish, note, ok, run, same, skip, until

SESSIONS = 150 if sanitized() else 1000
PROGRAMS = ("dbtls", "dbtlsd", "dbtls-relay", "dbtls-keys", "dbtls-ca")
OURS = b"0.1.0\0"


def install(folder, version):
    """The programs, with another version's number in them, put there as a package manager does."""
    os.makedirs(folder, exist_ok=True)
    for name in PROGRAMS:
        with open(os.path.join(os.path.dirname(DBTLS), name), "rb") as f:
            whole = f.read()
        path = os.path.join(folder, name)
        with open(path + ".new", "wb") as f:
            f.write(whole.replace(OURS, version.encode() + b"\0"))
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)


def exe(pid):
    return os.readlink(f"/proc/{pid}/exe")


def rewrite(door, *more):
    with open(f"{door.folder}/door.conf", "w") as f:
        f.writelines(f"{line}\n" for line in (f"listen 127.0.0.1:{door.port}",
                                              f"upstream unix:{server.socket}", *more))


def upgrade(door, folder):
    """With the program of that folder; from then on it is the one that asks."""
    door.program = os.path.join(folder, "dbtls")
    return door.dbtls("upgrade", timeout=120)


class Started:
    """A door from a folder of its own, which its programs can be replaced in."""

    def __init__(self, kind, *words):
        self.door = kind(*words, start=False)
        self.bin = os.path.join(self.door.folder, "bin")
        install(self.bin, "0.1.0")
        self.door.program = os.path.join(self.bin, "dbtls")

    def __enter__(self):
        try:
            self.door.start()
        except Exception:
            self.door.close()
            raise
        return self.door, self.bin

    def __exit__(self, *_):
        self.door.close()


def test_under_load():
    with Started(Serve, f"unix:{server.socket}") as (door, there):
        before, pid = len(door.pids("relay")), door.pids("parent")
        kept = [login(door) for _ in range(SESSIONS)]
        shown, newcomers, wrong = {serial(door)}, Newcomers(door), 0
        try:
            for i in range(12):
                rewrite(door, f"name n{i}.dbtls.test")
                if i in (3, 8):
                    install(there, f"0.1.{i}")
                    done = upgrade(door, there)
                    ok(done.rc == 0 and f"0.1.{i}" in done.out, f"step {i + 1}: an upgrade", done)
                else:
                    same(door.dbtls("reload", timeout=120).rc, 0, f"step {i + 1}: a reload")
                shown.add(serial(door))
                wrong += sum(c.query(f"SELECT {n}") != [[str(n)]] for n, c in enumerate(kept))
        finally:
            newcomers.end()
        same(wrong, 0, f"of {SESSIONS} sessions none was dropped, and no query failed")
        same(newcomers.failed[:3], [], f"and none of {newcomers.came} newcomers was turned away")
        ok(newcomers.came > 10, "there were some", newcomers.came)
        same(len(shown), 13, "new handshakes show the new certificate each time")
        same((door.pids("parent"), door.status()["version"]), (pid, "0.1.8"),
             "it is the same process, and another version")
        ok(door.status()["sessions"]["total"] > SESSIONS, "the counters go on", door.status())
        for c in kept:
            c.close()
        ok(until(lambda: len(door.pids("relay")) == before, 30),
           "the old relays end with their last sessions", door.status()["processes"])
        same(door.idle(), 0, "and no session is left")
        door.remember()


def test_who_runs():
    """What another version starts is its own: relays and keys; the file of the first is gone."""
    with Started(Serve, f"unix:{server.socket}") as (door, there), login(door) as kept:
        old_keys, other = door.pids("keys"), os.path.join(door.folder, "other")
        install(other, "0.2.0")
        shutil.rmtree(there)
        done = upgrade(door, other)
        same(done.rc, 0, "another folder's program takes over", done)
        door.remember()
        new = [p["pid"] for p in door.status()["processes"]
               if p["role"] in ("parent", "keys") or p["role"] == "relay" and not p["drains"]]
        ok(all(exe(pid).startswith(other + "/") for pid in new), "all is of the new version",
           [exe(pid) for pid in new])
        ok(until(lambda: not os.path.exists(f"/proc/{old_keys[0]}/fd"), 10),
           "the old key process has ended")
        same(kept.query("SELECT 1"), [["1"]], "the session is the old relay's still")
        for role in ("relay", "keys"):
            for pid in door.pids(role):
                os.kill(pid, 9)
            ok(until(lambda: serial(door), 20), f"what is killed comes back: {role}")
        with login(door) as c:
            same(c.query("SELECT 1"), [["1"]], "and serves")
        same(door.dbtls("serve", "-c", f"{door.folder}/door.conf").rc, 1,
             "the state folder is locked as before")
        door.remember()
        same(door.dbtls("down").rc, 0, "`dbtls down` ends it")
        ok(not until(lambda: door.left(), 0.5), "and nothing of either version is left")


def test_resumption():
    with Started(Serve, f"unix:{server.socket}") as (door, there):
        ctx = mysql.context(door.ca)
        with login(door, ctx) as c:
            session = c.tls.session
        same(upgrade(door, there).rc, 0, "an upgrade")
        with login(door, ctx, session) as c:
            same(c.tls.session_reused, True, "a ticket of before resumes after it")


def broken(kind, other):
    """A folder with programs that can't take over; what is said of it."""
    install(other, "0.2.0")
    program = os.path.join(other, "dbtlsd")
    if kind == "missing":
        os.remove(os.path.join(other, "dbtls-keys"))
        return "dbtls-keys"
    with open(program, "w") as f:
        f.write({"fails": "#!/bin/sh\necho it is broken >&2; exit 1\n",
                 "is something else": "#!/bin/sh\nexit 0\n",
                 "hangs": "#!/bin/sh\nexec sleep 600\n",
                 "is no program": "\x7fELF nothing"}[kind])
    return {"fails": "it is broken", "is something else": "says nothing",
            "hangs": "says nothing", "is no program": "dbtlsd"}[kind]


def test_what_is_wrong():
    with Started(Serve, f"unix:{server.socket}") as (door, there), login(door) as kept:
        relays, fds = sorted(door.pids("relay")), descriptors(door.process.pid)
        for kind in ("missing", "fails", "is something else", "hangs", "is no program"):
            other = os.path.join(door.folder, kind.replace(" ", "-"))
            wanted = broken(kind, other)
            done = upgrade(door, other)
            ok(done.rc == 1 and wanted in done.err and "Traceback" not in done.err,
               f"a program that {kind}: refused, and says why", done)
        rewrite(door, "plaintxt refuse")
        done = upgrade(door, there)
        ok(done.rc == 1 and 'did you mean "plaintext"' in done.err,
           "a file with a mistake: refused, and says where", done)
        same(door.status()["version"], "0.1.0", "the version is the old one")
        same(sorted(door.pids("relay")), relays, "the relays are the same ones")
        ok(until(lambda: descriptors(door.process.pid) <= fds, 5), "no descriptor is left",
           descriptors(door.process.pid), fds)
        same(kept.query("SELECT 1"), [["1"]], "the session goes on")
        with login(door) as c:
            same(c.query("SELECT 1"), [["1"]], "new ones come in")


def test_relays_that_do_not_start():
    """Too late to stay what it was: the relays of before go on, until the new ones can."""
    with Started(Serve, f"unix:{server.socket}") as (door, _), login(door) as kept:
        other = os.path.join(door.folder, "other")
        install(other, "0.2.0")
        relay = os.path.join(other, "dbtls-relay")
        with open(relay, "w") as f:
            f.write("#!/bin/sh\nexit 1\n")
        done = upgrade(door, other)
        ok(done.rc == 1 and "relay" in done.err and "see the log" in done.err,
           "the new relays can't start: it says so", done)
        same(kept.query("SELECT 1"), [["1"]], "the session goes on")
        with login(door) as c:
            same(c.query("SELECT 1"), [["1"]], "and new ones come in, through the relays of before")
        same(door.status()["ok"], True, "status answers")
        install(other, "0.2.0")
        ok(until(lambda: [p for p in door.status()["endpoints"]], 60, 0.5),
           "when they can, it goes over by itself", door.tail())
        with login(door) as c:
            same(c.query("SELECT 1"), [["1"]], "new ones come in there")
        ok(all(exe(p["pid"]) == relay for p in door.status()["processes"]
               if p["role"] == "relay" and not p["drains"]), "they are the new ones")
        door.remember()


def test_way_back():
    """From a version that can't go over, to the one that could."""
    with Started(Serve, f"unix:{server.socket}") as (door, there), login(door) as kept:
        for name, what in (("dbtls-relay", "exit 1"), ("dbtls-keys", "exit 1"),
                           ("dbtls-relay", "exec sleep 60")):
            other = os.path.join(door.folder, "other")
            install(other, "0.2.0")
            with open(os.path.join(other, name), "w") as f:
                f.write(f"#!/bin/sh\n{what}\n")
            done = upgrade(door, other)
            ok(done.rc == 1 and "Traceback" not in done.err, f"{name} does: {what}", done)
            same(door.status()["version"], "0.2.0", "… and it is the new version that says so")
            door.program = os.path.join(there, "dbtls")
            until(lambda: door.dbtls("upgrade", timeout=60).rc == 0, 30, 1)
            ok(until(lambda: door.status()["version"] == "0.1.0" and door.status()["endpoints"],
                     30), "… the old one takes over again", door.tail())
            same(kept.query("SELECT 1"), [["1"]], "… the session has gone on")
            with login(door) as c:
                same(c.query("SELECT 1"), [["1"]], "… and new ones come in")
        door.remember()


def test_with_its_database():
    with Started(Door) as (door, there):
        with door.login() as kept:
            engine, parent = door.pids("engine"), door.pids("parent")
            kept.query("CREATE TABLE test.t (n INT)")
            kept.query("INSERT INTO test.t VALUES (1)")
            for version in ("0.1.1", "0.1.2"):
                install(there, version)
                same(upgrade(door, there).rc, 0, f"`up`, too, becomes version {version}")
            same((door.pids("engine"), door.pids("parent"), door.status()["version"]),
                 (engine, parent, "0.1.2"), "the database's process and the door's stay")
            same(kept.query("SELECT n FROM test.t"), [["1"]], "the session goes on")
        made = f"{door.folder}/made"
        same(door.dbtls("password", "--generate", "--password-file", made).rc, 0,
             "the new version can administrate the database")
        with open(made) as f:
            with door.login(password=f.read().strip()) as c:
                same(c.query("SELECT n FROM test.t"), [["1"]], "with that password one gets in")
        os.kill(engine[0], 9)
        ok(until(lambda: door.status()["engine"]["state"] == "ready"
                 and door.pids("engine") != engine, 60), "a database that is killed comes back",
           door.tail())
        door.remember()
        same(door.dbtls("down").rc, 0, "`dbtls down` ends it")
        ok(not until(lambda: door.left(), 0.5), "and nothing is left")


def main():
    global server
    run(test_with_its_database)
    try:
        mysqld.tree()
    except mysqld.NotHere as why:
        skip("upgrade before the genuine MySQL", str(why).replace("\n", "; "))
        return
    with mysqld.Mysqld(f"--max-connections={SESSIONS + 300}") as server:
        server.account("shop", PASSWORD)
        note(server.version)
        run(test_what_is_wrong, test_who_runs, test_resumption, test_relays_that_do_not_start,
            test_way_back, test_under_load)


server = None
main()
finish()
