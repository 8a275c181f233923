#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
`dbtls explain` on what real clients say of the lab's endpoints (D3, D13): curl, Python's ssl and
OpenSSL's s_client, each at every endpoint that it refuses; and on the texts that people paste:
stack traces, logs, colours, what was cut or wrapped.
"""
import collections
import concurrent.futures
import json
import os
import re
import socket
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import lab
import tap
from door import DBTLS, command
from mysqld import HOME

AT_ONCE = 8
# What a client says of these depends on how long it waits.
LEFT_OUT = {"connect-timeout", "slow-greeting", "slow-handshake", "renegotiation"}
# Alerts about a certificate, which a client gets for its own, and a server for its own.
ABOUT_A_CERTIFICATE = {"alert-42", "alert-45", "alert-48"}
# Where a text can't lead to the cause: why.
KNOWN = {
    "server-error": "an error of the server's with any number, in any words",
    "plaintext-injected": "clients that notice tell of bytes that are no TLS",
    "tls-refused": "clients tell of bytes that are no TLS",
    "downgraded": "OpenSSL tells of an illegal parameter, as of much else",
    "staple-missing": "these clients do not look for it",
    "proof-missing": "OpenSSL tells of a bad signature, as of much else",
    "not-strict": "these clients accept it",
    "not-dynamodb": "it is no failure of the connection",
    "session-timeout": "a time that is over looks the same before and after the handshake",
}


# ---- what they say

def curl(row):
    done = command("curl", "--silent", "--show-error", "--max-time", "4", "--cacert", row.ca,
                   "--connect-to", f"::{row.address}:", f"https://{row.host}:{row.port}/",
                   timeout=30)
    # The first line; the others are advice that is always the same.
    return done.err.split("\n")[0] if done.rc else None


def python(row):
    context = ssl.create_default_context(cafile=row.ca)
    context.set_alpn_protocols(["http/1.1"])
    try:
        with socket.create_connection((row.address, row.port), 4) as s, \
                context.wrap_socket(s, server_hostname=row.host) as t:
            t.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while t.recv(4096):
                pass
    except OSError as e:
        return f"{type(e).__module__}.{type(e).__name__}: {e}"
    return None


def s_client(row):
    named = ["-verify_ip", row.host] if lab.is_address(row.host) else \
        ["-verify_hostname", row.host, "-servername", row.host]
    done = command("timeout", "4", "openssl", "s_client", "-connect", f"{row.address}:{row.port}",
                   *(["-starttls", "mysql"] if row.protocol == "mysql" else []), "-CAfile", row.ca,
                   "-verify_return_error", *named, stdin="", timeout=30)
    return done.out + done.err if done.rc not in (0, 124) else None


CLIENTS = {"curl": curl, "Python": python, "s_client": s_client, "s_client, MySQL": s_client}


def gather(rows):
    """(client, row, text) of each that refuses."""
    rows = [r for r in rows if r.expect == "refuse" and r.name not in LEFT_OUT]
    asked = [(client, row) for row in rows for client in CLIENTS
             if (row.protocol == "mysql") == (client == "s_client, MySQL")]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        texts = pool.map(lambda a: CLIENTS[a[0]](a[1]), asked)
    return [(*a, text) for a, text in zip(asked, texts) if text and text.strip()]


def bare(text):
    """What s_client says of what went wrong, without names, times and addresses in memory."""
    lines = re.findall(r"verify error:.*|error:[0-9A-F]{8}:.*|^MySQL .*|^Only .*|errno=\d+", text,
                       re.M)
    return "\n".join(lines) or text


def explain(text, *words):
    return command(DBTLS, "explain", *words, "-", stdin=text, timeout=60)


def ids(text):
    return [c["id"] for c in json.loads(explain(text, "--json").out)["causes"]]


def test_clients():
    with lab.Lab() as started:
        said = gather(started.rows)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(zip(said, pool.map(lambda s: ids(s[2]), said)))
    # A text may be that of several causes: then each is to be among the first three.
    of = collections.defaultdict(set)
    for client, row, text in said:
        of[client, bare(text)].add(row.cause)
    single = [(row.cause == got[0] if got else False, client, row.name, got[:3], text)
              for (client, row, text), got in found
              if len(of[client, bare(text)]) == 1 and row.cause not in KNOWN and
              row.name not in ABOUT_A_CERTIFICATE]
    among = [(row.cause in got[:3], client, row.name, got[:3], text)
             for (client, row, text), got in found if row.cause not in KNOWN]
    for good, *rest in among:
        if not good:
            tap.note("not among three", *rest[:3], rest[3][-200:])
    share = sum(good for good, *_ in single) / len(single)
    three = sum(good for good, *_ in among) / len(among)
    tap.note(f"{len(said)} texts; {share:.1%} of {len(single)} first, {three:.1%} of {len(among)} "
             f"within three")
    tap.ok(len(said) > 150 and len({client for client, *_ in said}) == len(CLIENTS),
           "each client says something", len(said))
    tap.ok(share >= 0.95, "a text that names one cause has it first (D3)",
           [(*s[1:4], s[4][-200:]) for s in single if not s[0]])
    tap.ok(three >= 0.98, "and its cause is among three (D3)", [a[1:4] for a in among if not a[0]])


# ---- what people paste

def failure():
    """A stack trace of Python's, made by Python."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    done = command(sys.executable, "-c", "import urllib.request; "
                   f"urllib.request.urlopen('https://127.0.0.1:{port}/', timeout=5)", timeout=30)
    return done.err


