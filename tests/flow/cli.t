#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""The command line without a door behind it: words, help, files; and before a stand-in door."""
import ast
import hashlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

DBTLS = os.path.abspath(os.path.join(os.environ.get("DBTLS_BUILD", "build/release"), "dbtls"))
COMMANDS = ["up", "down", "status", "metrics", "connect", "access", "password", "ca", "trust",
            "check", "completion"]
count = failed = 0


def ok(good, name, *more):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}", flush=True)
    for line in more if not good else ():
        print(f"# {line!r}", flush=True)


class Result:
    def __init__(self, done):
        self.rc, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"rc {self.rc}, out {self.out!r}, err {self.err!r}"


def run(*words, stdin="", env=None):
    return Result(subprocess.run([DBTLS, *words], input=stdin, capture_output=True, text=True,
                                 env={**os.environ, **(env or {})}, timeout=60))


def run_on_terminal(*words, typed=()):
    """The command with a terminal for all three: types each text once its question is there."""
    pid, fd = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a shell starts behind itself
        signal.alarm(30)  # kept over exec: what waits for ever ends
        os.execv(DBTLS, [DBTLS, *words])
    shown = b""
    typed = list(typed)
    try:
        while True:
            if typed and typed[0][0].encode() in shown:
                os.write(fd, typed.pop(0)[1].encode() + b"\n")
            part = os.read(fd, 4096)
            if not part:
                break
            shown += part
    except OSError:
        pass
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


class Door(threading.Thread):
    """Stands in for a running door: answers control requests, and keeps them."""

    def __init__(self, state, replies):
        super().__init__(daemon=True)
        os.makedirs(f"{state}/run", exist_ok=True)
        self.path, self.replies, self.asked = f"{state}/run/control", replies, []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.now = self.most = 0
        self.start()

    def answer(self, caller):
        with caller:
            request = json.loads(caller.recv(131072))
            self.asked.append(request)
            time.sleep(0.02)
            self.now -= 1
            caller.send(json.dumps(self.replies.get(
                request["do"], {"ok": False, "error": "no such request"})).encode())

    def run(self):
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            self.now += 1
            self.most = max(self.most, self.now)
            threading.Thread(target=self.answer, args=[caller], daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)


def test_words():
    done = run()
    ok(done.rc == 2 and "usage: dbtls" in done.err and not done.out,
       "no command: help, exit 2", done)
    done = run("--help")
    ok(done.rc == 0 and all(f"  {c} " in done.out for c in COMMANDS), "--help lists all", done)
    ok("\n  dbtls check db1:4000 " in done.out and "\n  dbtls explain <" in done.out,
       "with examples of what is wrong", done)
    done = run("--version")
    ok(done.rc == 0 and done.out.startswith("dbtls 0."), "--version", done)
    for command in COMMANDS:
        done = run(command, "--help")
        ok(done.rc == 0 and f"usage: dbtls {command}" in done.out and
           "example:\n  " in done.out and f"dbtls {command}" in done.out.split("example:")[1] and
           not done.err, f"{command} --help, with an example", done)
        ok(run(command, "-h").out == done.out, f"{command} -h says the same")
        ok(run("help", command).out == done.out, f"help {command} says the same")
    done = run("stauts")
    ok(done.rc == 2 and 'did you mean "dbtls status"?' in done.err, "a command near one", done)
    done = run("xyzzyplugh")
    ok(done.rc == 2 and "dbtls --help" in done.err, "a command near none", done)
    done = run("status", "--jsn")
    ok(done.rc == 2 and 'did you mean "--json"?' in done.err, "an option near one", done)
    wrong = [
        (["status", "x"], 'no "x" here'),
        (["status", "client"], 'did you mean "clients"'),
        (["status", "clients", "x"], "one word too many"),
        (["access"], "usage: dbtls access"),
        (["access", "lst"], 'did you mean "list"'),
        (["access", "add"], "such as 192.0.2.0/24"),
        (["access", "list", "x"], "fewer words"),
        (["access", "test", "example.com"], "not an address"),
        (["ca"], "usage: dbtls ca"),
        (["check", "x:1", "-psecret"], "no option -p;"),
        (["check", "mysql", "-h", "127.0.0.1", "-P", "4", "-psecret"], "dbtls check 'mysql -h …'"),
        (["check", "mariadb", "-h", "127.0.0.1"], "put the command line in quotes"),
        (["check", "--json", "mycli", "--host=db1"], "put the command line in quotes"),
        (["ca", "exprot"], 'did you mean "export"'),
        (["password"], "one of --generate and --set"),
        (["password", "--set", "--generate"], "one of --generate and --set"),
        (["password", "--set", "--password-file", "f"], "goes with --generate"),
        (["password", "--generate"], "--password-file FILE"),
        (["connect", "mysqll"], 'did you mean "mysql"'),
        (["connect", "--host", "db1"], "--ca-path FILE"),
        (["connect", "--host", "not_a name"], "neither a host name nor an address"),
        (["connect", "--port", "0"], "1 to 65535"),
        (["connect", "--port", "65536"], "1 to 65535"),
        (["connect", "--port", "4000x"], "1 to 65535"),
        (["connect", "--user", "a\nb"], "control character"),
        (["connect", "--database", "a\033b"], "control character"),
        (["connect", "--ca-path", os.fsdecode(b"\xff.pem")], "UTF-8"),
        (["connect", "--save", ""], "empty"),
        (["connect", "--tls-version", "1.1"], "RFC 8996"),
        (["connect", "php", "--tls-version", "1.3"], "dbtls up --tls-version 1.3"),
        (["completion", "tcsh"], '"tcsh"'),
        (["up", "--listen", "nowhere:x"], "nowhere:x"),
        (["up", "--name", "not_a name"], "neither a host name nor an address"),
        (["up", "--tls-version", "1.1"], "RFC 8996"),
        (["up", "--state", "/" + "x" * 120], "--state"),
    ]
    for words, sentence in wrong:
        done = run(*words)
        ok(done.rc == 2 and sentence in done.err and done.err.startswith("dbtls: ") and
           done.err.count("\n") == 1, f"wrong words: {' '.join(words)[:40]}", done)
    with open("/dev/full", "w") as full:
        rc = subprocess.run([DBTLS, "--help"], stdout=full, stderr=subprocess.DEVNULL).returncode
    ok(rc == 1, "a full disk is no success")


