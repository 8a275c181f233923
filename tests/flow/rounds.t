#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: it counts processes, and kills as the database starts
"""
T1: a hundred rounds of kill -9 under a load that writes, at two doors at once: one with the
database that it made, whose relays, keys and engine are killed, and one before a database that was
there, which is killed as well. Each time it answers again, no acknowledged row is lost, and in the
end no process has more descriptors or memory than after ten rounds, nor are there more processes.
"""
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash
import mariadbd
from door import ROOT, Door, Serve, descriptors, read
from mariadbd import PASSWORD, USER, Mariadbd
from mysqld import Ca
from tap import finish, note, ok, run, same, until
from writers import Writers

ROUNDS = int(os.environ.get("ROUNDS", "100"))
HALF, STEP = ROUNDS // 2, ROUNDS // 10  # each STEP rounds everything is looked at
LEAK = 3      # KiB a round: of one of 4 not less than that is seen
BROKEN = 2    # so often may a database itself be beyond help
BOUND = 15    # seconds until a login must work again
PERIOD = 1.4  # of a round; who is killed in every second lives for long enough not to be paused
NAME = "db.dbtls.test"


def memory(pid):
    """KiB that are its own: of what files hold, others may have mapped more or less by then."""
    found = dict(re.findall(r"^(\w+): +(\d+) kB", read(f"/proc/{pid}/smaps_rollup"), re.M))
    return int(found["Pss_Anon"]) + int(found["Pss_Shmem"]) if found else 0


def family(parent):
    """How many children a process has, the dead that nobody has buried among them."""
    stats = (read(f"/proc/{pid}/stat").rpartition(") ")[2].split()
             for pid in os.listdir("/proc") if pid.isdigit())
    return sum(s[1:2] == [str(parent)] for s in stats)


def descriptors_at_rest(pid):
    """The fewest of several looks: a request that was answered may be open for a moment yet."""
    def look():
        time.sleep(0.05)
        return descriptors(pid)
    return min(look() for _ in range(4))


class Side(threading.Thread):
    """One door, its load, and what is done to it. What it has seen is judged in the end."""

    def __init__(self, name, door, login, many):
        super().__init__(daemon=True)
        self.name, self.door, self.login = name, door, login
        self.writers = Writers(login, many)
        self.good, self.worst, self.seen, self.kills, self.error = 0, 0, {}, {}, None
        self.broken = 0

    def answers(self):
        try:
            with self.login(timeout=5) as client:
                return client.query("SELECT 1") == [["1"]]
        except Exception:  # whatever it is, it has not answered
            return False

    def is_whole(self):
        try:
            s = self.door.status()
        except ValueError:
            return False
        return s["engine"]["state"] in ("ready", "elsewhere") and all(
            p["pid"] for p in s["processes"])

    def kill(self, role, pids):
        self.kills[role] = self.kills.get(role, 0) + len(pids)
        for pid in pids:
            crash.kill(pid)

    def look(self, n):
        """Each process while nobody is connected: who it is, its descriptors, its memory."""
        self.writers.pause()
        self.door.idle()
        pids = {role: sorted(self.door.pids(role)) for role in ("parent", "keys", "relay")}
        self.seen[n] = {role: [(p, descriptors_at_rest(p), memory(p)) for p in all_of_them]
                        for role, all_of_them in pids.items()}
        self.seen[n]["family"] = family(pids["parent"][0])
        self.writers.resume()

    def one_round(self, n):
        began = time.monotonic()
        gone = self.strike(n)
        good = until(lambda: not set(gone) & {p["pid"] for p in self.door.status()["processes"]}, 5)
        good = until(self.answers, BOUND) and good
        good = until(self.is_whole, BOUND) and good
        self.good += bool(good)
        self.worst = max(self.worst, time.monotonic() - began)
        time.sleep(max(0, began + PERIOD - time.monotonic()))

    def is_through(self):
        """All rounds are done; not, when the database itself is beyond help."""
        for n in range(ROUNDS):
            if n and n % STEP == 0:
                self.look(n)
            self.one_round(n)
            if mariadbd.is_broken(self.log()):
                return False
        self.look(ROUNDS)
        return True

    def begin_anew(self):
        """
        One kill in a thousand or so leaves MariaDB 10.11.19 with an undo log that its own recovery
        takes for corrupted, with and without a door before it. What it held is lost to everybody.
        """
        self.broken += 1
        if self.broken > BROKEN:
            raise RuntimeError(f"the database can't recover: {self.log()[-2000:]}")
        note(f"{self.name}: MariaDB can't recover its own files; all rounds begin anew")
        self.writers.pause()
        self.renew()
        self.writers.forget()
        self.good, self.seen = 0, {}
        self.writers.resume()

    def run(self):
        try:
            while not self.is_through():
                self.begin_anew()
        except Exception:
            self.error = traceback.format_exc()
        self.writers.pause()


