#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
# alone: it measures what others notice
"""
T19: two databases behind one endpoint, MariaDB over TCP under TLS and MariaDB over a Unix socket,
with load on both. Whatever becomes of one, sessions on the other notice nothing, and new ones get
there; and a database whose name has several addresses is found at any of them.
"""
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from crash import stopped
from door import ROOT, Serve, sanitized
from mariadbd import PASSWORD, USER, Mariadbd
from mysql import Client, Left, Refused
from mysqld import Ca
from tap import finish, note, ok, run, same, skip, until

NAME = "db.dbtls.test"
QUICK = 4 if sanitized() else 2  # seconds that a login may take when nothing has to be waited for
PATIENCE = 2                     # seconds until the door goes elsewhere when a database says nothing
AGAIN = 20                       # seconds until one that is back must have sessions again
ca = tcp = unix = door = None


def login(**more):
    return door.login(USER, PASSWORD, **more)


def which(client):
    return client.query("SELECT @@server_id")[0][0]


class Worker(threading.Thread):
    """One session that asks again and again: how many answers it got, and how it ended."""

    def __init__(self):
        super().__init__(daemon=True)
        self.client = login(timeout=60)
        self.where = which(self.client)
        self.answers, self.end, self.going = 0, None, True
        self.start()

    def run(self):
        try:
            while self.going:
                if which(self.client) != self.where:
                    raise ValueError("the answer of another database")
                self.answers += 1
                time.sleep(0.01)
        except Exception as e:  # whatever it is, it is how it ended
            self.end = repr(e)
        self.client.close()


class Newcomer(threading.Thread):
    """Comes, asks and goes, again and again: when, how long the login took, and where it led."""

    def __init__(self):
        super().__init__(daemon=True)
        self.came, self.going = [], True
        self.start()

    def run(self):
        while self.going:
            began = time.monotonic()
            try:
                with login(timeout=30) as client:
                    took = time.monotonic() - began
                    self.came.append((began, took, which(client)))
                    client.quit()
            except Exception as e:  # whatever it is, it is what the client was told
                self.came.append((began, time.monotonic() - began, repr(e)))
            time.sleep(0.02)


class Load:
    """Sessions at work on both databases, and newcomers."""

    def __enter__(self):
        # Each relay finds out for itself that a database is back.
        self.workers = []
        until(self.is_spread, AGAIN, 0.2)
        self.newcomers = [Newcomer() for _ in range(3)]
        return self

    def is_spread(self):
        self.stop(self.workers)
        self.workers = [Worker() for _ in range(12)]
        return len(self.on("1")) >= 3 <= len(self.on("2"))

    def on(self, server_id):
        return [w for w in self.workers if w.where == server_id]

    def since(self, when):
        return [c for n in self.newcomers for c in list(n.came) if c[0] >= when]

    def came(self, when, seconds, enough=20):
        """Who came in the seconds after that, and some more if they were few."""
        time.sleep(max(0, when + seconds - time.monotonic()))
        until(lambda: len(self.since(when)) >= enough, 30)
        return self.since(when)

    @staticmethod
    def stop(threads):
        for thread in threads:
            thread.going = False
        for thread in threads:
            thread.join(40)

    def __exit__(self, *_):
        self.stop((*self.workers, *self.newcomers))


def unharmed(load, server_id, name):
    """Every query of those sessions is answered, and they go on."""
    before = [w.answers for w in load.on(server_id)]
    until(lambda: all(w.answers > b for w, b in zip(load.on(server_id), before)), 10)
    same([w.end for w in load.on(server_id)], [None] * len(before), f"{name}: sessions on the other "
         "notice nothing")
    ok(len(before) >= 3 and all(w.answers > b for w, b in zip(load.on(server_id), before)),
       f"{name}: and get their answers", before)


def all_at(came, server_id, name, within):
    wrong = [c for c in came if c[2] != server_id]
    ok(not wrong and len(came) >= 20, f"{name}: none of {len(came)} newcomers is turned away",
       wrong[:5])
    worst = max((c[1] for c in came), default=999)
    ok(worst < within, f"{name}: nor waits for more than {within} s", worst)
    note(f"{name}: {len(came)} newcomers, the slowest in {worst:.2f} s")


