# SPDX-License-Identifier: Apache-2.0
"""CPU time of `dbtls trust` on stores of many entries."""
import resource
import ssl
import subprocess

import peers
import work

ENTRIES = 10000
KINDS = ("jks", "pkcs12", "pem")
VERBS = ("list", "add", "remove")
ROOT = "amazon-root-ca-1"  # what is added: it ships with dbtls


def spent(*words):
    """Seconds of CPU that dbtls took."""
    def used():
        r = resource.getrusage(resource.RUSAGE_CHILDREN)
        return r.ru_utime + r.ru_stime
    before = used()
    subprocess.run([peers.BUILD / "dbtls", "trust", *words], check=True, timeout=600,
                   stdout=subprocess.DEVNULL)
    return used() - before


def certificates(folder):
    """One with that many subjects: nobody asks whether the signatures fit."""
    pem = folder / "one.pem"
    peers.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "one.key", "-out", pem,
               "-subj", "/CN=store 0000000", "-days", "999"])
    one = ssl.PEM_cert_to_DER_cert(pem.read_text())
    at = one.rindex(b"store ") + 6
    many = folder / "many.pem"
    many.write_text("".join(ssl.DER_cert_to_PEM_cert(one[:at] + b"%07d" % i + one[at + 7:])
                            for i in range(ENTRIES)))
    return many


def measured(folder, rounds):
    """Quartiles of seconds, by kind of store and verb."""
    pem = certificates(folder)
    seen = {kind: {verb: [] for verb in VERBS} for kind in KINDS}
    for kind in KINDS:
        path = folder / f"many.{kind}"
        spent("export", "--format", kind, "--out", path, pem)
        change = ("--store", path, "--journal", folder / "journal")
        for _ in range(rounds):
            seen[kind]["list"].append(spent("list", path))
            seen[kind]["add"].append(spent("add", ROOT, *change))
            seen[kind]["remove"].append(spent("remove", ROOT, *change))
    return {kind: {verb: work.quartiles(s) for verb, s in row.items()}
            for kind, row in seen.items()}
