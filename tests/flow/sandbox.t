#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
What a process that was taken over can't do: the live processes are made to try it. Every denial has
its control: a plain process that is made to do the same succeeds.
"""
import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash  # noqa: E402
from crash import inject  # noqa: E402
from door import BUILD, ROOT, Door, command, program_of  # noqa: E402
from tap import finish, ok, run, same, skip, until  # noqa: E402

if not ROOT or os.uname().machine != "x86_64":
    print("1..0 # SKIP it takes root, and a processor that tests/tools/inject.c knows")
    sys.exit(0)

EPERM, EACCES, KILLED = "errno EPERM", "errno EACCES", "killed SIGSYS"
AT_FDCWD = -100
CREATE = 0o101  # O_WRONLY | O_CREAT
F_SETOWN, F_SETSIG, O_ASYNC = 8, 10, 0o20000
EXEC_MEMORY = ("mmap", 0, 4096, 7, 0x22, -1, 0)

DENIED = {
    "open a file": ("openat", AT_FDCWD, ":/etc/passwd", 0),
    "open it by the newer call": ("openat2", AT_FDCWD, ":/etc/passwd", "=" + "00" * 24, 24),
    "make a file": ("openat", AT_FDCWD, ":/tmp/dbtls-flow-x", CREATE, 0o600),
    "remove a file": ("unlink", ":/tmp/dbtls-flow-none"),
    "make an IPv4 socket": ("socket", socket.AF_INET, socket.SOCK_STREAM, 0),
    "make an IPv6 socket": ("socket", socket.AF_INET6, socket.SOCK_STREAM, 0),
    "make a netlink socket": ("socket", socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "make executable memory": EXEC_MEMORY,
    "signal another process": ("kill", 1, 0),
    "signal another thread group": ("tgkill", 1, 1, 0),
    "have a signal sent by a descriptor": ("fcntl", 0, F_SETOWN, "PID"),
    "choose that signal": ("fcntl", 0, F_SETSIG, 9),
    "turn such signals on": ("fcntl", 0, fcntl.F_SETFL, O_ASYNC),
    "become dumpable": ("prctl", 4, 1, 0, 0, 0),
    "make an io_uring": ("io_uring_setup", 0, 0),
    "make a memory file": ("memfd_create", ":x", 0),
}
NO_SOCKET = {"make a Unix socket": ("socket", socket.AF_UNIX, socket.SOCK_STREAM, 0),
             "make a pair": ("socketpair", 1, 1, 0, "=" + "00" * 8)}
DEADLY = {
    "fork": ("fork",),
    "clone": ("clone", 17, 0, 0, 0, 0),
    "exec": ("execve", ":/bin/true", 0, 0),
    "ptrace": ("ptrace", 16, "PID", 0, 0),
    "read another's memory": ("process_vm_readv", "PID", 0, 0, 0, 0, 0),
}
MORE_DEADLY = {
    "vfork": ("vfork",),
    "clone3": ("clone3", 0, 0),
    "execveat": ("execveat", AT_FDCWD, ":/bin/true", 0, 0, 0),
    "write another's memory": ("process_vm_writev", "PID", 0, 0, 0, 0, 0),
    "take another's descriptor": ("pidfd_getfd", 0, 0, 0),
    "mount": ("mount", 0, 0, 0, 0, 0),
    "chroot": ("chroot", ":/"),
    "change uid": ("setuid", 0),
    "unshare": ("unshare", 0),
    "bpf": ("bpf", 0, 0, 0),
    "keyctl": ("keyctl", 0, 0, 0, 0, 0),
}
door = None


def aimed(words, pid):
    return [pid if w == "PID" else w for w in words]


class Plain:
    """A process that nothing keeps from anything, waiting in read()."""

    def __enter__(self):
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        self.pid = self.process.pid
        until(lambda: program_of(self.pid) == "cat")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_control():
    with Plain() as other:
        same(inject(other.pid, "getpid"), f"ok {other.pid}", "control: a plain process obeys")
        for name, words in {**DENIED, **NO_SOCKET, **DEADLY}.items():
            with Plain() as plain:
                got = inject(plain.pid, *aimed(words, other.pid))
                # What would fail for want of good arguments fails, but not by a sandbox.
                fine = got.startswith("ok ") or got in ("errno ENOENT", "errno EFAULT")
                ok(fine, f"control: a plain process can {name}", got)
    if os.path.exists("/tmp/dbtls-flow-x"):
        os.unlink("/tmp/dbtls-flow-x")


def denied(role, pid, table):
    same(inject(pid, "getpid"), f"ok {pid}", f"{role}: obeys, and may call getpid")
    for name, words in table.items():
        same(inject(pid, *aimed(words, 1)), EPERM, f"T3: {role}: can't {name}")
    flags = inject(pid, "fcntl", 0, fcntl.F_GETFL)
    ok(flags.startswith("ok "), f"{role}: may read a descriptor's flags", flags)
    same(inject(pid, "fcntl", 0, fcntl.F_SETFL, flags[3:]), "ok 0", f"{role}: and set them")
    same(inject(pid, "getpid"), f"ok {pid}", f"{role}: lives on after all that")


def test_relay_denied():
    relay, keys = door.pids("relay")[0], door.pids("keys")[0]
    denied("relay", relay, DENIED)
    same(inject(relay, "openat", AT_FDCWD, f":/proc/{keys}/mem", 0), EPERM,
         "T3: relay: can't open the memory of keys")
    ok(crash.answers(door), "a login works after that")


def test_keys_denied():
    denied("keys", door.pids("keys")[0], {**DENIED, **NO_SOCKET})
    ok(crash.answers(door), "a login works after that")


def deadly(role, table):
    for name, words in table.items():
        victim = door.pids(role)[0]
        # One that was just started still waits for its orders, and reads nothing else.
        until(lambda p=victim: crash.status(p).get("Seccomp") == "2")
        before = sum(p["restarts"] for p in door.status()["processes"] if p["role"] == role)
        same(inject(victim, *aimed(words, door.pids("keys" if role == "relay" else "relay")[0])),
             KILLED, f"T3: {role}: {name} ends it")

        def is_back():
            all_of_them = [p for p in door.status()["processes"] if p["role"] == role]
            return (sum(p["restarts"] for p in all_of_them) == before + 1 and
                    all(p["pid"] and p["pid"] != victim for p in all_of_them))
        ok(until(is_back, 15), f"{role}: the parent brings it back after {name}", door.tail())
        ok(crash.answers(door), f"{role}: a login works after {name}", door.tail())


def test_relay_deadly():
    deadly("relay", DEADLY)


def test_keys_deadly():
    deadly("keys", {k: DEADLY[k] for k in ("fork", "exec", "read another's memory")})


def test_ca():
    """The ca process lives for one answer: its sandbox is entered by a program that stays."""
    uid, gid = crash.uid_of("dbtls-ca")
    with crash.Sandboxed(uid, gid) as ca:
        ok(ca.ready, "ca: enters its sandbox")
        standing("ca", ca.pid, uid)
        denied("ca", ca.pid, {**DENIED, **NO_SOCKET})
    for name, words in {**DEADLY, **MORE_DEADLY}.items():
        with crash.Sandboxed(uid, gid) as ca:
            same(inject(ca.pid, *aimed(words, os.getpid())), KILLED, f"T3: ca: {name} ends it")


def standing(role, pid, uid):
    s = crash.status(pid)
    same(s["Uid"].split(), [str(uid)] * 4, f"T3: {role}: runs as a user of its own")
    same(s["Groups"], "", f"{role}: is in no other group")
    same(s["NoNewPrivs"], "1", f"{role}: gains no privileges")
    same([s[f"Cap{x}"].strip("0") for x in ("Inh", "Prm", "Eff", "Amb")], [""] * 4,
         f"{role}: has no capabilities")
    if role != "engine":
        same(s["Seccomp"], "2", f"{role}: seccomp is in force")


def test_standing():
    uids = set()
    for role in ("relay", "keys", "engine"):
        uid, _ = crash.uid_of(f"dbtls-{role}")
        uids.add(uid)
        for pid in door.pids(role):
            standing(role, pid, uid)
    same(len(uids | {0}), 4, "T3: no two roles share a user, and none is root")
    parent = crash.status(door.pids("parent")[0])
    same(parent["NoNewPrivs"], "1", "parent: gains no privileges")
    # CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SETGID, SETUID
    for which in ("CapPrm", "CapEff", "CapBnd"):
        left = int(parent[which], 16)
        ok(left & ~0xef == 0, f"parent: {which} holds nothing it does not need", hex(left))
    told = door.status()["sandbox"]
    ok(told["seccomp"] and not told["off"], "status tells of the sandbox", told)


# ---- the network --------------------------------------------------------------------------------

def client_fd(relay, client):
    """The relay's descriptor for this client's connection, or None."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    ends = {row[9] for row in rows if row[2] == f"0100007F:{client.own_port:04X}" and
            row[1] == f"0100007F:{door.port:04X}"}
    for fd in os.listdir(f"/proc/{relay}/fd"):
        target = os.readlink(f"/proc/{relay}/fd/{fd}")
        if target.startswith("socket:[") and target[8:-1] in ends:
            return int(fd)
    return None


