#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
`dbtls check` against every endpoint of the lab: the cause that it names first is the one that the
lab has broken it with (D3, D4, D5, D13, T2, T17). And what it says, with which exit status, and
that what it saw, saved, is judged the same without the lab.

With DBTLS_WRITE_GOLDEN=1 the facts of tests/golden/check are written anew from what was seen.
"""
import concurrent.futures
import fcntl
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import habits
import golden
import lab
import tap
from door import DBTLS, ROOT, Door, command, read
from mysqld import Ca

DOCUMENT = os.path.join(os.path.dirname(__file__), "../../docs/check.md")
EXIT = {"ok": 0, "broken": 1, "unreachable": 3}

AT_ONCE = 6
# Whoever answers nothing, or a byte a second, is given up soon; the others have all the time that a
# loaded machine needs.
SILENT = {"connect-timeout", "silence", "slow-greeting", "black-hole", "slow-handshake"}
# What works for a client that does right, and is not to be seen from one that does.
UNSEEN = {
    "tls-required": "no login is tried in plaintext",
    "tls-required-tidb": "no login is tried in plaintext",
}


def bracketed(host):
    return f"[{host}]" if ":" in host else host


def target(row):
    where = f"{bracketed(row.host)}:{row.port}"
    if row.protocol == "https":
        return f"https://{where}"
    return f"mysql://{row.user}:{row.password}@{where}/"


def run(row, *words):
    line = [DBTLS, "check", "--details", "--login", "--revocation", "--ca", row.ca, "--timeout",
            str(4 if row.name in SILENT else 20), *words, "--file", "-"]
    if row.name != "unknown-host":
        line += ["--connect-to", row.address]
    return command(*line, stdin=target(row), timeout=120)


def check(row, facts):
    """What `dbtls check --json` says of an endpoint, and its exit status."""
    done = run(row, "--json", "--clients", "--facts", facts)
    try:
        return json.loads(done.out), done
    except json.JSONDecodeError:
        return {"causes": [], "warnings": [], "verdict": {"id": None, "kind": None}}, done


def warnings(said):
    return {c["id"] for c in said["warnings"]}


def is_right(row, said):
    if row.expect == "refuse":
        return said["verdict"]["id"] == row.cause
    return said["verdict"]["id"] == "ok" and (
        row.cause in ("ok", *warnings(said)) or row.name in UNSEEN)


def is_whole(said, done):
    """It ends as it says; what is no warning has evidence or a way, and a next step (D13)."""
    return (done.rc == EXIT.get(said["verdict"]["kind"]) and not done.err and
            all(c["advice"] and c["sentence"] for c in said["causes"] + said["warnings"]) and
            len(said["advice"]) == len(said["causes"]) + len(said["warnings"]) and
            (said["verdict"]["id"] == "ok" or said["causes"][0]["id"] == said["verdict"]["id"]))


def all_endpoints(rows, facts):
    """Those that wait for their time to be over come first."""
    rows = sorted(rows, key=lambda row: row.name not in SILENT)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(zip(rows, pool.map(lambda row: check(row, facts), rows)))


def judge(found):
    right = 0
    for row, (said, done) in found:
        good = is_right(row, said)
        right += good
        if not good:
            tap.ok(False, f"{row.name} over {row.protocol}: {row.cause}",
                   f"said {said['verdict']['id']}, {said['causes']}, {said['warnings']}", done)
    tap.note(f"{right} of {len(found)} endpoints")
    tap.ok(right == len(found) and len(found) > 200,
           "each endpoint's cause is named first (D3, D4, T2, T17)")
    odd = [(row.name, done) for row, (said, done) in found if not is_whole(said, done)]
    tap.ok(not odd, "each ends as it says, with a next step for each cause (D13)", odd[:3])
    documented = set(re.findall(r"`([a-z-]+)`", read(DOCUMENT)))
    missing = {said["verdict"]["id"] for _, (said, _) in found} - documented
    tap.ok(not missing, "docs/check.md has each cause", missing)


def judge_clients(found):
    """Each client at each endpoint, as docs/lab-clients.md has measured it (D3)."""
    said = [(row, said) for row, (said, _) in found]
    compared, differ = habits.differences(said)
    tap.ok(not differ and compared > 2000, f"{compared} verdicts by client are as they were measured",
           *differ[:10])
    missing = habits.missing(said)
    tap.ok(not missing, "each client that was measured is there", missing)


def of(found, name, protocol):
    return next(said for row, (said, _) in found if (row.name, row.protocol) == (name, protocol))


def steps(said):
    return {s["step"]: s for s in said["steps"]}


def judge_details(found):
    good = steps(of(found, "good", "https"))
    tap.ok(good["session"]["code"] == 200 and good["session"]["text"].startswith("healthy: good."),
           "HTTPS: GET / is answered \"healthy: HOST\" (D5)", good)
    tap.ok(good["api"]["code"] == 400 and good["api"]["outcome"] == "ok" and
           "MissingAuthenticationToken" in good["api"]["text"],
           "HTTPS: DynamoDB's API is reached without credentials (D2)", good)
    said = of(found, "good", "mysql")
    tap.ok(steps(said)["session"]["code"] == 1045 and steps(said)["login"]["outcome"] == "ok",
           "MySQL: a stranger is refused with 1045, the user is let in", said)
    tap.ok(len(said["chain"]) == 2 and said["anchor"].startswith("CN=dbtls lab root") and
           said["tls"] == "TLS 1.3", "the chain, the anchor, the version", said)
    said = of(found, "tls10-only", "mysql")
    tap.ok("TLS 1.0" in said["causes"][0]["evidence"], "which version a server has (T2)", said)
    told = [row.name for row, (said, _) in found if row.protocol == "mysql" and
            said["verdict"]["kind"] != "ok" and "login" in steps(said) and
            row.name not in ("login-failed", "close-after-login", "reset-after-login",
                             "close-in-answer", "reset-in-answer")]
    tap.ok(not told, "a password goes only to who was verified", told)


# ---- what people see

def test_text(started):
    row = started.of("expired", "mysql")
    line = [DBTLS, "check", "--ca", row.ca, "--connect-to", row.address]
    done = command(*line, f"{row.host}:{row.port}", env={**os.environ, "LC_ALL": "C.UTF-8"})
    tap.ok(done.rc == 1 and done.out.startswith(f"{row.host}:{row.port}: broken\n    expired: ") and
           "\n    → On the server: renew it" in done.out and "handshake " in done.out, "text", done)
    good = started.of("good", "mysql")
    done = command(*line[:3], good.ca, *line[4:], f"{good.host}:{good.port}",
                   f"{row.host}:{row.port}")
    lines = done.out.splitlines()
    tap.ok(done.rc == 1 and {f"{good.host}:{good.port}: ok", lines[0], lines[1]} == set(lines[:2]) and
           any(re.match(f"{row.host}:{row.port}: expired: .", one) and len(one) <= 120
               for one in lines[:2]), "two targets, of which one is good: a line each", done)
    tap.same(lines[3:], [f"1 expired: {row.host}:{row.port}", f"1 ok: {good.host}:{good.port}"],
             "and in the end a line for each cause, the worst first")
    password = started.of("good", "https").password
    done = command(*line, f"mysql://lab:{password}@{row.host}:{row.port}/")
    tap.ok(done.rc == 1 and password not in done.out + done.err, "no password is printed", done)
    web = started.of("good", "https")
    done = command(*line[:3], web.ca, *line[4:], f"https://{web.host}:{web.port}")
    tap.ok(done.rc == 0 and f"\n    GET /: 200 healthy: {web.host} " in done.out, "and over HTTPS",
           done)


def test_words(started):
    row = started.of("good", "mysql")
    done = command(DBTLS, "check", "--json", "--timeout", "2", "--connect-to", "127.0.0.1",
                   "dynamodb:eu-west-3")
    said = json.loads(done.out)
    tap.ok(said["steps"][0]["text"] == "127.0.0.1:443" and
           (said["verdict"]["id"] != "connection-refused" or done.rc == 3), "dynamodb:REGION (D2)", done)
    for words, wanted in ([], "check needs a TARGET"), (["--timeout", "0", "x:1"], "--timeout 0"), \
            (["--connect-to", "db1", "x:1"], "--connect-to db1"):
        done = command(DBTLS, "check", *words)
        tap.ok(done.rc == 2 and wanted in done.err and not done.out, f"{words}: {wanted}", done)
    done = command(DBTLS, "check", "--json", "--ca", "/nowhere.pem", f"{row.host}:{row.port}")
    tap.ok(done.rc == 1 and json.loads(done.out)["verdict"]["id"] == "ca-file-unreadable",
           "a CA file that is not there is a finding", done)
    done = command(DBTLS, "check", "--json", "--connect-to", row.address,
                   f"{row.host}:{row.port}")
    tap.ok(done.rc == 1 and json.loads(done.out)["verdict"]["id"] == "untrusted-root" and
           json.loads(done.out)["store"].startswith("/"), "without --ca: what this system trusts",
           done)


def test_own_client(started):
    """What is a warning for others is the cause for the client that the target names (D3)."""
    java, mysql = "jdbc:mysql://{where}/test?sslMode=", "mysql --ssl-mode=VERIFY_IDENTITY -h {host} "
    for name, words, wanted, kind in (
            ("chain-shuffled", java + "VERIFY_IDENTITY", "bad-chain-order", "broken"),
            ("chain-shuffled", java + "REQUIRED", "ok", "ok"),
            ("chain-shuffled", "root@tcp({where})/test?tls=true", "ok", "ok"),
            ("expired", java + "VERIFY_IDENTITY", "expired", "broken"),
            ("sni-required", mysql + "-P {port}", "sni-required", "broken"),
            ("sni-required", mysql + "-P {port} --tls-sni-servername={host}", "ok", "ok"),
            ("ip-address", "mysql://{where}/?ssl={{\"verifyIdentity\":true}}", "hostname-mismatch",
             "broken"),
            ("ip-address", "mysql://{where}/?ssl={{\"rejectUnauthorized\":true}}", "ok", "ok")):
        row = started.of(name, "mysql")
        text = words.format(where=f"{row.host}:{row.port}", host=row.host, port=row.port)
        done = command(DBTLS, "check", "--json", "--ca", row.ca, "--connect-to", row.address, text)
        said = json.loads(done.out)["verdict"]
        tap.ok((said["id"], said["kind"]) == (wanted, kind), f"{name}, {text}: {wanted}", done)


# ---- saved, and judged again

def all_in_text(rows, facts):
    """What people see of each that does not wait, as by all_endpoints."""
    def text(row):
        return target(row), run(row, "--facts", facts)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(pool.map(text, (row for row in rows if row.name not in SILENT)))


def replayed(facts, *words):
    """As whoever has nothing but the file: not the lab, its CAs, nor any network."""
    return command("unshare", "-n" if ROOT else "-rn", DBTLS, "check", "--replay", facts, *words,
                   timeout=120)


def is_replayed(facts, said, what, *words):
    """said: what the run put out, by its target. The file has the order in which they ended."""
    lines = [json.loads(line) for line in read(facts).splitlines()]
    by_masked = {re.sub("(//[^:/]*):[^@]*@", r"\1:***@", t): done for t, done in said.items()}
    done = replayed(facts, *words)
    want = "".join(by_masked[line["target"]].out for line in lines)
    out = done.out
    if "--json" not in words:
        out = re.sub(r"(?<=\n)(\d+ [a-z-]+: .*\n)+\Z", "", out)
        tap.ok(out != done.out, f"{what}: in the end the sum", done.out[-500:])
    tap.ok(len(lines) == len(said) and out == want and not done.err and done.rc == 1,
           f"{what}: --replay says the same of {len(lines)} endpoints, to the byte",
           next(((a, b) for a, b in zip(out.splitlines(), want.splitlines()) if a != b), ""),
           done.err)


def judge_replay(rows, found, in_json, in_text, seen):
    is_replayed(in_json, {target(row): done for row, (_, done) in found}, "--json", "--json", "--clients")
    is_replayed(in_text, seen, "text", "--details")
    texts = read(in_json) + read(in_text)
    told = [row.name for row in rows if row.password in texts]
    tap.ok(not told and "PRIVATE KEY" not in texts, "no password and no key is saved", told)
    tap.ok(os.stat(in_json).st_mode & 0o777 == 0o600, "and nobody else may read it")


def test_others_files(folder, facts):
    """What somebody else may have put where --facts goes, or holds."""
    was, link, second, new = read(facts), f"{folder}/link", f"{folder}/second", f"{folder}/new"
    os.symlink(facts, link)
    done = command(DBTLS, "check", "--facts", link, "127.0.0.1:1")
    tap.ok(done.rc == 2 and "is a link" in done.err and read(facts) == was, "a link", done)
    os.symlink(new, f"{link}-to-nothing")
    done = command(DBTLS, "check", "--facts", f"{link}-to-nothing", "127.0.0.1:1")
    tap.ok(done.rc == 2 and not os.path.exists(new), "a link to what is not there", done)
    os.link(facts, second)
    done = command(DBTLS, "check", "--facts", facts, "127.0.0.1:1")
    tap.ok(done.rc == 2 and "a second name" in done.err and read(facts) == was, "a hard link", done)
    os.unlink(second)
    if ROOT:
        with open(second, "w", encoding="utf-8"):
            os.chown(second, 65534, 65534)
        done = command(DBTLS, "check", "--facts", second, "127.0.0.1:1")
        tap.ok(done.rc == 2 and "another user's" in done.err and not read(second),
               "another user's", done)
    with open(new, "w", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        done = command(DBTLS, "check", "--facts", new, "127.0.0.1:1", "127.0.0.1:2", timeout=20)
    tap.ok(done.rc == 3 and not done.err and len(read(new).splitlines()) == 2,
           "one that another process holds is added to all the same", done)


def test_facts_files(folder):
    """What --facts adds to, what --replay takes, and what is wrong with a line."""
    facts, other = f"{folder}/some", f"{folder}/other"
    with open(other, "w", encoding="utf-8") as f:
        f.write("mine\n")
    for _ in range(2):
        command(DBTLS, "check", "--facts", facts, "127.0.0.1:1", "https://127.0.0.1:1")
    tap.ok(len(read(facts).splitlines()) == 4, "a run adds to what is there", read(facts))
    done = command(DBTLS, "check", "--facts", other, "127.0.0.1:1")
    tap.ok(done.rc == 2 and "holds something else" in done.err and not done.out and
           read(other) == "mine\n", "a file of something else stays as it is", done)
    test_others_files(folder, facts)
    with open(facts, "r+", encoding="utf-8") as f:
        f.truncate(len(read(facts)) - 9)
    command(DBTLS, "check", "--facts", facts, "tls://127.0.0.1:1")
    done = replayed(facts)
    tap.ok(done.rc == 3 and "line 4: is no JSON" in done.err and done.out.count(": connection-refused") == 4
           and "tls://" in done.out, "a line that was cut is named, and the others go on", done)
    done = command(DBTLS, "check", "--replay", facts, "127.0.0.1:1")
    tap.ok(done.rc == 2 and "goes nowhere" in done.err, "--replay with a target", done)
    done = command(DBTLS, "check", "--replay", "-", stdin="")
    tap.ok(done.rc == 2 and "no facts" in done.err, "nothing to replay", done)


# What a line may not hold: where, what, and what is said of it.
WRONG = [
    ((), [], "no facts as --facts writes them"),
    (("format",), "others", "no facts as --facts writes them"),
    (("version",), 2, "of version 2"),
    (("target",), "mysql://h:0", "target: "),
    (("more",), 1, "1 object item(s) left unpacked: more"),
    (("\u001b[2J",), 1, "1 object item(s) left unpacked: ?[2J"),
    (("store", "\u001b[2J"), 1, "store: 1 object item(s) left unpacked: ?[2J"),
    (("facts", "more"), 1, "facts: has a member that is not known here"),
    (("facts", "port"), 65536, "facts: port: is no number from 0 to 65535"),
    (("facts", "port"), "4000", "facts: port: is no number"),
    (("facts", "name"), "a\u001b[2Jb", "facts: name: is no text without control characters"),
    (("facts", "name"), "a\u0000b", "is no JSON: "),
    (("facts", "name"), "a" * 256, "facts: name: is no text"),
    (("facts", "now"), 1 << 60, "facts: now: is no number"),
    (("facts", "address"), "db1:4000", "facts: address: is no address with a port"),
    (("facts", "step"), [{"what": "connect", "end": "ok"}] * 33,
     "facts: step: is no list of at most 32"),
    (("facts", "step", 0, "what"), "leap", "facts: step: [0]: what: is no word that is known here"),
    (("facts", "step", 1, "end"), None, "facts: step: [1]: end: is no word"),
    (("facts", "tls", "asked"), 1, "facts: tls: asked: is neither true nor false"),
    (("facts", "tls", "cert"), [99], "facts: tls: cert: [0]: is no number of bytes"),
    (("facts", "tls", "cert"), [-1], "facts: tls: cert: [0]: is no number of bytes"),
    (("store", "anchors"), [1 << 40], "store: anchor 1: is no number of bytes"),
    (("store", "anchors"), [1] * 100000, "store: it has too many anchors"),
    (("store", "anchors"), [2, 2], "store: anchor 2: is there twice"),
    (("bytes", 2), "AAAA" * 50000, "store: anchor 1: is longer than 131072 bytes"),
    (("store", "kind"), "drawer", "store: its kind is not known here"),
    (("stores",), [{}] * 257, "stores: is no list of at most 256"),
    (("bytes", 0), "AAA", "bytes: [0] is no base64"),
    (("bytes", 0), "AA\nA", "bytes: [0] is no base64"),
    (("bytes", 0), "A===", "bytes: [0] is no base64"),
    (("bytes", 2), "AAAA", "store: anchor 1: "),
    (("wished", "stores"), "some", "wished: stores: is no word"),
    (("meant", "verify"), "well", "meant: verify: is no word"),
]


def with_wrong(line, where, what):
    line = json.loads(line)
    if not where:
        return json.dumps(what)
    at = line
    for step in where[:-1]:
        at = at[step]
    at[where[-1]] = what
    return json.dumps(line)


def test_wrong_lines(folder, good):
    """Each is named by its number and what is wrong with it; the last, a good one, is judged."""
    facts, line = f"{folder}/wrong", read(good)
    lines = [with_wrong(line, where, what) for where, what, _ in WRONG]
    lines += [line.strip()[:-1] + ',"version":1}', '{"a":\u009b\u001b[2J}', "x" * (5 << 20), line.strip()]
    with open(facts, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    done = replayed(facts)
    said = done.err.splitlines()
    odd = [(wanted, got) for n, (wanted, got) in enumerate(zip(
        [w[2] for w in WRONG] + ["duplicate object key", "is no JSON: ", "longer than 4 MiB"], said), 1)
           if f"line {n}: " not in got or wanted not in got or not got.isprintable()]
    tap.ok(not odd and len(said) == len(lines) - 1 and len(re.findall(": ok(, warnings: .*)?\n", done.out)) == 1 and
           done.rc == 2, f"{len(said)} lines that are wrong are named", odd, len(said), done.rc)


def test_hidden_key(folder):
    """Where the target shows less than it says, what it says is saved, and no secret with it."""
    facts, text = f"{folder}/key", 'mysql://u:geheim@127.0.0.1:1/d?ssl={"key":"geheim"}'
    done = command(DBTLS, "check", "--facts", facts, text)
    again = replayed(facts)
    tap.ok(done.out == again.out and "option-insecure" in done.out and "geheim" not in read(facts),
           "a key within a target is not saved, and the target judged the same", done, again)


def test_saved_stores(row, folder):
    """The machine's stores are those of the machine that has saved them."""
    facts = f"{folder}/stores"
    line = [DBTLS, "check", "--ca", row.ca, "--connect-to", row.address, "--facts", facts]
    for words, part in ([], "trust stores"), (["--stores"], "/etc/ssl/certs"), \
            (["--stores", "--json"], "/etc/ssl/certs"):
        done = command(*line, *words, target(row))
        again = replayed(facts, *(w for w in words if w != "--stores"))
        tap.ok(done.out == again.out and part in again.out and again.rc == done.rc,
               f"{words}: the same of each store", done, again)
        saved = read(facts).replace("/etc/ssl/certs", "/over/there")
        with open(facts, "w", encoding="utf-8") as f:
            f.write(saved)
        again = replayed(facts, *(w for w in words if w != "--stores"))
        tap.ok(done.out.replace("/etc/ssl/certs", "/over/there").split() == again.out.split() and
               "/etc/ssl/certs" not in again.out, f"{words}: and not this machine's", again)
        os.unlink(facts)


