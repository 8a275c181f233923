# SPDX-License-Identifier: Apache-2.0
"""
Every client of `dbtls connect` as its users have it: the project that --save writes, with its
packages from their registry, and without any network but loopback from then on. It prints the
name of the database through a door, in TLS 1.2 and 1.3, and it refuses four servers that it must
not log in to. A client is one row, a Client, in one of the tests clients_*.t; what came out is
compared with docs/clients.md, or written there when DBTLS_WRITE_DOCS=1.
"""
import concurrent.futures
import dataclasses
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from door import DBTLS, ROOT, Door, Result, Terminal, command, free_port, read
from mysqld import TREE, Ca
from tap import finish, note, ok, run, same, skip, until

HOST, OTHER = "db1.dbtls.test", "db2.dbtls.test"  # both lead here; certificates name the first
# Nothing that a URL, a shell or a string in quotes gives a meaning to may hurt.
PASSWORD = "se#cret%41 &+:/@?'\"\\$x"
SPACE = f"dbtls-clients-{os.getpid()}"  # a network of this test's own
INSIDE = ("nsenter", f"--net=/run/netns/{SPACE}")  # `ip netns exec` would remount /sys
SETUP, FIRST, RUN = 420, 240, 90  # seconds at most; on its first run Go compiles its library
REFUSES, AFTER_LOGIN, ACCEPTS = "refuses", "refuses after its login", "accepts"
WRONG = ("wrong CA", "wrong host name", "expired", "no TLS")
VERSIONS = ("1.2", "1.3")
SHARED = os.path.join(os.path.dirname(TREE), "packages")  # what set_up has made
PACKAGES = {"Gemfile", "go.mod", "package.json", "pom.xml", "requirements.txt"}  # said there
DAY = 24 * 60 * 60
DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../docs/clients.md")


@dataclasses.dataclass
class Departure:
    """A verdict that is not `refuses`: why that is so, and what its users should do."""
    verdict: str
    reason: str
    advice: str


@dataclasses.dataclass
class Client:
    name: str
    ids: str             # the requirements that it holds: "T13"
    programs: tuple      # that have to be on PATH
    version: str         # a shell line that prints the version used, in the project's folder
    pins: bool = True    # it has a --tls-version; else the door is narrowed
    more: str = ""       # what the line that connects needs to ask and leave
    secret: str = "DBTLS_PASSWORD"  # the variable; "": it asks for the password at a terminal only
    env: dict = dataclasses.field(default_factory=dict)
    departures: dict = dataclasses.field(default_factory=dict)  # of WRONG: a Departure
    also: object = None  # called with the Project that works against a server, and the Stage

    def user(self, what):
        """Each run has a user of its own, by whom it is found in the logs."""
        return f"{self.name}-{what.replace(' ', '-')}"


