#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""What a client may do to a door, and what that must not do to the others."""
import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash
import mysql
from door import BUILD, Door, read
from mysql import Left, Refused
from tap import finish, note, ok, run, same, until

KEYUPDATE = os.path.join(BUILD, "tests/tools/keyupdate")
MIB = 1  # of 27 bytes each; all of it is made within the login's time, on a busy machine too
ROUNDS = 4
MANY = 100  # over all relays; each has room for 64 logins from one address
SLOW = 2  # seconds that nobody else may have to wait for an answer
door = None


# ---- KeyUpdates in a row -------------------------------------------------------------------------

class Flood:
    """tests/tools/keyupdate.c"""

    def __init__(self, mode):
        self.process = subprocess.Popen([KEYUPDATE, str(door.port), str(MIB), mode], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.mode, self.own_port, self.size, self.end = mode, None, 0, "nothing"

    def is_made(self):
        words = self.process.stdout.readline().split()
        if words[:1] == ["made"]:
            self.own_port, self.size = int(words[1]), int(words[2])
        return self.size >= MIB << 20

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def goes_on(self):
        return self.process.poll() is None

    def finish(self):
        try:
            self.end = self.process.communicate(timeout=60)[0].strip()
        finally:
            self.process.kill()


def times_while(goes_on, sessions):
    """How long others wait for their answers: who is logged in, and who comes."""
    took = []
    while goes_on() or len(took) < 2 * len(sessions):
        for client in sessions:
            began = time.monotonic()
            client.query("SELECT 1")
            took.append(time.monotonic() - began)
        began = time.monotonic()
        with door.login(timeout=30) as client:
            client.quit()
        took.append(time.monotonic() - began)
    return took


def test_key_updates():
    sessions = [door.login() for _ in range(8)]  # each relay has some
    floods = [Flood(mode) for mode in ("quiet", "asking", "quiet", "asking")]
    try:
        ok(all([f.is_made() for f in floods]), f"{len(floods)} clients have {MIB} MiB of "
           "KeyUpdates ready", [f.size for f in floods])
        for f in floods:
            f.go()
        took = times_while(lambda: any(f.goes_on() for f in floods), sessions)
    finally:
        for f in floods:
            f.finish()
    ok(max(took) < SLOW, f"T1: KeyUpdates in a row: nobody else waits {SLOW} s", max(took))
    note(f"KeyUpdates in a row: {len(took)} answers, the slowest after {max(took):.3f} s; "
         f"{[f.end for f in floods]}")
    for f in floods:
        ok(f.end.startswith(("end closed", "end reset")), f"T1: {f.mode}: it is ended", f.end)
        same(door.ended(f)["end"], "tls-broken", f"T1: {f.mode}: … as one who breaks the protocol")
    for client in sessions:
        client.quit()
    same(door.idle(), 0, "T1: KeyUpdates in a row: nothing is left of them")


def test_a_key_update():
    """Keys may change all the same: openssl's own client does it, each way, between data."""
    with subprocess.Popen(["openssl", "s_client", "-starttls", "mysql", "-tls1_3", "-connect",
                           f"127.0.0.1:{door.port}"], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
        for command_ in ("k", "K", "k", "Q"):
            time.sleep(0.3)
            client.stdin.write(command_ + "\n")
            client.stdin.flush()
        text = client.communicate(timeout=20)[0]
    same(text.count("KEYUPDATE"), 3, "control: openssl sends three KeyUpdates", text)
    ok(until(lambda: door.sessions()[-1]["end"] == "left-after-tls"),
       "a few KeyUpdates are no fault: it leaves in its own time", door.tail(3))


# ---- handshakes given up -------------------------------------------------------------------------

def greeted():
    """Clients that have heard the greeting. Where there is no room, those that have not leave."""
    clients = []
    for _ in range(MANY):
        client = door.client(timeout=3)
        try:
            clients.append(client.greeting())
        except (Refused, Left, OSError):
            client.close()
    return clients


def begin_handshakes(clients, ctx):
    for client in clients:
        try:
            client.socket.sendall(client.ssl_request() + client.client_hello(ctx))
        except OSError:
            pass


def give_up_round(ctx):
    """
    Handshakes wait for their signatures. These come all at once, more than a relay takes in one
    turn, and with them comes a crowd for which the oldest have to go.
    """
    clients = greeted()
    with contextlib.ExitStack() as relays:
        with crash.stopped(*door.pids("keys")):
            begin_handshakes(clients, ctx)
            time.sleep(1.2)  # after the grace that a login under way has
            relays.enter_context(crash.stopped(*door.pids("relay")))
        time.sleep(0.2)
        crowd = [door.client() for _ in range(MANY)]
    time.sleep(0.2)
    for client in clients + crowd:
        client.close()
    return len(clients)


def at_rest(name):
    used = [-crash.cpu(pid) for pid in door.pids("relay")]
    time.sleep(1)
    used = [u + crash.cpu(pid) for u, pid in zip(used, door.pids("relay"))]
    ok(max(used) < 0.1, name, used)


def handshake_time():
    began = time.monotonic()
    with door.login(timeout=15) as client:
        client.quit()
    return time.monotonic() - began


def test_given_up():
    ctx = mysql.context(door.ca)
    before = door.endings().get("crowded", 0)
    waited = sum(give_up_round(ctx) for _ in range(ROUNDS))
    door.idle(30)
    crowded = door.endings().get("crowded", 0) - before
    ok(waited > ROUNDS * MANY / 2 and crowded > ROUNDS * MANY / 4,
       "control: handshakes waited, and were given up for a crowd", waited, crowded)
    note(f"{waited} handshakes waited, {crowded} had to go")
    took = [handshake_time() for _ in range(20)]
    ok(max(took) < SLOW, "T1: handshakes that were given up keep nobody out later", took)
    at_rest("T1: … and the relays are at rest")


# ---- half-closed ---------------------------------------------------------------------------------

def test_half_close():
    """A client that has said all, and closes its half, gets its answer and an end in order."""
    with door.login() as client:
        client.command(3, b"SELECT SLEEP(0.5), REPEAT('x', 200000)")
        client.socket.shutdown(socket.SHUT_WR)
        same(len(client.result()[0][1]), 200000, "FIN alone, before the answer: the answer comes")
        same(client.hears_end(), ("close_notify", b""), "… and close_notify before the FIN")
    with door.login() as client:
        client.command(3, b"SELECT SLEEP(0.5), REPEAT('x', 200000)")
        try:
            client.tls.unwrap()  # sends close_notify; the other end's is not there yet
        except ssl.SSLError:
            client.flush()
        same(len(client.result()[0][1]), 200000, "close_notify before the answer: the answer comes")
        same(client.hears_end(), ("close_notify", b""), "… and close_notify before the FIN")


def test_half_close_slowly():
    """More than all buffers hold: the end waits behind it."""
    for name, end in (("FIN", lambda c: c.socket.shutdown(socket.SHUT_WR)),
                      ("QUIT", lambda c: c.command(1))):
        with door.login(receive=4096) as client:
            client.command(3, b"SELECT REPEAT('x', 6000000)")
            end(client)
            time.sleep(1)
            same(len(client.result()[0][0]), 6000000, f"{name}, and read slowly: all data comes")
            same(client.hears_end(), ("close_notify", b""), f"{name}: … and then close_notify")
    same(door.idle(), 0, "half-closed sessions end")


def quits(client):
    client.command(1)


def ends_its_half(client):
    client.command(3, b"SELECT SLEEP(2)")
    client.socket.shutdown(socket.SHUT_WR)


def ends_tls(client):
    client.command(3, b"SELECT SLEEP(2)")
    with contextlib.suppress(ssl.SSLError):
        client.tls.unwrap()
    client.flush()


def quits_unread(client):
    client.command(3, b"SELECT REPEAT('x', 6000000)")
    client.command(1)


def test_half_close_waits():
    """One end has left, and the other takes its time: that may last, and it costs nothing."""
    for half_close in (quits, ends_its_half, ends_tls, quits_unread):
        with door.login(receive=4096) as client:
            half_close(client)
            time.sleep(0.3)
            at_rest(f"T1: {half_close.__name__}, and stays: the relays are at rest")
    same(door.idle(), 0, "… and nothing is left of them")


# ---- the control socket --------------------------------------------------------------------------

def ask(request):
    """Says that to the control socket, as any process of the parent's user can."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(10)
        s.connect(f"{door.state}/run/control")
        s.send(json.dumps(request).encode())
        return json.loads(s.recv(1 << 20))


def test_token():
    path = f"{door.state}/run/token"
    same(os.stat(path).st_mode & 0o777, 0o600, "run/token is for the parent's user alone")
    token = read(path)
    before, root = door.pids("relay"), door.password
    for name, shown in (("none", {}), ("an empty one", {"token": ""}),
                        ("a wrong one", {"token": "0" * len(token)}),
                        ("one that is longer", {"token": token + "0"}),
                        ("a part of it", {"token": token[:-1]}), ("a number", {"token": 7})):
        for request in ({"do": "stop"}, {"do": "status"}, {"do": "endpoint"}, {"do": "access"},
                        {"do": "password", "hash": "*" + "0" * 40}):
            reply = ask({**request, **shown})
            ok(reply["ok"] is False and set(reply) == {"ok", "error"} and
               "token" in reply["error"],
               f"the control socket, {request['do']}, token: {name}: refused", reply)
    ok("without the token" in door.log(), "… and the log tells")
    time.sleep(1)
    same(door.pids("relay"), before, "… and nothing was done: the door goes on")
    ok(door.login(password=root).ping(), "… and root's password is the same")
    same(ask({"do": "status", "token": token})["ok"], True, "control: with the token it answers")


with Door() as door:
    run(test_key_updates, test_a_key_update, test_given_up, test_half_close,
        test_half_close_slowly, test_half_close_waits, test_token, on_failure=door.tail)
    same(door.stop(), 0, "the door ends with 0")
    log = door.log()
    ok("LeakSanitizer" not in log and "ended with status 0" in log and
       not [n for n in range(1, 10) if f"ended with status {n}" in log],
       "… and so do all its processes", door.tail())
finish()
