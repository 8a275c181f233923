# SPDX-License-Identifier: Apache-2.0
"""A mariadbd of one's own: a database that was there before the door."""
import os
import re
import shutil
import signal
import subprocess
import tempfile

import mysql
from door import ROOT, command, free_port, read
from tap import until

USER, PASSWORD = "shop", "aB3-secret-of-shop"
ACCOUNT = (f"CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{PASSWORD}';\n"
           f"GRANT ALL ON test.* TO {USER}@'%';\n")
AS = ("--user=nobody",) if ROOT else ()


def is_broken(log):
    """Whether InnoDB has given its files up."""
    return re.search(r"InnoDB: .*(Assertion failure|corrupt)", log) is not None


class Mariadbd:
    """
    Over a Unix socket, and over TCP at an address of loopback; in a temporary folder. As a context
    it goes, with its folder, when the block ends.

    words: more options, as `--server-id=7`; tls: (certificate, key) as paths; init: statements that
    it runs at each start; account: whether USER may do everything in the database `test`.
    """

    def __init__(self, *words, tls=None, init="", account=True, host="127.0.0.1"):
        self.folder = tempfile.mkdtemp(prefix="dbtls-mariadbd-", dir="/tmp")
        self.socket, self.port, self.host = f"{self.folder}/sock", free_port(), host
        self.words, self.process = list(words), None
        if tls:
            self.words += [f"--ssl-cert={tls[0]}", f"--ssl-key={tls[1]}"]
        os.chmod(self.folder, 0o755)
        if ROOT:
            shutil.chown(self.folder, "nobody")
        with open(f"{self.folder}/init", "w") as f:
            f.write(f"CREATE DATABASE IF NOT EXISTS test;\n{ACCOUNT if account else ''}{init}")
        try:
            self.install()
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def install(self):
        done = command("mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data",
                       "--auth-root-authentication-method=normal", "--skip-test-db", "--force",
                       *AS, timeout=120)
        if done.rc:
            raise RuntimeError(done)

    def anew(self):
        """Throws away what it holds, and starts as at first."""
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        shutil.rmtree(f"{self.folder}/data")
        os.unlink(f"{self.folder}/log")
        self.install()
        self.start()

    def start(self, *words, host=None, seconds=60):
        """Starts it, with more options if there are any, at another address if that is said."""
        self.host = host or self.host
        with open(f"{self.folder}/log", "a") as log:
            self.process = subprocess.Popen(
                ["mariadbd", "--no-defaults", f"--datadir={self.folder}/data",
                 f"--socket={self.socket}", f"--pid-file={self.folder}/pid",
                 f"--bind-address={self.host}", f"--port={self.port}", *AS,
                 f"--init-file={self.folder}/init", "--skip-name-resolve",
                 "--innodb-buffer-pool-size=16M", *self.words, *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if not until(lambda: self.process.poll() is not None or self.answers(), seconds, 0.02) or \
                self.process.poll() is not None:
            raise RuntimeError(f"mariadbd does not start: {self.log()[-2000:]}")

    def answers(self):
        try:
            with mysql.Client(self.host, self.port, timeout=5) as client:
                client.greeting()
        except (OSError, mysql.Left, mysql.Refused):
            return False
        return True

    def stop(self, sig=signal.SIGTERM, seconds=60):
        """Its exit status; None: it goes on."""
        self.process.send_signal(sig)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            if self.stop() is None:
                self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return read(f"{self.folder}/log")

    def login(self):
        """A client that goes round the door, over TCP in the clear."""
        client = mysql.Client(self.host, self.port)
        client.greeting()
        client.seq = 1
        return client.authenticate(USER, PASSWORD, "test", caps=mysql.USUAL & ~mysql.SSL)