def test_pasted():
    trace = failure()
    tap.ok(ids(trace)[:1] == ["connection-refused"], "a stack trace of Python's", trace)
    java = ("org.springframework.jdbc.CannotGetJdbcConnectionException: Failed to obtain JDBC\n"
            + "\tat a.b.C.d(C.java:1)\n" * 40 +
            "Caused by: com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link "
            "failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago.\n"
            + "\tat e.f.G.h(G.java:2)\n" * 40 +
            "Caused by: java.security.cert.CertPathValidatorException: Path does not chain with "
            "any of the trust anchors\n\t... 12 more\n")
    tap.ok(ids(java)[:1] == ["untrusted-root"], "Java's, with its chain of causes", ids(java))
    go = ("2026/11/21 18:02:11 main.go:42: ping: dial: operation error DynamoDB: ListTables, https "
          "response error StatusCode: 0, RequestID: , request send failed, Post "
          "\"https://dynamodb.eu-west-3.amazonaws.com/\": x509: certificate relies on legacy Common "
          "Name field, use SANs instead")
    tap.ok(ids(go)[:1] == ["no-san"], "Go's, wrapped", ids(go))
    tap.ok("dbtls check https://dynamodb.eu-west-3.amazonaws.com" in explain(go).out,
           "and the line to try has its host", explain(go))
    syslog = "\n".join(f"Nov 21 18:02:{i % 60:02} host app[7]: request {i} took {i} ms"
                       for i in range(190000))
    syslog += "\nNov 21 18:05:00 host app[7]: ERROR 2026 (HY000): TLS/SSL error: certificate is " \
              "not yet valid\n"
    tap.ok(len(syslog) > 9 << 20 and ids(syslog) == ["not-yet-valid"], "10 MB of log")
    coloured = "".join(f"\033[3{i % 8}m{c}\033[0m" for i, c in enumerate("Host '10.0.0.1' is blocked "
                       "because of many connection errors"))
    tap.ok(ids(coloured)[:1] == ["host-blocked"], "each letter in a colour of its own")
    for text in "SELECT 1", "no space left on device", "", "\0\1\2", "Traceback: KeyError: 'name'":
        done = explain(text)
        tap.ok(done.rc == 1 and not done.out and "nothing in this text" in done.err,
               f"{text!r} is no failure of TLS", done)
    done = command(DBTLS, "explain", "remote error: tls: no application protocol")
    tap.ok(done.rc == 0 and "alpn-mismatch: " in done.out and "→ " in done.out and
           "dbtls check HOST:PORT" in done.out, "a text as a word, and what to do next (D13)", done)
    go = json.loads(explain(go, "--json").out)
    tap.same(go["client"], "go-http", "whose text it is")
    java = json.loads(explain(java, "--json").out)
    tap.ok(java["client"] == "java" and "missing-intermediate" in java["apart"],
           "where several causes are left, what tells them apart", java["apart"])


