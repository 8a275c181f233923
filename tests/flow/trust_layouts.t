#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D11: a CA is put into the system's stores as Debian, RHEL, Alpine, SUSE and Arch keep them, and taken
out again; after undo nothing is left of it. One broken store stops no other; who may not write is
given the line for sudo, and it works as printed.
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, ROOT, command, sanitized  # noqa: E402
from mysqld import Ca  # noqa: E402
from systems import Alpine, Arch, Debian, Rhel, Suse, enter, of_pem  # noqa: E402
from tap import finish, note, ok, run, same, skip  # noqa: E402

AMAZON = "8ECDE6884F3D87B1125BA31AC3FCB13D7016DE7F57CC904FE1CB97C6AE98196E"
folder = ca = print_of_ca = None


def outcomes(done):
    """What came of each store, by its path."""
    return {s["path"]: s["outcome"] for s in json.loads(done.out)["stores"]}


def differences(before, after):
    return {p: (before.get(p), after.get(p)) for p in before.keys() | after.keys()
            if before.get(p) != after.get(p)}


def all_of(system, value):
    return [value] * len(system.derived)


def check_dry(system, before):
    done = system.trust("add", "/ca.pem", "--dry-run", "--json")
    same((done.rc, outcomes(done)), (0, {system.bundle: "would"}),
         f"{system.name}: --dry-run says what it would do", done)
    same((differences(before, system.walk()), os.path.exists(system.at("/var/lib/dbtls-trust"))),
         ({}, False), f"{system.name}: and changes nothing at all")


def check_add(system):
    files = set(os.listdir(system.at(system.source)))
    done = system.trust("add", "/ca.pem", "--json")
    same((done.rc, set(outcomes(done).values())), (0, {"done"}), f"D11: {system.name}: add", done)
    same(set(os.listdir(system.at(system.source))) - files,
         {f"dbtls-test-ca-{print_of_ca[:8].lower()}.crt"}, f"{system.name}: as one file")
    same(system.has(print_of_ca), all_of(system, True), f"{system.name}: all its stores have it",
         done, system.derived)
    audit = system.trust("audit", "--ca", "/ca.pem", "--quick", "--json", system.bundle)
    same((audit.rc, json.loads(audit.out)[0]["lacks"]), (0, []), f"{system.name}: audit finds it",
         audit)
    done = system.trust("add", "/ca.pem", "--json")
    same((done.rc, outcomes(done)), (0, {system.bundle: "already"}),
         f"{system.name}: once more, and nothing is done", done)
    done = system.trust("undo", "--list", "--json")
    same(len(json.loads(done.out)["changes"]), 1, f"{system.name}: one change to take back", done)


def check_back(system, before, held):
    """Removed, and both changes taken back, the newest first."""
    done = system.trust("remove", print_of_ca[:16], "--json")
    same((done.rc, system.has(print_of_ca)), (0, all_of(system, False)),
         f"D11: {system.name}: remove, by its SHA-256", done)
    done = system.trust("undo")
    same((done.rc, system.has(print_of_ca)), (0, all_of(system, True)),
         f"{system.name}: undo puts it back", done)
    done = system.trust("undo")
    same((done.rc, differences(before, system.walk())), (0, {}),
         f"{system.name}: undo leaves no trace", done)
    same(differences(held, system.held()), {}, f"{system.name}: all stores hold what they held")


def check_shipped(system, before, held):
    """One that the distribution ships comes back by itself, unless it is deselected."""
    done = system.trust("remove", "amazon-root-ca-1", "--json")
    same((done.rc, system.has(AMAZON)), (0, all_of(system, False)),
         f"{system.name}: one that ships with it is deselected", done)
    done = system.trust("remove", "amazon-root-ca-1", "--json")
    same((done.rc, outcomes(done)), (0, {system.bundle: "already"}),
         f"{system.name}: once more, and nothing is done", done)
    done = system.trust("undo")
    same((done.rc, differences(before, system.walk())), (0, {}),
         f"{system.name}: undo leaves no trace of that", done)
    same(differences(held, system.held()), {}, f"{system.name}: nor in what is held")


