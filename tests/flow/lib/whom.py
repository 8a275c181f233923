# SPDX-License-Identifier: Apache-2.0
"""
A client of each library, misconfigured in each of the usual ways, at one door: what `dbtls status
clients` says of it. Each try comes from an address of its own, by which its row is found. What came
out is compared with docs/failures.md, or written there when DBTLS_WRITE_DOCS=1.
"""
import concurrent.futures
import dataclasses
import json
import os
import re
import shutil
import sys
import tempfile
import traceback

from clients import FROM, PASSWORD, TO, Client, Project, accounts, missing, read_docs
from door import ROOT, Door, command, read
from mysqld import Ca
from tap import finish, note, ok, run, same, skip, until

NAME, OTHER = "db1.dbtls.test", "db2.dbtls.test"  # both lead here; the certificate has the first
SPACE = f"dbtls-whom-{os.getpid()}"
INSIDE = ("nsenter", f"--net=/run/netns/{SPACE}")
BLOCK = "10.9.0.0/16"  # all of it is this host: who connects to an address there comes from it
USER = "shop"
RUN = 90  # seconds at most
DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../docs/failures.md")

NO_CA, OTHER_CA, OTHER_NAME = "no CA", "other CA", "other name"
TLS_1_1, TLS_1_2, TLS_1_2_ONLY, NO_TLS = "TLS 1.1", "TLS 1.2", "TLS 1.2 at 1.3", "no TLS"
RIGHT = "right"
# What a client is told wrongly, and the cause that is to be found.
WRONG = {NO_CA: "unknown-ca", OTHER_CA: "unknown-ca", OTHER_NAME: "wrong-name", TLS_1_1: "old-tls",
         TLS_1_2_ONLY: "no-tls-1.3", TLS_1_2: "works-tls-1.2", NO_TLS: "no-tls"}
IDS = {NO_TLS: "T8", TLS_1_1: "T2", TLS_1_2: "T2", TLS_1_2_ONLY: "T2"}  # else T5
GETS_IN = "nothing"  # there is no row: it logs in


@dataclasses.dataclass
class Way:
    """How a project is told something: changes to its files and its line, and variables."""
    changes: tuple = ()  # (pattern, what to put there), of regular expressions
    env: dict = dataclasses.field(default_factory=dict)

    def also(self, *changes):
        return Way((*changes, *self.changes), self.env)


@dataclasses.dataclass
class Library:
    client: Client
    name: str  # what `status clients` calls it
    ways: dict  # of RIGHT and WRONG: Way; None: it can't be told that
    others: dict = dataclasses.field(default_factory=dict)  # of WRONG: its name then
    departures: dict = dataclasses.field(default_factory=dict)  # of WRONG: (cause, why)


def openssl(folder, version):
    """Variables that have OpenSSL offer no more than that."""
    path = f"{folder}/openssl-{version}"
    with open(path, "w") as f:
        f.write("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = it\n[it]\n"
                f"MinProtocol = TLSv1\nMaxProtocol = TLSv{version}\n"
                "CipherString = DEFAULT@SECLEVEL=0\n")
    return {"OPENSSL_CONF": path}


