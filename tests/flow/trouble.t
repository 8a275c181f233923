#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""Trouble short of death: a process that hangs, a log that can't be written, no descriptors left."""
import contextlib
import os
import re
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash  # noqa: E402
from crash import cpu, stopped  # noqa: E402
from door import ROOT, Door, command, descriptors, program_of, read  # noqa: E402
from tap import finish, ok, run, same, skip, until  # noqa: E402

door = None


class Login(threading.Thread):
    """A login that may have to wait: what became of it, and after how long."""

    def __init__(self, timeout=30):
        super().__init__(daemon=True)
        self.timeout, self.outcome = timeout, None
        self.start()

    def run(self):
        start = time.monotonic()
        try:
            with door.login(timeout=self.timeout) as client:
                self.outcome = "well" if client.query("SELECT 1") == [["1"]] else "wrong"
        except Exception as why:  # whatever it is, it is what became of it
            self.outcome = f"{type(why).__name__}: {why}"
        self.seconds = time.monotonic() - start

    def wait(self, seconds=40):
        self.join(seconds)
        return self.outcome


# ---- keys hangs ---------------------------------------------------------------------------------

def test_keys_hangs():
    before = door.endings().get("tls-slow", 0)
    with door.login() as old, stopped(*door.pids("keys")):
        late = [Login() for _ in range(3)]
        start = time.monotonic()
        ok(all(old.query("SELECT 2") == [["2"]] for _ in range(1000)),
           "keys hangs: a session that is logged in goes on")
        ok(time.monotonic() - start < 5, "keys hangs: and is not slow", time.monotonic() - start)
        ok(door.status()["ok"], "keys hangs: the parent answers")
        outcomes = [login.wait() for login in late]
        ok("well" not in outcomes and all(8 < login.seconds < 15 for login in late),
           "keys hangs: handshakes wait, then end", outcomes, [login.seconds for login in late])
        same(door.counted("tls-slow", before + 3), before + 3,
             "keys hangs: with a reason in status")
        waiting = Login()
        time.sleep(1)
        same(waiting.outcome, None, "keys hangs: one more waits")
    same(waiting.wait(5), "well", "keys goes on: who waited is let in")
    ok(crash.answers(door, 5), "keys goes on: a login works")


def test_relay_starts_while_keys_hangs():
    with stopped(*door.pids("keys")):
        relays = door.pids("relay")
        crash.kill(relays[0])
        ok(until(lambda: relays[0] not in door.pids("relay"), 5),
           "keys hangs, a relay dies: it is noticed")
        ok(door.status()["ok"], "keys hangs, a relay dies: the parent answers")
    ok(crash.answers(door, 15) is not None, "keys goes on: a login works", door.tail())
    ok(until(lambda: all(door.pids("relay")), 15), "keys goes on: all relays are there again")


def keys_dies_twice():
    """
    The second one dies after it has told the parent its key, and before the parent has given it to
    the relays: each of the two is held up until the other is there.
    """
    parent, old = door.process.pid, door.pids("keys")
    crash.kill(old[0])
    new = until(lambda: [p for p in crash.children(parent, "dbtls-keys") if p not in old], 5, 0)
    with stopped(*new):
        in_time = crash.status(new[0])["Seccomp"] != "2"
        os.kill(parent, signal.SIGSTOP)
    until(lambda: crash.status(new[0])["Seccomp"] == "2", 5)
    crash.kill(new[0])
    os.kill(parent, signal.SIGCONT)
    return in_time, until(lambda: door.pids("keys")[0] not in (0, *old, *new), 15)


def test_keys_dies_twice():
    relays = door.pids("relay")
    sessions = [door.login() for _ in range(8)]
    caught = 0
    for n in range(4):
        in_time, third = keys_dies_twice()
        caught += in_time
        ok(third, f"keys dies, and so does the next one ({n}): a third is there", door.tail())
        ok(all(client.ping() for client in sessions), "… nobody who has logged in had to go")
        ok(crash.answers(door, 15) is not None, "… and a login works")
        time.sleep(2.1)  # deaths that are further apart are made good at once
    ok(caught, "control: it died at the wrong moment", caught)
    same(door.pids("relay"), relays, "keys dies twice: the relays are those of before")
    for client in sessions:
        client.quit()


