#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D7 D8 D9 D11: trust stores made by the tools that their programs have (keytool, certutil, pip, trees of
files laid out as systems lay them out) are found and read as those tools read them; what we write,
Java, OpenSSL, Python and Go read, and Java connects with it to its own server and to no other.
"""
import glob
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, ROOT, command, free_port, read, sanitized  # noqa: E402
from mysqld import TREE, Ca  # noqa: E402
from tap import finish, note, ok, run, same, skip, until  # noqa: E402

ATS = ("amazon-root-ca-1", "starfield-services-g2", "starfield-class-2")
# What Amazon and Debian publish; the program has them as data.
AMAZON = {
    "amazon-root-ca-1": "8ECDE6884F3D87B1125BA31AC3FCB13D7016DE7F57CC904FE1CB97C6AE98196E",
    "amazon-root-ca-2": "1BA5B2AA8C65401A82960118F80BEC4F62304D83CEC4713A19C39C011EA46DB4",
    "amazon-root-ca-3": "18CE6CFE7BF14E60B2E347B8DFE868CB31D02EBB3ADA271569F50343B46DB3A4",
    "amazon-root-ca-4": "E35D28419ED02025CFA69038CD623962458DA5C695FBDEA3C22B0BFB25897092",
    "starfield-services-g2": "568D6905A2C88708A4B3025190EDCFEDB1974A606A13C6E5290FCB2AE63EDAB5",
    "starfield-class-2": "1465FA205397B876FAA6F0A9958E5590E40FCC7FAA4FB7C2C8677521FB5FB658",
}
folder = tempfile.mkdtemp(prefix="dbtls-trust-", dir="/tmp")
HOME = f"{folder}/home"
# Nothing of whoever runs this: neither their stores nor their variables.
ENV = {"PATH": os.environ["PATH"], "HOME": HOME, "LC_ALL": "C.UTF-8"}


def trust(*words, timeout=120, **env):
    return command(DBTLS, "trust", *words, env={**ENV, **env}, timeout=timeout, cwd=folder)


def stores(*words, **env):
    done = trust("list", "--json", "--anchors", *words, **env)
    return {s["path"]: s for s in json.loads(done.out)}


def prints(store, servers="may"):
    return {c["sha256"] for c in store.get("certificates", ()) if c["servers"] == servers}


def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()


def of_pem(text):
    return {fingerprint(p) for p in
            re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S)}


def tool(*words, **more):
    done = command(*words, **more)
    if done.rc:
        raise RuntimeError(f"{words}: {done}")
    return done.out


def keytool(*words):
    return tool("keytool", *words, env=ENV, timeout=120)


def entries(said):
    return int(re.search(r"contains ([\d,]+) entr", said)[1].replace(",", ""))


def of_keytool(*words):
    """Fingerprints of the trusted entries, and the number of all entries."""
    said = keytool("-list", *words)
    trusted = re.findall(r"trustedCertEntry,.*?\(SHA-256\): ([0-9A-F:]+)", said, re.S)
    return {f.replace(":", "") for f in trusted}, entries(said)


def put(path, text="", mode="w"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode) as f:
        f.write(text)
    return path


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def made_cas():
    return [Ca(f"{folder}/ca{i}") for i in range(3)]


def import_all(store, cas, *words, password="changeit"):
    for i, ca in enumerate(cas):
        keytool("-importcert", "-noprompt", "-alias", f"the {i}. Ünïcode ca", "-file", ca.pem,
                "-keystore", store, "-storepass", password, *words)
    return store


# ---- Java

def test_keytool():
    cas = made_cas()
    wanted = {fingerprint(read(ca.pem)) for ca in cas}
    none = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
            "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
    first = import_all(f"{folder}/java8.jks", cas, "-storetype", "JKS")
    for name, format_, kind, words in (
            ("java8.jks", "JKS", "", ()),
            ("java17.p12", "PKCS12", "PKCS12", ()),
            ("java8.p12", "PKCS12", "PKCS12", ("-J-Dkeystore.pkcs12.legacy",)),
            ("bare.p12", "PKCS12", "PKCS12", none),
            ("java.jceks", "JKS", "JCEKS", ())):
        path = f"{folder}/{name}"
        if kind:
            keytool("-importkeystore", "-srckeystore", first, "-srcstorepass", "changeit",
                    "-destkeystore", path, "-deststorepass", "changeit", "-deststoretype", kind,
                    *words)
        store = stores(path)[path]
        same((prints(store), store["format"], store["readable"], store.get("why")),
             (wanted, format_, True, None), f"D7: {name} as keytool wrote it", store)
        theirs = of_keytool("-keystore", path, "-storepass", "changeit")
        same((prints(store), len(store["certificates"])), theirs, f"{name}: as keytool lists it")
    label = {c["label"] for c in store["certificates"]}
    ok("the 0. ünïcode ca" in label, "its aliases", label)


def test_keys_are_no_anchors():
    for kind in ("JKS", "PKCS12"):
        path = import_all(f"{folder}/key.{kind}", [Ca(f"{folder}/{kind}-ca")], "-storetype", kind)
        keytool("-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=own", "-keystore",
                path, "-storepass", "changeit", "-storetype", kind)
        store = stores(path)[path]
        same((store["anchors"], store["keys"]), (1, 1), f"a private key in {kind} is no CA", store)


def test_unmarked():
    """A PKCS12 of openssl's has no mark of trust: Java finds nothing in it, and we say so."""
    ca = Ca(f"{folder}/unmarked")
    path = f"{folder}/unmarked.p12"
    tool("openssl", "pkcs12", "-export", "-nokeys", "-in", ca.pem, "-out", path, "-passout",
         "pass:changeit")
    theirs = of_keytool("-keystore", path, "-storepass", "changeit")
    store = stores(path)[path]
    same((store["anchors"], store["other"]), (0, 1), "without Java's mark it is no CA", store)
    same(theirs, (set(), 0), "as keytool says")


