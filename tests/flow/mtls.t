#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""T18: clients that show a certificate, and those who do not, or a wrong one."""
import os
import re
import shutil
import ssl
import stat
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import Door, Serve, command, free_port, read, sanitized
from mysql import Client, Left, Refused, context
from mysqld import Ca
from tap import finish, ok, run, same, skip, until

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = (V12, V13)
LET_IN = "let in"
back = ours = other = None  # the database; the clients' CA; another


class ClientCa(Ca):
    def __init__(self, folder):
        super().__init__(folder)
        with open(f"{folder}/config", "a") as f:
            f.write("[client]\nbasicConstraints = critical, CA:FALSE\n"
                    "extendedKeyUsage = clientAuth\n")

    def sign(self, *words):
        self.openssl("ca", "-batch", "-config", "config", "-cert", "ca.pem", "-keyfile", "ca.key",
                     *words)

    def client(self, cn, san="", days=("20200101000000Z", "20491231000000Z")):
        """The paths of a client's certificate and its key."""
        self.made += 1
        base = f"client{self.made}"
        alternative = ("-addext", f"subjectAltName={san}") if san else ()
        self.openssl("req", "-new", "-subj", f"/CN={cn}", "-out", f"{base}.csr",
                     *self.key(f"{base}.key"), *alternative)
        self.sign("-extensions", "client", "-in", f"{base}.csr", "-out", f"{base}.pem", "-notext",
                  "-startdate", days[0], "-enddate", days[1])
        return f"{self.folder}/{base}.pem", f"{self.folder}/{base}.key"

    def crl(self, name, *revoked, dates=("20200101000000Z", "20491231000000Z")):
        for pem, _ in revoked:
            self.sign("-revoke", pem)
        self.sign("-gencrl", "-crl_lastupdate", dates[0], "-crl_nextupdate", dates[1], "-out",
                  name)
        return f"{self.folder}/{name}"


def serve(*words):
    return Serve(f"unix:{back.state}/run/engine/sql", *words, first="endpoint open")


def enter(door, pair, version):
    """As a client does: what came of it, and what the door says of that."""
    c = door.client()
    ctx = context(door.ca, version, version)
    if pair:
        ctx.load_cert_chain(*pair)
    try:
        c.start_tls(ctx)
        c.authenticate("root", back.password, "test")
        got = LET_IN if c.query("SELECT DATABASE()") == [["test"]] else "let in, and lost"
        c.quit()
    except ssl.SSLError as no:
        got = re.sub(r".*ALERT_", "", no.reason)
    except Refused as no:
        got = str(no)
    except Left as left:
        got = f"left: {left}"
    finally:
        c.close()
    return got, door.ended(c)


def mariadb(door, pair):
    words = [f"--ssl-cert={pair[0]}", f"--ssl-key={pair[1]}"] if pair else []
    return door.mariadb(*words, "-D", "test", "-e", "SELECT DATABASE()", password=back.password)


class Cast:
    """Who comes, and what is to be said to them: in TLS 1.2, in 1.3, and in the log."""

    def __init__(self):
        revoked = ours.client("alice")
        self.crl = ours.crl("crl.pem", revoked)
        as_server = ours.leaf("alice")
        self.rows = [
            ("no certificate", None, "HANDSHAKE_FAILURE", "CERTIFICATE_REQUIRED",
             "client-no-certificate"),
            ("a wrong CA", other.client("alice"), "UNKNOWN_CA", None, "client-unknown-ca"),
            ("a name not allowed", ours.client("mallory"), "1045", None, "client-name"),
            ("a longer name", ours.client("alice.example.com"), "1045", None, "client-name"),
            ("one revoked", revoked, "CERTIFICATE_REVOKED", None, "client-revoked"),
            ("one expired", ours.client("alice", days=("20200101000000Z", "20200201000000Z")),
             "CERTIFICATE_EXPIRED", None, "client-expired"),
            ("one not valid yet", ours.client("alice", days=("20480101000000Z",
                                                              "20490101000000Z")),
             "", None, "client-expired"),
            ("a server's", as_server, "UNSUPPORTED_CERTIFICATE", None, "client-unfit"),
            ("the right CN", ours.client("alice"), LET_IN, None, "client-quit"),
            ("the right SAN", ours.client("x", "email:bob@example.com,DNS:y"), LET_IN, None,
             "client-quit"),
            ("the right URI", ours.client("x", "URI:spiffe://a/b"), LET_IN, None, "client-quit"),
        ]


NAMES = ("client-name alice", "client-name bob@example.com", "client-name spiffe://a/b")


def asking(how="required", crl=None, *more):
    return serve(f"client-certificate {how}", f"client-ca {ours.pem}", *NAMES,
                 *([f"client-crl {crl}"] if crl else []), *more)