# ---- a relay hangs ------------------------------------------------------------------------------

def test_relay_hangs():
    relays = door.pids("relay")
    with stopped(relays[0]):
        times = [crash.answers(door, 10) for _ in range(20)]
        ok(None not in times and max(times) < 3, "a relay hangs: the others let clients in", times)
        start = time.monotonic()
        ok(door.status()["ok"] and time.monotonic() - start < 2,
           "a relay hangs: the parent answers")
        done = door.dbtls("access", "add", "192.0.2.7")
        same(done.rc, 0, "a relay hangs: the access list is changed all the same", done)
        ok(crash.answers(door, 5), "a relay hangs: and a login works")
    ok(crash.answers(door, 5), "the relay goes on or was started again: a login works")
    same(door.dbtls("access", "remove", "192.0.2.7").rc, 0, "and the list can be changed again")
    ok(until(lambda: all(door.pids("relay")), 10), "all relays are there", door.tail())


def test_all_relays_hang():
    """Their sockets fill with what the parent tells them: it must not wait for them."""
    with stopped(*door.pids("relay")):
        worst = 0
        for i in range(6):
            start = time.monotonic()
            door.dbtls("access", "add" if i % 2 == 0 else "remove", "192.0.2.8", timeout=30)
            worst = max(worst, time.monotonic() - start)
            start = time.monotonic()
            ok(door.status()["ok"] and time.monotonic() - start < 2,
               f"all relays hang: the parent answers ({i})")
        ok(worst < 12, "all relays hang: no command waits for ever", worst)
    ok(crash.answers(door, 15) is not None, "after that a login works", door.tail())


# ---- parent and engine hang ---------------------------------------------------------------------

def test_parent_hangs():
    with door.login() as old, stopped(door.process.pid):
        ok(old.query("SELECT 3") == [["3"]], "the parent hangs: sessions go on")
        same(Login().wait(10), "well", "the parent hangs: clients are let in")
        done = door.dbtls("status", timeout=30)
        ok(done.rc == 1 and "did not answer" in done.err, "the parent hangs: status says so", done)
    ok(until(lambda: door.dbtls("status").rc == 0, 10), "the parent goes on: status answers")


def generate(path=None):
    return door.dbtls("password", "--generate", "--password-file", path or door.password_file,
                      timeout=30)


def test_engine_hangs():
    before = door.endings().get("upstream-silent", 0)
    with door.login() as old:
        with stopped(*door.pids("engine")):
            login = Login()
            ok(door.status()["ok"], "the engine hangs: the parent answers")
            done = generate(f"{door.folder}/unused")
            ok(done.rc != 0, "the engine hangs: its password can't be changed", done)
            ok(door.status()["ok"], "the engine hangs: the parent still answers")
            outcome = login.wait()
            ok("Refused" in outcome and 8 < login.seconds < 15,
               "the engine hangs: who comes hears of it in time", outcome, login.seconds)
            same(door.counted("upstream-silent", before + 1), before + 1,
                 "the engine hangs: with a reason in status")
        ok(old.query("SELECT 4") == [["4"]], "the engine goes on: so do its sessions")
    # The change of password that was given up may have been carried out all the same.
    os.unlink(door.password_file)
    done = generate()
    ok(done.rc == 0, "the engine goes on: the password can be changed", done)
    ok(crash.answers(door, 5), "the engine goes on: a login works", done.out)


# ---- the log ------------------------------------------------------------------------------------

def test_engine_starts():
    """While it starts it has not yet said which version it is."""
    parent, old = door.process.pid, door.pids("engine")
    crash.kill(old[0])
    new = until(lambda: [p for p in crash.children(parent, "mariadbd") if p not in old], 5, 0)
    with stopped(*new):
        shown = re.search(r"^ +engine +(.*)$", door.dbtls("status").out, re.M)[1]
        same(shown, "starting, restarted 1 times", "status says that the engine starts, and no more")
    ok(crash.answers(door, 15) is not None, "and then it is there", door.tail())
    ok(until(lambda: "MariaDB" in door.dbtls("status").out, 5), "and says its version")


