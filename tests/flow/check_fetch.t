#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
`dbtls check --aia` and `--revocation` (D3, D13): what certificates name is fetched from where they
say, and from nowhere else; whoever answers there with rubbish, too much, too late or not at all is
done with in time, and the verdict comes all the same. CRLs and OCSP responses are those of
OpenSSL's own commands.
"""
import contextlib
import functools
import json
import os
import re
import socket
import ssl
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import tap
from door import DBTLS, command, free_port
from listening import listening

STEP = 2  # seconds
BOUND = 30  # no check here may take longer, on a machine that has much else to do

CONFIG = """
[ca]
default_ca = it
[it]
database = index
crlnumber = number
default_md = sha256
"""
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
SERVER = ("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
          "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n")
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Pki:
    """Certificates by name, each with a key of its own, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        for name, text in (("config", CONFIG), ("number", "01\n"), ("index", "")):
            self.write(name, text)
        self.make("root", None, CA)
        self.make("stranger", None, CA)

    def path(self, name):
        return f"{self.folder}/{name}"

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def openssl(self, *words):
        done = command("openssl", *words, cwd=self.folder, timeout=30)
        if done.rc:
            raise RuntimeError(f"openssl {words}: {done}")

    def make(self, name, issuer, extensions, *places):
        """places: lines of authorityInfoAccess, or of crlDistributionPoints if they begin so."""
        access = ",".join(p for p in places if not p.startswith("URI:"))
        lists = ",".join(p for p in places if p.startswith("URI:"))
        text = extensions + "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        text += f"authorityInfoAccess={access}\n" if access else ""
        text += f"crlDistributionPoints={lists}\n" if lists else ""
        self.write(f"{name}.ext", text)
        self.openssl("req", "-new", "-subj", f"/CN=test {name}", *KEY, "-keyout", f"{name}.key",
                     "-out", f"{name}.csr")
        signer = (("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial") if issuer
                  else ("-signkey", f"{name}.key"))
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-days", "30",
                     "-extfile", f"{name}.ext", *signer)
        return self.path(f"{name}.pem"), self.path(f"{name}.key")

    def form(self, *words):
        """What openssl writes."""
        self.openssl(*words, "-out", "formed")
        return self.read("formed")

    def der(self, name):
        return self.form("x509", "-in", f"{name}.pem", "-outform", "DER")

    def collection(self, form, *names):
        files = [w for n in names for w in ("-certfile", f"{n}.pem")]
        return self.form("crl2pkcs7", "-nocrl", *files, "-outform", form)

    def serial(self, name):
        return command("openssl", "x509", "-in", self.path(f"{name}.pem"), "-noout",
                       "-serial").out.strip().split("=")[1]

    def revoked(self, *names):
        """What the CA's database says from now on: these are, and all others are not."""
        rows = []
        for csr in os.listdir(self.folder):
            name = csr[:-4]
            if not csr.endswith(".csr") or not os.path.exists(self.path(f"{name}.pem")):
                continue
            state = "R" if name in names else "V"
            when = "260101000000Z,keyCompromise" if name in names else ""
            rows.append("\t".join((state, "490101000000Z", when, self.serial(name), "unknown",
                                   f"/CN={name}\n")))
        self.write("index", "".join(rows))

    def crl(self, form="DER", issuer="root", days=("-crldays", "1")):
        self.openssl("ca", "-config", "config", "-gencrl", *days, "-cert", f"{issuer}.pem",
                     "-keyfile", f"{issuer}.key", "-out", "crl.pem")
        return self.form("crl", "-in", "crl.pem", "-outform", form)

    def ocsp(self, request, issuer="root"):
        """What OpenSSL's responder says to a request."""
        with open(self.path("request"), "wb") as f:
            f.write(request)
        self.openssl("ocsp", "-index", "index", "-CA", f"{issuer}.pem", "-rsigner",
                     f"{issuer}.pem", "-rkey", f"{issuer}.key", "-reqin", "request", "-respout",
                     "response", "-ndays", "1")
        return self.read("response")


# ---- the two servers