def test_required():
    with asking(crl=cast.crl) as door:
        for who, pair, in_12, in_13, end in cast.rows:
            for version, wanted in ((V12, in_12), (V13, in_13 or in_12)):
                got, session = enter(door, pair, version)
                ok(got.startswith(wanted) and session["end"] == end,
                   f"T18: {version.name}, {who}: {wanted or 'refused'}, {end}", got, session)
            done = mariadb(door, pair)
            same(done.out.strip(), "test" if in_12 == LET_IN else "", f"T18: mariadb, {who}", done)
        got, session = enter(door, cast.rows[2][1], V13)
        ok("certificate" in got, "T18: the text says that it is the certificate's name", got)
        same(session.get("certificate"), "mallory", "T18: and the log who it was")
        same(enter(door, cast.rows[4][1], V13)[1].get("certificate"), "alice",
             "T18: also of a handshake that failed")
        same(enter(door, cast.rows[9][1], V12)[1].get("certificate"), "bob@example.com",
             "T18: the name that let it in is the one that is shown")
        for end in {row[4] for row in cast.rows}:
            ok(door.counted(end), f"T18: status counts {end}", door.endings())


def test_no_resumption():
    with asking(crl=cast.crl) as door:
        for version in BOTH:
            ctx = context(door.ca, version, version)
            ctx.load_cert_chain(*cast.rows[8][1])
            with door.client() as c:
                c.start_tls(ctx).authenticate("root", back.password, "test")
                c.ping()
                session = c.tls.session
            ok(not session or not session.has_ticket, f"T18: {version.name}: no ticket is given")


def test_ticket_of_another():
    """One from an endpoint that does not ask must not open the one that does."""
    port = free_port()
    with serve("client-certificate off", "endpoint closed", f"listen 127.0.0.1:{port}",
               f"upstream unix:{back.state}/run/engine/sql", "client-certificate required",
               f"client-ca {ours.pem}", *NAMES) as door:
        for version in BOTH:
            ctx = context(door.ca, version, version)
            with door.client() as c:
                c.start_tls(ctx).authenticate("root", back.password, "test")
                c.ping()
                session = c.tls.session
            ok(session and session.has_ticket, f"{version.name}: the open one gives a ticket")
            with Client("127.0.0.1", port, door.ca) as c:
                try:
                    c.start_tls(ctx, session=session)
                    c.authenticate("root", back.password, "test")
                    got = LET_IN
                except (ssl.SSLError, Left) as no:
                    got = str(no)
                resumed = c.tls.session_reused
            ok(got != LET_IN and not resumed, f"T18: {version.name}: the other does not take it",
               got, resumed)
        same(door.counted("client-no-certificate", 2), 2, "T18: no certificate was shown")


def test_optional():
    with asking("optional", cast.crl) as door:
        for version in BOTH:
            got, session = enter(door, None, version)
            same((got, session["certificate"]), (LET_IN, "-"),
                 f"T18: optional, {version.name}: let in without")
            for who, pair, wanted, _, end in cast.rows[1:]:
                got, session = enter(door, pair, version)
                ok(got.startswith(wanted) and session["end"] == end,
                   f"T18: optional, {version.name}, {who}: {wanted or 'refused'}", got, session)


def test_expired_crl():
    crl = ours.crl("old.pem", dates=("20200101000000Z", "20200201000000Z"))
    with asking(crl=crl) as door:
        ok("old.pem has expired" in door.out(), "T18: an expired CRL is told at start", door.out())
        ok("old.pem has expired" in door.log(), "T18: and in the log")
        for version in BOTH:
            got, session = enter(door, cast.rows[8][1], version)
            ok(got != LET_IN and session["end"] == "client-no-crl",
               f"T18: {version.name}: with it nobody is let in", got, session)


def test_reload():
    """A CRL made anew is in force after a reload, and so is the end of asking."""
    later = ours.client("alice")
    crl = shutil.copy(cast.crl, f"{ours.folder}/renewed.pem")
    with asking(crl=crl) as door:
        same(enter(door, later, V13)[0], LET_IN, "T18: before it is revoked")
        ours.crl("renewed.pem", later)
        with open(f"{door.folder}/door.conf") as f:
            config = f.read()
        same(door.dbtls("reload").rc, 0, "a reload")
        same(enter(door, later, V13)[0], "CERTIFICATE_REVOKED", "T18: after a reload it is not")
        with open(f"{door.folder}/door.conf", "w") as f:
            f.write(config.replace(f"client-ca {ours.pem}", "client-ca /nowhere"))
        done = door.dbtls("reload")
        ok(done.rc == 1 and "/nowhere" in done.err, "a wrong one is refused", done)
        same(enter(door, None, V13)[0], "CERTIFICATE_REQUIRED", "T18: and changes nothing")