def complete(*words):
    line = " ".join(f"'{w}'" for w in words)
    script = f"""source <({DBTLS} completion bash); COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}
        _dbtls; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split()


def test_completion():
    ok(set(COMMANDS) <= set(complete("dbtls", "")), "completion: the commands")
    ok(complete("dbtls", "acc") == ["access"], "completion: a command begun")
    ok(complete("dbtls", "access", "r") == ["remove"], "completion: a word of a command")
    ok({"mysql", "mariadb", "mycli"} <= set(complete("dbtls", "connect", "m")),
       "completion: the clients")
    ok("--save" in complete("dbtls", "connect", "--"), "completion: the options of connect")
    ok("--detach" in complete("dbtls", "up", "--"), "completion: the options")
    ok("/etc/passwd" in complete("dbtls", "ca", "export", "--out", "/etc/passw"),
       "completion: files")
    script = run("completion", "bash").out
    checked = subprocess.run(["bash", "-n"], input=script, text=True)
    ok(checked.returncode == 0, "completion: bash reads it")


def test_nobody(state):
    for words in (["status"], ["status", "--json"], ["connect"], ["connect", "--json"]):
        done = run(*words, "--state", state)
        ok(done.rc == 1 and "dbtls up" in done.err and not done.out,
           f"no door: {' '.join(words)}", done)
    done = run("password", "--set", "--state", state, stdin="Abcdefg-1\n")
    ok(done.rc == 1 and "no door runs" in done.err, "no door: password", done)
    done = run("down", "--state", state)
    ok(done.rc == 0 and "nothing runs" in done.out, "no door: down is fine", done)
    done = run("ca", "show", "--state", state)
    ok(done.rc == 1 and "yet: it is made with" in done.err, "no CA yet", done)


def test_access(state):
    def access(*words):
        return run("access", *words, "--state", state)

    done = access("list")
    ok(done.rc == 0 and done.out.startswith("host"), "T6: closed by default but for host", done)
    done = access("add", "192.0.2.0/24")
    ok(done.rc == 1 and "dbtls up" in done.err, "no state folder yet", done)
    os.makedirs(state)
    done = access("add", "192.0.2.0/24", "2001:db8::/32")
    ok(done.rc == 0 and "next start" in done.out, "T6: add, without a door", done)
    done = run("access", "list", "--json", env={"DBTLS_STATE": state})
    ok(json.loads(done.out) == {"access": ["host", "192.0.2.0/24", "2001:db8::/32"]},
       "list --json, $DBTLS_STATE", done)
    done = access("add", "192.0.2.0/24")
    ok(done.rc == 0 and "nothing to change" in done.out, "add what is there", done)
    done = access("add", "198.51.100.7", "192.0.2.1/24")
    ok(done.rc != 0 and "192.0.2.0/24" in done.err, "host bits: the block that was meant", done)
    ok("198.51.100.7" not in access("list").out, "all entries or none")
    for address, rc, words in (("192.0.2.9", 0, "192.0.2.0/24"), ("127.0.0.1", 0, "host"),
                               ("203.0.113.1", 1, "refused"), ("2001:db8::9", 0, "2001:db8::/32"),
                               ("::ffff:192.0.2.9", 0, "192.0.2.0/24")):
        done = access("test", address)
        ok(done.rc == rc and words in done.out, f"T6: test {address}", done)
    done = access("test", "203.0.113.1", "--json")
    ok(json.loads(done.out) == {"address": "203.0.113.1", "let_in": False}, "test --json", done)
    done = access("remove", "192.0.2.0/24")
    ok(done.rc == 0 and access("test", "192.0.2.9").rc == 1, "T6: remove", done)
    many = [subprocess.Popen([DBTLS, "access", "add", f"10.0.{i}.0/24", "--state", state],
                             stdout=subprocess.DEVNULL) for i in range(12)]
    ok(all(p.wait() == 0 for p in many) and access("list").out.count("10.0.") == 12,
       "twelve at once: no change is lost", access("list"))
    door = Door(state, {"access": {"ok": True}})
    done = access("add", "192.0.2.0/24")
    ok("in force now" in done.out and door.asked == [{"do": "access"}],
       "T6: a running door is told", done)
    many = [subprocess.Popen([DBTLS, "access", "add", f"10.1.{i}.0/24", "--state", state],
                             stdout=subprocess.DEVNULL) for i in range(8)]
    ok(all(p.wait() == 0 for p in many) and door.most == 1,
       "a door is told of one change at a time")
    door.replies["access"] = {"ok": False, "error": "out of paper"}
    done = access("remove", "192.0.2.0/24")
    ok(done.rc == 1 and "out of paper" in done.err and "goes on with the old" in done.err,
       "a door that refuses", done)
    door.close()


STATUS = {
    "ok": True, "version": "0.1.0", "since": "2026-11-21T20:00:00Z",
    "listen": ["0.0.0.0:4000", "[::]:4000"], "tls_versions": ["TLSv1.2", "TLSv1.3"],
    "certificate": {"subject": "CN=db1", "not_after": "2027-02-19T12:00:00Z", "days_left": 90,
                    "names": ["db1.example.com", "192.0.2.1"], "fingerprint": "AA:BB"},
    "ca": {"subject": "CN=dbtls CA", "not_after": "2036-11-19T12:00:00Z", "days_left": 3650,
           "fingerprint": "CC:DD", "file": "/s/ca.pem"},
    "engine": {"state": "ready", "version": "10.11.19-MariaDB", "restarts": 0},
    "sandbox": {"seccomp": True, "landlock": 7, "off": None},
    "processes": [{"role": "relay", "pid": 17, "restarts": 2}],
    "sessions": {"open": 3, "total": 100, "logging_in": 1},
    "handshakes": {"TLSv1.2": {"full": 1, "resumed": 0}, "TLSv1.3": {"full": 4, "resumed": 5}},
    "endings": [{"cause": "denied", "words": "the address is not on the access list", "count": 2}],
    "bytes": {"from_clients": 11, "to_clients": 22}, "log": "/s/log",
}


def test_status(state):
    door = Door(state, {"status": STATUS})
    done = run("status", "--state", state)
    for words in ("0.0.0.0:4000", "TLSv1.2, TLSv1.3", "90 days left", "db1.example.com", "AA:BB",
                  "CC:DD", "ready, 10.11.19", "Landlock ABI 7", "relay 17", "restarted 2 times",
                  "3 open, 1 logging in, 100 in all", "TLSv1.3: 4 full, 5 resumed",
                  "2  the address is not on the access list", "11 from clients", "/s/log"):
        ok(words in done.out, f"status shows: {words}", done)
    ok("\033" not in done.out, "no colour in a pipe")
    ok("\033" in run_on_terminal("status", "--state", state)[1], "colour on a terminal")
    ok(json.loads(run("status", "--json", "--state", state).out) == STATUS, "status --json is all")
    door.replies["status"] = {"ok": True}
    done = run("status", "--state", state)
    ok(done.rc == 0, "a reply that lacks everything", done)
    door.replies["status"] = {**STATUS, "sandbox": {"off": "asan build"}}
    ok("none: asan build" in run("status", "--state", state).out, "no sandbox is said")
    door.close()


WHOM = {
    "ok": True, "not_shown": 3, "dropped": 4, "causes": {"unknown-ca": 12, "works-tls-1.2": 1},
    "clients": [
        {"address": "10.0.3.7", "library": "Java (Connector/J…)", "cause": "unknown-ca",
         "count": 12, "first": 1700000000, "last": 1700000060, "endpoint": "shop",
         "offers": "TLS 1.3", "name": "db\\x22", "user": "app", "error": 1045},
        {"address": "10.0.3.8", "library": None, "cause": "unknown-ca", "count": 1,
         "first": 1700000000, "last": 1700000000, "endpoint": "shop", "offers": None,
         "name": None, "user": None, "error": 0, "own_certificate": True},
        {"address": "10.0.3.9", "library": None, "cause": "works-tls-1.2", "count": 1,
         "first": 1700000000, "last": 1700000000, "endpoint": "default", "offers": "TLS 1.2",
         "name": None, "user": None, "error": 0}],
}


def test_clients(state):
    door = Door(state, {"clients": WHOM})
    done = run("status", "clients", "--state", state)
    for words in ("10.0.3.7, Java (Connector/J…): does not trust our CA: give it ca.pem: dbtls ca",
                  '12 times, last 2023-11-14 22:14 UTC, TLS 1.3 at best, by the name "db\\x22", '
                  'user "app", error 1045, endpoint shop\n',
                  "  10.0.3.8: does not trust our CA: give it the CA that the endpoint's cert",
                  "  10.0.3.9: works, and has TLS 1.2 at best: ", "    12 clients: does not trust",
                  "3 more are not shown", "4 older ones were forgotten"):
        ok(words in done.out, f"status clients shows: {words.strip()}", done)
    ok(done.out.index("these fail") < done.out.index("10.0.3.7") <
       done.out.index("these get in") < done.out.index("10.0.3.9"), "who fails comes first", done)
    got = json.loads(run("status", "clients", "--json", "--state", state).out)
    first = got["clients"][0]
    ok(first["words"] == "does not trust our CA" and "ca export" in first["advice"] and
       first["last"] == "2023-11-14T22:14:20Z" and not first["works"] and
       got["clients"][2]["works"] and got["causes"] == WHOM["causes"],
       "status clients --json", got)
    for reply in ({"ok": True}, {"ok": True, "clients": [{"cause": "x"}, 7, {}]}):
        door.replies["clients"] = reply
        ok(run("status", "clients", "--state", state).rc == 0 and
           run("status", "clients", "--json", "--state", state).rc == 0,
           "a reply that lacks everything")
    door.replies["clients"] = {"ok": True, "clients": []}
    ok("nothing is wrong" in run("status", "clients", "--state", state).out, "nothing is said")
    door.close()


def test_connect(state, tools):
    endpoint = {"ok": True, "host": "db1.example.com", "port": 4000, "ca": f"{state}/ca.pem",
                "names": ["localhost", "127.0.0.1", "192.0.2.1", "*.example.com",
                          "db1.example.com"], "user": "root", "database": "test"}
    door = Door(state, {"endpoint": endpoint})

    def connect(*words, path=tools):
        return run("connect", *words, "--state", state, env={"PATH": path})

    done = connect("mariadb")
    ok(done.out == f"mariadb --ssl-ca={state}/ca.pem --ssl-verify-server-cert "
       "--connect-timeout=15 -h db1.example.com -P 4000 -u root -p -D test\n" and not done.err,
       "T5: the line for MariaDB, a real name", done)
    done = connect("mysql", "--ca-path", "my ca.pem", "--user", "o'neil")
    ok(done.out == "mysql --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY --ssl-ca='my ca.pem' "
       "--tls-version=\"TLSv1.2,TLSv1.3\" -u 'o'\\''neil' -h db1.example.com -P 4000 -D test -p\n",
       "T9, T7: the line for Oracle's, quoted", done)
    ok("note: " in done.err and "9.0" in done.err, "and its note on stderr", done)
    done = connect("mysql", "--json")
    said = json.loads(done.out)
    ok(said["host"] == "db1.example.com" and said["line"].startswith("mysql ") and "note" in said,
       "connect --json", done)
    ok(connect().out.startswith("mariadb "), "no client found: MariaDB's line")
    with open(f"{tools}/mysql", "w") as f:
        f.write("#!/bin/sh\necho 'mysql  Ver 8.4.3 for Linux'\n")
    os.chmod(f"{tools}/mysql", 0o755)
    path = f"{tools}:/usr/bin:/bin" if not shutil.which("mariadb", path="/usr/bin:/bin") else tools
    ok("--ssl-mode=VERIFY_IDENTITY" in connect(path=path).out, "the client found is Oracle's")
    with open(f"{tools}/mysql", "w") as f:
        f.write("#!/bin/sh\necho 'mysql  Ver 15.1 Distrib 10.11.19-MariaDB'\n")
    done = connect(path=path)
    ok(done.out.startswith("mysql --ssl-ca=") and "--ssl-verify-server-cert" in done.out,
       "the mysql found is MariaDB's", done)
    ok("mariadb " in connect("--list").out, "connect --list")
    door.replies["endpoint"] = {**endpoint, "host": "192.0.2.1"}
    ok("-h 192.0.2.1 " in connect("mariadb").out, "the door says by which name it is reached")
    door.close()


CLIENTS = {"mariadb", "mysql", "mycli", "python", "pymysql", "sqlalchemy", "django", "java", "go",
           "gorm", "node", "sequelize", "prisma", "ruby", "php"}
# What a shell, a string or a template would read as something else.
HOSTILE = "o'n\"e\\il $(e) `f` #{g} {{host}} %s é"


def make_ca(path):
    """A CA's certificate, behind a private key that is nobody's business."""
    key = path + ".key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-days", "101", "-subj",
                    "/CN=a test CA", "-out", path], check=True, capture_output=True)
    with open(path) as f, open(key) as k:
        certificate, private = f.read(), k.read()
    with open(path, "w") as f:
        f.write(private + certificate)
    return certificate


def tree(folder):
    """Every file below, by its name, and the modes of all."""
    found, modes = {}, set()
    for where, folders, files in os.walk(folder):
        modes |= {os.stat(os.path.join(where, name)).st_mode & 0o777 for name in folders}
        for name in files:
            path = os.path.join(where, name)
            modes.add(os.stat(path).st_mode & 0o777)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found, modes


def strings_of(source):
    return {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}


def check_language(client, folder, files):
    """With hostile values the program is still one, to the languages that are here."""
    for name, content in files.items():
        path = os.path.join(folder, name)
        if name.endswith(".py"):
            ok(HOSTILE in strings_of(content.decode()), f"{client}: Python reads the user's name")
        if name.endswith(".json"):
            json.loads(content)
        for suffix, words in ((".js", ["node", "--check"]), (".php", ["php", "-l"]),
                              (".rb", ["ruby", "-c"]), (".go", ["gofmt", "-l"])):
            if name.endswith(suffix) and shutil.which(words[0]):
                done = Result(subprocess.run([*words, path], capture_output=True, text=True))
                ok(done.rc == 0 and (suffix != ".go" or not done.out),
                   f"{client}: {' '.join(words)} {name}", done)


def test_save(folder):
    """--save, for a server elsewhere: no door is asked."""
    work = f"{folder}/it's work"
    os.makedirs(work)
    ca = f"{work}/the ca.pem"
    certificate = make_ca(ca)

    def connect(*words):
        return run("connect", *words, "--host", "db1.example.com", "--ca-path", ca, "--state",
                   "/nonexistent")

    clients = [line.split()[0] for line in run("connect", "--list").out.splitlines()]
    ok(CLIENTS <= set(clients), "T5: connect --list: these and more", clients)
    old = os.umask(0o077)
    for client in clients:
        project = f"{work}/{client}"
        done = connect(client, "--save", project, "--user", HOSTILE)
        files, modes = tree(project)
        lines = done.out.splitlines()
        ok(done.rc == 0 and files["ca.pem"].decode() == certificate and
           modes <= {0o644, 0o755} and
           [f"{project}/{name}" for name in sorted(files)] == sorted(lines[:-2]),
           f"T7: {client} --save: the CA, without the key beside it", done, modes)
        again = connect(client, "--save", project, "--user", HOSTILE)
        ok(again.rc == 0 and again.out == done.out and tree(project) == (files, modes),
           f"{client} --save again: the same bytes", again)
        there = subprocess.run(["sh", "-c", lines[-1].split(" && ")[0] + " && pwd"],
                               capture_output=True, text=True).stdout
        ok(there == project + "\n" and " && " in lines[-1], f"{client}: what to type next",
           lines[-1])
        check_language(client, project, files)
    os.umask(old)
    test_in_the_way(work, connect)
    test_truststore(f"{work}/java")


def test_in_the_way(work, connect):
    with open(f"{work}/go/main.go", "a") as f:
        f.write("// mine\n")
    os.unlink(f"{work}/go/go.mod")
    done = connect("go", "--save", f"{work}/go")
    ok(done.rc == 2 and "go/main.go" in done.err and "is there already" in done.err and
       not os.path.exists(f"{work}/go/go.mod") and not done.out,
       "--save: a file in the way; nothing is written", done)
    done = connect("go", "--save", f"{work}/no/such")
    ok(done.rc == 2 and "mkdir -p" in done.err, "--save: no folder above", done)
    done = connect("go", "--save", f"{work}/the ca.pem")
    ok(done.rc == 2 and "is no folder" in done.err, "--save: a file", done)
    done = run("connect", "go", "--save", f"{work}/x", "--host", "h", "--ca-path", f"{work}/none")
    ok(done.rc == 1 and "--ca-path" in done.err and "No such file" in done.err and
       not os.path.exists(f"{work}/x"), "--save: no CA", done)
    done = run("connect", "go", "--save", f"{work}/x", "--host", "h", "--ca-path",
               f"{work}/the ca.pem.key")
    ok(done.rc == 2 and "--ca-path" in done.err and "BEGIN CERTIFICATE" in done.err and
       not os.path.exists(f"{work}/x"), "--save: a CA file without a certificate", done)


def test_page():
    """The worked example of docs/add-a-client.md is the whole change, and still applies."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    with open(f"{root}/docs/add-a-client.md") as f:
        change = f.read().split("```diff\n")[1].split("```")[0]
    ok(change.count("\n") < 60, "adding a client is less than 60 lines")
    if shutil.which("git"):
        done = Result(subprocess.run(["git", "apply", "--check", "-"], input=change, cwd=root,
                                     capture_output=True, text=True))
        ok(done.rc == 0, "and its diff applies", done)


