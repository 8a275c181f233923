#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""`dbtls metrics`: the text is as Prometheus wants it, and its numbers move with the sessions."""
import os
import re
import signal
import ssl
import stat
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
import prometheus
from door import DBTLS, Door, Serve, command
from mysql import context
from tap import finish, note, ok, run, same, skip, until

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SAMPLE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? ([0-9.]+|\+Inf)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
door = None


class Metrics:
    """What a door says: value(name, label=…), and the comments above."""

    def __init__(self, text):
        self.text, self.values, self.help, self.type, self.labels = text, {}, {}, {}, {}
        for line in text.splitlines():
            self.take(line)

    def take(self, line):
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            wanted = {"HELP": self.help, "TYPE": self.type}[what]
            assert name not in wanted, f"{line}: a second time"
            wanted[name] = rest
            return
        name, labels, value = SAMPLE.match(line).groups()
        labels = tuple(sorted(LABEL.findall(labels or "")))
        assert (name, labels) not in self.values, f"{line}: a second time"
        self.values[name, labels] = float(value)
        own = re.sub(r"_(bucket|sum|count)$", "", name) if name not in self.type else name
        assert own == list(self.type)[-1], f"{line}: below another metric"
        self.labels.setdefault(own, set()).update(k for k, _ in labels if k != "le")

    def value(self, name, **labels):
        return self.values.get((f"dbtls_{name}", tuple(sorted(labels.items()))))

    def sum(self, name):
        return sum(v for (n, _), v in self.values.items() if n == f"dbtls_{name}")

    def count(self, what):
        return self.value(f"{what}_duration_seconds_count")


def metrics(of=None):
    done = (of or door).dbtls("metrics")
    if done.rc != 0:
        raise RuntimeError(done)
    return Metrics(done.out)


def sane(m, name):
    """What holds at any moment, sessions or not."""
    wrong = []
    for metric, kind in m.type.items():
        if kind != "histogram":
            continue
        buckets = [v for (n, _), v in m.values.items() if n == f"{metric}_bucket"]
        count = m.values[f"{metric}_count", ()]
        if buckets != sorted(buckets) or m.values[f"{metric}_bucket", (("le", "+Inf"),)] != count:
            wrong.append((metric, buckets, count))
        if m.values[f"{metric}_sum", ()] < 0 or not buckets:
            wrong.append((metric, m.values[f"{metric}_sum", ()]))
    ok(not wrong, f"{name}: buckets grow, and +Inf is the count", wrong)
    same(m.sum("handshakes_total"), m.sum("handshake_ciphers_total"),
         f"{name}: by cipher there are as many handshakes")
    same(m.value("handshake_ciphers_total", version="other", cipher="other"), 0,
         f"{name}: every cipher has its row")
    same(set(m.help), set(m.type), f"{name}: each has its HELP and TYPE")


def test_at_rest():
    m, s = metrics(), door.status()
    sane(m, "at rest")
    same(m.value("build_info", version=s["version"]), 1, "the version")
    ok(abs(m.value("start_time_seconds") - time.time()) < 600, "the start is near")
    for name, left in (("certificate", m.value("certificate_not_after_seconds",
                                               endpoint="default")),
                       ("ca", m.value("ca_not_after_seconds"))):
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(left))
        same(text, s[name]["not_after"], f"the end of the {name}, as status has it")
    same(m.value("relays"), len(door.pids("relay")), "the relays")
    same(m.value("upstream_up", endpoint="default", upstream="engine"), 1, "the database answers")
    same([m.value("process_restarts_total", role=r) for r in ("relay", "keys", "engine")],
         [0, 0, 0], "no restarts")
    same(m.value("access_entries"), 1, "the access list holds one word")
    ok(m.count("key") >= 1, "the relays' first signatures were timed", m.text)