def start_fails(*words):
    try:
        serve(*words).close()
    except RuntimeError as no:
        return str(no)
    return ""


def test_wrong_files():
    leaf = ours.client("x")[0]
    for words, says in (
            (("client-name alice",), "none is asked for a certificate"),
            (("client-certificate required", "plaintext allow"), "without TLS there is no"),
            (("client-certificate perhaps",), "off, optional and required"),
            (("client-certificate required", f"client-ca {leaf}"), "not a CA's"),
            (("client-certificate required", "client-ca /nowhere"), "/nowhere"),
            (("client-certificate required", f"client-ca {other.pem}",
              f"client-crl {cast.crl}"), "not of a CA in client-ca"),
            (("client-certificate required", f"client-ca {ours.pem}", f"client-crl {ours.pem}"),
             "no list in it")):
        said = start_fails(*words)
        ok(says in said, f"T18: {words[-1].split('/')[0]}: {says}", said)


def test_large_crl():
    """Larger than a message holds."""
    folder = ours.folder
    with open(f"{folder}/index") as f:
        old = f.read()
    try:
        with open(f"{folder}/index", "a") as f:
            f.writelines(f"R\t491231000000Z\t250101000000Z\t{n:032X}\tunknown\t/CN=n{n}\n"
                         for n in range(1 << 64, (1 << 64) + 4000))
        crl = ours.crl("large.pem")
    finally:
        with open(f"{folder}/index", "w") as f:
            f.write(old)
    size = os.path.getsize(crl)
    with asking(crl=crl) as door:
        got, _ = enter(door, cast.rows[8][1], V13)
        same(got, LET_IN, f"T18: a CRL of {size} bytes: the right one is let in")
        got, _ = enter(door, cast.rows[4][1], V13)
        same(got, "CERTIFICATE_REVOKED", "T18: one that is in it is not")


def test_own_ca():
    with Door("--client-certificate", "required", "--client-name", "app1", "--client-name",
              "ann@example.com") as door:
        def issue(name, out, *more):
            return door.dbtls("ca", "issue", "--client", name, "--out", f"{door.folder}/{out}",
                              *more)

        def come(pair, version=V13):
            c = door.client()
            ctx = context(door.ca, version, version)
            ctx.load_cert_chain(*pair)
            try:
                c.start_tls(ctx).authenticate("root", door.password, "test")
                return LET_IN
            except (ssl.SSLError, Refused) as no:
                return str(no)
            finally:
                c.close()

        def pair(out):
            return f"{door.folder}/{out}", f"{door.folder}/{out}.key"

        for name, out in (("app1", "a"), ("ann@example.com", "b"), ("app2", "c")):
            done = issue(name, out)
            same(done.rc, 0, f"T18: dbtls ca issue --client {name}", done)
            same(stat.S_IMODE(os.stat(f"{door.folder}/{out}.key").st_mode), 0o600,
                 "T18: its key is its owner's alone")
        for version in BOTH:
            same(come(pair("a"), version), LET_IN, f"T18: app1 is let in, {version.name}")
            same(come(pair("b"), version), LET_IN, "T18: so is ann@example.com")
            ok("1045" in come(pair("c"), version), "T18: app2 is not", door.tail(3))
        text = command("openssl", "x509", "-in", pair("b")[0], "-noout", "-text").out
        ok("TLS Web Client Authentication" in text and "TLS Web Server" not in text and
           "email:ann@example.com" in text, "T18: it is for clients alone", text)
        ok("client certificate issued: CN=app1, serial " in door.log(), "T18: the log has it")
        leaf = f"{door.state}/server.pem"
        done = command("openssl", "verify", "-purpose", "sslclient", "-CAfile", door.ca, leaf)
        ok(done.rc != 0 and "purpose" in done.err, "T18: the door's own leaf is no client's", done)
        done = command("openssl", "verify", "-purpose", "sslserver", "-CAfile", door.ca,
                       pair("a")[0])
        ok(done.rc != 0 and "purpose" in done.err, "T18: and a client's no server's", done)
        if os.geteuid() == 0:
            key = f"{door.state}/keys/server.key"
            same(until(lambda: os.path.exists(key), 1), True, "the door's key is there")
            ok("unsupported certificate" in come((leaf, key)).lower(),
               "T18: who has the door's own key and certificate is not let in by them")
            same(door.counted("client-unfit"), 1, "T18: and it is counted")
        again = issue("app1", "a")
        ok(again.rc == 1 and "--force" in again.err, "T18: nothing is replaced unasked", again)
        same(issue("app1", "a", "--force", "--days", "1").rc, 0, "T18: --force does")
        for name, more in (("a b", ()), ("@", ()), ("a@", ()), ("x", ("--days", "399")),
                           ("x", ("--days", "0"))):
            done = issue(name, "no", *more)
            ok(done.rc != 0 and done.err and not os.path.exists(f"{door.folder}/no.key"),
               f"T18: {name!r} {more}: refused", done)