def test_password():
    ca = Ca(f"{folder}/secret-ca")
    wanted = {fingerprint(read(ca.pem))}
    wrong = put(f"{folder}/wrong", "password\n")
    # In PKCS12 keytool itself takes no others than ASCII.
    for kind, password in (("JKS", "pä ss€word"), ("PKCS12", "pa ss~word")):
        right = put(f"{folder}/right", f"{password}\n")
        path = import_all(f"{folder}/secret.{kind}", [ca], "-storetype", kind, password=password)
        store = stores("--password-file", right, path)[path]
        same((prints(store), store.get("why")), (wanted, None), f"{kind}: the right password", store)
        store = stores("--password-file", wrong, path)[path]
        ok(not store["readable"] and "the password is wrong" in store["why"],
           f"{kind}: a wrong one is said", store)
        store = stores(path)[path]
        ok("--password-file" in store["why"] and store["readable"] == (kind == "JKS"),
           f"{kind}: none, and what to do", store)


def test_damage():
    """Each fault is one sentence, of that store alone, and the file is as it was."""
    ca, good = Ca(f"{folder}/damage-ca"), []
    for kind in ("JKS", "PKCS12"):
        path = import_all(f"{folder}/whole.{kind}", [ca], "-storetype", kind)
        whole = bytes_of(path)
        put(f"{folder}/cut.{kind}", whole[:-30], "wb")
        put(f"{folder}/flipped.{kind}", whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], "wb")
        good.append(path)
    put(f"{folder}/cut.pem", read(ca.pem)[:-60])
    put(f"{folder}/cut.db", b"SQLite format 3\0" + bytes(3000), "wb")
    put(f"{folder}/empty.pem")
    os.mkfifo(f"{folder}/fifo")
    bad = sorted(glob.glob(f"{folder}/cut.*") + glob.glob(f"{folder}/flipped.*")) + [
        f"{folder}/empty.pem", f"{folder}/fifo", f"{folder}/nowhere"]
    before = {p: bytes_of(p) for p in bad if os.path.isfile(p)}
    found = stores(*bad, *good)
    for path in bad:
        store = found[path]
        ok(store.get("why") and "\n" not in store["why"],
           f"{os.path.basename(path)}: {store.get('why', '').removeprefix(folder + '/')}", store)
        ok(not store["readable"] or "digest" in store["why"] or "password" in store["why"],
           "and nobody is told that it is fine", store)
    for path in good:
        ok(prints(found[path]), f"{os.path.basename(path)} is read all the same", found[path])
    same({p: bytes_of(p) for p in before}, before, "all files are as they were")


