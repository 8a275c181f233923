#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
`dbtls check` at many targets: each has the verdict that it has alone, all are counted, memory does
not grow with them; Ctrl-C; rounds, and what they leave for Prometheus (D3, D4).
"""
import collections
import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import lab
import prometheus
import tap
from door import DBTLS, Terminal, command, read

DOCUMENT = os.path.join(os.path.dirname(__file__), "../../docs/check.md")
ASAN = "asan" in DBTLS
TARGETS = 200 if ASAN else 1000
MANY_MORE = 1000 if ASAN else 5000  # that cost next to nothing
NAMES = ["good", "expired", "wrong-host", "untrusted-root", "self-signed", "tls12-only", "tls10-only",
         "missing-intermediate", "cn-only", "silence"]
started = None


def target(row, port=None):
    where = f"{row.host}:{port or row.port}"
    return f"https://{where}" if row.protocol == "https" else f"mysql://{row.user}@{where}/"


def words(*more):
    good = started.of("good", "https")
    return [DBTLS, "check", "--ca", good.ca, "--connect-to", "127.0.0.1", *more]


def endpoints():
    return [r for r in started.rows if r.name != "silence"]


@contextlib.contextmanager
def file_of(*lines):
    with tempfile.NamedTemporaryFile("w", prefix="dbtls-many-", suffix=".txt") as f:
        f.write("".join(f"{line}\n" for line in lines))
        f.flush()
        yield f.name


def lines_of(text):
    """Objects one a line, and the summary, which is the last; {}: there is none."""
    said = [json.loads(line) for line in text.splitlines()]
    summary = said.pop()["summary"] if said and "summary" in said[-1] else {}
    return said, summary


def verdicts(said):
    return {one["target"]: one["verdict"]["id"] for one in said}


# ---- all at once

def test_same_as_alone():
    """A thousand targets at once have the verdicts of single runs."""
    alone = {}
    for row in endpoints():
        done = command(*words("--json", target(row)))
        one = json.loads(done.out)
        alone[one["target"]] = one["verdict"]["id"]
    tap.ok(len(set(alone.values())) >= 7, "alone there are several verdicts", alone)
    rows = endpoints()
    with file_of(*(target(rows[i % len(rows)]) for i in range(TARGETS))) as path:
        done = command(*words("--json", "--summary", "-j", "64", "--file", path), timeout=120)
    said, summary = lines_of(done.out)
    wrong = [(one["target"], one["verdict"]["id"]) for one in said
             if one["verdict"]["id"] != alone.get(one["target"])]
    tap.ok(not wrong and done.rc == 1 and not done.err, "each has the verdict it has alone (D3)",
           wrong[:5], done.rc, done.err)
    tap.same(len(said), TARGETS, "and each is told once, in a line of its own")
    counted = collections.Counter(one["verdict"]["id"] for one in said)
    tap.same((summary["verdicts"], summary["targets"], summary["stopped"]),
             (dict(counted), TARGETS, False), "the summary counts them")


def most_memory(*line):
    """KiB that it had at most, and the exit status."""
    with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL,
                          env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1"}) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss, process.returncode


def test_memory():
    """It holds those under way, however many lines the file has."""
    most = {}
    for n in MANY_MORE // 10, MANY_MORE:
        with file_of("# nobody is there", *["127.0.0.1:1"] * n) as path:
            most[n], rc = most_memory(*words("-j", "16", "--file", path))
            tap.same(rc, 3, f"{n} targets that do not answer")
    few, many = most.values()
    tap.ok(many < few * 1.5 + 8192, "ten times the targets take no more memory", most)


def test_descriptors():
    """A limit that is low makes it fewer at once, and no target fails by it."""
    rows = [started.of("good", "mysql"), started.of("good", "https")] * 30
    with file_of(*map(target, rows)) as path:
        done = command(*words("--json", "-j", "500", "--file", path),
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90)))
    said, _ = lines_of(done.out)
    tap.ok(done.rc == 0 and len(said) == 60, "500 at once with 90 descriptors", done.rc, done.err,
           collections.Counter(one["verdict"]["id"] for one in said))


def test_words():
    """Text, lines that are no target, what one target looks like, wrong words."""
    good, bad = started.of("good", "mysql"), started.of("expired", "mysql")
    with file_of(target(good), "", "mysql://", "# a comment", target(bad)) as path:
        done = command(*words("--summary", "--file", path))
        tap.ok(done.rc == 1 and f"\nline 3" not in done.out and "line 3" in done.err and
               re.search(r"^3 targets in [\d.]+ s\n1 expired: .*\n1 ok: .*\n1 not understood\n\Z", done.out, re.M), "text, and what it says of a wrong line", done)
        done = command(*words("--json", target(good)))
        tap.ok(done.out.startswith("{\n"), "one target is spread over lines", done)
        done = command(*words("--json", "--file", "-"), stdin=read(path))
        tap.same(sorted(verdicts(lines_of(done.out)[0]).values()), ["expired", "ok"],
                 "from standard input", done)
    for more, wanted in (["-j", "0", "x:1"], "--jobs 0"), (["-j", "9999", "x:1"], "--jobs 9999"), \
            (["--watch", "no", "x:1"], "--watch no"), (["--watch", "1", "--file", "-"], "--watch"), \
            (["--file", "/nowhere"], "/nowhere"):
        done = command(*words(*more))
        tap.ok(done.rc == 2 and wanted in done.err and not done.out, f"{more}", done)
    with file_of("# nothing") as path:
        done = command(*words("--file", path))
        tap.ok(done.rc == 2 and "no target in it" in done.err, "a file without a target", done)


def test_lines():
    """Of several a line each, no wider than 120 columns, and names as far as they fit."""
    good, bad = started.of("good", "mysql"), started.of("expired", "mysql")
    with file_of(*[target(good)] * 2, *[target(bad)] * 18) as path:
        done = command(*words("--file", path))
        lines = done.out.splitlines()
        tap.ok(len(lines) == 23 and max(map(len, lines)) <= 120 and
               sum(one.startswith(f"{target(bad)}: expired: ") for one in lines) == 18 and
               lines.count(f"{target(good)}: ok") == 2, "20 targets are 20 lines and their sum", done)
        named = lines[21].count(target(bad))
        tap.ok(lines[21].startswith(f"18 expired: {target(bad)}, ") and
               lines[21].endswith(f", + {18 - named} more") and
               lines[22] == f"2 ok: {target(good)}, {target(good)}", "the names, the worst first", done)
        done = command(*words("--details", "--file", path))
        tap.ok(done.out.count("\n    → On the server: renew it") == 18, "--details has all of each")
    long = f'mysql -h {bad.host} -P {bad.port} --user=root --connect-timeout=10 --database=test'
    done = command(*words(long, target(good)))
    tap.ok(f"\n1 ok: {target(good)}\n" in done.out and
           re.search(rf"^(mysql://)?{bad.host}:{bad.port}: ", done.out, re.M),
           "a long target is told by its host", done)


def test_names():
    """The resolver is asked once for a name that many have; no process is made for it."""
    with file_of(*["localhost:1"] * 50) as path, tempfile.TemporaryDirectory() as folder:
        trace = f"{folder}/trace"
        done = command("strace", "-f", "-o", trace, "-e", "trace=openat,clone,clone3,fork,vfork",
                       *words()[:2], "--json", "-j", "8", "--file", path,
                       env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        said, _ = lines_of(done.out)
        seen = read(trace)
    tap.ok(len(said) == 50 and all(one["steps"][0]["outcome"] == "ok" for one in said),
           "50 targets of one name", done)
    tap.same(seen.count('"/etc/hosts"'), 1, "/etc/hosts is looked at once for all")
    tap.ok(not re.search(r"fork\(|SIGCHLD", seen), "by no process of its own")


# ---- stopped

def test_stop():
    """Ctrl-C ends those under way; what was told stays."""
    silent = started.of("silence", "mysql")
    good = started.of("good", "mysql")
    with file_of(target(good), *[target(silent)] * 500) as path:
        with subprocess.Popen(words("--json", "--summary", "--timeout", "300", "-j", "20", "--file",
                                    path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            first = process.stdout.readline()
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            rest, err = process.communicate(timeout=60)
    took = time.monotonic() - began
    said, summary = lines_of(first + rest)
    tap.ok(process.returncode == 130 and not err and took < 30, "Ctrl-C: an end at once",
           process.returncode, err, took)
    tap.ok(verdicts(said) == {target(good): "ok"} and summary["stopped"] is True and
           summary["verdicts"] == {"ok": 1}, "what was done is told and counted", said, summary)


def test_terminal():
    """How far it is, on a terminal alone."""
    rows = [started.of("good", "mysql")] * 3 + [started.of("silence", "mysql")]
    with file_of(*map(target, rows)) as path:
        t = Terminal(*words("--timeout", "3", "--file", path), TERM="xterm", LC_ALL="C.UTF-8")
        with contextlib.closing(t):
            rc = t.end()
    tap.ok(rc in (1, 3) and re.search(r"checked \d of 4, \d under way", t.text) and
           "4 targets in" in t.text and "\n3 ok: " in t.text.replace("\r", ""), "progress and sum on a terminal", rc,
           t.text)


# ---- again and again

class Switch:
    """A port behind which another endpoint can be put, or none."""

    def __init__(self, to):
        self.to = to
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                s, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[s], daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, \
                socket.create_connection(("127.0.0.1", self.to)) as server:
            back = threading.Thread(target=self.pump, args=[server, client], daemon=True)
            back.start()
            self.pump(client, server)
            back.join()

    @staticmethod
    def pump(one, other):
        with contextlib.suppress(OSError):
            while part := one.recv(65536):
                other.sendall(part)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def away(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


SAMPLE = re.compile(r'(\w+)\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\} ([0-9.e+]+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(text):
    """As the format has it: {(name, labels): value}; each once, below its HELP and TYPE."""
    found, of = {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            of = line.split(" ")[2]
            continue
        if line.startswith("# TYPE "):
            assert line == f"# TYPE {of} gauge", line
            continue
        name, labels, value = SAMPLE.match(line).groups()
        labels = tuple(sorted((k, re.sub(r"\\(.)", r"\1", v)) for k, v in LABEL.findall(labels)))
        assert name == of and (name, labels) not in found, line
        found[name, labels] = float(value)
    return found


class Gauges:
    def __init__(self, path):
        self.path = path

    def text(self):
        return read(self.path) if os.path.exists(self.path) else ""

    def verdict(self, of):
        """The cause that is said of that target; None: nothing is."""
        causes = [dict(labels)["cause"] for (name, labels) in samples(self.text())
                  if name == "dbtls_check_verdict" and dict(labels)["target"] == of]
        return causes[0] if causes else None


def judge_file(text, of):
    """What the file says of a good endpoint and of the sums."""
    found = samples(text)
    named = {name: (dict(labels), value) for (name, labels), value in found.items()
             if dict(labels).get("target") == of}
    tap.same(named["dbtls_check_ok"][1], 1, "a good one is ok")
    ends = named["dbtls_check_certificate_not_after_seconds"]
    anchor = named["dbtls_check_anchor_not_after_seconds"]
    tap.ok(time.time() < ends[1] <= anchor[1] and "good.lab" in ends[0]["subject"] and
           "root" in anchor[0]["subject"], "what ends first, and the anchor's end", ends, anchor)
    tap.ok(abs(named["dbtls_check_last_run_timestamp_seconds"][1] - time.time()) < 600 and
           0 < named["dbtls_check_duration_seconds"][1] < 60, "when it was, and how long", named)
    sums = {dict(labels)["cause"]: v for (name, labels), v in found.items()
            if name == "dbtls_check_targets"}
    tap.same({k: v for k, v in sums.items() if v}, {"ok": 2, "expired": 1}, "the sums by cause")


def test_watch():
    """An endpoint that was good, expires, and goes; a target that is taken out of the file."""
    good, expired = started.of("good", "mysql"), started.of("expired", "mysql")
    switch = Switch(good.port)
    moving, other, bad = target(good, switch.port), target(good), target(expired)
    with tempfile.TemporaryDirectory(prefix="dbtls-many-") as folder:
        path, gauges = f"{folder}/targets", Gauges(f"{folder}/check.prom")
        with open(path, "w") as f:
            f.write(f"{moving}\n{other}\n{bad}\n{bad}\n")
        with subprocess.Popen(words("--watch", "1", "--metrics", gauges.path, "--file", path),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            tap.ok(tap.until(lambda: gauges.verdict(moving) == "ok", 30), "the first round",
                   gauges.text())
            first = gauges.text()
            switch.to = expired.port
            tap.ok(tap.until(lambda: gauges.verdict(moving) == "expired", 30),
                   "it has expired by another round", gauges.text())
            tap.same(gauges.verdict(other), "ok", "the other goes on")
            switch.away()
            with open(path, "w") as f:
                f.write(f"{moving}\n")
            tap.ok(tap.until(lambda: gauges.verdict(moving) == "connection-refused", 30),
                   "it is away by another", gauges.text())
            tap.until(lambda: gauges.verdict(other) is None, 30)
            last = gauges.text()
            mode = os.stat(gauges.path).st_mode & 0o777
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
        left = os.listdir(folder)
    judge_file(first, other)
    tap.ok(other not in last and bad not in last and "not_after_seconds{" not in last,
           "nothing stays of what is no longer there, nor of what is no longer seen", last)
    tap.ok(process.returncode == 3 and not err and mode == 0o644 and
           sorted(left) == ["check.prom", "targets"], "an end in order, by a signal",
           process.returncode, err, oct(mode), left)
    theirs, done = prometheus.parsed(first)
    if theirs is None:
        tap.skip("Prometheus's own parser reads it", f"{prometheus.PARSER} can't be had here")
        return
    tap.same(theirs, samples(first), "Prometheus's own parser reads the same", done)


def test_rounds():
    """Of each round a dated line, and then who is not as before (first: who is not ok)."""
    good, bad = started.of("good", "mysql"), started.of("expired", "mysql")
    switch = Switch(good.port)
    moving = target(good, switch.port)

    def rounds(lines, wanted):
        """Reads on until a round has these verdicts; all lines on the way."""
        seen = []
        for line in lines:
            seen.append(line.rstrip("\n"))
            if re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ round \d+: {wanted}", seen[-1]):
                break
        return seen

    with subprocess.Popen(words("--watch", "1", moving, target(good), target(bad)),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        first = rounds(process.stdout, "2 ok, 1 expired")
        told = process.stdout.readline()
        second = rounds(process.stdout, "2 ok, 1 expired")
        switch.to = bad.port
        third = rounds(process.stdout, "1 ok, 2 expired")
        changed = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    switch.away()
    tap.ok(len(first) == 1 and " round 1: " in first[0] and told.startswith(f"{target(bad)}: expired: "),
           "the first round tells who is not ok", first, told)
    tap.ok(len(second) == 1 and " round 2: " in second[0], "nothing of what is as it was", second)
    tap.ok(changed.startswith(f"{moving}: ") and not any(target(bad) in one for one in third),
           "and then who has changed", third, changed)


def test_gauges():
    """One round; labels with all that may stand in a target; the table in the document."""
    odd = started.of("good", "mysql")
    with tempfile.TemporaryDirectory(prefix="dbtls-many-") as folder:
        path = f"{folder}/check.prom"
        strange = f'mysql -h "{odd.host}" -P {odd.port} --user=a\\"b\\\\c'
        done = command(*words("--metrics", path, strange, strange))
        found = samples(read(path))
        targets = {dict(labels).get("target") for _, labels in found} - {None}
        tap.same((done.rc, targets), (0, {strange}), "a label with quotes and backslashes", done)
        done = command(*words("--metrics", f"{folder}/nowhere/x.prom", target(odd)))
        tap.ok(done.rc != 0 and "nowhere" in done.err, "a file that can't be written is said", done)
        rows = re.findall(r"^\| `(dbtls_check_\w+)` \| [\w, ]+ \| (.*) \|$", read(DOCUMENT), re.M)
        done = command(*words("--metrics", path, target(odd)))
        helps = re.findall(r"^# HELP (\w+) (.*)$", read(path), re.M)
        tap.same({name for name, _ in helps}, {name for name, _ in rows},
                 "docs/check.md has what is written")


def main():
    global started
    with lab.Lab("--only", ",".join(NAMES)) as started:
        tap.run(test_same_as_alone, test_memory, test_descriptors, test_words, test_lines, test_names,
                test_stop, test_terminal, test_watch, test_rounds, test_gauges)
    tap.finish()


main()
