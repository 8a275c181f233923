#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""Go, Node.js, Java: what `connect --save` writes connects, verified, or refuses (T5, T15)."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import document
from clients import INSIDE, PASSWORD, RUN, Client, connects, main
from tap import ok
from untouched import untouched

SYSTEM_STORE = """
package main

import (
	"database/sql"
	"fmt"
	"log"
	"net"
	"os"

	"github.com/go-sql-driver/mysql"
)

func main() {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = os.Args[1], os.Getenv("DBTLS_PASSWORD"), "test"
	config.Net, config.Addr = "tcp", net.JoinHostPort(os.Args[2], os.Args[3])
	config.TLSConfig = "true" // tls=true in the DSN
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		log.Fatal(err)
	}
	var name string
	if err := db.QueryRow("SELECT DATABASE()").Scan(&name); err != nil {
		log.Fatal(err)
	}
	fmt.Println(name)
}
"""


def tls_true(project, stage):
    """What go.recipe's note says. SSL_CERT_FILE stands for the system's store."""
    os.mkdir(f"{project.folder}/system")
    with open(f"{project.folder}/system/main.go", "w") as f:
        f.write(SYSTEM_STORE)
    line = "go run ./system {user} {host} {port}".format(**project.told)

    def done(ca):
        return project.shell(line, RUN, INSIDE, DBTLS_PASSWORD=PASSWORD, SSL_CERT_FILE=ca.pem,
                             SSL_CERT_DIR="/nowhere", **stage.names)
    with_it, without = done(stage.ca), done(stage.wrong_ca)
    ok(connects(with_it), "T13: tls=true connects once the CA is in the system's store", with_it)
    ok(without.rc != 0 and "certificate signed by unknown authority" in without.err,
       "T13: … and does not without it", without)


# ---- the document's own samples, word by word but for what is to be filled in

def as_documented(project, stage, sample):
    """What the document's sample prints."""
    line = document.write(sample, project.folder, project.told, PASSWORD)
    return project.shell(line, RUN, INSIDE, **stage.names)


def go_too(project, stage):
    tls_true(project, stage)
    done = as_documented(project, stage, "T13")
    ok(connects(done), "T13: the document's own sample, word by word", done)
    untouched(project, stage)


def node_too(project, stage):
    done = as_documented(project, stage, "T14")
    ok(connects(done), "T14: the document's own sample, word by word", done)
    untouched(project, stage)


def java_too(project, stage):
    done = as_documented(project, stage, "T11")
    ok(done.out.strip() == "using db:test", "T11: the document's own sample, word by word", done)
    untouched(project, stage)


# ---- the clients

def of_go(*modules):
    return f"go list -m {' '.join(modules)}"


def of_node(*packages):
    read = " + ', ' + ".join(f"'{p} ' + require('./node_modules/{p}/package.json').version"
                             for p in packages)
    return f'node -p "{read}"'


DRIVER = "github.com/go-sql-driver/mysql"
main([
    Client("go", "T13", ("go",), of_go(DRIVER), also=go_too),
    Client("gorm", "T13", ("go",), of_go("gorm.io/gorm", "gorm.io/driver/mysql", DRIVER)),
    Client("node", "T14", ("node", "npm"), of_node("mysql2"), also=node_too),
    Client("sequelize", "T14", ("node", "npm"), of_node("sequelize", "mysql2")),
    Client("prisma", "T14", ("node", "npm"), of_node("@prisma/client", "mariadb")),
    Client("java", "T11", ("java", "mvn"), "basename -s .jar target/dependency/mysql-connector-*",
           also=java_too),
])