def heard(listener):
    """Whether somebody connects."""
    try:
        listener.accept()[0].close()
        return True
    except TimeoutError:
        return False


def turned(words_of, name):
    """A client's socket, cut loose, is turned towards another address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(1)
    with listener, door.login() as client:
        relay, fd = next(((r, f) for r in door.pids("relay") if (f := client_fd(r, client))),
                         (None, None))
        if not ok(fd, f"{name}: the client's socket is found"):
            return
        to = crash.inet_address("127.0.0.1", listener.getsockname()[1])
        got = inject(relay, "connect", fd, "=" + "00" * 16, 16, ",", *words_of(fd, *to))
        ok(not heard(listener) and re.search("^errno (EACCES|EPERM)$", got, re.M), name, got)
    door.idle()


def test_turned_sockets():
    """A relay makes no TCP socket, but it has those of its clients."""
    if door.status()["sandbox"]["landlock"] >= 4:
        turned(lambda fd, at, n: ("connect", fd, at, n),
               "relay: can't connect a client's socket to somewhere else")
    else:
        skip("relay: can't connect a client's socket to somewhere else",
             "this kernel's Landlock knows no TCP")
    turned(lambda fd, at, n: ("sendto", fd, ":x", 1, 0x20000000, at, n),
           "relay: can't do so by TCP Fast Open")


def test_control_socket():
    relay = door.pids("relay")[0]
    at, n = crash.unix_address(f"{door.state}/run/control")
    same(inject(relay, "socket", socket.AF_UNIX, socket.SOCK_SEQPACKET, 0), EPERM,
         "relay: makes no socket of the control socket's kind")
    made = inject(relay, "socket", socket.AF_UNIX, socket.SOCK_STREAM, 0)
    ok(made.startswith("ok "), "relay: may make a Unix socket", made)
    same(inject(relay, "connect", made[3:], at, n), EACCES,
         "relay: is not let to the control socket")
    inject(relay, "close", made[3:])


# ---- the engine ---------------------------------------------------------------------------------

def test_engine():
    engine = door.pids("engine")[0]
    same(inject(engine, "getpid"), f"ok {engine}", "engine: obeys")
    ok(inject(engine, "openat", AT_FDCWD, ":/etc/passwd", 0).startswith("ok "),
       "engine: may read the system's settings")
    if door.status()["sandbox"]["landlock"] == 0:
        skip("engine: Landlock", "this kernel has none")
        return
    # Files that its user could open, were it not for Landlock.
    same(inject(engine, "openat", AT_FDCWD, f":{door.state}/ca.pem", 0), EACCES,
         "engine: can't open what lies beside its folder, readable by all")
    path = f"{door.folder}-engine"
    same(inject(engine, "openat", AT_FDCWD, f":{path}", CREATE, 0o600), EACCES,
         "engine: can't make a file in /tmp")
    with door.login() as client:
        for secret in ("keys/server.key", "ca/ca.key", "access"):
            same(client.query(f"SELECT LOAD_FILE('{door.state}/{secret}')"), [[None]],
                 f"T3: engine: LOAD_FILE of {secret} is NULL")
        for sql in (f"SET GLOBAL general_log_file='{path}'", "SET GLOBAL general_log=1",
                    "SELECT 1", f"SELECT 1 INTO OUTFILE '{path}'"):
            try:
                client.query(sql)
            except Exception:  # refused is just as well
                pass
    ok(not os.path.exists(path), "engine: general_log_file and OUTFILE write nothing outside")


def test_sandboxed_end():
    ok(crash.answers(door), "in the end a login works", door.tail())


# ---- as an ordinary user --------------------------------------------------------------------------

def test_ordinary_user():
    """All roles share one uid then: what keeps them apart is seccomp, and that none is dumpable."""
    uid, gid = crash.uid_of("nobody")
    as_user = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    with Door(inside=as_user, start=False) as own:
        os.chown(own.folder, uid, gid)
        # The build may lie where only root can go.
        programs = os.path.join(own.folder, "bin")
        os.mkdir(programs)
        for name in ("dbtls", "dbtlsd", "dbtls-relay", "dbtls-keys", "dbtls-ca"):
            shutil.copy(os.path.join(BUILD, name), programs)
        own.program = os.path.join(programs, "dbtls")
        own.start()
        relay, keys = own.pids("relay")[0], own.pids("keys")[0]
        same(crash.status(keys)["Uid"].split()[0], str(uid), "user: keys runs as the user")
        same(crash.status(relay)["Seccomp"], "2", "user: seccomp is in force")
        same(inject(relay, "getpid"), f"ok {relay}", "user: the relay obeys")
        same(inject(relay, "openat", AT_FDCWD, f":/proc/{keys}/mem", 0), EPERM,
             "T3: user: a relay can't open the memory of keys")
        same(inject(relay, "openat", AT_FDCWD, f":{own.state}/keys/server.key", 0), EPERM,
             "T3: user: a relay can't open the key's file")
        with subprocess.Popen([*as_user, "sleep", "60"]) as other:
            until(lambda: crash.status(other.pid).get("Uid", "").split()[:1] == [str(uid)])
            ok(command(*as_user, "cat", f"/proc/{other.pid}/maps").rc == 0,
               "user: control: the user may look into another process of his")
            other.kill()
        for pid, role in own.known.items():
            if role in ("relay", "keys", "parent"):
                ok(command(*as_user, "cat", f"/proc/{pid}/maps").rc != 0 and
                   command(*as_user, "head", "-c1", f"/proc/{pid}/mem").rc != 0,
                   f"T3: user: but not into {role}")
        at, n = crash.unix_address(f"{own.state}/run/control")
        made = inject(relay, "socket", socket.AF_UNIX, socket.SOCK_SEQPACKET, 0)[3:]
        connected = inject(relay, "connect", made, at, n)
        inject(relay, "write", made, ':{"do": "stop"}', 14)
        ok(not until(lambda: own.process.poll() is not None, 3),
           "user: a relay that asks the control socket to stop is not heard", connected)
        ok(crash.answers(own), "user: a login works after all that", own.tail())
        if own.process.poll() is None:
            same(inject(own.pids("relay")[0], "process_vm_readv", keys, 0, 0, 0, 0, 0), KILLED,
                 "user: reading the memory of keys ends a relay")
            ok(crash.answers(own), "user: and it comes back", own.tail())


if __name__ == "__main__":
    run(test_control)
    with Door() as door:
        run(test_standing, test_relay_denied, test_keys_denied, test_turned_sockets,
            test_control_socket, test_engine, test_relay_deadly, test_keys_deadly, test_ca,
            test_sandboxed_end)
    run(test_ordinary_user)
    finish()
