# SPDX-License-Identifier: Apache-2.0
"""What is done to the peers, and what is looked at meanwhile."""
import json
import os
import statistics
import subprocess
import time

from peers import CLIENTS, LOAD, fail, pinned

SAME = "TLS_AES_128_GCM_SHA256"


class Operation:
    def __init__(self, what, words, threads, each, backend="tcp", count=None):
        self.what, self.words, self.backend = what, words, backend
        self.threads, self.each = threads, each
        # Operations of each thread while system calls are counted: 10,000 in all, or 500 MiB.
        self.count = count or 10000 // threads


def connecting(version, *more):
    return ["--mode=connect", f"--tls={version}", *more]


FULL13, FULL12 = connecting("1.3"), connecting("1.2")
SAME13 = f"--cipher={SAME}"
# For a proxy: TCP, TLS, one GET of 100 bytes, close_notify both ways.
PROXY = {
    "full13": Operation("connection, TLS 1.3 full", FULL13, 8, 25),
    "resumed13": Operation("connection, TLS 1.3 resumed", FULL13 + ["--resume"], 8, 30),
    "full12": Operation("connection, TLS 1.2 full", FULL12, 8, 25),
    "resumed12": Operation("connection, TLS 1.2 resumed", FULL12 + ["--resume"], 8, 50),
    "request": Operation("request, 64 connections, backend on TCP", ["--mode=query"], 64, 80),
    "request_unix": Operation("request, 64 connections, backend on a Unix socket",
                              ["--mode=query"], 64, 80, "unix"),
    "bulk": Operation("MiB, 4 connections", ["--mode=bulk"], 4, 15, count=125),
}
SAME_CIPHER = {
    "full13": Operation("connection, TLS 1.3 full", FULL13 + [SAME13], 8, 25),
    "resumed13": Operation("connection, TLS 1.3 resumed", FULL13 + ["--resume", SAME13], 8, 30),
    "request": Operation("request, 64 connections, backend on TCP", ["--mode=query", SAME13], 64,
                         80),
    "bulk": Operation("MiB, 4 connections", ["--mode=bulk", SAME13], 4, 15),
}
# For a database: TCP, the greeting, TLS, a login, SELECT 1, the end.
DATABASE = {
    "full13": Operation("connection, TLS 1.3 full", FULL13, 8, 25),
    "resumed13": Operation("connection, TLS 1.3 resumed", FULL13 + ["--resume"], 8, 30),
    "full12": Operation("connection, TLS 1.2 full", FULL12, 8, 25),
    "resumed12": Operation("connection, TLS 1.2 resumed", FULL12 + ["--resume"], 8, 40),
    "query": Operation("SELECT 1, 16 sessions", ["--mode=query"], 16, 150),
    "bulk": Operation("MiB of one row, 4 sessions", ["--mode=bulk"], 4, 10, count=125),
}