def test_jdk():
    found = stores("--quick")
    shared = [s for s in found.values() if s["kind"] == "java"]
    ok(shared, "D7: the JDK's store is found", found.keys())
    for store in shared:
        theirs = of_keytool("-keystore", store["path"], "-storepass", "changeit")
        same((prints(store), len(store["certificates"])), theirs, f"{store['path']}: as keytool "
             f"lists it, {store['anchors']} CAs")
        ok(any(u.startswith("Java (/") for u in store["users"]), "and whose it is", store["users"])


# ---- NSS

def test_nss():
    cas = [Ca(f"{folder}/nss-ca{i}") for i in range(4)]
    where = f"{HOME}/.pki/nssdb"
    os.makedirs(where)
    tool("certutil", "-N", "-d", f"sql:{where}", "--empty-password")
    for ca, flags in zip(cas, ("C,,", "CT,C,C", ",,", "p,p,p")):
        tool("certutil", "-A", "-d", f"sql:{where}", "-n", f"test {flags}", "-t", flags, "-i", ca.pem)
    prin = [fingerprint(read(ca.pem)) for ca in cas]
    store = stores("--quick")[f"{where}/cert9.db"]
    same((store["kind"], store["format"], store["readable"]), ("nss", "NSS", True), "D7: NSS")
    same(prints(store), set(prin[:2]), "the CAs for servers", store)
    same(prints(store, "may not"), {prin[2]}, "one that is for nothing", store)
    same(prints(store, "distrusted"), {prin[3]}, "one that is distrusted", store)
    listed = tool("certutil", "-L", "-d", f"sql:{where}")
    ok(all(c["label"] in listed for c in store["certificates"]), "its nicknames", listed)
    ok(any("Chromium" in u for u in store["users"]), "whose it is", store["users"])
    profile = f"{HOME}/.mozilla/firefox/abc.default"
    shutil.copytree(where, profile)
    ok(any("Firefox" in u for u in stores("--quick")[f"{profile}/cert9.db"]["users"]),
       "a profile of Firefox")


# ---- trees laid out as systems lay them out

def link(root, path, target):
    os.makedirs(os.path.dirname(f"{root}{path}"), exist_ok=True)
    os.symlink(target, f"{root}{path}")


def users_of(found, path):
    return sorted(found[path]["users"]) if path in found else None


