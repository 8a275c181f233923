#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
Settings in programs (T9 to T14). What `dbtls explain --lint` says of a program is true of its
driver: each of these is tried at the lab's endpoints that a right client refuses, and it is let in
at one of them if, and only if, its settings were told to be insecure. And the document's own
samples, short and long, which deserve one warning for mycli, one for mysql2, and no other.
"""
import concurrent.futures
import json
import os
import re
import shlex
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import document
import tap
from door import DBTLS, ROOT, command
from tap import note, ok, same

ENDPOINTS = "good,wrong-host,untrusted-root"

PHP = """<?php
[, $host, $port, $ca, $user, $password] = $argv;
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
%s
echo $db->query('SELECT DATABASE()') ? "in\\n" : '';
"""
MYSQLI = """$db = mysqli_init();
$db->options(MYSQLI_OPT_READ_TIMEOUT, 5);
%s"""
CONNECT = "$db->real_connect($host, $user, $password, 'test', (int) $port, null, %s);"
SSL_SET = "$db->ssl_set(null, null, $ca, null, null);\n"
PDO = "$db = new PDO(\"mysql:host=$host;port=$port;dbname=test\", $user, $password, [%s]);"

C = """#include <mysql.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	MYSQL *m = mysql_init(NULL);
	my_bool on = 1, off = 0;
	(void)argc, (void)on, (void)off;
	%s
	if (!mysql_real_connect(m, argv[1], argv[4], argv[5], "test", atoi(argv[2]), NULL, 0))
		return 1;
	return mysql_query(m, "SELECT DATABASE()") != 0;
}
"""
C_CA = "mysql_ssl_set(m, NULL, NULL, argv[3], NULL, NULL);"
C_SWITCH = "mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &%s);"

PYTHON = """import ssl, sys, urllib.request
url, ca = sys.argv[1:]
%s
print(urllib.request.urlopen(url, context=context, timeout=5).status)
"""

NODE = """const https = require('https');
const ca = require('fs').readFileSync(process.argv[3]);
https.get(process.argv[2], { %s }, () => process.exit(0)).on('error', () => process.exit(1));
"""

# The file's name; the program; whether its settings are insecure; the endpoints beside those above.
PROGRAMS = [
    ("ca.php", PHP % (MYSQLI % (SSL_SET + CONNECT % "MYSQLI_CLIENT_SSL")), False, "no-tls"),
    ("flagless.php", PHP % (MYSQLI % (SSL_SET + CONNECT % "0")), False, "no-tls"),
    ("plain.php", PHP % "$db = new mysqli($host, $user, $password, 'test', (int) $port);", True,
     "no-tls"),
    ("no-ca.php", PHP % (MYSQLI % (CONNECT % "MYSQLI_CLIENT_SSL")), True, "no-tls"),
    ("do-not.php",
     PHP % (MYSQLI % (SSL_SET + CONNECT % "MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT")), True,
     "no-tls"),
    ("passed-over.php",
     PHP % (MYSQLI % ("$db->options(MYSQLI_OPT_SSL_VERIFY_SERVER_CERT, false);\n" + SSL_SET +
                      CONNECT % "MYSQLI_CLIENT_SSL")), False, "no-tls"),
    ("pdo.php", PHP % (PDO % "PDO::MYSQL_ATTR_SSL_CA => $ca"), False, "no-tls"),
    ("pdo-plain.php", PHP % (PDO % ""), True, "no-tls"),
    ("pdo-anyone.php", PHP % (PDO % ("PDO::MYSQL_ATTR_SSL_CA => $ca, "
                                     "PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => false")),
     True, "no-tls"),
    ("verifies.c", C % (C_CA + C_SWITCH % "on"), False, "no-tls"),
    ("ca.c", C % C_CA, True, "no-tls"),
    ("off.c", C % (C_CA + C_SWITCH % "off"), True, "no-tls"),
    ("plain.c", C % "", True, "no-tls"),
    ("default.py", PYTHON % "context = ssl.create_default_context(cafile=ca)", False, ""),
    ("unverified.py", PYTHON % "context = ssl._create_unverified_context()", True, ""),
    ("none.py", PYTHON % ("context = ssl.create_default_context(cafile=ca)\n"
                          "context.check_hostname = False\n"
                          "context.verify_mode = ssl.CERT_NONE"), True, ""),
    ("no-name.py", PYTHON % ("context = ssl.create_default_context(cafile=ca)\n"
                             "context.check_hostname = False"), True, ""),
    ("bare.py", PYTHON % "context = ssl.SSLContext()", True, ""),
    ("client.py", PYTHON % ("context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
                            "context.load_verify_locations(ca)"), False, ""),
    ("ca.cjs", NODE % "ca", False, ""),
    ("anyone.cjs", NODE % "ca, rejectUnauthorized: false", True, ""),
    ("no-name.cjs", NODE % "ca, checkServerIdentity: () => undefined", True, ""),
]
MYSQL_WORDS = "{host} {port} {ca} {user} {password}"


def findings(path):
    done = command(DBTLS, "explain", "--lint", "--json", path)
    return json.loads(done.out)["findings"] if done.rc in (0, 1) else [{"id": repr(done)}]


def line_of(path):
    """The command that runs it, for `dbtls lab try`; a program in C is made first."""
    name, kind = path.rsplit(".", 1)
    if kind == "c":
        made = command("gcc", "-o", name, path, "-I/usr/include/mariadb", "-lmariadb", timeout=60)
        if made.rc:
            raise RuntimeError(f"gcc: {made}")
        return f"{shlex.quote(name)} {MYSQL_WORDS}"
    program = {"php": "php", "py": sys.executable, "cjs": "node"}[kind]
    words = MYSQL_WORDS if kind == "php" else "{url} {ca}"
    return f"{program} {shlex.quote(path)} {words}"


def tried(path, more):
    """The outcome at each endpoint, by its name."""
    names = f"{ENDPOINTS},{more}" if more else ENDPOINTS
    line = shlex.split(line_of(path))
    done = command("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh", DBTLS, "lab",
                   "try", "--json", "--timeout", "20", "--only", names, "--", *line, timeout=120)
    return {t["name"]: t["outcome"] for t in json.loads(done.out)["trials"]}


def test_programs():
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-", dir="/tmp") as folder, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, text, _, _ in PROGRAMS:
            with open(f"{folder}/{name}", "w") as f:
                f.write(text)
        trials = [pool.submit(tried, f"{folder}/{name}", more) for name, _, _, more in PROGRAMS]
        for (name, _, insecure, _), trial in zip(PROGRAMS, trials):
            outcome = trial.result()
            said = findings(f"{folder}/{name}")
            same("option-insecure" in {f["id"] for f in said}, insecure,
                 f"{name}: is {'' if insecure else 'not '}told to be insecure", said)
            let_in = [n for n, o in outcome.items() if n != "good" and o != "refused"]
            same(bool(let_in), insecure, f"{name}: it is {'' if insecure else 'not '}so: "
                 f"{', '.join(let_in) or 'refuses all'}", outcome)
            ok(outcome.get("good") in ("accepted", "plaintext-login"), f"{name}: gets in", outcome)


# ---- the document's samples

TOLD = {"host": "db1.example.com", "port": 4000, "user": "root", "password": "x"}
# Short forms, as a page of connection strings has them.
SHORT = {
    "T11.txt": "jdbc:mysql://db1.example.com:4000/test?user=root&password=<your_password>&"
               "sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1.2&trustCertificateKeyStoreUrl=file:"
               "<your_path>&trustCertificateKeyStorePassword=<your_truststore_password>\n",
    "T12.txt": 'host="db1.example.com", user="root", password="<your_password>", port=4000, '
               'database="test", ssl_mode="VERIFY_IDENTITY", ssl={"ca": "ca.pem"}\n',
    "T13.txt": "\n".join(document.GO.splitlines()[14:31]).replace("{host}", "db1.example.com"),
    "T14.js": "\n".join(document.NODE.splitlines()[3:15]).replace("{host}", "db1.example.com"),
}
# mysql2 looks at no name without verifyIdentity; mycli goes on in plaintext without --ssl-mode=on.
# That was tried: docs/lab-clients.md.
DESERVED = {"T10": ("option-insecure", "mycli"), "T14": ("option-insecure", "node")}


def test_samples():
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-", dir="/tmp") as folder:
        texts = dict(SHORT)
        for sample, (_, path, text, _, line) in document.SAMPLES.items():
            name = os.path.basename(path) if path else "line.sh"
            texts[f"{sample}-{name}"] = document.fill(text or line + "\n", TOLD)
        for name, text in texts.items():
            with open(f"{folder}/{name}", "w") as f:
                f.write(text)
            got = [(f["id"], f["client"]) for f in findings(f"{folder}/{name}")]
            deserved = DESERVED.get(re.split(r"[-.]", name)[0])
            same(got, [deserved] if deserved else [], f"{name}: what it deserves")


def test_document():
    """The whole of it, as it was written: mycli's line, and mysql2's two."""
    path = os.path.join(os.environ.get("DBTLS_DOCUMENTS", ""), "tidb-cloud-dedicated-tls.ja.md")
    if not os.path.exists(path):
        note("DBTLS_DOCUMENTS has no document: its samples are read as the test has them")
        return
    got = sorted((f["id"], f["client"]) for f in findings(path))
    same(got, [DESERVED["T10"], DESERVED["T14"], DESERVED["T14"]],
         "the document itself: what it deserves")


if ROOT:
    tap.run(test_programs)
else:
    tap.skip("programs at the lab", "only root can make a network")
tap.run(test_samples, test_document)
tap.finish()
