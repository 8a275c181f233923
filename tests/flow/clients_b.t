#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""Python, mycli, Ruby, PHP and MariaDB's command line: as clients_a.t has it (T5, T15)."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import document
from clients import INSIDE, PASSWORD, RUN, Client, connects, main
from door import ROOT, Terminal, command
from ruby import ruby_in
from tap import finish, ok, skip
from untouched import untouched

MYCLI = "mycli>=2.30.1"
BUILDS = ("python3", "gcc", "pkg-config")  # for mysqlclient, which comes as source


def of_python(*packages):
    names = " + ', ' + ".join(f"'{p} ' + version('{p}')" for p in packages)
    return f'.venv/bin/python -c "from importlib.metadata import version; print({names})"'


# ---- what is no project of its own: where the clients come from

def mycli_in(folder):
    """Made from its package. The folder to have first in PATH, or None and why not."""
    made = command(sys.executable, "-m", "venv", f"{folder}/mycli", timeout=120)
    if made.rc == 0:
        made = command(f"{folder}/mycli/bin/pip", "install", "-q", MYCLI, timeout=300)
    return (None, f"{MYCLI} can't be had: {made}") if made.rc else (f"{folder}/mycli/bin", "")


# ---- the document's own words

def as_documented(project, stage):
    line = document.write("T12", project.folder, project.told, PASSWORD)
    done = project.shell(line, RUN, INSIDE, PW=PASSWORD, **stage.names)
    ok(connects(done), "T12: the document's own sample, word by word", done)


def mycli_as_documented(project, stage):
    """At a terminal, as it is typed; mycli's own default is that the server may decide."""
    told = project.told
    line = (f"mycli --ssl-ca=ca.pem --ssl-verify-server-cert -u {told['user']} -h {told['host']} "
            f"-P {told['port']} -D test")
    t = Terminal(*INSIDE, "sh", "-c", f"cd {project.folder} && {line}",
                 **{**project.client.env, **stage.names, "TERM": "xterm",
                    "PROMPT_TOOLKIT_NO_CPR": "1"})
    try:
        asked = t.wait_for("assword", RUN)
        t.type(PASSWORD + "\r")
        there = asked and t.wait_for(":test>", RUN)
        t.type("SELECT DATABASE();\r")
        answered = there and t.wait_for("│ test ", RUN)
        t.type("\\q\r")
        ok(answered and t.end(RUN) == 0 and PASSWORD not in t.text,
           "T10: the document's own line, word by word, asks and answers", t.text[-2000:])
    finally:
        t.close()


def clients(folder):
    home = f"{folder}/home"
    os.mkdir(home)
    path = os.environ["PATH"]
    mycli, no_mycli = mycli_in(folder)
    ruby, no_ruby = ruby_in(folder)
    for why, name in ((no_mycli, "T10: mycli"), (no_ruby, "T5: ruby")):
        if why:
            skip(name, why)
    ask = " -e 'SELECT DATABASE()'"
    yield Client("mariadb", "T5", ("mariadb",),
                 "mariadb --version | sed 's/.*Distrib /mariadb /; s/,.*//'",
                 more=" --batch --skip-column-names" + ask, secret="", also=untouched)
    if mycli:
        yield Client("mycli", "T10", (), "mycli --version | sed 's/, version//'",
                     # The first line of its output is the column's name.
                     secret="MYSQL_PWD", more=ask + " > out && tail -n 1 out",
                     env={"PATH": f"{mycli}:{path}", "HOME": home}, also=mycli_as_documented)
    yield Client("python", "T12", BUILDS, of_python("mysqlclient"), pins=False, also=as_documented)
    yield Client("pymysql", "T12", ("python3",), of_python("PyMySQL"))
    yield Client("sqlalchemy", "T12", ("python3",), of_python("SQLAlchemy", "PyMySQL"))
    yield Client("django", "T12", BUILDS, of_python("Django", "mysqlclient"), pins=False)
    if ruby:
        yield Client("ruby", "T5", (), "bundle exec ruby -r mysql2 -e '"
                     'puts "mysql2 #{Mysql2::VERSION}, libmariadb #{Mysql2::Client.info[:version]}"'
                     "'", pins=False, env={"PATH": f"{ruby}:{path}", "HOME": home})
    yield Client("php", "T5", ("php",), "php -r 'echo \"PHP \", PHP_VERSION;'", pins=False)


if not ROOT:
    skip("T5, T10, T12", "only root can make a network")
    finish()
with tempfile.TemporaryDirectory(prefix="dbtls-clients-b-") as at:
    main(list(clients(at)))