def test_layouts():
    ca, other, outside = (Ca(f"{folder}/layout-{i}") for i in range(3))
    both = read(ca.pem) + read(other.pem)
    wanted = of_pem(both)
    # Absolute links lead below the root; followed outside they would lead to this one.
    decoy = put(f"{folder}/decoy.pem", read(outside.pem))
    rhel, alpine, suse, arch, debian = (f"{folder}/{n}" for n in
                                        ("rhel", "alpine", "suse", "arch", "debian"))

    bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
    put(f"{rhel}{bundle}", both)
    link(rhel, "/etc/pki/tls/certs/ca-bundle.crt", bundle)
    link(rhel, "/etc/pki/tls/cert.pem", bundle)
    put(f"{rhel}/etc/pki/ca-trust/source/anchors/own.crt", read(ca.pem))
    put(f"{rhel}/etc/pki/ca-trust/source/blocklist/bad.pem", read(other.pem))
    import_all(put(f"{rhel}/etc/pki/java/README") and f"{rhel}/etc/pki/java/cacerts", [ca],
               "-storetype", "JKS")
    os.makedirs(f"{rhel}/usr/lib/jvm/java-17/lib/security")
    link(rhel, "/usr/lib/jvm/java-17/lib/security/cacerts", "/etc/pki/java/cacerts")
    found = stores("--root", rhel)
    same(prints(found[bundle]), wanted, "RHEL: its bundle", found)
    same(users_of(found, bundle), ["Go", "OpenSSL", "curl"], "who uses it, by two links")
    same(prints(found["/etc/pki/ca-trust/source/anchors"]), of_pem(read(ca.pem)), "its sources")
    same(prints(found["/etc/pki/ca-trust/source/blocklist"], "distrusted"),
         of_pem(read(other.pem)), "what it blocks")
    same(users_of(found, "/etc/pki/java/cacerts"), ["Java (/usr/lib/jvm/java-17)"], "its Java")
    # The fifth is the folder that the first link is in, which Go reads as well.
    same(len(found), 5, "and each once", list(found))

    put(f"{alpine}/etc/ssl/certs/ca-certificates.crt", both)
    link(alpine, "/etc/ssl/cert.pem", "certs/ca-certificates.crt")
    put(f"{alpine}/lib/apk/db/installed", "P:busybox\nV:1.36.1-r29\n\n"
        "P:ca-certificates-bundle\nV:20240226-r0\nA:x86_64\n\nP:zlib\nV:1.3.1-r1\n\n")
    found = stores("--root", alpine)
    store = found["/etc/ssl/certs/ca-certificates.crt"]
    same((prints(store), store["date"], store["dated_by"]),
         (wanted, "2024-02-26T00:00:00Z", "package"), "Alpine: bundle and date", store)
    same(users_of(found, "/etc/ssl/certs/ca-certificates.crt"), ["Go", "OpenSSL", "curl"], "users")

    put(f"{suse}/var/lib/ca-certificates/ca-bundle.pem", both)
    link(suse, "/etc/ssl/ca-bundle.pem", "/var/lib/ca-certificates/ca-bundle.pem")
    put(f"{suse}/etc/pki/trust/anchors/own.pem", read(ca.pem))
    found = stores("--root", suse)
    same(prints(found["/var/lib/ca-certificates/ca-bundle.pem"]), wanted, "SUSE: its bundle")
    same(users_of(found, "/var/lib/ca-certificates/ca-bundle.pem"), ["Go", "curl"], "users")
    ok("/etc/pki/trust/anchors" in found, "its sources", found.keys())

    put(f"{arch}/etc/ca-certificates/extracted/tls-ca-bundle.pem", both)
    link(arch, "/etc/ssl/certs/ca-certificates.crt", "/etc/ca-certificates/extracted/tls-ca-bundle.pem")
    link(arch, "/etc/ssl/cert.pem", decoy)
    found = stores("--root", arch)
    store = found["/etc/ssl/certs/ca-certificates.crt"]
    same((prints(store), users_of(found, store["path"])), (wanted, ["Go", "curl"]), "Arch", store)
    ok(not any(of_pem(read(outside.pem)) & prints(s) for s in found.values()),
       "a link that leads outside leads nowhere", found)

    put(f"{debian}/etc/ssl/certs/One.pem", read(ca.pem))
    put(f"{debian}/etc/ssl/certs/Loose.pem", read(other.pem))
    put(f"{debian}/var/lib/dpkg/status", "Package: ca-certificates\nStatus: install ok installed\n"
        "Version: 20250419\n\nPackage: zlib1g\nVersion: 1:1.2.13\n")
    hash_ = tool("openssl", "x509", "-noout", "-hash", "-in", ca.pem).strip()
    link(debian, f"/etc/ssl/certs/{hash_}.0", "One.pem")
    link(debian, "/usr/lib/ssl/certs", "/etc/ssl/certs")
    store = stores("--root", debian)["/etc/ssl/certs"]
    same((prints(store), store["format"], store["users"]),
         (of_pem(read(ca.pem)), "folder", ["OpenSSL"]),
         "Debian: in a folder with hashes, what OpenSSL finds there and nothing else", store)


def test_this_system():
    """Against OpenSSL's own reading of the bundle that is really there."""
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    if not os.path.exists(bundle):
        return skip("this system's bundle", "no Debian")
    store = stores("--quick")[bundle]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    theirs = {hashlib.sha256(d).hexdigest().upper() for d in context.get_ca_certs(True)}
    same(prints(store), theirs, f"D7: {bundle}: the {len(theirs)} CAs that OpenSSL reads")
    ok({"Go", "curl"} <= set(store["users"]), "D9: who uses it", store["users"])
    return None


# ---- languages

