# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of `dbtls check`, openssl s_client, sslscan and testssl.sh on the lab."""
import concurrent.futures
import json
import os
import re
import subprocess
import time
from pathlib import Path

import peers
import work

TARGETS, AT_ONCE = 1000, 32
SAMPLES = {"openssl s_client": 1000, "sslscan": 40, "testssl.sh": 4}
PROCESSES = 4  # of the others, at once
# Good ones and bad ones, in equal parts; none that only waits.
NAMES = ("good", "expired", "wrong-host", "ecdsa", "self-signed", "rsa-2048", "untrusted-root",
         "long-chain", "cn-only", "tls12-only", "missing-intermediate", "wildcard")


class Lab:
    def __init__(self, folder):
        self.folder = folder / "lab"
        self.folder.mkdir()
        out = folder / "lab.json"
        with open(out, "wb") as f:
            self.process = subprocess.Popen(
                [peers.BUILD / "dbtls", "lab", "start", "--json", "--dir", self.folder, "--only",
                 ",".join(NAMES)], stdin=subprocess.DEVNULL, stdout=f)
        self.rows = self.wait(out)

    def wait(self, out):
        for _ in range(600):
            try:
                return json.loads(out.read_text())
            except json.JSONDecodeError:
                time.sleep(0.1)
        return peers.fail("the lab does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def spent(words):
    """Milliseconds of CPU of a process with all its children."""
    with subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return 1000 * (used.ru_utime + used.ru_stime)


def family(pid):
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def resident(pid):
    """KiB at most so far. What wait4 says begins with the memory of who has forked it."""
    try:
        found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def memory(words):
    """KiB of the largest process. Its input stays open for a second, lest it is gone too soon."""
    most, began = 0, time.monotonic()
    with subprocess.Popen([str(w) for w in words], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(0.05)  # until it is no copy of this one any more
        while process.poll() is None:
            most = max(most, *map(resident, family(process.pid)))
            if time.monotonic() - began > 1:
                process.stdin.close()
            time.sleep(0.01)
    return most


def line(row):
    return (f"https://{row['host']}:{row['port']}" if row["protocol"] == "https"
            else f"{row['host']}:{row['port']}")


def s_client(row):
    return ["timeout", "20", "openssl", "s_client", "-connect", f"127.0.0.1:{row['port']}",
            "-servername", row["host"], "-verify_hostname", row["host"], "-CAfile", row["ca"],
            *(["-starttls", "mysql"] if row["protocol"] == "mysql" else [])]


def sslscan(row):
    return ["timeout", "120", "sslscan", "--no-colour", f"--sni-name={row['host']}",
            *(["--starttls-mysql"] if row["protocol"] == "mysql" else []),
            f"127.0.0.1:{row['port']}"]


def testssl(row):
    """Versions and certificate alone: all that it can is twenty times as much."""
    return ["timeout", "300", "testssl", "--warnings", "off", "--quiet", "--color", "0", "--ip",
            "one", "-p", "-S", *(["--starttls", "mysql"] if row["protocol"] == "mysql" else []),
            f"127.0.0.1:{row['port']}"]


OTHERS = {"openssl s_client": s_client, "sslscan": sslscan, "testssl.sh": testssl}


def own(folder, rows):
    """All targets in one process."""
    path = folder / "targets"
    path.write_text("".join(line(rows[n % len(rows)]) + "\n" for n in range(TARGETS)))
    return [peers.BUILD / "dbtls", "check", "--json", "--ca", rows[0]["ca"], "--connect-to",
            "127.0.0.1", "-j", AT_ONCE, "--file", path]


def others(rows):
    result = {}
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        for name, words in OTHERS.items():
            print(f"         {name}", flush=True)
            n = SAMPLES[name]
            ms = list(pool.map(lambda i, w=words: spent(w(rows[i % len(rows)])), range(n)))
            result[name] = {"targets": n, "ms": work.quartiles(ms), "kib": memory(words(rows[0]))}
    return result


def measured(folder, rounds):
    lab = Lab(folder)
    try:
        words = own(folder, lab.rows)
        ms = [spent(words) / TARGETS for _ in range(rounds)]
        result = {"dbtls check": {"targets": TARGETS, "ms": work.quartiles(ms),
                                  "kib": memory(words)}}
        return {**result, **others(lab.rows)}
    finally:
        lab.stop()
