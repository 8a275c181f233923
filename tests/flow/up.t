#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
# alone: it counts on moments of the first second
"""The main job: one command to a verified database; and how it ends, and starts again."""
import contextlib
import os
import re
import shlex
import signal
import socket
import stat
import string
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import BUILD, DBTLS, ROOT, Door, Terminal, command, program_of, read, sanitized
from mysql import Refused
from tap import finish, ok, run, same, until

NAME, WILD, ADDRESS, ADDRESS6 = ("db.dbtls.test", "*.dbtls.test", "198.51.100.23",
                                 "2001:db8:71::17")
NAMES = [word for name in (NAME, WILD, ADDRESS, ADDRESS6) for word in ("--name", name)]
READY = "       more "


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def openssl(*words):
    return command("openssl", *words, timeout=20)


def one_sentence(done, *words):
    return done.rc != 0 and done.err.startswith("dbtls: ") and done.err.count("\n") == 1 and \
        all(word in done.err for word in words)


def has_shape(password):
    """T4: 16 characters of all four kinds."""
    kinds = (string.digits, string.ascii_uppercase, string.ascii_lowercase, string.punctuation)
    return len(password) == 16 and all(set(password) & set(kind) for kind in kinds) and \
        not set(password) - set("".join(kinds))


def lets_in(door, password):
    try:
        door.login(password=password).quit()
        return True
    except Refused as e:
        return False if e.code == 1045 else repr(e)


@contextlib.contextmanager
def on_terminal(door, *words, wait=READY):
    """up with a terminal, as a person types it."""
    terminal = Terminal(*(words or (DBTLS, "up", "--state", door.state, *door.listen)))
    try:
        if not terminal.wait_for(wait, 90):
            raise RuntimeError(f"not ready: {terminal.text}\n{door.tail()}")
        terminal.read(0.3)
        door.remember()
        yield terminal
    finally:
        if terminal.end(0) is None:
            os.kill(terminal.pid, signal.SIGTERM)
            terminal.end(60)
        terminal.close()


def all_gone(door):
    """What is left once it has ended: processes, sockets, a lock."""
    until(lambda: not door.left(), 10)
    left = [f"{pid} {role}" for pid, role in door.known.items() if program_of(pid)]
    left += [path for path in (f"{door.state}/run/control", f"{door.state}/run/engine/sql")
             if os.path.exists(path)]
    with socket.socket() as s:
        left += ["the port"] if s.connect_ex(("127.0.0.1", door.port)) == 0 else []
    return left


# ---- what the first start makes ------------------------------------------------------------------

def check_ca(door):
    text = openssl("x509", "-in", door.ca, "-noout", "-text").out
    for words, what in (("ASN1 OID: prime256v1", "a key on P-256"),
                        ("CA:TRUE, pathlen:0", "pathlen 0"),
                        ("X509v3 Basic Constraints: critical", "critical"),
                        ("Certificate Sign", "may sign certificates")):
        ok(words in text, f"T3: the CA: {what}", text)
    done = openssl("verify", "-x509_strict", "-check_ss_sig", "-CAfile", door.ca, door.ca)
    ok(done.rc == 0, "T3: … and openssl's strict checks find nothing", done)
    same(mode(door.ca), 0o644, "T7: ca.pem is for everyone")
    for folder in ("ca", "keys", "engine"):
        same(mode(f"{door.state}/{folder}"), 0o700, f"T3: {folder}/ is for one process alone")
    same(read(door.ca).count("PRIVATE"), 0, "T3: ca.pem has no key in it")


def check_names(door):
    names = door.status()["certificate"]["names"]
    given = {NAME, WILD, ADDRESS, ADDRESS6, "localhost", "127.0.0.1", "::1"}
    ok(given <= set(names), "T7: --name's, and this host's own, are among the names", names)
    host = socket.gethostname().lower()
    ok(host in names, "T7: … the host name too", host, names)
    for name in names:
        how = "-verify_ip" if re.fullmatch(r"[0-9.]+|.*:.*", name) else "-verify_hostname"
        done = openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", door.ca, how,
                       name.replace("*", "any"), f"{door.state}/server.pem")
        ok(done.rc == 0, f"T7: openssl verifies {name}", done)
    for name in ("other.example", "a.b.dbtls.test"):
        done = openssl("verify", "-CAfile", door.ca, "-verify_hostname", name,
                       f"{door.state}/server.pem")
        ok(done.rc != 0, f"T7: … and not {name}", done)


def check_password_file(door):
    ok(has_shape(door.password), "T4: 16 characters of digits, upper, lower case and special",
       door.password)
    same(mode(door.password_file), 0o600, "T4: in --password-file, for its owner alone")
    ok(door.password_file in door.out() and door.password not in door.out(),
       "T4: … which up names, and does not show the password", door.out())
    ok(not os.path.exists(f"{door.state}/root-password"), "T4: … and nowhere else")