def test_python():
    base = f"{os.path.dirname(TREE)}/packages/trust-certifi"
    if not os.path.exists(f"{base}/done"):
        shutil.rmtree(base, ignore_errors=True)
        tool(sys.executable, "-m", "venv", base, timeout=120)
        tool(f"{base}/bin/pip", "install", "--quiet", "certifi", timeout=240)
        put(f"{base}/done")
    os.makedirs(f"{HOME}/project")
    os.symlink(base, f"{HOME}/project/.venv")
    where = tool(f"{base}/bin/python", "-c", "import certifi; print(certifi.where())").strip()
    version = tool(f"{base}/bin/python", "-c", "import certifi; print(certifi.__version__)").strip()
    found = stores("--quick")
    path = where.replace(base, f"{HOME}/project/.venv")
    ok(path in found, "D9: certifi in a virtual environment is found", path, list(found))
    store = found[path]
    same(prints(store), of_pem(read(where)), f"its {store['anchors']} CAs")
    same((store["date"], store["dated_by"]), (version.replace(".", "-") + "T00:00:00Z", "package"),
         "and its date", store)
    ok(any("/pip/_vendor/certifi/" in p for p in found), "pip's own copy as well", list(found))


def not_run_by_root(node):
    """What somebody else can change is not run, whoever it belongs to now."""
    ran = f"{folder}/ran"
    put(node, f"#!/bin/sh\ntouch {ran}\n")
    os.chmod(node, 0o755)
    bin_ = os.path.dirname(node)
    for path, uid, mode in ((node, 65534, 0o755), (bin_, 65534, 0o755), (bin_, 0, 0o757),
                            (bin_, 0, 0o775), (bin_, 0, 0o755)):
        os.chown(path, uid, 0 if mode != 0o775 else 65534)
        os.chmod(path, mode)
        store = stores()[node]
        same(os.path.exists(ran), (uid, mode) == (0, 0o755),
             f"root runs a node only if nobody else can change it: {uid} {mode:o}", store)
        os.chown(path, 0, 0)
    os.unlink(node)


def test_node():
    if not shutil.which("node"):
        return skip("Node", "no node here")
    said = tool("node", "-e", "console.log(require('tls').rootCertificates.join('\\n'))", env=ENV)
    node = [s for s in stores().values() if s["kind"] == "node"]
    ok(node and any(prints(s) == of_pem(said) for s in node),
       "D9: what Node has built in", [(s["path"], s["anchors"]) for s in node])
    return None


def test_ruby():
    if not shutil.which("ruby"):
        return skip("Ruby", "no ruby here")
    where = tool("ruby", "-ropenssl", "-e", "puts OpenSSL::X509::DEFAULT_CERT_DIR").strip()
    ino = os.stat(where).st_ino
    users = [s["users"] for p, s in stores().items() if os.path.exists(p)
             and os.stat(p).st_ino == ino]
    ok(any("Ruby" in u for u in users), f"D9: Ruby takes {where}", users)
    return None


def test_silent_program():
    """One that never answers costs its bound, and the others are listed."""
    lazy = put(f"{folder}/lazy/node", "#!/bin/sh\nsleep 300\n")
    os.chmod(lazy, 0o755)
    os.makedirs(f"{HOME}/.nvm/versions/node/v0/bin")
    os.symlink(lazy, f"{HOME}/.nvm/versions/node/v0/bin/node")
    found = stores()
    store = found[f"{HOME}/.nvm/versions/node/v0/bin/node"]
    ok(not store["readable"] and "did not answer" in store["why"], "a node that hangs", store)
    ok(len(found) > 3, "the others are there", list(found))
    os.unlink(f"{HOME}/.nvm/versions/node/v0/bin/node")
    if ROOT:
        not_run_by_root(f"{HOME}/.nvm/versions/node/v0/bin/node")


def test_named():
    ca = Ca(f"{folder}/named-ca")
    put(f"{HOME}/.my.cnf", f"[client]\nuser = me\nssl_ca = \"{ca.pem}\" # ours\n")
    put(f"{HOME}/.aws/config", "[default]\nregion = us-east-1\nca_bundle = ~/bundle.pem\n")
    put(f"{HOME}/bundle.pem", read(ca.pem))
    found = stores("--quick", SSL_CERT_FILE=f"{folder}/gone.pem", SSL_CERT_DIR=f"{folder}/ca0:/x",
                   NODE_EXTRA_CA_CERTS=ca.pem)
    same(users_of(found, ca.pem), ["$NODE_EXTRA_CA_CERTS: Node, besides its own",
                                   f"{HOME}/.my.cnf: [client] ssl_ca"], "D9: named by two")
    same(users_of(found, f"{HOME}/bundle.pem"), [f"{HOME}/.aws/config: [default] ca_bundle"], "AWS")
    gone = found[f"{folder}/gone.pem"]
    ok(not gone["readable"] and "No such file" in gone["why"], "one that is not there", gone)
    ok({f"{folder}/ca0", "/x"} <= set(found), "folders", list(found))
    for name in (".my.cnf", ".aws/config"):
        os.unlink(f"{HOME}/{name}")