def check(kind):
    def test():
        with kind() as system:
            shutil.copy(ca.pem, system.at("/ca.pem"))
            before, held = system.walk(), system.held()
            same([AMAZON in held.get(p, ()) for p in system.listed], all_of(system, True),
                 f"{system.name}: list finds its stores", held.keys())
            check_dry(system, before)
            check_add(system)
            check_back(system, before, held)
            # Its tools take seconds each time, with the sanitizers or without.
            if kind is not Debian or not sanitized():
                check_shipped(system, before, held)
    test.__name__ = f"test_{kind.__name__.lower()}"
    return test


def test_blocked():
    """What a system distrusts expressly is not added behind its back."""
    with Rhel() as system:
        shutil.copy(ca.pem, system.at("/ca.pem"))
        shutil.copy(ca.pem, system.at(f"{system.blocked}/no.pem"))
        before = system.walk()
        done = system.trust("add", "/ca.pem", "--json")
        same((done.rc, outcomes(done)), (1, {system.bundle: "impossible"}),
             "what the blocklist names is refused", done)
        ok("distrusts" in done.out and system.blocked in done.out, "with its place", done)
        same(differences(before, system.walk()), {}, "and nothing is changed")


def test_all():
    """--all: the system's, then Java's; packages' bundles and others' settings are told, and left."""
    bundle, java = "/opt/app/venv/lib/python3.11/site-packages/certifi/cacert.pem", \
        "/opt/jdk-17/lib/security/cacerts"
    with Rhel() as system:
        shutil.copy(ca.pem, system.at("/ca.pem"))
        root = command(DBTLS, "trust", "export", "--only", "amazon-root-ca-1").out
        for path in (bundle, "/etc/own.pem"):
            system.put(path, root)
        system.put("/root/.my.cnf", "[client]\nssl-ca = /etc/own.pem\n")
        system.folder(os.path.dirname(java))
        command(DBTLS, "trust", "export", "--only", "amazon-root-ca-1", "--format", "jks", "--out",
                system.at(java))
        system.walked += ("opt",)
        before = system.walk()
        done = system.trust("add", "/ca.pem", "--java", "--json")
        same((done.rc, outcomes(done)), (0, {java: "done"}), "--java: Java's alone", done)
        same((system.trust("undo").rc, differences(before, system.walk())), (0, {}), "and undone")
        done = system.trust("add", "/ca.pem", "--all", "--json")
        got = {s["path"]: (s["outcome"], s["text"]) for s in json.loads(done.out)["stores"]}
        same({p: got.get(p, "?")[0] for p in (system.bundle, java, bundle, "/etc/own.pem")},
             {system.bundle: "done", java: "done", bundle: "environment", "/etc/own.pem": "left"},
             "--all: what is changed, what is to be set, what is left", done)
        same((done.rc, got[bundle][1]), (0, f"export REQUESTS_CA_BUNDLE={system.bundle}"),
             "with the line that is to be set", done)
        changed = differences(before, system.walk())
        same({p for p in changed if p.startswith("/opt") or p == "/etc/own.pem"}, {java},
             "nothing else was changed", changed)
        same((system.trust("undo").rc, differences(before, system.walk())), (0, {}),
             "one undo takes all of it back")


def test_another_source():
    """Somebody else has given the system the same CA meanwhile: undo takes our file alone."""
    with Suse() as system:
        shutil.copy(ca.pem, system.at("/ca.pem"))
        system.trust("add", "/ca.pem")
        shutil.copy(ca.pem, system.at(f"{system.source}/theirs.crt"))
        done = system.trust("undo")
        same((done.rc, os.listdir(system.at(system.source)), system.has(print_of_ca)),
             (0, ["theirs.crt"], all_of(system, True)), "undo leaves what others put there", done)
        ok("another file" in done.out, "and says so", done)


