#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D6: `dbtls lab try` with clients that do right and clients that do wrong: what it says of them, that
it believes what the server saw and not an exit status, and that it leaves nothing behind.
"""
import glob
import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import lab
import mysqld
from door import DBTLS, ROOT, Terminal, command, sanitized
from tap import finish, note, ok, run, same, until

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")
LINES, COLUMNS = 24, 100  # a screen
BOUND = 4                 # seconds for each that does not end by itself
MARK = f"9{os.getpid()}.5"  # seconds that nothing else sleeps

MYSQL = '''#!/usr/bin/env python3
"""Verifies, and says so when it can't."""
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {lib!r})
import mysql
host, port, ca, user, password = sys.argv[1:]
try:
    ctx = mysql.context(ca)
    ctx.hostname_checks_common_name = False
    with mysql.Client(host, int(port), timeout=2) as c:
        if not c.greeting().server_caps & mysql.SSL:
            sys.exit("the server offers no TLS")
        c.send(c.ssl_request())
        c.begin_tls(ctx, host)
        c.handshake().authenticate(user, password)
        print(c.query("SELECT 1"))
except Exception as e:
    sys.exit("{{}}: {{}}".format(type(e).__name__, e))
'''
PLAIN = '''#!/usr/bin/env python3
"""Knows nothing of TLS."""
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {lib!r})
import mysql
host, port, user, password = sys.argv[1:]
with mysql.Client(host, int(port), timeout=2) as c:
    c.greeting().seq = 1
    c.authenticate(user, password, caps=mysql.USUAL & ~mysql.SSL)
    print(c.query("SELECT 1"))