class Load:
    """load as it goes: ready, begin(), done, end()."""

    def __init__(self, peer, words, threads, count=1, backend="tcp", nice=0):
        words = pinned(CLIENTS, ["nice", "-n", nice, LOAD, f"--port={peer.ports[backend]}",
                                 f"--threads={threads}", f"--count={count}", *peer.arguments,
                                 *words])
        self.peer = peer
        self.process = subprocess.Popen([str(w) for w in words], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.line("ready")

    def line(self, word):
        line = self.process.stdout.readline()
        if not line.startswith(word):
            self.process.wait(10)
            fail(f"the load on {self.peer.name} ended too soon")
        return line[len(word):]

    def word(self):
        self.process.stdin.write("\n")

    def done(self):
        return json.loads(self.line("done"))

    def begin(self):
        self.word()
        result = self.done()
        time.sleep(0.02)  # the peers close after the clients
        return result

    def end(self):
        self.word()
        self.process.stdin.close()
        self.process.wait(120)


def measure(peer, operation, each=None):
    """µs of CPU for one operation, by group; and what the load says of it."""
    load = Load(peer, operation.words, operation.threads, each or operation.each,
                operation.backend)
    before = peer.cpu()
    result = load.begin()
    after = peer.cpu()
    load.end()
    if sum(after.values()) <= sum(before.values()):
        fail(f"{peer.name} used no time for {operation.what}: these are not its processes")
    return {g: (after[g] - before[g]) * 1e6 / result["operations"] for g in after}, result


def quartiles(values):
    p25, p50, p75 = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": p50, "p25": p25, "p75": p75}


# ---- memory --------------------------------------------------------------------------------------

def memory_of(peer, held, threads=8, words=()):
    """Bytes that one idle session takes, by group: [Rss, Pss]."""
    before = peer.memory()
    load = Load(peer, ["--mode=hold", "--tls=1.3", *words], threads, held // threads)
    n = load.begin()["operations"]
    after = peer.memory()
    load.end()
    return {g: [round((a - b) / n) for a, b in zip(after[g], before[g])] for g in after}


# ---- latency -------------------------------------------------------------------------------------

RATE = 500  # requests a second


def paced(peer, seconds, meanwhile=None, threads=16):
    """How long requests take at that rate, and what meanwhile() gave."""
    load = Load(peer, ["--mode=pace", f"--rate={RATE}"], threads)
    load.word()
    time.sleep(seconds)
    other = meanwhile() if meanwhile else None
    return load.begin(), load.end(), other


def storm(peer, connections, threads=32):
    """That many connect as fast as they can, behind all else that wants core 1."""
    load = Load(peer, FULL13, threads, connections // threads, nice=19)
    result = load.begin()
    load.end()
    return result


# ---- system calls --------------------------------------------------------------------------------

# Those that are named in the table; what else there is stands in the sum. All of them would be
# hundreds of counters for each thread.
NAMED = ("accept4", "brk", "clock_gettime", "close", "connect", "epoll_ctl", "epoll_wait", "fcntl",
         "futex", "getpid", "getpeername", "getsockname", "getsockopt", "ioctl", "madvise",
         "mprotect", "poll", "read", "readv", "recvfrom", "recvmsg", "sched_yield", "sendmsg",
         "sendto", "setsockopt", "shutdown", "socket", "write", "writev")
ALL = "raw_syscalls:sys_enter"

class Counting:
    """perf on these processes and what they start: it counts on its own side, and slows nobody."""

    def __init__(self, pids, table):
        to_perf, self.control = os.pipe()
        self.answer, from_perf = os.pipe()
        self.table = table
        self.process = subprocess.Popen(
            ["perf", "stat", "-x", ",", "-o", table, "--delay=-1",
             f"--control=fd:{to_perf},{from_perf}", "-e",
             ",".join([ALL, *(f"syscalls:sys_enter_{n}" for n in NAMED)]), "-p", ",".join(map(str, pids))], pass_fds=(to_perf, from_perf),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.close(to_perf)
        os.close(from_perf)
        self.say("enable")

    def say(self, word):
        os.write(self.control, f"{word}\n".encode())
        if not os.read(self.answer, 64).startswith(b"ack"):
            fail(f"perf: {self.process.communicate()[1].decode()[-500:]}")

    def end(self):
        self.say("disable")
        self.process.send_signal(2)
        self.process.communicate(timeout=30)
        os.close(self.control)
        os.close(self.answer)
        return perf_table(self.table.read_text())


def perf_table(text):
    calls = {}
    for line in text.splitlines():
        words = line.split(",")
        if len(words) > 2 and words[0].isdigit() and int(words[0]):
            calls[words[2].removeprefix("syscalls:sys_enter_")] = int(words[0])
    return calls


def count_calls(peer, group, operation, folder, part=1):
    load = Load(peer, operation.words, operation.threads, operation.count // part,
                operation.backend)
    counting = Counting(peer.groups[group], folder / "perf")
    result = load.begin()
    calls = counting.end()
    load.end()
    calls = {k: n / result["operations"] for k, n in calls.items()}
    total = calls.pop(ALL, 0)
    kept = {k: round(v, 2) for k, v in sorted(calls.items(), key=lambda i: -i[1]) if v >= 0.005}
    return {"total": round(total, 2), "operations": result["operations"],
            "calls": kept}
