#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D7 D8 D11 D12: what `dbtls trust audit` says of a store is what happens to who uses it. Which of
Amazon's roots Debian, its Java, certifi, botocore and Node hold is held against other readers, and
the verdicts against real handshakes: each store, with the lab's look-alikes in the place of the
roots that it holds, is given to real clients, at endpoints that show the three chains that Amazon
has served. The same of stores made up of each choice of the three CAs. And of CAs and endpoints
that one names: all of whom the lab can show, right and wrong.
"""
import concurrent.futures
import fcntl
import glob
import itertools
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import types
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, command, free_port, read, sanitized  # noqa: E402
from lab import Lab, is_address, listed, s_client  # noqa: E402
from mysqld import TREE, Ca  # noqa: E402
from tap import finish, note, ok, run, same, skip, until  # noqa: E402

R1, G2, C2 = THREE = ("amazon-root-ca-1", "starfield-services-g2", "starfield-class-2")
SIX = {"amazon-root-ca-1", "amazon-root-ca-2", "amazon-root-ca-3", "amazon-root-ca-4", G2, C2}
# What ends in Root CA 1 itself; what is served since August 2024; what was served before.
CHAINS = ("amazon-root", "amazon-g2", "amazon-class2")
TODAY = CHAINS.index("amazon-g2")
# What the sentence of each verdict tells a user of the three chains: True, one connects.
PROMISED = {
    "ready": (True, True, True),            # "no action needed"
    "cross-sign": (False, True, True),      # "only as long as AWS serves the certificate that leads"
    "class-2-only": (False, False, True),   # "fails … enough until August 2024"
    "none": (False, False, False),          # "fails: it has none of the three"
}
# GnuTLS up to 3.7 follows a chain that goes on past the root that it trusts, to one that it doesn't.
DEPARTURES = {("wget", f"made of {R1}"): (True, True, False)}
# Of what was measured (D7), by the versions that it was measured of: what of the six each lacks.
CERTIFI, BOTOCORE = "2026.5.20", "1.43.11"
MEASURED = {"ca-certificates 20230311": set(), "Java of ca-certificates 20230311": set(),
            f"certifi {CERTIFI}": {C2}, f"botocore {BOTOCORE}": set(), "node v20.20.2": {C2}}

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)
folder = tempfile.mkdtemp(prefix="dbtls-trust-", dir="/tmp")
HOME = f"{folder}/home"
ENV = {"PATH": os.environ["PATH"], "HOME": HOME, "LC_ALL": "C.UTF-8"}
roots = {}        # of the six, by name: their DER
look_alikes = {}  # of the three: PEM
stores = []       # Stores


class Store:
    """verdict, holds: as audit has them. pems: what is in it, by somebody else's reading."""

    def __init__(self, name, said, pems):
        self.name, self.verdict, self.fails = name, said["amazon"], said["fails"]
        self.holds = {root for root, has in said["roots"].items() if has}
        self.ders = [ssl.PEM_cert_to_DER_cert(pem) for pem in pems]
        self.theirs = {root for root, der in roots.items() if der in self.ders}
        self.base = f"{folder}/{re.sub('[^a-z0-9]+', '-', name.lower())}"

    def write_look_alike(self):
        """Its anchors with the lab's in the place of Amazon's; of the others it has none."""
        names = {der: root for root, der in roots.items()}
        pems = [look_alikes.get(names.get(der)) or ssl.DER_cert_to_PEM_cert(der)
                for der in self.ders]
        put(f"{self.base}.pem", "\n".join(pems))
        for kind in () if sanitized() else ("jks", "pkcs12"):
            done = trust("export", "--format", kind, "--out", f"{self.base}.{kind}",
                         f"{self.base}.pem")
            if done.rc:
                raise RuntimeError(f"export of {self.name}: {done}")


def trust(*words, timeout=120, **env):
    return command(DBTLS, "trust", *words, env={**ENV, **env}, timeout=timeout, cwd=folder)


def audit(*words, **env):
    return {s["path"]: s for s in json.loads(trust("audit", "--json", *words, **env).out)}


def tool(*words, **more):
    done = command(*words, **more)
    if done.rc:
        raise RuntimeError(f"{words}: {done}")
    return done.out


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return path


