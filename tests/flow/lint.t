#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
`dbtls explain --lint` (D13): each trap of the settings in each form that can hold it, with its line;
the same as a comment, and set right, gives none; nor does what `dbtls connect` writes, nor the
manual. The command: files, folders, standard input, JSON, exit statuses, and no password.
"""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, Terminal, command
from tap import finish, ok, run, same

HERE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SECRET = "geheim-7Xq"
AT = f"root:{SECRET}@db1.example.com:4000/test"
BAD = "option-insecure"

# A form: the file's name, and what stands in it around the setting; the setting in line 2.
JAVA = ("A.java", "class A {\n{comment}String u = \"{}\";\n}\n", "// ")
JAVA_SPLIT = ("B.java", "String u = \"jdbc:mysql://\" + host + \":4000/test?\" +\n"
                        "{comment}  \"{}\";\n", "// ")
PROPERTIES = ("application.properties", "spring.application.name=a\n"
                                        "{comment}spring.datasource.url={}\n", "# ")
YAML = ("values.yaml", "spring:\n{comment}  url: \"{}\" # of the shop\n", "# ")
COMPOSE = ("docker-compose.yml", "environment:\n{comment}  - DATABASE_URL={}\n", "# ")
KUBERNETES = ("deploy.yaml", "- name: DATABASE_URL\n{comment}  value: {}\n", "# ")
XML = ("context.xml", "<Context>\n{comment}<Resource url=\"{}\"/>\n</Context>\n", None)
TOML = ("config.toml", "[database]\n{comment}dsn = \"{}\"\n", "# ")
JSON = ("config.json", "{\n{comment}  \"url\": \"{}\"\n}\n", None)
ENV = (".env", "PORT=80\n{comment}DATABASE_URL='{}'\n", "# ")
PYTHON = ("app.py", "import os\n{comment}URL = f'{}'\n", "# ")
RUBY = ("app.rb", "require 'sequel'\n{comment}DB = Sequel.connect('{}')\n", "# ")
NODE = ("app.js", "const x = 1;\n{comment}connect(`{}`);\n", "// ")
GO = ("main.go", "package main\n{comment}db, err := sql.Open(\"mysql\", \"{}\")\n", "// ")
GO_SPLIT = ("split.go", "dsn := user + \":\" + password +\n"
                        "{comment}  \"@tcp(\" + host + \":4000)/test?{}\"\n", "// ")
PRISMA = ("schema.prisma", "datasource db {\n{comment}  url = \"{}\"\n}\n", "// ")
DOCUMENT = ("guide.md", "# Connecting\n{comment}Write `{}` there.\n", None)
SHELL = ("run.sh", "#!/bin/bash\n{comment}sudo {} <dump.sql | tee log\n", "# ")
SHELL_QUOTED = ("ssh.sh", "#!/bin/bash\n{comment}ssh bastion \"{}\" || exit 1\n", "# ")
DOCKER = ("Dockerfile", "FROM debian\n{comment}RUN {} </init.sql\n", "# ")
CRON = ("crontab", "MAILTO=root\n{comment}5 4 * * * root {} -e 'select 1'\n", "# ")
WORKFLOW = ("ci.yml", "run: |\n{comment}  {} -e 'select 1'\n", "# ")
SYSTEM = ("backup.py", "import os\n{comment}os.system('{}')\n", "# ")
OPTIONS = ("my.cnf", "[client]\n{comment}{}\n[mysql]\nno-auto-rehash\n", "# ")
HIKARI = ("hikari.properties", "jdbcUrl=jdbc:mysql://db1.example.com/test?sslMode=VERIFY_IDENTITY\n"
                               "{comment}dataSource.{}\n", "#")
POOL = ("pool.yml", "driver: com.mysql.cj.jdbc.Driver\n{comment}{}\n", "# ")

JDBC = f"jdbc:mysql://db1.example.com:4000/test?user=root&password={SECRET}&"
MARIADB = f"jdbc:mariadb://db1.example.com:4000/test?user=root&password={SECRET}&"
DSN = f"root:{SECRET}@tcp(db1.example.com:4000)/test?"
MYSQL = f"mysql -h db1.example.com -P 4000 -u root -p{SECRET} "
URLS = (PROPERTIES, YAML, COMPOSE, KUBERNETES, TOML, JSON, ENV, DOCUMENT)
LINES = (SHELL, SHELL_QUOTED, DOCKER, CRON, WORKFLOW, SYSTEM)

# The setting; its forms; what is found; and the same setting set right, or None.
TRAPS = [
    (JDBC + "sslMode=PREFERRED", (JAVA, XML, *URLS), BAD, JDBC + "sslMode=VERIFY_IDENTITY"),
    (JDBC + "sslMode=REQUIRED", (JAVA, XML, *URLS), BAD, JDBC + "sslMode=VERIFY_IDENTITY"),
    (JDBC + "sslMode=VERIFY_CA", (JAVA, XML, *URLS), BAD, None),
    (JDBC + "useSSL=false", (JAVA, XML, *URLS), BAD, None),
    (JDBC + "useSSL=true", (JAVA, XML, *URLS), BAD, None),
    (JDBC + "requireSSL=true", (JAVA, *URLS), BAD, None),
    (JDBC + "useSSL=true&requireSSL=true&verifyServerCertificate=false", (JAVA, *URLS), BAD, None),
    (JDBC + "sslmode=VERIFY_IDENTITY", (JAVA, *URLS), "option-unknown", None),
    (JDBC + "sslMode=VERIFY_IDENTTY", (JAVA, *URLS), "option-unknown", None),
    (JDBC + "sslMode=VERIFY_IDENTITY&useSSL=true", (JAVA, *URLS), "option-no-effect", None),
    (JDBC + "sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1.1,TLSv1.2", (JAVA, *URLS), "version-old",
     JDBC + "sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1.2"),
    (JDBC, (JAVA, *URLS), BAD, None),
    ("sslMode=REQUIRED", (JAVA_SPLIT, HIKARI), BAD, "sslMode=VERIFY_IDENTITY"),
    ("useSSL=false", (JAVA_SPLIT,), BAD, "sslMode=VERIFY_IDENTITY"),
    (MARIADB + "sslMode=trust", (JAVA, *URLS), BAD, MARIADB + "sslMode=verify-full"),
    (MARIADB + "useSsl=true&trustServerCertificate=true", (JAVA, *URLS), BAD,
     MARIADB + "useSsl=true"),
    (DSN + "tls=skip-verify", (GO, *URLS), BAD, DSN + "tls=true"),
    (DSN + "tls=preferred", (GO, *URLS), BAD, DSN + "tls=custom"),
    (DSN + "tls=false", (GO, *URLS), BAD, None),
    (DSN + "parseTime=true", (GO, *URLS), BAD, None),
    (DSN + "tls=true&allowFallbackToPlaintext=true", (GO, *URLS), BAD, None),
    (DSN + "tls=ture", (GO, *URLS), "option-unknown", None),
    ("tls=skip-verify", (GO_SPLIT,), BAD, "tls=true"),
    (f"mysql://{AT}?ssl=%7B%22rejectUnauthorized%22:false%7D", (NODE, *URLS), BAD,
     f"mysql://{AT}?ssl=%7B%22verifyIdentity%22:true%7D"),
    (f"mysql://{AT}?ssl=%7B%22ca%22:%22x%22%7D", (NODE, *URLS), BAD, None),
    (f"mysql://{AT}?sslaccept=accept_invalid_certs", (PRISMA, *URLS), BAD,
     f"mysql://{AT}?sslaccept=strict"),
    (f"mysql2://{AT}?ssl_mode=required", (RUBY, *URLS), BAD,
     f"mysql2://{AT}?ssl_mode=verify_identity&sslca=ca.pem"),
    (f"mysql+pymysql://{AT}?ssl_disabled=true", (PYTHON, *URLS), BAD,
     f"mysql+pymysql://{AT}?ssl_ca=ca.pem"),
    (f"mysql+mysqldb://{AT}?ssl_ca=ca.pem", (PYTHON, *URLS), BAD,
     f"mysql+mysqldb://{AT}?ssl_ca=ca.pem&ssl_mode=VERIFY_IDENTITY"),
    (f"mysql+mysqldb://{AT}?ssl_mod=REQUIRED", (PYTHON, *URLS), "option-unknown", None),
    (f"mysql+mysqlconnector://{AT}?ssl_ca=ca.pem", (PYTHON, *URLS), BAD,
     f"mysql+mysqlconnector://{AT}?ssl_ca=ca.pem&ssl_verify_cert=true&ssl_verify_identity=true"),
    (MYSQL + "--ssl-mode=REQUIRED", LINES, BAD, MYSQL + "--ssl-mode=VERIFY_IDENTITY --ssl-ca=a"),
    (MYSQL + "--ssl-mode=PREFERRED", LINES, BAD, None),
    (MYSQL + "--ssl-mode=VERIFY_CA --ssl-ca=ca.pem", LINES, BAD, None),
    (MYSQL + "--skip-ssl", LINES, BAD, None),
    (MYSQL + "--ssl-mode=VERIFY_IDENTITY --ssl-ca=a --tls-version=TLSv1", LINES, "version-old",
     None),
    (MYSQL + "--ssl-moed=REQUIRED", LINES, "option-unknown", None),
    (MYSQL, LINES, BAD, None),
    ("mariadb -h $HOST -u root --ssl-ca=ca.pem", LINES, BAD,
     "mariadb -h $HOST -u root --ssl-ca=ca.pem --ssl-verify-server-cert"),
    ("mysqldump -h db1.example.com --single-transaction --skip-ssl shop", LINES, BAD, None),
    ("mycli -h db1.example.com -u root --ssl-ca=ca.pem", LINES, BAD,
     "mycli -h db1.example.com -u root --ssl-mode=on --ssl-ca=ca.pem --ssl-verify-server-cert"),
    ("ssl-mode=REQUIRED", (OPTIONS,), BAD, "ssl-mode=VERIFY_IDENTITY\nssl-ca=ca.pem"),
    ("ssl_mode = PREFERRED", (OPTIONS,), BAD, None),
    ("loose-ssl-mode=DISABLED", (OPTIONS,), BAD, None),
    ("skip-ssl", (OPTIONS,), BAD, None),
    ("ssl=0", (OPTIONS,), BAD, None),
    ("ssl-ca=ca.pem", (OPTIONS,), BAD, "ssl-ca=ca.pem\nssl-verify-server-cert"),
    ("ssl-verify-server-crt", (OPTIONS,), "option-unknown", None),
    ("tls-version=TLSv1.1", (OPTIONS,), "version-old", None),
    ("sslMode: REQUIRED", (POOL,), BAD, "sslMode: VERIFY_IDENTITY"),
    ("verifyServerCertificate: false", (POOL,), BAD, "verifyServerCertificate: true"),
    ("NODE_TLS_REJECT_UNAUTHORIZED: \"0\"", (POOL,), BAD, "NODE_TLS_REJECT_UNAUTHORIZED: \"1\""),
    ("PYTHONHTTPSVERIFY: 0", (POOL,), BAD, None),
    ("tls: skip-verify", (POOL,), BAD, "tls: true  # mysql"),
]


def lint(*words, **more):
    return command(DBTLS, "explain", "--lint", *words, **more)


def filled(form, setting, comment=""):
    name, text, _ = form
    # In XML "&" is written otherwise.
    setting = setting.replace("&", "&amp;") if name.endswith(".xml") else setting
    return text.replace("{comment}", comment).replace("{}", setting)


def write(folder, number, form, text):
    """Each in a folder of its own: names tell the language."""
    os.makedirs(f"{folder}/{number}")
    path = f"{folder}/{number}/{form[0]}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def found(folder):
    done = lint("--json", folder, timeout=120)
    said = json.loads(done.out)
    at = {}
    for one in said["findings"]:
        at.setdefault(one["file"], []).append(one)
    return done, said, at


# ---- each trap in each form

def test_traps():
    wanted = {}
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        for setting, forms, kind, _ in TRAPS:
            for form in forms:
                path = write(folder, len(wanted), form, filled(form, setting))
                wanted[path] = (setting, form, kind)
        done, said, at = found(folder)
    ok(done.rc == 1 and SECRET not in done.out + done.err, "findings: 1, and no password is shown",
       done.err)
    missed = [(w[0], path) for path, w in wanted.items()
              if (2, w[2]) not in {(f["line"], f["id"]) for f in at.get(path, ())}]
    same(missed, [], f"each of {len(TRAPS)} traps is found in its line, in {len(wanted)} files")
    ok(said["files"] == len(wanted) <= said["settings"], "all of them were read", said["files"])
    insecure = [f for path in at for f in at[path] if f["id"] == BAD and f["write"]]
    ok(len(insecure) > len(wanted) / 2 and all(f["write"] != f["text"] for f in insecure),
       "most with the line to change to", len(insecure), len(wanted))


def test_comments():
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        number = 0
        for setting, forms, _, _ in TRAPS:
            for form in forms:
                if form[2]:
                    write(folder, number, form, filled(form, setting, form[2]))
                    number += 1
        done, said, at = found(folder)
    same([f for one in at.values() for f in one if f["line"] == 2], [],
         f"what is commented out is none, in {number} files", done.err)


def test_right():
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        number = 0
        for _, forms, _, right in TRAPS:
            for form in forms if right else ():
                write(folder, number, form, filled(form, right))
                number += 1
        done, _, at = found(folder)
    same([(f["file"], f["line"], f["sentence"]) for one in at.values() for f in one], [],
         f"what is set right has nothing to be said of it, in {number} files", done.err)


def test_written():
    """The lines to change to, put in their place, have nothing to be said of them."""
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        number = 0
        for setting, forms, _, _ in TRAPS:
            for form in forms:
                write(folder, number, form, filled(form, setting))
                number += 1
        changed = 0
        for path, findings in found(folder)[2].items():
            line = next((f for f in findings if f["line"] == 2 and f["write"]), None)
            if not line:
                os.unlink(path)
                continue
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
            lines[1] = line["write"]
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            changed += 1
        _, said, at = found(folder)
    left = [(f["file"].split("/")[-1], f["text"], f["sentence"]) for one in at.values() for f in one
            if f["line"] == 2]
    same(left, [], f"{changed} lines, changed as it says, are right")
    ok(changed > number / 2, "and these are most", changed, number)


# ---- what is right already

def test_connect():
    clients = [line.split()[0] for line in command(DBTLS, "connect", "--list").out.splitlines()]
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        make_ca(folder)
        for client in clients:
            words = ("connect", client, "--host", "db1.example.com", "--ca-path",
                     f"{folder}/ca.pem")
            said = command(DBTLS, *words)
            # Without an ending the text has to tell what it is.
            for name, text in (f"printed-{client}", said.out), (f"notes-{client}", said.err):
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
            saved = command(DBTLS, *words, "--save", f"{folder}/{client}")
            ok(said.rc == 0 and os.path.isdir(f"{folder}/{client}"), f"{client} is written",
               said, saved)
        done, said, _ = found(folder)
    ok(len(clients) > 10 and said["settings"] >= len(clients), "settings were seen there", said)
    ok(done.rc == 0 and not said["findings"],
       "nothing is said of what `dbtls connect` prints and saves", said["findings"])


def make_ca(folder):
    done = command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-out",
                   f"{folder}/ca.pem", "-subj", "/CN=lint", "-days", "3")
    ok(done.rc == 0, "a CA", done)


def test_manual():
    done = lint("--json", f"{HERE}/README.md", f"{HERE}/man",
                *(f"{HERE}/docs/{page}" for page in os.listdir(f"{HERE}/docs")
                  if page.endswith(".md") and page not in BAD_PAGES))
    said = json.loads(done.out)
    # `dbtls lab try` is shown with a client that verifies nothing.
    left = [f for f in said["findings"] if "lab try" not in f["text"]]
    ok(said["settings"] > 20 and not left,
       "nothing is said of the lines in the manual and in docs/", left)


# It shows what is wrong.
BAD_PAGES = {"lint.md"}


# ---- the command

BAD_FILE = f"jdbc:mysql://root:{SECRET}@db1.example.com/test?sslMode=REQUIRED\n"


def test_text():
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        path = f"{folder}/a.properties"
        with open(path, "w", encoding="utf-8") as file:
            file.write("a=1\nurl=" + BAD_FILE)
        done = lint(path)
        line = "url=jdbc:mysql://root:***@db1.example.com/test?sslMode="
        column = len(f"url={BAD_FILE.split('sslMode')[0]}") + 1
        want = (rf"{re.escape(path)}:2:{column}: option-insecure: Connector/J: [^\n]+\n"
                rf"- {re.escape(line)}REQUIRED\n\+ {re.escape(line)}VERIFY_IDENTITY\n"
                r"findings: 1, settings: \d+, files: 1\n")
        ok(done.rc == 1 and re.fullmatch(want, done.out), "the place, what is wrong, the line as it "
           "is and as it should be", done)
        also = command(DBTLS, "check", "--lint", path)
        same((also.rc, also.out), (done.rc, done.out), "check --lint says the same")
        ok("\033" not in done.out, "without colours where nobody looks", done)
        seen = Terminal(DBTLS, "explain", "--lint", path, NO_COLOR="")
        ok(seen.end() == 1 and "\033[31m- url=" in seen.text and "\033[32m+ url=" in seen.text,
           "on a terminal with colours", seen.text)
        seen.close()
        done = lint("-", stdin=BAD_FILE)
        ok(done.rc == 1 and done.out.startswith("-:1:") and SECRET not in done.out,
           "standard input", done)
        done = lint("--json", "-", stdin=BAD_FILE)
        one = json.loads(done.out)["findings"][0]
        same([*one], ["file", "line", "column", "id", "client", "sentence", "text", "write"],
             "the members of --json")
        ok(one["client"] == "java" and "***" in one["text"] and "***" in one["write"],
           "with the client, and without the password", one)


def test_exit():
    with tempfile.TemporaryDirectory(prefix="dbtls-lint-") as folder:
        for name in ("node_modules", ".git", "src"):
            os.makedirs(f"{folder}/{name}")
            with open(f"{folder}/{name}/a.txt", "w", encoding="utf-8") as file:
                file.write(BAD_FILE)
        with open(f"{folder}/program", "wb") as file:
            file.write(b"\x7fELF\0" + BAD_FILE.encode())
        done = lint(folder)
        ok(done.rc == 1 and done.out.count(BAD) == 1 and f"{folder}/src/a.txt:1:" in done.out,
           "a folder, without packages, what git keeps, and binary files", done)
        with open(f"{folder}/.git/\033[31m\n.txt", "w", encoding="utf-8") as file:
            file.write(BAD_FILE)
        for name in (f"{folder}/.git/\033[31m\n.txt", f"{folder}/\033[31m\n.none"):
            done = lint(name)
            ok("\033" not in done.out + done.err and "?[31m?." in done.out + done.err,
               "a file's name does nothing to a terminal", done)
        done = lint(f"{folder}/node_modules/a.txt", f"{folder}/src")
        ok(done.rc == 1 and done.out.count(BAD) == 2, "several, and what is named itself", done)
    done = lint("-", stdin="To whom it may concern: it's 5 o'clock.\n")
    ok(done.rc == 0 and "no connection settings found" in done.out, "nothing that is a setting",
       done)
    done = lint("-", stdin=BAD_FILE.replace("REQUIRED", "VERIFY_IDENTITY"))
    ok(done.rc == 0 and "findings: 0, settings: 1," in done.out, "a good one", done)
    for words in ((), ("/nowhere/at/all",)):
        done = lint(*words)
        ok(done.rc == 2 and done.err, f"wrong words: {words}", done)


def test_many():
    """More than it looks at is said, not left out."""
    with tempfile.TemporaryDirectory() as there:
        for n in range(100000):
            # A file has room for some 65,000 names.
            if n % 50000 == 0:
                open(f"{there}/{n}", "w", encoding="utf-8").close()
            else:
                os.link(f"{there}/{n - n % 50000}", f"{there}/{n}")
        done = lint(there)
    ok(done.rc == 2 and "more than 100000" in done.err, "a folder that is too large is told", done)


run(test_many, test_traps, test_comments, test_right, test_written, test_connect, test_manual, test_text,
    test_exit)
finish()
