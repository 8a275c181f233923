#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: it runs several clients at a time itself
"""Go, Node.js and Java at the endpoints of the lab: docs/lab-clients.md (T5, T13, T14)."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from lab_clients import MUST, TLS, WHOM, Client, main

DRIVER = "github.com/go-sql-driver/mysql"
GO = "go version | sed 's/go version go\\([^ ]*\\).*/Go \\1/'"
NODE = "node --version | sed s/v/Node.js\\ /"
JAVA = "java -version 2>&1 | sed -n '1s/.*\"\\(.*\\)\".*/Java \\1/p'"
JAR = "basename -s .jar target/dependency/mysql-connector-*"


def of_node(*packages):
    words = " + ', ' + ".join(f"'{p} ' + require('./node_modules/{p}/package.json').version"
                              for p in packages)
    return f'node -p "{words}"'


# They stand on what node-https, go and java stand on.
OF_HTTPS = [
    Client("aws-sdk-js", f"{of_node('@aws-sdk/client-dynamodb')}; {NODE}"),
    Client("go-http", GO),
    Client("java-http", JAVA),
]

# GORM, Sequelize and the document's samples stand on drivers that are tried with all conditions.
main([
    Client("go", f"go list -m {DRIVER}; {GO}", TLS),
    Client("gorm", f"go list -m gorm.io/gorm {DRIVER}", MUST),
    Client("node", f"{of_node('mysql2')}; {NODE}"),
    Client("sequelize", of_node("sequelize", "mysql2"), MUST),
    Client("prisma", of_node("@prisma/client", "mariadb"), WHOM),
    Client("java", f"{JAR}; {JAVA}", WHOM),
    Client("T11", JAR, WHOM, of="java"),
    Client("T13", f"go list -m {DRIVER}", WHOM, of="go"),
    Client("T14", of_node("mysql2"), WHOM, of="node"),
    *(OF_HTTPS if os.environ.get("DBTLS_LAB_ALL") == "1" else []),
])