def test_failing_command():
    """The system's command fails: that is said, and what was done can be taken back."""
    with Suse() as system:
        shutil.copy(ca.pem, system.at("/ca.pem"))
        before = system.walk()
        must_work = system.at("/sbin/peer")
        with open(must_work) as f:
            text = f.read()
        with open(must_work, "w") as f:
            f.write("#!/bin/sh\necho no room left >&2\nexit 3\n")
        done = system.trust("add", "/ca.pem", "--json")
        same((done.rc, outcomes(done)), (1, {system.bundle: "impossible"}),
             "a command that fails is no success", done)
        ok("no room left" in done.out, "its own words are told", done)
        ok("sources are changed" in done.out and "trust undo" in done.out
           and differences(before, system.walk()), "and that its source has the CA now", done)
        done = system.trust("undo")
        same(done.rc, 1, "undo says as well that it fails", done)
        with open(must_work, "w") as f:
            f.write(text)
        done = system.trust("undo")
        same((done.rc, differences(before, system.walk())), (0, {}),
             "and works when it works again", done)
        with open(must_work, "w") as f:
            f.write("#!/bin/sh\nexit 3\n")
        done = system.trust("remove", "amazon-root-ca-1", "--json")
        ok(done.rc == 1 and "sources are changed" in done.out, "so it is when one is removed", done)


# ---- files, without any system

ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def trust(*words, **more):
    return command(DBTLS, "trust", *words, "--journal", f"{folder}/journal",
                   env={**ENV, "HOME": folder}, cwd=folder, **more)


def contents():
    seen = {}
    for where, _, files in os.walk(f"{folder}/stores"):
        for name in files:
            with open(f"{where}/{name}", "rb") as f:
                seen[f"{where}/{name}"] = f.read()
    return seen


