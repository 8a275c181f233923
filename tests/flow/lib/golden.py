# SPDX-License-Identifier: Apache-2.0
"""
Writes the facts of tests/golden/check, one file a cause, from what `check` saw of the lab; what the
lab has not, from what it saw of a good endpoint and a row of MADE. tests/unit/test_golden.c writes
and holds what is said of them.
"""
import base64
import copy
import json
import os
import subprocess

FOLDER = os.path.join(os.path.dirname(__file__), "../../golden/check")


def changed(line, **members):
    line["facts"].update(members)
    return line


def failed(line, what, end, **members):
    """The way ends there."""
    steps = line["facts"]["step"]
    at = next((i for i, s in enumerate(steps) if s["what"] == what), len(steps))
    line["facts"]["step"] = steps[:at] + [{"what": what, "end": end, **members}]
    return line


def before_tls(line, what, end, **members):
    for shown in "tls", "bare", "other", "fetch":
        line["facts"].pop(shown, None)
    return failed(line, what, end, **members)


def unreached(line, end, **members):
    line["facts"].pop("address", None)
    line["facts"].pop("server", None)
    return before_tls(line, "connect", end, **members)


def asked_as(line, target):
    line["target"] = target.format(line["facts"]["name"], line["facts"]["port"])
    return line


def also(line, **step):
    line["facts"]["step"].append(step)
    return line


