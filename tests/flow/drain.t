#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
The end of a door: `dbtls down --drain` lets in nobody new and lets sessions end; whoever is left when
the door stops hears an error where the protocol has a place for it, and no client takes that for
anything else.
"""
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from door import DBTLS, Door, Serve, Terminal, descriptors, free_port
from mysql import PROOFS, USUAL, WITH_DB, Left, Refused
from tap import finish, note, ok, run, same, skip, until

SHA2, PASSWORD = "caching_sha2_password", "aB3-of-drain"
LONG = 60  # seconds that are never waited for
IDLE = (1053, "08S01", "Server shutdown in progress", 2)
BUSY = (1053, "08S01",
        "Server shutdown in progress; whether the last statement took effect is not known", 2)
server = None


def login(door, **more):
    c = door.client(**more)
    c.start_tls(caps=USUAL | WITH_DB)
    c.send_packet(c.response("shop", PASSWORD, "test", plugin=SHA2,
                             proof=PROOFS[SHA2](PASSWORD, c.scramble)))
    return c.proceed(PASSWORD)


class Down:
    """`dbtls down` with more words, in the background."""

    def __init__(self, door, *words):
        self.door, self.began = door, time.monotonic()
        self.process = subprocess.Popen([DBTLS, "down", *words, "--state", door.state],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def under_way(self):
        """Waits until the door drains."""
        return until(lambda: "drain: " in self.door.log(), 10)

    def goes_on(self):
        return self.process.poll() is None

    def end(self, seconds=30):
        """What it printed, its exit status, and how many seconds it took."""
        try:
            text, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return f"it goes on: {self.process.communicate()[0]}", None, None
        return text.strip(), self.process.returncode, time.monotonic() - self.began


def told(client, *command_of):
    """What a client reads in the place of an answer: the error and its sequence id's successor."""
    try:
        if command_of:
            client.command(*command_of)
        got = client.answer()
    except Refused as e:
        return e.code, e.state, e.text, client.seq
    except Left as e:
        return str(e)
    except OSError as e:
        return type(e).__name__
    return got


def knock(door):
    """How the door's port answers."""
    try:
        door.client(timeout=5).close()
        return "open"
    except OSError as e:
        return type(e).__name__


def ended(door, seconds=20):
    """The exit status of the door itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return door.process.wait(seconds)


class Later(threading.Thread):
    """Runs something on the side; .got is what came of it."""

    def __init__(self, what):
        super().__init__()
        self.what, self.got = what, None
        self.start()

    def run(self):
        try:
            self.got = self.what()
        except (Refused, Left, OSError) as e:
            self.got = repr(e)

    def wait(self, seconds=30):
        self.join(seconds)
        return self.got


# ---- sessions that end by themselves

def test_up():
    """The door's own database stays until the last session is gone."""
    with Door(listen=("127.0.0.1",)) as door:
        idle, busy, late = door.login(), door.login(), door.client().start_tls()
        answer = Later(lambda: busy.query("SELECT SLEEP(3)"))
        until(lambda: idle.query("SELECT COUNT(*) FROM information_schema.processlist "
                                 "WHERE info LIKE 'SELECT SLEEP%'") == [["1"]])
        down = Down(door, "--drain", "--within", "60s")
        ok(down.under_way(), "up: it drains", door.tail())
        same(until(lambda: knock(door) == "ConnectionRefusedError", 5), True,
             "up: nobody new is let in")
        status = door.status()
        same((status["draining"], status["sessions"]["open"]), (True, 3),
             "status --json says that it drains, and how many are left")
        ok(40 <= status["drain_seconds_left"] <= 60, "… and how long they have",
           status["drain_seconds_left"])
        ok("nowhere any more" in door.dbtls("status").out, "status says so, too",
           door.dbtls("status"))
        ok("\ndbtls_draining 1\n" in door.dbtls("metrics").out, "and metrics")
        late.authenticate("root", door.password, "test")
        same(late.query("SELECT 5"), [["5"]], "an unfinished login may finish")
        late.quit()
        same(idle.query("SELECT 1"), [["1"]], "who is idle may go on")
        same(answer.wait(), [["0"]], "a long query comes to its end, and its client has the answer")
        busy.quit()
        ok(down.goes_on(), "down waits for the last one")
        same(idle.query("SELECT 2"), [["2"]], "whom the database serves until then")
        idle.quit()
        same(down.end()[:2], ("stopped", 0), "then it returns")
        same(ended(door), 0, "and the door has ended in order", door.tail())
        same(door.left(), {}, "with the database")