COUNT = """
import java.io.*;
import java.security.*;
import java.util.*;

class Count {
    public static void main(String[] words) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(words[0])) {
            store.load(in, "changeit".toCharArray());
        }
        for (String name : Collections.list(store.aliases()))
            System.out.println(name + " " + store.isCertificateEntry(name) + " "
                + store.isKeyEntry(name));
    }
}
"""


def test_truststore(project):
    store = f"{project}/truststore.p12"
    done = Result(subprocess.run(["openssl", "pkcs12", "-in", store, "-passin", "pass:changeit",
                                  "-info"], capture_output=True, text=True))
    ok(done.rc == 0 and done.out.count("BEGIN CERTIFICATE") == 1 and "PRIVATE KEY" not in done.out and
       "PBES2, PBKDF2, AES-256-CBC" in done.err and "MAC: sha256" in done.err,
       "the trust store: OpenSSL reads it", done)
    if shutil.which("keytool"):
        done = Result(subprocess.run(["keytool", "-list", "-keystore", store, "-storepass",
                                      "changeit"], capture_output=True, text=True))
        ok(done.rc == 0 and done.out.count("trustedCertEntry") == 1, "Java's keytool trusts it",
           done)
    if shutil.which("javac"):
        with open(f"{project}/Count.java", "w") as f:
            f.write(COUNT)
        done = Result(subprocess.run(["java", f"{project}/Count.java", store],
                                     capture_output=True, text=True))
        ok(done.out == "ca true false\n", "Java's KeyStore has one trusted certificate", done)