def self_made(line, *extensions):
    """One certificate, made by openssl, which is in the store."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", "/dev/null", "-days", "90", "-subj", "/O=dbtls lab/CN=made",
             "-outform", "DER", "-addext", f"subjectAltName=DNS:{line['facts']['name']}"]
    for extension in extensions:
        words += ["-addext", extension]
    der = subprocess.run(words, check=True, capture_output=True).stdout
    line["bytes"] = [base64.b64encode(der).decode()]
    line["store"].update(anchors=[0], no_anchors=[], distrusted=[])
    line["facts"]["tls"]["cert"] = [0]
    line["facts"].pop("bare")
    # It is younger than what was seen.
    return changed(line, now=line["facts"]["now"] + 3600)


def held_by(line, **lists):
    line["store"].update(anchors=[], no_anchors=[])
    line["store"].update(lists)
    return line


def unreadable(line):
    line["store"] = {"path": "ca.pem", "why": "open ca.pem: No such file or directory"}
    line["facts"] = {"now": line["facts"]["now"], "protocol": "mysql"}
    line["bytes"] = []
    return line


# From a good endpoint over MySQL, or over HTTPS.
MADE = {
    "ok": ("mysql", lambda line: line),
    "distrusted": (
        "mysql", lambda line: held_by(line, anchors=line["store"]["anchors"],
                                      distrusted=[line["facts"]["tls"]["cert"][1]])),
    "partial-chain": (
        "mysql", lambda line: held_by(line, anchors=[line["facts"]["tls"]["cert"][1]])),
    "certificate-refused": (
        "mysql", lambda line: self_made(line, "1.3.6.1.4.1.55555.1=critical,DER:0500")),
    "not-strict": (
        "mysql", lambda line: self_made(line, "keyUsage=critical,keyCertSign,keyAgreement")),
    "off-profile": (
        "mysql", lambda line: self_made(line, "keyUsage=critical,keyCertSign,digitalSignature",
                                        "extendedKeyUsage=critical,serverAuth")),
    "not-dynamodb": (
        "https", lambda line: failed(line, "api", "another-protocol", ms=4, code=404,
                                     text="404 Not Found")),
    "broken-tls": (
        "mysql", lambda line: before_tls(line, "handshake", "broken-tls", ms=3,
                                         text="bad extension")),
    "session-timeout": (
        "https", lambda line: failed(line, "session", "timeout", ms=10002)),
    "tls-required": (
        "mysql", lambda line: failed(line, "session", "error", ms=2, code=3159, text=(
            "Connections using insecure transport are prohibited while "
            "--require_secure_transport=ON."))),
    "nodes-differ": (
        "mysql", lambda line: failed(line, "login", "another-certificate", ms=6,
                                     text="expired: CN=db2.lab.dbtls.test expired on 2026-11-21")),
    "server-error": (
        "mysql", lambda line: before_tls(line, "greeting", "error", ms=2, code=1105,
                                         text="Unknown error")),
    "connection-refused": (
        "mysql", lambda line: unreached(line, "refused", text="192.0.2.7:4000")),
    "connect-timeout": (
        "mysql", lambda line: unreached(line, "timeout", ms=10000, text="192.0.2.7:4000")),
    "network-unreachable": (
        "mysql", lambda line: unreached(line, "unreachable", text="[2001:db8::7]:4000")),
    "auth-unsupported": (
        "mysql", lambda line: failed(line, "login", "another-method", ms=7, text="auth_gssapi_client")),
    "access-denied": (
        "https", lambda line: failed(line, "login", "error", ms=9, code=400, text=(
            "AccessDeniedException: User is not authorized to perform: dynamodb:ListTables"))),
    "clock-skew": (
        "https", lambda line: changed(line, date=line["facts"]["now"] - 3600)),
    "slow": (
        "mysql", lambda line: changed(line, step=[dict(s, ms=4200) if s["what"] == "greeting" else s
                                                  for s in line["facts"]["step"]])),
    "proxy-unused": (
        "https", lambda line: changed(line, proxy="proxy.lab.dbtls.test:3128")),
    "revocation-unknown": (
        "mysql", lambda line: changed(line, revocation=True, fetch=[])),
    "ca-file-unreadable": ("mysql", unreadable),
    "option-insecure": (
        "mysql", lambda line: asked_as(line, "mysql -h {} -P {} --ssl-mode=REQUIRED")),
    "option-unknown": (
        "mysql", lambda line: asked_as(line, "jdbc:mysql://{}:{}/test?sslmode=VERIFY_IDENTITY")),
    "option-no-effect": (
        "mysql", lambda line: asked_as(line, "jdbc:mysql://{}:{}/test?useSSL=true"
                                             "&sslMode=VERIFY_IDENTITY")),
    "local-failure": (
        "mysql", lambda line: unreached(line, "local", text="socket: Too many open files")),
}


def is_broken(said):
    return said["verdict"]["kind"] != "ok"


def said_of(found):
    """Which endpoint says it: {cause: target}, of its own name, over MySQL, the first."""
    of = {}
    for _, (said, _) in sorted(reversed(found), key=lambda f: (
            is_broken(f[1][0]), f[0].name == f[0].cause, f[0].protocol)):
        ids = [said["verdict"]["id"]]
        # A warning has a file of its own only where nothing is broken.
        if not is_broken(said):
            ids += [c["id"] for c in said["warnings"]]
        of.update((cause, said["target"]) for cause in ids)
    return of


def put(cause, line):
    line = copy.deepcopy(line)
    line["store"]["path"] = "ca.pem"
    line["stores"] = []
    line["wished"]["login"] = False
    # What is said must not depend on whose machine it was written on.
    line["facts"]["system"] = "debian"
    if cause not in ("revoked", "revocation-unknown"):
        line["facts"].pop("revocation", None)
    path = os.path.join(FOLDER, f"{cause}.facts")
    with open(path, "w", encoding="utf-8") as f:
        f.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def write(found, facts):
    with open(facts, encoding="utf-8") as f:
        lines = {line["target"]: line for line in map(json.loads, f)}
    good = {row.protocol: lines[said["target"]] for row, (said, _) in found if row.name == "good"}
    os.makedirs(FOLDER, exist_ok=True)
    for cause, target in said_of(found).items():
        if cause not in MADE:
            put(cause, lines[target])
    for cause, (protocol, make) in MADE.items():
        put(cause, make(copy.deepcopy(good[protocol])))
