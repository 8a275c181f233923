#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
D11: `dbtls trust add`, `remove` and `undo` are killed at each call that writes, syncs, renames or
removes, or the call fails for want of room or of a disk. Each store is then as it was before or as
it was to be, never something between; `undo` works; and after it all is as before, byte for byte
(what the system's own command makes: the same set), with nothing left over. Who also watches memory
can't be watched in turn: that is tests/unit/test_journal.c's.
"""
import concurrent.futures
import functools
import hashlib
import os
import queue
import re
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, ROOT, command, read  # noqa: E402
from mysqld import Ca  # noqa: E402
from tap import finish, ok, run, same, skip, until  # noqa: E402

SLOTS = 2
CALLS = ("write pwrite64 fsync fdatasync rename renameat renameat2 unlink unlinkat rmdir ftruncate "
         "fchmod fchown fsetxattr mkdir mkdirat link linkat symlinkat").split()
KILL, NO_ROOM, NO_DISK = "signal=KILL", "error=ENOSPC", "error=EIO"
CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)
folder = tempfile.mkdtemp(prefix="dbtls-trust-kill-", dir="/tmp")
made = f"{folder}/made"
ca = Ca(f"{folder}/ca")
ENV = {"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8"}


def tool(*words, **more):
    done = command(*words, env=ENV, **more)
    if done.rc:
        raise RuntimeError(f"{words}: {done}")
    return done.out


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


# ---- what is in a store, found without dbtls

def digests(ders):
    return frozenset(hashlib.sha256(der).hexdigest() for der in ders)


def in_pem(data):
    pems = CERTIFICATE.findall(data)
    # Half a certificate is none, and must not be there either.
    if data.count(b"-----BEGIN") != len(pems):
        return None
    return digests(ssl.PEM_cert_to_DER_cert(p.decode()) for p in pems)


def in_jks(data):
    """KeyStore.JKS: trusted entries alone, and the digest over all with the password."""
    ders, at = [], 12
    seal = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + data[:-20]).digest()
    if seal != data[-20:]:
        return None
    for _ in range(struct.unpack(">I", data[8:12])[0]):
        at += 4
        at += 2 + struct.unpack(">H", data[at:at + 2])[0] + 8
        at += 2 + struct.unpack(">H", data[at:at + 2])[0]
        n = struct.unpack(">I", data[at:at + 4])[0]
        ders.append(data[at + 4:at + 4 + n])
        at += 4 + n
    return digests(ders)


@functools.cache  # most are what they were before
def in_pkcs12(data):
    done = subprocess.run(["openssl", "pkcs12", "-nokeys", "-passin", "pass:changeit"], input=data,
                          capture_output=True, timeout=60)
    return in_pem(done.stdout) if done.returncode == 0 else None


def in_folder(path):
    found = set()
    for name in os.listdir(path):
        if not name.startswith("."):
            found |= in_pem(bytes_of(f"{path}/{name}")) or {f"{name} is damaged"}
    return frozenset(found)


READERS = {"a.pem": in_pem, "a.jks": in_jks, "a.p12": in_pkcs12}


def one_file(path):
    st = os.lstat(path)
    xattrs = {} if os.path.islink(path) else {n: os.getxattr(path, n) for n in os.listxattr(path)}
    inside = os.readlink(path) if os.path.islink(path) else bytes_of(path)
    return st.st_mode, st.st_uid, st.st_gid, xattrs, inside


def snapshot(top):
    """Every file and folder below it: mode, owner, attributes, content."""
    seen = {}
    for at, folders, files in os.walk(top):
        for name in folders:
            seen[os.path.relpath(f"{at}/{name}", top)] = os.lstat(f"{at}/{name}").st_mode
        for name in files:
            seen[os.path.relpath(f"{at}/{name}", top)] = one_file(f"{at}/{name}")
    return seen


# ---- the stage: files and folders of our own

def copy(source, target):
    subprocess.run(["cp", "-a", source, target], check=True, timeout=60)


class Files:
    """Stores of each kind that dbtls itself writes, one of them behind a link."""
    inside, spoilt = (), True

    def __init__(self, number, made):
        self.top = f"{folder}/files{number}"
        self.stores, self.journal = f"{self.top}/s", f"{self.top}/j"
        self.kept = f"{folder}/kept{number}"
        os.mkdir(self.top)
        copy(made, self.stores)
        self.words = [w for name in ("link.pem", "a.jks", "a.p12", "hashed")
                      for w in ("--store", f"{self.stores}/{name}")]
        self.keep("fresh")

    def keep(self, name):
        shutil.rmtree(f"{self.kept}-{name}", ignore_errors=True)
        copy(self.top, f"{self.kept}-{name}")

    def reset(self, name):
        shutil.rmtree(self.top)
        copy(f"{self.kept}-{name}", self.top)

    def state(self):
        return snapshot(self.stores)

    def contents(self):
        held = {name: read_it(bytes_of(f"{self.stores}/{name}"))
                for name, read_it in READERS.items()}
        return {**held, "hashed": in_folder(f"{self.stores}/hashed")}

    def close(self):
        pass


# Where there is a file "slow", the first one waits for "go", a minute at most.
HOOK = """#!/bin/sh
cd {top} || exit 1
added=$(grep -c '+.*dbtls-')
i=0
if [ -e slow ] && [ ! -e waits ]; then
	touch waits
	while [ ! -e go ] && [ $i -lt 600 ]; do
		sleep 0.1
		i=$((i + 1))
	done
fi
[ "$added" = 0 ] || cp {made}/with.jks /etc/ssl/certs/java/cacerts
"""


def make_files():
    os.mkdir(made)
    with open(f"{made}/hook", "w") as f:
        f.write(HOOK.format(made=made, top=folder))
    os.chmod(f"{made}/hook", 0o755)
    for name, kind in (("a.pem", "pem"), ("a.jks", "jks"), ("a.p12", "pkcs12")):
        tool(DBTLS, "trust", "export", "--format", kind, "--only", "amazon-root-ca-2", "--only",
             "starfield-class-2", "--out", f"{made}/{name}")
    os.symlink("a.pem", f"{made}/link.pem")
    os.mkdir(f"{made}/hashed")
    tool(DBTLS, "trust", "export", "--format", "pem", "--only", "starfield-class-2", "--out",
         f"{made}/hashed/f081611a.0")
    os.chmod(f"{made}/a.pem", 0o640)
    os.setxattr(f"{made}/a.jks", "user.dbtls", b"kept")
    if ROOT:
        os.chown(f"{made}/a.p12", 12345, 23456)
    shutil.copy(f"{made}/a.jks", f"{made}/with.jks")
    tool(DBTLS, "trust", "add", ca.pem, "--store", f"{made}/with.jks", "--journal",
         f"{folder}/with")


# ---- the stage: a database that certutil writes

class Nss(Files):
    """Its bytes differ from one time to the next; what is in it must not."""

    def __init__(self, number, made):
        super().__init__(f"-nss{number}", made)
        self.words = ["--store", f"{self.stores}/nssdb"]

    def state(self):
        return {**self.contents(), "files": sorted(os.listdir(f"{self.stores}/nssdb"))}

    def contents(self):
        said = tool("certutil", "-L", "-d", f"sql:{self.stores}/nssdb")
        return {"nssdb": frozenset(line for line in said.splitlines() if ",," in line)}


# ---- the stage: the system's own stores

SYSTEM = ("/etc", "/usr/local/share/ca-certificates")
SET_UP = """
set -e
mount -t tmpfs -o mode=755 none {top}
mkdir {top}/now {top}/fresh
cp -a /etc {top}/now/etc
mkdir {top}/now/local
mount --bind {top}/now/etc /etc
mount --bind {top}/now/local /usr/local/share/ca-certificates
rm -rf /etc/ca-certificates/update.d/* /etc/ssl/certs
mkdir -p /etc/ssl/certs/java
cp {made}/a.jks /etc/ssl/certs/java/cacerts
cp {made}/hook /etc/ca-certificates/update.d/java
printf '%s\\n' mozilla/Amazon_Root_CA_1.crt mozilla/ISRG_Root_X1.crt >/etc/ca-certificates.conf
update-ca-certificates --fresh >/dev/null
cp -a {top}/now/. {top}/fresh/
echo ready
exec sleep 600
"""


class System:
    """
    A copy of this system's own, small, in a mount namespace, with its own update-ca-certificates. A
    peer stands for the hook that would ask dpkg to rewrite Java's store: as Debian's own, it puts
    the CA in, and takes none out.
    """
    spoilt = True

    def __init__(self, number, made):
        self.top, self.journal = f"{folder}/system{number}", f"{folder}/system-journal{number}"
        os.mkdir(self.top)
        self.process = subprocess.Popen(
            ["unshare", "-m", "--propagation", "unchanged", "sh", "-c",
             SET_UP.format(top=self.top, made=made)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True)
        said = self.process.stdout.readline()
        if said != "ready\n":
            raise RuntimeError(f"no namespace: {said}")
        self.inside = ("nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt")
        self.root = f"/proc/{self.process.pid}/root"
        self.words = ["--system"]
        self.keep("fresh")

    def shell(self, line):
        subprocess.run([*self.inside, "sh", "-ec", line], check=True, timeout=60)

    def keep(self, name):
        self.shell(f"mkdir -p {self.top}/{name}; cp -a {self.top}/now/etc/ssl {self.top}/now/local "
                   f"{self.top}/{name}/")
        shutil.rmtree(f"{self.journal}-{name}", ignore_errors=True)
        if os.path.exists(self.journal):
            copy(self.journal, f"{self.journal}-{name}")

    def reset(self, name):
        """In their place: they are mounted."""
        self.shell(f"cd {self.top}; find now/etc/ssl now/local -mindepth 1 -delete; "
                   f"cp -a {name}/ssl/. now/etc/ssl/; cp -a {name}/local/. now/local/")
        shutil.rmtree(self.journal, ignore_errors=True)
        if os.path.exists(f"{self.journal}-{name}"):
            copy(f"{self.journal}-{name}", self.journal)

    def state(self):
        certs = f"{self.root}/etc/ssl/certs"
        return {"source": snapshot(f"{self.root}/usr/local/share/ca-certificates"),
                "conf": bytes_of(f"{self.root}/etc/ca-certificates.conf"),
                "bundle": in_pem(bytes_of(f"{certs}/ca-certificates.crt")),
                "java": sorted(os.listdir(f"{certs}/java")),
                "cacerts": in_jks(bytes_of(f"{certs}/java/cacerts")),
                "links": {n: os.readlink(f"{certs}/{n}") for n in os.listdir(certs)
                          if os.path.islink(f"{certs}/{n}")},
                "files": sorted(n for n in os.listdir(certs)
                                if not os.path.islink(f"{certs}/{n}"))}

    def contents(self):
        return {"source": in_folder(f"{self.root}/usr/local/share/ca-certificates"),
                "bundle": in_pem(bytes_of(f"{self.root}/etc/ssl/certs/ca-certificates.crt")),
                "cacerts": in_jks(bytes_of(f"{self.root}/etc/ssl/certs/java/cacerts"))}

    def close(self):
        self.process.kill()
        self.process.wait()


# ---- a command whose n-th call fails, or is its last

class Point:
    def __init__(self, call, number, how):
        self.call, self.number, self.how = call, number, how

    def __repr__(self):
        return f"{self.call} {self.number} {self.how}"


def trust(stage, *words, watched=()):
    return command(*stage.inside, *watched, DBTLS, "trust", *words, "--journal", stage.journal,
                   env=ENV)


def dbtls(stage, *words, faults=()):
    """What dbtls itself does is watched, and not what the programs do that it runs."""
    trace = f"{stage.top}.strace"
    watched = ["strace", "-qq", "-o", trace, "-e", f"trace={','.join(CALLS)}",
               *[f"--inject={f.call}:{f.how}:when={f.number}" for f in faults]]
    done = trust(stage, *words, watched=watched)
    done.calls = re.findall(r"^(\w+)\(.*", read(trace), re.M)
    done.injected = done.rc == -9 or "(INJECTED)" in read(trace)
    return done


def points(stage, kept, words, how):
    """Each call that the command makes when nothing is in its way, by its number."""
    stage.reset(kept)
    done = dbtls(stage, *words)
    if done.rc:
        raise RuntimeError(f"{words}: {done}")
    return [Point(call, n, how) for call in sorted(set(done.calls))
            for n in range(1, done.calls.count(call) + 1)]


class Trial:
    """What is done to stores, and what they may hold then."""

    def __init__(self, stages, verb, words):
        self.stages, self.verb, self.words = stages, verb, words
        self.before, self.holds, self.calls = {}, {}, []
        for stage in stages:
            stage.reset("fresh")
            self.before[stage] = stage.state()
            was = stage.contents()
            done = dbtls(stage, verb, *words, *stage.words)
            if done.rc:
                raise RuntimeError(f"{verb}: {done}")
            self.holds[stage] = [was, stage.contents()]
            stage.keep(verb)

    def wrong(self, stage):
        """What is neither as before nor as after."""
        was, now = self.holds[stage]
        return {name: sorted(held or ["damaged"]) for name, held in stage.contents().items()
                if held is None or held not in (was[name], now[name])}

    def judge(self, stage, done, is_add):
        """Faults, in words, after the command and after an undo that nothing is in the way of."""
        faults = [] if done.injected else ["it was not reached"]
        if wrong := self.wrong(stage):
            faults.append(f"neither before nor after: {wrong}")
        if is_add and done.rc == 0 and stage.contents() != self.holds[stage][1]:
            faults.append("it says that all went well, and not all did")
        if done.rc > 0 and not (done.out + done.err).strip():
            faults.append("it says nothing")
        again = trust(stage, "undo")
        if again.rc:
            faults.append(f"undo: {again}")
        if (state := stage.state()) != self.before[stage]:
            faults.append(f"not as before: {differing(state, self.before[stage])}")
        if (left := os.listdir(stage.journal)) != ["lock"]:
            faults.append(f"left in the journal: {left}")
        return faults

    def one(self, point, kept, words, free):
        stage = free.get()
        try:
            if kept != "fresh" or stage.spoilt:
                stage.reset(kept)
            done = dbtls(stage, *words(stage), faults=point)
            faults = self.judge(stage, done, kept == "fresh")
            stage.spoilt = bool(faults)  # else it is as before: that was looked at
            return f"{point}: {'; '.join(faults)}; {done}" if faults else ""
        finally:
            free.put(stage)

    def sweep(self, kept, words, how, and_also=(), name=""):
        """Each of the calls, in stages side by side."""
        all_points = points(self.stages[0], kept, words(self.stages[0]), how)
        free = queue.SimpleQueue()
        for stage in self.stages:
            stage.spoilt = True
            free.put(stage)
        with concurrent.futures.ThreadPoolExecutor(len(self.stages)) as pool:
            found = list(pool.map(
                lambda p: self.one([p, *and_also], kept, words, free), all_points))
        bad = [f for f in found if f]
        ok(not bad and len(found) > 8, f"D11: {name}: {how} at each of {len(found)} calls",
           f"{len(bad)} of {len(found)}", *bad[:5])

    def sweep_it(self, how, **more):
        more.setdefault("name", self.verb)
        self.sweep("fresh", lambda s: (self.verb, *self.words, *s.words), how, **more)

    def sweep_undo(self, how):
        self.sweep(self.verb, lambda s: ("undo",), how, name=f"undo of {self.verb}")


def differing(a, b):
    return {k: (a.get(k), b.get(k)) for k in {*a, *b} if a.get(k) != b.get(k)}


# ---- tests

stages = []


def files():
    make_files()
    stages.extend(Files(i, made) for i in range(SLOTS))
    return stages[-SLOTS:]


def test_files():
    both = files()
    add = Trial(both, "add", [ca.pem])
    same(all(len(now[n] - was[n]) == 1 for was, now in add.holds.values() for n in was), True,
         "each kind of store gets the CA", add.holds)
    for how in (KILL, NO_ROOM, NO_DISK):
        add.sweep_it(how)
    for how in (KILL, NO_DISK):
        add.sweep_undo(how)
    remove = Trial(both, "remove", ["starfield-class-2"])
    same(all(len(was[n] - now[n]) == 1 for was, now in remove.holds.values() for n in was), True,
         "each kind of store loses a CA", remove.holds)
    remove.sweep_it(KILL)
    for how in (KILL, NO_ROOM):
        remove.sweep_undo(how)


def test_nothing_can_be_removed():
    """A call fails, and then what was begun can't be cleared away either: undo does that."""
    trial = Trial(stages[:SLOTS], "add", [ca.pem])
    also = [Point(call, "1+", NO_DISK) for call in ("unlinkat", "ftruncate")]
    trial.sweep_it(NO_ROOM, and_also=also, name="add, and nothing can be removed or cut off")


def test_system():
    if not ROOT:
        return skip("the system's stores", "it takes root to have a copy of them mounted")
    if not shutil.which("update-ca-certificates"):
        return skip("the system's stores", "there is no update-ca-certificates")
    both = []
    for i in range(SLOTS):
        both.append(System(i, made))
        stages.append(both[-1])
    trial = Trial(both, "add", [ca.pem])
    same(all(len(now[n] - was[n]) == 1 for was, now in trial.holds.values() for n in was), True,
         "each of the system's stores gets the CA", trial.holds)
    for how in (KILL, NO_ROOM):
        trial.sweep_it(how)
    trial.sweep_undo(KILL)
    outlived(both[0], trial.before[both[0]])
    return None


def test_nss():
    if not shutil.which("certutil"):
        return skip("NSS databases", "there is no certutil")
    old = Ca(f"{folder}/old")  # with the other one's name: certutil goes by nicknames
    os.mkdir(f"{made}/nssdb")
    tool("certutil", "-N", "-d", f"sql:{made}/nssdb", "--empty-password")
    tool("certutil", "-A", "-d", f"sql:{made}/nssdb", "-t", "CT,,", "-n", "old", "-i", old.pem)
    both = [Nss(i, made) for i in range(SLOTS)]
    for verb, which in (("add", ca.pem), ("remove", old.pem)):
        trial = Trial(both, verb, [which])
        same(all(len(now["nssdb"] ^ was["nssdb"]) == 1 for was, now in trial.holds.values()), True,
             f"NSS: {verb}", trial.holds)
        trial.sweep_it(KILL)
        trial.sweep_undo(KILL)
    return None


def outlived(stage, before):
    """dbtls is killed while the system's command runs: that goes on, and undo waits for it."""
    stage.reset("fresh")
    with open(f"{folder}/slow", "w"):
        pass
    add = start(stage, "add", ca.pem, "--system")
    until(lambda: os.path.exists(f"{folder}/waits"), 60)
    add.kill()
    add.wait()
    undo = start(stage, "undo")
    until(lambda: undo.poll() is not None, 2)
    same(undo.poll(), None, "D11: undo waits for the system's command that outlived its dbtls")
    with open(f"{folder}/go", "w"):
        pass
    same((undo.wait(60), differing(stage.state(), before)), (0, {}), "and then takes all back")


def start(stage, *words):
    """The process itself, so that it can be killed: nsenter becomes it."""
    return subprocess.Popen([*stage.inside, DBTLS, "trust", *words, "--journal", stage.journal],
                            env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


try:
    run(test_files, test_nothing_can_be_removed, test_system, test_nss)
finally:
    for one in stages:
        one.close()
    shutil.rmtree(folder, ignore_errors=True)
finish()