def login(version, again=None):
    """A client that has logged in; again: of an earlier one, to be resumed."""
    client = door.client()
    try:
        ctx = again.tls.context if again else context(door.ca, version, version)
        client.start_tls(ctx, session=again.tls.session if again else None)
        return client.authenticate("root", door.password, "test")
    except Exception:
        client.close()
        raise


def one_session(version, label, again=None):
    """One more, looked at before, while it is there, and after: the client."""
    name = f"{label}, resumed" if again else label
    before = metrics()
    with login(version, again) as c:
        c.query("SELECT 1")
        during = metrics()
        c.query("SELECT REPEAT('x', 100000)")
        later = metrics()
    door.idle()
    after = metrics()

    def moved(what, a=before, b=after, **labels):
        return b.value(what, **labels) - a.value(what, **labels)

    same([m.value("sessions_open") for m in (before, during, after)], [0, 1, 0],
         f"{name}: one is open while it is")
    same([m.value("upstream_sessions", endpoint="default", upstream="engine")
          for m in (before, during, after)], [0, 1, 0], f"{name}: so at the database")
    same(during.value("sessions_logging_in"), 0, f"{name}: it has logged in")
    same((moved("sessions_total"), after.sum("sessions_ended_total") -
          before.sum("sessions_ended_total")), (1, 1), f"{name}: one more, and one more ending")
    same(moved("handshakes_total", version=label, resumed="yes" if again else "no"), 1,
         f"{name}: one handshake")
    same(moved("handshake_ciphers_total", version=label, cipher=c.tls.cipher()[0]), 1,
         f"{name}: with {c.tls.cipher()[0]}")
    ok(moved("bytes_total", during, later, direction="to_clients") > 100000 and
       moved("bytes_total", during, later, direction="from_clients") > 20,
       f"{name}: bytes are counted while it goes on")
    same([after.count(what) - before.count(what)
          for what in ("greeting", "handshake", "login", "session", "key")],
         [1, 1, 1, 1, 0 if again else 1], f"{name}: each of its parts was timed once")
    same(during.count("session"), before.count("session"), f"{name}: the whole at its end")
    ok(0 < moved("login_duration_seconds_sum") < moved("session_duration_seconds_sum") < 60,
       f"{name}: in seconds")
    sane(after, name)
    return c


def test_sessions():
    door.idle()
    for version, label in ((V12, "1.2"), (V13, "1.3")):
        one_session(version, label, one_session(version, label))


def test_causes():
    before = metrics()
    with door.client() as c:
        c.send_packet(c.greeting().response("root", "", "test"))
        c.hears_end()
    until(lambda: metrics().value("sessions_ended_total", cause="plaintext") > 0)
    after = metrics()
    same(after.value("sessions_ended_total", cause="plaintext"),
         before.value("sessions_ended_total", cause="plaintext") + 1, "an ending has its cause")
    same(after.count("session"), before.count("session"), "who was not let in is in no session")
    same(door.endings(),
         {dict(k)["cause"]: v for (n, k), v in after.values.items()
          if n == "dbtls_sessions_ended_total" and v}, "status says the same")


def test_denied():
    door.dbtls("access", "add", "192.0.2.0/24")
    same(metrics().value("access_entries"), 2, "an entry more")
    door.dbtls("access", "remove", "host")
    same(metrics().value("access_entries"), 1, "one less")
    denied = metrics().value("access_denied_total")
    try:
        door.login().close()
        ok(False, "nobody is let in")
    except Exception as no:  # whatever it looks like to the client
        ok("not allowed" in str(no), "nobody is let in", repr(no))
    door.dbtls("access", "add", "host")
    ok(until(lambda: metrics().value("access_denied_total") == denied + 1), "a denial is counted")


