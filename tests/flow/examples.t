#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
The worked examples of docs/add-a-cause.md, add-a-store.md and add-a-client-behaviour.md are the whole
change: their diffs apply, what comes of them builds, and does what the page says (D3, D7).
"""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import BUILD, command, read
from tap import finish, ok, run

HERE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUNDLE = "home/linuxbrew/.linuxbrew/etc/ca-certificates"


def apply(there, page):
    change = read(f"{HERE}/docs/{page}").split("```diff\n")[1].split("```")[0]
    done = command("git", "apply", "-", cwd=there, stdin=change)
    ok(done.rc == 0, f"the diff of docs/{page} applies", done)


def built(there):
    """The changed tree, built upon what is built already."""
    for folder in ("po", "src", "tests/unit", "tools"):
        shutil.copytree(f"{HERE}/{folder}", f"{there}/{folder}")
    shutil.copy2(f"{HERE}/Makefile", there)
    shutil.copytree(BUILD, f"{there}/out", ignore=shutil.ignore_patterns("tests", "bench"))
    for page in "add-a-cause.md", "add-a-store.md", "add-a-client-behaviour.md":
        apply(there, page)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    units = [f"{there}/out/tests/unit/test_{name}.t" for name in ("diagnose", "habits", "remedy")]
    done = command("make", "V=release", f"OUT={there}/out", f"{there}/out/dbtls", *units, cwd=there,
                   env=env, timeout=400)
    ok(done.rc == 0, "what comes of them builds", done)
    return f"{there}/out/dbtls", *units


def test_examples():
    with tempfile.TemporaryDirectory(prefix="dbtls-examples-") as there:
        dbtls, diagnose, habits, remedy = built(there)
        done = command(dbtls, "explain", "ERROR 1053 (08S01): Server shutdown in progress")
        ok(done.rc == 0 and "shutting-down: the server is being shut down" in done.out,
           "the cause is known by its text", done)
        done = command(diagnose)
        ok(done.rc == 0 and "shutting-down" in done.out, "and by the end of its step", done)
        done = command(remedy)
        ok(done.rc == 0 and "shutting-down: no server that it concerns is without advice" in
           done.out, "and what mends it is there", done)
        done = command(habits)
        ok(done.rc == 0 and " - connector-python at cn-only\n" in done.out,
           "what the client does is said of it", done)
        done = command(dbtls, "check", "--clients", "127.0.0.1:1")
        ok(done.rc == 3 and "connector-python" in done.out, "and it stands in the table", done)
        os.makedirs(f"{there}/tree/{BUNDLE}")
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", f"{there}/tree/{BUNDLE}/cert.pem")
        done = command(dbtls, "trust", "list", "--root", f"{there}/tree")
        ok(done.rc == 0 and f"/{BUNDLE}/cert.pem" in done.out and "Homebrew" in done.out,
           "the store is listed, with who uses it", done)


run(test_examples)
finish()