def test_samples(state):
    """The samples, with a door that answers: only what one pastes is on stdout."""
    os.makedirs(state)
    certificate = make_ca(f"{state}/ca.pem")
    door = Door(state, {"endpoint": {"ok": True, "host": "db1.example.com", "port": 4001,
                                     "ca": f"{state}/ca.pem", "user": "root", "database": "test"}})

    def connect(*words):
        return run("connect", *words, "--state", state)

    done = connect("pymysql")
    ok(done.rc == 0 and {"db1.example.com", f"{state}/ca.pem", "root", "test"} <=
       strings_of(done.out) and "4001" in done.out, "T5: a sample, filled in", done)
    ok("note: needed: Python" in done.err and
       "note: dbtls connect pymysql --save DIR writes the whole project\n" in done.err,
       "and what it needs on stderr", done)
    done = connect("go", "--host", "h.example.org", "--port", "3306", "--database", "d", "--user",
                   "u", "--ca-path", "/c.pem", "--tls-version", "1.2")
    ok(all(f'"{word}"' in done.out for word in ("h.example.org", "3306", "d", "u", "/c.pem")) and
       "MaxVersion: tls.VersionTLS12" in done.out, "what is said goes in", done)
    ok(len(door.asked) == 1, "with --host no door is asked", door.asked)
    ok("MaxVersion" not in connect("go").out, "both versions: nothing is pinned")
    said = json.loads(connect("java", "--json").out)
    ok([f["name"] for f in said["files"]] == ["Connect.java", "pom.xml"] and said["setup"] and
       said["run"] and "line" not in said and "saved" not in said and said["needs"] and
       said["ca"] == f"{state}/ca.pem" and isinstance(said["here"], bool),
       "connect java --json", said)
    said = json.loads(connect("mysql", "--json").out)
    ok(said["files"] == [] and said["line"] == said["run"] and said["port"] == "4001",
       "connect mysql --json", said)
    project = f"{state}/project"
    said = json.loads(connect("node", "--json", "--save", project).out)
    files, _ = tree(project)
    ok(said["saved"] == project and said["ca"] == "ca.pem" and
       {f["name"]: f["text"] for f in said["files"]} | {"ca.pem": certificate} ==
       {name: content.decode() for name, content in files.items()}, "--json --save", said)
    listed = json.loads(connect("--list", "--json").out)["clients"]
    ok(CLIENTS <= {c["client"] for c in listed}, "--list --json", listed)
    door.close()