# ---- what ships, and what we write

def test_roots():
    done = trust("roots", "amazon", "--json")
    roots = {r["name"]: r for r in json.loads(done.out)}
    same({n: r["sha256"] for n, r in roots.items()}, AMAZON, "D7: the six roots")
    same({n: fingerprint(r["pem"]) for n, r in roots.items()}, AMAZON, "are what they say")
    for root in roots.values():
        said = tool("openssl", "x509", "-noout", "-text", "-fingerprint", "-sha256",
                    stdin=root["pem"])
        key = {"RSA 2048": "(2048 bit)", "RSA 4096": "(4096 bit)", "P-256": "P-256",
               "P-384": "P-384"}[root["key"]]
        ok(key in said and root["sha256"] in said.replace(":", ""), f"{root['name']}: its key")
        ok(all(p["source"] for p in root["programmes"]), "each programme with its source")
    standing = {(n, p["programme"]): (p["state"], p["date"]) for n, r in roots.items()
                for p in r["programmes"]}
    same(standing["starfield-class-2", "Mozilla"], ("out", "2025-04-15"), "D12: Class 2 has gone")
    same(standing["starfield-services-g2", "Mozilla"], ("leaves", "2027-04-15"), "G2 goes")
    ok(trust("roots").rc == 2, "whose roots, has to be said")


def test_audit():
    """Stores that hold some of the six, each of the three CAs by itself, and what is told of them."""
    of = {"ready": ("amazon-root-ca-1",), "cross-sign": ("starfield-services-g2",),
          "class-2-only": ("starfield-class-2",), "none": ("amazon-root-ca-4",)}
    paths = {}
    for verdict, names in of.items():
        paths[verdict] = f"{folder}/audit-{verdict}.jks"
        done = trust("export", "--format", "jks", "--out", paths[verdict], "--only", *names)
        ok(done.rc == 0, f"a store with {names[0]} alone", done)
    done = trust("audit", "--json", *paths.values())
    found = {s["path"]: s for s in json.loads(done.out)}
    same({v: found[p]["amazon"] for v, p in paths.items()}, {v: v for v in of}, "D8: the verdicts")
    same({v: [n for n, has in found[p]["roots"].items() if has] for v, p in paths.items()},
         {v: list(n) for v, n in of.items()}, "D7: which of them each holds")
    same((done.rc, [found[p]["fails"] for p in paths.values()]), (1, [False, False, True, True]),
         "with which one connects")
    same(trust("audit", paths["ready"]).rc, 0, "and the exit status says it")
    text = trust("audit", *paths.values()).out
    ok("no action needed" in text and text.count(": add amazon-root-ca-1") == 3, "in words", text)
    mends = " --store ".join(["dbtls trust add amazon-root-ca-1", *list(paths.values())[1:]])
    ok(mends in text, "and what to type for all that lack it", mends, text)
    ca = Ca(f"{folder}/audit-ca")
    done = trust("audit", "--ca", ca.pem, paths["ready"], ca.pem)
    ok(done.rc == 1 and done.out.count("lacks: CN=test CA") == 1, "D7: a CA of one's own", done)
    tree = f"{folder}/audit-tree"
    put(f"{tree}/root/.my.cnf", "[client]\nssl-ca = /srv/ca.pem\n")
    put(f"{tree}/srv/ca.pem", read(ca.pem))
    said = json.loads(trust("audit", "--json", "--root", tree).out)
    same([(s["path"], s["amazon"]) for s in said], [("/srv/ca.pem", "besides")],
         "what a database's client trusts is no fault")


