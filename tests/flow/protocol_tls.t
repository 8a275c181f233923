#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""`protocol tls`: TLS from the first byte to any service over TCP or a Unix socket."""
import contextlib
import hashlib
import os
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, Serve, command, free_port
from mysql import context
from mysqld import Ca
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


def door_to(upstream, *words):
    return Serve(upstream, "protocol tls", *words)


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


class Raw(socket.socket):
    """A connection of which TLS is made by hand, or none."""

    def __init__(self, door):
        super().__init__()
        self.settimeout(20)
        self.log_at = len(door.log())
        self.connect(("127.0.0.1", door.port))
        self.own_port = self.getsockname()[1]


class Duplex:
    """TLS in memory: says and hears at the same time, and may end its own side alone."""

    def __init__(self, door, version=V13):
        self.raw = Raw(door)
        self.own_port, self.log_at = self.raw.own_port, self.raw.log_at
        self.raw.setblocking(False)
        self.to, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        ctx = context(door.ca, version, version)
        self.tls = ctx.wrap_bio(self.to, self.out, server_hostname="localhost")
        self.flying, self.heard, self.eof = b"", b"", False

    def step(self, what):
        """What the TLS side gives now; None: it wants more from the socket."""
        with contextlib.suppress(ssl.SSLWantReadError):
            return what()
        return None

    def move(self, seconds=0.2):
        self.flying += self.out.read()
        r, w, _ = select.select([self.raw], [self.raw] if self.flying else [], [], seconds)
        if w:
            self.flying = self.flying[self.raw.send(self.flying):]
        if r:
            part = self.raw.recv(1 << 18)
            self.to.write(part) if part else self.to.write_eof()

    def shake(self):
        done = self.step(lambda: self.tls.do_handshake() or True)
        while not done:
            self.move()
            done = self.step(lambda: self.tls.do_handshake() or True)

    def hear(self):
        try:
            while not self.eof and (part := self.step(lambda: self.tls.read(1 << 18))) is not None:
                self.heard += part
                self.eof = not part
        except ssl.SSLZeroReturnError:  # close_notify, after our own
            self.eof = True

    def talk(self, data, until_heard=None, ends=False, seconds=60):
        """Says all of it, then ends its side if so told; hears so many bytes, or to the end."""
        at, stop = 0, time.monotonic() + seconds
        while time.monotonic() < stop:
            if at < len(data) and len(self.flying) < MIB:
                at += self.tls.write(data[at:at + (1 << 16)])
            if at == len(data) and ends:
                self.step(self.tls.unwrap)
                ends = False
            self.move()
            self.hear()
            if self.eof or (until_heard is not None and len(self.heard) >= until_heard):
                return self.heard
        return self.heard

    def close(self):
        self.raw.close()


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


def test_bulk():
    with service(echo) as tcp, service(echo, path=f"{folder}/bulk") as unix:
        for back in (tcp, unix):
            with door_to(back.where) as door:
                for version in (V12, V13):
                    sent = os.urandom(4 * MIB)
                    c = Duplex(door, version)
                    c.shake()
                    got = c.talk(sent, len(sent))
                    ok(hashlib.sha256(got).digest() == hashlib.sha256(sent).digest(),
                       f"{version.name}, {back.where.split(':')[0]}: 4 MiB go both ways at once",
                       len(got))
                    c.close()


def farewell(heard):
    """Says bye, ends its own side, and notes how much the client says after that."""
    def serve(sock):
        n = 0
        sock.sendall(b"bye")
        sock.shutdown(socket.SHUT_WR)
        while part := sock.recv(65536):
            n += len(part)
        heard.append(n)
    return serve


def test_half_close():
    sent = os.urandom(3 * MIB)
    wanted = f"{len(sent)} {hashlib.sha256(sent).hexdigest()}".encode()
    with service(digest) as back, door_to(back.where) as door:
        for version in (V12, V13):
            c = Duplex(door, version)
            c.shake()
            same(c.talk(sent, ends=True), wanted,
                 f"{version.name}: the answer comes after the client's close_notify")
            ok(c.eof, f"{version.name}: and its end is the service's", c.heard)
            c.close()
            same(door.ended(c)["end"], "client-quit", "the client left first")
            with Client(door, context(door.ca, version, version)) as c:
                c.socket.sendall(sent)
                with socket.socket(fileno=os.dup(c.socket.fileno())) as same_socket:
                    same_socket.shutdown(socket.SHUT_WR)
                same(c.rest(), wanted, f"{version.name}: and after a bare FIN")
    heard = []
    with service(farewell(heard)) as back, door_to(back.where) as door:
        with Client(door) as c:
            same(c.rest(), b"bye", "a service that ends its side is heard out")
            c.socket.sendall(sent)
        same(until(lambda: heard), [len(sent)], "and hears the client out")
        same(door.ended(c)["end"], "upstream-closed", "the service left first")
        same(door.idle(), 0, "all of them are counted out")


