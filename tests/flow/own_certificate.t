#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""An endpoint with a certificate of the operator's own, and how it comes to the next one."""
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash
from door import DBTLS, ROOT, Door, Serve, command, free_port, read, sanitized
from tap import finish, note, ok, run, same, skip, until

NAME, SECOND = "shop.dbtls.test", "two.dbtls.test"
EC, EC384 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ("ec", "-pkeyopt",
                                                            "ec_paramgen_curve:P-384")
P521 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-521")
folder = back = None


def path(name):
    return f"{folder}/{name}"


def openssl(*words):
    done = command("openssl", *words, cwd=folder, timeout=60)
    if done.rc:
        raise RuntimeError(f"openssl {' '.join(words)}: {done}")
    return done.out


def issue(name, by=None, days=90, key=EC, names=(NAME, "IP:127.0.0.1"), ca=False, more=(),
          usage="serverAuth"):
    """name.pem and name.key: certified by another of these, or by itself."""
    words = ["-addext", f"basicConstraints=critical,CA:{'TRUE' if ca else 'FALSE'}"]
    if not ca:
        listed = ",".join(n if ":" in n else f"DNS:{n}" for n in names)
        words += ["-addext", f"extendedKeyUsage={usage}"]
        words += ["-addext", f"subjectAltName={listed}"] if names else []
    if by and days > 0:
        words += ["-CA", f"{by}.pem", "-CAkey", f"{by}.key"]
    openssl("req", "-x509", "-config", "config", "-subj", f"/CN=the {name}",
            "-days", str(max(days, 1)),
            "-newkey", *key, "-noenc", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            *words, *more)
    if days < 1:
        os.rename(path(f"{name}.pem"), path("good.pem"))
        openssl("x509", "-in", "good.pem", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-days",
                str(days), "-out", f"{name}.pem")


def chain(name, *behind, to=None):
    """The files of a pair, as an operator has them: name.chain has the intermediates."""
    with open(path(f"{to or name}.new"), "w") as f:
        f.writelines(read(path(f"{n}.pem")) for n in (name, *behind))
    os.rename(path(f"{to or name}.new"), path(f"{to or name}.chain"))
    if to:
        shutil.copy(path(f"{name}.key"), path(f"{to}.new"))
        os.rename(path(f"{to}.new"), path(f"{to}.key"))


def line(name, ca="root"):
    return f"certificate {path(name)}.chain {path(name)}.key" + (f" ca {path(ca)}.pem" if ca else "")


def make_all():
    with open(path("config"), "w") as f:
        f.write("[req]\ndistinguished_name = dn\n[dn]\n")
    issue("root", ca=True)
    issue("between", by="root", ca=True)
    issue("other", ca=True)
    issue("ec", by="between")
    issue("ec384", by="between", key=EC384)
    issue("rsa", by="between", key=("rsa:2048",))
    issue("direct", by="root")
    for name in ("ec", "ec384", "rsa"):
        chain(name, "between")
    chain("direct")


def over():
    return f"127.0.0.1:{back.port} ca {back.ca}"


def serve(*lines, **more):
    return Serve(over(), *lines, **more)


def shown(door, *words, ca="root", name=NAME, port=None):
    """What a client sees that verifies: the result of openssl, and the leaf's serial."""
    done = command("openssl", "s_client", "-starttls", "mysql", "-connect",
                   f"127.0.0.1:{port or door.port}", "-CAfile", path(f"{ca}.pem"),
                   "-verify_return_error", "-verify_hostname", name, "-showcerts", *words,
                   timeout=20)
    leaf = command("openssl", "x509", "-noout", "-serial", stdin=done.out)
    return done, leaf.out.strip()


def serial(name):
    return openssl("x509", "-noout", "-serial", "-in", f"{name}.pem").strip()


def is_shown(door, name, what):
    done, got = shown(door)
    ok(done.rc == 0 and got == serial(name), what, done.err, got, serial(name), door.tail())


