#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""Go, Node.js and Java: what `dbtls connect --save` writes connects, verified, or refuses (T5)."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from clients import Client, main


def of_go(module):
    return f"go list -m -f '{{{{.Version}}}}' {module}"


def of_node(*packages):
    read = " + ', ' + ".join(f"'{p} ' + require('./node_modules/{p}/package.json').version"
                             for p in packages)
    return f'node -p "{read}"'


main([
    Client("go", "T13", ("go",), of_go("github.com/go-sql-driver/mysql")),
    Client("gorm", "T13", ("go",), of_go("gorm.io/gorm")),
    Client("node", "T14", ("node", "npm"), of_node("mysql2")),
    Client("sequelize", "T14", ("node", "npm"), of_node("sequelize", "mysql2")),
    Client("prisma", "T14", ("node", "npm"), of_node("@prisma/client", "mariadb")),
    Client("java", "T11", ("java", "mvn"), "cd target/dependency && echo mysql-connector-j-*.jar"),
])