JAVA = """
import java.io.FileInputStream;
import java.security.KeyStore;
import javax.net.ssl.*;

class Trust {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        for (int i = 1; i < args.length; i += 2) {
            KeyStore store = KeyStore.getInstance(args[i]);
            store.load(new FileInputStream(args[i + 1]), "changeit".toCharArray());
            TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX");
            f.init(store);
            int n = ((X509TrustManager) f.getTrustManagers()[0]).getAcceptedIssuers().length;
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, f.getTrustManagers(), null);
            String said = "accepts";
            try (SSLSocket s = (SSLSocket) context.getSocketFactory()
                     .createSocket("127.0.0.1", port)) {
                s.setSoTimeout(10000);
                s.startHandshake();
            } catch (SSLException e) {
                said = "refuses";
            }
            System.out.println(n + " " + said);
        }
    }
}
"""


def exported(name, *words):
    path = f"{folder}/{name}"
    done = trust("export", "--out", path, *words)
    ok(done.rc == 0, f"export {' '.join(w.replace(folder, '') for w in words)}", done)
    return path


def test_export():
    only = [w for name in ATS for w in ("--only", name)]
    wanted = {AMAZON[n] for n in ATS}
    for kind in ("jks", "pkcs12"):
        path = exported(f"ats.{kind}", "--format", kind, *only)
        theirs = of_keytool("-keystore", path, "-storepass", "changeit", "-storetype", kind)
        same(theirs, (wanted, 3), f"D11: keytool reads the three of D7 in our {kind}")
        same(prints(stores(path)[path]), wanted, "and so do we")
    p12 = tool("openssl", "pkcs12", "-in", path, "-nokeys", "-passin", "pass:changeit")
    same(of_pem(p12), wanted, "openssl reads our PKCS12")
    pem = exported("ats.pem", *only)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pem)
    same({hashlib.sha256(d).hexdigest().upper() for d in context.get_ca_certs(True)}, wanted,
         "Python reads our PEM")
    der = exported("one.der", "--format", "der", "--only", AMAZON["amazon-root-ca-3"][:20])
    same(hashlib.sha256(bytes_of(der)).hexdigest().upper(), AMAZON["amazon-root-ca-3"], "DER")
    before = bytes_of(pem)
    ok(trust("export", "--out", pem, *only).rc == 0, "the same again is no fault")
    done = trust("export", "--out", pem, "--only", "amazon-root-ca-1")
    ok(done.rc == 2 and bytes_of(pem) == before, "a file with other content stays", done)
    for words, says in ((("--only", "no such"), "no such CA"), ((), "say of what"),
                        (("--format", "der", "--out", f"{folder}/x", *only), "--only says which"),
                        (("--format", "jks", *only), "--out FILE"),
                        ((f"{folder}/nowhere",), "No such file")):
        done = trust("export", *words)
        ok(done.rc and says in done.err, f"wrong words: {says}", done)


def test_export_in_use():
    """Java connects with our stores to the server of their CA, and to no other."""
    ours, others = Ca(f"{folder}/use-ca"), Ca(f"{folder}/other-ca")
    both = put(f"{folder}/mixed.pem", read(ours.pem) + read(f"{ours.folder}/ca.key"))
    words, wanted = [], []
    for kind in ("JKS", "PKCS12"):
        for pem, says in ((both, "1 accepts"), (others.pem, "1 refuses")):
            path = f"{folder}/use-{len(words)}"
            done = trust("export", "--format", kind.lower(), "--out", path, pem)
            ok(done.rc == 0 and b"PRIVATE" not in bytes_of(path), "exported", done)
            words += [kind, path]
            wanted.append(says)
    port = free_port()
    cert, key = ours.leaf("IP:127.0.0.1")
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", cert,
                               "-key", key, "-quiet"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: command("openssl", "s_client", "-connect", f"127.0.0.1:{port}").rc == 0)
        said = tool("java", put(f"{folder}/Trust.java", JAVA), str(port), *words, env=ENV,
                    timeout=120).splitlines()
    finally:
        server.kill()
        server.wait()
    same(said, wanted, "D11: Java trusts what is in our store, and nothing else")