def test_log_deleted():
    os.unlink(f"{door.state}/log")
    ok(all(crash.answers(door, 5) for _ in range(5)), "the log was deleted: logins work")
    relay = door.pids("relay")[0]
    crash.kill(relay)
    ok(until(lambda: relay not in door.pids("relay") and all(door.pids("relay")), 10),
       "the log was deleted: a relay is started again")
    ok(crash.answers(door, 5), "the log was deleted: and a login works")


def fill(path):
    """Takes all the room that there is left on a disk."""
    with open(path, "wb", buffering=0) as f:
        with contextlib.suppress(OSError):
            while f.write(bytes(4096)):
                pass
        with contextlib.suppress(OSError):
            while f.write(b"x"):
                pass


def test_log_full():
    with Door(start=False) as own:
        small = f"{own.folder}/small"
        os.mkdir(small, 0o755)
        if not ROOT or command("mount", "-t", "tmpfs", "-o", "size=256k", "none", small).rc != 0:
            skip("the log's disk is full", "no small disk can be made here")
            return
        try:
            own.start_as(own.up_words("--log", f"{small}/log"))
        except RuntimeError:  # Door looks for its log in the state folder
            pass
        try:
            ok(until(lambda: own.dbtls("status").rc == 0, 20), "a log on a small disk")
            fill(f"{small}/filler")
            size = os.path.getsize(f"{small}/log")
            ok(all(crash.answers(own, 5) for _ in range(20)), "the log's disk is full: logins work")
            for role in ("relay", "keys", "engine"):
                pid = own.pids(role)[0]
                crash.kill(pid)
                ok(until(lambda p=pid, r=role: p not in own.pids(r) and all(own.pids(r)), 10) and
                   crash.answers(own, 15) is not None,
                   f"the log's disk is full: {role} is started again")
            os.unlink(f"{small}/filler")
            ok(crash.answers(own, 5) and until(lambda: os.path.getsize(f"{small}/log") > size, 5),
               "there is room again: the log goes on")
            same(own.stop(), 0, "and it ends in order")
        finally:
            own.close()
            command("umount", small)


# ---- descriptors --------------------------------------------------------------------------------

def limit(pid, n):
    """How many descriptors it may have from now on. Its own user may set that."""
    ids = [f"--reuid={crash.status(pid)['Uid'].split()[0]}",
           f"--regid={crash.status(pid)['Gid'].split()[0]}", "--clear-groups"]
    done = command(*(["setpriv", *ids] if ROOT else []), "prlimit", f"--pid={pid}",
                   f"--nofile={n}:")
    if done.rc != 0:
        raise RuntimeError(done)


def test_descriptors():
    relays = door.pids("relay")
    usual = re.search(r"Max open files\s+(\d+)", read(f"/proc/{relays[0]}/limits"))[1]
    door.idle()
    before = {pid: descriptors(pid) for pid in relays}
    for pid in relays:
        limit(pid, before[pid] + 8)
    crowd = []
    try:
        for _ in range(100):
            crowd.append(socket.create_connection(("127.0.0.1", door.port), timeout=5))
        time.sleep(1)
        used = sum(cpu(pid) for pid in relays)
        time.sleep(2)
        used = sum(cpu(pid) for pid in relays) - used
        ok(used < 0.5, "no descriptors left: the relays don't run hot", used)
        ok(all(program_of(pid) for pid in relays) and door.pids("relay") == relays,
           "no descriptors left: they live on", door.tail())
        ok(all(descriptors(pid) <= before[pid] + 8 for pid in relays), "control: the limit holds")
    finally:
        for s in crowd:
            s.close()
    ok(crash.answers(door, 15) is not None, "the crowd has gone: a login works, still limited",
       door.tail())
    for pid in relays:
        limit(pid, usual)
    ok(crash.answers(door, 5) is not None, "the limit is lifted: a login works")
    door.idle()
    same({pid: descriptors(pid) for pid in relays}, before, "and none is left open")


if __name__ == "__main__":
    with Door() as door:
        run(test_keys_hangs, test_relay_starts_while_keys_hangs, test_keys_dies_twice,
            test_relay_hangs, test_all_relays_hang, test_parent_hangs, test_engine_hangs,
            test_engine_starts, test_descriptors, test_log_deleted)
    run(test_log_full)
    finish()
