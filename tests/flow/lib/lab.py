# SPDX-License-Identifier: Apache-2.0
"""
`dbtls lab start` in a folder of its own, and clients that share nothing with dbtls: OpenSSL's
s_client, Python's ssl, and bytes by hand.
"""
import contextlib
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import types

import mysql
from door import DBTLS, command, read

OLD = "DEFAULT:@SECLEVEL=0"  # what OpenSSL can, instead of what Debian lets it


def listed(*words):
    """The rows of `dbtls lab list`."""
    done = command(DBTLS, "lab", "list", "--json", *words)
    if done.rc:
        raise RuntimeError(f"dbtls lab list: {done}")
    return [types.SimpleNamespace(**row) for row in json.loads(done.out)]


class Lab:
    """The lab as it runs. As a context it is ended when the block is."""

    def __init__(self, *words, seconds=120):
        self.folder = tempfile.mkdtemp(prefix="dbtls-lab-", dir="/tmp")
        self.out_file, self.err_file = f"{self.folder}/out", f"{self.folder}/err"
        began = time.monotonic()
        with open(self.out_file, "wb") as out, open(self.err_file, "wb") as err:
            self.process = subprocess.Popen(
                [DBTLS, "lab", "start", "--json", "--dir", self.folder, *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            self.rows = self.wait(seconds)
        except Exception:
            self.close()
            raise
        self.seconds = time.monotonic() - began

    def wait(self, seconds):
        """The table it prints, when it is whole."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            try:
                return [types.SimpleNamespace(**row) for row in json.loads(read(self.out_file))]
            except json.JSONDecodeError:
                time.sleep(0.02)
        raise RuntimeError(f"dbtls lab start: {self.process.poll()}: {read(self.err_file)}")

    def of(self, name, protocol):
        found = [r for r in self.rows if (r.name, r.protocol) == (name, protocol)]
        if len(found) != 1:
            raise RuntimeError(f"{name} over {protocol} is there {len(found)} times")
        return found[0]

    def stop(self, sig=signal.SIGTERM, seconds=20):
        """Its exit status, and the seconds it took; -1: it had to be killed."""
        began = time.monotonic()
        self.process.send_signal(sig)
        try:
            rc = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            rc = -1
        return rc, time.monotonic() - began

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_address(host):
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return False


# ---- OpenSSL's own client

class Handshake:
    """What s_client said of one."""

    def __init__(self, done):
        self.rc, self.text = done.rc, done.out + done.err
        # Its callback tells each error once for each certificate that it finds it at.
        self.errors = [(int(d), int(n)) for d, n in re.findall(
            r"^depth=(\d+) .*\nverify error:num=(\d+):", self.text, re.M)]
        alert = re.search(r"SSL alert number (\d+)", self.text)
        self.alert = int(alert[1]) if alert else None
        new = re.search(r"^(?:New|Reused), (\S+), Cipher is (\S+)", self.text, re.M)
        self.cipher = new[2] if new and new[2] != "(NONE)" else None
        # "New," names the protocol in which the cipher first was; this line, what was spoken.
        spoken = re.search(r"^ *Protocol *: *(\S+)", self.text, re.M)
        self.version = spoken[1] if spoken else new[1] if self.cipher else None
        self.key = re.search(r"^Server public key is (\d+) bit", self.text, re.M)
        self.bits = int(self.key[1]) if self.key else None
        self.sent = re.findall(r"^ *\d+ s:(.*)\n +i:(.*)$", self.text, re.M)
        self.pems = re.findall(r"-----BEGIN CERTIFICATE-----\n.*?\n-----END CERTIFICATE-----\n",
                               self.text, re.S)

    def __repr__(self):
        return (f"{self.version} {self.cipher}, errors {self.errors}, alert {self.alert}, "
                f"rc {self.rc}\n{self.text[-1500:]}")


def s_client(row, *words, feed="", seconds=15):
    """
    Shakes hands, tells every error that its verifier finds, and goes on in spite of them. feed:
    said once TLS stands; with it s_client waits for what the server has to say, until it leaves.
    """
    line = ["timeout", str(seconds), "openssl", "s_client", "-connect",
            f"{row.address}:{row.port}", "-CAfile", row.ca, "-showcerts",
            "-verify_ip" if is_address(row.host) else "-verify_hostname", row.host]
    if not is_address(row.host) and not {"-servername", "-noservername"} & {*words}:
        line += ["-servername", row.host]
    if row.protocol == "mysql":
        line += ["-starttls", "mysql"]
    if feed:
        line += ["-ign_eof"]
    return Handshake(command(*line, *words, stdin=feed, timeout=seconds + 5))


# ---- Python's

def context(row=None, **more):
    """Verifies chain and name, when a row says by which CA; else anything is taken."""
    return mysql.context(row.ca if row else None, **more)


def old_context(low=ssl.TLSVersion.TLSv1, high=ssl.TLSVersion.TLSv1_3, row=None):
    return context(row, low=low, high=high, ciphers=OLD)


class Visitor(mysql.Client):
    """A client that keeps what it gets: heard below TLS, inside within."""

    def __init__(self, row, timeout=2.0):
        self.heard = self.inside = b""
        super().__init__(row.address, row.port, timeout=timeout)

    def receive(self, n=65536):
        part = super().receive(n)
        self.heard += part
        return part

    def read_some(self):
        part = super().read_some()
        self.inside += part if self.tls else b""
        return part


# In this order one gets there.
REACHED = ("nothing", "connection", "greeting", "answer to the hello", "TLS", "login", "result")


class Walk:
    """How far a client gets (one of REACHED), what ends it, what it has heard, also inside TLS."""

    def __init__(self, row, ctx=None, timeout=2.0, name=True):
        self.reached, self.end, self.heard, self.version = "nothing", None, b"", None
        self.visitor = self.code = None  # code: X509_V_ERR_…
        try:
            with Visitor(row, timeout) as self.visitor:
                self.reached = "connection"
                self.go(self.visitor, row, ctx or context(), name)
                self.end = "served"
        except mysql.Refused as refused:
            self.end = f"error {refused.code}"
        except mysql.Left as left:
            self.end = "close_notify" if "notify" in str(left) else "close"
        except (ConnectionResetError, BrokenPipeError):
            self.end = "reset"
        except ConnectionRefusedError:
            self.end = "refused"
        except (TimeoutError, socket.timeout):
            self.end = "silence"
        except ssl.SSLError as e:
            self.end, self.code = f"TLS: {e.reason}", getattr(e, "verify_code", None)
        self.heard = self.visitor.heard if self.visitor else b""
        self.inside = self.visitor.inside if self.visitor else b""

    def go(self, v, row, ctx, name):
        if row.protocol == "mysql":
            v.greeting()
            self.reached = "greeting"
            v.socket.sendall(v.ssl_request())
        before = len(v.heard)
        v.begin_tls(ctx, row.host if name else None)
        try:
            v.handshake()
        finally:
            if len(v.heard) > before:
                self.reached = "answer to the hello"
        self.reached, self.version = "TLS", v.tls.version()
        (self.log_in if row.protocol == "mysql" else self.ask)(v, row)

    def log_in(self, v, row):
        v.authenticate(row.user, row.password)
        self.reached = "login"
        if v.query("SELECT DATABASE()") is not None:
            self.reached = "result"

    def ask(self, v, row):
        v.send(get(row.host))
        try:
            while v.read_some():
                pass
        except mysql.Left:
            if f"\r\n\r\nhealthy: {row.host} ".encode() not in v.inside:
                raise
        self.reached = "result"

    def __repr__(self):
        return (f"reached {self.reached}, then {self.end}; heard {self.heard[:200]!r}, "
                f"inside {self.inside[-200:]!r}")


def client_hello(row):
    """The bytes with which a client begins that sends the server's name."""
    to, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(to, out, server_hostname=row.host)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def records(row, heard):
    """TLS records as (type, bytes of payload), RFC 8446 5.1; before them, MySQL has its greeting."""
    at, found = 0, []
    if row.protocol == "mysql":
        at = 4 + int.from_bytes(heard[:3], "little")
    while at + 5 <= len(heard):
        n = int.from_bytes(heard[at + 3:at + 5], "big")
        found.append((heard[at], n))
        at += 5 + n
    return found


# ---- certificates

def text_of(pem):
    """What OpenSSL reads in a certificate."""
    return command("openssl", "x509", "-noout", "-text", stdin=pem).out


@contextlib.contextmanager
def files(*texts):
    """Their paths, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="dbtls-lab-") as folder:
        paths = [f"{folder}/{n}.pem" for n in range(len(texts))]
        for path, text in zip(paths, texts):
            with open(path, "w") as f:
                f.write(text)
        yield paths


# ---- bytes by hand

def raw(row, *says, seconds=2.0):
    """
    What is heard in answer to these bytes within so many seconds, and what it ends with: "close",
    "reset" or "silence". None: what is said next waits for the server to speak.
    """
    heard, end = b"", time.monotonic() + seconds
    try:
        with socket.create_connection((row.address, row.port), seconds) as s:
            for what in says:
                if what is None:
                    heard += s.recv(65536)
                    continue
                s.sendall(what)
            while (left := end - time.monotonic()) > 0:
                s.settimeout(left)
                part = s.recv(65536)
                if not part:
                    return heard, "close"
                heard += part
    except (ConnectionResetError, BrokenPipeError):
        return heard, "reset"
    except (TimeoutError, socket.timeout):
        pass
    return heard, "silence"


def get(host):
    return f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