def test_nobody_there():
    with Serve(f"unix:{server.socket}") as door:
        text, rc, took = Down(door, "--drain", "--within", "60s").end()
        same((text, rc), ("stopped", 0), "without sessions there is nothing to wait for")
        ok(took < 10, "… and it does not wait", took)
    for words, wanted in ((("--within", "1m"), "--drain"), (("--drain", "--within", "soon"), "30s"),
                          (("--drain", "--within", "-1s"), "30s"),
                          (("--drain", "--within", "31d"), "30s")):
        done = door.dbtls("down", *words)
        ok(done.rc == 2 and wanted in done.err, f"{words}: said to be wrong", done)
    same(door.dbtls("down", "--drain").out.startswith("nothing runs"), True,
         "to drain what does not run is no error")


def test_queue():
    """Whom the kernel has connected before the door closed, and no relay has seen yet."""
    with Serve(f"unix:{server.socket}") as door:
        relays = door.pids("relay")
        for pid in relays:
            os.kill(pid, signal.SIGSTOP)
        waiting = [door.client() for _ in range(20)]
        down = Down(door, "--drain", "--within", "60s")
        down.under_way()
        for pid in relays:
            os.kill(pid, signal.SIGCONT)
        until(lambda: knock(door) == "ConnectionRefusedError", 5)
        came = 0
        for c in waiting:
            c.start_tls(caps=USUAL | WITH_DB)
            c.send_packet(c.response("shop", PASSWORD, "test", plugin=SHA2,
                                     proof=PROOFS[SHA2](PASSWORD, c.scramble)))
            came += c.proceed(PASSWORD).query("SELECT 1") == [["1"]]
            c.quit()
        same(came, 20, "who waited in the queue is let in, and served")
        same(down.end()[:2], ("stopped", 0), "and then it stops")


def test_endpoints():
    """T19: all endpoints of a file drain together."""
    other = free_port()
    with Serve(f"unix:{server.socket}", "endpoint b", f"listen 127.0.0.1:{other}",
               f"upstream unix:{server.socket}", first="endpoint a") as door:
        a, first = login(door), door.port
        door.port = other
        b = login(door)
        down = Down(door, "--drain", "--within", "60s")
        down.under_way()
        for name, door.port in (("a", first), ("b", other)):
            same(until(lambda: knock(door) == "ConnectionRefusedError", 5), True,
                 f"T19: endpoint {name} is closed")
        same((a.query("SELECT 1"), b.query("SELECT 2")), ([["1"]], [["2"]]),
             "T19: sessions of both go on")
        done = door.dbtls("reload")
        ok(done.rc == 1 and "being stopped" in done.err, "there is nothing to reload any more", done)
        done = door.dbtls("access", "add", "192.0.2.9")
        same(done.rc, 0, "the access list can be changed for those who log in", done)
        for c in (a, b):
            c.quit()
        same(down.end()[:2], ("stopped", 0), "T19: it ends with the last of both")


# ---- sessions that do not

def streaming(door):
    """A client in the middle of a result that it does not read."""
    c = login(door, receive=4096)
    c.command(3, b"SELECT REPEAT('y', 1000) FROM information_schema.columns a, "
                 b"information_schema.columns b LIMIT 100000")
    until(lambda: door.status()["bytes"]["to_clients"] > 200000)
    return c


def test_time_over():
    with Serve(f"unix:{server.socket}") as door:
        idle, plain, rows, closed, mixed = (login(door) for _ in range(5))
        busy, half, large, many = (login(door) for _ in range(4))
        rows.query("SELECT 1 UNION SELECT 2")
        plain.query("SET @a = 1")
        closed.command(25, b"\1\0\0\0")  # COM_STMT_CLOSE: nothing answers it
        mixed.query(f"SELECT LENGTH('{'x' * 300000}')")
        mixed.query("SET @b = 1")
        large.query(f"SET @c = '{'x' * 3000000}'")
        stream = streaming(door)
        half.send(half.framed(b"\3SELECT 1")[:6])
        many.send(many.framed(b"\3DO 1") + many.framed(b"\3DO SLEEP(50)"))
        same(many.answer()[:1], b"\0", "the first of two commands is answered")
        busy.command(3, b"SELECT SLEEP(50)")
        until(lambda: server.sql("SELECT COUNT(*) FROM information_schema.processlist "
                                 "WHERE info = 'SELECT SLEEP(50)'") == [["1"]])
        text, rc, took = Down(door, "--drain", "--within", "2s").end()
        same((text, rc), ("stopped; sessions that had not ended and were closed: 10", 0),
             "when the time is over it stops, and says how many were left")
        ok(2 <= took < 12, "in that time", took)
        for name, c in (("that has only logged in", idle), ("after a statement", plain),
                        ("after rows", rows), ("after a statement was closed", closed),
                        ("after a statement of many pieces", large),
                        ("after another behind that", mixed)):
            same(told(c, 3, b"SELECT 1"), IDLE, f"an idle client {name} reads why, as an answer")
        same(told(busy), BUSY, "one that waits for an answer hears that it is not known")
        same(told(half), "close_notify", "one in the middle of a command hears an end")
        same(told(many), "close_notify", "so does one whose second command goes on")
        how, got = stream.hears_end()
        ok(len(got) < 100000000 and b"shutdown" not in got,
           "one in the middle of a result hears an end, and no error in its rows", how, got[-200:])
        same({s["end"] for s in door.sessions()}, {"door-stops", "cut-off"}, "the log tells which",
             door.tail())
        same(sum(s["end"] == "cut-off" for s in door.sessions()), 4, "… four were cut off")