def check_export(door):
    done = door.dbtls("ca", "export")
    same((done.rc, done.out), (0, read(door.ca)), "T7: dbtls ca export prints ca.pem", done)
    out = os.path.join(door.folder, "exported.pem")
    done = door.dbtls("ca", "export", "--out", out)
    same((done.rc, read(out)), (0, read(door.ca)), "T7: … and writes it with --out", done)
    done = door.dbtls("ca", "export", "--out", out)
    ok(one_sentence(done, out), "T7: … over nothing that is there", done)


def check_connect(door):
    """The line as it is printed, typed into a shell; the name leads here, as DNS would have it."""
    done = door.dbtls("connect")
    line = done.out.strip()
    ok(done.rc == 0 and f" -h {NAME} " in line and f"-P {door.port}" in line and door.ca in line and
       line in door.out(), "T7: connect prints the line, which up has printed too", done)
    hosts = os.path.join(door.folder, "hosts")
    with open(hosts, "w") as f:
        f.write(f"127.0.0.1 localhost {NAME}\n")
    terminal = Terminal("sh", "-c", line, LD_PRELOAD="libnss_wrapper.so",
                        NSS_WRAPPER_HOSTS=hosts)
    terminal.wait_for("password", 20)
    terminal.type(door.password + "\n")
    ok(terminal.wait_for("> ", 20), "T5: the line logs in", terminal.text)
    terminal.type("SELECT DATABASE();\n")
    ok(terminal.wait_for("| test ", 20), "T15: … and SELECT DATABASE() says test", terminal.text)
    terminal.type("\\s\n")
    ok(terminal.wait_for("Cipher in use is TLS_", 20), "T17: … over TLS, as the client says",
       terminal.text)
    terminal.type("quit\n")
    terminal.end(10)
    terminal.close()
    line = door.dbtls("connect", "mysql", "--ca-path", "/somewhere/else.pem").out
    ok("--ssl-mode=VERIFY_IDENTITY --ssl-ca=/somewhere/else.pem" in line and
       '--tls-version="TLSv1.2,TLSv1.3"' in line and f"-P {door.port} -D test -p" in line,
       "T9: the line for Oracle's client, with --ca-path", line)


def test_first_start():
    with Door(*NAMES) as door:
        check_ca(door)
        check_names(door)
        check_password_file(door)
        check_export(door)
        check_connect(door)
        check_second_start(door)


def check_second_start(door):
    door.query("CREATE TABLE kept (i INT)")
    door.query("INSERT INTO kept VALUES (42)")
    ca, leaf, password = read(door.ca), read(f"{door.state}/server.pem"), door.password
    same((door.stop(signal.SIGTERM), all_gone(door)), (0, []), "SIGTERM ends all of it, with 0")
    door.words = []
    door.start()
    same((read(door.ca), read(f"{door.state}/server.pem")), (ca, leaf),
         "T16: a second start: the same CA, the same certificate")
    same(door.query("SELECT i FROM kept"), [["42"]], "… and the data is there")
    ok(lets_in(door, password), "T4: … and the password is as it was")
    ok("as it was" in door.out(), "T4: … as up says", door.out())
    ok({NAME, WILD, ADDRESS, ADDRESS6} <= set(door.status()["certificate"]["names"]),
       "… and what --name gave persists")
    door.stop()
    door.start("--tls-version", "1.3")
    door.stop()
    door.listen = []
    door.start()
    status = door.status()
    same((status["tls_versions"], [a.rpartition(":")[2] for a in status["listen"]]),
         (["TLSv1.3"], [str(door.port)] * 2), "… and so do --tls-version and --listen")
    same((door.stop(), all_gone(door)), (0, []), "SIGINT ends all of it, with 0")


# ---- passwords -----------------------------------------------------------------------------------

def holds(path, secret):
    with contextlib.suppress(OSError), open(path, "rb") as f:
        return secret in f.read()
    return False


def places_with(door, secret):
    """Files of the state folder, and words and environments of processes, that hold the secret."""
    found = [os.path.join(folder, name) for folder, _, names in os.walk(door.state)
             for name in names if holds(os.path.join(folder, name), secret)]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        found += [f"/proc/{pid}/{what}" for what in ("cmdline", "environ")
                  if holds(f"/proc/{pid}/{what}", secret)]
    return found


