#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
D11: Chromium reaches the lab's good endpoint after `dbtls trust add --nss`, and neither before nor
after `dbtls trust undo`, wherever it has its database; and where it has none yet, or certutil is not
there, after what is then said to be typed.
"""
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import lab
import space
from browser import Browser
from door import DBTLS, ROOT, command
from mysqld import Ca
from tap import finish, note, ok, run, same, skip

UNKNOWN = "net::ERR_CERT_AUTHORITY_INVALID"
OLD, NEW = ".pki/nssdb", ".local/share/pki/nssdb"
running = None


class Home:
    """A user's home, with these databases in it, made by certutil, and a journal."""

    def __init__(self, name, *databases):
        self.path, self.journal = f"{space.FOLDER}/{name}", f"{space.FOLDER}/{name}-journal"
        os.mkdir(self.path)
        for where in databases:
            os.makedirs(f"{self.path}/{where}")
            space.tool("certutil", "-N", "-d", f"sql:{self.path}/{where}", "--empty-password")

    def trust(self, *words):
        env = {"PATH": os.environ["PATH"], "HOME": self.path, "LC_ALL": "C.UTF-8"}
        return command(DBTLS, "trust", *words, "--journal", self.journal, env=env,
                       cwd=space.FOLDER)

    def add(self):
        return self.trust("add", of("good").ca, "--nss")

    def visit(self, condition="good"):
        row = of(condition)
        with Browser(self.path) as browser:
            return browser.visit(f"https://{row.host}:{row.port}/")

    def database(self):
        """Where Chromium has it: only if that one is there the old place counts."""
        old, new = f"{self.path}/{OLD}", f"{self.path}/{NEW}"
        return old if os.path.exists(old) else new

    def holds(self):
        """Certificates and their trust, as certutil has them, of all databases."""
        found = {}
        for where in (OLD, NEW):
            if os.path.exists(f"{self.path}/{where}/cert9.db"):
                found[where] = certificates(f"{self.path}/{where}")
        return found


def certificates(where):
    """Of a database: nicknames and flags."""
    lines = space.tool("certutil", "-L", "-d", f"sql:{where}").splitlines()
    return sorted(line for line in lines if re.search(r"\S +[\w,]*,[\w,]*,[\w,]*$", line))


def of(condition):
    return running.of(condition, "https")


def reaches(visit, name):
    ok(visit.error == "" and f"healthy: {of('good').host} " in visit.text, name, visit)


def refuses(visit, name):
    ok(visit.error == UNKNOWN and "healthy:" not in visit.text, name, visit)


def test_never_run():
    """Nobody makes it for a user whose browser has never run, but what does it is said."""
    home = Home("new")
    done = home.add()
    lines = re.findall(r"^\s*(mkdir .* --nss)$", done.out, re.M)
    ok(done.rc == 1 and len(lines) == 1, "without a database it is not done, and that is said", done)
    path = f"{os.path.dirname(DBTLS)}:{os.environ['PATH']}"
    typed = command("sh", "-c", f"{lines[0]} --journal {home.journal}", cwd=space.FOLDER,
                    env={"PATH": path, "HOME": home.path})
    same(typed.rc, 0, f"… but what can be typed: {lines[0]}", typed)
    reaches(home.visit(), "D11: Chromium, started for the first time, trusts the lab's endpoint")
    refuses(home.visit("untrusted-root"), "… and none of another CA")
    done = home.trust("undo")
    same(done.rc, 0, "trust undo", done)
    refuses(home.visit(), "D11: … and afterwards it does not")
    same([c for found in home.holds().values() for c in found], [], "no database holds anything")


def test_new():
    """A home where a Chromium has been, and no database: it is made, and is gone or empty again."""
    home = Home("profile")
    os.makedirs(f"{home.path}/.config/chromium")
    done = home.add()
    ok(done.rc == 0 and len(home.holds()) == 1, "a database is made where Chromium looks", done)
    reaches(home.visit(), "D11: … and Chromium trusts the lab's endpoint by it")
    done = home.trust("undo")
    same((done.rc, [c for found in home.holds().values() for c in found]), (0, []),
         "trust undo: none holds anything", done)
    refuses(home.visit(), "D11: … and Chromium refuses again")


def test_databases():
    for name, databases, runs_first in (("its own", (), True),
                                        ("one of certutil's in the old place", (OLD,), False),
                                        ("one in each place", (OLD, NEW), False)):
        home = Home(name.replace(" ", "-"), *databases)
        first = home.visit()
        refuses(first, f"with {name}: Chromium does not trust the lab's endpoint")
        if runs_first:
            same(list(home.holds()), [NEW], "it has made its own database in the new place")
        stranger_in(home)
        before = home.holds()
        done = home.add()
        same(done.rc, 0, f"with {name}: trust add --nss", done)
        reaches(home.visit(), f"D11: with {name}: then it does")
        again = home.add()
        same((again.rc, home.trust("undo").rc), (0, 0), "added once more, and taken back once",
             again)
        same(home.holds(), before, f"D11: with {name}: every database holds what it held")
        refuses(home.visit(), "D11: … and Chromium refuses again")


def stranger_in(home):
    """A certificate that has to stay as it is."""
    space.tool("certutil", "-A", "-d", f"sql:{home.database()}", "-n", "a stranger's", "-t", "p,,",
               "-i", Ca(f"{home.path}/stranger").pem)


def test_without_certutil():
    home = Home("bare", OLD)
    certutil = os.path.realpath(shutil.which("certutil"))
    # Root takes the system's own, whatever PATH says: that one has to go.
    space.tool("mount", "--bind", of("good").ca, certutil)
    done = home.add()
    space.tool("umount", certutil)
    ok(done.rc != 0 and "certutil" in done.out + done.err,
       "without certutil it is not done, and that is said", done)
    refuses(home.visit(), "… nor does Chromium trust it")
    lines = re.findall(r"^\s*(certutil .*)$", done.out + done.err, re.M)
    ok(lines, "the command is printed", done)
    for line in lines:
        typed = command("sh", "-c", line, cwd=space.FOLDER)
        same(typed.rc, 0, f"… which can be typed: {line}", typed)
    reaches(home.visit(), "D11: … and has Chromium trust it")


def main():
    global running
    space.lay_out()
    with lab.Lab("--protocol", "https", "--only", "good,untrusted-root") as running:
        space.names(f"{running.folder}/hosts")
        with Browser(space.FOLDER) as browser:
            note(browser.version())
        run(test_never_run, test_new, test_databases, test_without_certutil)


missing = [p for p in ("chromium", "certutil") if not shutil.which(p)]
if not ROOT or missing:
    skip("Chromium after trust add --nss",
         f"{', '.join(missing)} is missing" if ROOT else "only root can make a network")
elif space.FOLDER:
    main()
else:
    space.enter()
finish()
