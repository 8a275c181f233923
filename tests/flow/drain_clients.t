#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
What clients show when the door stops under them: error 1053, in their own words, whether they were
idle or waited for an answer; and in no case something else's error.
"""
import os
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from clients import INSIDE, SPACE
from door import DBTLS, Door, command
from tap import finish, ok, run, same, skip, until

IDLE = "Server shutdown in progress"
BUSY = IDLE + "; whether the last statement took effect is not known"

PYMYSQL = """
import ssl, sys
import pymysql

host, port, ca, password = sys.argv[1:]
connection = pymysql.connect(host=host, port=int(port), user="root", password=password,
                             ssl=ssl.create_default_context(cafile=ca))
for line in sys.stdin:
    try:
        with connection.cursor() as cursor:
            cursor.execute(line)
            print(cursor.fetchall(), flush=True)
    except pymysql.Error as e:
        print(type(e).__name__, e, flush=True)
"""

# Whoever is called "pool" takes a connection for each statement; else it is one for all of them.
GO = """
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"net"
	"os"

	"github.com/go-sql-driver/mysql"
)

type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func main() {
	pem, err := os.ReadFile(os.Args[3])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	if err := mysql.RegisterTLSConfig("door", &tls.Config{RootCAs: roots}); err != nil {
		panic(err)
	}
	config := mysql.NewConfig()
	config.User, config.Passwd, config.Net = "root", os.Args[4], "tcp"
	config.Addr, config.TLSConfig = net.JoinHostPort(os.Args[1], os.Args[2]), "door"
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		panic(err)
	}
	var q querier = db
	if len(os.Args) == 5 {
		if q, err = db.Conn(context.Background()); err != nil {
			panic(err)
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var text string
		err := q.QueryRowContext(context.Background(), lines.Text()).Scan(&text)
		fmt.Println(text, err)
	}
}
"""


class Talk:
    """A client that takes a statement a line; .text is all that it has said."""

    def __init__(self, *words):
        self.text = ""
        self.process = subprocess.Popen([*INSIDE, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        while part := os.read(self.process.stdout.fileno(), 65536):
            self.text += part.decode(errors="replace")

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hears(self, words, seconds=20):
        return until(lambda: words in self.text or self.process.poll() is not None, seconds)

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.reader.join(20)
        self.process.stdout.close()
        return self.text


class Programs:
    """Where they are: by name, the words before host, port, CA and password."""

    def __init__(self, folder, door):
        self.folder, self.door, self.words, self.why = folder, door, {}, {}
        for name, make in (("PyMySQL", self.pymysql), ("Go", self.go)):
            try:
                make()
            except RuntimeError as e:
                self.why[name] = str(e)[-500:].replace("\n", " ")

    def project(self, client):
        """The folder of `dbtls connect`'s project, with what it needs from its registry."""
        folder = f"{self.folder}/{client}"
        saved = self.door.dbtls("connect", client, "--save", folder)
        if saved.rc:
            raise RuntimeError(f"connect {client}: {saved}")
        return folder

    @staticmethod
    def must(*words, **more):
        done = command(*words, timeout=240, **more)
        if done.rc:
            raise RuntimeError(f"{words[0]}: {done}")

    def pymysql(self):
        folder = self.project("pymysql")
        with open(f"{folder}/lines.py", "w") as f:
            f.write(PYMYSQL)
        self.must("sh", "-c", "python3 -m venv .venv && .venv/bin/pip install --quiet "
                  "--requirement requirements.txt", cwd=folder)
        self.words["PyMySQL"] = [f"{folder}/.venv/bin/python", f"{folder}/lines.py"]

    def go(self):
        folder = self.project("go")
        os.remove(f"{folder}/main.go")
        with open(f"{folder}/main.go", "w") as f:
            f.write(GO)
        self.must("sh", "-c", "go mod tidy && go build -o lines .", cwd=folder)
        self.words["Go"] = [f"{folder}/lines"]

    def all(self):
        """Each client's words in front of the door, and what its one error looks like."""
        door = self.door
        where = ["127.0.0.1", str(door.port), door.ca, door.password]
        options = ["-h", where[0], "-P", where[1], "-u", "root", f"-p{where[3]}", "--batch",
                   "--unbuffered", "--skip-reconnect", f"--ssl-ca={door.ca}"]
        rows = {"mariadb": (["mariadb", "--no-defaults", *options, "--ssl-verify-server-cert"],
                            "ERROR 1053 (08S01) at line {line}: {text}")}
        try:
            rows["mysql"] = (mysqld.wrapped("bin/mysql", "--no-defaults", *options,
                                            "--ssl-mode=VERIFY_IDENTITY"),
                             "ERROR 1053 (08S01) at line {line}: {text}")
        except mysqld.NotHere as why:
            self.why["mysql"] = str(why).replace("\n", "; ")
        shown = {"PyMySQL": "OperationalError (1053, '{text}')",
                 "Go": "Error 1053 (08S01): {text}"}
        rows |= {name: ([*words, *where], shown[name]) for name, words in self.words.items()}
        return rows


