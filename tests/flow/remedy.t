#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
What `dbtls explain --cause` tells to type and to write (D13): commands are there on Debian, what
stands in a client's settings has no finding of `dbtls explain --lint`, and what stands in a server's
files is taken by that server: MariaDB, the genuine MySQL, HAProxy, nginx, dbtls; TiDB's is TOML.
"""
import glob
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import tomllib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import tap
from door import DBTLS, command
from mysqld import HOME, TREE, Ca, wrapped

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/check")
# Of a fresh Debian, what comes with these packages.
PACKAGES = {
    "apt-get": "apt", "cp": "coreutils", "tail": "coreutils", "env": "coreutils",
    "timeout": "coreutils", "grep": "grep", "getent": "libc-bin", "ulimit": "bash",
    "export": "bash", "timedatectl": "systemd", "systemctl": "systemd",
    "journalctl": "systemd", "nft": "nftables", "tracepath": "iputils-tracepath",
    "openssl": "openssl", "update-ca-certificates": "ca-certificates", "curl": "curl",
    "wget": "wget", "ss": "iproute2", "mariadb": "mariadb-client", "nginx": "nginx",
    "mariadb-admin": "mariadb-client", "haproxy": "haproxy", "certutil": "libnss3-tools",
    "keytool": "default-jre-headless", "java": "default-jre-headless", "node": "nodejs",
    "python3": "python3", "mycli": "mycli", "aws": "awscli", "chromium": "chromium",
}
# Not Debian's: Oracle's client, ours, a program of the reader's own.
OTHERS = {"mysql", "dbtls", "./app"}
# What a client's settings are written in.
ENDINGS = {
    "python": "py", "pymysql": "py", "sqlalchemy": "py", "django": "py", "boto3": "py",
    "urllib": "py", "java": "java", "java-http": "sh", "go": "go", "gorm": "go", "go-http": "go",
    "node": "js", "sequelize": "js", "prisma": "ts", "aws-sdk-js": "js", "node-https": "js",
    "ruby": "rb", "php": "php", "dotnet": "cs", "cpp": "cpp", "mariadb": "cnf", "mysql": "cnf",
    "aws": "ini", "curl": "curlrc", "wget": "wgetrc",
}


def told():
    """Every row, with the cause that it was told of."""
    rows = []
    for path in sorted(glob.glob(f"{GOLDEN}/*.facts")):
        cause = os.path.basename(path)[:-len(".facts")]
        if cause != "ok":
            said = json.loads(command(DBTLS, "explain", "--json", "--cause", cause).out)
            rows += [dict(r, cause=cause) for r in said["causes"][0]["remedies"]]
    return rows


def once(rows, *members):
    """Each that differs in these, once."""
    return list({tuple(r[m] for m in members): r for r in rows}.values())


# ---- what is typed

def programs_of(line):
    """The programs that a line of a shell runs."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "QUOTED", line)
    for part in re.split(r"&&|\|\||[;|]", bare):
        words = [w for w in part.split() if not re.match(r"[A-Z_]+=", w) and w != "sudo"]
        yield words[0]


def test_commands(rows):
    typed = {p for r in rows if r["run"] and r["kind"] != "system" or r["who"] == "debian"
             if r["run"] for p in programs_of(r["run"])}
    tap.ok(len(typed) > 20, "there are commands", typed)
    unknown = sorted(p for p in typed - OTHERS if p not in PACKAGES)
    tap.ok(not unknown, "each is Debian's, and it is known out of which package", unknown)
    # What is installed here lies where its package has put it.
    here = [p for p in typed & set(PACKAGES) if shutil.which(p)]
    tap.ok(len(here) > 15, "most are here", here)
    for system in "debian", "rhel", "suse", "alpine", "arch":
        bad = [r["run"] for r in rows if r["who"] == system and r["run"] and
               command("bash", "-n", "-c", r["run"]).rc]
        tap.ok(not bad, f"{system}: a shell reads each", bad)
    bad = [r["run"] for r in rows if r["kind"] != "system" and r["run"] and
           command("bash", "-n", "-c", r["run"]).rc]
    tap.ok(not bad, "clients and servers: a shell reads each", bad)


# ---- what is written

