# SPDX-License-Identifier: Apache-2.0
"""
A MySQL client that does each step by hand, so that a test can stop, dawdle or lie at any of them.
Every wait has a time-out. TLS runs in memory: what goes to the socket, and when, is the test's.

Sources: MySQL internals, "Connection Phase" and "Text Protocol".
"""
import hashlib
import socket
import ssl
import struct

LONG_PASSWORD, LONG_FLAG, WITH_DB, LOCAL_FILES = 0x1, 0x4, 0x8, 0x80
PROTOCOL_41, SSL, TRANSACTIONS, SECURE = 0x200, 0x800, 0x2000, 0x8000
MULTI_STATEMENTS, MULTI_RESULTS, PLUGIN_AUTH = 0x10000, 0x20000, 0x80000
USUAL = (LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | SSL | TRANSACTIONS | SECURE |
         MULTI_STATEMENTS | MULTI_RESULTS | PLUGIN_AUTH)
UTF8MB4 = 45
BIGGEST = 0xffffff  # bytes of payload in one packet


class Refused(Exception):
    """An ERR packet."""

    def __init__(self, payload):
        self.code, = struct.unpack_from("<H", payload, 1)
        rest = payload[3:]
        self.state = rest[1:6].decode() if rest[:1] == b"#" else None
        self.text = (rest[6:] if self.state else rest).decode(errors="replace")
        super().__init__(f"{self.code} ({self.state}) {self.text}")


class Left(Exception):
    """The other end closed the connection."""


def native(password, scramble):
    """mysql_native_password's proof."""
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    other = hashlib.sha1(scramble + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, other))


def sha2(password, scramble):
    """caching_sha2_password's proof."""
    if not password:
        return b""
    once = hashlib.sha256(password.encode()).digest()
    other = hashlib.sha256(hashlib.sha256(once).digest() + scramble).digest()
    return bytes(a ^ b for a, b in zip(once, other))


PROOFS = {"mysql_native_password": native, "caching_sha2_password": sha2}
SHA2_FAST = b"\x01\x03"  # the proof is right: OK follows
SHA2_FULL = b"\x01\x04"  # give me the password itself


