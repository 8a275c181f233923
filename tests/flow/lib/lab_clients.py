# SPDX-License-Identifier: Apache-2.0
"""
What the samples of `dbtls connect`, and the document's own, do at the endpoints of the lab: each is
set up where the registries are, and tried where there is nothing but loopback. A client is one row,
a Client, in one of the tests lab_clients_*.t; what came out is compared with docs/lab-clients.md,
or written there when DBTLS_WRITE_DOCS=1. Those that stand on a driver with a row of its own, or
start slowly, are tried at fewer conditions, unless DBTLS_LAB_ALL=1.
"""
import concurrent.futures
import dataclasses
import fcntl
import json
import os
import sys
import time
import traceback

from clients import FROM, TO
from door import DBTLS, ROOT, command, read
from mysqld import HOME, TREE
from tap import finish, note, ok, run, same, skip

SPACE = f"dbtls-lab-{os.getpid()}"  # a network of this test's own
INSIDE = ("nsenter", f"--net=/run/netns/{SPACE}")
SETUP, TRY = 420, 400  # seconds at most
KEPT = os.path.join(os.path.dirname(TREE), "lab")  # what was set up
DOCS = f"{HOME}/docs/lab-clients.md"
DOCUMENT = f"{HOME}/tests/flow/lib/document.py"
ALL, TLS, MUST, WHOM = "all", "tls", "must", "whom"  # which conditions
# What the document is about: who answers, and whether others read along.
WHOM_MORE = ("good", "no-tls", "tls-refused", "tls-ignored", "password-asked", "tls-required-tidb")
# There it counts how long a client waits, and how busy the machine is; OpenSSL, as PHP has it, now
# renegotiates and now does not.
UNSTEADY = {"silence", "slow-greeting", "slow-handshake", "black-hole", "connect-timeout",
            "renegotiation"}
VERBS = {"accepted": "accepts", "refused": "refuses", "login-sent": "logs in at",
         "plaintext-login": "logs in in plaintext at", "hung": "hangs at", "exit-0": "hides"}


@dataclasses.dataclass
class Client:
    name: str            # as after --client; or of the document's samples: "T13"
    version: str         # a shell line that prints the version used, in the folder of its packages
    what: str = ALL
    of: str = ""         # for the document's: the client whose packages it needs
    env: dict = dataclasses.field(default_factory=dict)


# Why a sample is not right at these: the letter in the table, the conditions, the reason.
REASONS = [
    ("a", "cn-only ip-address-in-cn ip-address-as-name",
     "A name, or an address, that stands only in the common name, or an address that stands in the "
     "SAN as a host name, will do for these libraries where the SAN holds none of the right kind. "
     "The client's CA has certified it all the same; what binds it to names of the SAN alone (name "
     "constraints) does not hold there."),
    ("b", "static-rsa-only",
     "TLS 1.2 with RSA key exchange is among the defaults of these libraries: who gets the "
     "server's key one day reads what was recorded before. A server that does not offer it, as the "
     "door, settles it for all clients; so does `--tls-version 1.3` where `connect` has it."),
    ("c", "rsa-1024 rsa-1024-intermediate dh-1024",
     "Go, Node.js and Java take keys (but for Go also Diffie-Hellman groups) of 1024 bits; Debian's "
     "OpenSSL does not. Nor does Node.js with `--tls-cipher-list=DEFAULT@SECLEVEL=2`; Go has no "
     "setting for it."),
    ("d", "key-usage",
     "Go does not look at the key usage of a server's certificate, and has no setting for it."),
    ("e", "injected-behind-greeting",
     "The library reads ahead in plaintext and takes what came behind the greeting for an answer "
     "inside TLS: somebody in between can put an OK there. The login itself goes to the right "
     "server, inside TLS; no setting mends it."),
    ("f", "revoked-crl revoked-ocsp revoked-stapled staple-missing",
     "It does not ask whether a certificate was revoked, as hardly any client does: keep "
     "certificates short-lived."),
    ("g", "sha1 sha1-intermediate",
     "Java takes SHA-1 in what a CA has signed that does not come with the JDK."),
    ("h", "chain-reversed chain-shuffled",
     "Connector/J takes the chain as it was sent: the server is to send each issuer behind what it "
     "has issued."),
    ("i", "ip-address",
     "Node.js can't verify an address over a connection that begins in plaintext: it looks for "
     "`localhost` in the certificate. Call the server by a name."),
    ("j", "sni-required sni-chooses",
     "It sends no server name (SNI) unless it is told to, or at all: a server that chooses its "
     "certificate by that name can't be reached. Oracle's `mysql` has `--tls-sni-servername`."),
    ("l", "alpn-required", "It does not name its protocol (ALPN), which few servers ask for."),
    ("m", "amazon-crossed",
     "GnuTLS up to 3.7, and Connector/J, follow the chain that was sent past the root that they "
     "trust, to one that they do not."),
    ("n", "client-only",
     "GnuTLS as wget uses it does not look at what a certificate may be used for. No option mends "
     "it: take `curl`."),
    ("o", "cut-answer",
     "An answer that ends with the connection and has no length may have been cut by anybody: it "
     "is taken as it is."),
    ("p", "wrong-host wrong-host-right-cn wildcard-too-shallow nul-in-name look-alike "
     "ip-address-missing",
     "mysql2 looks at the name only with `verifyIdentity: true`, which the document's sample lacks "
     "and ours has."),
    ("q", "no-tls tls-refused tls-ignored password-asked",
     "mycli's own `--ssl-mode=auto` goes on in plaintext where the server offers no TLS, also with "
     "a CA given; our sample has `--ssl-mode=on`."),
]