# ---- what is no failure of TLS, however near

# Shell lines; what they print, errors and all, was said by programs of this machine.
HARMLESS = """
cat README.md
cat CONTRIBUTING.md
cat LICENSE
cat docs/threats.md
cat Makefile
cat src/base/span.h
git log -n 30 --format=%an --stat -- src
echo 'int main(void){ return x; }' | gcc -x c -o /dev/null -
echo '#include <openssl/none.h>' | gcc -x c -o /dev/null -
echo 'int SSL_read(); int main(void){ return SSL_read(); }' | gcc -x c -o /dev/null -
make -n help
dmesg
ps aux
mount
ip address; ip route; ss -tan
openssl version -a; openssl ciphers -v
openssl x509 -noout -text -in /etc/ssl/certs/ISRG_Root_X1.pem
openssl verify /etc/ssl/certs/ISRG_Root_X1.pem
openssl genrsa 1024
cat /etc/ssl/openssl.cnf
cat /usr/include/openssl/ssl.h /usr/include/openssl/sslerr.h
ls -lR /usr/include/openssl /etc/ssl/certs
apt-cache show openssl ca-certificates libssl3
python3 -c 'import json; json.loads("{")'
python3 -c 'import nothing_of_that_name'
python3 -c 'x = ('
python3 -c 'print(len([]) / 0)'
perl -e 'use strict; $x = 1'
bash -c 'echo "'
bash -c 'no_such_command --ssl'
cat /no/such/file/server.pem
yes connections | head -n 9
mariadb --help
mariadbd --no-defaults --verbose --help
curl --version
curl --ssl-reqd --no-such-option https://example.com/
haproxy -vv
cat /etc/hosts /etc/services /etc/protocols
printf 'ERROR 1064 (42000): You have an error in your SQL syntax; check the manual for the server'
printf "ERROR 1146 (42S02): Table 'shop.orders' doesn't exist"
printf "ERROR 1062 (23000): Duplicate entry 'server' for key 'PRIMARY'"
printf 'HTTP/1.1 404 Not Found\\r\\nServer: nginx\\r\\n\\r\\n<html><h1>404 Not Found</h1></html>'
printf '{"level":"info","msg":"TLS handshake done","version":"TLSv1.3","server":"db1:4000"}'
printf 'connected to db1.example.com:4000 over TLS 1.3; certificate valid until 2027-01-01'
printf 'ora: table space full on the server'
tee /dev/full <README.md
head -c 100000 /bin/ls
""".strip().split("\n")


def test_harmless():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(lambda line: command("sh", "-c", f"({line}) 2>&1 | head -c 2000000",
                                                   cwd=HOME, timeout=60).out, HARMLESS))
    said = [t for t in texts if t.strip()]
    wrong = [(line, found) for line, text in zip(HARMLESS, texts)
             if (found := [c["words"] for c in json.loads(explain(text, "--json").out)["causes"]])]
    tap.ok(len(said) > 40, "so many programs have something to say", len(said))
    tap.same(wrong, [], "what is no failure of TLS is said to be none (D3)")


def main():
    test_clients()
    test_pasted()
    test_harmless()


if __name__ == "__main__":
    tap.run(main)
    tap.finish()