def hashed(text):
    """As the database keeps it: SELECT PASSWORD(text)."""
    return "*" + hashlib.sha1(hashlib.sha1(text.encode()).digest()).hexdigest().upper()


def test_password(state):
    door = Door(state, {"password": {"ok": True}})
    done = run("password", "--set", "--state", state, stdin="Abcdefg-1\n")
    ok(done.rc == 0 and door.asked[-1] == {"do": "password", "hash": hashed("Abcdefg-1")},
       "--set from stdin: the hash alone goes over", done, door.asked)
    done = run("password", "--set", "--state", state, stdin="short\n")
    ok(done.rc == 2 and len(door.asked) == 1, "--set: a weak one is refused", done)
    done = run("password", "--set", "--state", state)
    ok(done.rc == 2 and "no password came" in done.err, "--set: nothing on stdin", done)
    done = run("password", "--set", "--state", state, stdin="x" * 5000)
    ok(done.rc == 2 and "longer" in done.err, "--set: too long", done)
    rc, shown = run_on_terminal("password", "--set", "--state", state, typed=[
        ("password: ", "Hidden-99"), ("more: ", "Hidden-99")])
    ok(rc == 0 and "Hidden" not in shown and door.asked[-1]["hash"] == hashed("Hidden-99"),
       "--set on a terminal: twice, unseen", rc, shown)
    rc, shown = run_on_terminal("password", "--set", "--state", state, typed=[
        ("password: ", "Hidden-99"), ("more: ", "Hidden-98")])
    ok(rc == 2 and "not the same" in shown and len(door.asked) == 2, "two that differ", rc, shown)
    rc, shown = run_on_terminal("password", "--set", "--state", state, typed=[
        ("password: ", "\x03")])
    ok(rc == -2 and len(door.asked) == 2, "Ctrl-C ends it", rc, shown)
    rc, shown = run_on_terminal("password", "--generate", "--state", state)
    word = shown.strip().split(" ")[-1]
    ok(rc == 0 and len(word) == 16 and door.asked[-1]["hash"] == hashed(word),
       "T4: --generate on a terminal shows 16 characters", rc, shown)
    path = f"{state}/new password"
    done = run("password", "--generate", "--password-file", path, "--state", state)
    with open(path) as f:
        word = f.read().rstrip("\n")
    ok(done.rc == 0 and path in done.out and word not in done.out and
       door.asked[-1]["hash"] == hashed(word), "--generate into a file", done)
    ok(os.stat(path).st_mode & 0o777 == 0o600, "the file is its owner's alone")
    asked = len(door.asked)
    done = run("password", "--generate", "--password-file", path, "--state", state)
    ok(done.rc == 1 and len(door.asked) == asked, "never over a file that is there", done)
    door.replies["password"] = {"ok": False, "error": "the engine is starting"}
    done = run("password", "--generate", "--password-file", path + "2", "--state", state)
    ok(done.rc == 1 and "engine is starting" in done.err and not os.path.exists(path + "2"),
       "a refusal leaves no file", done)
    door.close()