def test_clients(rows, there):
    """What is advised is not what is warned of."""
    own = [r for r in rows if r["kind"] == "client"]
    written = {config(there, f"{n}.{ENDINGS[row['who']]}", filled(row["write"])): row["write"]
               for n, row in enumerate(once([r for r in own if r["write"]], "who", "write"))}
    done = command(DBTLS, "explain", "--lint", *written)
    tap.ok(done.rc == 0 and len(written) > 60, "no finding in what is to be written", done)
    seen = json.loads(command(DBTLS, "explain", "--lint", "--json", *written).out)["settings"]
    tap.ok(seen > 20, "most of which is seen to be settings", seen)
    path = f"{there}/all.sh"
    with open(path, "w") as f:
        f.writelines(filled(r["run"]) + "\n" for r in once([r for r in own if r["run"]], "run"))
    done = command(DBTLS, "explain", "--lint", path)
    tap.ok(done.rc == 0, "nor in what is to be typed", done)
    bad = f"{there}/bad.sh"
    with open(bad, "w") as f:
        f.write("mysql --ssl-mode=REQUIRED -h db1.example.com -P 4000 -u root -p\n")
    done = command(DBTLS, "explain", "--lint", bad)
    tap.ok(done.rc == 1, "which would have found one", done)


def filled(text):
    return text.replace("HOST", "db1.example.com").replace("PORT", "4000")


def writes_of(rows, who, file=None):
    return [r["write"] for r in once([r for r in rows if r["who"] == who and r["write"] and
                                      (not file or file in r["file"])], "write")]


def config(there, name, *lines):
    path = f"{there}/{name}"
    with open(path, "w") as f:
        f.writelines(f"{line}\n" for line in lines)
    os.chmod(path, 0o644)
    return path


def test_mariadb(rows, there):
    for n, text in enumerate(writes_of(rows, "mariadb-server", "50-server")):
        path = config(there, f"maria{n}.cnf", text)
        done = command("mariadbd", f"--defaults-file={path}", "--help", "--verbose")
        names = re.findall(r"^(\w[\w-]*)=", text, re.M)
        tap.ok(done.rc == 0 and names and all(f"\n{x.replace('_', '-')} " in done.out
                                              for x in names),
               f"MariaDB takes {text!r}", done.err[-500:])
    done = command("mariadbd", f"--defaults-file={config(there, 'no.cnf', '[mariadbd]', 'tls=1')}",
                   "--help", "--verbose")
    tap.ok("\ntls " not in done.out, "and not what it does not know", done.out[-500:])


def test_mysql(rows, there):
    def takes(path):
        return command(*wrapped("sbin/mysqld", f"--defaults-file={path}", "--validate-config",
                                "--user=root", "--secure-file-priv=NULL", f"--datadir={there}",
                                f"--lc-messages-dir={TREE}/usr/share/mysql"))
    for n, text in enumerate(writes_of(rows, "mysql-server", "mysqld.cnf")):
        done = takes(config(there, f"my{n}.cnf", text))
        tap.ok(done.rc == 0, f"MySQL takes {text!r}", done)
    done = takes(config(there, "bad.cnf", "[mysqld]", "tls=1"))
    tap.ok(done.rc != 0, "and not what it does not know", done)


def test_tidb(rows):
    for text in writes_of(rows, "tidb", "tidb.toml"):
        tap.ok(tomllib.loads(text), f"TOML reads {text!r}")


# Where in its file a word of HAProxy's belongs.
HAPROXY = {"bind": "frontend", "maxconn": "global", "mode": "defaults", "option": "backend",
           "ssl-default-bind-options": "global", "ssl-default-bind-ciphers": "global"}


def test_haproxy(rows, there, pem, ca):
    for n, text in enumerate(writes_of(rows, "haproxy", "haproxy.cfg")):
        own = {section: [] for section in ("global", "defaults", "frontend", "backend")}
        line = text.replace("/etc/haproxy/site.pem", pem).replace("/etc/haproxy/clients.pem", ca)
        own[HAPROXY[text.split()[0]]].append(f"  {line}")
        path = config(there, f"haproxy{n}.cfg", "global", *own["global"], "defaults",
                      "  timeout connect 5s", "  timeout client 5s", "  timeout server 5s",
                      *own["defaults"], "frontend f", "  default_backend b",
                      *(own["frontend"] or ["  bind 127.0.0.1:4000"]), "backend b",
                      *own["backend"], "  server s 127.0.0.1:3306")
        done = command("haproxy", "-c", "-f", path)
        tap.ok(done.rc == 0 and "unknown" not in done.err, f"HAProxy takes {text!r}", done)