def test_kinds():
    for name, algorithm in (("ec", "ECDSA"), ("ec384", "ECDSA"), ("rsa", "RSA")):
        with serve(line(name)) as door:
            for version in ("-tls1_2", "-tls1_3"):
                done, got = shown(door, version)
                ok(done.rc == 0 and got == serial(name), f"{name} {version}: verified", done.err)
                same(done.out.count("BEGIN CERTIFICATE"), 2,
                     f"{name} {version}: leaf and intermediate are sent, and no root")
                ok(re.search(rf"Peer signature type: .*{algorithm}|signature type: {algorithm}",
                             done.out), f"{name} {version}: signed by {algorithm}", done.out[-1500:])
            checked = command("openssl", "verify", "-CAfile", path("root.pem"), "-untrusted",
                              path("between.pem"), "-purpose", "sslserver", "-verify_hostname",
                              NAME, path(f"{name}.pem"))
            same(checked.rc, 0, f"{name}: openssl verify agrees", checked)
            done = door.mariadb(f"--ssl-ca={path('root.pem')}", "-e", "SELECT 'in'",
                                password=back.password)
            same(done.out, "in\n", f"{name}: mariadb logs in, verified", done)
            ok(not os.path.exists(f"{door.state}/server.pem"), f"{name}: our CA issued none")


def test_who_needs_what():
    with serve(line("ec")) as door:
        status = door.status()
        same(status["certificate"]["file"], path("ec.chain"), "status names the file")
        same(status["certificate"]["names"], [NAME, "127.0.0.1"], "and what it vouches for")
        ok("ca" not in status, "a CA of ours, which nobody needs, is not made", status.get("ca"))
        same(status["endpoints"][0]["ca"], path("root.pem"), "and the CA that clients need")
        ok(status["certificate"]["days_left"] in (89, 90), "and how long it is good",
           status["certificate"])
        told = json.loads(door.dbtls("connect", "mariadb", "--json").out)
        same((told["ca"], told["host"]), (path("root.pem"), NAME), "connect names CA and host")
        saved = door.dbtls("connect", "pymysql", "--save", path("saved"))
        ok(saved.rc == 0 and read(path("saved/ca.pem")).strip() == read(path("root.pem")).strip(),
           "a saved project has that CA", saved)
        told = door.dbtls("ca", "export")
        ok(told.rc == 1 and "no CA" in told.err and told.err.endswith(f"need {path('root.pem')}\n"),
           "ca export: there is none of ours, and which file clients need", told)
        metrics = door.dbtls("metrics").out
        until_ = re.search(r'certificate_not_after_seconds\{endpoint="default"\} (\d+)', metrics)
        ok(until_ and abs(int(until_[1]) - time.time() - 90 * 86400) < 3600,
           "metrics say when it ends", metrics[:800])
        ok("\ndbtls_ca_not_after_seconds" not in metrics, "and nothing of a CA that is not there")
        screen = door.dbtls("status").out
        ok(path("ec.chain") in screen and "CA " not in screen, "the screen too", screen)
        ok(f"{path('ec.chain')}, until" in door.out(), "and the banner", door.out())
    os.environ["SSL_CERT_FILE"] = path("root.pem")
    try:
        with serve(line("ec", ca=None)) as door:
            is_shown(door, "ec", "a public CA needs not be named")
            told = json.loads(door.dbtls("connect", "mariadb", "--json").out)
            same(told["ca"], path("root.pem"), "connect then names the system's store")
            told = door.dbtls("ca", "export")
            ok(told.err.endswith(f"need what their system trusts, here {path('root.pem')}\n"),
               "and ca export", told)
    finally:
        del os.environ["SSL_CERT_FILE"]


def test_relative():
    """What the file names from the door's folder, whoever asks finds from theirs."""
    lines = "certificate ec.chain ec.key ca root.pem"
    with serve(lines, inside=("env", "-C", folder)) as door:
        told = json.loads(door.dbtls("connect", "mariadb", "--json").out)
        same(told["ca"], path("root.pem"), "a relative CA: connect has its whole path")
        status = door.status()
        same((status["endpoints"][0]["ca"], status["certificate"]["file"]),
             (path("root.pem"), path("ec.chain")), "and so has status")
    with serve(lines, "protocol tls", inside=("env", "-C", folder)) as door:
        ok(f"-CAfile {path('root.pem')} " in door.out(),
           "of a service that is no MySQL the banner's line to try has it", door.out())
        done = door.dbtls("connect")
        ok(path("root.pem") in done.err, "and connect names it", done)