def test_ca(state, folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-days", "101",
                    "-subj", "/CN=a test CA", "-out", f"{state}/ca.pem"],
                   check=True, capture_output=True)
    with open(f"{state}/ca.pem") as f:
        pem = f.read()
    printed = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
                              f"{state}/ca.pem"], capture_output=True, text=True).stdout
    fingerprint = printed.strip().split("=")[1]
    ok(run("ca", "export", "--state", state).out == pem, "T7: ca export")
    done = run("ca", "export", "--out", f"{folder}/ca.pem", "--state", state)
    with open(f"{folder}/ca.pem") as f:
        ok(done.rc == 0 and f.read() == pem, "T7: ca export --out", done)
    done = run("ca", "export", "--out", f"{folder}/ca.pem", "--state", state)
    ok(done.rc == 1 and "--force" in done.err, "not over a file", done)
    done = run("ca", "export", "--force", "--out", f"{folder}/ca.pem", "--state", state)
    ok(done.rc == 0, "but with --force", done)
    done = run("ca", "show", "--state", state)
    ok("a test CA" in done.out and fingerprint in done.out and " days left" in done.out,
       "ca show", done, fingerprint)
    said = json.loads(run("ca", "show", "--json", "--state", state).out)
    ok(said["fingerprint"] == fingerprint and said["days_left"] in (100, 101) and
       said["not_after"].endswith("Z"), "ca show --json", said)
    with open(f"{state}/ca.pem", "w") as f:
        f.write("nonsense\n")
    done = run("ca", "show", "--state", state)
    ok(done.rc == 1 and "ca.pem" in done.err, "a file that is no certificate", done)
    with open(f"{state}/access", "w") as f:
        f.write("host\n\n192.0.2.0/99\n")
    done = run("access", "add", "192.0.2.7", "--state", state)
    ok(done.rc == 1 and "3" in done.err, "an access list with a fault: its line", done)


