# SPDX-License-Identifier: Apache-2.0
"""A real door in a folder of its own, and a terminal to type at."""
import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import mysql
from tap import until

BUILD = os.path.abspath(os.environ.get("DBTLS_BUILD", "build/release"))
DBTLS = os.path.join(BUILD, "dbtls")
ROOT = os.geteuid() == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def sanitized():
    with open(os.path.join(BUILD, "dbtls-relay"), "rb") as f:
        return b"__asan_init" in f.read()


class Result:
    def __init__(self, rc, out, err=""):
        self.rc, self.out, self.err = rc, out, err

    def __repr__(self):
        return f"rc {self.rc}, out {self.out!r}, err {self.err!r}"


def command(*words, stdin="", timeout=60, **more):
    """Runs a program to its end. -1: it was stopped because it took too long."""
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=timeout,
                              errors="replace", **more)
        return Result(done.returncode, done.stdout, done.stderr)
    except subprocess.TimeoutExpired as late:
        return Result(-1, str(late.stdout), f"stopped after {timeout} s: {late.stderr}")


class Terminal:
    """A program with a terminal for all three."""

    def __init__(self, *words, **env):
        self.text, self.rc = "", None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Whoever runs the tests in the background may have it ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            try:
                os.execvpe(words[0], words, {**os.environ, **env})
            finally:
                os._exit(127)

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the other end open any more
            return False
        self.text += part.decode(errors="replace")
        return bool(part)

    def wait_for(self, words, seconds=60):
        end = time.monotonic() + seconds
        while words not in self.text and time.monotonic() < end and self.end(0) is None:
            self.read(0.1)
        return words in self.text

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self, seconds=60):
        """Reads on until the program has ended: its exit status; None: it goes on."""
        stop = time.monotonic() + seconds
        while self.rc is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.rc = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= stop:
                return None
            else:
                self.read(0.05)
        while self.read(0):
            pass
        return self.rc

    def close(self):
        if self.end(0) is None:
            os.kill(self.pid, signal.SIGKILL)
            self.end(5)
        os.close(self.fd)


