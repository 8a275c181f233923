#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: it kills as the database starts
"""
Every process is killed, again and again, while rows are written: what was acknowledged is there
afterwards, the door answers again, and nothing is left over.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash  # noqa: E402
from door import Door, descriptors  # noqa: E402
from tap import finish, note, ok, run, same, until  # noqa: E402
from writers import Writers  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "20"))
WRITERS = 4
BOUND = 15   # seconds until a login must work again
LIFE = 2.1   # a process that lives less is started again with a growing pause
door = None
writers = None


def restarts():
    total = {}
    for p in door.status()["processes"]:
        total[p["role"]] = total.get(p["role"], 0) + p["restarts"]
    return total


def whole():
    """All processes run, and the database is ready."""
    try:
        s = door.status()
        return s["engine"]["state"] == "ready" and all(p["pid"] for p in s["processes"])
    except ValueError:
        return False


class Blow:
    """kill -9 of some processes, and how long the door did not answer."""
    worst = {}

    def __init__(self, name, pids):
        self.at = time.monotonic()
        for pid in pids:
            crash.kill(pid)
        gone = until(lambda: not set(pids) & set(p["pid"] for p in door.status()["processes"]), 5)
        took = crash.answers(door, BOUND)
        back = until(whole, BOUND)
        self.good = bool(gone and took is not None and back)
        if self.good:
            self.worst[name] = max(self.worst.get(name, 0), time.monotonic() - self.at)
        else:
            note(f"{name}: gone {gone}, answered after {took} s, whole {back}", door.tail())

    def rest(self):
        time.sleep(max(0, self.at + LIFE - time.monotonic()))
        return self.good


def one_round(n):
    relays = door.pids("relay")
    first = Blow("all relays", relays)
    second = Blow("keys", door.pids("keys"))
    good = first.rest() and second.good
    relays = door.pids("relay")
    third = Blow("one relay", [relays[n % len(relays)]])
    fourth = Blow("engine", door.pids("engine"))
    return third.rest() and fourth.good and good


def quiet_counts():
    """Descriptors of each process while nobody is connected."""
    door.idle()
    return {role: sorted(descriptors(pid) for pid in door.pids(role))
            for role in ("parent", "keys", "relay")}


def test_rounds():
    global writers
    before, counted = quiet_counts(), restarts()
    writers = Writers(door.login, WRITERS)
    good = [one_round(n) for n in range(ROUNDS)]
    same(good.count(True), ROUNDS, "T1: it answers after each kill of relays, keys and engine")
    note(*[f"{name}: whole again after {s:.2f} s at most" for name, s in Blow.worst.items()])
    after = restarts()
    n = len(door.pids("relay"))
    for role, kills in (("relay", ROUNDS * (n + 1)), ("keys", ROUNDS), ("engine", ROUNDS)):
        ok(after[role] - counted[role] >= kills, f"status counts the restarts of {role}",
           counted, after, kills)
    writers.pause()
    same(quiet_counts(), before, "T1: no process has more descriptors than before")
    writers.check("after kills of relays, keys and engine")


def test_survivors():
    """Those that live through the others' deaths."""
    before = {pid: descriptors(pid) for pid in door.pids("relay")}
    good = [Blow("keys", door.pids("keys")).good for _ in range(5)]
    door.idle()
    ok(all(good) and {pid: descriptors(pid) for pid in door.pids("relay")} == before,
       "T1: relays live through five key processes, with as many descriptors", before, good)
    keys = door.pids("keys")[0]
    before = descriptors(keys)
    good = [Blow("one relay", door.pids("relay")[:1]).good for _ in range(5)]
    door.idle()
    same((all(good), door.pids("keys")[0], descriptors(keys)), (True, keys, before),
         "keys lives through five relays, with as many descriptors")


def kill_parent():
    """Seconds until a login works again; None: something went wrong."""
    start = time.monotonic()
    door.remember()
    door.process.kill()
    door.process.wait()
    if not until(lambda: not door.left() and not crash.processes_of(door.state), 3):
        note("left over:", door.left(), crash.processes_of(door.state))
        return None
    door.start()
    return time.monotonic() - start if crash.answers(door, BOUND) is not None else None


def test_parent():
    writers.resume()
    took = []
    for _ in range(ROUNDS):
        took.append(kill_parent())
        time.sleep(0.3)  # some rows
    ok(None not in took and max(took) < BOUND,
       "T1: after kill -9 of the parent nothing is left within 3 s, and it starts again", took)
    writers.pause()
    if None not in took:
        note(f"parent: a login works again after {max(took):.2f} s at most")
    writers.check("after kills of the parent")


def test_down():
    door.remember()
    same(door.dbtls("down").rc, 0, "dbtls down")
    same(until(lambda: door.process.poll() is not None and door.process.returncode == 0, 10), True,
         "the parent has ended well")
    ok(not door.left() and not crash.processes_of(door.state), "nothing is left after down",
       door.left(), crash.processes_of(door.state))
    door.start()
    writers.check("after down and up")


def cut_off(fresh, when):
    """A first start that is killed once when(seconds) holds; how long it lived."""
    with open(fresh.out_file, "w") as out:
        cut = subprocess.Popen(fresh.up_words(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                               start_new_session=True)
    start = time.monotonic()
    until(lambda: when(time.monotonic() - start), 60, 0.001)
    cut.kill()
    cut.wait()
    return time.monotonic() - start


def test_first_start():
    """Killed in the middle of its first start, it starts all the same."""
    for name, when in (
            ("at once", lambda fresh, s: s > 0.1),
            ("while the database is made", lambda fresh, s: s > 0.4),
            ("when the database is there",
             lambda fresh, s: os.path.exists(f"{fresh.state}/engine/data")),
            ("when the password is written", lambda fresh, s: os.path.exists(fresh.password_file))):
        with Door(start=False) as fresh:
            took = cut_off(fresh, lambda s: when(fresh, s))
            ok(until(lambda: not crash.processes_of(fresh.state), 30),
               f"first start killed {name}: it leaves nothing", took,
               crash.processes_of(fresh.state))
            # Not finished: the next start makes another password, and where it goes must be free.
            if (os.path.exists(fresh.password_file) and
                    not os.path.exists(f"{fresh.state}/engine/finished")):
                os.unlink(fresh.password_file)
            fresh.start()
            ok(crash.answers(fresh) is not None, f"first start killed {name}: the next is whole",
               took, fresh.tail())


if __name__ == "__main__":
    with Door() as door:
        run(test_rounds, test_survivors, test_parent, test_down)
        writers.pause()
    run(test_first_start)
    finish()
