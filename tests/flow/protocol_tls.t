#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""`protocol tls`: TLS from the first byte to any service over TCP or a Unix socket."""
import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, Serve, command, free_port, read
from mysql import context
from tap import finish, ok, run, same, until

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
MIB = 1 << 20
folder = None


# ---- services ------------------------------------------------------------------------------------

class Service:
    """Listens at a Unix socket or on a port of loopback; serve(socket) in a thread for each."""

    def __init__(self, serve, path=None, tls=None):
        self.serve, self.tls, self.accepted, self.path = serve, tls, 0, path
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(path or ("127.0.0.1", 0))
        if path:
            os.chmod(path, 0o777)
        self.listener.listen(128)
        self.port = None if path else self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                one, _ = self.listener.accept()
                self.accepted += 1
                threading.Thread(target=self.one, args=(one,), daemon=True).start()

    def one(self, sock):
        with contextlib.suppress(OSError), sock:
            self.serve(self.tls.wrap_socket(sock, server_side=True) if self.tls else sock)

    @property
    def where(self):
        return f"unix:{self.path}" if self.path else f"127.0.0.1:{self.port}"

    def close(self):
        # A thread that waits in accept() would hold the socket open.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def echo(sock):
    while part := sock.recv(65536):
        sock.sendall(part)


def digest(sock):
    """Answers, once the client has ended its side, with what came."""
    seen, n = hashlib.sha256(), 0
    while part := sock.recv(65536):
        seen.update(part)
        n += len(part)
    sock.sendall(f"{n} {seen.hexdigest()}".encode())


@contextlib.contextmanager
def service(*words, **more):
    one = Service(*words, **more)
    try:
        yield one
    finally:
        one.close()


def door_to(upstream, *words, **more):
    return Serve(upstream, "protocol tls", *words, **more)


# ---- clients -------------------------------------------------------------------------------------

class Client:
    """One connection, and its place in the log."""

    def __init__(self, door, ctx=None, before=b"", session=None):
        self.log_at = len(door.log())
        self.raw = socket.create_connection(("127.0.0.1", door.port), timeout=20)
        self.own_port = self.raw.getsockname()[1]
        self.raw.sendall(before)
        self.socket = (ctx or context(door.ca)).wrap_socket(
            self.raw, server_hostname="localhost", session=session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, data):
        self.socket.sendall(data)
        return self.hear(len(data))

    def hear(self, n):
        data = b""
        while len(data) < n and (part := self.socket.recv(n - len(data))):
            data += part
        return data

    def rest(self):
        data = b""
        while part := self.socket.recv(65536):
            data += part
        return data


def raw(door):
    s = socket.create_connection(("127.0.0.1", door.port), timeout=20)
    s.own_port, s.log_at = s.getsockname()[1], len(door.log())
    return s


Raw = type("Raw", (), {})


# ---- what holds ----------------------------------------------------------------------------------

def test_both_versions():
    path = f"{folder}/echo"
    with service(echo, path=path) as unix, service(echo) as tcp:
        for back in (unix, tcp):
            with door_to(back.where) as door:
                for version in (V12, V13):
                    with Client(door, context(door.ca, version, version)) as c:
                        same(c.say(b"hello"), b"hello",
                             f"{version.name}, {back.where.split(':')[0]}: it answers")
                    seen = door.ended(c)
                    same((seen["protocol"], seen["tls"], seen["end"], seen["in"], seen["out"]),
                         ("tls", version.name[4:].replace("_", ".").replace("v", ""),
                          "client-quit", "5", "5"), "the log says what it was", seen)
                same(door.status()["endpoints"][0]["protocol"], "tls", "status says the protocol")
                same(door.idle(), 0, "all of them are counted out")


def test_curl():
    """A service as it is, and a client as it is."""
    os.mkdir(f"{folder}/www")
    with open(f"{folder}/www/big", "wb") as f:
        f.write(os.urandom(8 * MIB))
    port = free_port()
    with open(f"{folder}/http.log", "w") as log:
        import subprocess
        http = subprocess.Popen([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "-d",
                                 f"{folder}/www", str(port)], stdout=log, stderr=log)
    try:
        with door_to(f"127.0.0.1:{port}") as door:
            until(lambda: not socket.socket().connect_ex(("127.0.0.1", port)))
            got = f"{folder}/got"
            done = command("curl", "-sS", "--cacert", door.ca, "-o", got,
                           f"https://localhost:{door.port}/big")
            with open(f"{folder}/www/big", "rb") as a, open(got, "rb") as b:
                ok(done.rc == 0 and a.read() == b.read(), "curl gets a file of 8 MiB", done)
            done = command("curl", "-sS", "--cacert", door.ca, f"http://localhost:{door.port}/big")
            ok(done.rc != 0, "without TLS it gets nothing", done)
            done = command("openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-CAfile",
                           door.ca, "-verify_hostname", "localhost", "-verify_return_error",
                           "-quiet", "-ign_eof", stdin="GET / HTTP/1.0\r\n\r\n")
            ok("200 OK" in done.out and "big" in done.out, "openssl s_client, too", done)
    finally:
        http.terminate()
        http.wait(10)


def test_file():
    for text, wanted in (("protocol http", "there are mysql and tls"),
                         ("protocol tls\nlogin-bridge on", "about MySQL's logins"),
                         ("protocol tls\nplaintext allow", "leave out \"plaintext\""),
                         ("protocol tls\nprotocol tls", "said twice")):
        done = command(DBTLS, "serve", "-n", "-c", "/dev/stdin",
                       stdin=f"{text}\nupstream 127.0.0.1:1\n")
        ok(done.rc and wanted in done.err, f"serve -n: {text!r}: {wanted}", done)
    done = command(DBTLS, "up", "--protocol", "tls")
    ok(done.rc == 2 and "--protocol" in done.err, "up has no such word", done)


folder = tempfile.mkdtemp(prefix="dbtls-tls-", dir="/tmp")
os.chmod(folder, 0o755)
try:
    run(test_both_versions, test_curl, test_file)
finally:
    shutil.rmtree(folder, True)
finish()