class Door:
    """
    `dbtls up` in a temporary folder. As a context it goes, with its folder, when the block ends.
    listen: addresses of this host, all with one port.
    """

    def __init__(self, *words, listen=("127.0.0.1", "[::1]"), inside=(), start=True):
        self.folder = tempfile.mkdtemp(prefix="dbtls-flow-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.state = os.path.join(self.folder, "s")
        self.password_file = os.path.join(self.folder, "password")
        self.out_file = os.path.join(self.folder, "out")
        self.port, self.inside, self.process = free_port(), list(inside), None
        self.listen = [w for a in listen for w in ("--listen", f"{a}:{self.port}")]
        self.words = list(words)
        self.program = DBTLS
        self.known = {}  # pids that the door had
        if start:
            try:
                self.start()
            except Exception:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- starting and stopping

    def up_words(self, *words):
        words = [*self.listen, *self.words, *words]
        if not os.path.exists(self.password_file):
            words += ["--password-file", self.password_file]
        return [*self.inside, self.program, "up", "--state", self.state, *words]

    def start(self, *words, seconds=90):
        self.start_as(self.up_words(*words), seconds)

    def start_as(self, words, seconds=90):
        with open(self.out_file, "w") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, start_new_session=True)
        until(lambda: "       more " in self.out() or self.process.poll() is not None, seconds)
        if "       more " not in self.out():
            raise RuntimeError(f"the door does not start: {self.out()}\n{self.tail()}")
        # What follows the banner is a file that says that the first start was finished.
        until(lambda: re.search(rf"dbtls\[{self.process.pid}\] ready$", self.log(), re.M))
        self.remember()

    def remember(self):
        self.known = {p["pid"]: p["role"] for p in self.status()["processes"]}

    def stop(self, sig=signal.SIGINT, seconds=60):
        self.process.send_signal(sig)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def left(self):
        """What still runs of what the door had started."""
        return {pid: role for pid, role in self.known.items()
                if role != "parent" and program_of(pid).startswith(("dbtls", "mariadbd"))}

    def close(self):
        with contextlib.suppress(Exception):
            if self.process and self.process.poll() is None:
                self.remember()
                if self.stop() is None:
                    self.process.kill()
                    self.process.wait(10)
            until(lambda: not self.left(), 20)
            for pid in self.left():
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- asking

    def dbtls(self, *words, **more):
        return command(*self.inside, self.program, *words, "--state", self.state, **more)

    def status(self):
        return json.loads(self.dbtls("status", "--json").out)

    def endings(self):
        return {row["cause"]: row["count"] for row in self.status()["endings"]}

    def counted(self, cause, wanted=1):
        """How often status names the cause: at once when it is that often, else after a while,
        since a client may have its answer before the relay has counted it."""
        def count():
            return self.endings().get(cause, 0)
        until(lambda: count() >= wanted)
        return count()

    def pids(self, role):
        return [p["pid"] for p in self.status()["processes"] if p["role"] == role]

    def idle(self, seconds=15):
        """Waits until no session is open: the number that is open after that."""
        def is_idle():
            s = self.status()["sessions"]
            return s["open"] == s["logging_in"] == 0
        until(is_idle, seconds, 0.05)
        return self.status()["sessions"]["open"]

    def log(self):
        return read(os.path.join(self.state, "log"))

    def tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:])

    def sessions(self, since=0):
        """The sessions of the log, from its byte since on, as dictionaries."""
        wanted = re.compile(r'(\w+)=("[^"]*"|\S+)')
        return [{k: v.strip('"') for k, v in wanted.findall(line)}
                for line in self.log()[since:].splitlines(True)
                # Its last line may be half written: the kernel shows it page by page.
                if " session client=" in line and line.endswith("\n")]

    def ended(self, client, seconds=10):
        """The session of the log that this client's connection was; ports come round again."""
        def find():
            return [s for s in self.sessions(getattr(client, "log_at", 0)) if s["client"].endswith(f":{client.own_port}")]
        found = until(find, seconds)
        return found[-1] if found else {"end": "nothing in the log"}

    def out(self):
        return read(self.out_file)

    @property
    def password(self):
        return read(self.password_file).rstrip("\n")

    @property
    def ca(self):
        return os.path.join(self.state, "ca.pem")

    # ---- connecting

    def client(self, host="127.0.0.1", **more):
        log_at = len(self.log())
        client = mysql.Client(host, self.port, self.ca, **more)
        client.log_at = log_at
        return client

    def login(self, user="root", password=None, host="127.0.0.1", database="test", **more):
        """A raw client that has logged in."""
        client = self.client(host, **more)
        try:
            client.enter(user, self.password if password is None else password, database)
        except Exception:
            client.close()
            raise
        return client

    def query(self, sql):
        with self.login() as client:
            return client.query(sql)

    def mariadb_words(self, *words, user="root", password=None, host="127.0.0.1", tls=True):
        secure = [f"--ssl-ca={self.ca}", "--ssl-verify-server-cert"] if tls else ["--skip-ssl"]
        password = self.password if password is None else password
        return ["mariadb", "--no-defaults", *secure, "-h", host, "-P", str(self.port), "-u", user,
                f"-p{password}", "--connect-timeout=15", "--batch", "--skip-column-names", *words]

    def mariadb(self, *words, timeout=60, stdin="", inside=(), **more):
        return command(*inside, *self.mariadb_words(*words, **more), timeout=timeout, stdin=stdin)

    def s_client(self, *words, stdin="", timeout=20):
        return command("openssl", "s_client", "-starttls", "mysql", "-connect",
                       f"127.0.0.1:{self.port}", *words, stdin=stdin, timeout=timeout)


class Serve(Door):
    """
    `dbtls serve` in front of a database that is there. upstream: that line's value in the file;
    words: more lines of it.
    """

    def __init__(self, upstream, *words, listen=("127.0.0.1",), first="# a test", **more):
        self.upstream, self.first = upstream, first
        super().__init__(*words, listen=listen, **more)

    def up_words(self, *_):
        config = os.path.join(self.folder, "door.conf")
        with open(config, "w") as f:
            f.write(f"{self.first}\n\n")
            f.writelines(f"listen {where}\n" for where in self.listen[1::2])
            f.writelines(f"{line}\n" for line in (f"upstream {self.upstream}", *self.words))
        return [*self.inside, self.program, "serve", "-c", config, "--state", self.state]


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def program_of(pid):
    """The name of a process, "" when there is none; a zombie is none."""
    found = re.match(r"\d+ \((.*)\) (\w)", read(f"/proc/{pid}/stat"))
    return found[1] if found and found[2] != "Z" else ""


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    """MiB of memory that a process holds."""
    return int(re.search(r"VmRSS:\s+(\d+)", read(f"/proc/{pid}/status"))[1]) / 1024
