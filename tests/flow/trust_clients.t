#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
D9 D11 T13: clients by their own default trust, with nothing said to them of a CA: none reaches the
lab's good endpoints, each does after `dbtls trust add --all` with the variables that it prints, and
none after `dbtls trust undo`. On copies of this machine's own stores.
"""
import concurrent.futures
import dataclasses
import json
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import lab
import space
from door import DBTLS, ROOT, command
from lab_clients import environment_of, of_pip
from mysqld import TREE, Ca
from tap import finish, note, ok, run, same, skip

MADE = os.path.join(os.path.dirname(TREE), "trust")  # programs made for this, which stay
# What a change of the system's store writes, by Debian's tools and the hooks of its packages.
CHANGED = ("/etc", "/usr/local/share/ca-certificates", "/var/lib/ca-certificates-java",
           "/var/lib/dpkg", "/var/log")
SOURCE = "/usr/local/share/ca-certificates"
HOME = f"{space.FOLDER}/home"
JOURNAL = f"{space.FOLDER}/journal"

GO_MOD = """module client

go 1.24.0

require github.com/go-sql-driver/mysql v1.10.1

require filippo.io/edwards25519 v1.2.0 // indirect
"""
GO = """package main

import (
	"database/sql"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	_ "github.com/go-sql-driver/mysql"
)