class Server:
    """A mariadbd of one's own, in a folder; tls: certificate and key, or None."""

    def __init__(self, folder, users, tls):
        self.folder, self.port = folder, free_port()
        self.log_file = f"{folder}/general.log"
        shutil.copytree(os.path.join(os.path.dirname(folder), "empty"), folder)
        with open(f"{folder}/init.sql", "w") as f:
            f.write("CREATE DATABASE IF NOT EXISTS test;\n" + accounts(users))
        secure = [f"--ssl-cert={tls[0]}", f"--ssl-key={tls[1]}"] if tls else ["--skip-ssl"]
        self.process = subprocess.Popen(
            [*INSIDE, "mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}",
             f"--socket={folder}/socket", "--bind-address=127.0.0.1", f"--port={self.port}",
             f"--init-file={folder}/init.sql", "--general-log",
             f"--general-log-file={self.log_file}", f"--log-error={folder}/error.log",
             "--skip-name-resolve", "--innodb-buffer-pool-size=16M", *secure],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def prepare(folder):
        """An empty data folder, for each of them to copy."""
        made = command("mariadb-install-db", "--no-defaults", "--user=root", "--skip-test-db",
                       "--auth-root-authentication-method=normal", f"--datadir={folder}/empty")
        if made.rc:
            raise RuntimeError(f"mariadb-install-db: {made}")

    def wait(self):
        until(lambda: "ready for connections" in self.errors() or self.process.poll() is not None,
              40)
        if self.process.poll() is not None:
            raise RuntimeError(f"mariadbd does not start: {self.errors()}")

    def errors(self):
        return read(f"{self.folder}/error.log")

    def knows(self, user):
        """Whether the server got that user's login, and took it: its own words, or ""."""
        found = re.search(rf"Connect\s.*\b{re.escape(user)}\b.*", read(self.log_file))
        return found[0] if found else ""

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def accounts(users):
    secret = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    return "".join(f"CREATE USER `{u}`@`%` IDENTIFIED BY '{secret}';\n"
                   f"GRANT ALL ON test.* TO `{u}`@`%`;\n" for u in users)


class Project:
    """What `dbtls connect NAME --save` wrote."""

    def __init__(self, client, folder, *words):
        self.client, self.folder = client, folder
        done = command(DBTLS, "connect", client.name, "--save", folder, "--json", *words)
        if done.rc:
            raise RuntimeError(f"dbtls connect {client.name}: {done}")
        self.told = json.loads(done.out)
        self.own = set(os.listdir(folder))

    def set_up(self):
        """
        Outside, where the registries are: in a folder that the tests share, once a day.
        """
        if not self.told.get("setup"):
            return None
        made = self.shared()
        with open(f"{made}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.set_up_in(made)
        if done.rc == 0:
            self.take(made)
        return done

    def shared(self):
        """The same for whoever needs the same packages."""
        texts = [self.client.name, self.told["setup"]]
        for name in sorted(self.own & PACKAGES):
            texts.append(read(f"{self.folder}/{name}"))
        os.makedirs(SHARED, exist_ok=True)
        return f"{SHARED}/{hashlib.sha256(repr(texts).encode()).hexdigest()[:16]}"

    def set_up_in(self, made):
        done = f"{made}/set-up-is-done"
        if os.path.exists(done) and time.time() - os.path.getmtime(done) < DAY:
            return Result(0, "")
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(self.folder, made)
        result = self.shell(self.told["setup"], SETUP, folder=made)
        if result.rc == 0:
            with open(done, "w"):
                pass
        return result

    def shell(self, line, seconds, inside=(), folder=None, **env):
        limited = ("timeout", "-k", "5", str(seconds))  # the whole group, not the first alone
        return command(*limited, *inside, "sh", "-c", line, cwd=folder or self.folder,
                       timeout=seconds + 20, env={**os.environ, **self.client.env, **env})

    def take(self, folder):
        for name in set(os.listdir(folder)) - self.own:
            os.symlink(f"{folder}/{name}", f"{self.folder}/{name}")

    def borrow(self, other):
        """Takes over what another project's set_up has made."""
        self.take(other.folder)

    @property
    def line(self):
        return self.told["run"] + self.client.more

    def connect(self, stage, seconds=RUN):
        if not self.client.secret:
            return self.connect_typing(stage)
        return self.shell(self.line, seconds, INSIDE, **stage.names,
                          **{self.client.secret: PASSWORD})

    def connect_typing(self, stage):
        """The same at a terminal: the Result's out is all that was shown there."""
        env = {k: v for k, v in self.client.env.items() if k != self.client.secret}
        terminal = Terminal(*INSIDE, "sh", "-c", f"cd {self.folder} && {self.line}", **env,
                            **stage.names)
        try:
            if terminal.wait_for("assword", RUN):
                time.sleep(0.2)  # some print it before they have turned the echo off
                terminal.type(PASSWORD + "\n")
            rc = terminal.end(RUN)
        finally:
            terminal.close()
        return Result(-1 if rc is None else rc, terminal.text)


class Stage:
    """A network with a door and four servers in it, and projects for the clients."""

    def __init__(self, clients):
        self.clients, self.open = clients, []
        self.folder = tempfile.mkdtemp(prefix="dbtls-clients-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        with open(f"{self.folder}/hosts", "w") as f:
            f.writelines(f"127.0.0.1 {name}\n" for name in (HOST, OTHER))
        # Go looks a name up by itself unless it is told to leave that to the C library.
        self.names = {"LD_PRELOAD": "libnss_wrapper.so", "GODEBUG": "netdns=cgo",
                      "NSS_WRAPPER_HOSTS": f"{self.folder}/hosts"}

    def __enter__(self):
        try:
            self.start()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for thing in reversed(self.open):
            thing.close()
        command("ip", "netns", "del", SPACE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        command("ip", "netns", "add", SPACE)
        command(*INSIDE, "ip", "link", "set", "lo", "up")
        self.ca, self.wrong_ca = Ca(f"{self.folder}/ca"), Ca(f"{self.folder}/wrong-ca")
        Server.prepare(self.folder)
        tls = {"good": self.ca.leaf(HOST), "expired": self.ca.expired(HOST), "plain": None}
        self.servers = {}
        for kind, certificate in tls.items():
            users = [c.user(w) for c in self.clients for w in ("right", "typed", *WRONG)]
            self.servers[kind] = Server(f"{self.folder}/{kind}", ["probe", *users], certificate)
            self.open.append(self.servers[kind])
        self.doors = {"both": self.door()}
        if not all(c.pins for c in self.clients):
            self.doors |= {v: self.door("--tls-version", v) for v in VERSIONS}
        for server in self.servers.values():
            server.wait()

    def door(self, *words):
        door = Door("--name", HOST, *words, listen=("127.0.0.1",), inside=INSIDE)
        self.open.append(door)
        users = [c.user(v) for c in self.clients for v in VERSIONS]
        done = door.mariadb(stdin=accounts(users), inside=INSIDE)
        if done.rc:
            raise RuntimeError(f"accounts: {done}")
        return door

    # ---- who connects where

    def place(self, client, what):
        """A folder for a project, not made yet."""
        return f"{self.folder}/{client.user(what)}"

    def at_door(self, client, version):
        door = self.doors["both" if client.pins else version]
        pin = ("--tls-version", version) if client.pins else ()
        return Project(client, self.place(client, version), "--state", door.state, *pin, "--user",
                       client.user(version), "--database", "test"), door

    def peer_of(self, what):
        """The server of a condition, the name to call it by, and the CA to trust."""
        kind = {"expired": "expired", "no TLS": "plain"}.get(what, "good")
        return (self.servers[kind], OTHER if what == "wrong host name" else HOST,
                self.wrong_ca if what == "wrong CA" else self.ca)

    def at_server(self, client, what):
        server, host, ca = self.peer_of(what)
        return Project(client, self.place(client, what), "--host", host, "--port",
                       str(server.port), "--ca-path", ca.pem, "--user", client.user(what),
                       "--database", "test"), server

    def probe(self, what):
        """Logs in there without a look at it: nothing but the condition is in the way."""
        server, host, _ = self.peer_of(what)
        return command(*INSIDE, "mariadb", "--no-defaults",
                       "--skip-ssl" if what == "no TLS" else "--ssl", "-h", host, "-P",
                       str(server.port), "-u", "probe", f"-p{PASSWORD}", "-D", "test", "-N", "-B",
                       "-e", "SELECT DATABASE()", env={**os.environ, **self.names})


def missing(client):
    return [p for p in client.programs if not shutil.which(p)]


def connects(done):
    """Nothing but the name was printed, and at a terminal the question for the password."""
    return done.rc == 0 and done.out.removeprefix("Enter password: ").strip() == "test"


def verdict(done, known):
    """What a client did at a server that it had to refuse."""
    if done.rc == 0 or re.search(r"^test\s*$", done.out, re.M):
        return ACCEPTS
    if done.rc in (-1, 124, 137):
        return "hangs"
    return AFTER_LOGIN if known else REFUSES


class Trial:
    """One client's way through all of it. The runs come first, then what the logs say of them."""

    def __init__(self, stage, client):
        self.stage, self.client = stage, client
        self.version, self.runs = "", {}
        self.why, self.broken = "", False  # why there is nothing to tell

    def guarded(self, what):
        """What fails here is this client's failure, not that of all."""
        try:
            if not self.why:
                what()
        except Exception:  # whatever it is
            self.why = traceback.format_exc()
            self.broken = True

    def set_up(self):
        self.first, self.server = self.stage.at_server(self.client, "right")
        done = self.first.set_up()
        if done and done.rc:
            self.why = f"its packages can't be had: {done}"
            return
        self.version = ", ".join(self.first.shell(self.client.version, 60).out.splitlines())

    def go(self):
        self.runs["right"] = (self.first.connect(self.stage, FIRST), self.server)
        for version in VERSIONS:
            self.one(version, self.stage.at_door)
        for what in WRONG:
            self.one(what, self.stage.at_server)

    def one(self, what, make):
        project, peer = make(self.client, what)
        project.borrow(self.first)
        self.runs[what] = (project.connect(self.stage), peer)

    # ---- in the order of the runs, when all clients have made theirs

    def tell(self):
        name, ids = self.client.name, self.client.ids
        if self.why:
            tell = (lambda *words: ok(False, *words)) if self.broken else skip
            return tell(f"{ids}: {name}", self.why)
        ok(self.version, f"{name} has a version: {self.version}")
        self.tell_right()
        for version in VERSIONS:
            done, door = self.runs[version]
            ok(connects(done), f"{ids} T15: {name} prints the database's name, TLS {version}",
               done, door.tail())
            spoken = {s["tls"] for s in door.sessions() if s["user"] == self.client.user(version)}
            same(spoken, {version}, f"{ids}: … and the door's log says {version}")
        self.tell_typed()
        for what in WRONG:
            self.tell_wrong(what)
        if self.client.also:
            self.client.also(self.first, self.stage)
        return None

    def tell_right(self):
        done, server = self.runs["right"]
        good = connects(done) and "using SSL/TLS" in server.knows(self.client.user("right"))
        ok(good, f"{self.client.name} connects to a server as it should be", done)

    def tell_typed(self):
        """The password typed, and not shown; once, with what "right" has made."""
        project, _ = self.stage.at_server(self.client, "typed")
        project.borrow(self.first)
        done = project.connect_typing(self.stage)
        ok(done.rc == 0 and re.search(r"^test\s*$", done.out, re.M) and PASSWORD not in done.out,
           f"T15: {self.client.name} asks for the password, and doesn't show it", done)

    def tell_wrong(self, what):
        done, server = self.runs[what]
        known = server.knows(self.client.user(what))
        got = verdict(done, known)
        departure = self.client.departures.get(what)
        wanted = departure.verdict if departure else REFUSES
        name = f"T5 {self.client.ids}: {self.client.name}, {what}: {wanted}"
        same(got, wanted, name, done, known)
        note((done.err.strip() or done.out.strip())[-300:])

    def verdicts(self):
        return [verdict(done, peer.knows(self.client.user(what)))
                for what, (done, peer) in self.runs.items() if what in WRONG]


# ---- docs/clients.md

HEAD = "| client | version | " + " | ".join(WRONG) + " |"
FROM, TO = "<!-- from here on by the tests -->\n", "<!-- up to here -->\n"


def read_docs(path=DOCS):
    """The table's rows by client, what comes before and after it, the departures."""
    before, _, rest = read(path).partition(FROM)
    ours, _, after = rest.partition(TO)
    rows = {c[0]: c[1:] for c in ([x.strip() for x in line.strip("|\n").split("|")]
                                  for line in ours.splitlines() if line.startswith("| "))}
    for head in ("client", "---"):
        rows.pop(head, None)
    left = [line for line in ours.splitlines() if line.startswith("- ")]
    return before, rows, left, after


def departures_of(client):
    return [f"- `{client.name}`, {what}: {d.verdict}. {d.reason} {d.advice}"
            for what, d in client.departures.items()]


def write_docs(trials):
    before, rows, left, after = read_docs()
    for t in trials:
        rows[t.client.name] = [t.version, *t.verdicts()]
        left = [x for x in left if not x.startswith(f"- `{t.client.name}`")]
        left += departures_of(t.client)
    table = [HEAD, "|" + " --- |" * (len(WRONG) + 2)]
    table += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]
    with open(DOCS, "w") as f:
        f.write(before + FROM + "\n" + "\n".join(table) + "\n")
        f.write("\n" + "\n".join(sorted(left)) + "\n" if left else "")
        f.write("\n" + TO + after)


def test_docs(trials):
    """The verdicts; versions move on by themselves."""
    if os.environ.get("DBTLS_WRITE_DOCS") == "1":
        write_docs(trials)
    _, rows, left, _ = read_docs()
    for t in trials:
        name = t.client.name
        same(rows.get(name, [""])[1:], t.verdicts(), f"T5: docs/clients.md says so of {name}")
        same([x for x in left if x.startswith(f"- `{name}`")], departures_of(t.client),
             f"T5: … and of what is no refusal")


# ---- all of it

def test_probes(stage):
    for what in WRONG:
        done = stage.probe(what)
        same(done.out.strip(), "test", f"{what}: who verifies nothing gets in", done)


def test_all(stage):
    trials = [Trial(stage, c) for c in stage.clients]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda t: t.guarded(t.set_up), trials))
        list(pool.map(lambda t: t.guarded(t.go), trials))
    for trial in trials:
        run(trial.tell)
    test_docs([t for t in trials if not t.why])


def main(clients):
    """Words on the command line: these clients alone."""
    clients = [c for c in clients if not sys.argv[1:] or c.name in sys.argv[1:]]
    here = [c for c in clients if not missing(c)]
    for c in clients:
        if missing(c):
            skip(f"{c.ids}: {c.name}", f"there is no {' and no '.join(missing(c))}")
    if not ROOT:
        skip(", ".join(c.name for c in here), "only root can make a network")
        finish()
    with Stage(here) as stage:
        run(lambda: test_probes(stage), lambda: test_all(stage))
    finish()