@contextlib.contextmanager
def tls(*files):
    """Shows the certificates of the first file, and says nothing; the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    def answer(s):
        s.settimeout(BOUND)
        with context.wrap_socket(s, server_side=True) as t:
            t.recv(1)
    with listening(answer) as port:
        yield port


class Request:
    def __init__(self, s):
        s.settimeout(BOUND)
        got = b""
        while b"\r\n\r\n" not in got:
            part = s.recv(65536)
            if not part:
                break
            got += part
        head, _, self.body = got.partition(b"\r\n\r\n")
        self.line, *fields = head.decode().split("\r\n")
        self.fields = {k.lower(): v for k, v in (f.split(": ", 1) for f in fields)}
        while len(self.body) < int(self.fields.get("content-length", 0)):
            self.body += s.recv(65536)
        self.path = self.line.split()[1] if " " in self.line else ""

    def __repr__(self):
        return f"{self.line} {self.fields}"


def whole(body, status="200 OK", more=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


class Web:
    """An HTTP server whose answer to a path is a row of a table: bytes, or a function."""

    def __init__(self):
        self.asked, self.table = [], {}

    def answer(self, s):
        request = Request(s)
        self.asked.append(request)
        what = self.table.get(request.path, whole(b"", "404 Not Found"))
        if callable(what):
            what = what(s, request)
        if what:
            s.sendall(what)
            s.shutdown(socket.SHUT_WR)
            s.recv(1)

    def paths(self):
        return [r.path for r in self.asked]


# ---- what is run

def check(port, ca, *words, timeout=STEP):
    began = time.monotonic()
    done = command(DBTLS, "check", "--json", "--ca", ca, "--timeout", str(timeout), *words,
                   f"tls://127.0.0.1:{port}", timeout=120)
    took = time.monotonic() - began
    said = json.loads(done.out)
    said["took"], said["rc"], said["err"] = took, done.rc, done.err
    return said


def outcomes(said):
    return [(f["kind"], f["outcome"], f["code"]) for f in said["fetched"]]


def evidence(said, cause):
    return next((c["evidence"] for c in said["causes"] + said["warnings"] if c["id"] == cause), "")


# ---- issuers that were not served

def silence(s, _):
    time.sleep(BOUND)


def drip(s, _):
    for byte in whole(b"x" * 1024):
        s.sendall(bytes([byte]))
        time.sleep(0.2)


def endless_body(s, _):
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
    for _ in range(1 << 12):
        s.sendall(b"\x30" * 65536)


def endless_head(s, _):
    s.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1 << 12):
        s.sendall(b"X: 1234567890\r\n" * 4096)


def endless_beginning(s, _):
    for _ in range(1 << 12):
        s.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1024)


def test_issuers(pki, web, port):
    der = pki.der("between")
    chunk = f"{len(der):x}\r\n".encode() + der + b"\r\n0\r\n\r\n"
    good = {
        "DER": whole(der),
        "PEM": whole(pki.read("between.pem")),
        "PKCS7": whole(pki.collection("DER", "between")),
        "PKCS7 in PEM": whole(pki.collection("PEM", "between")),
        "PKCS7 of several": whole(pki.collection("DER", "stranger", "root", "between")),
        "DER without a length": b"HTTP/1.0 200 OK\r\n\r\n" + der,
        "DER in one chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
    }
    bad = {
        "no certificate": (whole(b"<html>sorry</html>"), "unfit", 200),
        "nothing": (whole(b""), "unfit", 200),
        "another's certificate": (whole(pki.der("stranger")), "unfit", 200),
        "a namesake's": (whole(pki.der("namesake")), "unfit", 200),
        "a piece": (whole(der)[:-9], "closed", 200),
        "not found": (whole(b"", "404 Not Found"), "error", 404),
        "moved": (whole(b"", "301 Moved", f"Location: http://127.0.0.1:{port}/moved\r\n"),
                  "error", 301),
        "no HTTP": (b"220 mail.example ESMTP\r\n", "another-protocol", 0),
        "close": (lambda s, _: None, "closed", 0),
        "silence": (silence, "timeout", 0),
        "a byte now and then": (drip, "timeout", 0),
        "an endless body": (endless_body, "unfit", 200),
        "an endless head": (endless_head, "another-protocol", 200),
        "an endless beginning": (endless_beginning, "unfit", 100),
    }
    with tls(*pki.leaf) as at:
        for name, answer in good.items():
            web.table["/between"], web.asked = answer, []
            said = check(at, pki.path("root.pem"), "--aia", timeout=20)
            tap.ok(outcomes(said) == [("fetch-issuer", "ok", 200)] and
                   said["fetched"][0]["bytes"] == len(der) and web.paths() == ["/between"] and
                   [c["id"] for c in said["causes"]] == ["missing-intermediate"] and
                   "between was not sent, but fetched" in evidence(said, "missing-intermediate") and
                   said["anchor"] == "CN=test root", f"--aia: {name}", said, web.asked)
        for name, (answer, outcome, code) in bad.items():
            web.table["/between"], web.asked = answer, []
            said = check(at, pki.path("root.pem"), "--aia")
            tap.ok(outcomes(said) == [("fetch-issuer", outcome, code)] and
                   web.paths() == ["/between"] and said["rc"] == 1 and said["took"] < BOUND and
                   said["verdict"]["id"] == "missing-intermediate" and not said["anchor"],
                   f"--aia: {name}: {outcome}", said, web.asked)
        web.asked = []
        said = check(at, pki.path("root.pem"))
        tap.ok(not web.asked and not said["fetched"] and
               said["verdict"]["id"] == "missing-intermediate", "nothing is fetched unasked", said)
        web.table["/between"] = whole(der)
        said = check(at, pki.path("between.pem"), "--aia")
        tap.ok(not web.asked and not said["fetched"],
               "nor where the chain leads to the store as it is", said)


def test_request(pki, web, port):
    web.table["/between"], web.asked = whole(pki.der("between")), []
    with tls(*pki.leaf) as at:
        # If it went for what is fetched as well, that would meet TLS.
        said = check(at, pki.path("root.pem"), "--aia", "--connect-to", f"127.0.0.1:{at}")
    r = web.asked[0]
    tap.ok(r.line == "GET /between HTTP/1.0" and r.fields["host"] == f"127.0.0.1:{port}" and
           set(r.fields) == {"host", "user-agent", "connection"}, "the request", r)
    tap.ok(said["anchor"] == "CN=test root", "--connect-to is not for what is fetched", said)


def test_places(pki, web, port):
    """Where nobody is asked, and where somebody is, after others."""
    def issuer(*urls):
        made = pki.make("elsewhere", "between", SERVER, *(f"caIssuers;URI:{u}" for u in urls))
        with tls(*made) as at:
            return check(at, pki.path("root.pem"), "--aia")

    web.asked = []
    for url in (f"https://127.0.0.1:{port}/between", "http://127.0.0.1:25/between",
                "http://169.254.169.254/latest/meta-data/", "ftp://127.0.0.1/between",
                f"http://user@127.0.0.1:{port}/between", f"http://0.0.0.0:{port}/between"):
        said = issuer(url)
        tap.ok(outcomes(said) == [("fetch-issuer", "not-tried", 0)] and
               said["fetched"][0]["url"] == url and said["took"] < BOUND, f"not asked: {url}", said)
    tap.ok(not web.asked, "not asked", web.asked)
    said = issuer(f"http://127.0.0.1:{free_port()}/x", f"http://127.0.0.1:{port}/none",
                  f"http://127.0.0.1:{port}/between")
    tap.ok(outcomes(said) == [("fetch-issuer", "refused", 0), ("fetch-issuer", "error", 404),
                              ("fetch-issuer", "ok", 200)] and said["anchor"] == "CN=test root",
           "of several places the first that has it", said)
    said = issuer("http://nowhere.invalid/x")
    tap.ok(outcomes(said) == [("fetch-issuer", "no-name", 0)] and said["took"] < BOUND,
           "a name that does not resolve", said)


def test_levels(pki, web, port):
    """Up to four, then it ends; and certificates that name one another end too."""
    above = "root"
    for n in range(6, 0, -1):
        pki.make(f"ca{n}", above, CA, f"caIssuers;URI:http://127.0.0.1:{port}/ca{n + 1}")
        above = f"ca{n}"
        web.table[f"/ca{n}"] = whole(pki.der(above))
    for below, fetched, anchored in (4, 3, True), (3, 4, True), (2, 4, False):
        made = pki.make("deep", f"ca{below}", SERVER,
                        f"caIssuers;URI:http://127.0.0.1:{port}/ca{below}")
        with tls(*made) as at:
            said = check(at, pki.path("root.pem"), "--aia", timeout=20)
        tap.ok([o for _, o, _ in outcomes(said)] == ["ok"] * fetched and
               bool(said["anchor"]) == anchored and
               said["verdict"]["id"] == "missing-intermediate",
               f"{7 - below} levels are missing: {fetched} are fetched", said)


# ---- revocation

def test_revocation(pki, web, port):
    made = pki.make("both", "root", SERVER, f"OCSP;URI:http://127.0.0.1:{port}/ocsp",
                    f"URI:http://127.0.0.1:{port}/crl")
    root = pki.path("root.pem")

    def run(*words):
        web.asked = []
        with tls(*made) as at:
            return check(at, *(words or (root, "--revocation")), timeout=20)

    def is_good(said):
        return said["verdict"]["id"] == "ok" and \
            not {c["id"] for c in said["warnings"]} - {"slow"}

    web.table["/ocsp"] = lambda s, r: whole(pki.ocsp(r.body))
    pki.revoked()
    web.table["/crl"] = whole(pki.crl())
    said = run()
    tap.ok(is_good(said) and
           outcomes(said) == [("fetch-ocsp", "ok", 200), ("fetch-crl", "ok", 200)],
           "OpenSSL's CA has not revoked it", said)
    r = web.asked[0]
    tap.ok(r.line == "POST /ocsp HTTP/1.0" and
           r.fields["content-type"] == "application/ocsp-request" and
           r.fields["content-length"] == str(len(r.body)), "the request", r)
    said = run(root)
    tap.ok(not web.asked and is_good(said), "nobody is asked unasked", said)
    web.table["/ocsp"] = whole(b"", "500 Failed")
    tap.ok(is_good(run()), "the CRL alone will do")
    web.table["/crl"] = whole(pki.crl("PEM"))
    tap.ok(is_good(run()), "in PEM too")

    for name, crl, wanted in (("of another CA", pki.crl(issuer="stranger"), "no answer"),
                              ("out of date", pki.crl(days=("-crlsec", "1")), "CRL has expired"),
                              ("no CRL", b"sorry", "no answer")):
        web.table["/crl"] = whole(crl)
        time.sleep(2 if name == "out of date" else 0)
        said = run()
        tap.ok(said["verdict"]["id"] == "ok" and wanted in evidence(said, "revocation-unknown"),
               f"a CRL, {name}: {wanted}", said)
        kept = "ok" if name == "out of date" else "unfit"
        tap.ok(("fetch-crl", kept, 200) in outcomes(said), f"it is {kept}", outcomes(said))
    web.table["/ocsp"] = whole(bytes.fromhex("30030a0103"))
    tap.ok(("fetch-ocsp", "error", 3) in outcomes(run()), "a responder that says: try later")

    pki.revoked("both")
    web.table["/crl"] = whole(pki.crl())
    said = run()
    tap.ok(said["rc"] == 1 and said["verdict"]["id"] == "revoked" and
           "2026-01-01 00:00 UTC (keyCompromise), says the CRL" in evidence(said, "revoked"),
           "revoked, says OpenSSL's CRL", said)
    web.table["/crl"] = whole(b"")
    web.table["/ocsp"] = lambda s, r: whole(pki.ocsp(r.body))
    said = run()
    tap.ok(said["verdict"]["id"] == "revoked" and
           "(keyCompromise), says the OCSP responder" in evidence(said, "revoked"),
           "revoked, says OpenSSL's responder", said)
    web.table["/ocsp"] = lambda s, r: whole(pki.ocsp(r.body, issuer="stranger"))
    said = run()
    tap.ok(said["verdict"]["id"] == "ok" and evidence(said, "revocation-unknown"),
           "a stranger's responder is not believed", said)
    said = run(pki.path("stranger.pem"), "--revocation")
    tap.ok(not web.asked and not said["fetched"] and said["verdict"]["kind"] == "broken",
           "nobody is asked about whom no CA of the store vouches for", said)


def test_nobody_answers(pki, web, port):
    """Two certificates, two places each, and all of them silent: bounded all the same."""
    places = [f"OCSP;URI:http://127.0.0.1:{port}/s{n}" for n in (1, 2)]
    places += [f"URI:http://127.0.0.1:{port}/s{n}" for n in (3, 4)]
    pki.make("quiet-ca", "root", CA, *places)
    made = pki.make("quiet", "quiet-ca", SERVER, *places)
    both = pki.path("quiet-both.pem")
    with open(both, "wb") as f:
        f.write(pki.read("quiet.pem") + pki.read("quiet-ca.pem"))
    web.table.update({f"/s{n}": silence for n in (1, 2, 3, 4)})
    with tls(both, made[1]) as at:
        said = check(at, pki.path("root.pem"), "--revocation")
    tap.ok(said["verdict"]["id"] == "ok" and said["rc"] == 0 and said["took"] < BOUND and
           evidence(said, "revocation-unknown") and
           {o for _, o, _ in outcomes(said)} == {"timeout"}, "silence everywhere", said)
    spent = sum(f["ms"] for f in said["fetched"])
    tap.ok(spent < 2 * 1000 * STEP + 2000, f"OCSP and CRLs are a step each: {spent} ms", said)


def test_too_many(pki, web, port):
    """A chain that names more places than are asked."""
    above, chain = "root", b""
    for name in "m1", "m2", "m3", "m4":
        at = [f"http://127.0.0.1:{port}/{name}/{n}" for n in range(3)]
        made = pki.make(name, above, SERVER if name == "m4" else CA,
                        *(f"OCSP;URI:{u}" for u in at), *(f"URI:{u}/crl" for u in at))
        above, chain = name, pki.read(f"{name}.pem") + chain
    both = pki.path("many.pem")
    with open(both, "wb") as f:
        f.write(chain)
    web.asked = []
    with tls(both, made[1]) as at:
        said = check(at, pki.path("root.pem"), "--revocation", timeout=20)
    tap.ok(len(said["fetched"]) == len(web.asked) == 16 and said["verdict"]["id"] == "ok",
           "of 24 places 16 are asked", said, web.asked)


def test_many(pki, web, port):
    """Several at once, whose issuers' host has a name; and once more out of what was saved."""
    web.table["/between"], web.asked = whole(pki.der("between")), []
    made = pki.make("named", "between", SERVER, f"caIssuers;URI:http://localhost:{port}/between")
    line = [DBTLS, "check", "--json"]
    with tls(*made) as at:
        done = command(*line, "-j", "4", "--aia", "--ca", pki.path("root.pem"), "--facts",
                       pki.path("facts"), "--file", "-", stdin=f"tls://127.0.0.1:{at}\n" * 8)
    said = [json.loads(text) for text in done.out.splitlines()]
    tap.ok(len(said) == len(web.asked) == 8 and
           all(outcomes(s) == [("fetch-issuer", "ok", 200)] and s["anchor"] == "CN=test root"
               for s in said), "eight targets, four at once", done)
    again = command(*line, "--replay", pki.path("facts"))
    tap.ok(sorted(again.out.splitlines()) == sorted(done.out.splitlines()) and
           len(web.asked) == 8, "what was fetched is saved, and nobody is asked again", again, done)


def test_text(pki, web, port):
    web.table["/between"] = whole(pki.der("between"))
    with tls(*pki.leaf) as at:
        done = command(DBTLS, "check", "--details", "--aia", "--ca", pki.path("root.pem"),
                       "--file", "-", stdin=f"tls://127.0.0.1:{at}\n")
    tap.ok(re.search(rf"\n    fetch-issuer http://127\.0\.0\.1:{port}/between: ok, "
                     r"\d+ bytes, \d+ ms\n", done.out), "what was fetched is told", done)


def main():
    web = Web()
    with tempfile.TemporaryDirectory(prefix="dbtls-fetch-") as folder, \
            listening(web.answer) as port:
        pki = Pki(folder)
        pki.make("between", "root", CA)
        pki.make("namesake", "stranger", CA)
        pki.leaf = pki.make("leaf", "between", SERVER,
                            f"caIssuers;URI:http://127.0.0.1:{port}/between")

        def bound(test):
            @functools.wraps(test)
            def run():
                test(pki, web, port)
            return run
        tap.run(*map(bound, (test_issuers, test_request, test_places, test_levels,
                             test_revocation, test_nobody_answers, test_too_many, test_many,
                             test_text)))


if __name__ == "__main__":
    main()
    tap.finish()
