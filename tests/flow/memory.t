#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: it reads the memory of all processes
"""Where the private keys are not: the memory of every process is searched for them, as root can."""
import base64
import os
import re
import ssl
import subprocess
import sys
import time
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash  # noqa: E402
import mysql  # noqa: E402
from door import ROOT, Door, Terminal, command, read  # noqa: E402
from tap import finish, note, ok, run, same  # noqa: E402

if not ROOT:
    print("1..0 # SKIP it takes root to read the memory of all processes")
    sys.exit(0)

HANDSHAKES = 200
door = None


def forms_of(path):
    """A private key as it may lie in memory: its number in both byte orders, its DER, its PEM."""
    pem = read(path)
    text = command("openssl", "pkey", "-in", path, "-noout", "-text").out
    scalar = bytes.fromhex(re.search(r"priv:\s+([0-9a-f:\s]+)pub:", text)[1]
                           .replace(":", "").replace(" ", "").replace("\n", ""))
    body = "".join(line for line in pem.splitlines() if "-" not in line)
    # What is before the number in the DER is the same for all keys of the kind.
    return {"big-endian": scalar[-32:], "little-endian": scalar[-32:][::-1],
            "DER": base64.b64decode(body)[-100:], "PEM": pem.splitlines()[2][:48].encode()}


def handshakes(version, n):
    ctx = mysql.context(door.ca, version, version)
    for _ in range(n):
        client = door.client()
        client.start_tls(ctx).close()


def test_handshakes():
    before = door.status()["handshakes"]
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        threads = [threading.Thread(target=handshakes, args=(version, HANDSHAKES // 4))
                   for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    door.idle()
    after = door.status()["handshakes"]
    for v in ("TLSv1.2", "TLSv1.3"):
        ok(after[v]["full"] - before[v]["full"] >= HANDSHAKES, f"{HANDSHAKES} handshakes of {v}",
           before, after)
    door.mariadb("-e", "SELECT 1")
    door.query("SELECT 1")


def search(needles, name, roles=("relay", "parent", "engine", "keys")):
    for role in roles:
        for pid in door.pids(role):
            found, size = crash.searched(pid, needles)
            ok(found == [] and size > 1 << 20, f"{name} is not in the memory of {role}",
               f"found as {found} in {size} bytes")


def test_server_key():
    needles = forms_of(f"{door.state}/keys/server.key")
    found, size = crash.searched(door.pids("keys")[0], needles)
    ok(set(found) & {"big-endian", "little-endian"},
       "T3: control: the server's private key is found in the memory of keys", found, size)
    ok("PEM" not in found, "T3: but not as the file it was read from", found)
    note(f"keys holds it as: {', '.join(found)}")
    search(needles, "T3: the server's private key", ("relay", "parent", "engine"))


def test_ca_key():
    path = next(os.path.join(f"{door.state}/ca", f) for f in os.listdir(f"{door.state}/ca")
                if "PRIVATE KEY" in read(os.path.join(f"{door.state}/ca", f)))
    needles = forms_of(path)
    # The search itself must be able to find it.
    holder = subprocess.Popen([sys.executable, "-c", "import sys\nx = open(sys.argv[1], 'rb')"
                               ".read()\nprint(flush=True)\nsys.stdin.read()", path],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    found, _ = crash.searched(holder.pid, needles)
    holder.kill()
    holder.wait()
    ok("PEM" in found, "control: the CA's key is found in a process that read it", found)
    search(needles, "T3: the CA's private key")


def test_password():
    """It is never sent: mysql_native_password proves it."""
    password = door.password.encode()
    found, _ = crash.searched(os.getpid(), {"password": password})
    ok(found, "control: root's password is found in the client that knows it")
    search({"password": password, "wide": password.decode().encode("utf-16-le")},
           "root's password")


def test_password_on_terminal():
    """Shown on a terminal, it went through the parent's output buffers."""
    with Door(start=False) as shown:
        terminal = Terminal(*shown.up_words()[:-2])
        try:
            ok(terminal.wait_for("       more ", 90), "a door on a terminal", terminal.text)
            password = re.search(r"root password\s+(\S+)", terminal.text)[1]
            # The line is there a moment before the parent has wiped what it was made of.
            for _ in range(20):
                found, size = crash.searched(terminal.pid, {"password": password.encode()})
                if not found:
                    break
                time.sleep(0.1)
            ok(found == [] and size > 1 << 20,
               "root's password, shown on a terminal, is not in the memory of parent", found)
        finally:
            terminal.type("\x03")
            same(terminal.end(60), 0, "Ctrl-C ends it")
            terminal.close()


def test_administrator():
    """The parent alone knows dbtls's own administrator's; it is found by its form."""
    form = re.compile(rb"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
    known = set()
    for part in crash.memory(door.pids("parent")[0]):
        known |= set(form.findall(part))
    ok(known, "control: the parent knows the administrator's password")
    search({k.decode(): k for k in known}, "the administrator's password", ("relay", "keys"))


if __name__ == "__main__":
    with Door() as door:
        run(test_handshakes, test_server_key, test_ca_key, test_password, test_administrator)
    run(test_password_on_terminal)
    finish()
