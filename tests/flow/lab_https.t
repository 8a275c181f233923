#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D5: an endpoint of the lab answers as DynamoDB does, byte by byte; what is signed is checked; what
can be read in two ways is refused; and clients are content.
"""
import hashlib
import hmac
import os
import re
import shutil
import socket
import sys
import time
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import lab
from door import command, read
from tap import finish, ok, run, same, skip

US_EAST_1 = "dynamodb.us-east-1.amazonaws.com"
TABLES, STREAMS = "DynamoDB_20120810.ListTables", "DynamoDBStreams_20120810.ListStreams"
JSON = "application/x-amz-json-1.0"
CORAL = "com.amazon.coral.service#"
# Captured from the service itself.
UNSIGNED = (b'{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",'
            b'"message":"Request is missing Authentication Token"}')
NOT_FOUND = b"<UnknownOperationException/>\n"
MIB = 1024 * 1024
row = None


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:300]!r}"


class Client:
    """HTTP by hand, inside TLS that is verified, or without."""

    def __init__(self, row, tls=True):
        self.socket = socket.create_connection((row.address, row.port), 10)
        self.rest = b""
        if tls:
            self.socket = lab.context(row).wrap_socket(self.socket, server_hostname=row.host)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, what):
        self.socket.sendall(what)
        return self

    def more(self):
        part = self.socket.recv(65536)
        self.rest += part
        return part

    def head(self):
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                raise EOFError(self.rest)
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        return int(first.split(" ")[1]), dict(line.split(": ", 1) for line in lines)

    def answer(self, body=True):
        status, fields = self.head()
        n = int(fields.get("Content-Length", 0)) if body else 0
        while len(self.rest) < n:
            if not self.more():
                raise EOFError(self.rest)
        whole, self.rest = self.rest[:n], self.rest[n:]
        return Answer(status, fields, whole)

    def left(self):
        """The server has ended the connection, and said nothing more."""
        return self.rest == b"" and self.more() == b""


def request(method="GET", target="/", host=US_EAST_1, body=b"", version="1.1", **fields):
    lines = [f"{method} {target} HTTP/{version}", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def call(target, body=b"{}", **fields):
    return request("POST", body=body, Content_Type=JSON, X_Amz_Target=target, **fields)


def signed(row, target, body=b"{}", user=None, password=None):
    """Signature Version 4, as Amazon describes it."""
    def mac(key, text):
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{when[:8]}/eu-west-3/dynamodb/aws4_request"
    fields = {"content-type": JSON, "host": US_EAST_1, "x-amz-date": when, "x-amz-target": target}
    names = ";".join(fields)
    canonical = "\n".join(["POST", "/", "", *(f"{k}:{v}" for k, v in fields.items()), "", names,
                           hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", when, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{password or row.password}".encode()
    for word in scope.split("/"):
        key = mac(key, word)
    return call(target, body, X_Amz_Date=when, Authorization=(
        f"AWS4-HMAC-SHA256 Credential={user or row.user}/{scope}, SignedHeaders={names}, "
        f"Signature={mac(key, text).hex()}"))


def ask(row, what, **more):
    with Client(row) as c:
        return c.send(what).answer(**more)


def is_amazons(answer, status, body, kind, name):
    ok((answer.status, answer.body) == (status, body), f"{name}: {status}, and the body", answer)
    f = answer.fields
    ok(f.get("x-amz-crc32") == str(zlib.crc32(body)) and f.get("Content-Type") == kind
       and re.fullmatch(r"[0-9A-Z]{52}", f.get("x-amzn-RequestId", "")) is not None
       and re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", f.get("Date", ""))
       is not None, f"{name}: checksum, type, request id and date", answer)


def healthy():
    body = f"healthy: {US_EAST_1} ".encode()
    got = ask(row, request())
    is_amazons(got, 200, body, None, "D5: GET /")
    same((len(body), got.fields["x-amz-crc32"]), (42, "3128867991"),
         "D5: … as us-east-1 says them")
    is_amazons(ask(row, request(target="/ping", host=f"{row.host}:{row.port}")), 200,
               f"healthy: {row.host} ".encode(), None, "D5: GET /ping, of a host with its port")
    got = ask(row, request("HEAD"), body=False)
    same((got.status, got.fields["Content-Length"]), (200, "42"), "HEAD has the same head")
    for what in (request(target="/other"), request("OPTIONS"), request("PUT"),
                 request("POST", body=b"x", Content_Type="text/plain")):
        is_amazons(ask(row, what), 404, NOT_FOUND, None, what.split(b" HTTP")[0].decode())


def unsigned():
    for target in (TABLES, STREAMS):
        got = ask(row, call(target))
        is_amazons(got, 400, UNSIGNED, JSON, f"{target} without a signature")
        same((len(got.body), got.fields["x-amz-crc32"]), (125, "2088342776"),
             "… as it was captured")
    for target, body, kind in (("DynamoDB_20120810.GetItem", b"{}", "UnknownOperationException"),
                               (TABLES, b"{", "SerializationException")):
        is_amazons(ask(row, call(target, body)), 400,
                   f'{{"__type":"{CORAL}{kind}"}}'.encode(), JSON, kind)


def with_signature():
    is_amazons(ask(row, signed(row, TABLES)), 200, b'{"TableNames":["test"]}', JSON, "ListTables")
    is_amazons(ask(row, signed(row, STREAMS)), 200, b'{"Streams":[]}', JSON, "ListStreams")
    for what, kind in ((signed(row, TABLES, password="another"), "InvalidSignatureException"),
                       (signed(row, TABLES, user="eve"), "UnrecognizedClientException"),
                       (signed(row, TABLES).replace(b"\r\n\r\n{}", b"\r\n\r\n[]"),
                        "SerializationException"),
                       (signed(row, TABLES, body=b'{"a": 1}').replace(b'": 1', b'": 2'),
                        "InvalidSignatureException")):
        got = ask(row, what)
        ok(got.status == 400 and f'"__type":"{CORAL}{kind}"'.encode() in got.body,
           f"a signature that is not right: {kind}", got)


def one_after_the_other():
    with Client(row) as c:
        c.send(request() + call(TABLES) + request(host="b") + request(Connection="close"))
        got = [c.answer() for _ in range(4)]
        same([a.status for a in got], [200, 400, 200, 200], "four requests at once, in order")
        same(got[2].body, b"healthy: b ", "… each with its own answer")
        ok(c.left(), "Connection: close is obeyed, with close_notify")
    with Client(row) as c:
        got = c.send(request(version="1.0")).answer()
        ok(got.fields["Connection"] == "close" and c.left(), "HTTP/1.0 has one request", got)
    with Client(row) as c:
        for byte in request():
            c.send(bytes([byte]))
        same(c.answer().status, 200, "a request that comes byte by byte")
    with Client(row) as c:
        c.send(call(TABLES, Expect="100-continue")[:-2])
        same(c.head()[0], 100, "who expects it is told to go on")
        same(c.send(b"{}").answer().body, UNSIGNED, "… and is answered then")


def sizes():
    big = b'{"a":"' + b"x" * (MIB - 8) + b'"}'
    same((len(big), ask(row, call(TABLES, big)).body), (MIB, UNSIGNED), "a body of 1 MiB")
    with Client(row) as c:
        got = c.send(call(TABLES, big + b" ")[:-MIB]).answer()
        ok(got.status == 413 and c.left(), "of one byte more: 413, before it has come", got)
    with Client(row) as c:
        got = c.send(request(X="x" * 16384)).answer()
        ok(got.status == 431 and c.left(), "a head of more than 16 KiB: 431", got)


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
HOSTILE = {
    "two lengths": (POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n", 400),
    "chunks and a length": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                            b"\r\n", 400),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    "a bare LF": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "a space before the colon": (POST + b"Content-Length : 0\r\n\r\n", 400),
    "a folded line": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (GET + b"Host: y\r\n\r\n", 400),
    "a NUL": (GET + b"X: \0\r\n\r\n", 400),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "CONNECT": (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "nonsense": (bytes(range(128, 256)) * 8 + b"\r\n\r\n", 400),
}


def hostile():
    for name, (what, status) in HOSTILE.items():
        with Client(row) as c:
            got = c.send(what + NEXT).answer()
            ok(got.status == status and c.left(),
               f"{name}: {status}, and what follows is no request", got)
    for what in (b"", b"GET", GET, request("POST", Content_Length=10) + b"12345"):
        with Client(row) as c:
            c.send(what) if what else None
    same(ask(row, request()).status, 200, "who leaves in the middle does no harm")
    with Client(row, tls=False) as c:
        got = c.send(request()).answer()
        ok(got.status == 400 and b"HTTPS" in got.body and c.left(),
           "a request without TLS: 400, and why", got)


def curl():
    if not shutil.which("curl"):
        skip("curl is content", "there is no curl")
        return
    line = ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", row.ca,
            "--resolve", f"{row.host}:{row.port}:{row.address}", "--noproxy", "*"]
    url = f"https://{row.host}:{row.port}/"
    got = command(*line, url)
    same((got.rc, got.out), (0, f"healthy: {row.host} "), "curl is content", got)
    got = command(*line, "--user", f"{row.user}:{row.password}", "--aws-sigv4",
                  "aws:amz:us-east-1:dynamodb", "--header", f"Content-Type: {JSON}", "--header",
                  f"X-Amz-Target: {TABLES}", "--data", "{}", url)
    same((got.rc, got.out), (0, '{"TableNames":["test"]}'), "… with a signature of its own", got)


with lab.Lab("--protocol", "https", "--only", "good") as running:
    row = running.of("good", "https")
    run(healthy, unsigned, with_signature, one_after_the_other, sizes, hostile, curl)
    rc, seconds = running.stop()
    ok(rc == 0 and seconds < 10, "the lab ends in order", rc, seconds)
    same(read(running.err_file), "", "… and has complained of nothing")
finish()
