#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D11: Java's own stores, as keytool makes them, with a private key in each, changed by us: keytool
lists the CA as one to trust and all else as before, a Java client connects with the store after `add`,
and neither before nor after `remove` and `undo`; keytool goes on with what we wrote, and so do we
with what it did. A store that can't be changed is left as it is.
"""
import functools
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, command, free_port, read, sanitized  # noqa: E402
from mysqld import Ca  # noqa: E402
from tap import finish, note, ok, run, same, until  # noqa: E402

BARE = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
        "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
# Of each: what Java calls it, words for keytool when it is made, and its password.
KINDS = {
    "jks": ("JKS", (), "changeit"),
    "pkcs12": ("PKCS12", (), "changeit"),
    "java8": ("PKCS12", ("-J-Dkeystore.pkcs12.legacy",), "changeit"),
    "bare": ("PKCS12", BARE, "changeit"),
    "jceks": ("JCEKS", (), "changeit"),
    "jks-own": ("JKS", (), "pä ss€word"),
    "pkcs12-own": ("PKCS12", (), "pa ss~word"),  # keytool takes ASCII alone here
}
folder = tempfile.mkdtemp(prefix="dbtls-java-", dir="/tmp")
HOME = f"{folder}/home"
ENV = {"PATH": os.environ["PATH"], "HOME": HOME, "LC_ALL": "C.UTF-8"}


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def put(path, content):
    with open(path, "wb" if isinstance(content, bytes) else "w") as f:
        f.write(content)
    return path


def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()


class Store:
    """One that keytool has made: a CA of another's and a private key."""

    def __init__(self, java, kind, name=None):
        self.java = java
        self.type, self.words, self.password = KINDS[kind]
        self.path = f"{folder}/{name or kind}"
        self.secret = ()
        if self.password != "changeit":
            self.secret = ("--password-file", put(f"{self.path}.password", self.password + "\n"))

    def keytool(self, *words):
        return self.java.does("keytool", *words, "-keystore", self.path, "-storepass",
                              self.password, "-storetype", self.type)

    def make(self, pem):
        self.keytool("-importcert", "-noprompt", "-alias", "Älter", "-file", pem, *self.words)
        self.keytool("-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=own",
                     "-keypass", self.password, *self.words)
        return self

    def entries(self):
        """Alias, kind and SHA-256 of each entry, as keytool says."""
        said = self.keytool("-list", *self.words)
        rows = re.findall(r"^(.*?), [A-Z][a-z]+ \d+, \d+, (\w+), \n"
                          r"Certificate fingerprint \(SHA-256\): ([0-9A-F:]+)$", said, re.M)
        number = int(re.search(r"contains ([\d,]+) entr", said)[1].replace(",", ""))
        if number != len(rows):
            raise RuntimeError(said)
        return {(alias, kind, digest.replace(":", "")) for alias, kind, digest in rows}

    def trust(self, verb, *words, password=True):
        secret = self.secret if password else ()
        stores = () if verb == "undo" else ("--store", self.path)
        return command(DBTLS, "trust", verb, *words, *stores, *secret, "--journal",
                       f"{folder}/journal", env=ENV, timeout=120, cwd=folder)

    def anchors(self):
        done = command(DBTLS, "trust", "list", "--json", "--anchors", self.path, *self.secret,
                       env=ENV, timeout=60)
        store = json.loads(done.out)[0]
        return {c["sha256"] for c in store.get("certificates", ()) if c["servers"] == "may"}

    def signs(self):
        """Whether its private key can still be used: it signs a request, which openssl checks."""
        request = self.keytool("-certreq", "-alias", "own", *self.words)
        return "verify OK" in command("openssl", "req", "-verify", "-noout", stdin=request).err


# ---- Java

