#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
D7 D8: a machine with four stores that disagree: the system's bundle, a JKS, a PKCS12, an NSS
database. What `dbtls check --stores` says of each, at endpoints of two CAs over MySQL and HTTPS, is
what happens to the genuine client that reads it: curl, s_client, Java, NSS's own, Chromium. All
that is changed lies in a mount namespace of the test's.
"""
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysql
import space
from browser import Browser
from door import DBTLS, ROOT, command, free_port, read
from lab import Lab
from mariadbd import Mariadbd
from mysqld import Ca
from tap import finish, note, ok, run, same, skip, until

CERTS = "/etc/ssl/certs"
HOME = f"{space.FOLDER}/home"
ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": HOME, "LC_ALL": "C.UTF-8"}
PATHS = {"pem": f"{CERTS}/ca-certificates.crt",
         "jks": f"{HOME}/.jdks/one/lib/security/cacerts",
         "pkcs12": f"{HOME}/.jdks/two/lib/security/cacerts",
         "nss": f"{HOME}/.pki/nssdb/cert9.db"}
NSS = os.path.dirname(PATHS["nss"])

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.S)
cas = {}      # by name: the path of a PEM
servers = {}  # by name: a Server
database = None


# ---- two CAs, and who looks like them

def sign(ca, base, name, *dates):
    """A CA's certificate for name, by ca, or by itself where that is its own key."""
    key = "ca.key" if name == ca.name else f"{base}.key"
    new = [] if name == ca.name else Ca.key(key)
    ca.openssl("req", "-new", "-subj", f"/CN={name}", "-out", f"{base}.csr",
               *(new or ["-key", key]))
    put(f"{ca.folder}/extensions",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n")
    ca.openssl("ca", "-batch", "-config", "config", "-in", f"{base}.csr", "-out", f"{base}.pem",
               "-notext", "-extfile", "extensions", "-startdate", dates[0], "-enddate", dates[1],
               *(["-selfsign", "-keyfile", key] if name == ca.name else
                 ["-cert", "ca.pem", "-keyfile", "ca.key"]))
    return f"{ca.folder}/{base}.pem"


def make_cas():
    old, now = ("20200101000000Z", "20200201000000Z"), ("20200101000000Z", "20491231000000Z")
    a, b = Ca(f"{space.FOLDER}/a", "test A"), Ca(f"{space.FOLDER}/b", "test B")
    cas.update(a=a.pem, b=b.pem, expired_a=sign(a, "expired", "test A", *old),
               expired_b=sign(b, "expired", "test B", *old),
               like_a=Ca(f"{space.FOLDER}/like-a", "test A").pem,
               like_b=Ca(f"{space.FOLDER}/like-b", "test B").pem,
               intermediate=sign(a, "intermediate", "test intermediate", *now))
    under = Ca(f"{space.FOLDER}/under", "test intermediate")
    shutil.copy(cas["intermediate"], under.pem)
    shutil.copy(f"{a.folder}/intermediate.key", f"{under.folder}/ca.key")
    return {"a": a.leaf("localhost"), "b": b.leaf("localhost"), "other": a.leaf("other.test"),
            "unsent": under.leaf("localhost"),
            "below": chained(*under.leaf("localhost"), cas["intermediate"])}


def put(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def chained(cert, key, *more):
    return put(cert, read(cert) + "".join(map(read, more))), key


# ---- the stores

def fill(by="keytool", **names):
    """Makes the four anew, of the CAs of these names; of NSS's also with other flags than "C,,"."""
    put(PATHS["pem"], "".join(read(cas[name]) for name in names["pem"]))
    for kind, form in ("jks", "JKS"), ("pkcs12", "PKCS12"):
        os.makedirs(os.path.dirname(PATHS[kind]), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(PATHS[kind])
        if by == "dbtls":
            space.tool(DBTLS, "trust", "export", "--format", kind, "--out", PATHS[kind],
                       *(cas[name] for name in names[kind]))
        for name in names[kind] if by == "keytool" else ():
            space.tool("keytool", "-importcert", "-noprompt", "-alias", name, "-file", cas[name],
                       "-keystore", PATHS[kind], "-storetype", form, "-storepass", "changeit")
    shutil.rmtree(NSS, ignore_errors=True)
    os.makedirs(NSS)
    space.tool("certutil", "-N", "-d", f"sql:{NSS}", "--empty-password")
    for name in names["nss"]:
        name, _, flags = name.partition(":")
        space.tool("certutil", "-A", "-d", f"sql:{NSS}", "-n", name, "-t", flags or "C,,", "-i",
                   cas[name])


# ---- the endpoints

class Server:
    """A chain, over HTTPS and, when its turn comes, over MySQL."""

    def __init__(self, cert, key):
        self.cert, self.key, self.port = cert, key, free_port()
        above = PEM.findall(read(cert))[1:]
        chain = ["-cert_chain", put(f"{cert}.above", "".join(above))] if above else []
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", cert, "-key", key,
             *chain, "-www", "-quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def is_up(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5):
            return True
        return False

    def serve_mysql(self):
        for ours, theirs in (self.cert, "cert.pem"), (self.key, "key.pem"):
            shutil.copy(ours, f"{space.FOLDER}/{theirs}")
        space.tool("mariadb", "--no-defaults", "-S", database.socket, "-u", "root", "-e",
                   "FLUSH SSL")

    def close(self):
        self.process.kill()
        self.process.wait()


class Bridge:
    """For clients that speak TLS alone: asks the database for it, and then passes all on."""

    REQUEST = struct.pack("<IIB23x", mysql.USUAL, 1 << 24, mysql.UTF8MB4)

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[near], daemon=True).start()

    def serve(self, near):
        far = socket.create_connection((database.host, database.port), 20)
        far.recv(4096)
        far.sendall(struct.pack("<I", len(self.REQUEST) | 1 << 24) + self.REQUEST)
        threading.Thread(target=self.pump, args=[near, far], daemon=True).start()
        self.pump(far, near)

    @staticmethod
    def pump(one, other):
        with contextlib.suppress(OSError):
            while part := one.recv(65536):
                other.sendall(part)
        for s in one, other:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)


# ---- what becomes of those who read a store

def verified(done, refused):
    """Whether it connected; if not it is the certificate that it refused, and nothing else."""
    if done.rc and not re.search(refused, done.out + done.err):
        raise RuntimeError(f"another failure: {done}")
    return done.rc == 0


def curl(port):
    return verified(command("curl", "--silent", "--show-error", "--max-time", "20", "--output",
                            "/dev/null", f"https://localhost:{port}/", env=ENV),
                    r"\((60|51)\) SSL")


def s_client(port):
    done = command("timeout", "20", "openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                   "-starttls", "mysql", "-CAfile", PATHS["pem"], "-no-CApath", "-no-CAstore",
                   "-verify_return_error", "-verify_hostname", "localhost")
    return verified(done, "Verify return code: [1-9]") and "code: 0 (ok)" in done.out


def nss(port):
    return verified(command("timeout", "20", "tstclnt", "-4", "-h", "localhost", "-p", str(port),
                            "-d", f"sql:{NSS}", "-Q", env=ENV), "authentication of server cert")


JAVA = """
import javax.net.ssl.*;

/* By the trust store that the machine was started with: a port, and whether it connects. */
class Connect {
    static String to(int port) throws Exception {
        try (SSLSocket s = (SSLSocket) SSLSocketFactory.getDefault()
                 .createSocket("localhost", port)) {
            SSLParameters p = s.getSSLParameters();
            p.setEndpointIdentificationAlgorithm("HTTPS");
            s.setSSLParameters(p);
            s.setSoTimeout(20000);
            s.startHandshake();
            return "yes";
        } catch (SSLHandshakeException e) {
            return "no";
        }
    }

    public static void main(String[] args) throws Exception {
        var in = new java.util.Scanner(System.in);
        while (in.hasNextInt()) {
            System.out.println(to(in.nextInt()));
            System.out.flush();
        }
    }
}
"""


class Java:
    """A client that was started with one of the stores."""

    def __init__(self, kind):
        self.process = subprocess.Popen(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
             f"-Djavax.net.ssl.trustStore={PATHS[kind]}",
             f"-Djavax.net.ssl.trustStoreType={kind}",
             "-Djavax.net.ssl.trustStorePassword=changeit", "-cp", space.FOLDER, "Connect"],
            env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, port):
        self.process.stdin.write(f"{port}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if said not in ("yes", "no"):
            raise RuntimeError(f"Java said {said!r}")
        return said == "yes"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def happened(server, clients, bridge):
    """By protocol and store: whether the client connects."""
    https, sql = server.port, bridge.port
    jobs = {("https", "pem"): (curl, https), ("mysql", "pem"): (s_client, database.port),
            ("https", "nss"): (nss, https), ("mysql", "nss"): (nss, sql)}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        came = dict(zip(jobs, pool.map(lambda job: job[0](job[1]), jobs.values())))
    for kind, java in clients.items():
        came |= {("https", kind): java(https), ("mysql", kind): java(sql)}
    return came


# ---- what check says

def objects(text):
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        one, end = decoder.raw_decode(text)
        found.append(one)
        text = text[end:]
    return found


def check(*words):
    return command(DBTLS, "check", "--json", "--stores", *words, env=ENV, timeout=60)


def by_store(said):
    """By kind: what is said of the four; others that the machine has are passed over."""
    rows = {row["path"]: row for row in said["stores"]}
    return {kind: rows[path] for kind, path in PATHS.items()}


def told(server):
    """By protocol and store: the verdict's id."""
    targets = {f"https://localhost:{server.port}": "https", f"localhost:{database.port}": "mysql"}
    done = check(*targets)
    return {(targets[said["target"]], kind): row["verdict"]["id"]
            for said in objects(done.out) for kind, row in by_store(said).items()}


def held(wanted):
    """Each store at each endpoint: the right verdict, and the client that connects if it is ok."""
    connected = 0
    with Bridge() as bridge, Java("jks") as jks, Java("pkcs12") as pkcs12:
        for name, verdicts in wanted.items():
            servers[name].serve_mysql()
            said = told(servers[name])
            came = happened(servers[name], {"jks": jks, "pkcs12": pkcs12}, bridge)
            for protocol in "https", "mysql":
                for kind, verdict in zip(PATHS, verdicts):
                    at = f"{kind} at {name} over {protocol}: {verdict}"
                    same(said.get((protocol, kind)), verdict, f"D8: {at}")
                    same(came[protocol, kind], verdict == "ok", "… as its client finds")
                    connected += came[protocol, kind]
    ok(0 < connected < 8 * len(wanted), "some connect, and some don't", connected)


def browsed(wanted):
    """Chromium, at the same database, over HTTPS."""
    with Browser(HOME) as browser:
        for name, verdicts in wanted.items():
            seen = browser.visit(f"https://localhost:{servers[name].port}/", "s_server|NET::ERR_")
            same("s_server" in seen.text, verdicts[3] == "ok", f"D8: Chromium at {name}", seen)


# ---- the machine, in two states

def test_disagree():
    """CAs that have namesakes in other stores, and CAs that have expired."""
    fill(pem=("a", "like_b"), jks=("b",), pkcs12=("like_a", "expired_b"), nss=("b",))
    held({"a": ("ok", "untrusted-root", "untrusted-root", "untrusted-root"),
          "below": ("ok", "untrusted-root", "untrusted-root", "untrusted-root"),
          "b": ("untrusted-root", "ok", "ok", "ok"),
          "other": ("hostname-mismatch", "untrusted-root", "untrusted-root", "untrusted-root")})


def test_anchors():
    """An anchor that is no root, others that have expired, an intermediate that is forbidden."""
    fill(pem=("expired_a", "b"), jks=("expired_a",), pkcs12=("intermediate",),
         nss=("a", "intermediate:p,,", "expired_b"))
    wanted = {"a": ("expired", "ok", "untrusted-root", "ok"),
              "below": ("expired", "ok", "ok", "distrusted"),
              "b": ("ok", "untrusted-root", "untrusted-root", "expired"),
              "other": ("expired", "hostname-mismatch", "untrusted-root", "hostname-mismatch")}
    held(wanted)
    browsed(wanted)


def test_kept():
    """An intermediate that is not sent, and lies in the stores: as an anchor, or as none."""
    fill("dbtls", pem=("a",), jks=("a",), pkcs12=("a", "intermediate"),
         nss=("a", "intermediate:,,"))
    held({"unsent": ("untrusted-root", "untrusted-root", "ok", "ok")})


# ---- what to do

def test_mend():
    """The line that it says for a store does it."""
    fill("dbtls", pem=("b",), jks=("b",), pkcs12=("b",), nss=("b",))
    words = ("--ca", cas["a"], f"https://localhost:{servers['a'].port}")
    rows = by_store(objects(check(*words).out)[0])
    same({kind: bool(row["mend"]) for kind, row in rows.items()},
         {"pem": True, "jks": True, "pkcs12": True, "nss": False},
         "D8: a line to type for each store that decides")
    for kind in "jks", "pkcs12":
        line = f"{rows[kind]['mend']} --journal {space.FOLDER}/journal"
        done = command("sh", "-c", line, timeout=60,
                       env={**ENV, "PATH": f"{os.path.dirname(DBTLS)}:{ENV['PATH']}"})
        with Java(kind) as java:
            same((done.rc, java(servers["a"].port)), (0, True), f"typed, Java connects: {kind}",
                 done)
    rows = by_store(objects(check(*words).out)[0])
    same({kind: (row["verdict"]["id"], row["mend"] != "") for kind, row in rows.items()},
         {"pem": ("untrusted-root", True), "jks": ("ok", False), "pkcs12": ("ok", False),
          "nss": ("untrusted-root", False)}, "and it says so")


def test_screen():
    """In text a sentence, or with --stores a line for each; both on one screen."""
    url = f"https://localhost:{servers['a'].port}"
    plain = command(DBTLS, "check", url, env=ENV)
    ok("trust stores" in plain.out and PATHS["jks"] in plain.out and plain.out.count("\n") < 24,
       "a sentence without being asked", plain)
    full = command(DBTLS, "check", "--stores", url, env=ENV)
    lines = full.out.splitlines()
    ok(any(line.startswith(f"      {PATHS['jks']}") for line in lines) and len(lines) < 50 and
       "    ok, by CN=test A" in lines, "a line for each", full)
    two = command(DBTLS, "check", url, url, env=ENV)
    ok("trust stores" not in two.out, "nothing of it for several targets", two)
    bare = json.loads(command(DBTLS, "check", "--json", url, env=ENV).out)
    ok("stores" not in bare, "nor in JSON, unless asked for")
    os.unlink(PATHS["jks"])
    put(PATHS["jks"], "cut off")
    row = by_store(objects(check(url).out)[0])["jks"]
    ok(row["verdict"]["id"] == "ca-file-unreadable" and row["evidence"], "one that is broken", row)


# ---- Amazon's

R1, G2, C2 = "amazon-root-ca-1", "starfield-services-g2", "starfield-class-2"


def test_amazon():
    """DynamoDB's look-alike: which roots each store holds, and what becomes of the chain."""
    genuine = {row["name"]: row for row in
               json.loads(command(DBTLS, "trust", "roots", "amazon", "--json").out)}
    with Lab("--protocol", "https", "--only", "amazon-root,amazon-g2,amazon-class2") as lab:
        for name, chain in (R1, "amazon-root"), (G2, "amazon-g2"), (C2, "amazon-class2"):
            cas[name] = put(f"{space.FOLDER}/{name}.pem", genuine[name]["pem"])
            cas[f"like {name}"] = lab.of(chain, "https").ca
        fill("dbtls", pem=(R1, f"like {R1}"), jks=(G2, f"like {G2}"), 
             pkcs12=(C2, f"like {C2}"), nss=("b", R1))
        row = lab.of("amazon-g2", "https")
        said = objects(check("--connect-to", f"{row.address}:{row.port}",
                             "dynamodb:eu-west-3").out)[0]
    rows = by_store(said)
    same({kind: [root for root, has in row["roots"].items() if has] for kind, row in rows.items()},
         {"pem": [R1], "jks": [G2], "pkcs12": [C2], "nss": [R1]}, "D7: which roots each holds")
    same({kind: row["amazon"] for kind, row in rows.items()},
         {"pem": "ready", "jks": "cross-sign", "pkcs12": "class-2-only", "nss": "besides"},
         "D8: what that is worth")
    same({kind: row["verdict"]["id"] for kind, row in rows.items()},
         {"pem": "ok", "jks": "ok", "pkcs12": "untrusted-root", "nss": "untrusted-root"},
         "D8: and what becomes of the chain that is shown")
    standing = {r["root"]: {p["programme"]: (p["state"], p["date"]) for p in r["programmes"]}
                for r in said["roots"]}
    same((standing[G2]["Mozilla"], standing[C2]["Mozilla"][0], len(standing)),
         (("leaves", "2027-04-15"), "out", 6), "until when the programmes keep them")


def main():
    global database
    space.lay_out("/etc/ssl")
    for name in os.listdir(CERTS):
        path = f"{CERTS}/{name}"
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    os.makedirs(HOME)
    space.tool("javac", "-d", space.FOLDER, put(f"{space.FOLDER}/Connect.java", JAVA))
    leaves = make_cas()
    servers.update({name: Server(*leaf) for name, leaf in leaves.items()})
    for ours, theirs in zip(leaves["a"], ("cert.pem", "key.pem")):
        shutil.copy(ours, f"{space.FOLDER}/{theirs}")
    try:
        with Mariadbd(tls=(f"{space.FOLDER}/cert.pem", f"{space.FOLDER}/key.pem"),
                      account=False) as database:
            until(lambda: all(s.is_up() for s in servers.values()))
            run(test_disagree, test_anchors, test_kept, test_mend, test_screen, test_amazon)
    finally:
        for server in servers.values():
            server.close()


missing = [p for p in ("java", "javac", "keytool", "certutil", "tstclnt", "chromium", "mariadbd")
           if not shutil.which(p)]
if not ROOT or missing:
    skip("D7 D8: four stores", f"{', '.join(missing)} is missing" if ROOT else
         "only root can make a place for them")
elif space.FOLDER:
    main()
else:
    space.enter()
finish()