def test_terminal():
    with Door(start=False) as door, on_terminal(door) as terminal:
        found = re.findall(r"root password +(\S+) +\(shown this once", terminal.text)
        ok(len(found) == 1 and has_shape(found[0]),
           "T4: on a terminal the password is shown, once", terminal.text)
        password = found[0]
        same(terminal.text.count(password), 1, "T4: … just once")
        ok(lets_in(door, password), "T4: … and it is the right one")
        same(places_with(door, password.encode()), [],
             "T4: … and it is in no file, no command line and no environment")
        ok(not any("password" in name for name in os.listdir(door.state)), "T4: … no file for it")
        terminal.type("\x03")
        same(terminal.end(60), 0, "Ctrl-C ends it, with 0", terminal.text)
        same(all_gone(door), [], "… and nothing is left: no process, no socket, no port")
        ok("rror" not in terminal.text, "… and nothing is said of an error", terminal.text)
        with on_terminal(door) as again:
            ok("as it was" in again.text and password not in again.text,
               "T4: the second start shows no password", again.text)
            ok(lets_in(door, password), "T4: … and the first is valid still")


def test_no_terminal():
    with Door(start=False) as door:
        door.start_as([DBTLS, "up", "--state", door.state, *door.listen])
        path = f"{door.state}/root-password"
        same((mode(path), path in door.out()), (0o600, True),
             "T4: without a terminal the password is in a file of its own, whose path is printed")
        password = read(path).strip()
        ok(has_shape(password) and password not in door.out() and lets_in(door, password),
           "T4: … and it is the right one, and not printed", door.out())
        os.unlink(path)
        same(places_with(door, password.encode()), [], "T4: … once that is deleted it is nowhere")


def check_generate(door, session):
    new = os.path.join(door.folder, "new")
    old = door.password
    done = door.dbtls("password", "--generate", "--password-file", new)
    ok(done.rc == 0 and has_shape(read(new).strip()) and mode(new) == 0o600,
       "T4: password --generate, into a file of mode 0600", done)
    same((lets_in(door, old), lets_in(door, read(new).strip())), (False, True),
         "T4: … the new one is valid at once, the old one is not")
    ok(session.ping(), "T4: … and a session that is open goes on")
    done = door.dbtls("password", "--generate", "--password-file", new)
    ok(one_sentence(done, new), "T4: … never over a file that is there", done)
    done = door.dbtls("password", "--generate")
    ok(done.rc == 2 and "terminal" in done.err, "T4: without terminal and file it is refused", done)
    terminal = Terminal(DBTLS, "password", "--generate", "--state", door.state)
    same(terminal.end(30), 0, "T4: password --generate on a terminal", terminal.text)
    terminal.close()
    shown = terminal.text.split()[-1]
    ok(has_shape(shown) and lets_in(door, shown) is True, "T4: … shows the one that is valid",
       terminal.text)
    same(places_with(door, shown.encode()), [], "T4: … and writes it nowhere")


def check_set(door, session):
    done = door.dbtls("password", "--set", stdin="Pässword-12345678\n")
    ok(one_sentence(done, "ASCII"), "T4: a password that clients encode in several ways", done)
    chosen = "Correct horse 'battery\" \\staple 1"
    done = door.dbtls("password", "--set", stdin=chosen + "\n")
    ok(done.rc == 0 and chosen not in done.out + done.err, "T4: password --set, from stdin", done)
    same(lets_in(door, chosen), True, "T4: … is valid at once")
    terminal = Terminal(DBTLS, "password", "--set", "--state", door.state)
    for question in ("new password: ", "once more: "):
        terminal.wait_for(question, 20)
        terminal.type("From-the-terminal-1\n")
    same((terminal.end(30), "From-the" in terminal.text), (0, False),
         "T4: password --set on a terminal, without an echo", terminal.text)
    terminal.close()
    same((lets_in(door, chosen), lets_in(door, "From-the-terminal-1")), (False, True),
         "T4: … is valid at once")
    ok(session.ping(), "T4: … and a session that is open goes on")


def test_passwords():
    with Door() as door:
        session = door.login()
        check_generate(door, session)
        check_set(door, session)
        ok(session.query("SELECT 1") == [["1"]], "T4: the session of before all that goes on")
        session.quit()
        same(door.stop(), 0, "stopped")
        door.start()
        same(lets_in(door, "From-the-terminal-1"), True, "T4: a password that was set persists")
        same(door.dbtls("password", "--set", stdin="\n").rc != 0, True,
             "T4: an empty password is refused")


# ---- starting and stopping -----------------------------------------------------------------------