def test_plain_down():
    """The same without a drain; and the answers that have come are not lost."""
    with Serve(f"unix:{server.socket}") as door:
        idle, login_half, greeted = login(door), door.client().start_tls(), door.client().greeting()
        done = door.dbtls("down")
        same((done.out.strip(), done.rc), ("stopped", 0), "down stops at once", done)
        same(told(idle, 14), IDLE, "an idle client reads why, as an answer")
        same(told(login_half)[:3], IDLE[:3], "so does one in its login")
        same(told(greeted)[:3], IDLE[:3], "and one that has only read the greeting")
    with Serve(f"unix:{server.socket}") as door, login(door) as c:
        text, rc, took = Down(door, "--drain", "--within", "0").end()
        same((text, rc), ("stopped; sessions that had not ended and were closed: 1", 0),
             "no time is at once")
        ok(took < 8, "…", took)
        same(told(c, 14), IDLE, "with the same error")


def end_early(door, name, how):
    with login(door) as c:
        down = Down(door, "--drain", "--within", f"{LONG}s")
        down.under_way()
        how()
        text, rc, took = down.end()
        same((text, rc), ("stopped; sessions that had not ended and were closed: 1", 0),
             f"{name} ends the drain, and who waits for it hears so")
        ok(took < LONG / 2, f"{name}: at once", took)
        same(told(c, 14), IDLE, f"{name}: the session that was left hears why")
        same(ended(door), 0, f"{name}: the door ends in order")


def test_second_word():
    with Serve(f"unix:{server.socket}") as door:
        end_early(door, "another down", lambda: door.dbtls("down"))
    for sig in (signal.SIGTERM, signal.SIGINT):
        with Serve(f"unix:{server.socket}") as door:
            end_early(door, sig.name, lambda: door.process.send_signal(sig))
    with Serve(f"unix:{server.socket}") as door:
        end_early(door, "another --drain with less time",
                  lambda: door.dbtls("down", "--drain", "--within", "1s"))


def test_caller_goes():
    with Serve(f"unix:{server.socket}") as door, login(door) as c:
        down = Down(door, "--drain", "--within", f"{LONG}s")
        down.under_way()
        down.process.send_signal(signal.SIGINT)
        down.end()
        same((c.query("SELECT 1"), door.status()["draining"]), ([["1"]], True),
             "Ctrl-C on down leaves the drain as it is")
        c.quit()
        same(ended(door), 0, "and it ends with the last session")


def test_many_callers_go():
    """Whoever has gone keeps no place from those who come."""
    with Serve(f"unix:{server.socket}") as door, login(door) as c:
        gone = [Down(door, "--drain", "--within", f"{LONG}s") for _ in range(8)]
        until(lambda: door.log().count("drain: 1 sessions") == 8, 10)
        done = door.dbtls("down", "--drain")
        ok(done.rc and "8 callers wait" in done.err, "a ninth caller is one too many", done)
        for down in gone:
            down.process.kill()
            down.end()
        last = Down(door, "--drain", "--within", f"{LONG}s")
        ok(until(lambda: door.log().count("drain: 1 sessions") == 9, 10) and last.goes_on(),
           "those who have gone make room", door.tail())
        c.quit()
        same(last.end()[:2], ("stopped", 0), "and the last hears the end", door.tail())