DAEMON = """#!/bin/sh
printf '%s\\n' "$@" > "$0.argv"
while [ $# -gt 1 ]; do
	[ "$1" = --ready-fd ] && fd=$2
	shift
done
[ -n "$DAEMON_FAILS" ] && exit "$DAEMON_FAILS"
[ -n "$fd" ] || exit 0
echo database ready
eval "printf x >&$fd"
"""


def test_up(folder):
    """dbtls beside a stand-in dbtlsd."""
    here = f"{folder}/bin"
    os.makedirs(here)
    shutil.copy(DBTLS, here)
    with open(f"{here}/dbtlsd", "w") as f:
        f.write(DAEMON)
    os.chmod(f"{here}/dbtlsd", 0o755)

    def up(*words, **env):
        done = Result(subprocess.run([f"{here}/dbtls", "up", *words], capture_output=True,
                                     text=True, env={**os.environ, **env}, timeout=60))
        with open(f"{here}/dbtlsd.argv") as f:
            return done, f.read().splitlines()

    words = ["--state", "/tmp/s", "--listen", "4000", "--listen", "[::1]:4001", "--name",
             "db1.example.com", "--tls-version", "1.2", "--certificate-life", "90d", "--log", "-"]
    done, argv = up(*words)
    ok(done.rc == 0 and argv == words, "up hands its words to dbtlsd", done, argv)
    done, argv = up("--state", "/tmp/s", "--detach")
    ok(done.rc == 0 and "database ready" in done.out and argv[:3] == [
        "--state", "/tmp/s", "--ready-fd"], "T1: up --detach returns once it is ready", done, argv)
    done, _ = up("--detach", DAEMON_FAILS="7")
    ok(done.rc == 7, "up --detach: dbtlsd's exit status", done)
    os.unlink(f"{here}/dbtlsd")
    os.symlink("/nonexistent/dbtlsd", f"{here}/dbtlsd")
    done, _ = up()
    ok(done.rc == 1 and "find dbtlsd" in done.err, "no dbtlsd", done)


def main():
    with tempfile.TemporaryDirectory(prefix="dbtls-cli-") as folder:
        state, tools = f"{folder}/state", f"{folder}/tools"
        os.makedirs(tools)
        os.environ.pop("DBTLS_STATE", None)
        os.environ["LC_ALL"] = "C.UTF-8"
        test_words()
        test_completion()
        test_nobody(state)
        test_access(state)
        test_status(state)
        test_clients(state)
        test_connect(state, tools)
        test_save(folder)
        test_samples(f"{folder}/samples")
        test_page()
        test_password(state)
        test_ca(state, folder)
        test_up(folder)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