def down(door):
    return command(DBTLS, "down", "--drain", "--within", "0", "--state", door.state)


def test_clients(folder):
    with Door(listen=("127.0.0.1",), inside=INSIDE) as door:
        programs = Programs(folder, door)
        rows = programs.all()
        for name, why in programs.why.items():
            skip(f"{name}: what it shows", why)
        idle = {name: Talk(*words) for name, (words, _) in rows.items()}
        busy = {name: Talk(*words) for name, (words, _) in rows.items()}
        squeezed = Talk(*rows["mariadb"][0], "--compress")
        pool = Talk(*rows["Go"][0], "pool") if "Go" in rows else None
        talks = [*idle.values(), *busy.values(), squeezed, *([pool] if pool else [])]
        try:
            for talk in talks:
                talk.say("SELECT 'rea' 'dy';")
            ok(all(talk.hears("ready") and "ready" in talk.text for talk in talks),
               "all of them are logged in", *[t.text for t in talks])
            for talk in busy.values():
                talk.say("SELECT SLEEP(50);")
            same(until(lambda: sleepers(door) == len(busy)), True, "half of them wait for an answer")
            done = down(door)
            same(done.rc, 0, "the door stops", done)
            for talk in [*idle.values(), squeezed, *([pool] if pool else [])]:
                talk.say("SELECT 2;")
            for name, (_, shown) in rows.items():
                for what, text, of in (("idle", IDLE, idle), ("waiting", BUSY, busy)):
                    wanted = shown.format(line=2, text=text)
                    said = of[name].end()
                    ok(wanted in said, f"{name}, {what}: {wanted}", said)
            said = squeezed.end()
            ok("1053" not in said and "Lost connection" in said,
               "mariadb with compression: a lost connection, and nothing odd", said)
            if pool:
                said = pool.end()
                ok("connection refused" in said and "1053" not in said,
                   "Go's pool notices, and dials anew for the statement", said)
        finally:
            for talk in talks:
                if talk.process.poll() is None:
                    talk.process.kill()


def sleepers(door):
    """How many of the database's sessions sleep."""
    done = command(*INSIDE, *door.mariadb_words(
        "-e", "SELECT COUNT(*) FROM information_schema.processlist "
        "WHERE info LIKE 'SELECT SLEEP(50)%'"))
    return int(done.out.strip() or 0)


def main():
    with tempfile.TemporaryDirectory(prefix="dbtls-drain-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        if command("ip", "netns", "add", SPACE).rc:
            skip("what clients show when the door stops", "only root can make a network")
            return
        try:
            command(*INSIDE, "ip", "link", "set", "lo", "up")

            def test():
                test_clients(folder)
            run(test)
        finally:
            command("chmod", "-R", "u+w", folder)  # Go writes its modules so that nobody may
            command("ip", "netns", "del", SPACE)


main()
finish()