# ---- Go and Java

GO = """
	config.TLS.MinVersion, config.TLS.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if os.Getenv("TLS") == "1.3" {
		config.TLS.MinVersion, config.TLS.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	}
	if file := os.Getenv("CERTIFICATE"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, os.Getenv("KEY"))
		if err != nil {
			return nil, err
		}
		config.TLS.Certificates = []tls.Certificate{pair}
	}
	// Without these,"""
JAVA = """
        p.setProperty("tlsVersions", "TLSv" + System.getenv("TLS"));
        if (System.getenv("STORE") != null) {
            p.setProperty("clientCertificateKeyStoreUrl", "file:" + System.getenv("STORE"));
            p.setProperty("clientCertificateKeyStoreType", "PKCS12");
            p.setProperty("clientCertificateKeyStorePassword", "changeit");
        }
        // In milliseconds;"""


def saved(door, name, file, old, new):
    """What `dbtls connect --save` writes, and the certificate; its folder."""
    folder = f"{ours.folder}/{name}"
    done = door.dbtls("connect", name, "--save", folder)
    text = read(f"{folder}/{file}")
    if done.rc or old not in text:
        raise RuntimeError(f"dbtls connect {name}: {done}")
    with open(f"{folder}/{file}", "w") as f:
        f.write(text.replace(old, new))
    return folder


def store_of(pair):
    store = f"{pair[0]}.p12"
    done = command("openssl", "pkcs12", "-export", "-in", pair[0], "-inkey", pair[1], "-out",
                   store, "-passout", "pass:changeit")
    return store if done.rc == 0 else "none"


def they_come(door, name, folder, line):
    for who, pair, wanted, _, end in cast.rows:
        for version in ("1.2", "1.3"):
            env = {"TLS": version, "DBTLS_PASSWORD": back.password, "PATH": os.environ["PATH"],
                   "HOME": os.environ.get("HOME", "/root")}
            if pair:
                env |= {"CERTIFICATE": pair[0], "KEY": pair[1], "STORE": store_of(pair)}
            at = len(door.log())
            done = command("timeout", "60", "sh", "-c", line, cwd=folder, env=env, timeout=90)
            ends = until(lambda: {s["end"] for s in door.sessions(at)}, 10)
            good = (done.rc == 0) == (wanted == LET_IN)
            left = {"upstream-closed", "reset", "client-quit"} if wanted == LET_IN else set()
            ok(good and ends and ends <= {end} | left, f"T18: {name}, TLS {version}, {who}: "
               f"{wanted or 'refused'}", done, ends)


def test_go():
    if not shutil.which("go"):
        return skip("T18: go", "there is no go")
    with asking(crl=cast.crl) as door:
        folder = saved(door, "go", "main.go", "\n	// Without these,", GO)
        built = command("timeout", "400", "sh", "-c", "go mod tidy && go build -o it .",
                        cwd=folder, timeout=420)
        if built.rc:
            return skip("T18: go", f"its packages can't be had: {built}")
        they_come(door, "go", folder, "./it")


def test_java():
    if not shutil.which("java") or not shutil.which("mvn"):
        return skip("T18: java", "there is no java and no mvn")
    with asking(crl=cast.crl) as door:
        folder = saved(door, "java", "Connect.java", "\n        // In milliseconds;", JAVA)
        built = command("timeout", "400", "sh", "-c", "mvn -q dependency:copy-dependencies && "
                        "javac -cp 'target/dependency/*' -d it Connect.java", cwd=folder,
                        timeout=420)
        if built.rc:
            return skip("T18: java", f"its packages can't be had: {built}")
        they_come(door, "java", folder, "java -cp 'target/dependency/*:it' Connect")


folder = tempfile.mkdtemp(prefix="dbtls-mtls-", dir="/tmp")
try:
    os.chmod(folder, 0o755)
    ours, other = ClientCa(f"{folder}/ours"), ClientCa(f"{folder}/other")
    with Door() as back:
        cast = Cast()
        run(test_required, test_no_resumption, test_ticket_of_another, test_optional,
            test_expired_crl, test_reload, test_wrong_files, test_large_crl, test_own_ca)
        if not sanitized():
            run(test_go, test_java)
finally:
    shutil.rmtree(folder, ignore_errors=True)
finish()