def add(name, said, pems):
    stores.append(Store(name, said, pems))


# ---- the stores that there are

def add_debian():
    """Debian's bundle, what Debian made of it for Java, and Node's, where this machine has them."""
    found = audit("--amazon")
    version = command("dpkg-query", "-W", "-f", "${Version}", "ca-certificates").out.split("+")[0]
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    add(f"ca-certificates {version}", found[bundle], PEM.findall(read(bundle)))
    cacerts = "/etc/ssl/certs/java/cacerts"
    if os.path.exists(cacerts):
        listed = tool("keytool", "-list", "-rfc", "-keystore", cacerts, "-storepass", "changeit",
                      env=ENV)
        add(f"Java of ca-certificates {version}", found[cacerts], PEM.findall(listed))
    node = shutil.which("node")
    if node:
        said = tool(node, "-e", "console.log(process.version); "
                    "console.log(require('tls').rootCertificates.join('\\n'))", env=ENV)
        path = next(p for p, s in found.items() if s["kind"] == "node" and os.path.samefile(p, node))
        add(f"node {said.split()[0]}", found[path], PEM.findall(said))


def unpacked():
    """A root below which both packages lie as pip lays them out: of their wheels what is asked for."""
    base = f"{os.path.dirname(TREE)}/packages/audit-{CERTIFI}-{BOTOCORE}"
    packages = f"{base}/root/usr/local/lib/python3.11/dist-packages"
    os.makedirs(os.path.dirname(base), exist_ok=True)
    with open(f"{base}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(f"{base}/done"):
            return f"{base}/root", packages
        shutil.rmtree(base, ignore_errors=True)
        tool(sys.executable, "-m", "venv", f"{base}/venv", timeout=120)
        tool(f"{base}/venv/bin/pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--dest", f"{base}/wheels", f"certifi=={CERTIFI}", f"botocore=={BOTOCORE}", timeout=240)
        for wheel in glob.glob(f"{base}/wheels/*.whl"):
            with zipfile.ZipFile(wheel) as z:
                z.extractall(packages, [n for n in z.namelist()
                                        if n.endswith("/cacert.pem") or ".dist-info/" in n])
        put(f"{base}/done", "")
    return f"{base}/root", packages


def add_python():
    root, packages = unpacked()
    found = audit("--root", root)
    for name in (f"certifi {CERTIFI}", f"botocore {BOTOCORE}"):
        path = f"{packages}/{name.split()[0]}/cacert.pem"
        add(name, found[path.removeprefix(root)], PEM.findall(read(path)))


def add_made_up():
    """Each choice of the three, beside a CA that has nothing to do with them."""
    other = read(Ca(f"{folder}/other").pem)
    for n in range(len(THREE) + 1):
        for chosen in itertools.combinations(THREE, n):
            pems = [other, *(ssl.DER_cert_to_PEM_cert(roots[name]) for name in chosen)]
            path = put(f"{folder}/made-{'-'.join(chosen)}.pem", "\n".join(pems))
            add(f"made of {', '.join(chosen) or 'none'}", audit(path)[path], pems)


def set_up():
    for row in json.loads(trust("roots", "amazon", "--json").out):
        roots[row["name"]] = ssl.PEM_cert_to_DER_cert(row["pem"])
    # The lab's other three would sign nothing: stores keep the real ones.
    for name, chain in zip(THREE, CHAINS):
        look_alikes[name] = read(lab.of(chain, "https").ca).strip()
    add_debian()
    add_python()
    add_made_up()
    for store in stores:
        store.write_look_alike()


# ---- D7: what is in them

def test_holdings():
    for store in stores:
        same(store.holds, store.theirs, f"D7: {store.name}: of the six it has "
             f"{len(store.theirs)}, as another reader says")
        if store.name in MEASURED:
            same(SIX - store.holds, MEASURED[store.name], "D7: which is what was measured of it")
    measured = {s.name for s in stores} & set(MEASURED)
    ok({f"certifi {CERTIFI}", f"botocore {BOTOCORE}"} <= measured, "versions that were measured",
       measured)
    note(f"measured: {', '.join(sorted(measured))}")


def test_made_up():
    same([(s.name, s.verdict) for s in stores if s.name.startswith("made of")],
         [("made of none", "none"), (f"made of {R1}", "ready"), (f"made of {G2}", "cross-sign"),
          (f"made of {C2}", "class-2-only"), (f"made of {R1}, {G2}", "ready"),
          (f"made of {R1}, {C2}", "ready"), (f"made of {G2}, {C2}", "cross-sign"),
          (f"made of {R1}, {G2}, {C2}", "ready")], "D8: all choices of the three")
    ok({s.verdict for s in stores} == set(PROMISED), "no verdict is left out")


# ---- D8: what happens with them

def s_client_trusts(pem, row):
    """OpenSSL's own client, with that store and no other."""
    line = ["timeout", "20", "openssl", "s_client", "-connect", f"{row.address}:{row.port}",
            "-verify_return_error", "-CAfile", pem, "-no-CApath", "-no-CAstore",
            "-verify_ip" if is_address(row.host) else "-verify_hostname", row.host]
    if not is_address(row.host):
        line += ["-servername", row.host]
    if row.protocol == "mysql":
        line += ["-starttls", "mysql"]
    done = command(*line)  # of TLS 1.2 it says "0 (ok)" even where it has refused
    return done.rc == 0 and "Verify return code: 0 (ok)" in done.out


def by_openssl(store, row):
    return s_client_trusts(f"{store.base}.pem", row)


def by_curl(store, row):
    done = command("curl", "--silent", "--max-time", "20", "--cacert", f"{store.base}.pem",
                   "--capath", f"{folder}/nothing", "--resolve",
                   f"{row.host}:{row.port}:{row.address}", f"https://{row.host}:{row.port}/")
    return done.rc == 0


def by_wget(store, row):
    """GnuTLS, as Debian has it."""
    hosts = put(f"{folder}/hosts-{row.port}", f"{row.address} {row.host}\n")
    done = command("wget", "--quiet", "--output-document=-", "--tries=1", "--timeout=20",
                   f"--ca-certificate={store.base}.pem", f"--ca-directory={folder}/nothing",
                   f"https://{row.host}:{row.port}/",
                   env={**ENV, "LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_HOSTS": hosts})
    return done.rc == 0


PYTHON = """
import json, socket, ssl, sys
for base, host, address, port in json.load(sys.stdin):
    context = ssl.create_default_context(cafile=f"{base}.pem")
    try:
        with socket.create_connection((address, port), 20) as s:
            context.wrap_socket(s, server_hostname=host).close()
        print("yes")
    except ssl.SSLCertVerificationError:
        print("no")
"""

NODE = """
const fs = require('fs'), tls = require('tls');
const jobs = JSON.parse(fs.readFileSync(0));
function next() {
  const job = jobs.shift();
  if (!job) return;
  const [base, servername, host, port] = job;
  const s = tls.connect({ host, port, servername, ca: fs.readFileSync(base + '.pem') });
  s.on('secureConnect', () => { console.log('yes'); s.destroy(); next(); });
  s.on('error', e => {
    console.log(/CERT|ISSUER|CHAIN/.test(e.code) ? 'no' : e.code);
    next();
  });
}
next();
"""

GO = """
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
)

func try(job []any) string {
	text, _ := os.ReadFile(job[0].(string) + ".pem")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	config := tls.Config{RootCAs: pool, ServerName: job[1].(string)}
	at := net.JoinHostPort(job[2].(string), fmt.Sprint(job[3]))
	conn, err := tls.Dial("tcp", at, &config)
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "no"
	}
	if err != nil {
		return err.Error()
	}
	conn.Close()
	return "yes"
}

func main() {
	var jobs [][]any
	json.NewDecoder(os.Stdin).Decode(&jobs)
	for _, job := range jobs {
		fmt.Println(try(job))
	}
}
"""

# By the trust manager that Java has without a word: PKIX, which HTTPS asks for the name as well.
JAVA = """
import java.io.FileInputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.util.Scanner;
import javax.net.ssl.*;

class Audit {
    static SSLContext context(String kind, String path) throws Exception {
        KeyStore store = KeyStore.getInstance(kind);
        store.load(new FileInputStream(path), "changeit".toCharArray());
        TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX");
        f.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, f.getTrustManagers(), null);
        return context;
    }

    static String connect(SSLContext context, String host, String address, int port)
            throws Exception {
        try (SSLSocket s = (SSLSocket) context.getSocketFactory()
                 .createSocket(new Socket(address, port), host, port, true)) {
            SSLParameters p = s.getSSLParameters();
            p.setEndpointIdentificationAlgorithm("HTTPS");
            s.setSSLParameters(p);
            s.setSoTimeout(20000);
            s.startHandshake();
            return "yes";
        } catch (SSLHandshakeException e) {
            for (Throwable t = e; t != null; t = t.getCause())
                if (t instanceof CertPathBuilderException)
                    return "no";
            return e.toString();
        }
    }

    public static void main(String[] args) throws Exception {
        Scanner in = new Scanner(System.in);
        while (in.hasNext()) {
            String base = in.next(), host = in.next(), address = in.next();
            int port = in.nextInt();
            System.out.println(connect(context(args[0], base + "." + args[1]), host, address, port));
        }
    }
}
"""


def jobs_of(pairs):
    return [[s.base, row.host, row.address, row.port] for s, row in pairs]


def told(said, pairs):
    lines = said.split("\n")[:-1]
    if len(lines) != len(pairs) or not {*lines} <= {"yes", "no"}:
        raise RuntimeError(f"{len(pairs)} handshakes, and it said: {lines}")
    return [line == "yes" for line in lines]


def by_python(pairs):
    return told(tool(sys.executable, "-c", PYTHON, stdin=json.dumps(jobs_of(pairs))), pairs)


def by_node(pairs):
    return told(tool("node", "-e", NODE, stdin=json.dumps(jobs_of(pairs)), env=ENV), pairs)


def by_go(pairs):
    put(f"{folder}/go/main.go", GO)
    return told(tool("go", "run", f"{folder}/go/main.go", stdin=json.dumps(jobs_of(pairs)),
                     timeout=240, env={**os.environ, "GOFLAGS": "-mod=mod"}), pairs)


def by_java(kind, suffix):
    def connect(pairs):
        lines = "\n".join(" ".join(map(str, job)) for job in jobs_of(pairs))
        return told(tool("java", put(f"{folder}/Audit.java", JAVA), kind, suffix, stdin=lines,
                         env=ENV, timeout=120), pairs)
    return connect


def one_by_one(connect):
    return lambda pairs: [connect(*pair) for pair in pairs]


CLIENTS = {"OpenSSL": ("openssl", one_by_one(by_openssl)), "Python": (sys.executable, by_python)}
if not sanitized():  # of ours these run nothing that the others do not
    CLIENTS |= {"curl": ("curl", one_by_one(by_curl)), "wget": ("wget", one_by_one(by_wget)),
                "Node": ("node", by_node), "Go": ("go", by_go), "Java, JKS": ("java", by_java("JKS", "jks")),
                "Java, PKCS12": ("java", by_java("PKCS12", "pkcs12"))}


def happened(connect):
    """By store: what came of the three chains."""
    rows = [lab.of(chain, "https") for chain in CHAINS]
    came = connect([(s, row) for s in stores for row in rows])
    return [tuple(came[i:i + len(rows)]) for i in range(0, len(came), len(rows))]


def test_handshakes():
    for name, (program, connect) in CLIENTS.items():
        if not shutil.which(program):
            skip(f"D8: {name}", f"no {program} here")
            continue
        came = happened(connect)
        same([(s.name, c) for s, c in zip(stores, came)],
             [(s.name, DEPARTURES.get((name, s.name), PROMISED[s.verdict])) for s in stores],
             f"D8: {name}: {len(stores)} stores at three chains, as the verdicts promise")
        same([s.name for s, c in zip(stores, came) if s.fails],
             [s.name for s, c in zip(stores, came) if not c[TODAY]],
             f"D8: {name}: with those that fail by audit's word one can't connect today")


# ---- D7: a CA of one's own, and what endpoints show

def as_jks(pem):
    path = f"{pem}.jks"
    done = trust("export", "--format", "jks", "--out", path, pem)
    if done.rc:
        raise RuntimeError(f"export: {done}")
    return path


def url(row):
    return f"{row.protocol}://{row.host}:{row.port}"


def named(rows):
    """What makes the names of endpoints resolve."""
    hosts = put(f"{folder}/hosts", "".join(f"{r.address} {r.host}\n" for r in rows))
    return {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_HOSTS": hosts,
            "ASAN_OPTIONS": "verify_asan_link_order=0"}


def endpoints(rows, *paths, **env):
    """By store: what audit says of each endpoint."""
    found = audit(*map(url, rows), *paths, **named(rows), **env)
    return {path: found[path]["endpoints"] for path in paths}


# A name in the subject alone satisfies s_client, and nobody who goes by RFC 9525: Go, Java, Node.
SUBJECT_ALONE = {"cn-only", "ip-address-in-cn"}
# What comes stapled satisfies s_client, which reads it only where it is told to.
STAPLED = {"revoked-stapled", "staple-missing"}


def test_endpoints():
    """What the lab can show, right and wrong, by four stores; and as OpenSSL's client sees it."""
    rows = [r for r in who.rows if r.protocol == "https" or r.name in MYSQL]
    other = Ca(f"{folder}/nobody").pem
    agree, seen = [], set()
    for row in rows:
        both = put(f"{folder}/both.pem", read(other) + read(row.ca))
        paths = [row.ca, other, both]
        theirs = {p: s_client_trusts(p, row) for p in paths}
        if row.name in MYSQL:
            paths.append(as_jks(put(f"{folder}/{row.name}-{row.protocol}.pem", read(both))))
            theirs[paths[-1]] = theirs[both]
        said = {p: v[0]["trusted"] for p, v in endpoints([row], *paths).items()}
        if row.name in SUBJECT_ALONE | STAPLED:
            theirs = dict.fromkeys(theirs, False)
        agree.append((row.name, row.protocol, said == theirs, said, theirs))
        seen |= set(said.values())
    same([a for a in agree if not a[2]], [],
         f"D7: {len(rows)} endpoints: who has the store gets in if audit says so, and else not")
    same(seen, {True, False}, "of both there are some")
    ok(len(rows) > 40, "and many endpoints", len(rows))


def objects(text):
    """JSON, one object behind another."""
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        one, end = decoder.raw_decode(text)
        found.append(one)
        text = text[end:]
    return found


def test_doctor():
    """`dbtls check` and `trust audit` never tell one user two things."""
    rows = [r for r in who.rows if r.protocol == "https"]
    store = put(f"{folder}/all-roots.pem", "".join(read(r.ca) for r in rows))
    differ, connects = [], 0
    for some in (rows[i:i + 16] for i in range(0, len(rows), 16)):
        # libnss_wrapper loses answers when several threads ask.
        done = command(DBTLS, "check", "--json", "-j", "1", "--ca", store, *map(url, some),
                       env={**ENV, **named(some)}, timeout=120)
        told = {o["target"]: o["verdict"]["id"] for o in objects(done.out)}
        checked = [told.get(url(row)) for row in some]
        said = [at["verdict"] for at in endpoints(some, store)[store]]
        same(len(told), len(some), f"{len(some)} endpoints are checked", done)
        differ += [(r.name, c, s) for r, c, s in zip(some, checked, said) if c != s]
        connects += said.count("ok")
    same(differ, [], "D7: the doctor says the same")
    ok(10 < connects < len(rows) - 10, "of endpoints that fail, and others", connects)


# Of these MySQL's way is tried as well.
MYSQL = {"good", "ip-address", "untrusted-root", "wrong-host", "expired"}

# What is said, of the CA that the condition gives its client.
SAID = {"good": ("ok", ""), "untrusted-root": ("untrusted-root", "unknown root"),
        "untrusted-root-namesake": ("untrusted-root", "CN=dbtls lab root"),
        "missing-intermediate": ("missing-intermediate", "intermediate"),
        "wrong-host": ("hostname-mismatch", "called "), "expired": ("expired", "CN=expired"),
        "not-yet-valid": ("not-yet-valid", "CN=not-yet"),
        "client-only": ("wrong-purpose", "CN=client-only")}


def test_why():
    rows = [who.of(name, "https") for name in SAID]
    found = {r.name: endpoints([r], r.ca)[r.ca][0] for r in rows}
    same({n: f["verdict"] for n, f in found.items()}, {n: v for n, (v, _) in SAID.items()},
         "D7: and why")
    same([n for n, f in found.items() if SAID[n][1] not in f["evidence"]], [],
         "and of which certificate", found)


def test_screen():
    """One screen: a column for each question, a line for each store, each sentence once."""
    good, bad = who.of("good", "https"), who.of("untrusted-root", "https")
    path = put(f"{folder}/nothing-of-it.pem", read(Ca(f"{folder}/screen").pem))
    done = trust("audit", "--ca", good.ca, url(good), url(bad), good.ca, path, path,
                 **named([good, bad]))
    ok(done.rc == 1, "it fails somebody", done)
    lines = [line.split() for line in done.out.splitlines()]
    for wanted in (["A1", "E1", "E2"], ["1", "x", "x", "-", good.ca], ["2", "-", "-", "-", path],
                   ["E1:", url(good)], ["E2:", url(bad)]):
        ok(wanted in lines, f"it shows {' '.join(wanted).replace(folder, '')}", done.out)
    for says, times in (("2-3  E1: the chain ends in a CA that the store does not hold: ", 1),
                        ("1-3  E2: the chain ends in a CA", 1), ("2-3  lacks: CN=dbtls lab root", 1),
                        ("1    E1: trusts it", 1), ("3 of 3 stores fail their users", 1)):
        same(done.out.count(says), times, f"and says \"{says}\"", done.out)
    done = trust("audit", url(good), good.ca, **named([good]))
    ok(done.rc == 0 and "R1" not in done.out, "one that fails nobody; Amazon was not asked for", done)


def test_words():
    """What is no endpoint, and endpoints that do not answer, are one sentence each."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    words = [f"https://127.0.0.1:{port}", f"mysql://127.0.0.1:{port}"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        https, mysql = pool.map(lambda word: trust("audit", word, BUNDLE), words)
    listener.close()
    for done, says in ((https, "no answer during the handshake"),
                       (mysql, "nobody speaks")):
        ok(done.rc == 1 and says in done.err, f"one that is silent: {says}", done)
    for word, says in ((f"https://127.0.0.1:{port}", "nothing listens"), ("https://", "names no host"),
                       ("http://127.0.0.1:1", "TLS"), ("mysql://nobody.invalid", "nobody.invalid")):
        done = trust("audit", word, BUNDLE)
        ok(done.rc in (1, 2) and says in done.err and done.err.count("\n") == 1,
           f"{word.replace(str(port), 'PORT')}: {done.err.strip().replace(str(port), 'PORT')}", done)
    done = trust("audit", "mysql://me:secret@127.0.0.1:1", BUNDLE)
    ok(done.rc and "secret" not in done.err + done.out, "no password is shown", done)
    store = put(f"{folder}/a:443", read(BUNDLE))
    same(list(audit("a:443")), ["a:443"], "a file of that name is a store", store)


BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def test_ca():
    """Whether a CA is there, as handshakes with what it has issued say."""
    good, sent = who.of("good", "https"), who.of("untrusted-root-sent", "https")
    root = put(f"{folder}/sent-root.pem", s_client(sent).pems[-1])
    for row, ca in ((good, good.ca), (sent, root)):
        found = audit("--ca", ca, good.ca, root)
        for path in (good.ca, root):
            same(not found[path]["fails"], s_client_trusts(path, row),
                 f"D7: {row.name} by {os.path.basename(path)}: {found[path]['cas'][0]['is']}")
    same([c["is"] for p in (good.ca, root) for c in audit("--ca", root, p)[p]["cas"]],
         ["lacks", "holds"], "in words")
    other, namesake = Ca(f"{folder}/named"), Ca(f"{folder}/namesake")
    same(audit("--ca", other.pem, namesake.pem)[namesake.pem]["cas"][0]["is"], "namesake",
         "of the same name, with another key")


def test_mend():
    """The lines that audit prints do what is lacking, as they are printed."""
    ca = Ca(f"{folder}/a ca of ours").pem
    stores_ = [put(f"{folder}/it's {n}.pem", ssl.DER_cert_to_PEM_cert(roots[name]))
               for n, name in enumerate((C2, R1, G2))]
    fine = as_jks(put(f"{folder}/fine.pem", read(ca) + ssl.DER_cert_to_PEM_cert(roots[R1])))
    before = trust("audit", "--amazon", "--ca", ca, *stores_, fine)
    lines = re.findall(r"^ +(dbtls trust add .*)$", before.out, re.M)
    same((before.rc, len(lines)), (1, 2), "D8: two lines to type", before.out)
    ok(all("fine" not in line for line in lines), "not for who has all", lines)
    for line in lines:
        # Of a test, what was changed is not this machine's to remember.
        done = command("sh", "-c", f"{line} --journal '{folder}/journal'", cwd=folder, timeout=120,
                       env={**ENV, "PATH": f"{os.path.dirname(DBTLS)}:{ENV['PATH']}"})
        ok(done.rc == 0, f"typed: {line.replace(folder, '')}", done)
    after = trust("audit", "--amazon", "--ca", ca, *stores_, fine)
    ok(after.rc == 0 and "dbtls trust add" not in after.out, "and nothing is lacking", after)
    done = trust("audit", "--root", unpacked()[0], "--ca", ca)
    ok(done.rc == 1 and "trust add" not in done.out, "of another system nothing is said", done)


def test_expired_ca():
    """A root that has expired is there, and of no use."""
    ca = Ca(f"{folder}/old")
    cert, key = ca.leaf("IP:127.0.0.1")
    old = f"{ca.folder}/expired.pem"
    ca.openssl("req", "-new", "-key", "ca.key", "-subj", "/CN=test CA", "-out", "old.csr")
    ca.openssl("ca", "-batch", "-selfsign", "-config", "config", "-keyfile", "ca.key", "-in",
               "old.csr", "-out", old, "-notext", "-startdate", "20200101000000Z", "-enddate",
               "20200201000000Z", "-extfile", put(f"{folder}/extensions",
                                                  "basicConstraints=critical,CA:TRUE\n"))
    row = types.SimpleNamespace(host="127.0.0.1", address="127.0.0.1", port=free_port(),
                                protocol="https")
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{row.port}", "-cert", cert, "-key", key,
         "-quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: s_client_trusts(ca.pem, row))
        said = {p: audit("--ca", p, url(row), p)[p] for p in (ca.pem, old)}
        same({p: s["fails"] for p, s in said.items()},
             {p: not s_client_trusts(p, row) for p in said}, "D7: the CA, and what it was")
        same([(s["cas"][0]["is"], s["endpoints"][0]["verdict"]) for s in said.values()],
             [("holds", "ok"), ("out-of-date", "expired")], "in words")
        same([f["what"] for f in said[old]["findings"]], ["expired"], "and it is found")
        same(audit("--ca", old, ca.pem)[ca.pem]["cas"][0]["is"], "holds", "renewed, it is the same")
    finally:
        server.kill()
        server.wait()


def test_cross_sign():
    """What audit says of an anchor that is no root: OpenSSL takes it for none, Go and Java do."""
    row = who.of("amazon-g2", "https")
    path = put(f"{folder}/crossed.pem", s_client(row).pems[-1])
    found = endpoints([row], path)[path][0]
    same((found["verdict"], found["trusted"]), ("partial-chain", False),
         "D8: a cross-sign as an anchor", found)
    ok(not s_client_trusts(path, row), "OpenSSL refuses it")
    if sanitized():
        return
    store = types.SimpleNamespace(base=path.removesuffix(".pem"))
    done = trust("export", "--format", "jks", "--out", f"{store.base}.jks", path)
    ok(done.rc == 0, "as a store for Java", done)
    for name in ("Go", "Java, JKS"):
        program, connect = CLIENTS[name]
        if not shutil.which(program):
            skip(name, f"no {program} here")
            continue
        same(connect([(store, row)]), [True], f"{name} takes it")


os.makedirs(HOME)
try:
    with Lab("--only", ",".join(CHAINS)) as lab:
        set_up()
        run(test_holdings, test_made_up, test_handshakes)
    WHO = [r.name for r in listed("--protocol", "https") if r.group in ("good", "who")]
    with Lab("--only", ",".join(WHO)) as who:
        run(test_endpoints, test_doctor, test_why, test_screen, test_words, test_ca, test_mend, test_expired_ca,
            test_cross_sign)
finally:
    shutil.rmtree(folder, ignore_errors=True)
finish()
