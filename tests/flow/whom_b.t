#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""The command lines, Python, Ruby, PHP: as whom_a.t has it (T2, T5, T8)."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from clients import Client
from ruby import ruby_in
from tap import skip
from whom import (GETS_IN, NO_CA, NO_TLS, OTHER_CA, OTHER_NAME, RIGHT, TLS_1_1, TLS_1_2,
                  TLS_1_2_ONLY, Library, Way, main, openssl)

BUILDS = ("python3", "gcc", "pkg-config")  # for mysqlclient, which comes as source
TYPED = (r" -p( |$)", r"\1")  # the password comes from MYSQL_PWD


def versions(folder):
    """Of those that have no option for it."""
    narrow = Way((), openssl(folder, "1.2"))
    return {TLS_1_1: Way((), openssl(folder, "1.1")), TLS_1_2: narrow, TLS_1_2_ONLY: narrow}


def mariadb():
    narrow = Way((TYPED, (r"^mariadb", "mariadb --tls-version=TLSv1.2")))
    return {RIGHT: Way((TYPED,)), OTHER_CA: Way((TYPED,)), OTHER_NAME: Way((TYPED,)),
            NO_CA: Way((TYPED, (r" --ssl-ca=\S+", ""))),
            TLS_1_1: Way((TYPED, (r"^mariadb", "mariadb --tls-version=TLSv1.1"))),
            TLS_1_2: narrow, TLS_1_2_ONLY: narrow,
            NO_TLS: Way((TYPED, (r" --ssl-ca=\S+ --ssl-verify-server-cert", " --skip-ssl")))}


def oracle():
    narrow = Way((TYPED, (r'--tls-version="[^"]*"', "--tls-version=TLSv1.2")))
    return {RIGHT: Way((TYPED,)), OTHER_CA: Way((TYPED,)), OTHER_NAME: Way((TYPED,)),
            NO_CA: Way((TYPED, (r" --ssl-ca=\S+", ""))),
            TLS_1_1: Way((TYPED, (r'--tls-version="[^"]*"', "--tls-version=TLSv1.1"))),
            TLS_1_2: narrow, TLS_1_2_ONLY: narrow,
            NO_TLS: Way((TYPED, (r"--ssl-mode=\S+", "--ssl-mode=DISABLED")))}


def mysqlclient(folder):
    return {**versions(folder), NO_CA: Way(((r"ssl=\{'ca': 'ca.pem'\},", ""),)),
            NO_TLS: Way(((r"ssl_mode='VERIFY_IDENTITY',", "ssl_mode='DISABLED',"),
                         (r"ssl=\{'ca': 'ca.pem'\},", "")))}


PYMYSQL_1_2 = Way(((r"TLSVersion.TLSv1_2$", r"TLSVersion.TLSv1_2; "
                    "tls.maximum_version = ssl.TLSVersion.TLSv1_2"),))
PYMYSQL = {
    NO_CA: Way(((r"cafile='ca.pem'", ""),)),
    TLS_1_1: Way(((r"TLSVersion.TLSv1_2$", "TLSVersion.TLSv1; tls.set_ciphers('ALL:@SECLEVEL=0');"
                   " tls.maximum_version = ssl.TLSVersion.TLSv1_1"),)),
    TLS_1_2: PYMYSQL_1_2, TLS_1_2_ONLY: PYMYSQL_1_2,
    NO_TLS: Way(((r"ssl=tls,", "ssl_disabled=True,"),)),
}


def ruby(folder):
    return {**versions(folder), NO_CA: Way(((r"^ *sslca: .*?$", ""),)),
            NO_TLS: Way(((r":verify_identity", ":disabled"), (r"^ *sslca: .*?$", "")))}


def php():
    return {TLS_1_1: None, TLS_1_2: None, TLS_1_2_ONLY: None,  # it sets its versions itself
            NO_CA: Way(((r"null, null, 'ca.pem', null, null",
                         "null, null, null, null, null"),)),
            NO_TLS: Way(((r"^.db->ssl_set.*?$", ""), (r"MYSQLI_CLIENT_SSL\n", "0\n")))}


OLD = {TLS_1_1: "OpenSSL"}  # without its extensions it is any OpenSSL
OLDER = {**OLD, TLS_1_2: "OpenSSL (mariadb, Python, Ruby…)",
         TLS_1_2_ONLY: "OpenSSL (mariadb, Python, Ruby…)"}
LATE = ("libmariadb up to 3.3 looks at the name, and at the CA where it was given none, when the "
        "handshake is over, sends no name of its own, and leaves without a word.")
MARIADB_NO = {what: ("ca-or-name", LATE) for what in (NO_CA, OTHER_NAME)}
PHP_NO = {NO_CA: (GETS_IN, "mysqli without a CA verifies nothing, whatever else it is told: the door "
                  "can't see that.")}
MYSQL_NO = {NO_CA: ("left-early", "it refuses to go on without one, before it asks for TLS."),
            TLS_1_1: ("tls-left", "it refuses to be told so, and leaves before its ClientHello.")}


def libraries(folder):
    os.mkdir(f"{folder}/home")
    home = {"HOME": f"{folder}/home"}
    ask = " -N -B -e 'SELECT DATABASE()'"
    yield Library(Client("mariadb", "T5", ("mariadb",), "", more=ask, secret="MYSQL_PWD"),
                  "OpenSSL 3 (mariadb, Python, Ruby…)", mariadb(), OLDER, MARIADB_NO)
    yield Library(Client("python", "T12", BUILDS, ""), "OpenSSL 3 (mariadb, Python, Ruby…)",
                  mysqlclient(folder), OLDER, MARIADB_NO)
    yield Library(Client("pymysql", "T12", ("python3",), ""), "Python", PYMYSQL, OLD)
    path, why = ruby_in(folder)
    if path:
        env = {**home, "PATH": f"{path}:{os.environ['PATH']}"}
        yield Library(Client("ruby", "T5", (), "", env=env),
                      "OpenSSL 3.5+ (mariadb, Python, Ruby…)", ruby(folder), OLDER)
    else:
        skip("T5: ruby", why)
    yield Library(Client("php", "T5", ("php",), ""), "PHP (mysqlnd)", php(), {}, PHP_NO)
    try:
        env = mysqld.put_on_path(f"{folder}/oracle", ["127.0.0.1 nowhere"])
        env.pop("NSS_WRAPPER_HOSTS")
        yield Library(Client("mysql", "T9", (), "", more=ask, secret="MYSQL_PWD", env=env),
                      "libmysqlclient (mysql…)", oracle(), {}, MYSQL_NO)
    except mysqld.NotHere as why:
        skip("T9: mysql", str(why).replace("\n", "; "))


with tempfile.TemporaryDirectory(prefix="dbtls-whom-b-") as at:
    os.chmod(at, 0o755)
    main(list(libraries(at)))