class Stage:
    """A network with two doors in it, the second with TLS 1.3 alone."""

    def __init__(self):
        self.open = []
        self.folder = tempfile.mkdtemp(prefix="dbtls-whom-", dir="/tmp")
        os.chmod(self.folder, 0o755)

    def __enter__(self):
        try:
            command("ip", "netns", "add", SPACE)
            command(*INSIDE, "ip", "link", "set", "lo", "up")
            command(*INSIDE, "ip", "route", "add", "local", BLOCK, "dev", "lo")
            self.wrong_ca = Ca(f"{self.folder}/wrong-ca")
            self.both, self.narrow = self.door(), self.door("--tls-version", "1.3")
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for thing in reversed(self.open):
            thing.close()
        command("ip", "netns", "del", SPACE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def door(self, *words):
        door = Door("--name", NAME, *words, listen=("0.0.0.0",), inside=INSIDE)
        self.open.append(door)
        done = door.mariadb(stdin=accounts([USER]), inside=INSIDE)
        if done.rc or door.dbtls("access", "add", BLOCK).rc:
            raise RuntimeError(f"the door can't be set up: {done}")
        return door

    def names(self, address):
        """Variables by which both names lead to that address of the door."""
        path = f"{self.folder}/hosts-{address}"
        with open(path, "w") as f:
            f.writelines(f"{address} {name}\n" for name in (NAME, OTHER))
        return {"LD_PRELOAD": "libnss_wrapper.so", "GODEBUG": "netdns=cgo",
                "NSS_WRAPPER_HOSTS": path}

    def said(self, door, address):
        """The rows of that address."""
        clients = json.loads(door.dbtls("status", "clients", "--json").out)["clients"]
        return [c for c in clients if c["address"] == address]


class Trial:
    """One library's way through all of it."""

    def __init__(self, stage, at, library):
        self.stage, self.at, self.library = stage, at, library
        self.client = library.client
        self.why, self.broken, self.runs = "", False, {}

    def guarded(self, what):
        try:
            if not self.why:
                what()
        except Exception:  # whatever it is, it is this client's failure alone
            self.why, self.broken = traceback.format_exc(), True

    def project(self, what):
        door = self.stage.narrow if what == TLS_1_2_ONLY else self.stage.both
        words = ["--host", OTHER if what == OTHER_NAME else NAME, "--port", str(door.port),
                 "--ca-path", self.stage.wrong_ca.pem if what == OTHER_CA else door.ca,
                 "--user", USER, "--database", "test"]
        where = f"{self.stage.folder}/{self.client.name}-{what.replace(' ', '-')}"
        return Project(self.client, where, *words), door

    def set_up(self):
        self.first, _ = self.project(RIGHT)
        done = self.first.set_up()
        if done and done.rc:
            self.why = f"its packages can't be had: {done}"

    def go(self):
        for number, what in enumerate((RIGHT, *WRONG)):
            way = self.library.ways.get(what, Way())
            if way:
                self.one(f"10.9.{self.at}.{number + 1}", what, way)

    def one(self, address, what, way):
        project, door = (self.first, self.stage.both) if what == RIGHT else self.project(what)
        if what != RIGHT:
            project.borrow(self.first)
        line = change(project, way)
        secret = {self.client.secret: PASSWORD}
        env = {**self.stage.names(address), **secret, **way.env}
        done = project.shell(line, RUN, INSIDE, **env)
        rows = until(lambda: self.stage.said(door, address), 3 if done.rc else 0.2, 0.3)
        self.runs[what] = (done, rows, door)

    # ---- when all have made their runs

    def wanted(self, what):
        if what == RIGHT:
            return GETS_IN
        return self.library.departures.get(what, (WRONG[what],))[0]

    def tell(self):
        if self.why:
            tell = (lambda *words: ok(False, *words)) if self.broken else skip
            return tell(f"T5: {self.client.name}", self.why)
        for what in self.runs:
            self.tell_run(what)
        return None

    def tell_run(self, what):
        done, rows, door = self.runs[what]
        name, wanted = f"{IDS.get(what, 'T5')}: {self.client.name}, {what}", self.wanted(what)
        works = wanted in (GETS_IN, WRONG[TLS_1_2])
        same(cause_of(rows), wanted, f"{name}: status clients says {wanted}", done, rows,
             door.tail(5))
        libraries = {r["library"] for r in rows if r["offers"]}
        same(libraries, {self.library.others.get(what, self.library.name)} if libraries else set(),
             f"{name}: … and calls it by its name", rows)
        ok((done.rc == 0) == works, f"{name}: it {'works' if works else 'fails'}", done)
        note((done.err.strip() or done.out.strip())[-200:])

    # ---- docs/failures.md

    def row(self):
        return [self.library.name,
                *[f"`{self.wanted(w)}`" if w in self.runs else "–" for w in WRONG]]

    def departures(self):
        """Each reason once, with all that it holds for."""
        whats = {}
        for what, (_, why) in self.library.departures.items():
            whats.setdefault(why, []).append(what)
        return [f"- `{self.client.name}`, {', '.join(w)}: {why}" for why, w in whats.items()]


def cause_of(rows):
    """The one cause; that a pool of connections opened more than it used is none."""
    causes = {r["cause"] for r in rows}
    if len(causes) > 1:
        causes.discard("left-early")
    return causes.pop() if len(causes) == 1 else (sorted(causes) or GETS_IN)


def change(project, way):
    """Tells a project what is wrong: the line that runs it then."""
    texts = {n: read(f"{project.folder}/{n}") for n in project.own
             if n.endswith((".go", ".js", ".ts", ".java", ".py", ".rb", ".php"))}
    texts["the line"] = project.line
    for pattern, put in way.changes:
        pattern = re.compile(pattern, re.M | re.S)
        if not any(pattern.search(t) for t in texts.values()):
            raise RuntimeError(f"{project.client.name}: nothing there is {pattern.pattern}")
        texts = {name: pattern.sub(put, text) for name, text in texts.items()}
    line = texts.pop("the line")
    for name, text in texts.items():
        with open(f"{project.folder}/{name}", "w") as f:
            f.write(text)
    return line


# ---- docs/failures.md

HEAD = "| client | is called | " + " | ".join(WRONG) + " |"


def write_docs(trials):
    before, rows, left, after = read_docs(DOCS)
    for t in trials:
        rows[t.client.name] = t.row()
        left = [x for x in left if not x.startswith(f"- `{t.client.name}`")] + t.departures()
    table = [HEAD, "|" + " --- |" * (len(WRONG) + 2)]
    table += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]
    with open(DOCS, "w") as f:
        f.write(before + FROM + "\n" + "\n".join(table) + "\n\n" + "\n".join(sorted(left)) +
                "\n\n" + TO + after)


def test_docs(trials):
    if os.environ.get("DBTLS_WRITE_DOCS") == "1":
        write_docs(trials)
    _, rows, left, _ = read_docs(DOCS)
    for t in trials:
        name = t.client.name
        same(rows.get(name), t.row(), f"T5: docs/failures.md says so of {name}")
        same(sorted(x for x in left if x.startswith(f"- `{name}`")), sorted(t.departures()),
             "T5: … and where its bytes do not tell")


# ---- all of it

def main(libraries):
    """Words on the command line: these clients alone."""
    libraries = [x for x in libraries if not sys.argv[1:] or x.client.name in sys.argv[1:]]
    here = [x for x in libraries if not missing(x.client)]
    for x in libraries:
        if x not in here:
            skip(f"T5: {x.client.name}", f"there is no {' and no '.join(missing(x.client))}")
    if not ROOT:
        skip("T5: " + ", ".join(x.client.name for x in here), "only root can make a network")
        finish()
    with Stage() as stage:
        trials = [Trial(stage, n, x) for n, x in enumerate(here)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda t: t.guarded(t.set_up), trials))
            list(pool.map(lambda t: t.guarded(t.go), trials))
        for trial in trials:
            run(trial.tell)
        test_docs([t for t in trials if not t.why])
    finish()
