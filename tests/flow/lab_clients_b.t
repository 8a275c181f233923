#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
# alone: it runs several clients at a time itself
"""Command lines, Python, Ruby, PHP, and those of HTTPS: as lab_clients_a.t (T5, T9, T10, T12)."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from door import ROOT
from lab_clients import WHOM, Client, main, of_pip
from ruby import ruby_in
from tap import finish, skip


def of_python(*packages):
    names = " + ', ' + ".join(f"'{p} ' + version('{p}')" for p in packages)
    return f'.venv/bin/python -c "from importlib.metadata import version; print({names})"'


def oracle_in(folder):
    try:
        return mysqld.put_on_path(f"{folder}/oracle")["PATH"].partition(":")[0], ""
    except mysqld.NotHere as why:
        return None, str(why)


def on_path(folder, home):
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": home}


def clients(folder):
    home = f"{folder}/home"
    os.mkdir(home)
    more = {}
    for name, (where, why) in {"mysql": oracle_in(folder), "mycli": of_pip("mycli"),
                               "ruby": ruby_in(folder), "aws": of_pip("awscli")}.items():
        if where:
            more[name] = on_path(where, home)
        else:
            skip(name, why)
    own = [Client("mariadb", "mariadb --version | sed 's/.*Distrib /mariadb /; s/,.*//'"),
           Client("mysql", "mysql --version | sed 's/.*Ver /mysql /; s/ for.*//'"),
           Client("mycli", "mycli --version | sed 's/, version//'", WHOM),
           Client("python", of_python("mysqlclient")),
           Client("pymysql", of_python("PyMySQL")),
           Client("sqlalchemy", of_python("SQLAlchemy", "PyMySQL"), WHOM),
           Client("django", of_python("Django", "mysqlclient"), WHOM),
           Client("ruby", "bundle exec ruby -r mysql2 -e '"
                  'puts "mysql2 #{Mysql2::VERSION}, libmariadb #{Mysql2::Client.info[:version]}"'
                  "'"),
           Client("php", "php -r 'echo \"PHP \", PHP_VERSION;'"),
           Client("curl", "curl --version | sed -n '1s/^\\(curl [^ ]*\\).*/\\1/p'"),
           Client("wget", "wget --version | sed -n '1s/^GNU W\\(get [^ ]*\\).*/w\\1/p'"),
           Client("aws", "aws --version 2>&1 | sed 's/ .*//'", WHOM),
           Client("boto3", of_python("boto3"), WHOM),
           Client("urllib", "python3 --version"),
           Client("node-https", "node --version | sed s/v/Node.js\\ /"),
           Client("T9", "mysql --version | sed 's/.*Ver /mysql /; s/ for.*//'", WHOM, of="mysql"),
           Client("T10", "mycli --version | sed 's/, version//'", WHOM, of="mycli"),
           Client("T12", of_python("mysqlclient"), WHOM, of="python")]
    for c in own:
        name = c.of or c.name
        if name in more:
            c.env = more[name]
        if name in more or name not in ("mysql", "mycli", "ruby", "aws"):
            yield c


if not ROOT:
    skip("T5, T9, T10, T12", "only root can make a network")
    finish()
with tempfile.TemporaryDirectory(prefix="dbtls-lab-clients-") as at:
    main(list(clients(at)))
