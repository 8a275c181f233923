#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
# alone: it fills the machine with sessions
"""Many who say nothing must not keep out the one who has something to say."""
import os
import resource
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import Door, descriptors
from mysql import Left, Refused
from tap import finish, note, ok, run, same, until

MANY = 200
door = None


def silent(client):
    pass


def at_greeting(client):
    client.greeting()


def at_request(client):
    client.greeting()
    client.socket.sendall(client.ssl_request())


def at_half_hello(client):
    client.greeting()
    client.socket.sendall(client.ssl_request() + client.client_hello()[:60])


def at_tls(client):
    client.start_tls()


def crowd(step, many=MANY):
    """That many clients who went so far and then say nothing; some may be sent away already."""
    held = []
    for _ in range(many):
        client = door.client(timeout=15)
        held.append(client)
        try:
            step(client)
        except (Refused, Left, OSError):
            pass
    return held


def login_time():
    began = time.monotonic()
    with door.login(timeout=30) as client:
        rows = client.query("SELECT 1")
        client.quit()
    return time.monotonic() - began if rows == [["1"]] else 999


def is_gone(client):
    client.socket.settimeout(0.01)
    try:
        while client.socket.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def try_crowd(step, deadline, cause):
    before = door.endings().get(cause, 0)
    began = time.monotonic()
    held = crowd(step)
    took = [login_time() for _ in range(3)]
    ok(max(took) < 5, f"T1: {MANY} who stop at {step.__name__}: a login succeeds within 5 s",
       took)
    left = deadline + 4 - (time.monotonic() - began)
    gone = until(lambda: all(is_gone(c) for c in held), max(left, 1), 0.2)
    ok(gone, f"T1: … and they are gone after {deadline} s",
       f"{sum(not is_gone(c) for c in held)} are there still")
    for client in held:
        client.close()
    same(door.idle(), 0, "T1: … and nothing is left of them")
    counted = door.endings().get(cause, 0) - before
    note(f"{step.__name__}: logins took {max(took):.2f} s at most; {counted} ended as {cause}, "
         f"{door.endings().get('crowded', 0)} as crowded so far")
    ok(counted > 0, f"T1: … their cause is {cause}", door.endings())


def test_silent():
    try_crowd(silent, 10, "silent")


def test_request():
    try_crowd(at_request, 10, "tls-slow")


def test_half_hello():
    try_crowd(at_half_hello, 10, "tls-slow")


def test_tls():
    try_crowd(at_tls, 20, "login-slow")


def test_all_and_more():
    """A thousand, of all kinds, and they come again and again."""
    relays = door.pids("relay")
    before = [descriptors(pid) for pid in relays]
    held = []
    for step in (silent, at_greeting, at_request, at_half_hello):
        held += crowd(step, 250)
    took = [login_time() for _ in range(3)]
    ok(max(took) < 5, "T1: a thousand of all kinds: a login succeeds within 5 s", took)
    ok(door.counted("crowded"), "T1: … for whom the oldest had to go", door.endings())
    session = door.login()
    held += crowd(at_greeting, 300)
    ok(session.ping(), "T1: … who has logged in is never sent away")
    session.quit()
    for client in held:
        client.close()
    same(door.idle(), 0, "T1: … nothing is left of them")
    until(lambda: [descriptors(pid) for pid in relays] == before, 5)
    same([descriptors(pid) for pid in relays], before, "T1: … not even a descriptor")
    same(door.pids("relay"), relays, "T1: … and the relays are those of before")


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
with Door() as door:
    for _ in range(6):
        login_time()
    door.idle()
    run(test_silent, test_request, test_half_hello, test_tls, test_all_and_more,
        on_failure=door.tail)
    same(door.stop(), 0, "the door ends with 0")
finish()