# Where in its file a word of nginx's belongs; else it is in a server of http.
NGINX = {"worker_connections": "events", "proxy_pass": "stream"}


def test_nginx(rows, there, certificate, key):
    tree = os.path.join(os.path.dirname(TREE), "nginx")
    made = command(f"{HOME}/tools/debtree", "sid", tree, "nginx", "libnginx-mod-stream",
                   timeout=420)
    tap.ok(made.rc == 0, "there is an nginx", made)
    loader = glob.glob(f"{tree}/lib64/ld-linux*.so*")[0]
    libraries = ":".join(os.path.dirname(p) for p in glob.glob(f"{tree}/usr/lib/*/libc.so.6"))
    stream = glob.glob(f"{tree}/usr/lib/nginx/modules/ngx_stream_module.so")[0]
    for n, text in enumerate(writes_of(rows, "nginx", "nginx.conf")):
        own = {"events": [], "stream": [], "http": []}
        own[NGINX.get(text.split()[0], "http")].append(text)
        lines = own["http"]
        if "ssl_certificate " not in text:
            lines += [f"ssl_certificate {certificate};", f"ssl_certificate_key {key};"]
        lines = [x.replace("/etc/nginx/ssl/fullchain.pem", certificate)
                 .replace("/etc/nginx/ssl/privkey.pem", key)
                 .replace("/etc/nginx/ssl/clients.pem", certificate) for x in lines]
        if not any(x.startswith("listen") for x in lines):
            lines.append("listen 127.0.0.1:4443 ssl;")
        path = config(there, f"nginx{n}.conf", f"load_module {stream};", f"pid {there}/pid;",
                      f"error_log {there}/error;", "events {", *own["events"], "}",
                      "stream {", *(["server {", "listen 127.0.0.1:4000;", *own["stream"], "}"]
                                    if own["stream"] else []), "}",
                      "http {", "access_log off;",
                      *[f"{x}_temp_path {there}/temp;" for x in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")],
                      "server {", *lines, "}", "}")
        done = command(loader, "--library-path", libraries, f"{tree}/usr/sbin/nginx", "-t",
                       "-e", f"{there}/error", "-c", path)
        tap.ok(done.rc == 0, f"nginx takes {text!r}", done)


def test_dbtls(rows, there, certificate, key, ca):
    os.chmod(key, 0o600)
    for n, text in enumerate(writes_of(rows, "dbtls", "door.conf")):
        line = (text.replace("/etc/dbtls/fullchain.pem", certificate)
                .replace("/etc/dbtls/privkey.pem", key).replace("/etc/dbtls/db1-ca.pem", ca))
        more = [] if line.startswith("upstream") else ["upstream unix:/run/mysqld/mysqld.sock"]
        if line.startswith("certificate"):
            line += f" ca {ca}"
        path = config(there, f"door{n}.conf", "listen 127.0.0.1:4000", line, *more)
        done = command(DBTLS, "serve", "-n", "-c", path, "--state", f"{there}/state")
        tap.ok(done.rc == 0, f"dbtls takes {text!r}", done)


def test_whom():
    def explain(*words, stdin=""):
        return command(DBTLS, "explain", *words, stdin=stdin)
    trace = "javax.net.ssl.SSLHandshakeException: PKIX path building failed"
    done = explain("--os", "fedora", "-", stdin=trace)
    tap.ok("Java" in done.out and "keytool -importcert" in done.out and
           "update-ca-trust extract" in done.out and "SUSE" not in done.out,
           "the client that the text is of, and the system that was named (D13)", done)
    tap.ok(len(done.out.splitlines()) < 40, "on one screen", done)
    said = json.loads(explain("--os", "fedora", "--json", "-", stdin=trace).out)["causes"][0]
    tap.ok({(r["who"], r["kind"]) for r in said["remedies"]} ==
           {("java-http", "client"), ("rhel", "system")} or
           {(r["who"], r["kind"]) for r in said["remedies"]} ==
           {("java", "client"), ("rhel", "system")}, "and for programs", said)
    done = explain("--cause", "client-cert-required", "--client", "jdbc")
    tap.ok(done.rc == 0 and "clientCertificateKeyStoreUrl" in done.out and
           "nginx" not in done.out, "a cause and a client by another name", done)
    done = explain("--cause", "client-cert-required")
    tap.ok(done.rc == 0 and "In the client:" in done.out and "nginx" in done.out,
           "all there is on a cause", done)
    for words, near in (("--client", "jva"), "java"), (("--os", "debain"), "debian"), (
            ("--server", "ngnix"), "nginx"), (("--cause", "expird"), "expired"):
        done = explain(*words, *(["x"] if words[0] != "--cause" else []))
        tap.ok(done.rc == 2 and f'"{near}"' in done.err and not done.out,
               f"{' '.join(words)}: did you mean {near}?", done)
    done = explain("--cause", "expired", "text")
    tap.ok(done.rc == 2, "a cause or a text", done)
    url = explain("Get \"https://dynamodb.eu-west-3.amazonaws.com/\": tls: failed to verify "
                  "certificate: x509: certificate signed by unknown authority")
    tap.ok("-connect dynamodb.eu-west-3.amazonaws.com:443 " in url.out and "PORT" not in url.out,
           "HTTPS without a port is 443", url)
    host = explain("--client", "mysql", "ERROR 2026 (HY000): SSL connection error: "
                   "certificate has expired: gateway01.eu-central-1.prod.aws.tidbcloud.com:4000")
    tap.ok("TiDB" in host.out and "ALTER INSTANCE RELOAD TLS" in host.out and
           "MariaDB" not in host.out, "the server that the text names", host)
    aws = explain("SSL validation failed for https://dynamodb.eu-west-3.amazonaws.com/ unable to "
                  "get local issuer certificate")
    tap.ok("amazonaws.com:443 " in aws.out and "PORT" not in aws.out,
           "the port of https:// where the text has none", aws)


def test_check(there):
    """`check` tells it of the machine that it runs on, and a replay of the one that it ran on."""
    facts, target = f"{there}/facts", "127.0.0.1:1"
    done = command(DBTLS, "check", "--facts", facts, target)
    system = platform.freedesktop_os_release()["ID"]
    want = json.loads(command(DBTLS, "explain", "--json", "--cause", "connection-refused", "--os",
                              system).out)["causes"][0]["remedies"]
    said = json.loads(command(DBTLS, "check", "--json", target).out)["causes"][0]["remedies"]
    tap.ok(want and said == want and done.rc == 3 and want[0]["run"] in done.out,
           f"check: what to do on this machine, {system} (D13)", (done, said))
    with open(facts) as f:
        line = json.loads(f.read())
    line["facts"]["system"] = "windows"
    with open(facts, "w") as f:
        f.write(json.dumps(line) + "\n")
    done = command(DBTLS, "check", "--replay", facts)
    tap.ok("Test-NetConnection 127.0.0.1 -Port 1" in done.out and want[0]["run"] not in done.out,
           "and a replay on that where it was seen", done)


def main():
    rows = told()
    tap.ok(len(rows) > 500 and {r["kind"] for r in rows} == {"system", "client", "server"},
           "there are rows", len(rows))
    test_commands(rows)
    test_whom()
    with tempfile.TemporaryDirectory(prefix="dbtls-remedy-") as there:
        os.chmod(there, 0o755)
        ca = Ca(f"{there}/ca")
        certificate, key = ca.leaf("db1.example.com")
        with open(certificate) as c, open(key) as k:
            pem = config(there, "site.pem", c.read() + k.read())
        test_check(there)
        test_clients(rows, there)
        test_mariadb(rows, there)
        test_mysql(rows, there)
        test_tidb(rows)
        test_haproxy(rows, there, pem, ca.pem)
        test_nginx(rows, there, certificate, key)
        test_dbtls(rows, there, certificate, key, ca.pem)


if __name__ == "__main__":
    tap.run(main)
    tap.finish()