def test_detach():
    with Door(start=False) as door:
        done = command(*door.up_words("--detach"), timeout=90)
        ok(done.rc == 0 and READY in done.out, "up --detach returns once all is ready", done)
        door.remember()
        ok(lets_in(door, door.password), "… and it is")
        done = command(*door.up_words(), timeout=60)
        pid = door.pids("parent")[0]
        ok(one_sentence(done, str(pid), "dbtls down"), "up twice: one sentence, with its pid", done)
        ok(lets_in(door, door.password), "… and the first goes on")
        done = door.dbtls("down")
        same((done.rc, done.out), (0, "stopped\n"), "down stops it", done)
        same(all_gone(door), [], "… and nothing is left: no process, no socket, no port")
        done = door.dbtls("down")
        same(done.rc, 0, "down again is fine", done)
        for words in (["status"], ["connect"], ["password", "--set"]):
            done = door.dbtls(*words, stdin="Abcdefgh-1234567\n")
            ok(one_sentence(done, "dbtls up"), f"{words[0]} without a door: one sentence", done)


def test_port_in_use():
    with Door(start=False) as door, socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", door.port))
        holder.listen()
        done = command(*door.up_words(), timeout=60)
        ok(one_sentence(done, str(door.port), "--listen", f"(pid {os.getpid()})", "python"),
           "a port in use: one sentence that names the holder and --listen", done)
        ok(not done.out, "… and nothing else", done)
        made = [n for n in ("ca.pem", "server.pem", "engine/data", "engine/data.new", "ca/ca.key")
                if os.path.exists(os.path.join(door.state, n))]
        same(made, [], "… before anything is made")
        ok(not os.path.exists(door.password_file), "… not even a password")


def test_interrupted_start():
    """Ctrl-C at any moment of the first start: the next one makes good what is missing."""
    for seconds in (0.05, 0.3, 0.6, 0.9):
        with Door(start=False) as door:
            terminal = Terminal(DBTLS, "up", "--state", door.state, *door.listen)
            # Before that it is a process of this test that Ctrl-C comes to.
            until(lambda: program_of(terminal.pid).startswith("dbtls"), pause=0.001)
            until(lambda: terminal.read(0.01) and READY in terminal.text, seconds, 0)
            terminal.type("\x03")
            rc = terminal.end(60)
            terminal.close()
            ok(rc in (0, 130, -2), f"Ctrl-C {seconds} s after the first start's begin", rc,
               terminal.text)
            with on_terminal(door) as again:
                shown = re.findall(r"root password +(\S+) +\(shown", terminal.text + again.text)
                ok(shown and lets_in(door, shown[-1]) is True,
                   "T4: … the next start is a whole one, and its password is known", again.text)


def test_interrupted_engine():
    """
    Ctrl-C while mariadbd starts: one that is told to end too early, one time in four, waits for
    ever for a thread of its own that has left.
    """
    with Door() as door:
        door.stop()
        for seconds in (0.02, 0.05, 0.08, 0.11, 0.14, 0.17, 0.2, 0.25):
            terminal = Terminal(DBTLS, "up", "--state", door.state, *door.listen)
            until(lambda: terminal.read(0.01) and "starting the database" in terminal.text, 20, 0)
            until(lambda: terminal.read(0.01) and READY in terminal.text, seconds, 0)
            terminal.type("\x03")
            rc = terminal.end(40)
            terminal.close()
            same(rc, 0, f"Ctrl-C {seconds} s after the database's start begins", terminal.text)


def test_make_up():
    out = os.path.relpath(BUILD)
    words = ["make", "--no-print-directory", f"OUT={BUILD if out[0] == '.' else out}",
             f"V={'asan' if sanitized() else 'release'}", "up"]
    with Door(start=False) as door:
        flags = shlex.join(["--state", door.state, *door.listen])
        with on_terminal(door, *words, f"UPFLAGS={flags}") as terminal:
            password = re.search(r"root password +(\S+)", terminal.text)[1]
            same(lets_in(door, password), True, "make up: the database is ready")
            terminal.type("\x03")
            rc = terminal.end(60)
            ok("make: ***" not in terminal.text and "Error" not in terminal.text,
               "make up, Ctrl-C: make complains of nothing", rc, terminal.text[-600:])
            same(all_gone(door), [], "… and nothing is left")


def test_busy_stop():
    """Sessions at work when it is stopped."""
    with Door() as door:
        held = [door.login() for _ in range(5)]
        for client in held:
            client.command(3, b"SELECT SLEEP(600)")
        ends = []
        threads = [threading.Thread(target=lambda c=c: ends.append(c.hears_end()[0]))
                   for c in held]
        for t in threads:
            t.start()
        same((door.stop(seconds=30), all_gone(door)), (0, []),
             "stopped while five sessions are at work, within 30 s")
        for t in threads:
            t.join(10)
        same(ends, ["close_notify"] * 5, "… who see a proper end")


run(test_first_start, test_terminal, test_no_terminal, test_passwords, test_detach,
    test_port_in_use, test_interrupted_start, test_interrupted_engine, test_busy_stop)
if os.path.exists("Makefile"):
    run(test_make_up)
finish()
