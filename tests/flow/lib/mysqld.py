# SPDX-License-Identifier: Apache-2.0
"""
The genuine MySQL, which stable Debian does not have: its server, and Oracle's `mysql`. Both come
from Debian's unstable suite, unpacked by tools/debtree into a folder that all tests share and that
stays (build/trees, or DBTLS_TREES), and run there by their own loader: nothing is installed.

Nothing here may count on a version, as that suite moves on every day.
"""
import functools
import glob
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile

from door import ROOT, command, free_port, read
from tap import until

HOME = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
TREE = os.path.join(os.path.abspath(os.environ.get("DBTLS_TREES", f"{HOME}/build/trees")), "sid")
PACKAGES = ("mysql-server-core", "mysql-client-core", "libnss-wrapper")
# Root's server runs as a user who may do nothing.
NOBODY = pwd.getpwnam("nobody")
DROP = ("setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups")
SMALL = ("--skip-log-bin", "--performance-schema=OFF", "--innodb-buffer-pool-size=16M",
         "--innodb-redo-log-capacity=8M", "--innodb-doublewrite=OFF",
         "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync",
         "--auto-generate-certs=OFF", "--secure-file-priv=NULL")


class NotHere(Exception):
    """The genuine MySQL can't be had: a test that needs it is skipped, and this says why."""


class Failed(Exception):
    """What the client said when a statement failed."""


@functools.cache
def tree():
    """The folder of the tree, made if it is not there or too old."""
    made = command("timeout", "400", f"{HOME}/tools/debtree", "sid", TREE, *PACKAGES, timeout=420)
    if made.rc:
        raise NotHere(f"tools/debtree ended with {made.rc}: {made.err.strip()[-800:]}")
    return TREE


def wrapped(program, *words, preload=()):
    """The words that run a program of the tree, from outside."""
    at = tree()
    loader = glob.glob(f"{at}/lib64/ld-linux*.so*") + glob.glob(f"{at}/lib/ld-linux*.so*")
    libraries = [os.path.dirname(p) for p in glob.glob(f"{at}/lib/*/libc.so.6")]
    more = [w for p in preload for w in ("--preload", p)]
    return [loader[0], "--library-path", ":".join(libraries), *more, f"{at}/usr/{program}", *words]


# ---- certificates

CA_CONFIG = """
[ca]
default_ca = it
[it]
dir = .
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
"""