def test_terminal():
    with Serve(f"unix:{server.socket}") as door, login(door) as c:
        terminal = Terminal(DBTLS, "down", "--drain", "--state", door.state)
        try:
            ok(terminal.wait_for("sessions left: 1;", 10), "a terminal shows how many are left",
               terminal.text)
            same("closed in 29" in terminal.text, True, "… and for how long, five minutes at first",
                 terminal.text)
            c.quit()
            same(terminal.end(20), 0, "until it ends", terminal.text)
        finally:
            terminal.close()
        ok(terminal.text.rstrip().endswith("stopped"), "and says so", terminal.text)


def sessions_in_each(door, relays):
    """Sessions, so many that each relay has some: who comes alone may always get the same one."""
    before, kept = {pid: descriptors(pid) for pid in relays}, []
    for _ in range(20):
        coming = [Later(lambda: login(door)) for _ in range(8)]
        kept += [c.wait() for c in coming]
        if all(descriptors(pid) > before[pid] for pid in relays):
            break
    return kept


def test_killed_relay():
    with Serve(f"unix:{server.socket}") as door:
        relays = door.pids("relay")
        if len(relays) < 2:
            skip("a relay that is killed while it drains", "one core: there is but one relay")
            return
        kept = sessions_in_each(door, relays)
        down = Down(door, "--drain", "--within", f"{LONG}s")
        down.under_way()
        os.kill(relays[0], signal.SIGKILL)
        alive = [c for c in kept if told(c, 14)[:1] == b"\0"]
        ok(0 < len(alive) < len(kept), "a relay is killed: the others' sessions go on", len(alive))
        time.sleep(0.5)  # a new one would be there by now
        same(door.pids("relay"), relays[1:], "and none comes in its place")
        ok('dbtls_process_restarts_total{role="relay"} 0' in door.dbtls("metrics").out,
           "… nor is one tried", door.tail(5))
        same(knock(door), "ConnectionRefusedError", "nobody is let in")
        same(door.status()["sessions"]["open"], len(alive), "status counts those that are left")
        for c in alive:
            c.quit()
        same(down.end()[:2], ("stopped", 0), "and it ends with them", door.tail())


def test_reload_under_way():
    """Both may be decided first; the door ends either way."""
    with Serve(f"unix:{server.socket}") as door, login(door) as c:
        reload = subprocess.Popen([DBTLS, "reload", "--state", door.state], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until(lambda: len(door.pids("relay")) > len(door.known) - 2, 5, 0.001)
        down = Down(door, "--drain", "--within", f"{LONG}s")
        said = reload.communicate(timeout=30)[0]
        ok("reloaded" in said or "being stopped" in said, "a reload is decided", said)
        down.under_way()
        same(until(lambda: knock(door) == "ConnectionRefusedError", 5), True, "nobody is let in")
        same(c.query("SELECT 1"), [["1"]], "the session of before goes on")
        c.quit()
        same(down.end()[:2], ("stopped", 0), "and the door ends with it", door.tail())


def test_generations():
    """Sessions of before a reload, of before an upgrade and of now drain together."""
    with Serve(f"unix:{server.socket}") as door:
        kept = [login(door)]
        for word in ("reload", "upgrade"):
            done = door.dbtls(word, timeout=60)
            same(done.rc, 0, f"{word}, with a session that stays", done)
            kept.append(login(door))
        down = Down(door, "--drain", "--within", f"{LONG}s")
        down.under_way()
        same(until(lambda: knock(door) == "ConnectionRefusedError", 5), True, "nobody is let in")
        done = door.dbtls("upgrade", timeout=60)
        ok(done.rc != 0 and "being stopped" in done.err, "nor is there anything to upgrade", done)
        while kept:
            same([c.query("SELECT 1") for c in kept], [[["1"]]] * len(kept), "sessions go on")
            same(door.status()["sessions"]["open"], len(kept), "… and are counted")
            ok(down.goes_on(), "… and waited for")
            kept.pop(0).quit()
            if kept:
                until(lambda: door.status()["sessions"]["open"] == len(kept), 5)
        same(down.end()[:2], ("stopped", 0), "it ends with the last of them", door.tail())


def main():
    global server
    try:
        mysqld.tree()
    except mysqld.NotHere as why:
        skip("sessions with the genuine MySQL", str(why).replace("\n", "; "))
        run(test_up)
        return
    with mysqld.Mysqld() as server:
        server.account("shop", PASSWORD)
        note(server.version)
        run(test_up, test_nobody_there, test_queue, test_endpoints, test_time_over,
            test_plain_down, test_second_word, test_caller_goes, test_many_callers_go, test_terminal,
            test_killed_relay, test_reload_under_way, test_generations)


main()
finish()