def test_another_store(row, facts, wrong):
    """The colleague's facts, held against a CA of one's own."""
    done = replayed(facts, "--json", "--ca", wrong)
    said = json.loads(done.out)
    tap.ok(done.rc == 1 and said["verdict"]["id"] == "untrusted-root" and said["store"] == wrong,
           f"--replay --ca: {row.name}", done)


# ---- a real database

def test_door():
    """MariaDB behind the door, with a CA of its own."""
    with Door() as door:
        to = ["--json", "--connect-to", "127.0.0.1"]
        where = f"localhost:{door.port}"
        done = command(DBTLS, "check", *to, "--ca", door.ca, where)
        said = json.loads(done.out)
        tap.ok(done.rc == 0 and said["verdict"]["id"] == "ok" and not said["causes"] and
               not warnings(said) - {"slow"} and
               steps(said)["session"]["code"] == 1045, "MariaDB behind a door", done)
        done = command(DBTLS, "check", *to, where)
        tap.ok(done.rc == 1 and json.loads(done.out)["verdict"]["id"] == "untrusted-root",
               "whose CA this system does not hold", done)
        for password, wanted in (door.password, "ok"), ("wrong", "login-failed"):
            done = command(DBTLS, "check", *to, "--ca", door.ca, "--login", f"root@tcp({where})/test",
                           env={**os.environ, "DBTLS_PASSWORD": password})
            said = json.loads(done.out)
            tap.ok(said["verdict"]["id"] == wanted and "login" in steps(said),
                   f"--login, password from the environment: {wanted}", done)


def main():
    with tempfile.TemporaryDirectory(prefix="dbtls-check-") as folder:
        in_json, in_text, good = f"{folder}/json", f"{folder}/text", f"{folder}/good"
        with lab.Lab() as started:
            found = all_endpoints(started.rows, in_json)
            judge(found)
            judge_clients(found)
            judge_details(found)
            test_text(started)
            test_words(started)
            test_own_client(started)
            seen = all_in_text(started.rows, in_text)
            run(started.of("good", "mysql"), "--facts", good)
            test_saved_stores(started.of("untrusted-root", "mysql"), folder)
        judge_replay(started.rows, found, in_json, in_text, seen)
        test_another_store(started.of("good", "mysql"), good, Ca(f"{folder}/ca").pem)
        test_facts_files(folder)
        test_wrong_lines(folder, good)
        test_hidden_key(folder)
        if os.environ.get("DBTLS_WRITE_GOLDEN"):
            golden.write(found, in_json)
    test_door()


if __name__ == "__main__":
    tap.run(main)
    tap.finish()
