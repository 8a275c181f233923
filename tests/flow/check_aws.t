#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
`dbtls check` of DynamoDB: against the lab's look-alike with each of Amazon's roots trusted alone
(D1, D2, D5, D7), with signed requests, and from a network that leads nowhere (D3); what a login is
told to have come to; and two faults at once.
"""
import contextlib
import email.utils
import json
import os
import socket
import ssl
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import lab
import tap
from door import DBTLS, ROOT, command
from mariadbd import PASSWORD, USER, Mariadbd
from mysqld import Ca

TARGET, HOST = "dynamodb:eu-west-3", "dynamodb.eu-west-3.amazonaws.com"
# What is served, by the lab's names, and the roots to which that leads.
SERVED = {"amazon-root": 1, "amazon-g2": 2, "amazon-class2": 3}
ROOTS = ("amazon-root", "amazon-g2", "amazon-class2")  # the lab gives one of the three to each


def quiet(**more):
    """The environment without what check goes by, and then this."""
    gone = ("AWS_", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(gone)},
            "LC_ALL": "C.UTF-8", **more}


def check(*words, inside=(), **env):
    """What it says, as JSON, and how it ended."""
    done = command(*inside, DBTLS, "check", "--json", *words, env=quiet(**env))
    try:
        return json.loads(done.out), done
    except json.JSONDecodeError:
        return {"verdict": {"id": None}, "causes": [], "warnings": [], "steps": [],
                "advice": [], "anchor": ""}, done


def ids(list_of):
    return {c["id"]: c["evidence"] for c in list_of}


def steps(said):
    return {s["step"]: s for s in said["steps"]}


# ---- each root alone

def test_roots(started):
    """Amazon Root CA 1 does for all; the older two only where the cross-sign to them is served."""
    for served, reach in SERVED.items():
        row = started.of(served, "https")
        for number, root in enumerate(ROOTS, 1):
            said, done = check("--ca", started.of(root, "https").ca, "--connect-to",
                               f"{row.address}:{row.port}", TARGET)
            wanted = "ok" if number <= reach else "untrusted-root"
            tap.ok(said["verdict"]["id"] == wanted and done.rc == (wanted != "ok"),
                   f"D1: {served} with the root of {root} alone: {wanted}", done)
            leaves = "root-leaving" in ids(said["warnings"])
            tap.same(leaves, wanted == "ok" and number > 1,
                     "D7: whether browsers give that root up is said", done)
    tap.ok("Mozilla has taken it out (2025-04-15)" in ids(said["warnings"]).get("root-leaving", "")
           and "named as starfield-class-2, and not" in ids(said["warnings"])["root-leaving"],
           "since when; and that it has the name alone", done)


def test_whole(started):
    """All that there is to be known: chain, healthy answer, and both APIs' unsigned ones."""
    row = started.of("amazon-root", "https")
    way = ["--ca", row.ca, "--connect-to", f"{row.address}:{row.port}"]
    tap.ok("retries" not in check(*way, TARGET)[0], "D4: nothing is tried again where all is right")
    for target, host in (TARGET, HOST), ("dynamodb-streams:eu-west-3", f"streams.{HOST}"):
        said, done = check(*way, target)
        seen = steps(said)
        tap.ok(done.rc == 0 and not said["causes"] and
               seen["session"]["text"].startswith(f"healthy: {host}"),
               f"D5: {target}: healthy, by the name that was asked for", done)
        tap.ok(seen["api"]["code"] == 400 and seen["api"]["outcome"] == "ok" and
               "MissingAuthenticationToken" in seen["api"]["text"],
               f"D2: {target}: the API is there, and wants a signature", done)
        tap.ok([c["used"] for c in said["chain"]] == [True, True] and
               said["anchor"] == "CN=Amazon Root CA 1,O=Amazon,C=US" and
               said["chain"][1]["subject"].startswith("CN=Amazon RSA 2048 M01"),
               f"D1: {target}: its chain, and the root in which it ends", done)
    said, done = check(*way, "dynamodb:us-east-1")
    tap.same(said["verdict"]["id"], "hostname-mismatch", "another region's name is not its own", done)


# ---- where no name leads anywhere