def test_export_go():
    if not shutil.which("go"):
        return skip("Go", "no go here")
    bundle = exported("go.pem", import_all(f"{folder}/go.jks", made_go(), "-storetype", "JKS"))
    put(f"{folder}/go/main.go", """package main
import ("crypto/x509"; "fmt"; "os")
func main() {
	text, _ := os.ReadFile(os.Args[1])
	pool := x509.NewCertPool()
	fmt.Println(pool.AppendCertsFromPEM(text), len(pool.Subjects()))
}
""")
    said = tool("go", "run", f"{folder}/go/main.go", bundle, timeout=180,
                env={**os.environ, "GOFLAGS": "-mod=mod"})
    same(said.split(), ["true", "2"], "Go reads a PEM made of a JKS")
    return None


def made_go():
    return [Ca(f"{folder}/go-ca{i}") for i in range(2)]


def test_java_elsewhere():
    """A user's JDK doesn't say which of the system's other files is changed."""
    ca, other = Ca(f"{folder}/mine"), Ca(f"{folder}/clients")
    cacerts = f"{HOME}/.jdks/x/lib/security/cacerts"
    os.makedirs(os.path.dirname(cacerts))
    os.symlink(other.pem, cacerts)
    done = trust("add", ca.pem, "--java", "--dry-run", "--json")
    row = [r for r in json.loads(done.out)["stores"] if r["path"] == cacerts]
    ok(row and row[0]["outcome"] == "left", "a link to PEM is no store of Java's", row, done)
    os.unlink(cacerts)
    store = import_all(cacerts, [other])
    for uid, outcome in ((0, "would"), (65534, "left")) if ROOT else ():
        os.chown(os.path.dirname(cacerts), uid, 0)
        done = trust("add", ca.pem, "--java", "--dry-run", "--json")
        row = [r for r in json.loads(done.out)["stores"] if r["path"] == store]
        ok(row and row[0]["outcome"] == outcome, f"… nor is another's: {uid}", row, done)
    shutil.rmtree(f"{HOME}/.jdks")


def test_settings_once():
    """What several bundles' users have to set is one line."""
    at = "lib/python3/site-packages/pip/_vendor/certifi"
    for name in ("one", "two"):
        put(f"{HOME}/{name}/{at}/cacert.pem", read("/etc/ssl/certs/ca-certificates.crt"))
    done = trust("add", Ca(f"{folder}/settings").pem, "--all", "--dry-run")
    ok(done.out.count("export PIP_CERT=") == 1 and re.search(r"and \d+ more\n *export PIP", done.out),
       "a setting for several bundles is told once", done)
    for name in ("one", "two"):
        shutil.rmtree(f"{HOME}/{name}")


def test_many():
    """D11: a JKS of 10,000 entries is no trouble, neither to us nor to keytool."""
    ca = Ca(f"{folder}/many")
    one = ssl.PEM_cert_to_DER_cert(read(ca.pem))
    at = one.index(b"test CA")
    # Other issuers, and so other certificates; nobody asks here whether the signatures fit.
    ders = [one[:at] + b"%07d" % i + one[at + 7:] for i in range(10000)]
    put(f"{folder}/many.pem", "".join(ssl.DER_cert_to_PEM_cert(d) for d in ders))
    path = exported("many.jks", "--format", "jks", f"{folder}/many.pem")
    said = keytool("-list", "-alias", "test-ca.10000", "-keystore", path, "-storepass", "changeit")
    ok(fingerprint(ssl.DER_cert_to_PEM_cert(ders[-1])) in said.replace(":", ""),
       "keytool finds the last of 10,000", said)
    began = time.monotonic()
    same(stores(path)[path]["anchors"], 10000, "and so do we")
    note(f"read in {time.monotonic() - began:.1f} s")


# These are slow, and what they run of ours the others run under the sanitizers.
slow = (test_python, test_silent_program, test_export_in_use, test_export_go, test_many)
os.makedirs(HOME)
try:
    run(test_keytool, test_keys_are_no_anchors, test_unmarked, test_password, test_damage, test_jdk,
        test_java_elsewhere, test_settings_once, test_nss, test_layouts, test_this_system,
        test_node, test_ruby, test_named, test_roots, test_audit,
        test_export, *(() if sanitized() else slow))
finally:
    shutil.rmtree(folder, ignore_errors=True)
finish()