'''
LOGIN = ("{host}", "{port}", "{user}", "{password}")
FIRST = ("{host}", "{port}", "{ca}", "{user}", "{password}")
CURL = ("curl", "--silent", "--show-error", "--max-time", str(BOUND - 1))
work = tempfile.mkdtemp(prefix="dbtls-try-", dir="/tmp")
os.chmod(work, 0o755)


def script(name, text):
    path = f"{work}/{name}"
    with open(path, "w") as f:
        f.write(text.format(lib=LIB) if "{lib!r}" in text else text)
    os.chmod(path, 0o755)
    return path


def words_of(*words, options=()):
    return [DBTLS, "lab", "try", "--timeout", str(BOUND), *options, "--", *words]


def tried(*words, options=(), under=(), **more):
    """What --json says, its trials by name, and the command's own result."""
    done = command(*under, *words_of(*words, options=("--json", *options)), timeout=150, **more)
    if not done.out.startswith("{"):
        raise RuntimeError(f"no JSON: {done}")
    told = json.loads(done.out)
    return types.SimpleNamespace(**told, done=done, of={t["name"]: t for t in told["trials"]})


def shown(*words, options=(), **more):
    return command(*words_of(*words, options=options), timeout=150, **more)


def left_over():
    """Processes of a client that should be gone."""
    return command("pgrep", "-f", f"sleep {re.escape(MARK)}").out.split()


# ---- who does right

def holds_for_all(told, protocol):
    """Each endpoint of that protocol was tried, and what must be right is."""
    wrong = [t["name"] for t in told.trials if t["weight"] == "must" and not t["right"]]
    same(wrong, [], f"D6: a right client of {protocol} is right wherever it must be",
         *[told.of[name] for name in wrong])
    ok(told.good and told.done.rc == 0, "… and it ends with 0", told.done)
    same({t["name"] for t in told.trials if not t["tried"]}, set(), "… each was tried")
    same({t["name"] for t in told.trials}, {r.name for r in lab.listed("--protocol", protocol)},
         "… all that are listed")


def test_right_mysql():
    told = tried("python3", script("right.py", MYSQL), *FIRST)
    holds_for_all(told, "mysql")
    same([t["name"] for t in told.trials if "plaintext-login" in t["saw"]], [],
         "… no login of its own was in plaintext")


def test_right_https():
    """D6: all in parallel take as long as the slowest, and a few seconds."""
    began = time.monotonic()
    told = tried("curl", "--silent", "--show-error", "--cacert", "{ca}", "{url}")
    took = time.monotonic() - began
    note(f"{len(told.trials)} endpoints in {took:.1f} s")
    holds_for_all(told, "https")
    hung = [t["name"] for t in told.trials if t["timed_out"]]
    ok("black-hole" in hung, "… some were ended by the bound", hung)
    ok(took < BOUND + (20 if not sanitized() else 40),
       f"D6: {len(told.trials)} endpoints take no longer than the slowest and some seconds", took)
    ok(sum(t["ms"] for t in told.trials) > 2 * BOUND * 1000, "… they were tried side by side")


# ---- who does wrong is told, in one screen, what it takes and what mends it

def fits(done):
    lines = done.out.rstrip("\n").splitlines()
    return len(lines) <= LINES and all(len(line) <= COLUMNS for line in lines)


def in_one_screen(done, words, name):
    """All these words (patterns), in this order."""
    ok(done.rc == 1 and fits(done), f"D6: {name} is told in one screen", done.rc, done.out)
    at = 0
    for pattern in words:
        found = re.search(pattern, done.out[at:], re.S)
        if not ok(found is not None, f"… it says {pattern}", done.out, done.err):
            return
        at += found.start()


def test_curl_k():
    path = script("check.sh", '#!/bin/sh\nexec curl -k --silent "https://$1:$2/"\n')
    done = shown(path, "{host}", "{port}")
    in_one_screen(done, ("WRONG at ", "any certificate", "self-signed", "wrong-host", "leave out -k",
                         "--cacert"), "a script with curl -k")


def test_mariadb():
    path = script("check.sh", '#!/bin/sh\nmariadb --no-defaults --ssl -h "$1" -P "$2" -u "$3" '
                              '-p"$4" -e "SELECT 1"\n')
    done = shown(path, *LOGIN)
    in_one_screen(done, ("WRONG at ", "in plaintext", "no-tls", "--ssl-verify-server-cert",
                         "any certificate", "wrong-host"), "a script with mariadb --ssl")


def test_oracle():
    """Its own program, from Debian's unstable suite; without it this is left out."""
    try:
        wrapped = mysqld.wrapped("bin/mysql")
    except mysqld.NotHere as why:
        note(why)
        return
    line = " ".join(f"'{w}'" for w in wrapped)
    path = script("check.sh", f'#!/bin/sh\nexec {line} --no-defaults --ssl-mode=REQUIRED '
                              '--connect-timeout=2 -h "$1" -P "$2" -u "$3" -p"$4" -e "SELECT 1"\n')
    done = shown(path, *LOGIN)
    in_one_screen(done, ("WRONG at ", "any certificate", "wrong-host", "--ssl-mode=VERIFY_IDENTITY"),
                  "a script with mysql --ssl-mode=REQUIRED")


def test_plaintext():
    """D6: a login in plaintext comes first; and no exit status hides it."""
    path = script("plain.py", PLAIN)
    hidden = script("hidden.sh", f'#!/bin/sh\npython3 {path} "$@" 2>/dev/null || true\n')
    few = ("--only", "good,no-tls,wrong-host,tls-required")
    for words in (("python3", path), (hidden,)):
        told = tried(*words, *LOGIN, options=few)
        same(told.flaws[0]["flaw"], "plaintext", "D6: a login in plaintext is the first that is named",
             told.flaws)
        same({t["name"]: t["outcome"] for t in told.trials},
             dict.fromkeys(("good", "no-tls", "wrong-host", "tls-required"), "plaintext-login"),
             "… at every endpoint, also where it was refused afterwards")
        ok(told.done.rc == 1, "… which is wrong", told.done.rc)


def test_liar():
    """D6: who always ends with 0 is found out by what the server saw."""
    path = script("liar.sh", '#!/bin/sh\ncurl --silent --max-time 3 --cacert "$3" '
                             '"https://$1:$2/" || true\n')
    told = tried(path, *FIRST[:3], options=("--only", "wrong-host,expired,black-hole"))
    same(told.of["good"]["outcome"], "accepted", "D6: a script that always ends with 0 gets in")
    got_in = [t["name"] for t in told.trials if "tls-login" in t["saw"]]
    same(got_in, ["good"], "… at the good endpoint alone, as the server saw")
    same({t["status"] for t in told.trials}, {0}, "… though it says so of all")
    seen = shown(path, *FIRST[:3], options=("--only", "wrong-host,expired,black-hole"))
    ok(re.search(r"ends with 0 even where it did not\s+get\s+in", seen.out), "… which is said", seen)


def test_no_client():
    """A client that can't connect anywhere has refused nothing."""
    done = shown("false")
    ok(done.rc != 0 and "good endpoint" in done.err and done.out == "",
       "D6: a client that can't connect to the good endpoint", done)
    done = shown(f"{work}/there-is-no-such-program")
    ok(done.rc != 0 and "no-such-program" in done.err, "… one that is not there", done)
    done = shown("curl", "--silent", "--show-error", "--max-time", "3", "{url}")
    ok(done.rc == 1 and "{ca}" in done.err, "… one that does not trust the CA is told so", done)


def test_names_of_conditions():
    done = shown("true", options=("--only", "worng-host"))
    ok(done.rc == 2 and "wrong-host" in done.err, "D6: a misspelt condition: the nearest is said",
       done)
    done = command(DBTLS, "lab", "start", "no-such", timeout=20)
    ok(done.rc == 2 and "no-such" in done.err, "… with start as well", done)


# ---- bounds, ends, what is left

SLEEPER = f'''#!/bin/sh
case "$1" in good.*) exec curl --silent --cacert "$3" "https://$1:$2/" ;; esac
sleep {MARK} &
setsid sleep {MARK} &
sleep {MARK}
'''


def test_bounds():
    path = script("sleeper.sh", SLEEPER)
    names = "wrong-host,expired,self-signed,untrusted-root"
    told = tried(path, *FIRST[:3], options=("--only", names, "--timeout", "2"))
    hung = [t for t in told.trials if t["name"] != "good"]
    ok(len(hung) == 4 and all(t["timed_out"] and t["outcome"] == "hung" for t in hung),
       "D6: who does not end is ended", hung)
    ok(all(1900 <= t["ms"] < 7000 for t in hung), "… by its bound", [t["ms"] for t in hung])
    same(until(lambda: not left_over(), 5), True, "… with what it has started", left_over())


def test_interrupt():
    """Ctrl-C: at once, and nothing stays."""
    before = set(glob.glob("/tmp/dbtls-lab-*"))
    path = script("sleeper.sh", SLEEPER)
    one = subprocess.Popen(words_of(path, *FIRST[:3], options=("--only", "wrong-host,expired",
                                                               "--timeout", "100")),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    ok(until(lambda: len(left_over()) >= 4, 30), "two are under way", left_over())
    began = time.monotonic()
    one.send_signal(signal.SIGINT)
    out, _ = one.communicate(timeout=30)
    ok(time.monotonic() - began < 10 and one.returncode not in (0, None) and out == b"",
       "D6: Ctrl-C ends it", one.returncode, out)
    same(until(lambda: not left_over(), 5), True, "… and what was tried", left_over())
    same(set(glob.glob("/tmp/dbtls-lab-*")) - before, set(), "… and no folder stays")


def test_start_stops():
    with lab.Lab("silence", "black-hole", "good", "connect-timeout") as it:
        hold = [lab.socket.create_connection((r.address, r.port)) for r in it.rows
                if r.name != "connect-timeout"]
        rc, took = it.stop(signal.SIGINT)
        for s in hold:
            s.close()
    ok(rc == 0 and took < 5, "D6: `lab start` ends by Ctrl-C, with visitors inside", rc, took)


# ---- progress

def test_progress():
    words = words_of(*CURL, "--cacert", "{ca}", "{url}", options=("--only", "black-hole"))
    terminal = Terminal(*words)
    try:
        ok(terminal.wait_for("tried 1 of ", 40) and terminal.end(40) is not None,
           "D6: a line of progress at a terminal", terminal.text)
    finally:
        terminal.close()
    done = command(*words)
    ok("tried" not in done.err and "\r" not in done.out + done.err, "… and none in a pipe", done.err)


# ---- reports

HOSTILE = "<script>alert(1)</script> ]]> & \"q\" | *x* `y` \\u0007"
SHOUTER = f'''#!/bin/sh
case "$1" in good.*) exec curl --silent --cacert "$3" "https://$1:$2/" ;; esac
printf '%b\\n' '{HOSTILE.replace("'", "")}' >&2
exec curl --silent -k "https://$1:$2/" >/dev/null
'''


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def test_reports():
    path = script("shouter.sh", SHOUTER)
    few = ("--only", "wrong-host,expired,black-hole")
    done = shown(path, *FIRST[:3], options=(*few, "--junit", f"{work}/junit.xml", "--report",
                                            f"{work}/report.html"))
    suite = xml.etree.ElementTree.parse(f"{work}/junit.xml").getroot()
    suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
    cases = {c.get("name"): c for c in suite.findall("testcase")}
    same(set(cases), {"good", "wrong-host", "expired", "black-hole"}, "D6: JUnit has each", done)
    same({n for n, c in cases.items() if c.find("failure") is not None}, {"wrong-host", "expired"},
         "… what must be right and is wrong has failed")
    same((suite.get("tests"), suite.get("failures")), ("4", "2"), "… as the head counts it")
    said = "".join(cases["expired"].itertext())
    ok("<script>" in said and "]]>" in said, "… with the client's words as they were", said)
    with open(f"{work}/report.html") as f:
        page = Tags(f.read())
    ok("script" not in page.tags and "<script>alert(1)" in page.text and "table" in page.tags,
       "D6: HTML holds the client's words as text", page.tags)
    raw = [*words_of(path, *FIRST[:3], options=("--json", *few)), b"it's \xff"]
    told = json.loads(subprocess.run(raw, capture_output=True, timeout=150).stdout)
    ok(told["command"].endswith("'it'\\''s ?'"), "D6: a word that is no text is shown as one",
       told["command"])
    done = shown(path, *FIRST[:3], options=(*few, "--report", f"{work}/report.md"))
    with open(f"{work}/report.md") as f:
        rows = [line for line in f.read().splitlines() if line.startswith("| expired ")]
    bare = re.findall(r"(?<!\\)\|", rows[0]) if len(rows) == 1 else []
    ok(len(bare) == 8 and "&lt;script>" in rows[0].replace("\\", "") and "\\*x\\*" in rows[0],
       "D6: Markdown does, too: no bar of theirs ends a cell", rows, done)


# ---- users and names

def named(told, name):
    """The names resolved and were tried; or that they were not is said."""
    it = told.of["wrong-host"]
    if told.names == "none":
        ok(not it["tried"] and it["why"], f"D6: {name}: what needs a name is not tried, as is said",
           it)
    else:
        ok(it["tried"] and it["right"], f"D6: {name}: names resolve ({told.names})", it)


def test_users():
    few = ("--only", "wrong-host,expired")
    words = (*CURL, "--cacert", "{ca}", "{url}")
    named(tried(*words, options=few), "as root" if ROOT else "as an ordinary user")
    if not ROOT:
        return
    told = tried(*words, options=few, under=mysqld.DROP, env={**os.environ, "HOME": "/nonexistent"},
                 cwd="/")
    named(told, "as an ordinary user")
    # Nobody is root enough to mount, and there are no more user namespaces.
    none = ("unshare", "--user", "--map-root-user", "sh", "-c",
            'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin '
            '--inh-caps=-sys_admin "$@"', "sh")
    told = tried(*words, options=few, under=none)
    ok(told.names != "private", "D6: where no namespace can be had", told.names)
    named(told, "there")
    ok(told.of["expired"]["tried"] and told.of["expired"]["right"], "… and the others are tried",
       told.of["expired"])


try:
    run(test_right_mysql, test_right_https, test_plaintext, test_liar, test_no_client,
        test_names_of_conditions, test_bounds, test_interrupt, test_start_stops, test_progress,
        test_reports, test_users)
    # What is printed is the same in every build.
    if not sanitized():
        run(test_curl_k, test_mariadb, test_oracle)
finally:
    shutil.rmtree(work, ignore_errors=True)
finish()