class Ca:
    """
    A CA made by openssl in a new folder, where what leaf() gives lies as well. The server is
    another user when root runs the test: the folders above must be open to all.
    """

    def __init__(self, folder, name="test CA"):
        self.folder, self.made, self.name = folder, 0, name
        os.makedirs(folder)
        for name, text in (("config", CA_CONFIG), ("index", "")):
            with open(f"{folder}/{name}", "w") as f:
                f.write(text)
        self.pem = f"{folder}/ca.pem"
        self.openssl("req", "-x509", "-days", "2", "-subj", f"/CN={self.name}", "-out", "ca.pem",
                     *self.key("ca.key"), "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def openssl(self, *words):
        done = command("openssl", *words, cwd=self.folder, timeout=30)
        if done.rc:
            raise RuntimeError(f"openssl {shlex.join(words)}: {done}")

    @staticmethod
    def key(name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name)

    def leaf(self, *names, dates=("20200101000000Z", "20491231000000Z")):
        """The paths of a certificate for these names (of DNS, or IP:1.2.3.4), and of its key."""
        self.made += 1
        base = f"leaf{self.made}"
        alternatives = ",".join(n if n.startswith("IP:") else f"DNS:{n}" for n in names)
        self.openssl("req", "-new", "-subj", f"/CN={base}", "-out", f"{base}.csr",
                     *self.key(f"{base}.key"), "-addext", f"subjectAltName={alternatives}")
        self.openssl("ca", "-batch", "-config", "config", "-cert", "ca.pem", "-keyfile", "ca.key",
                     "-in", f"{base}.csr", "-out", f"{base}.pem", "-notext",
                     "-startdate", dates[0], "-enddate", dates[1])
        os.chmod(f"{self.folder}/{base}.key", 0o644)
        return f"{self.folder}/{base}.pem", f"{self.folder}/{base}.key"

    def expired(self, *names):
        return self.leaf(*names, dates=("20200101000000Z", "20200201000000Z"))


# ---- the server

class Mysqld:
    """
    The server in a temporary folder, with its database `test`, and root who needs no password but
    is let in through the Unix socket alone. As a context it goes, with its folder, when the block
    ends.

    tls: (certificate, key, CA's certificate) as paths; without it the server has no TLS.
    tcp: listens on 127.0.0.1 at .port as well.
    words: more options, as `--tls-version=TLSv1.2` or `--require-secure-transport=ON`.
    """

    def __init__(self, *words, tls=None, tcp=False, inside=()):
        self.folder = tempfile.mkdtemp(prefix="dbtls-mysqld-", dir="/tmp")
        self.socket = os.path.join(self.folder, "s")
        self.port, self.inside, self.process = free_port() if tcp else None, inside, None
        self.words = [*words, *self.address_words(), *self.tls_words(tls)]
        try:
            os.chmod(self.folder, 0o755)
            if ROOT:
                os.chown(self.folder, NOBODY.pw_uid, NOBODY.pw_gid)
            self.initialize()
            self.start()
            self.sql("CREATE DATABASE test")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def address_words(self):
        if not self.port:
            return ["--skip-networking"]
        return ["--bind-address=127.0.0.1", f"--port={self.port}"]

    @staticmethod
    def tls_words(tls):
        if not tls:
            return []
        return [f"--ssl-cert={tls[0]}", f"--ssl-key={tls[1]}", f"--ssl-ca={tls[2]}"]

    def server(self, *words):
        """The words that run it: as nobody, or as root where only root can reach the tree."""
        share = f"{tree()}/usr/share/mysql"
        program = wrapped("sbin/mysqld", "--no-defaults", f"--basedir={tree()}/usr",
                          f"--plugin-dir={tree()}/usr/lib/mysql/plugin",
                          f"--lc-messages-dir={share}", f"--character-sets-dir={share}/charsets",
                          f"--datadir={self.folder}/data", f"--tmpdir={self.folder}",
                          f"--socket={self.socket}", f"--pid-file={self.folder}/pid", *SMALL,
                          *words)
        if not ROOT:
            return program
        if command(*DROP, "test", "-x", program[0]).rc:
            return [*program, "--user=root"]
        return [*DROP, *program]

    def initialize(self):
        done = command(*self.server("--initialize-insecure"), timeout=120)
        if done.rc:
            raise RuntimeError(f"mysqld --initialize-insecure: {done}")

    def start(self, *words, seconds=60):
        """Starts it, with more options if there are any."""
        words = [*self.inside, *self.server("--mysqlx=OFF", *self.words, *words)]
        with open(f"{self.folder}/log", "a") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        up = until(lambda: self.process.poll() is not None or self.answers(), seconds, 0.1)
        if not up or self.process.poll() is not None:
            raise RuntimeError(f"mysqld does not start: {self.log()[-3000:]}")

    def stop(self, sig=signal.SIGTERM, seconds=60):
        """Its exit status; None: it goes on."""
        self.process.send_signal(sig)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.process and self.process.poll() is None and self.stop() is None:
            self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return read(f"{self.folder}/log")

    # ---- asking it

    def answers(self):
        return os.path.exists(self.socket) and self.run("SELECT 1").rc == 0

    def run(self, text):
        return command(*wrapped("bin/mysql", "--no-defaults", "-u", "root", "-S", self.socket,
                                "--connect-timeout=10", "--batch", "--skip-column-names"),
                       stdin=text, timeout=60)

    def sql(self, text):
        """Runs statements as root: the rows, as lists of strings."""
        done = self.run(text)
        if done.rc:
            raise Failed(done.err.strip())
        return [line.split("\t") for line in done.out.splitlines()]

    @property
    def version(self):
        return self.sql("SELECT version()")[0][0]

    def account(self, name, password, host="%", how="caching_sha2_password", more=""):
        """An account that may do everything; more: as `REQUIRE SSL`. Its next login is full."""
        who = f"'{name}'@'{host}'"
        self.sql(f"CREATE USER {who} IDENTIFIED WITH {how} BY '{password}' {more};"
                 f"GRANT ALL ON *.* TO {who};")
        self.flush_cache()

    def flush_cache(self):
        """Forgets caching_sha2_password's fast answers: each account's next login is a full one."""
        self.sql("FLUSH PRIVILEGES")


# ---- Oracle's client

def put_on_path(folder, hosts=()):
    """
    Makes folder/mysql, which is Oracle's, for a command line to call it by its name. hosts: lines
    as in /etc/hosts, and all the names that it knows. The environment to run that line in.
    """
    os.makedirs(folder, exist_ok=True)
    preload = ()
    with open(f"{folder}/hosts", "w") as f:
        f.writelines(f"{line}\n" for line in hosts)
    if hosts:
        preload = glob.glob(f"{tree()}/lib/*/libnss_wrapper.so")
        assert preload, "the package libnss-wrapper has no libnss_wrapper.so"
    words = shlex.join(wrapped("bin/mysql", preload=preload))
    with open(f"{folder}/mysql", "w") as f:
        f.write(f'#!/bin/sh\nexec {words} "$@"\n')
    os.chmod(f"{folder}/mysql", 0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "NSS_WRAPPER_HOSTS": f"{folder}/hosts",
            "HOME": folder, "MYSQL_HISTFILE": "/dev/null"}