def test_resumption():
    with service(echo) as back, door_to(back.where) as door:
        for version in (V12, V13):
            ctx = context(door.ca, version, version)
            with Client(door, ctx) as c:
                c.say(b"a ticket comes behind it")
                ticket = c.socket.session
            with Client(door, ctx, session=ticket) as c:
                same((c.say(b"x"), c.socket.session_reused), (b"x", True),
                     f"{version.name}: a ticket is taken")
            same(door.ended(c)["resumed"], "yes", "and the log says so")


def alert_of(door, before=b""):
    """What a client hears that is refused."""
    try:
        with Client(door, before=before) as c:
            return c.say(b"x") or "closed"
    except ssl.SSLError as no:
        return no.reason
    except OSError as no:
        return str(no)


def test_balancer():
    """PROXY headers in and out, and the access list, which is about the address in them."""
    seen = []

    def behind(sock):
        head = sock.recv(16, socket.MSG_WAITALL)
        seen.append(head[:12] + sock.recv(int.from_bytes(head[14:16], "big"), socket.MSG_WAITALL))
        echo(sock)

    header = b"PROXY TCP4 203.0.113.7 127.0.0.1 1111 2222\r\n"
    with service(behind) as back:
        with door_to(f"{back.where} proxy", "proxy-from 127.0.0.1") as door:
            reason = alert_of(door, header)
            ok("ACCESS_DENIED" in reason, "who is not on the list gets the alert access_denied",
               reason)
            same((door.counted("denied"), back.accepted), (1, 0),
                 "and costs the service no connection")
            done = door.dbtls("access", "add", "203.0.113.0/24")
            same(done.rc, 0, "the list changes", done)
            with Client(door, before=header) as c:
                same(c.say(b"hello"), b"hello", "the address in the header is let in")
            ends = until(lambda: [s["end"] for s in door.sessions()
                                  if s["client"] == "203.0.113.7:1111"][1:])
            same(ends, ["client-quit"], "and is the log's", door.tail())
            same((seen[0][:12], seen[0][12:24]),
                 (b"\r\n\r\n\0\r\nQUIT\n", bytes([203, 0, 113, 7, 127, 0, 0, 1, 4, 87, 8, 174])),
                 "the service is told the same")
            reason = alert_of(door)
            ok("INTERNAL_ERROR" in reason, "without a header: an alert", reason)
            same(door.counted("proxy-missing"), 1, "and status says why")


def server_tls(ca, *names):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(*ca.leaf(*names))
    return ctx