def kill_and_restart(gone, gone_id, left_id, name):
    with Load() as load:
        ok(len(load.on(gone_id)) >= 3, f"control, {name}: there are sessions on both")
        gone.stop(signal.SIGKILL)
        dead = time.monotonic()
        all_at(load.came(dead, 2), left_id, name, QUICK)
        unharmed(load, left_id, name)
        ok(until(lambda: all(w.end for w in load.on(gone_id)), 10),
           f"{name}: its own sessions end with it", [w.end for w in load.on(gone_id)])
        gone.start()
        back = time.monotonic()
        ok(until(lambda: gone_id in {c[2] for c in load.since(back)}, AGAIN, 0.1),
           f"{name}: it gets sessions again", load.since(back)[-3:])
        strange = [c for c in load.since(back) if c[2] not in (gone_id, left_id)]
        same(strange[:3], [], f"{name}: and nobody is turned away while it comes back")
        unharmed(load, left_id, f"{name}, and started again")
    same(door.idle(), 0, f"{name}: no session is left over")


def test_killed():
    kill_and_restart(tcp, "1", "2", "the one over TLS is killed")
    kill_and_restart(unix, "2", "1", "the one on the Unix socket is killed")


def hang(hung, hung_id, left_id, name):
    with Load() as load:
        with stopped(hung.process.pid):
            began = time.monotonic()
            # Before it is known that it hangs, each of them may have to wait for once.
            came = load.came(began, 3 * PATIENCE)
            wrong = [c for c in came if c[2] not in (left_id, hung_id)]
            same(wrong[:3], [], f"{name}: none of {len(came)} newcomers is turned away")
            came = [c for c in load.came(began, 5 * PATIENCE) if c[0] > began + 1.5 * PATIENCE]
            all_at(came, left_id, name, PATIENCE + QUICK)
            late = sum(c[1] > PATIENCE / 2 for c in came)
            ok(late < 0.1 * len(came) + 4, f"{name}: and only those who try it wait", late,
               len(came))
            unharmed(load, left_id, name)
            same([w.end for w in load.on(hung_id)], [None] * len(load.on(hung_id)),
                 f"{name}: its own sessions wait")
        goes_on = time.monotonic()
        unharmed(load, hung_id, f"{name}, and goes on")
        ok(until(lambda: hung_id in {c[2] for c in load.since(goes_on)}, AGAIN, 0.1),
           f"{name}: it gets sessions again", load.since(goes_on)[-3:])
    same(door.idle(), 0, f"{name}: no session is left over")


def test_hangs():
    hang(tcp, "1", "2", "the one over TLS hangs")
    hang(unix, "2", "1", "the one on the Unix socket hangs")


@contextlib.contextmanager
def full(server):
    """No room there: its ten places are taken by others."""
    held = []
    try:
        with contextlib.suppress(Refused):
            while len(held) < 30:
                held.append(server.login())
        yield len(held)
    finally:
        for client in held:
            client.close()


def test_refuses():
    """1040: a database that has no room is passed over; when none has, the client hears it."""
    tcp.stop()
    tcp.start("--max-connections=10", "--connect-timeout=60")
    ok(until(leads_to("1"), AGAIN, 0.1), "a database of ten places gets sessions")
    relays = len(door.pids("relay"))
    with full(tcp) as held:
        same(held, 10, "control: they are taken")
        # MariaDB greets one more, and says it after the login: each relay hears that once.
        came = [outcome() for _ in range(20)]
        ok(came.count("2") >= 20 - relays and set(came) <= {"2", 1040},
           "no room after the login: newcomers go to the other from then on", came)
        # With that one in place as well, it greets nobody.
        with Client("127.0.0.1", tcp.port) as silent:
            silent.greeting()
            time.sleep(5.5)
            came = [outcome() for _ in range(20)]
            same(came, ["2"] * 20, "an error instead of a greeting: nobody hears it")
            ok("error 1040" in door.log(), "control: it was 1040", door.tail())
        unix.stop()
        same(outcome(), 1040, "neither can take it: the client hears that there is no room")
        unix.start()
        ok(until(leads_to("2"), AGAIN, 0.1), "the other is back: they go there again")
    ok(until(leads_to("1"), AGAIN, 0.1), "there is room: it gets sessions again")
    tcp.stop()
    tcp.start()