class Whole(Side):
    """Everything of dbtls's own; the parent lives through it."""
    forgiven = 0  # of the log

    def strike(self, n):
        door = self.door
        roles = ("keys",) if n % 2 else ("relay", "engine")
        pids = {role: door.pids(role) for role in roles}
        for role, all_of_them in pids.items():
            self.kill(role, all_of_them)
        return [p for all_of_them in pids.values() for p in all_of_them]

    def log(self):
        return self.door.log()[self.forgiven:]

    def renew(self):
        self.door.dbtls("down")
        self.forgiven = len(self.door.log())
        shutil.rmtree(f"{self.door.state}/engine")
        os.unlink(self.door.password_file)
        self.door.start()
        self.kills = {}


class Before(Side):
    """In the first half keys lives through its relays' deaths, in the second they through keys'."""

    def strike(self, n):
        relays, keys, gone = self.door.pids("relay"), self.door.pids("keys"), []
        if n < HALF:
            gone = [relays[n % len(relays)]]
            self.kill("relay", gone)
        if n >= HALF and n % 2:
            gone = keys
            self.kill("keys", gone)
        self.database.stop(9)
        self.kills["database"] = self.kills.get("database", 0) + 1
        try:
            self.database.start()
        except RuntimeError:
            if not mariadbd.is_broken(self.log()):
                raise
        return gone

    def log(self):
        return self.database.log()

    def renew(self):
        self.database.anew()


def compare(side, role, first, last):
    """
    Of processes that live from the one to the other. A heap grows when more happens at once than
    ever before, and then no more; what leaks grows at every step.
    """
    looks = [{pid: (d, m) for pid, d, m in side.seen[n][role]}
             for n in range(first, last + 1, STEP)]
    name = f"T1: {side.name}: from round {first} to {last} {role}"
    same([sorted(look) for look in looks], [sorted(looks[0])] * len(looks), f"{name} lives")
    for pid in looks[0]:
        counts = [look[pid][0] for look in looks if pid in look]
        same(counts, counts[:1] * len(looks), f"{name} has its descriptors")
        sizes = [look[pid][1] for look in looks if pid in look]
        steps = [b - a for a, b in zip(sizes, sizes[1:])]
        ok(steps and min(steps) < LEAK * STEP, f"{name} does not grow on and on", sizes)
        note(f"{side.name}: {role}: {' '.join(map(str, sizes))} KiB")


def fresh(side, role):
    """Of processes that are started anew: as many, and no larger."""
    looks = [side.seen[n][role] for n in range(STEP, ROUNDS + 1, STEP)]
    name = f"T1: {side.name}: at each look {role}"
    counts = [sorted(d for _, d, _ in look) for look in looks]
    same(counts, counts[:1] * len(counts), f"{name} has as many descriptors")
    sizes = [max(m for _, _, m in look) for look in looks]
    ok(sizes[-1] < sizes[0] + LEAK * (ROUNDS - STEP), f"{name} is no larger", sizes)


def judge(side):
    same(side.error, None, f"{side.name}: the rounds are done")
    same(side.good, ROUNDS, f"T1: {side.name}: in each of {ROUNDS} rounds it answers again",
         side.door.tail())
    restarts = {}
    for p in side.door.status()["processes"]:
        restarts[p["role"]] = restarts.get(p["role"], 0) + p["restarts"]
    counted = {role: restarts.get(role) for role in side.kills if role != "database"}
    wanted = {role: n for role, n in side.kills.items() if role != "database"}
    same(counted, wanted, f"{side.name}: status has counted each death, and no other")
    families = [look["family"] for look in side.seen.values()]
    same(families, families[:1] * len(families), f"T1: {side.name}: no processes are left over")
    note(f"{side.name}: killed {side.kills}; whole again after {side.worst:.2f} s at most")
    side.writers.check(side.name)


def test_rounds():
    whole = Whole("dbtls up", up, lambda **more: up.login(**more), 3)
    before = Before("dbtls serve", serve, lambda **more: serve.login(USER, PASSWORD, **more), 3)
    before.database = database
    for side in (whole, before):
        side.start()
    for side in (whole, before):
        side.join(900)
        judge(side)
    for side in (whole, before):
        compare(side, "parent", STEP, ROUNDS)
    compare(before, "keys", STEP, HALF)
    compare(before, "relay", HALF + STEP, ROUNDS)
    for role in ("keys", "relay"):
        fresh(whole, role)


if __name__ == "__main__":
    if not ROOT:
        print("1..0 # SKIP it takes root to see how much memory the processes have")
        sys.exit(0)
    made = tempfile.mkdtemp(prefix="dbtls-rounds-")
    os.chmod(made, 0o755)
    ca = Ca(f"{made}/ca")
    with Mariadbd(tls=ca.leaf(NAME)) as database, Door(listen=("127.0.0.1",)) as up, \
            Serve(f"127.0.0.1:{database.port} ca {ca.pem} name {NAME}") as serve:
        run(test_rounds)
    shutil.rmtree(made, ignore_errors=True)
    finish()