def test_two_endpoints():
    second = free_port()
    lines = (line("rsa"), "endpoint b", f"listen 127.0.0.1:{second}", f"name {SECOND}",
             "client-certificate optional", f"upstream {over()}")
    with serve(*lines, first="endpoint a") as door:
        is_shown(door, "rsa", "T19: one has its own")
        done = command("openssl", "s_client", "-starttls", "mysql", "-connect",
                       f"127.0.0.1:{second}", "-CAfile", door.ca, "-verify_return_error",
                       "-verify_hostname", SECOND)
        same(done.rc, 0, "T19: the other that of our CA", done)
        told = door.dbtls("ca", "export")
        same((told.rc, told.out), (0, read(door.ca)), "T7: ca export prints that", told)
        same(told.err, "note: endpoint a has a certificate of its own: its clients need "
             f"{path('root.pem')}\n", "and says that clients of the first need another")
        same(len(set(door.pids("keys"))), 1, "T19: one process holds both keys")


def test_clients_of_ours():
    with serve(line("ec"), "client-certificate required") as door:
        issued = door.dbtls("ca", "issue", "--client", "app1", "--out", path("app1.pem"))
        same(issued.rc, 0, "T18: our CA still issues clients' certificates", issued)
        done = door.mariadb(f"--ssl-ca={path('root.pem')}", f"--ssl-cert={path('app1.pem')}",
                            f"--ssl-key={path('app1.pem.key')}", "-e", "SELECT 'in'",
                            password=back.password)
        same(done.out, "in\n", "T18: and lets them in at a door with a certificate of one's own",
             done, door.tail())


# ---- what is refused

def refused(name, wanted, lines, also_n=True):
    conf = path("wrong.conf")
    with open(conf, "w") as f:
        f.writelines(f"{one}\n" for one in (f"listen 127.0.0.1:{free_port()}",
                                            f"upstream {over()}", *lines))
    state = path("state-wrong")
    if also_n:
        done = command(DBTLS, "serve", "-n", "-c", conf, "--state", state)
        ok(done.rc and wanted in done.err, f"serve -n: {name}", done)
    done = command(DBTLS, "serve", "-c", conf, "--state", state, timeout=30)
    ok(done.rc > 0 and wanted in done.err, f"the door does not start: {name}", done)


def write(name, text, mode=0o600):
    with open(path(name), "w") as f:
        f.write(text)
    os.chmod(path(name), mode)


def test_refused():
    refused("without its intermediate", "fullchain.pem", [line("lone")])
    refused("of a CA that is not the system's", "is not in", [line("ec", ca=None)])
    refused("of another CA than named", "which is not in", [line("ec", ca="other")])
    refused("out of order", "is not certified by what stands behind", [line("mixed")])
    refused("expired", "has expired", [line("expired")])
    refused("a client's", "Server Authentication", [line("client")])
    refused("without a name", "names no host", [line("nameless")])
    refused("that lacks a name", f"does not name {SECOND}, third.test:",
            [line("ec"), f"name {NAME}", f"name {SECOND}", "name third.test"])
    refused("RSA of 1024 bits", "key too weak", [line("short")])
    refused("no certificate in it", "holds 0 certificates", [line("empty")])
    refused("a broken one", "read a certificate", [line("broken")])
    refused("a file that is not there", "No such file", [line("nothing")])
    refused("a key that all may read", "chmod 600", [line("open")])
    refused("a key that is a folder", "is no file",
            [f"certificate {path('ec.chain')} {folder} ca {path('root.pem')}"])
    refused("another's key", "is not that of the certificate",
            [f"certificate {path('ec.chain')} {path('rsa.key')} ca {path('root.pem')}"], False)
    refused("a key with a passphrase", "without a passphrase", [line("locked")], False)
    refused("no key in it", "no private key",
            [f"certificate {path('ec.chain')} {path('empty.key')} ca {path('root.pem')}"], False)
    for name in ("p521", "ed25519"):
        refused(name, "of another kind than EC P-256, EC P-384 or RSA", [line(name)], False)
    refused("one file alone", "write two files", [f"certificate {path('ec.chain')}"])
    refused("a fourth word", "write two files", [f"{line('ec')} more"])
    refused("another word than ca", "write two files", [line("ec").replace(" ca ", " caa ")])
    refused("ca without a file", '"ca" needs a value', [line("ec").removesuffix(path("root.pem"))])