JAVA = """
import java.io.*;
import java.net.URL;
import java.security.KeyStore;
import javax.net.ssl.*;

/*
 * A line on stdin is a request, words with tabs between; what comes of it ends with a line "=".
 * keytool runs in here, as it is, for it is started a hundred times.
 */
class Java {
    static String connect(String url, String type, String password, String path) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        try (FileInputStream in = new FileInputStream(path)) {
            store.load(in, password.toCharArray());
        }
        String key = store.getKey("own", password.toCharArray()) == null ? "no key" : "key";
        TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX");
        f.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, f.getTrustManagers(), null);
        HttpsURLConnection c = (HttpsURLConnection) new URL(url).openConnection();
        c.setSSLSocketFactory(context.getSocketFactory());
        c.setReadTimeout(60000);
        try {
            return key + " " + c.getResponseCode();
        } catch (SSLHandshakeException e) {
            return key + " refused";
        } finally {
            c.disconnect();
        }
    }

    static final ByteArrayOutputStream said = new ByteArrayOutputStream();

    static String name(String word) {
        return word.substring(4).split("=")[0];
    }

    /* As keytool's own launcher does it: "-J-Dname=value" is a property of the machine's. */
    static String keytool(String[] words) throws Exception {
        var rest = new java.util.ArrayList<String>();
        PrintStream out = System.out, err = System.err;
        for (String w : words)
            if (w.startsWith("-J-D"))
                System.setProperty(name(w), w.substring(Math.min(w.length(), w.indexOf('=') + 1)));
            else
                rest.add(w);
        said.reset();
        System.setOut(new PrintStream(said, true, "UTF-8"));
        System.setErr(System.out);
        try {
            sun.security.tools.keytool.Main.main(rest.toArray(new String[0]));
        } finally {
            System.setOut(out);
            System.setErr(err);
            for (String w : words)
                if (w.startsWith("-J-D"))
                    System.clearProperty(name(w));
        }
        return said.toString("UTF-8");
    }

    static String answer(String[] w) throws Exception {
        if (w[0].equals("connect"))
            return connect(w[1], w[2], w[3], w[4]);
        return keytool(java.util.Arrays.copyOfRange(w, 1, w.length));
    }

    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        var out = new PrintStream(System.out, true, "UTF-8");
        /* keytool ends the whole machine when it fails. */
        Runtime.getRuntime().addShutdownHook(new Thread(() -> out.println(said)));
        for (String line; (line = in.readLine()) != null;) {
            try {
                out.println(answer(line.split("\\t")));
                out.println("=");
            } catch (Exception e) {
                out.println(e);
                out.println("!");
            }
        }
    }
}
"""


class Java:
    """The program above, and a server with a certificate of `ours` that it asks."""

    def __init__(self, ours):
        cert, key = ours.leaf("localhost")
        port = free_port()
        self.url = f"https://localhost:{port}/"
        self.server = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", cert, "-key", key,
             "-www", "-quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        until(lambda: command("openssl", "s_client", "-connect", f"127.0.0.1:{port}").rc == 0)
        self.process = subprocess.Popen(
            ["java", "-XX:+UseSerialGC", "-Dhttp.keepAlive=false", "--add-exports",
             "java.base/sun.security.tools.keytool=ALL-UNNAMED",
             put(f"{folder}/Java.java", JAVA)], env=ENV, stdin=subprocess.PIPE, text=True,
            encoding="UTF-8", stdout=subprocess.PIPE)

    def does(self, *words):
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()
        said = ""
        for line in self.process.stdout:
            if line in ("=\n", "!\n"):
                break
            said += line
        if line != "=\n":
            raise RuntimeError(f"{words}: {said}")
        return said

    def asks(self, store):
        """Whether the store has a private key, and what came of asking the server with it."""
        return self.does("connect", self.url, store.type, store.password, store.path).strip()

    def stop(self):
        for process in (self.process, self.server):
            process.kill()
            process.wait()


# ---- what is tried

def test_kinds(java, ours, other):
    digest = fingerprint(read(ours.pem))
    for kind in KINDS:
        store = Store(java, kind).make(other.pem)
        was, before = bytes_of(store.path), store.entries()
        same(java.asks(store), "key refused", f"D11: {kind}: Java refuses the server before")
        done = store.trust("add", ours.pem)
        same((done.rc, java.asks(store)), (0, "key 200"), f"{kind}: trusts it after `add`", done)
        entries = store.entries()
        ok(before < entries and {(k, d) for _, k, d in entries - before} ==
           {("trustedCertEntry", digest)}, f"{kind}: keytool lists it, and all else as before",
           before, entries)
        ok(store.signs(), f"{kind}: the private key signs")
        added = bytes_of(store.path)
        done = store.trust("add", ours.pem)
        same((done.rc, bytes_of(store.path) == added), (0, True), f"{kind}: again is nothing", done)
        done = store.trust("remove", ours.pem)
        same((done.rc, java.asks(store), store.entries()), (0, "key refused", before),
             f"{kind}: `remove` takes it out, and nothing else", done)
        for number in (1, 2):
            done = store.trust("undo")
            same(done.rc, 0, f"{kind}: undo {number}", done)
        same((bytes_of(store.path) == was, java.asks(store)), (True, "key refused"),
             f"{kind}: then it is as it was, byte for byte")


def test_in_turn(java, ours, other):
    """keytool goes on with what we wrote, and we with what keytool did."""
    third = Ca(f"{folder}/third")
    wanted = {fingerprint(read(ca.pem)) for ca in (ours, other, third)}
    for kind in ("jks", "pkcs12", "java8", "bare"):
        store = Store(java, kind, f"turn-{kind}").make(other.pem)
        done = store.trust("add", ours.pem)
        store.keytool("-importcert", "-noprompt", "-alias", "third", "-file", third.pem,
                      *store.words)
        same((done.rc, store.anchors()), (0, wanted), f"{kind}: what keytool wrote after us, we read")
        alias = next(a for a, _, d in store.entries() if d == fingerprint(read(ours.pem)))
        store.keytool("-delete", "-alias", alias, *store.words)
        same(java.asks(store), "key refused", f"{kind}: keytool takes out what we put in")
        done = store.trust("add", ours.pem)
        same((done.rc, java.asks(store)), (0, "key 200"), f"{kind}: and we put it in again", done)


