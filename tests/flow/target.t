#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
`dbtls check` with targets as people have them: each leads to the same verified connection, with the
CA that it names; what is wrong in it is said; a file of them; and no password is ever shown (D13).
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import lab
import tap
from door import DBTLS, command, free_port

SECRET = "geheim-7Xq"


def forms(row):
    """The same endpoint in many words, each of which asks for full verification."""
    at, ca = f"{row.host}:{row.port}", row.ca
    return {
        "mysql": f"mysql --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca} "
                 f"--tls-version='TLSv1.2,TLSv1.3' -u lab -h {row.host} -P {row.port} -p{SECRET}",
        "mariadb": f"mariadb --ssl-ca={ca} --ssl-verify-server-cert -h {row.host} \\\n"
                   f"  -P{row.port} --password={SECRET}",
        "mycli": f"mycli --ssl-mode=on --ssl-ca={ca} --ssl-verify-server-cert -u lab "
                 f"-h {row.host} -P {row.port} -p {SECRET}",
        "pymysql": f"mysql+pymysql://lab:{SECRET}@{at}/?ssl_ca={ca}",
        "prisma": f"mysql://lab:{SECRET}@{at}/d?sslaccept=strict&sslcert={ca}",
        "python": f'host="{row.host}", port={row.port}, password="{SECRET}", '
                  f'ssl_mode="VERIFY_IDENTITY", ssl={{"ca": "{ca}"}}',
        "node": f"createConnection({{host: '{row.host}', port: {row.port}, password: '{SECRET}', "
                f"ssl: {{ca: readFileSync('{ca}'), verifyIdentity: true}}}})",
    }


def check(row, *words, **more):
    return command(DBTLS, "check", "--json", "--connect-to", row.address, *words, timeout=60,
                   **more)


def test_forms(row):
    for client, text in forms(row).items():
        done = check(row, text)
        said = json.loads(done.out) if done.out else {}
        tap.ok(done.rc == 0 and said["verdict"]["id"] == "ok" and
               not {c["id"] for c in said["causes"] + said["warnings"]} - {"slow"},
               f"{client}: verified with the CA that it names, and nothing to be said", done)
        tap.ok(SECRET not in done.out + done.err and "***" in said["target"],
               f"{client}: its password is not shown", done)


def test_folder(row):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(row.ca, f"{folder}/ca.pem")
        done = check(row, f"mariadb --ssl-capath {folder} --ssl-verify-server-cert -h {row.host} "
                          f"-P {row.port}")
    tap.ok(done.rc == 0 and json.loads(done.out)["store"] == folder,
           "a folder of CAs that it names is used", done)


def test_notes(row):
    text = f"jdbc:mysql://{row.host}:{row.port}/d?password={SECRET}&sslmode=VERIFY_IDENTITY"
    done = check(row, "--ca", row.ca, text)
    found = {c["id"]: c for c in json.loads(done.out)["warnings"]}
    tap.ok("\"sslMode\"" in found["option-unknown"]["evidence"] and "option-insecure" in found,
           "a misspelt option is named with the right one, and with what comes of it (D13)", done)
    tap.ok(done.rc == 0 and all(c["advice"] for c in found.values()),
           "each with a next step; the connection itself is right (D13)", done)


def test_stops(row):
    at = f"-h {row.host} -P {row.port}"
    for text in (f"mariadb --ssl-ca={row.ca} --ssl-moed=VERIFY_CA -u lab {at}",
                 f"jdbc:mysql://{row.host}:{row.port}/d?sslMode=VERIFY_IDENTTY",
                 f"lab@tcp({row.host}:{row.port})/d?tls=ture"):
        done = check(row, "--ca", row.ca, text)
        said = json.loads(done.out)
        tap.ok(done.rc == 1 and said["verdict"]["id"] == "option-unknown" and
               said["verdict"]["kind"] == "broken",
               f"what the client stops at breaks it: {text.split()[0]} (D13)", done)


