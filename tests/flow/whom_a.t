#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
Go, Node.js, Java: what `status clients` says of them when they are told something wrong: a CA, a
name (T5), a TLS version (T2), to go without TLS (T8).
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from clients import Client
from whom import (NO_CA, NO_TLS, OTHER_CA, OTHER_NAME, RIGHT, TLS_1_1, TLS_1_2, TLS_1_2_ONLY,
                  WRONG, Library, Way, main)

GO_1_2 = Way(((r"MinVersion: tls.VersionTLS12,", r"MaxVersion: tls.VersionTLS12,"),))
GO = {
    NO_CA: Way(((r"RootCAs:    roots,", ""),)),
    TLS_1_1: Way(((r"MinVersion: tls.VersionTLS12,",
                   "MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,"),)),
    TLS_1_2: GO_1_2, TLS_1_2_ONLY: GO_1_2,
    NO_TLS: Way(((r"^\tconfig.Timeout =", "\tconfig.TLS = nil\n\tconfig.Timeout ="),)),
}

NODE_1_2 = Way(((r"minVersion: 'TLSv1.2',", "maxVersion: 'TLSv1.2',"),))
NODE = {
    NO_CA: Way(((r"^ *ca: .*?$", ""),)),
    TLS_1_1: Way(((r"minVersion: 'TLSv1.2',", "minVersion: 'TLSv1', maxVersion: 'TLSv1.1', "
                   "ciphers: 'DEFAULT@SECLEVEL=0',"),)),
    TLS_1_2: NODE_1_2, TLS_1_2_ONLY: NODE_1_2,
    NO_TLS: Way(((r"^  ssl: \{.*?^  \},$", ""),)),
}

JAVA_1_2 = Way(((r"TLSv1.2,TLSv1.3", "TLSv1.2"),))
JAVA = {
    NO_CA: Way(((r'^[^\n]*trustCertificateKeyStore[^\n]*$', ""),
                (r'"fallbackToSystemTrustStore", "false"', '"fallbackToSystemTrustStore", "true"'))),
    TLS_1_1: Way(((r"TLSv1.2,TLSv1.3", "TLSv1.1"),)),
    TLS_1_2: JAVA_1_2, TLS_1_2_ONLY: JAVA_1_2,
    NO_TLS: Way(((r"VERIFY_IDENTITY", "DISABLED"),)),
}

# Its pool tries again and again, with seconds in between.
BRIEF = ((r"connectionLimit: 5", "connectionLimit: 1"),
         (r"acquireTimeout: 5_000", "acquireTimeout: 1_000"))
PRISMA = {what: NODE.get(what, Way()).also(*BRIEF) for what in (RIGHT, *WRONG)}
NO_NAME = ("Node.js sends no alert, and this driver no name: an unknown CA and a wrong name look the "
           "same.")
JAVA_NO = "Connector/J refuses to be told so, and leaves before its ClientHello."
OLD = {TLS_1_1: "OpenSSL"}  # without its extensions it is any OpenSSL

main([
    Library(Client("go", "T13", ("go",), ""), "Go (go-sql-driver…)", GO, {TLS_1_1: None}),
    Library(Client("node", "T14", ("node", "npm"), ""), "Node.js (mysql2…)", NODE, OLD),
    Library(Client("prisma", "T14", ("node", "npm"), ""), "Node.js (mysql2…)", PRISMA, OLD,
            {what: ("ca-or-name", NO_NAME) for what in (NO_CA, OTHER_CA, OTHER_NAME)}),
    Library(Client("java", "T11", ("java", "mvn"), ""), "Java (Connector/J…)", JAVA, {},
            {TLS_1_1: ("tls-left", JAVA_NO)}),
])
