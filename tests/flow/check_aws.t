#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
`dbtls check` of DynamoDB: against the lab's look-alike with each of Amazon's roots trusted alone
(D1, D2, D5, D7), and from a network that leads nowhere (D3).
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import lab
import tap
from door import DBTLS, ROOT, command

TARGET, HOST = "dynamodb:eu-west-3", "dynamodb.eu-west-3.amazonaws.com"
# What is served, by the lab's names, and the roots to which that leads.
SERVED = {"amazon-root": 1, "amazon-g2": 2, "amazon-class2": 3}
ROOTS = ("amazon-root", "amazon-g2", "amazon-class2")  # the lab gives one of the three to each


def quiet(**more):
    """The environment without what check goes by, and then this."""
    gone = ("AWS_", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(gone)},
            "LC_ALL": "C.UTF-8", **more}


def check(*words, inside=(), **env):
    """What it says, as JSON, and how it ended."""
    done = command(*inside, DBTLS, "check", "--json", *words, env=quiet(**env))
    try:
        return json.loads(done.out), done
    except json.JSONDecodeError:
        return {"verdict": {"id": None}, "causes": [], "warnings": [], "steps": [],
                "advice": [], "anchor": ""}, done


def ids(list_of):
    return {c["id"]: c["evidence"] for c in list_of}


def steps(said):
    return {s["step"]: s for s in said["steps"]}


# ---- each root alone

def test_roots(started):
    """Amazon Root CA 1 does for all; the older two only where the cross-sign to them is served."""
    for served, reach in SERVED.items():
        row = started.of(served, "https")
        for number, root in enumerate(ROOTS, 1):
            said, done = check("--ca", started.of(root, "https").ca, "--connect-to",
                               f"{row.address}:{row.port}", TARGET)
            wanted = "ok" if number <= reach else "untrusted-root"
            tap.ok(said["verdict"]["id"] == wanted and done.rc == (wanted != "ok"),
                   f"D1: {served} with the root of {root} alone: {wanted}", done)
            leaves = "root-leaving" in ids(said["warnings"])
            tap.same(leaves, wanted == "ok" and number > 1,
                     "D7: whether browsers give that root up is said", done)
    tap.ok("Mozilla has taken it out (2025-04-15)" in ids(said["warnings"]).get("root-leaving", "")
           and "named as starfield-class-2, and not" in ids(said["warnings"])["root-leaving"],
           "since when; and that it has the name alone", done)


def test_whole(started):
    """All that there is to be known: chain, healthy answer, and both APIs' unsigned ones."""
    row = started.of("amazon-root", "https")
    way = ["--ca", row.ca, "--connect-to", f"{row.address}:{row.port}"]
    for target, host in (TARGET, HOST), ("dynamodb-streams:eu-west-3", f"streams.{HOST}"):
        said, done = check(*way, target)
        seen = steps(said)
        tap.ok(done.rc == 0 and not said["causes"] and
               seen["session"]["text"].startswith(f"healthy: {host}"),
               f"D5: {target}: healthy, by the name that was asked for", done)
        tap.ok(seen["api"]["code"] == 400 and seen["api"]["outcome"] == "ok" and
               "MissingAuthenticationToken" in seen["api"]["text"],
               f"D2: {target}: the API is there, and wants a signature", done)
        tap.ok([c["used"] for c in said["chain"]] == [True, True] and
               said["anchor"] == "CN=Amazon Root CA 1,O=Amazon,C=US" and
               said["chain"][1]["subject"].startswith("CN=Amazon RSA 2048 M01"),
               f"D1: {target}: its chain, and the root in which it ends", done)
    said, done = check(*way, "dynamodb:us-east-1")
    tap.same(said["verdict"]["id"], "hostname-mismatch", "another region's name is not its own", done)


# ---- where no name leads anywhere

def test_alone():
    """A network with loopback alone."""
    inside = ["unshare", *(["--net"] if ROOT else ["-r", "--net"]), "sh", "-c",
              "ip link set lo up; exec \"$@\"", "sh"]
    said, done = check("--timeout", "5", TARGET, inside=inside)
    cause = said["causes"][0] if said["causes"] else {"evidence": "", "advice": ""}
    tap.ok(said["verdict"]["id"] == "dns-failure" and done.rc == 3 and HOST in cause["evidence"],
           "D3: the name can't be resolved", done)
    tap.ok(all(word in cause["advice"] for word in ("VPC", "private DNS", "VPN", "HTTPS_PROXY")),
           "D13: and what that may mean", done)
    tap.ok("proxy-unused" not in ids(said["warnings"]), "no proxy is told of where none is", done)
    said, done = check("--timeout", "5", TARGET, inside=inside,
                       HTTPS_PROXY="http://me:s3cret@proxy.example.com:3128")
    tap.ok("through proxy.example.com:3128" in ids(said["warnings"]).get("proxy-unused", "") and
           "s3cret" not in done.out + done.err, "a proxy that is set is told, its password not", done)


def main():
    with lab.Lab(*ROOTS) as started:
        tap.run(lambda: test_roots(started), lambda: test_whole(started))
    tap.run(test_alone)


if __name__ == "__main__":
    main()
    tap.finish()
