#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: what turns fall together depends on who else runs
"""
How many system calls a relay makes for a connection, a request and a MiB: what the kernel is asked
is exact where times are not, and shows at once when something is asked that need not be.
"""
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import ROOT, Door, Serve, read  # noqa: E402
from mysql import context  # noqa: E402
from tap import finish, note, ok, run  # noqa: E402

if not ROOT:
    print("1..0 # SKIP it takes root to trace a relay")
    sys.exit(0)

ONE_CORE = ("taskset", "-c", str(min(os.sched_getaffinity(0))))  # so that there is one relay
ONE_BY_ONE, REQUESTS, MIB = 200, 40, 64
THREADS, TOGETHER = 8, 64
V13 = ssl.TLSVersion.TLSv1_3


class Counted:
    """What a process asked the kernel while the block ran: per call, and in all."""

    def __init__(self, door):
        self.pid = door.pids("relay")[0]
        self.table = f"{door.folder}/strace"

    def __enter__(self):
        self.strace = subprocess.Popen(
            ["strace", "-f", "-c", "-U", "calls,name", "-o", self.table, "-p", str(self.pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = self.strace.stderr.readline()
        if "attached" not in said:
            raise RuntimeError(f"strace: {said}")
        return self

    def __exit__(self, *_):
        self.strace.send_signal(signal.SIGINT)
        self.strace.communicate(timeout=30)
        self.calls = {name: int(n) for n, name in
                      re.findall(r"^\s*(\d+)\s+(\w+)$", read(self.table), re.M) if name != "total"}

    def mean(self, n):
        return sum(self.calls.values()) / n

    def each(self, n, most, what):
        """Asserts that one of n operations took no more than that."""
        total = self.mean(n)
        ok(0 < total <= most, f"{what}: {total:.2f} system calls, {most} at most", self.calls)
        note(f"{what}: " + ", ".join(f"{k} {v / n:.2f}" for k, v in sorted(
            self.calls.items(), key=lambda i: -i[1]) if v / n >= 0.01))


def connections(door, once, most, what):
    """
    One connection's calls. With other work on the machine what comes together else comes in pieces,
    each a wakeup and a read more: it is the quietest of three tries that counts.
    """
    for _ in range(3):
        with Counted(door) as c:
            in_threads(once, ONE_BY_ONE)
            door.idle()
        if c.mean(ONE_BY_ONE) <= most:
            break
    c.each(ONE_BY_ONE, most, what)


class Service:
    """Answers each line, a number, with that many bytes; on a TCP port of loopback."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            s, _ = self.listener.accept()
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    @staticmethod
    def serve(s):
        body = bytes(1 << 20)
        with s, s.makefile("rb") as lines:
            for line in lines:
                s.sendall(memoryview(body)[:int(line)])


def connect(door, ctx):
    s = socket.create_connection(("127.0.0.1", door.port), timeout=60)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ctx.wrap_socket(s, server_hostname="127.0.0.1")


def take(s, n):
    while n:
        n -= len(s.recv(min(n, 1 << 18))) or sys.exit("the door has left")


def visit(door, ctx):
    """TCP, TLS, a request, its answer, close_notify both ways."""
    s = connect(door, ctx)
    s.sendall(b"100\n")
    take(s, 100)
    s.unwrap().close()


def in_threads(what, times):
    """what() so often, from several threads."""
    def some():
        for _ in range(times // THREADS):
            what()
    threads = [threading.Thread(target=some) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def rounds(ask, answered, clients, times):
    """All of them ask, then all of them wait for the answer."""
    for _ in range(times):
        for c in clients:
            ask(c)
        for c in clients:
            answered(c)


def test_tls():
    service = Service()
    with Serve(f"127.0.0.1:{service.port}", "protocol tls", inside=ONE_CORE) as door:
        ctx = context(door.ca, V13, V13)
        in_threads(lambda: visit(door, ctx), THREADS)
        door.idle()
        connections(door, lambda: visit(door, ctx), 28, "protocol tls: a full connection of TLS 1.3")
        clients = [connect(door, ctx) for _ in range(TOGETHER)]
        rounds(lambda s: s.sendall(b"100\n"), lambda s: take(s, 100), clients, 1)
        with Counted(door) as c:
            rounds(lambda s: s.sendall(b"100\n"), lambda s: take(s, 100), clients, REQUESTS)
        c.each(TOGETHER * REQUESTS, 4.6, f"protocol tls: a request, {TOGETHER} connections")
        with Counted(door) as c:
            rounds(lambda s: s.sendall(b"%d\n" % (1 << 20)), lambda s: take(s, 1 << 20),
                   clients[:1], MIB)
        # 20 when the backend's and the client's turns fall as they mostly do.
        c.each(MIB, 22, "protocol tls: a MiB")
        for s in clients:
            s.close()


def test_mysql():
    """
    The greeting, SSLRequest, the login, its answer and the last word cross the door as well, each a
    recv and mostly a send: the 28 of protocol tls can't be had here.
    """
    with Door(listen=("127.0.0.1",), inside=ONE_CORE) as door:
        def once():
            client = door.login()
            client.query("SELECT 1")
            client.quit()
        once()
        door.idle()
        connections(door, once, 40, "MySQL: a full connection of TLS 1.3, a login, a query")


if __name__ == "__main__":
    run(test_tls, test_mysql)
    finish()