def test_left(java, ours, other):
    """One clear sentence, and the file is as it was, its dates too."""
    wrong = put(f"{folder}/wrong", "password\n")
    def made(*kinds):
        return {k: bytes_of(Store(java, k, f"left-{k}").make(other.pem).path) for k in kinds}
    whole, own = made("jks", "pkcs12"), made("jks-own", "pkcs12-own")
    cases = []
    for kind, content in whole.items():
        store = Store(java, kind, f"left-{kind}")
        cases.append((f"{kind}, a wrong password", store.path, content, ("--password-file", wrong)))
        half = len(content) // 2
        cases.append((f"{kind}, cut off", f"{store.path}.cut", content[:-half], ()))
        cases.append((f"{kind}, a bit flipped", f"{store.path}.flipped",
                      content[:half] + bytes([content[half] ^ 1]) + content[half + 1:], ()))
    for kind, content in own.items():
        cases.append((f"{kind}, no password", f"{folder}/left-{kind}", content, ()))
    for name, path, content, words in cases:
        put(path, content)
        os.utime(path, (1, 1))
        done = command(DBTLS, "trust", "add", ours.pem, "--store", path, *words, "--journal",
                       f"{folder}/journal", "--json", env=ENV, timeout=60)
        told = json.loads(done.out)["stores"]
        why = told[0]["text"]
        same((len(told), told[0]["outcome"]), (1, "impossible"), f"D11: {name}: said", done)
        ok(done.rc not in (0, -1) and "\n" not in why and re.search(
            "password|damaged|MAC|digest|cut off|certificate|report", why)
           and "please report" not in why, f"{name}: {why.removeprefix(folder + '/')}", done)
        same((bytes_of(path) == content, os.stat(path).st_mtime), (True, 1), f"{name}: left as it is")


def test_none_of_ours(java, ours, _):
    """A store of a key alone gets a safe for its first CA; what the key has for itself stays."""
    store = Store(java, "pkcs12", "empty")
    store.keytool("-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=own",
                  "-keypass", store.password)
    before = store.entries()
    done = store.trust("add", ours.pem)
    new = store.entries() - before
    same((done.rc, [k for _, k, _ in new], store.signs()), (0, ["trustedCertEntry"], True),
         "a store of a key alone gets its first CA", done)
    exported = store.keytool("-exportcert", "-rfc", "-alias", "own")
    own = put(f"{folder}/own.pem", exported)
    done = store.trust("remove", own)
    same(store.entries() - new, before, "what a key has for itself is not taken out", done)


def many(n):
    """Certificates of that many issuers; nobody asks here whether the signatures fit."""
    one = ssl.PEM_cert_to_DER_cert(read(Ca(f"{folder}/many").pem))
    at = one.index(b"test CA")
    ders = (one[:at] + b"%07d" % i + one[at + 7:] for i in range(n))
    return put(f"{folder}/many.pem", "".join(ssl.DER_cert_to_PEM_cert(d) for d in ders))


def test_many(java, ours, _):
    """D11: stores of 10,000 entries."""
    pem = many(10000)
    for kind in ("jks", "pkcs12"):
        store = Store(java, kind, f"many-{kind}")
        done = command(DBTLS, "trust", "export", "--format", kind, "--out", store.path, pem,
                       env=ENV, timeout=60)
        same((done.rc, java.asks(store)), (0, "no key refused"), f"{kind} of 10,000", done)
        began = time.monotonic()
        done = store.trust("add", ours.pem)
        note(f"{kind}: added in {time.monotonic() - began:.1f} s")
        same((done.rc, java.asks(store)), (0, "no key 200"), f"{kind}: and one more", done)
        digest = fingerprint(read(ours.pem))
        said = store.keytool("-list")
        ok("contains 10,001 entries" in said or "contains 10001 entries" in said,
           f"{kind}: keytool counts them", said[:200])
        ok(digest in said.replace(":", ""), f"{kind}: and lists it")


def bound(test, *given):
    @functools.wraps(test)
    def run_it():
        test(*given)
    return run_it


def main():
    os.makedirs(HOME)
    ours, other = Ca(f"{folder}/ours"), Ca(f"{folder}/other")
    java = Java(ours)
    # The last is slow, and what it runs of ours the others run under the sanitizers.
    tests = [test_kinds, test_in_turn, test_left, test_none_of_ours, test_many]
    try:
        run(*(bound(t, java, ours, other) for t in (tests[:-1] if sanitized() else tests)))
    finally:
        java.stop()


try:
    main()
finally:
    shutil.rmtree(folder, ignore_errors=True)
finish()
