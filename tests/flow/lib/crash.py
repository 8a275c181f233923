# SPDX-License-Identifier: Apache-2.0
"""What it takes to be a process that was taken over, and to look into one from outside."""
import contextlib
import os
import re
import signal
import struct
import subprocess

import door as doors
from tap import until

INJECT = os.path.join(doors.BUILD, "tests/tools/inject")
CA_SANDBOX = os.path.join(doors.BUILD, "tests/tools/ca_sandbox")


def inject(pid, *words):
    """Has a live process make one system call: "ok VALUE", "errno NAME", "killed SIGNAL"."""
    done = doors.command(INJECT, str(pid), *[str(w) for w in words], timeout=20)
    return done.out.strip() or f"inject failed: {done.err.strip()}"


def status(pid):
    """/proc/PID/status."""
    lines = doors.read(f"/proc/{pid}/status").splitlines()
    return {k: v.strip() for k, _, v in (line.partition(":") for line in lines)}


def unix_address(path):
    """A sockaddr_un for inject, and its length."""
    raw = struct.pack("<H", 1) + path.encode() + b"\0"
    return "=" + raw.hex(), len(raw)


def inet_address(ip, port):
    raw = struct.pack("<H", 2) + struct.pack(">H", port) + bytes(map(int, ip.split("."))) + bytes(8)
    return "=" + raw.hex(), len(raw)


def readable_maps(pid):
    for line in doors.read(f"/proc/{pid}/maps").splitlines():
        where, rights, *rest = line.split(maxsplit=5)
        if rights.startswith("r") and not (len(rest) > 3 and rest[3].startswith(("[vvar", "[vsys"))):
            yield [int(x, 16) for x in where.split("-")]


def memory(pid, piece=1 << 22, overlap=256):
    """All of a process's memory, in pieces that overlap."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for start, end in readable_maps(pid):
            at = start
            while at < end:
                try:
                    mem.seek(at)
                    part = mem.read(min(piece, end - at))
                except (OSError, ValueError, OverflowError):
                    break  # a hole, or a device's
                if not part:
                    break
                yield part
                if at + len(part) >= end:
                    break
                at += max(len(part) - overlap, 1)


def searched(pid, needles):
    """Names of the needles that are in a process's memory, and how many bytes were looked at."""
    found, size = set(), 0
    for part in memory(pid):
        size += len(part)
        found |= {name for name, needle in needles.items() if needle in part}
    return sorted(found), size


def processes_of(folder):
    """Live processes whose command line names the folder, and what it is."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        words = doors.read(f"/proc/{pid}/cmdline")
        if folder + "/" in words and doors.program_of(pid) and int(pid) != os.getpid():
            found[int(pid)] = words.replace("\0", " ")
    return found


def children(parent, name):
    """Pids of a process's children of that name, oldest first, without asking any of them."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        head, _, rest = doors.read(f"/proc/{pid}/stat").rpartition(") ")
        if head.endswith(f" ({name}") and rest.split()[1] == str(parent):
            found.append(int(pid))
    return sorted(found)


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


@contextlib.contextmanager
def stopped(*pids):
    """These processes hang for as long as the block lasts."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    until(lambda: all(status(p)["State"].startswith("T") for p in pids))
    try:
        yield
    finally:
        for pid in pids:
            kill(pid, signal.SIGCONT)


def cpu(pid):
    """Seconds of processor time that a process has used."""
    fields = doors.read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answers(door, seconds=15):
    """Whether a login succeeds within that time: the seconds it took, or None."""
    import time
    start = time.monotonic()

    def asks():
        try:
            with door.login() as client:
                return client.query("SELECT 1") == [["1"]]
        except Exception:  # whatever it is, it has not answered
            return False
    return time.monotonic() - start if until(asks, seconds, 0.02) else None


class Sandboxed:
    """A process in the sandbox of the ca process."""

    def __init__(self, uid, gid):
        self.process = subprocess.Popen([CA_SANDBOX, str(uid), str(gid)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.ready = self.process.stdout.readline() == b"ready\n"
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def uid_of(name):
    found = re.search(rf"^{name}:[^:]*:(\d+):(\d+):", doors.read("/etc/passwd"), re.M)
    return int(found[1]), int(found[2])