def letter_of(condition):
    return next((letter for letter, names, _ in REASONS if condition in names.split()), "?")


class Trial:
    def __init__(self, client):
        self.client, self.of = client, client.of or client.name
        whole = os.environ.get("DBTLS_LAB_ALL") == "1" and not client.of
        self.what = ALL if whole else client.what
        self.dir = f"{KEPT}/{self.of}"
        self.why, self.broken, self.version, self.rows = "", False, "", []

    def guarded(self, what):
        """What fails here is this client's failure, not that of all."""
        try:
            if not self.why:
                what()
        except Exception:  # whatever it is
            self.why, self.broken = traceback.format_exc(), True

    def environment(self):
        return {**os.environ, **self.client.env}

    def set_up(self):
        os.makedirs(self.dir, exist_ok=True)
        done = command("timeout", "-k", "5", str(SETUP), DBTLS, "lab", "try", "--client", self.of,
                       "--prepare", "--dir", self.dir, timeout=SETUP + 20, env=self.environment())
        if done.rc:
            self.why = f"its packages can't be had: {done}"
            return
        version = command("sh", "-c", self.client.version, timeout=60, env=self.environment(),
                          cwd=f"{self.dir}/{self.of}/base")
        self.version = ", ".join(version.out.split("\n")).strip(", ")

    def words(self, conditions):
        names = names_of(conditions, self.what)
        words = ["--json", "--only", ",".join(names)]
        if not self.client.of:
            return [*words, "--client", self.of, "--dir", self.dir]
        return [*words, "--protocol", "mysql", "--timeout", "30", "--", sys.executable, DOCUMENT,
                self.client.name, f"{self.dir}/{self.of}/base", "{host}", "{port}", "{ca}",
                "{user}", "{password}"]

    def go(self, conditions):
        began = time.monotonic()
        done = command("timeout", "-k", "5", str(TRY), *INSIDE, DBTLS, "lab", "try",
                       *self.words(conditions), timeout=TRY + 20, env=self.environment())
        if not done.out.startswith("{"):
            self.why, self.broken = f"it could not be tried: {done}", True
            return
        self.said = json.loads(done.out)
        self.rows, self.rc = self.said["trials"], done.rc
        self.took = time.monotonic() - began

    # ---- what came of it

    def wrong(self, column):
        return [r for r in self.rows if column_of(r) == column and not r["right"]]

    def cell(self, column):
        if column not in map(column_of, self.rows):
            return "–"
        by_verb = {}
        for r in self.wrong(column):
            name = f"`{r['name']}` ({letter_of(r['name'])})"
            by_verb.setdefault(VERBS[r["outcome"]], []).append(name)
        return "; ".join(f"{v} {', '.join(n)}" for v, n in by_verb.items()) or "all"

    def row(self):
        if self.client.of:
            return [self.cell("connects"), self.cell("must")]
        return [self.cell(c) for c in COLUMNS]

    def compared(self, cells):
        """Of a row: all, or what was tried of it in full."""
        return cells[1:2] if self.what in (MUST, WHOM) and not self.client.of else cells

    def tell(self):
        name = self.client.name
        if self.why:
            tell = (lambda *words: ok(False, *words)) if self.broken else skip
            return tell(name, self.why)
        ok(self.version, f"{name} has a version: {self.version}")
        note(f"{len(self.rows)} endpoints in {self.took:.0f} s")
        for r in self.rows:
            if not r["right"]:
                note(f"{r['name']}: {r['outcome']}, {r['ms']} ms: {r['words']}")
        same([r["name"] for r in self.rows if not r.get("tried")], [], f"{name}: all were tried")
        same(self.rc == 0, not self.wrong_musts(), f"{name}: the exit status says it", self.rc)
        if not self.client.of:
            same(self.wrong_musts(), MUST_DEPARTURES.get(name, []),
                 f"{name} is right wherever it must be")
        ok("(?)" not in " ".join(self.row()), f"{name}: each departure has its reason", self.row())
        return None

    def wrong_musts(self):
        return [r["name"] for r in self.rows if r["weight"] == "must" and not r["right"]]