def test_tls_upstream():
    ca, other = Ca(f"{folder}/ca"), Ca(f"{folder}/other")
    with service(echo, tls=server_tls(ca, "svc.test")) as back:
        with door_to(f"{back.where} ca {ca.pem} name svc.test") as door:
            with Client(door) as c:
                data = os.urandom(MIB // 2)
                ok(c.say(data) == data, "a service under TLS that is verified")
        for ca_file, name, what in ((other.pem, "svc.test", "of another CA"),
                                    (ca.pem, "other.test", "of another name")):
            with door_to(f"{back.where} ca {ca_file} name {name}") as door:
                with Client(door) as c:
                    same(c.say(b"secret"), b"", f"one {what}: nothing comes back")
                same(door.ended(c)["end"], "upstream-untrusted", "the log says why")
                same(door.counted("upstream-untrusted"), 1, "and status")
    with service(echo) as plain, door_to(f"{plain.where} ca {ca.pem} name svc.test") as door:
        with Client(door) as c:
            same(c.say(b"secret"), b"", "a service without TLS gets nothing in the clear")
        same(door.ended(c)["end"], "upstream-tls", "and the log says why")


def issued(door, name):
    out = f"{door.folder}/{name}.pem"
    done = door.dbtls("ca", "issue", "--client", name, "--out", out)
    same(done.rc, 0, f"dbtls ca issue --client {name}", done)
    return out


def enter(door, version, pem=None):
    """What comes of it, and the session in the log."""
    ctx = context(door.ca, version, version)
    if pem:
        ctx.load_cert_chain(pem, f"{pem}.key")
    c = None
    log_at = len(door.log())
    try:
        c = Client(door, ctx)
        got = c.say(b"hello") or "closed"
    except ssl.SSLError as no:
        got = no.reason
    if c:
        c.socket.close()
    # A handshake that failed has left no client to ask for its port.
    seen = door.ended(c) if c else until(lambda: door.sessions(log_at))[0]
    return got, seen["end"], seen["certificate"]


def test_client_certificate():
    """T18: as with MySQL, but that no words are said."""
    with service(echo) as back:
        with door_to(back.where, "client-certificate required", "client-name alice") as door:
            alice, mallory = issued(door, "alice"), issued(door, "mallory")
            before = back.accepted
            for version in (V12, V13):
                got = enter(door, version, alice)
                same(got, (b"hello", "client-quit", "alice"), f"T18: {version.name}: alice is in")
                got = enter(door, version, mallory)
                same(got, ("closed", "client-name", "mallory"),
                     f"T18: {version.name}: another name is refused, and the log says whose")
                got = enter(door, version)
                ok(got[0] != b"hello" and got[1] == "client-no-certificate",
                   f"T18: {version.name}: none is refused, with an alert", got)
            same(back.accepted - before, 2, "T18: the service saw alice alone")


def test_strangers():
    """Who does not get through the handshake costs the service nothing."""
    with service(echo) as back, door_to(back.where) as door:
        silent = Raw(door)
        slow = Raw(door)
        slow.sendall(b"\x16\x03\x01\x02\x00\x01")
        for data, wanted in ((b"GET / HTTP/1.1\r\n\r\n", "tls-broken"), (os.urandom(64), "tls-"),
                             (b"\x16\x03\x01", "tls-left")):
            with Raw(door) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                with contextlib.suppress(OSError):
                    while s.recv(4096):
                        pass
                end = door.ended(s)["end"]
            ok(end.startswith(wanted), f"{data[:8]!r}: {wanted}", end)
        with Client(door) as c:
            same(c.say(b"hello"), b"hello", "others get in meanwhile")
        for s, what in ((silent, "who says nothing"), (slow, "who stops in mid-hello")):
            same(door.ended(s, 15)["end"], "tls-slow", f"{what} has to go")
            s.close()
        same(back.accepted, 1, "the service saw one connection in all")
        same(door.idle(), 0, "all of them are counted out")


def test_away():
    port = free_port()
    with service(echo) as other, door_to(f"127.0.0.1:{port}", f"upstream {other.where}") as door:
        for _ in range(4):
            with Client(door) as c:
                same(c.say(b"x"), b"x", "one of two services is away: the other answers")
    with door_to(f"127.0.0.1:{port}") as door:
        c = Client(door)
        with socket.socket() as late:
            late.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            late.bind(("127.0.0.1", port))
            c.socket.sendall(b"hello")
            time.sleep(0.3)
            late.listen()
            one, _ = late.accept()
            with one:
                same(one.recv(100), b"hello", "one that comes back in time is waited for")
        c.socket.close()
        door.idle()
        with Client(door) as c:
            same(c.rest(), b"", "where there is none the client sees an end, not a broken stream")
        same(door.ended(c)["end"], "upstream-away", "and the log says why")


def test_reload():
    """An endpoint changes its protocol: who is in goes on."""
    with service(echo) as back, door_to(back.where) as door:
        with Client(door) as old:
            same(old.say(b"before"), b"before", "a session under tls")
            door.words = ["protocol mysql"]
            door.up_words()
            same(door.dbtls("reload").rc, 0, "reload to MySQL")
            with Raw(door) as s:
                s.sendall(b"x")
            same(door.ended(s)["protocol"], "mysql", "new ones are MySQL's")
            same(old.say(b"after"), b"after", "and the old one goes on")
            door.words = ["protocol tls"]
            door.up_words()
            same(door.dbtls("reload").rc, 0, "and back")
            with Client(door) as new:
                same(new.say(b"new"), b"new", "new ones are under tls again")
            same(old.say(b"still"), b"still", "and the old one goes on")
        same(door.ended(old)["end"], "client-quit", "to its own end")
        done = door.dbtls("connect")
        ok(done.rc == 1 and "is no MySQL" in done.err, "`dbtls connect` says what it is", done)
        shown = door.dbtls("status").out
        ok("protocol tls" in shown, "`dbtls status` says it", shown)


folder = tempfile.mkdtemp(prefix="dbtls-tls-", dir="/tmp")
os.chmod(folder, 0o755)
try:
    run(test_both_versions, test_curl, test_file, test_bulk, test_half_close, test_resumption,
        test_balancer, test_tls_upstream, test_client_certificate, test_strangers, test_away,
        test_reload)
finally:
    shutil.rmtree(folder, True)
finish()