def test_insecure(row):
    for words, says in (("--skip-ssl", "send all in plaintext"),
                        ("--ssl", "connect to anyone, and go on in plaintext")):
        text = f"mariadb {words} -u lab -h {row.host} -P {row.port}"
        done = check(row, "--ca", row.ca, text)
        said = json.loads(done.out)
        tap.ok(done.rc == 0 and said["verdict"]["id"] == "ok" and said["insecure"] is True and
               said["warnings"][0]["id"] == "option-insecure",
               f"{words}: ok, insecure, and that is the first warning (D13)", done)
        done = command(DBTLS, "check", "--connect-to", row.address, "--ca", row.ca, text,
                       timeout=60)
        head, first = done.out.split("\n")[:2]
        tap.ok(head == f"{text}: ok, but its settings {says}" and
               first.startswith("    option-insecure"),
               f"{words}: that is the head, and the first that is said (D13)", done)


def test_wrong_protocol(row):
    done = check(row, "--ca", row.ca, f"https://{row.host}:{row.port}")
    said = json.loads(done.out)["causes"][0]
    tap.ok(said["id"] == "not-tls" and f"dbtls check {row.host}:{row.port}" in said["advice"] and
           said["evidence"] == "what answers is MySQL",
           "https:// at a MySQL port: the target that would do", done)
    done = check(row, f"http://{row.host}:{row.port}")
    said = json.loads(done.out)
    tap.ok(done.rc == 1 and said["verdict"]["id"] == "tls-not-offered" and
           said["causes"][0]["advice"].startswith("Write https://") and
           f"dbtls check https://{row.host}:{row.port}" in said["causes"][0]["advice"],
           "http://: what to write, and nothing of the server", done)


def test_refused():
    for text in f"mysql://u:{SECRET}/x@h/d", f"u:{SECRET}@tcp(h:1)x/d", f"mysql -h h '-p{SECRET}":
        done = command(DBTLS, "check", text)
        tap.ok(done.rc == 2 and done.err.count("\n") == 1 and SECRET not in done.err,
               "what can't be read is refused in one line without the password", done)


def test_file(row):
    closed = free_port()
    text = (f"# three\n\nmariadb --ssl-ca={row.ca} --ssl-verify-server-cert \\\n"
            f"  -h {row.host} -P {row.port}\nnonsense {SECRET}\n127.0.0.1:{closed}")
    done = command(DBTLS, "check", "--details", "--file", "-", "--connect-to", row.address,
                   stdin=text)
    first = sorted([line for line in done.out.splitlines() if not line.startswith(" ")][:2])
    tap.ok(first[0].startswith(f"127.0.0.1:{closed}: ") and first[1].startswith("mariadb "),
           "each target of a file is checked, also behind one that can't be read", done)
    tap.ok("line 5: " in done.err and SECRET not in done.out + done.err,
           "which is named by its line", done)
    tap.same(done.rc, 2, "the exit status tells of it", done)
    done = command(DBTLS, "check", "--file", "-", stdin="# none\n")
    tap.ok(done.rc == 2 and "no target" in done.err, "a file without a target is refused", done)
    done = command(DBTLS, "check", "--file", "/etc")
    tap.ok(done.rc == 2 and "is a directory" in done.err, "a folder is called one", done)
    done = command(DBTLS, "check")
    tap.ok(done.rc == 2 and "--file" in done.err, "and so is no target at all", done)


def test_hint():
    """What `dbtls lab start` says of check works as it is printed."""
    with subprocess.Popen([DBTLS, "lab", "start", "expired"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as process:
        lines = iter(process.stdout.readline, "Ctrl-C ends it.\n")
        hint = [line.split() for line in lines if line.startswith("  dbtls check ")]
        done = command(DBTLS, *hint[0][1:]) if len(hint) == 1 else None
        process.terminate()
        process.communicate(timeout=60)
    tap.ok(done and done.rc == 1 and done.out.split("\n")[1].startswith("    expired: "),
           "the lab's line of check", hint, done)


def main():
    with lab.Lab("good") as started:
        row = started.of("good", "mysql")
        test_forms(row)
        test_folder(row)
        test_notes(row)
        test_stops(row)
        test_insecure(row)
        test_wrong_protocol(row)
        test_file(row)
    test_refused()
    test_hint()


if __name__ == "__main__":
    tap.run(main)
    tap.finish()