func get(url string) (string, error) {
	answer, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func query(dsn string) (name string, err error) {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRow("SELECT DATABASE()").Scan(&name)
	return name, err
}

func main() {
	log.SetFlags(0)
	what := map[string]func(string) (string, error){"get": get, "query": query}[os.Args[1]]
	text, err := what(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
}
"""
JAVA = """import java.net.URI;
import javax.net.ssl.HttpsURLConnection;

public class Get {
    public static void main(String[] words) throws Exception {
        var c = (HttpsURLConnection) URI.create(words[0]).toURL().openConnection();
        System.out.println(new String(c.getInputStream().readAllBytes()));
    }
}
"""
REQUESTS = "import requests, sys; print(requests.get(sys.argv[1], timeout=30).text)"
BOTO3 = """
import boto3, sys
from botocore.config import Config
once = Config(retries={'total_max_attempts': 1})
dynamodb = boto3.client('dynamodb', endpoint_url=sys.argv[1], config=once)
print(dynamodb.list_tables()['TableNames'])
"""
NODE = """
require('node:https').get(process.argv[1], (answer) => answer.pipe(process.stdout))
    .on('error', (error) => { console.error(error.code); process.exit(1); });
"""
RUBY = "puts Net::HTTP.get(URI(ARGV[0]))"
BY_JAVA = "Java's HttpsURLConnection"
PYTHONS = ("requests", "boto3", "awscli")


@dataclasses.dataclass
class Client:
    name: str
    words: list
    refusal: str  # how it says that it does not know the CA
    wanted: str   # in what it prints once it gets there


# ---- outside, where the registries are

def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path) or open(path).read() != text:
        with open(path, "w") as f:
            f.write(text)
    return path


def prepare():
    """Why it can't be done, or ""."""
    missing = [p for p in ("go", "javac", "node", "ruby", "curl", "update-ca-certificates")
               if not shutil.which(p)]
    if missing:
        return f"{', '.join(missing)} is missing"
    put(f"{MADE}/go/go.mod", GO_MOD)
    put(f"{MADE}/go/client.go", GO)
    java = put(f"{MADE}/java/Get.java", JAVA)
    space.tool("sh", "-c", "go mod tidy && go build -o client .", cwd=f"{MADE}/go", timeout=300)
    space.tool("javac", "--release", "11", "-d", f"{MADE}/java", java, timeout=120)
    return "; ".join(why for _, why in map(of_pip, PYTHONS) if why)


# ---- inside

def clients(web, database):
    url = f"https://{web.host}:{web.port}/"
    healthy, tables = f"healthy: {web.host} ", "test"
    python = {package: f"{environment_of(package)}/bin" for package in PYTHONS}
    dsn = f"{database.user}:{database.password}@tcp({database.host}:{database.port})/test?tls=true"
    unknown = "CERTIFICATE_VERIFY_FAILED"
    return [
        Client("requests", [f"{python['requests']}/python", "-c", REQUESTS, url], unknown, healthy),
        Client("boto3", [f"{python['boto3']}/python", "-c", BOTO3, url], unknown, tables),
        Client("AWS CLI", [f"{python['awscli']}/aws", "dynamodb", "list-tables", "--endpoint-url",
                           url], unknown, tables),
        Client("Node", ["node", "-e", NODE, url],
               "SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY", healthy),
        Client("Go's net/http", [f"{MADE}/go/client", "get", url],
               "x509: certificate signed by unknown authority", healthy),
        Client("T13: Go's MySQL driver with tls=true", [f"{MADE}/go/client", "query", dsn],
               "x509: certificate signed by unknown authority", "test"),
        Client("Ruby's net/http", ["ruby", "-rnet/http", "-e", RUBY, url],
               "certificate verify failed", healthy),
        Client("curl", ["curl", "--silent", "--show-error", "--max-time", "30", url],
               "unable to get local issuer|SSL certificate problem", healthy),
        Client(BY_JAVA, ["java", "-cp", f"{MADE}/java", "Get", url],
               "unable to find valid certification path", healthy),
    ]


def environment(web, **more):
    """Nothing of whoever runs this, which may name stores."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": HOME,
            "LC_ALL": "C.UTF-8", "AWS_ACCESS_KEY_ID": web.user, "AWS_MAX_ATTEMPTS": "1",
            "AWS_SECRET_ACCESS_KEY": web.password, "AWS_DEFAULT_REGION": "us-east-1", **more}


class Stage:
    def __init__(self, running):
        self.web, self.database = running.of("good", "https"), running.of("good", "mysql")
        self.clients = clients(self.web, self.database)
        os.mkdir(HOME)
        for package in PYTHONS:  # as a user has projects
            os.makedirs(f"{HOME}/{package}")
            os.symlink(environment_of(package), f"{HOME}/{package}/.venv")
        os.makedirs(f"{HOME}/.pki/nssdb")
        space.tool("certutil", "-N", "-d", f"sql:{HOME}/.pki/nssdb", "--empty-password")

    def trust(self, *words):
        return command(DBTLS, "trust", *words, env=environment(self.web), cwd=HOME, timeout=180)

    def add(self, *words, scope="--all"):
        return self.trust("add", *self.cas(), scope, "--journal", JOURNAL, *words)

    def holds(self):
        """Of each store: which certificates, and what they are good for."""
        stores = json.loads(self.trust("list", "--json", "--anchors", "--quick").out)
        return {s["path"]: sorted((c["sha256"], c["servers"]) for c in s.get("certificates", ()))
                for s in stores}

    def cas(self):
        return list(dict.fromkeys((self.web.ca, self.database.ca)))

    def each(self, **more):
        """Runs all of them. What came of each, by its name."""
        def go(client):
            return command(*client.words, env=environment(self.web, **more), cwd=HOME, timeout=120)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            return dict(zip((c.name for c in self.clients), pool.map(go, self.clients)))

    def none_reaches(self, when, **more):
        for client, done in zip(self.clients, self.each(**more).values()):
            ok(done.rc not in (0, -1) and re.search(client.refusal, done.out + done.err)
               and client.wanted not in done.out, f"{when}: {client.name} does not know the CA",
               done)

    def each_reaches(self, when, **more):
        for client, done in zip(self.clients, self.each(**more).values()):
            ok(done.rc == 0 and client.wanted in done.out, f"{when}: {client.name} gets there", done)


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def files_of(folder):
    return {f"{at}/{name}": bytes_of(f"{at}/{name}")
            for at, _, names in os.walk(folder) for name in names}


def variables_of(text):
    return dict(re.findall(r"^\s*export (\w+)=(.*)$", text, re.M))


def outcomes_of(done):
    return {store["outcome"] for store in json.loads(done.out)["stores"]}


def brought(path):
    """Whether it is the store that one of the Python packages brings along."""
    return path.startswith(HOME) and re.search(r"/(certifi|botocore)/cacert\.pem$", path)


def test_all(stage):
    before, sources = stage.holds(), files_of(SOURCE)
    same(len([path for path in before if brought(path) and "/pip/" not in path]), len(PYTHONS),
         "D9: what these Python packages bring along is found", sorted(before))
    stage.none_reaches("D9: before")
    done = stage.add("--dry-run")
    same((done.rc, files_of(SOURCE), os.path.exists(JOURNAL)), (0, sources, False),
         "D11: trust add --all --dry-run leaves everything as it is", done)
    done = stage.add()
    same(done.rc, 0, "D11: trust add --all", done)
    env = variables_of(done.out)
    note(*(f"{name}={value}" for name, value in env.items()))
    ok(env, "it prints variables for those that bring their own store", done)
    again = stage.add("--json")
    ok(again.rc == 0 and "already" in outcomes_of(again) and "done" not in outcomes_of(again),
       "once more: all is so already", again)
    stage.each_reaches("D9: after trust add --all", **env)
    done = stage.trust("undo", "--journal", JOURNAL)
    same(done.rc, 0, "D11: trust undo", done)
    stage.none_reaches("D9: after trust undo")
    same(files_of(SOURCE), sources, "the system's sources are as they were, byte for byte")
    after = stage.holds()
    same([p for p in {**before, **after} if before.get(p) != after.get(p)], [],
         "every store holds what it held")


def security():
    """The folder where the JDK in use looks for its stores."""
    home = os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("java"))))
    return f"{home}/lib/security"


def test_jssecacerts(stage):
    """A JDK with a store of its own, which no command of the system's makes."""
    stage.clients = [c for c in stage.clients if c.name == BY_JAVA]
    # Java opens it without a password: what is encrypted in a PKCS12 it would not see.
    bare = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
            "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
    for kind, words in (("JKS", ()), ("PKCS12", bare)):
        own = f"{security()}/jssecacerts"
        space.tool("keytool", "-importcert", "-noprompt", "-alias", "stranger", "-keystore", own,
                   "-storepass", "changeit", "-storetype", kind, *words, "-file",
                   Ca(f"{space.FOLDER}/{kind}").pem)
        java_alone(stage, own, f"jssecacerts in {kind}")
        os.remove(own)


def java_alone(stage, own, name):
    before = bytes_of(own)
    stage.none_reaches(f"with {name}")
    done = stage.add(scope="--java")
    same(done.rc, 0, "D11: trust add --java", done)
    stage.each_reaches(f"with {name}, after trust add --java")
    done = stage.trust("undo", "--journal", JOURNAL)
    same(done.rc, 0, "trust undo", done)
    stage.none_reaches(f"with {name}, after trust undo")
    ok(bytes_of(own) == before, f"{name}: it is as it was, byte for byte")


def main():
    space.lay_out(*CHANGED, security())
    # What others have put there and not yet handed on is no change of ours.
    space.tool("update-ca-certificates")
    with lab.Lab("--only", "good") as running:
        space.names(f"{running.folder}/hosts")
        stage = Stage(running)
        run(lambda: test_all(stage), lambda: test_jssecacerts(stage))


if not ROOT:
    skip("clients after trust add --all", "only root can make a network")
elif space.FOLDER:
    main()
elif why := prepare():
    skip("clients after trust add --all", why)
else:
    space.enter()
finish()