def test_alone():
    """A network with loopback alone."""
    inside = ["unshare", *(["--net"] if ROOT else ["-r", "--net"]), "sh", "-c",
              "ip link set lo up; exec \"$@\"", "sh"]
    said, done = check("--timeout", "5", TARGET, inside=inside)
    cause = said["causes"][0] if said["causes"] else {"evidence": "", "advice": ""}
    tap.ok(said["verdict"]["id"] == "dns-failure" and done.rc == 3 and HOST in cause["evidence"],
           "D3: the name can't be resolved", done)
    tap.ok(all(word in cause["advice"] for word in ("VPC", "private DNS", "VPN", "HTTPS_PROXY")),
           "D13: and what that may mean", done)
    boto3 = next((r for r in said["retries"] if r["sdk"] == "boto3 (botocore 1.44)"), {})
    tap.ok(boto3.get("attempts") == 4 and boto3["most_ms"] - boto3["least_ms"] == 175 and
           boto3["least_ms"] == 4 * steps(said)["resolve"]["ms"],
           "D4: what an SDK's retries make of it", done)
    text = command(*inside, DBTLS, "check", "--timeout", "5", TARGET, env=quiet())
    tap.ok("\n    by their defaults SDKs tell the application of it after\n" in text.out and
           "\n        aws-sdk-go 2 " in text.out, "D4: and in words", text)
    tap.ok("proxy-unused" not in ids(said["warnings"]), "no proxy is told of where none is", done)
    said, done = check("--timeout", "5", TARGET, inside=inside,
                       HTTPS_PROXY="http://me:s3cret@proxy.example.com:3128")
    tap.ok("through proxy.example.com:3128" in ids(said["warnings"]).get("proxy-unused", "") and
           "s3cret" not in done.out + done.err, "a proxy that is set is told, its password not", done)


# ---- signed requests

def keys(row, **more):
    return {"AWS_ACCESS_KEY_ID": row.user, "AWS_SECRET_ACCESS_KEY": row.password, **more}