def make_wrong():
    chain("ec", to="lone")
    chain("ec", to="mixed")
    with open(path("mixed.chain"), "w") as f:
        f.write(read(path("between.pem")) + read(path("ec.pem")))
    issue("expired", by="root", days=-1)
    issue("client", by="root", usage="clientAuth")
    issue("nameless", by="root", names=())
    issue("short", by="root", key=("rsa:1024",))
    issue("open", by="root")
    issue("p521", by="root", key=P521)
    issue("ed25519", by="root", key=("ed25519",))
    for name in ("expired", "client", "nameless", "short", "open", "p521", "ed25519"):
        chain(name)
    os.chmod(path("open.key"), 0o644)
    chain("direct", to="locked")
    openssl("ec", "-in", "direct.key", "-aes128", "-passout", "pass:x", "-out", "locked.key")
    write("empty.chain", "")
    write("empty.key", "")
    chain("ec", to="broken")
    write("broken.chain", read(path("broken.chain")).replace("MII", "!!!", 1))


# ---- the next one

def test_renewed():
    """As certbot does: new files under the same names."""
    issue("first", by="between", days=30)
    chain("first", "between", to="live")
    with serve(line("live")) as door, door.client() as kept:
        kept.tls_ca = None
        keys = door.pids("keys")
        is_shown(door, "first", "the first is shown")
        issue("next", by="between", days=90)
        chain("next", "between", to="live")
        is_shown(door, "first", "new files are looked at by a reload alone")
        os.kill(keys[0], signal.SIGKILL)
        ok(until(lambda: door.pids("keys") not in ([0], keys), 10), "the key process comes back")
        ok(until(lambda: shown(door)[0].rc == 0, 10), "and has the key", door.tail())
        is_shown(door, "first", "… that goes with what is in force, not with what lies there now")
        done = door.dbtls("reload")
        same(done.rc, 0, "a renewed pair with a new key is taken", done)
        is_shown(door, "next", "and shown")
        os.kill(door.pids("keys")[0], signal.SIGKILL)
        ok(until(lambda: shown(door)[1] == serial("next"), 10),
           "the key process, killed again, has the new one", door.tail())
        same(door.dbtls("reload").rc, 0, "the same once more is no worse")
        return worse(door)


def stays(door, what, wanted, *words):
    done = door.dbtls("reload", *words)
    ok(done.rc == 1 and wanted in done.err, f"{what}: refused, and says why", done)
    is_shown(door, "next", f"{what}: the old one stays")


def serving(door):
    return sorted(p["pid"] for p in door.status()["processes"]
                  if p["role"] == "relay" and not p["drains"])


def worse(door):
    relays = serving(door)
    for name, wanted, more, behind in (
            ("sooner", "ends before", {"days": 60}, ("between",)),
            ("fewer", "does not name 127.0.0.1", {"names": (NAME,)}, ("between",)),
            ("weaker", "key is weaker: 112 bits", {"key": ("rsa:2048",)}, ("between",)),
            ("foreign", "is not in", {"by": "other"}, ()),
            ("late", "has expired", {"days": -1}, ("between",))):
        issue(name, **{"by": "between", "days": 100, **more})
        chain(name, *behind, to="live")
        stays(door, name, wanted)
    same(door.dbtls("reload").rc, 1, "it is refused each time")
    os.remove(path("live.key"))
    stays(door, "a key that is gone", "No such file")
    chain("next", "between", to="live")
    shutil.copy(path("rsa.key"), path("live.key"))
    stays(door, "a key of another", "is not that of")
    stays(door, "… also if one insists", "is not that of", "--insist")
    same(serving(door), relays, "no relay was replaced by any of it")
    chain("sooner", "between", to="live")
    stays(door, "one that ends sooner", "--insist")
    done = door.dbtls("reload", "--insist")
    same(done.rc, 0, "whoever insists has it", done)
    is_shown(door, "sooner", "and shows it")
    ok("insisted upon" in door.log(), "the log has that")
    issue("elsewhere", by="other", days=120)
    chain("elsewhere", to="live")
    conf = f"{door.folder}/door.conf"
    text = read(conf)
    with open(conf, "w") as f:
        f.write(text.replace(path("root.pem"), path("other.pem")))
    done = door.dbtls("reload")
    ok(done.rc == 1 and "another CA" in done.err, "another CA is refused", done)
    is_shown(door, "sooner", "and the old one stays")
    same(door.dbtls("reload", "--insist").rc, 0, "unless one insists")
    done, got = shown(door, ca="other")
    same((done.rc, got), (0, serial("elsewhere")), "then clients need the other", done)