def outcome():
    try:
        return which_and_close()
    except Refused as no:
        return no.code


def which_and_close():
    with login(timeout=30) as client:
        return which(client)


def leads_to(server_id):
    def looks():
        with contextlib.suppress(Left, OSError):
            return outcome() == server_id
        return False
    return looks


# ---- one name, several addresses ----------------------------------------------------------------

def hosts_of(folder, *addresses):
    """The words that run a command where NAME has these addresses."""
    with open(f"{folder}/hosts", "w") as f:
        f.writelines(f"{a} {NAME}\n" for a in addresses)
    return ("unshare", "-m", "sh", "-c", f'mount --bind {folder}/hosts /etc/hosts && exec "$@"', "sh")


@contextlib.contextmanager
def swallows(host, port):
    """An address that answers nothing: a listener whose queue is full."""
    held = []
    with socket.create_server((host, port), backlog=0) as listener:
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect((host, port))
            held.append(one)
        time.sleep(0.1)
        yield listener
        for one in held:
            one.close()


def timed():
    began = time.monotonic()
    with contextlib.suppress(Refused, Left, OSError), login(timeout=30) as client:
        if which(client) == "1":
            return time.monotonic() - began
    return 999


def test_addresses():
    global door
    if not ROOT:
        skip("several addresses of one name", "it takes root to mount a file of hosts")
        return
    before, folder = door, tempfile.mkdtemp(prefix="dbtls-hosts-")
    os.chmod(folder, 0o755)
    tcp.stop()
    tcp.start(host="127.0.0.4")
    inside = hosts_of(folder, "127.0.0.2", "127.0.0.3", "127.0.0.4")
    try:
        with Serve(f"{NAME}:{tcp.port} ca {ca.pem}", inside=inside) as door:
            same(door.log().count("tried in turn"), 2, "one name has three addresses", door.tail())
            relays, took = len(door.pids("relay")), [timed() for _ in range(6)]
            ok(max(took) < QUICK, "two of them refuse: the third is found at once", took)
            ok(f"now at 127.0.0.4:{tcp.port}" in door.log(), "the log says so", door.tail())
            tcp.stop()
            tcp.start(host="127.0.0.2")
            took = [timed() for _ in range(6)]
            ok(max(took) < QUICK, "the database moves to the first: it is found there", took)
            tcp.stop()
            tcp.start(host="127.0.0.4")
            with swallows("127.0.0.2", tcp.port), swallows("127.0.0.3", tcp.port):
                took = [timed() for _ in range(8)]
            ok(max(took) < 2 * PATIENCE + QUICK, "two of them say nothing: each is waited for",
               took)
            ok(max(took) > PATIENCE, "control: they say nothing", took)
            late = sum(t > PATIENCE for t in took)
            ok(late <= relays, "once by each relay, and then no more", took)
    finally:
        door = before
        shutil.rmtree(folder)
        tcp.stop()
        tcp.start(host="127.0.0.1")


def main():
    global ca, tcp, unix, door
    folder = tempfile.mkdtemp(prefix="dbtls-failover-")
    os.chmod(folder, 0o755)
    ca = Ca(f"{folder}/ca")
    with Mariadbd("--server-id=1", tls=ca.leaf(NAME)) as tcp, Mariadbd("--server-id=2") as unix, \
            Serve(f"127.0.0.1:{tcp.port} ca {ca.pem} name {NAME}",
                  f"upstream unix:{unix.socket}") as door:
        run(test_killed, test_hangs, test_refuses, test_addresses, on_failure=lambda: door.tail(8))
    shutil.rmtree(folder, ignore_errors=True)
    finish()


main()