def context(ca=None, low=ssl.TLSVersion.TLSv1_2, high=ssl.TLSVersion.TLSv1_3, ciphers=None,
            alpn=None):
    """Verifies chain and name when there is a CA."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.minimum_version, ctx.maximum_version = low, high
    if ciphers:
        ctx.set_ciphers(ciphers)
    if alpn:
        ctx.set_alpn_protocols(alpn)
    if ca:
        ctx.load_verify_locations(ca)
        return ctx
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    return ctx


def read_length(p, at):
    """A length-encoded integer; None: NULL."""
    first = p[at]
    if first < 0xfb:
        return first, at + 1
    if first == 0xfb:
        return None, at + 1
    size = {0xfc: 2, 0xfd: 3, 0xfe: 8}[first]
    return int.from_bytes(p[at + 1:at + 1 + size], "little"), at + 1 + size


def read_row(p):
    at, row = 0, []
    while at < len(p):
        n, at = read_length(p, at)
        row.append(None if n is None else p[at:at + n].decode(errors="replace"))
        at += n or 0
    return row


class Client:
    def __init__(self, host, port, ca=None, timeout=20, receive=None, source=None):
        self.host, self.ca, self.timeout = host, ca, timeout
        self.tls = self.to_tls = self.from_tls = None
        self.pending, self.seq = b"", 0
        self.switched_to, self.asked_for_password = None, False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self.own_port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # ---- bytes

    def receive(self, n=65536):
        part = self.socket.recv(n)
        if not part:
            raise Left("the connection was closed")
        return part

    def flush(self):
        """Sends what TLS has written."""
        out = self.from_tls.read()
        if out:
            self.socket.sendall(out)

    def send(self, data):
        if not self.tls:
            self.socket.sendall(data)
            return
        for at in range(0, len(data), 1 << 18):
            self.write(data[at:at + (1 << 18)])
            self.flush()

    def write(self, data):
        """In the midst of a handshake that the server has asked for, that comes first."""
        while True:
            try:
                return self.tls.write(data)
            except ssl.SSLWantReadError:
                self.flush()
                self.to_tls.write(self.receive())

    def read_some(self):
        if not self.tls:
            return self.receive()
        while True:
            try:
                part = self.tls.read(1 << 16)
            except ssl.SSLWantReadError:
                self.flush()
                self.to_tls.write(self.receive())
                continue
            except ssl.SSLZeroReturnError:
                raise Left("close_notify") from None
            if not part:
                raise Left("close_notify")
            return part

    def read(self, n):
        parts, have = [self.pending], len(self.pending)
        while have < n:
            # In the clear not a byte more: what follows belongs to TLS.
            part = self.read_some() if self.tls else self.receive(n - have)
            parts.append(part)
            have += len(part)
        data = b"".join(parts)
        self.pending = data[n:]
        return data[:n]

    def hears_end(self):
        """Reads on until the other end closes: in which way, and what came before."""
        got = self.pending
        try:
            while True:
                got += self.read_some()
        except Left as left:
            return str(left), got
        except ConnectionResetError:
            return "reset", got

    # ---- packets

    def packet(self):
        whole = b""
        while True:
            head = self.read(4)
            n = int.from_bytes(head[:3], "little")
            self.seq = head[3] + 1 & 0xff
            whole += self.read(n)
            if n < BIGGEST:
                return whole

    def answer(self):
        """The next packet; Refused when it is an ERR."""
        payload = self.packet()
        if payload[:1] == b"\xff":
            raise Refused(payload)
        return payload

    @staticmethod
    def framed(payload, seq=0):
        out = b""
        while True:
            part, payload = payload[:BIGGEST], payload[BIGGEST:]
            out += len(part).to_bytes(3, "little") + bytes([seq & 0xff]) + part
            seq += 1
            if len(part) < BIGGEST:
                return out

    def send_packet(self, payload, seq=None):
        self.send(self.framed(payload, self.seq if seq is None else seq))

    # ---- the steps of a login

    def greeting(self):
        p = self.answer()
        end = p.index(b"\0", 1)
        self.version = p[1:end].decode()
        self.connection_id, = struct.unpack_from("<I", p, end + 1)
        low, = struct.unpack_from("<H", p, end + 14)
        high, = struct.unpack_from("<H", p, end + 19)
        self.server_caps = low | high << 16
        self.scramble = p[end + 5:end + 13] + p[end + 32:end + 44]
        return self

    @staticmethod
    def ssl_request(caps=USUAL):
        return Client.framed(struct.pack("<IIB23x", caps, 1 << 30, UTF8MB4), 1)

    def begin_tls(self, ctx=None, name=None, session=None):
        """TLS in memory: nothing is sent yet."""
        ctx = ctx or context(self.ca)
        self.to_tls, self.from_tls = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = ctx.wrap_bio(self.to_tls, self.from_tls, server_hostname=name or self.host,
                                session=session)
        self.seq = 2

    def client_hello(self, ctx=None):
        """The bytes that begin the handshake."""
        self.begin_tls(ctx)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.from_tls.read()

    def handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                self.flush()
                return self
            except ssl.SSLWantReadError:
                self.flush()
                self.to_tls.write(self.receive())
            except ssl.SSLError:
                try:
                    self.flush()
                except OSError:
                    pass
                raise

    def start_tls(self, ctx=None, name=None, session=None, caps=USUAL):
        self.greeting()
        self.socket.sendall(self.ssl_request(caps))
        self.begin_tls(ctx, name, session)
        return self.handshake()

    def response(self, user, password, database=None, caps=USUAL, plugin="mysql_native_password",
                 proof=None):
        """The payload of HandshakeResponse41."""
        caps |= WITH_DB if database else 0
        proof = native(password, self.scramble) if proof is None else proof
        out = struct.pack("<IIB23x", caps, 1 << 30, UTF8MB4) + user.encode() + b"\0"
        out += bytes([len(proof)]) + proof
        if database:
            out += database.encode() + b"\0"
        if caps & PLUGIN_AUTH:
            out += plugin.encode() + b"\0"
        return out

    def proceed(self, password):
        """Answers what the server asks for until the login, or the change of user, is over."""
        while True:
            payload = self.answer()
            if payload[0] == 0:
                return self
            if payload == SHA2_FULL:
                self.asked_for_password = True
                self.send_packet(password.encode() + b"\0")
                continue
            if payload == SHA2_FAST:
                continue
            if payload[0] != 0xfe:
                raise AssertionError(f"unexpected {payload!r}")
            plugin, _, data = payload[1:].partition(b"\0")
            self.switched_to = plugin.decode()
            self.send_packet(PROOFS[self.switched_to](password, data[:20]))

    def authenticate(self, user, password, database=None, **more):
        self.send_packet(self.response(user, password, database, **more))
        return self.proceed(password)

    def enter(self, user, password, database="test"):
        """All of it. Over TLS a database goes by the capabilities of the request for it."""
        caps = USUAL | (WITH_DB if database else 0)
        return self.start_tls(caps=caps).authenticate(user, password, database)

    # ---- commands

    def command(self, number, data=b""):
        self.send_packet(bytes([number]) + data, 0)

    def result(self):
        """Rows; for a statement without any, []. LOAD DATA LOCAL sends self.local_file."""
        first = self.answer()
        if first[0] == 0:
            self.more = len(first) > 3 and bool(self.status_of_ok(first) & 8)
            return []
        if first[0] == 0xfb:
            return self.send_file()
        columns, _ = read_length(first, 0)
        for _ in range(columns + 1):  # and an EOF
            self.answer()
        rows = []
        while True:
            p = self.answer()
            if p[0] == 0xfe and len(p) < 9:
                self.more = bool(struct.unpack_from("<H", p, 3)[0] & 8)
                return rows
            rows.append(read_row(p))

    @staticmethod
    def status_of_ok(p):
        _, at = read_length(p, 1)
        _, at = read_length(p, at)
        return struct.unpack_from("<H", p, at)[0]

    def send_file(self):
        self.send(self.framed(self.local_file, self.seq) + self.framed(b"", self.seq + 1))
        return self.result()

    def query(self, sql):
        self.command(3, sql if isinstance(sql, bytes) else sql.encode())
        return self.result()

    def results(self, sql):
        all_of_them = [self.query(sql)]
        while self.more:
            all_of_them.append(self.result())
        return all_of_them

    def ping(self):
        self.command(14)
        return self.answer()[0] == 0

    def change_user(self, user, password, database="test"):
        proof = native(password, self.scramble)
        self.command(17, user.encode() + b"\0" + bytes([len(proof)]) + proof + database.encode() +
                     b"\0" + struct.pack("<H", UTF8MB4) + b"mysql_native_password\0")
        return self.proceed(password)

    def quit(self):
        """Says goodbye: how the other end closes."""
        self.command(1)
        how = self.hears_end()
        self.close()
        return how