# The samples that can't be mended: for HTTPS alone.
MUST_DEPARTURES = {"wget": ["client-only"]}
COLUMNS = ("connects", "must", "should", "advisory")


def column_of(row):
    return row["weight"] if row["expect"] == "refuse" else "connects"


def environment_of(package):
    return f"{KEPT}/programs/{package}"


def of_pip(package):
    """The programs of a virtual environment with that package, which stays. Or None and why not."""
    at = environment_of(package)
    os.makedirs(at, exist_ok=True)
    with open(f"{at}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(f"{at}/set-up-is-done"):
            return f"{at}/bin", ""
        made = command(sys.executable, "-m", "venv", at, timeout=240)
        if made.rc == 0:
            made = command(f"{at}/bin/pip", "install", "-q", package, timeout=300)
        if made.rc == 0:
            with open(f"{at}/set-up-is-done", "w"):
                pass
    return (None, f"{package} can't be had: {made}") if made.rc else (f"{at}/bin", "")


def is_tried(condition, what):
    if condition["name"] in UNSTEADY:
        return False
    must = condition["weight"] == "must"
    return {ALL: True, MUST: must, TLS: must or condition["group"] != "around",
            WHOM: must and condition["group"] == "who" or condition["name"] in WHOM_MORE}[what]


def names_of(conditions, what):
    return sorted({c["name"] for c in conditions if is_tried(c, what)})


# ---- docs/lab-clients.md

SAMPLES_HEAD = "| client | version | connects to | refuses: must | should | advisory |"
DOCUMENT_HEAD = "| sample | with | connects to | refuses: must |"


def cells_of(line):
    return [c.strip() for c in line.strip("|\n").split("|")]


def read_page():
    before, _, rest = read(DOCS).partition(FROM)
    ours, _, after = rest.partition(TO)
    rows = {c[0]: c[1:] for c in map(cells_of, ours.splitlines()) if c[0].startswith("`")}
    legend = [line for line in ours.splitlines() if line.startswith("- (")]
    return before, rows, legend, after


def legend_lines():
    return [f"- ({letter}) {text}" for letter, _, text in REASONS]


def table(head, rows):
    return [head, "|" + " --- |" * (head.count("|") - 1),
            *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows), ""]


def write_page(trials):
    before, rows, _, after = read_page()
    for t in trials:
        name = f"`{t.client.name}`"
        if name not in rows or t.compared(t.row()) == t.row():
            rows[name] = [t.version, *t.row()]
    document = sorted(((n, c) for n, c in rows.items() if n.startswith("`T")),
                      key=lambda row: int(row[0].strip("`T")))
    samples = [(n, c) for n, c in rows.items() if not n.startswith("`T")]
    with open(DOCS, "w") as f:
        f.write(before + FROM + "\n" + "\n".join([
            *table(SAMPLES_HEAD, samples), *legend_lines(), "", "## The document's own samples", "",
            *table(DOCUMENT_HEAD, document)]) + "\n" + TO + after)


def test_page(trials):
    """The verdicts; versions move on by themselves."""
    if os.environ.get("DBTLS_WRITE_DOCS") == "1":
        write_page(trials)
    _, rows, legend, _ = read_page()
    for t in trials:
        said = rows.get(f"`{t.client.name}`", [""])[1:]
        same(t.compared(said), t.compared(t.row()),
             f"docs/lab-clients.md says so of {t.client.name}")
    same(legend, legend_lines(), "docs/lab-clients.md has the reasons")


# ---- all of it

def test_all(clients):
    conditions = json.loads(command(DBTLS, "lab", "list", "--json").out)
    trials = [Trial(c) for c in clients]
    # One after another, as two may need the same packages; tries mostly wait.
    for t in trials:
        t.guarded(t.set_up)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda t: t.guarded(lambda: t.go(conditions)), trials))
    for t in trials:
        run(t.tell)
    test_page([t for t in trials if not t.why])


def main(clients):
    """Words on the command line: these clients alone."""
    clients = [c for c in clients if not sys.argv[1:] or c.name in sys.argv[1:]]
    if not ROOT:
        skip(", ".join(c.name for c in clients), "only root can make a network")
        finish()
    command("ip", "netns", "add", SPACE)
    try:
        command(*INSIDE, "ip", "link", "set", "lo", "up")
        run(lambda: test_all(clients))
    finally:
        command("ip", "netns", "del", SPACE)
    finish()