def test_restarts():
    before = metrics()
    for role in ("relay", "keys"):
        old = door.pids(role)[0]
        os.kill(old, signal.SIGKILL)
        until(lambda r=role, o=old: o not in door.pids(r) and 0 not in door.pids(r))
        ok(until(lambda r=role: metrics().value("process_restarts_total", role=r) == 1),
           f"a killed {role} is one restart", metrics().text)
    after = metrics()
    less = [k for k, v in before.values.items()
            if before.type.get(k[0]) == "counter" and after.values[k] < v]
    ok(not less and after.value("sessions_total") > 0, "no counter goes back", less)
    same(after.count("login"), before.count("login"), "nor a histogram")
    ok(until(lambda: metrics().value("relays") == len(door.pids("relay"))), "all relays are back")
    sane(metrics(), "after a restart")


def test_away():
    nowhere = os.path.join(door.folder, "nobody.sock")
    with Serve(f"unix:{nowhere}") as away:
        same(metrics(away).value("upstream_up", endpoint="default", upstream=nowhere), 1,
             "a database is believed to be there until it was tried")
        with away.client():
            ok(until(lambda: metrics(away).value("upstream_up", endpoint="default",
                                                 upstream=nowhere) == 0),
               "one that does not answer is down", metrics(away).text)
        same(metrics(away).value("process_restarts_total", role="engine"), None,
             "a database that is not ours has no restarts")
        reloaded(away, nowhere)


def reloaded(away, nowhere):
    """With a client that still waits for the old file's database."""
    os.kill(away.pids("relay")[0], signal.SIGKILL)
    ok(until(lambda: metrics(away).value("process_restarts_total", role="relay") == 1),
       "one restart")
    with away.client():
        until(lambda: metrics(away).value("upstream_up", endpoint="default",
                                          upstream=nowhere) == 0)
        before = metrics(away)
        away.upstream = f"unix:{nowhere}.new"
        away.up_words()
        done = away.dbtls("reload")
        after = metrics(away)
        same((done.rc, after.value("upstream_up", endpoint="default", upstream=f"{nowhere}.new"),
              after.value("upstream_up", endpoint="default", upstream=nowhere)), (0, 1, None),
             "after a reload the databases are those of the new file", done)
        less = [k for k, v in before.values.items()
                if before.type.get(k[0]) == "counter" and after.values[k] < v]
        ok(not less, "and no counter has gone back", less)


def test_file():
    path = os.path.join(door.folder, "dbtls.prom")
    done = door.dbtls("metrics", "--out", path)
    with open(path) as f:
        text = f.read()
    same((done.rc, done.out, stat.S_IMODE(os.stat(path).st_mode)), (0, "", 0o644),
         "--out: the file, readable by the collector", done)
    same(set(Metrics(text).values), set(metrics().values), "with all of it")
    done = door.dbtls("metrics", "--out", "/nonexistent/x.prom")
    ok(done.rc == 1 and "/nonexistent/x.prom" in done.err, "--out: one that can't be made", done)
    done = command(DBTLS, "metrics", "--state", os.path.join(door.folder, "none"))
    ok(done.rc == 1 and not done.out and done.err.startswith("dbtls: "), "no door: said", done)


def test_documented():
    m = metrics()
    with open(os.path.join(HERE, "../../docs/metrics.md")) as f:
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]*?) ?\| (.*) \|$", f.read(), re.M)
    same([(name, m.type[name], ", ".join(sorted(m.labels[name])), m.help[name])
          for name in m.type], rows, "docs/metrics.md has what is printed")


def test_prometheus():
    m = metrics()
    theirs, done = prometheus.parsed(m.text)
    if theirs is None:
        skip("Prometheus's own parser reads it", f"{prometheus.PARSER} can't be had here")
        note(done)
        return
    same(theirs, m.values, "Prometheus's own parser reads the same", done)


def main():
    global door
    with Door(listen=("127.0.0.1",)) as door:
        run(test_at_rest, test_sessions, test_causes, test_denied, test_restarts, test_away,
            test_file, test_documented, test_prometheus, on_failure=lambda: door.tail())
    finish()


main()
