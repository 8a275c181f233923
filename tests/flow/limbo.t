#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
The doctor's verifier against x509-limbo (C2SP), if DBTLS_LIMBO names its file limbo.json: how many
of its cases for servers come out as it has them, and which do not, which docs/limbo.md explains
(D3). Without the file only what tells the two apart is tested, by cases made here.
"""
import json
import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import tap
from door import BUILD, command, read
from mysqld import Ca

TOOL = os.path.join(BUILD, "tests/tools/limbo")
DOCUMENT = os.path.join(os.path.dirname(__file__), "../../docs/limbo.md")
WANTED = 190


def limbo(file):
    """Of each case its id, what limbo has, what came, and the findings; and how long it took."""
    began = time.monotonic()
    done = command(TOOL, file, timeout=120)
    took = time.monotonic() - began
    rows = [line.split("\t") for line in done.out.splitlines()]
    tap.ok(done.rc == 0 and not done.err and all(len(row) == 4 for row in rows),
           "limbo runs through its cases", done)
    return {row[0]: row[1:] for row in rows}, took


def strict_ca(folder):
    """Whose leaves have all that RFC 5280 demands."""
    ca = Ca(folder)
    with open(f"{folder}/config", "a") as f:
        f.write("authorityKeyIdentifier = keyid\nkeyUsage = critical, digitalSignature\n")
    return ca


def case(name, peer, trusted, **more):
    return {"id": name, "validation_kind": "SERVER", "expected_result": "SUCCESS",
            "peer_certificate": read(peer), "untrusted_intermediates": [],
            "trusted_certs": [read(trusted)], "validation_time": None, "crls": [],
            "expected_peer_name": {"kind": "DNS", "value": "db.test"}, **more}


def test_own():
    """What is accepted and what is not, of cases whose answer is plain."""
    with tempfile.TemporaryDirectory(prefix="dbtls-limbo-") as folder:
        ca, other = strict_ca(f"{folder}/ca"), Ca(f"{folder}/other")
        leaf, _ = ca.leaf("db.test")
        expired, _ = ca.expired("db.test")
        name = {"kind": "DNS", "value": "other.test"}
        cases = [case("good", leaf, ca.pem), case("namesake", leaf, other.pem),
                 case("expired", expired, ca.pem),
                 case("early", leaf, ca.pem, validation_time="2020-01-15T00:00:00+00:00"),
                 case("name", leaf, ca.pem, expected_peer_name=name),
                 case("client", leaf, ca.pem, validation_kind="CLIENT")]
        with open(f"{folder}/limbo.json", "w") as f:
            json.dump({"testcases": cases}, f)
        found, _ = limbo(f"{folder}/limbo.json")
    tap.ok({i: came for i, (_, came, _) in found.items()} ==
           {"good": "SUCCESS", "namesake": "FAILURE", "expired": "FAILURE", "name": "FAILURE",
            "early": "FAILURE"}, "accepted is what is right, and of servers alone", found)
    tap.ok("untrusted-root: " in found["namesake"][2] and "expired: " in found["expired"][2],
           "with what is wrong", found)


def documented():
    """The rows of docs/limbo.md: what limbo has and what comes, by case."""
    text = read(DOCUMENT)
    rows = re.findall(r"^\| `([^`]+)` \| (accept|refuse) \| (accept|refuse) \|", text, re.M)
    right, total = map(int, re.search(r"\*\*(\d+) of (\d+)\*\*", text).groups())
    return {case: (wanted, came) for case, wanted, came in rows}, right, total


def test_document():
    rows, right, total = documented()
    tap.ok(right + len(rows) == total and right >= WANTED and
           all(wanted != came for wanted, came in rows.values()),
           f"docs/limbo.md: {right} of {total}, and each other has a row", rows)


def test_limbo():
    file = os.environ.get("DBTLS_LIMBO")
    if not file:
        tap.note("DBTLS_LIMBO names no limbo.json: its cases are not run")
        return
    found, took = limbo(file)
    words = {"SUCCESS": "accept", "FAILURE": "refuse"}
    wrong = {i: (words[wanted], words[came]) for i, (wanted, came, _) in found.items()
             if wanted != came}
    rows, right, total = documented()
    tap.note(f"{len(found) - len(wrong)} of {len(found)} cases in {took:.1f} s")
    tap.ok(len(found) - len(wrong) >= WANTED, f"{WANTED} of them are right at least", wrong)
    tap.ok((len(found) - len(wrong), len(found)) == (right, total), "docs/limbo.md has the numbers",
           (len(found) - len(wrong), len(found)))
    tap.same(wrong, rows, "docs/limbo.md explains each that is not, and no other")
    tap.ok(took < 60, "chains that are made to take long do not", f"{took:.1f} s")


if __name__ == "__main__":
    tap.run(test_own, test_document, test_limbo)
    tap.finish()