def test_soon():
    issue("soon", by="between", days=5)
    chain("soon", "between")
    with serve(line("soon")) as door:
        ok("ends in 4 days" in door.log() or "ends in 5 days" in door.log(),
           "one that ends soon is taken, and the log warns", door.log())


def test_forgotten():
    """A key that no plan uses is not kept: the key process of today can't sign with it."""
    issue("x1", by="between")
    chain("x1", "between", to="live")
    with serve(line("live")) as door:
        issue("x2", by="between", days=91)
        chain("x2", "between", to="live")
        same(door.dbtls("reload").rc, 0, "another key")
        ok(until(lambda: "no longer in use is forgotten" in door.log(), 90, 1),
           "the one before is forgotten after a minute", door.tail())
        is_shown(door, "x2", "the new one is not")


def test_upgrade():
    """The version that comes has the keys of relays of before, also if it can't go over yet."""
    issue("u1", by="between")
    chain("u1", "between", to="live")
    with serve(line("live")) as door:
        shutil.copy(path("rsa.key"), path("other.new"))
        os.rename(path("other.new"), path("live.key"))
        keys = door.pids("keys")
        done = door.dbtls("upgrade", timeout=60)
        ok(done.rc == 1 and "is not that of" in done.err, "an upgrade meets another's key", done)
        ok(until(lambda: [p for p in crash.children(door.process.pid, "dbtls-keys")
                          if p not in keys], 10),
           "it has a key process of its own", door.tail())
        same(door.status()["ok"], True, "status answers meanwhile")
        for _ in range(8):
            is_shown(door, "u1", "and relays of before go on with the one in force")
        chain("u1", "between", to="live")
        same(door.dbtls("reload", timeout=60).rc, 0, "mended, it goes over")
        is_shown(door, "u1", "with the same certificate")
        same(door.dbtls("upgrade", timeout=60).rc, 0, "the next upgrade meets nothing")
        is_shown(door, "u1", "and shows it, too")
        door.remember()


def private_bytes(name):
    text = openssl("pkey", "-in", f"{name}.key", "-noout", "-text")
    digits = re.search(r"priv:\s+([0-9a-f:\s]+)pub:", text)[1]
    return bytes.fromhex(re.sub(r"[:\s]", "", digits))[-32:]


def test_nobody_else_has_it():
    with serve(line("ec")) as door:
        shown(door)
        secret = private_bytes("ec")[::-1]  # as a number lies in memory here
        base64 = read(path("ec.key")).splitlines()[1].encode()[4:]
        for role in ("parent", "relay", "keys"):
            for pid in door.pids(role):
                found, size = crash.searched(pid, {"number": secret, "file": base64})
                same(found, ["number"] if role == "keys" else [],
                     f"T3: {role}: the key is in the key process alone, its file nowhere", size)


def main():
    global folder, back
    folder = tempfile.mkdtemp(prefix="dbtls-own-", dir="/tmp")
    os.chmod(folder, 0o755)
    try:
        make_all()
        make_wrong()
        with Door(listen=("127.0.0.1",)) as back:
            run(test_kinds, test_who_needs_what, test_relative, test_two_endpoints, test_clients_of_ours,
                test_refused, test_renewed, test_soon, test_upgrade,
                test_forgotten)
            if sanitized():
                note("who has the key in memory: that of ASan is too large to be searched")
            elif ROOT:
                run(test_nobody_else_has_it)
            else:
                skip("T3: who has the key in memory", "only root can look")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