def make_stores():
    os.makedirs(f"{folder}/stores/hashed")
    os.makedirs(f"{folder}/stores/plain")
    for form in ("pem", "jks", "pkcs12"):
        done = command(DBTLS, "trust", "export", "--format", form, "--only", "amazon-root-ca-1",
                       "--only", "amazon-root-ca-3", "--out", f"{folder}/stores/good.{form}")
        ok(done.rc == 0, f"a store: {form}", done)
    with open(f"{folder}/stores/good.jks", "rb") as f:
        whole = f.read()
    with open(f"{folder}/stores/broken.jks", "wb") as f:
        f.write(whole[:len(whole) // 2])
    shutil.copy(f"{folder}/stores/good.pem", f"{folder}/stores/hashed/all.pem")
    other = Ca(f"{folder}/other")  # the same name, another key
    for i, pem in enumerate((other.pem, ca.pem)):
        shutil.copy(pem, f"{folder}/stores/hashed/{i}.pem")
    subprocess.run(["openssl", "rehash", "-compat", f"{folder}/stores/hashed"], check=False,
                   capture_output=True)


def every():
    names = ("good.pem", "broken.jks", "good.jks", "gone.pem", "good.pkcs12", "plain")
    return [w for n in names for w in ("--store", f"{folder}/stores/{n}")]


def test_broken():
    """One that can't be changed is named, and the others are changed."""
    before = contents()
    done = trust("add", ca.pem, "--json", *every())
    got = {os.path.basename(p): o for p, o in outcomes(done).items()}
    same((done.rc, got), (1, {"good.pem": "done", "broken.jks": "impossible", "good.jks": "done",
                              "gone.pem": "impossible", "good.pkcs12": "done", "plain": "done"}),
         "D11: one broken store stops no other", done)
    again = contents()
    done = trust("add", ca.pem, "--json", *every())
    got = {os.path.basename(p): o for p, o in outcomes(done).items()}
    same((done.rc, [got[n] for n in ("good.pem", "good.jks", "good.pkcs12", "plain")],
          contents() == again), (1, ["already"] * 4, True), "twice adds once", done)
    done = trust("undo")
    same((done.rc, contents() == before), (0, True), "undo: byte for byte as before", done)


def test_changed_since():
    """Somebody else adds to a file of ours: undo takes ours out and leaves theirs."""
    path = f"{folder}/stores/good.pem"
    before = contents()
    trust("add", ca.pem, "--store", path)
    theirs = command(DBTLS, "trust", "export", "--only", "amazon-root-ca-4").out
    with open(path, "a") as f:
        f.write(theirs)
    done = trust("undo")
    with open(path, "rb") as f:
        same((done.rc, f.read()), (0, before[path] + theirs.encode()),
             "undo leaves what others have added", done)
    ok("changed since" in done.out, "and says so", done)
    with open(path, "wb") as f:
        f.write(before[path])
    trust("add", ca.pem, "--store", path)
    shutil.copyfile(ca.pem, path)
    done = trust("undo")
    same((done.rc, os.path.getsize(path)), (0, 0),
         "a file that was there stays, if nothing of it but ours was left", done)
    with open(path, "wb") as f:
        f.write(before[path])


def test_hashed():
    """The second of two with one hash is found by OpenSSL, also when the first goes."""
    where = f"{folder}/stores/linked"
    os.makedirs(where)
    other = f"{folder}/other/ca.pem"
    hash_ = command("openssl", "x509", "-noout", "-hash", "-in", ca.pem).out.strip()
    shutil.copy(other, f"{where}/{hash_}.0")
    before = contents()
    done = trust("add", ca.pem, "--store", where)
    same((done.rc, sorted(os.listdir(where))), (0, [f"{hash_}.0", f"{hash_}.1"]),
         "a hashed folder gets the next number", done)
    same(verifies(where, ca.pem), [0, 0], "OpenSSL finds both", done)
    done = trust("remove", other, "--store", where)
    same((done.rc, os.listdir(where), verifies(where, ca.pem)),
         (0, [f"{hash_}.0"], [2, 0]), "the gap is closed, or the second would be lost", done)
    done = trust("undo", "--all")
    same((done.rc, contents() == before), (0, True), "undo --all: as before", done)


def verifies(where, pem):
    return [command("openssl", "verify", "-no-CAfile", "-no-CAstore", "-CApath", where, p).rc
            for p in (f"{folder}/other/ca.pem", pem)]


def test_rehashed():
    """A folder as `openssl rehash` leaves it: the file goes, and no link takes another's with it."""
    where = f"{folder}/stores/rehashed"
    os.makedirs(where)
    shutil.copy(f"{folder}/other/ca.pem", f"{where}/other.pem")
    shutil.copy(ca.pem, f"{where}/mine.pem")
    made = command("openssl", "rehash", where)
    links = {n: os.readlink(f"{where}/{n}") for n in os.listdir(where) if ".pem" not in n}
    same((made.rc, sorted(links.values())), (0, ["mine.pem", "other.pem"]), "a folder with links")
    before = contents()
    done = trust("remove", ca.pem, "--store", where)
    same((done.rc, os.path.exists(f"{where}/mine.pem"), os.path.exists(f"{where}/other.pem")),
         (0, False, True), "the file goes, and the other stays", done)
    ok("openssl rehash" in done.out, "what tidies the link up is said", done)
    same((trust("undo").rc, contents() == before), (0, True), "and comes back")
    number = [n for n, to in links.items() if to == "other.pem"][0]
    os.remove(f"{where}/{number[:-1]}0")
    os.remove(f"{where}/{number[:-1]}1")
    os.rename(f"{where}/mine.pem", f"{where}/{number[:-1]}0")
    os.symlink("other.pem", f"{where}/{number[:-1]}1")
    before = contents()
    done = trust("remove", ca.pem, "--store", where)
    ok(done.rc == 1 and "openssl rehash" in done.out and contents() == before,
       "where a link would be lost, it is said what to do", done)


def test_nss():
    """NSS databases by certutil: one of another user's stays theirs, with its trust as it was."""
    where = f"{folder}/nss"
    os.makedirs(where)
    made = command("certutil", "-N", "--empty-password", "-d", f"sql:{where}")
    other = f"{folder}/other/ca.pem"  # it has the same name
    same(made.rc, 0, "a database", made)
    for name in (".", *os.listdir(where)):
        os.chown(f"{where}/{name}", 65534, 65534)

    def flags():
        said = command("certutil", "-L", "-d", f"sql:{where}").out.splitlines()[4:]
        return [line.split()[-1] for line in said if line.strip()]

    store = ("--store", f"{where}/cert9.db")
    done = trust("add", ca.pem, "--store", where)
    same((done.rc, flags()), (0, ["C,,"]), "D11: an NSS database gets a CA", done)
    same({os.stat(f"{where}/{n}").st_uid for n in os.listdir(where)}, {65534},
         "its files are its owner's")
    command("certutil", "-M", "-d", f"sql:{where}", "-t", "CT,,", "-n",
            f"dbtls-test-ca-{print_of_ca[:8].lower()}")
    done = trust("remove", ca.pem, *store)
    same((done.rc, flags()), (0, []), "it is taken out", done)
    done = trust("undo")
    same((done.rc, flags()), (0, ["CT,,"]), "and put back with the trust that it had", done)
    trust("add", other, *store)
    done = trust("remove", ca.pem, *store)
    left = json.loads(trust("list", "--json", "--anchors", store[1]).out)[0]["certificates"]
    same((done.rc, [c["sha256"] for c in left]), (0, [of_pem(other)]),
         "of two with one name none is taken for the other", done, left)
    command("certutil", "-A", "-d", f"sql:{where}", "-t", "C,,", "-n",
            f"dbtls-test-ca-{of_pem(other)[:8].lower()}", "-i", ca.pem)
    done = trust("remove", ca.pem, *store)
    ok(done.rc == 1 and "apart" in done.out and len(flags()) == 2,
       "and of two with one nickname neither goes", done, flags())


def test_locked_nss():
    """One with a password: nobody is asked, and nothing hangs."""
    where = f"{folder}/locked"
    os.makedirs(where)
    with open(f"{folder}/password", "w") as f:
        f.write("quite secret\n")
    command("certutil", "-N", "-f", f"{folder}/password", "-d", f"sql:{where}")
    done = trust("add", ca.pem, "--store", f"{where}/cert9.db", "--json")
    got = json.loads(done.out)["stores"][0]
    same((done.rc, got["outcome"]), (1, "type"), "with a password it is to be typed", done)
    typed = command("sh", "-c", f"{got['text']} -f {folder}/password", cwd="/")
    listed = command(DBTLS, "trust", "list", "--json", "--anchors", f"{where}/cert9.db")
    same((typed.rc, print_of_ca in listed.out), (0, True), "as printed, from any folder", got, typed)


def test_links_are_left():
    """A folder's link to somebody else's file: that file is not ours to remove."""
    where = f"{folder}/stores/linking"
    os.makedirs(where)
    os.symlink("../../ca/ca.pem", f"{where}/mine.pem")
    done = trust("remove", ca.pem, "--store", where, "--json")
    same((done.rc, os.path.exists(ca.pem), os.listdir(where)), (1, True, ["mine.pem"]),
         "a link is named, and followed by nobody", done)
    shutil.copy(ca.pem, f"{where}/zz.pem")
    done = trust("remove", ca.pem, "--store", where)
    same((done.rc, sorted(os.listdir(where))), (1, ["mine.pem", "zz.pem"]),
         "nothing is done to the others when one can't be done", done)


def test_fifo():
    """What is no file in a folder of certificates is waited for by nobody."""
    where = f"{folder}/stores/pipes"
    os.makedirs(where)
    os.mkfifo(f"{where}/zz")
    os.symlink("../pipes/zz", f"{where}/led.pem")
    os.symlink("/dev/zero", f"{where}/endless.pem")
    shutil.copy(ca.pem, f"{where}/mine.pem")
    done = trust("remove", ca.pem, "--store", where, timeout=20)
    same((done.rc, sorted(os.listdir(where))), (0, ["endless.pem", "led.pem", "zz"]),
         "a FIFO in the folder is passed by", done)
    shutil.rmtree(where)


def test_refusals():
    before = contents()
    store = ("--store", f"{folder}/stores/good.pem")
    leaf, key = ca.leaf("db1.dbtls.test")
    expired, _ = ca.expired("db1.dbtls.test")
    both = f"{folder}/both.pem"
    with open(both, "w") as f:
        f.write(open(ca.pem).read() + open(key).read())
    for words, what in (((key,), "never a private key"), ((both,), "never a private key"),
                        ((leaf,), "--yes-a-leaf"), (("/dev/null",), "certificate"),
                        ((expired, "--yes-a-leaf"), "--yes-expired"),
                        (("amazon-root-ca-7",), "did you mean amazon-root-ca"),
                        (("amazon-root-ca-7",), "www.amazontrust.com/repository"), ((), "say which")):
        done = trust("add", *words, *store)
        ok(done.rc == 2 and what in done.err and "Sanitizer" not in done.err,
           f"refused: {what}", words, done)
    same(contents() == before, True, "nothing was changed by what was refused")
    done = trust("add", leaf, "--yes-a-leaf", *store)
    same((done.rc, contents() == before), (0, False), "a leaf is added by whoever insists", done)
    trust("undo")
    same(contents() == before, True, "and undone")


def test_not_root():
    """What an ordinary user may not write comes with the line that does it."""
    path = f"{folder}/stores/it's mine.pem"
    shutil.copy(f"{folder}/stores/good.pem", path)
    own = tempfile.mkdtemp(prefix="dbtls-user-", dir="/tmp")
    os.chown(own, 65534, 65534)
    shutil.copy(path, f"{own}/theirs.pem")
    os.chown(f"{own}/theirs.pem", 65534, 65534)
    program = f"{own}/dbtls"
    shutil.copy(DBTLS, program)
    os.chmod(program, 0o755)
    try:
        done = command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program,
                       "trust", "add", os.path.relpath(ca.pem, folder), "--store", path, "--store",
                       f"{own}/theirs.pem", "--json", env={**ENV, "HOME": own}, cwd=folder)
        got = json.loads(done.out)["stores"]
        same((done.rc, [s["outcome"] for s in got]), (1, ["type", "done"]),
             "not root: one is to be typed, the other done", done)
        line = got[0]["text"]
        ok(line.startswith("sudo dbtls trust add /") and ca.pem in line, "the line for sudo", line)
        ok(os.path.isdir(f"{own}/.local/state/dbtls-trust"), "the journal is the user's own")
        typed = line.removeprefix("sudo ") + f" --journal {folder}/journal"
        done = command("sh", "-c", typed, env={**ENV, "PATH": f"{own}:{ENV['PATH']}"}, cwd="/")
        listed = command(DBTLS, "trust", "list", "--json", "--anchors", path)
        same((done.rc, print_of_ca in listed.out), (0, True), "it works as printed", line, done)
        trust("undo")
        long = os.path.dirname(ca.pem) + "/." * 200 + "/ca.pem"
        for name, wanted in ((ca.pem, "type"), (long, "impossible")):
            done = command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                           program, "trust", "add", *[name] * 250, "--store",
                           os.path.relpath(path, folder), "--json", env={**ENV, "HOME": own},
                           cwd=folder)
            got = json.loads(done.out)["stores"][0]
            same((done.rc, got["outcome"]), (1, wanted), f"250 names of {len(name)} bytes: {wanted}", done)
            if wanted == "type":
                same(shlex.split(got["text"]), ["sudo", "dbtls", "trust", "add", *[name] * 250,
                                                "--store", path], "is printed whole")
            else:
                ok("Permission denied" in got["text"], "is not printed in part", got)
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.remove(path)


def main():
    global folder, ca, print_of_ca
    folder = tempfile.mkdtemp(prefix="dbtls-layouts-", dir="/tmp")
    os.chmod(folder, 0o755)
    ca = Ca(f"{folder}/ca")
    print_of_ca = of_pem(ca.pem)
    try:
        note("RHEL's, Alpine's, SUSE's and Arch's are trees; their own tools were not run")
        run(make_stores, test_broken, test_changed_since, test_hashed, test_rehashed, test_nss, test_locked_nss,
            test_links_are_left, test_fifo,
            test_refusals, test_not_root, *(check(k) for k in (Rhel, Alpine, Suse, Arch, Debian)),
            test_all, test_another_source,
            test_blocked, test_failing_command)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if ROOT:
    enter()
    main()
else:
    skip("D11: the system's stores", "only root can mount copies of them")
finish()