def test_signed(started):
    """The lab checks the signature as the service does."""
    row = started.of("amazon-root", "https")
    way = ["--login", "--ca", row.ca, "--connect-to", f"{row.address}:{row.port}"]
    for target, more in ((TARGET, {}), ("dynamodb-streams:eu-west-3", {}),
                         (TARGET, {"AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjEJ" * 60 + "/+="}),
                         (f"https://{row.host}:{row.port}", {"AWS_REGION": "eu-west-3"})):
        said, done = check(*way, target, **keys(row, **more))
        tap.ok(said["verdict"]["id"] == "ok" and not ids(said["warnings"]).keys() - {"slow"} and
               steps(said)["login"]["outcome"] == "ok",
               f"D2: {target}: a signed request is let in, with {list(more) or 'the two'}", done)
        tap.ok(row.password not in done.out and more.get("AWS_SESSION_TOKEN", "?") not in done.out,
               "neither secret nor token is printed", done)
    for wanted, more in (("InvalidSignatureException", {"AWS_SECRET_ACCESS_KEY": "wrong"}),
                         ("UnrecognizedClientException", {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7"})):
        said, done = check(*way, TARGET, **keys(row, **more))
        tap.ok(said["verdict"]["id"] == "login-failed" and done.rc == 1 and
               wanted in said["causes"][0]["evidence"] and
               "aws sts get-caller-identity" in said["causes"][0]["advice"],
               f"D13: {wanted}: the way is right, the key is not", done)
    said, done = check(*way, TARGET, **keys(row, AWS_SECRET_ACCESS_KEY=row.password + "\n"))
    tap.ok(said["verdict"]["id"] == "local-failure" and
           "line's end" in said["causes"][0]["evidence"], "a secret with a line's end", done)


def test_unasked(started):
    """Keys are used when that is asked for, and only where the server was verified."""
    row = started.of("amazon-root", "https")
    way = ["--connect-to", f"{row.address}:{row.port}", TARGET]
    said, done = check("--ca", row.ca, *way, **keys(row))
    tap.ok(done.rc == 0 and "login" not in steps(said), "without --login nothing is signed", done)
    said, done = check("--login", *way, **keys(row))
    tap.ok(said["verdict"]["id"] == "untrusted-root" and "login" not in steps(said),
           "nor to a server that is not verified", done)
    said, done = check("--login", "--ca", row.ca, *way)
    tap.ok(done.rc == 0 and "AWS_ACCESS_KEY_ID" in
           ids(said["warnings"]).get("option-no-effect", ""), "no keys: said", done)


# ---- servers of our own

class Web:
    """
    Answers as DynamoDB does, but for a signed request: that gets `answer`, a status and a body.
    then: the context for who comes after the unsigned request, in place of tls. ahead: its clock,
    in s.
    """

    def __init__(self, tls, then=None, answer=(200, '{"TableNames":["secret-table"]}'), ahead=0):
        self.tls, self.then, self.seen = tls, then or tls, []
        self.answer, self.ahead = answer, ahead
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self.listener.accept()
                tls = self.then if any("X-Amz" in text for text in self.seen) else self.tls
                threading.Thread(target=self.serve, args=[raw, tls], daemon=True).start()

    def serve(self, raw, tls):
        with contextlib.suppress(OSError), raw, tls.wrap_socket(raw, server_side=True) as s:
            text = b""
            while b"\r\n\r\n" not in text:
                if not (part := s.recv(65536)):
                    return
                text += part
            self.seen.append(text.decode())
            status, body = self.reply(text)
            when = email.utils.formatdate(time.time() + self.ahead, usegmt=True)
            s.sendall(f"HTTP/1.1 {status} x\r\nDate: {when}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            s.unwrap()

    def reply(self, text):
        if text.startswith(b"GET /"):
            return 200, "healthy: db1.dbtls.test "
        if b"Authorization:" in text:
            return self.answer
        return 400, ('{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",'
                     '"message":"Request is missing Authentication Token"}')


def context(leaf, most=ssl.TLSVersion.TLSv1_3):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*leaf)
    tls.maximum_version = most
    return tls


def look(server, ca, *words, scheme="https://", **env):
    return check("--ca", ca.pem, "--connect-to", "127.0.0.1", *words,
                 f"{scheme}db1.dbtls.test:{server.port}", **env)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"}


def coral(name, message):
    return 400, json.dumps({"__type": f"com.amazon.coral.service#{name}", "message": message})


def test_refusals():
    """What the service's refusals come to; their words are those of its API reference."""
    rows = (
        # The service shows the request as it should have been signed, with its token.
        ("login-failed", 0, coral("InvalidSignatureException", "The signature does not match.\n\n"
                                  "x-amz-security-token:t0ken-of-mine\n")),
        ("access-denied", 0, coral("AccessDeniedException", "User: arn:aws:iam::123456789012:user/x"
                                   " is not authorized to perform: dynamodb:ListTables")),
        ("login-failed", 0, coral("ExpiredTokenException",
                                  "The security token included in the request is expired")),
        ("clock-skew", 900, coral("InvalidSignatureException", "Signature expired: 20261122T120000Z"
                                  " is now earlier than 20261122T121000Z (20261122T121500Z - 5"
                                  " min.)")),
        ("server-error", 0, (500, '{"__type":"com.amazonaws.dynamodb.v20120810#Internal'
                                  'ServerError","message":"try again"}')),
        ("not-dynamodb", 0, (200, "<html>welcome</html>")),
    )
    tls = context(CA.leaf("db1.dbtls.test"))
    for wanted, ahead, answer in rows:
        with Web(tls, answer=answer, ahead=ahead) as server:
            said, done = look(server, CA, "--login", **KEYS)
        found = {**ids(said["causes"]), **ids(said["warnings"])}
        tap.ok(wanted in found and done.rc == (wanted != "access-denied") and
               "t0ken" not in done.out,
               f"D3: {answer[1][:60]}: {wanted}", done)
    with Web(tls, ahead=900) as server:
        said, done = look(server, CA, "--login", **KEYS)
    behind = ids(said["warnings"]).get("clock-skew", "")
    tap.ok(done.rc == 0 and ("this machine's is 900 s behind" in behind or "this machine's is 89"
                             in behind), "D3: a clock that is off is told, with how much", done)
    tap.ok("secret-table" not in done.out, "no table's name is kept", done)


def test_nodes():
    """Two servers behind one address: the second chain is judged by itself."""
    first, second = context(CA.leaf("db1.dbtls.test")), context(CA.leaf("db1.dbtls.test"))
    late = context(CA.expired("db1.dbtls.test"))
    with Web(first, then=second) as server:
        said, done = look(server, CA, "--login", **KEYS)
    tap.ok(said["verdict"]["id"] == "ok" and steps(said)["login"]["outcome"] == "ok",
           "another certificate, as good as the first, is logged in to", done)
    with Web(first, then=late) as server:
        said, done = look(server, CA, "--login", **KEYS)
    tap.ok(said["verdict"]["id"] == "nodes-differ" and
           "expired" in said["causes"][0]["evidence"], "D3: one that is not is told", done)
    tap.ok(not any("Authorization" in text for text in server.seen), "and gets nothing",
           server.seen)


def test_clock():
    """An expired certificate, and a server by whose clock it is not."""
    year = 365 * 86400
    with Web(context(CA.expired("db1.dbtls.test")), ahead=-(int(time.time()) - 1578000000)) as server:
        said, done = look(server, CA)
    tap.ok(said["verdict"]["id"] == "expired" and "look at this machine's first" in
           ids(said["warnings"]).get("clock-skew", ""), "D3: whose clock is wrong", done)
    with Web(context(CA.expired("db1.dbtls.test")), ahead=-year) as server:
        said, done = look(server, CA)
    tap.ok(said["verdict"]["id"] == "expired" and "look at" not in
           ids(said["warnings"]).get("clock-skew", "look at"), "nobody's: it is expired", done)


# ---- two faults at once

class Mysql(Web):
    """
    MySQL's greeting, TLS on request, and 1045 to whoever logs in; the user root is asked for a
    proof by the method `asks` before. proofs: what came in answer to that.
    """

    def __init__(self, tls, asks=b""):
        super().__init__(tls)
        self.asks, self.proofs = asks, []

    GREETING = (b"\x0a8.0.36\0" + bytes(4) + b"12345678\0" + b"\x00\x8a\xff\x02\x00"
                b"\x0f\x80" + b"\x15" + bytes(10) + b"abcdefghijkl\0caching_sha2_password\0")

    def serve(self, raw, tls):
        def packet(seq, payload):
            return len(payload).to_bytes(3, "little") + bytes([seq]) + payload

        with contextlib.suppress(OSError), raw:
            raw.sendall(packet(0, self.GREETING))
            asked = b""
            while len(asked) < 36:
                if not (part := raw.recv(36 - len(asked))):
                    return
                asked += part
            with tls.wrap_socket(raw, server_side=True) as s:
                if b"root" in s.recv(65536) and self.asks:
                    s.sendall(packet(3, b"\xfe" + self.asks + b"\0" + bytes(range(1, 21)) + b"\0"))
                    self.proofs.append(s.recv(65536))
                s.sendall(packet(3, b"\xff\x15\x04#28000Access denied for user"))


def test_two_faults():
    """Both are named, whichever comes first."""
    stranger = Ca(f"{FOLDER}/stranger")
    late = context(CA.expired("db2.dbtls.test"))
    old = context(stranger.leaf("db1.dbtls.test"), most=ssl.TLSVersion.TLSv1_2)
    for server, scheme in (Web, "https://"), (Mysql, ""):
        with server(late) as there:
            said, done = look(there, CA, scheme=scheme)
        tap.ok({"expired", "hostname-mismatch"} == ids(said["causes"]).keys() and done.rc == 1,
               f"{server.__name__}: expired and of another host", done)
        with server(old) as there:
            said, done = look(there, CA, scheme=scheme)
        tap.ok(list(ids(said["causes"])) == ["untrusted-root"] and
               "TLS 1.2" in ids(said["warnings"]).get("protocol-version", "") and done.rc == 1,
               f"T2: {server.__name__}: untrusted, and without TLS 1.3", done)
    with Mysql(old) as there:
        said, done = check("--ca", CA.pem, "--connect-to", "127.0.0.1",
                           f"mysql --ssl-mode=VERIFY_IDENTITY --tls-version=TLSv1.3 -h "
                           f"db1.dbtls.test -P {there.port} -u root")
    tap.ok({"untrusted-root", "protocol-version"} == ids(said["causes"]).keys(),
           "T2: two causes for a client that wants TLS 1.3 alone", done)


# ---- a method of MySQL's that dbtls does not speak

def test_method():
    """Is told as what it is, and is no failed login to the server."""
    old = ("CREATE USER old@'%' IDENTIFIED VIA mysql_old_password USING '5d2e19393cc5ef67';\n")
    with Mariadbd("--secure-auth=OFF", tls=CA.leaf("db1.dbtls.test"), init=old) as server:
        for user, wanted in (USER, "ok"), ("old", "auth-unsupported"):
            said, done = check("--ca", CA.pem, "--connect-to", "127.0.0.1", "--login",
                               f"mysql://{user}@db1.dbtls.test:{server.port}/",
                               DBTLS_PASSWORD=PASSWORD)
            found = {said["verdict"]["id"]: "", **ids(said["warnings"])}
            tap.ok(done.rc == 0 and wanted in found, f"{user}: {wanted}", done)
        tap.ok(found.get("auth-unsupported") == "mysql_old_password", "and which method", done)
    for method in "client_ed25519", "dialog", "mysql_clear_password", "auth_gssapi_client":
        with Mysql(context(CA.leaf("db1.dbtls.test")), method.encode()) as server:
            said, done = check("--ca", CA.pem, "--connect-to", "127.0.0.1", "--login",
                               f"mysql://root:secret@db1.dbtls.test:{server.port}/")
            tap.until(lambda: server.proofs, 5)
        tap.ok(done.rc == 0 and ids(said["warnings"]).get("auth-unsupported") == method and
               server.proofs == [b""], f"{method}: nothing is answered", done, server.proofs)


def main():
    global CA, FOLDER
    with lab.Lab(*ROOTS) as started:
        tap.run(lambda: test_roots(started), lambda: test_whole(started),
                lambda: test_signed(started), lambda: test_unasked(started))
    with tempfile.TemporaryDirectory(prefix="dbtls-check-", dir="/tmp") as FOLDER:
        os.chmod(FOLDER, 0o755)
        CA = Ca(f"{FOLDER}/ca")
        tap.run(test_alone, test_refusals, test_nodes, test_clock, test_two_faults, test_method)


if __name__ == "__main__":
    main()
    tap.finish()
