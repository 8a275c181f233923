#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""The door's certificate renews itself, and follows the host's names and addresses."""
import os
import re
import shutil
import ssl
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import crash
import mysql
from door import ROOT, Door, command, read
from tap import finish, note, ok, run, same, skip, until

SPACE = f"dbtls-{os.getpid()}"  # a network of the door's own
INSIDE = ("nsenter", f"--net=/run/netns/{SPACE}")  # `ip netns exec` would remount /sys
# An address of RFC 5737's that the host gets while the door runs.
LATER = "203.0.113.9"


def show(pem, *words):
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as f:
        f.write(pem)
        f.flush()
        return command("openssl", "x509", "-in", f.name, "-noout", *words).out


def served(door, **more):
    """The certificate that a new handshake sees."""
    with door.client(**more) as client:
        client.start_tls()
        return ssl.DER_cert_to_PEM_cert(client.tls.getpeercert(True))


def serial(pem):
    return show(pem, "-serial").strip()


def test_renewal():
    with Door("--certificate-life", "60s") as door:
        ca, first = read(door.ca), served(door)
        facts = show(first, "-dates")
        note(facts)
        began = time.monotonic()
        session = door.login()
        ticket_ctx = mysql.context(door.ca, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
        with door.client() as client:
            client.start_tls(ticket_ctx)
            ticket = client.tls.session
        # Less than a third of its life is left after 40 s; the door looks every 5 s.
        renewed = until(lambda: serial(served(door)) != serial(first), 75, 1)
        took = time.monotonic() - began
        ok(renewed and took > 20, "T16: a certificate of 60 s is renewed before its end", took)
        note(f"renewed after {took:.0f} s")
        ok(took < 60, "T16: … in time", took)
        second = served(door)
        ok(session.ping() and session.query("SELECT 1") == [["1"]],
           "T16: … a session that is open goes on")
        same(read(door.ca), ca, "T16: … under the same CA")
        same(serial(read(os.path.join(door.state, "server.pem"))), serial(second),
             "T16: … and it is the one in the state folder")
        same("serial=" + door.status()["certificate"]["serial"].lstrip("0"),
             serial(second).replace("=0", "=", 1), "T16: … and in status")
        ok(re.search(r"certificate issued, serial", door.log()), "T16: … and in the log")
        with door.client() as client:
            client.start_tls(ticket_ctx, session=ticket).authenticate("root", door.password)
            ok(client.tls.session_reused and client.ping(),
               "T1: … tickets of before are taken still")
        until(lambda: time.monotonic() > began + 62, 62, 1)
        ok(session.ping(), "T16: … and goes on after the old one's end")
        session.quit()
        done = door.mariadb("-e", "SELECT 'new'")
        same(done.out, "new\n", "T16: a client that verifies gets in after the old one's end", done)
        same(door.stop(), 0, "T16: the door ends with 0")
        settings = read(os.path.join(door.state, "settings"))
        ok('"certificate-life": "60s"' in settings, "T16: the life persists", settings)


def issued(door):
    """How many certificates the log tells of."""
    return door.log().count("certificate issued, serial ")


def refusals(door):
    """Relays that could not take a certificate."""
    return set(re.findall(r"relay\[(\d+)\] refused message", door.log()))


def on_disk(door):
    return serial(read(os.path.join(door.state, "server.pem")))


def everywhere(door, wanted):
    """Twenty handshakes in a row show it: whichever relay they come to."""
    return all(serial(served(door)) == wanted for _ in range(20))


def try_keys_hang(door):
    relays = {str(pid) for pid in door.pids("relay")}
    with door.login() as session:
        with crash.stopped(*door.pids("keys")):
            renewed = until(lambda: issued(door) == 2, 60, 0.2)
            ok(renewed and until(lambda: refusals(door) >= relays, 20, 0.2),
               "T16: keys hangs over a renewal: no relay takes what it can't try", door.tail())
        wanted = on_disk(door)
        ok(until(lambda: everywhere(door, wanted), 20, 0.5),
           "T16: … keys goes on: within 20 s all relays have the new one", door.tail())
        ok(session.ping() and {str(pid) for pid in door.pids("relay")} == relays,
           "T16: … for which nobody had to go")


def try_other_ca(door):
    """ca/ is lost while ca.pem is there: clients trust that one."""
    old, ca, served_before = on_disk(door), read(door.ca), issued(door)
    kept = os.path.join(door.folder, "ca-kept")
    shutil.copytree(f"{door.state}/ca", kept)
    for name in os.listdir(f"{door.state}/ca"):
        os.unlink(f"{door.state}/ca/{name}")
    sentence = (f"the CA in {door.state}/ca is not the one of {door.ca}, which clients were "
                "given: put the old folder back; or delete ca.pem, and give every client the "
                "new one")
    ok(until(lambda: sentence in door.log(), 60, 0.2),
       "T16: the CA's key was lost: the next renewal is refused, in a sentence", door.tail())
    ok(everywhere(door, old), "T16: … and the old certificate stays in use")
    same((read(door.ca), on_disk(door), issued(door)), (ca, old, served_before),
         "T16: … on disk too")
    os.unlink(door.ca)
    ok(until(lambda: issued(door) > served_before, 20, 0.2),
       "T16: … without ca.pem the new CA is taken", door.tail())
    ok(until(lambda: everywhere(door, on_disk(door)), 10, 0.5) and read(door.ca) != ca,
       "T16: … and clients that have its ca.pem get in", door.tail())


def try_lost_key(door):
    old = door.status()["certificate"]["fingerprint"], on_disk(door)
    path = f"{door.state}/keys/server.key"
    was = read(path)
    os.unlink(path)
    began = time.monotonic()
    with door.login() as session:
        crash.kill(door.pids("keys")[0])
        ok(until(lambda: on_disk(door) != old[1], 15, 0.2) and
           crash.answers(door, 15 - (time.monotonic() - began)),
           "T16: the server's key was lost: within 15 s a login works again", door.tail())
        note(f"after {time.monotonic() - began:.1f} s")
        ok(session.ping(), "T16: … who was inside stays")
    ok("PRIVATE KEY" in read(path) and read(path) != was, "T16: … with another key")
    ok(until(lambda: everywhere(door, on_disk(door)), 10, 0.5),
       "T16: … and a certificate for it")
    ok(door.status()["certificate"]["fingerprint"] != old[0], "T16: … as status tells")


def test_trouble():
    """What goes wrong around a renewal, on a door whose certificate lives for a minute."""
    with Door("--certificate-life", "60s") as door:
        run(lambda: try_keys_hang(door), lambda: try_other_ca(door), lambda: try_lost_key(door),
            on_failure=door.tail)
        same(door.stop(), 0, "T16: the door ends with 0")


def test_bad_life():
    with Door(start=False) as door:
        for life in ("59s", "0d", "399d", "1y", "-1d", "99999999999999999999d", ""):
            done = command(*door.up_words("--certificate-life", life), timeout=30)
            ok(done.rc != 0 and done.err.count("\n") == 1 and "certificate-life" in done.err,
               f"T16: --certificate-life {life!r} is refused in one sentence", done)
        ok(not os.path.exists(door.ca), "T16: … before anything is made")


def covers(pem, *names):
    text = show(pem, "-ext", "subjectAltName")
    return all(f":{n}," in text.replace("\n", ",") for n in names)


def test_new_name():
    """A door in a network and under a host name of its own."""
    inside = (*INSIDE, "unshare", "-u", "sh", "-c",
              'hostname first.dbtls.test && exec "$@"', "sh")
    with Door("--name", "given.example", "--certificate-life", "120s", listen=["127.0.0.1"],
              start=False) as door:
        door.start_as([*inside, *door.up_words()])
        ca = read(door.ca)
        server = os.path.join(door.state, "server.pem")
        first = read(server)
        ok(covers(first, "first.dbtls.test", "given.example", "localhost", "127.0.0.1"),
           "T7: the certificate holds this host's names", show(first, "-ext", "subjectAltName"))
        command("nsenter", "-t", str(door.process.pid), "-u", "hostname", "second.dbtls.test")
        command(*INSIDE, "ip", "addr", "add", f"{LATER}/24", "dev", "lo")
        # A new one is made once in a sixth of its life at most, which is 20 s here.
        found = until(lambda: covers(read(server), "second.dbtls.test", LATER), 40, 0.5)
        ok(found, "T7: a new name and a new address of the host lead to a new certificate",
           show(read(server), "-ext", "subjectAltName"))
        ok(covers(read(server), "given.example"), "T7: … that holds what --name gave")
        names = door.status()["certificate"]["names"]
        ok("second.dbtls.test" in names and LATER in names, "T7: … and status names them", names)
        done = command(*INSIDE, "openssl", "s_client", "-starttls", "mysql", "-connect",
                       f"127.0.0.1:{door.port}", "-CAfile", door.ca, "-verify_hostname",
                       "second.dbtls.test", "-verify_return_error", timeout=20)
        ok("Verify return code: 0 (ok)" in done.out, "T7: … and clients verify it", done)
        same(read(door.ca), ca, "T7: the CA stays")
        same(door.stop(), 0, "T7: the door ends with 0")


run(test_bad_life, test_renewal, test_trouble)
if ROOT:
    try:
        command("ip", "netns", "add", SPACE)
        command(*INSIDE, "ip", "link", "set", "lo", "up")
        run(test_new_name)
    finally:
        command("ip", "netns", "del", SPACE)
else:
    skip("T7: a new name and address of the host", "only root can make a network")
finish()
