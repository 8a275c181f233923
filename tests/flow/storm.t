#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: it measures while the machine is busy with it
"""T1: a thousand clients come back at once, while fifty sessions are at work."""
import asyncio
import os
import resource
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import Door, descriptors
from mysql import Client, Refused, context, native
from tap import finish, note, ok, run, same, until

MANY, AT_WORK = 1000, 50
SIEGE = 16      # CROWD_SIEGE of front/crowd.h
PATIENCE = 9.5  # a little less than the stage `room` lasts
BOUND = 90  # seconds until all of them must be in: a bound to hold, not a time to be proud of
door = None


class Session(threading.Thread):
    """Asks for one number after the other: each answer must be its own."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.client = door.login(timeout=60)
        self.number, self.asked, self.slowest, self.error, self.going = number, 0, 0, None, True
        self.start()

    def run(self):
        try:
            while self.going:
                began, wanted = time.monotonic(), str(self.number * 1000000 + self.asked)
                if self.client.query(f"SELECT {wanted}") != [[wanted]]:
                    raise ValueError("another answer")
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.asked += 1
                time.sleep(0.02)
        except Exception as e:  # whatever it is, no query may fail
            self.error = repr(e)
        self.client.close()


class Comer:
    """A client of the storm: all of them run in one loop, whoever has an answer first."""

    def __init__(self, ctx):
        self.ctx, self.reader, self.writer, self.times = ctx, None, None, 0

    async def packet(self):
        head = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(int.from_bytes(head[:3], "little"))
        if payload[:1] == b"\xff":
            raise Refused(payload)
        return payload

    async def enter(self):
        self.times += 1
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", door.port)
        greeting = await self.packet()
        end = greeting.index(b"\0", 1)
        scramble = greeting[end + 5:end + 13] + greeting[end + 32:end + 44]
        self.writer.write(Client.ssl_request())
        await self.writer.start_tls(self.ctx, server_hostname="127.0.0.1")
        proof = native(door.password, scramble)
        self.writer.write(Client.framed(Client.response(None, "root", "", proof=proof), 2))
        await self.packet()

    async def come(self):
        """Who is told that there is no room comes again, as a pool does."""
        while True:
            try:
                return await self.enter()
            except (Refused, EOFError, OSError):  # OSError: TLS, for which the error came instead
                self.writer.close()
                await asyncio.sleep(0.2)

    async def ask(self):
        self.writer.write(Client.framed(b"\3SELECT 41 + 1"))
        return [await self.packet() for _ in range(5)][3] == b"\x0242"


async def storm(ctx):
    """All at once: how long it took, how many were in, and how often they had to come."""
    comers, began = [Comer(ctx) for _ in range(MANY)], time.monotonic()
    done, _ = await asyncio.wait([asyncio.create_task(c.come()) for c in comers], timeout=BOUND)
    took, served = time.monotonic() - began, [await c.ask() for c in comers[::10]]
    for comer in comers:
        comer.writer.close()
    return took, len([d for d in done if not d.exception()]), sum(c.times for c in comers), served


def sent_away():
    """How many had to go so far: from a place; and while they waited, before their time was over."""
    gone = [s for s in door.sessions() if s["end"] == "crowded"]
    waited = [float(s["total_s"]) for s in gone if s["stage"] == "room"]
    return len(gone) - len(waited), len([w for w in waited if w < PATIENCE])


def test_storm():
    relays = door.pids("relay")
    before = [descriptors(pid) for pid in relays]
    sessions = [Session(i) for i in range(AT_WORK)]
    for again in ("come", "come back"):
        asked = [s.asked for s in sessions]
        took, entered, times, served = asyncio.run(storm(context(door.ca)))
        same(entered, MANY, f"a thousand {again}: all are let in, within {BOUND} s")
        # Who has a place and says nothing for a second, this machine being slow, has to leave; when
        # many do, it is taken for a siege.
        silent, waiting = sent_away()
        ok(waiting == 0 or silent >= SIEGE, "… and none of those who wait for a place is sent away",
           waiting, silent)
        ok(all(served), "… who came in is served")
        same([s.error for s in sessions if s.error], [], "… and no query of a running session fails")
        ok(all(s.asked > n for s, n in zip(sessions, asked)), "… all of which went on", asked)
        note(f"a thousand {again}: in after {took:.1f} s, having come {times} times; sent away so "
             f"far: {silent} silent, {waiting} waiting; the slowest running query took "
             f"{max(s.slowest for s in sessions):.2f} s")
    for session in sessions:
        session.going = False
    for session in sessions:
        session.join(30)
    same(door.idle(30), 0, "nothing is left of them")
    same(door.pids("relay"), relays, "the relays are those of before")
    until(lambda: [descriptors(pid) for pid in relays] == before, 5)
    same([descriptors(pid) for pid in relays], before, "with as many descriptors")


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
with Door(listen=("127.0.0.1",)) as door:
    for _ in range(6):
        door.login().close()
    door.idle()
    run(test_storm, on_failure=door.tail)
finish()
