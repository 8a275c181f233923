#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D6: each condition of the lab is broken in just the way that it says, and in no other, as clients
see that have nothing of dbtls; and without its fault a verifier takes it. A condition without a row
in HOW fails. `tests/flow/lab.t NAME…` looks at these conditions only.
"""
import concurrent.futures
import os
import re
import shutil
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import lab
import mysql
from door import BUILD, command, read, sanitized
from lab import Walk, context, old_context, raw, s_client
from tap import finish, note, ok, run, same

HERE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
DOCS = f"{HERE}/docs/lab.md"
FROM, TO = "<!-- from here on by tests/flow/lab.t -->\n", "<!-- up to here -->\n"
GROUPS = {"good": "Nothing is wrong", "who": "Who answers", "how": "How TLS is spoken",
          "around": "Before and around TLS"}
AT_ONCE = 12
only = sys.argv[1:]
broken = mended = None


# ---- what can be seen from outside: each makes a function of an endpoint, which gives whether it is
# so, and what was seen

def both(*looks):
    """All of them hold."""
    def look(row):
        for one in looks:
            good, seen = one(row)
            if not good:
                return False, seen
        return True, None
    return look


def each(**by_protocol):
    return lambda row: by_protocol[row.protocol](row)


def serves(row, ctx=None, **more):
    """For a client that takes any certificate nothing is wrong."""
    walk = Walk(row, ctx or old_context(), **more)
    return (walk.reached, walk.end) == ("result", "served"), walk


def verified(row):
    """By two: OpenSSL's s_client, with nothing to complain of, and Python, to the very end."""
    seen = s_client(row, "-verify_return_error")
    if seen.errors or not seen.cipher or seen.rc:
        return False, seen
    return serves(row, context(row))


def errors(*wanted, words=()):
    """
    OpenSSL's verifier finds just these, as (depth, X509_V_ERR_…); all else is as it should be.
    words: more for s_client, where the fault is one that it looks for only when told to.
    """
    def look(row):
        seen = s_client(row, *words)
        return set(seen.errors) == set(wanted) and seen.cipher is not None, seen
    return both(look, serves)


def refused_by_san(row):
    """OpenSSL takes a common name where there is no SAN, unless it is told not to."""
    ctx = context(row)
    ctx.hostname_checks_common_name = False
    walk = Walk(row, ctx)
    return walk.code == 62, walk


def handshake(*words, **facts):
    """s_client with these words: attributes of the handshake are so."""
    def look(row):
        seen = s_client(row, *words)
        return all(getattr(seen, k) == v for k, v in facts.items()), seen
    return look


def shows(words, *more):
    """s_client, with more, prints these words (a pattern)."""
    def look(row):
        seen = s_client(row, *more)
        return re.search(words, seen.text) is not None, seen.text
    return look


def sends(*subjects):
    """The certificates come so, leaf first: the end of each subject."""
    def look(row):
        sent = [subject for subject, _ in s_client(row).sent]
        fits = all(s.endswith(wanted) for s, wanted in zip(sent, subjects))
        return len(sent) == len(subjects) and fits, sent
    return look


def leaf(words):
    """These words (a pattern) are in OpenSSL's text of the leaf."""
    def look(row):
        text = lab.text_of(s_client(row).pems[0])
        return re.search(words, text) is not None, text
    return look


def years(wanted):
    """The leaf is good for so many more."""
    def look(row):
        text = lab.text_of(s_client(row).pems[0])
        year = int(re.search(r"Not After : .* (\d{4}) GMT", text)[1])
        return abs(year - time.gmtime().tm_year - wanted) <= 1, text
    return look


def responder(status):
    """Asked as the leaf says, the OCSP responder signs this answer."""
    def look(row):
        seen = s_client(row)
        url = re.search(r"OCSP - URI:(\S+)", lab.text_of(seen.pems[0]))[1]
        with lab.files(*seen.pems[:2]) as (cert, issuer):
            done = command("openssl", "ocsp", "-issuer", issuer, "-cert", cert, "-url", url,
                           "-CAfile", row.ca, "-verify_other", issuer)
        return "Response verify OK" in done.err and f": {status}\n" in done.out, done
    return look


def stops(reached, end, inside=rb".*"):
    """A client gets just so far, has heard this inside TLS (a pattern), and then it ends so."""
    def look(row):
        walk = Walk(row, context(row))
        fits = (walk.reached, walk.end) == (reached, end)
        return fits and re.fullmatch(inside, walk.inside, re.S) is not None, walk
    return look


def opening(row, hello=True):
    """What a client says first: to MySQL, when it is greeted."""
    first = lab.client_hello(row) if hello else b""
    return (None, mysql.Client.ssl_request() + first) if row.protocol == "mysql" else (first,)


def hears(words, end):
    """In answer to a ClientHello come these bytes (a pattern) and nothing else; then it ends so."""
    def look(row):
        heard, how = raw(row, *opening(row))
        if row.protocol == "mysql":
            heard = heard[4 + int.from_bytes(heard[:3], "little"):]
        return re.fullmatch(words, heard, re.S) is not None and how == end, (heard, how)
    return look


def waits_for_hello(row):
    """Nothing happens before there is one."""
    heard, how = raw(row, *opening(row, hello=False), seconds=1)
    return how == "silence" and (heard == b"" or row.protocol == "mysql"), (heard, how)


def speaks_first(words, end, *says):
    """Before the client has said a word, come these bytes (a pattern) and nothing else."""
    def look(row):
        heard, how = raw(row, *says)
        return re.fullmatch(words, heard, re.S) is not None and how == end, (heard, how)
    return look


def once_in(times, look):
    """A reset may overtake what was said before it, on a busy machine."""
    def looks(row):
        for _ in range(times):
            good, seen = look(row)
            if good:
                break
        return good, seen
    return looks


def drips(words, hello):
    """A byte a second, and this is how it begins (a pattern). It has been told to hold on."""
    def look(row):
        says = opening(row) if hello else ()
        before, _ = raw(row, seconds=0.5) if hello else (b"", None)
        heard, how = raw(row, *says, seconds=4.2)
        heard = heard[len(before):]
        return how == "silence" and re.fullmatch(words, heard, re.S) is not None, (heard, how)
    return look


def plain_login(row):
    """Who logs in without TLS is let in; or else what it is told."""
    try:
        with mysql.Client(row.address, row.port, timeout=4) as c:
            caps = mysql.USUAL & ~mysql.SSL
            c.greeting().seq = 1
            c.authenticate(row.user, row.password, caps=caps)
            return c.query("SELECT 1") == [["1"]], c.server_caps
    except mysql.Refused as refused:
        return False, refused


def plain_refused(code, words):
    def look(row):
        _, seen = plain_login(row)
        return isinstance(seen, mysql.Refused) and seen.code == code and words in seen.text, seen
    return look


def offers_no_tls(row):
    with mysql.Client(row.address, row.port) as c:
        return not c.greeting().server_caps & mysql.SSL, c.server_caps


def goes_on_plain(row):
    """Who takes the OK for one is answered, without TLS and without a login."""
    with mysql.Client(row.address, row.port) as c:
        c.greeting().send(c.ssl_request())
        return c.answer()[0] == 0 and c.query("SELECT 1") == [["1"]], None


def plain_get(row):
    heard, how = raw(row, lab.get(row.host))
    return heard.endswith(f"healthy: {row.host} ".encode()) and how == "close", heard


def no_answer_inside(row):
    """Who drops what came before TLS waits for the answer to its login, and is told no."""
    with mysql.Client(row.address, row.port, timeout=6) as c:
        c.greeting()
        early = c.socket.recv(100)
        c.send(c.ssl_request())
        c.begin_tls(old_context())
        c.handshake()
        try:
            c.authenticate(row.user, row.password)
        except mysql.Refused as refused:
            return early == EARLY_OK and refused.code == 1045, (early, refused)
    return False, early


def unresolved(row):
    try:
        return False, lab.socket.getaddrinfo(row.host, row.port)
    except lab.socket.gaierror:
        return row.host.endswith(".invalid"), row.host


def alerts(number):
    """The answer to the ClientHello is this fatal alert; then it is closed."""
    return hears(rb"\x15\x03[\x00-\x04]\x00\x02\x02" + re.escape(bytes([number])), "close")


def versions(*wanted):
    """In these it serves a client that verifies, at OpenSSL's lowest level; in no others."""
    def look(row):
        walks = {v.name: Walk(row, old_context(v, v, row)) for v in ALL}
        return [v for v, walk in walks.items() if walk.end == "served"] == [*wanted], walks
    return look


def cut(most):
    """No record of the handshake is longer, and there are more of them than need be."""
    def look(row):
        walk = Walk(row, context(row, high=lab.ssl.TLSVersion.TLSv1_2))
        sizes = [n for kind, n in lab.records(row, walk.heard) if kind == 22]
        return walk.end == "served" and max(sizes) <= most and sizes.count(most) > 1, (walk, sizes)
    return look


def asks_again(row):
    """Behind the Finished of TLS 1.2 there are more messages of a handshake."""
    walk = Walk(row, context(row))
    kinds = [kind for kind, _ in lab.records(row, walk.heard)]
    more = kinds[kinds.index(20) + 2:] if 20 in kinds else []
    return walk.end == "served" and 22 in more, (walk, kinds)


ALL = [getattr(lab.ssl.TLSVersion, v) for v in ("TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3")]
LEAF, MIDDLE, ROOT = "", "intermediate", "CN = dbtls lab root"
SECOND, THIRD = "second CA", "third CA"
M01, ROOT1 = "CN = Amazon RSA 2048 M01", "CN = Amazon Root CA 1"
G2 = "CN = Starfield Services Root Certificate Authority - G2"

# How each shows.
GOOD = {
    "good": verified,
    "tls12-only": both(verified, versions("TLSv1_2"), handshake("-tls1_3", alert=70)),
    "tls13-only": both(verified, versions("TLSv1_3"), handshake("-tls1_2", alert=70)),
    "ecdsa": both(verified, handshake(bits=384), shows("Peer signature type: ECDSA")),
    "rsa-2048": both(verified, handshake(bits=2048), shows("Peer signature type: RSA-PSS")),
    "rsa-4096": both(verified, handshake(bits=4096), shows("Peer signature type: RSA-PSS")),
    "root-sent": both(verified, sends(LEAF, MIDDLE, ROOT)),
    "long-chain": both(verified, sends(LEAF, MIDDLE, *["CA"] * 5)),
    "wildcard": both(verified, leaf(r"DNS:\*\.lab\.dbtls\.test")),
    "ip-address": both(verified, leaf(r"IP Address:127\.0\.0\.2")),
    "many-names": both(verified, leaf("DNS:db1.*DNS:many-names.*DNS:db2")),
    "amazon-root": both(verified, sends(LEAF, M01)),
    "amazon-g2": both(verified, sends(LEAF, M01, ROOT1)),
    "amazon-class2": both(verified, sends(LEAF, M01, ROOT1, G2)),
    "amazon-crossed": both(verified, sends(LEAF, M01, ROOT1, G2)),
}
WHO = {
    "untrusted-root": errors((1, 20)),
    "untrusted-root-sent": both(errors((2, 19)), sends(LEAF, MIDDLE, "unknown root")),
    "untrusted-root-namesake": both(errors((2, 19)), sends(LEAF, MIDDLE, ROOT)),
    "missing-intermediate": both(errors((0, 20), (0, 21)), sends(LEAF)),
    "self-signed": both(errors((0, 18)), sends(LEAF)),
    "intercepted": both(errors((2, 19)),
                        sends(LEAF, "Perimeter Gateway TLS Inspection CA",
                              "Perimeter Gateway Root CA")),
    "wrong-host": both(errors((0, 62)), leaf("DNS:other.dbtls.test")),
    "wrong-host-right-cn": both(errors((0, 62)), leaf("CN = wrong-host-right-cn.lab"),
                                leaf("DNS:other.dbtls.test")),
    "wildcard-too-shallow": both(errors((0, 62)), leaf(r"DNS:\*\.lab\.dbtls\.test\n")),
    "nul-in-name": errors((0, 62)),
    "look-alike": both(errors((0, 62)), leaf("DNS:xn--")),
    "cn-only": both(errors(), refused_by_san, leaf("CN = cn-only.lab.dbtls.test")),
    "ip-address-missing": both(errors((0, 64)), leaf(r"Alternative Name: \n *DNS:db.lab.dbtls.test\n")),
    "ip-address-in-cn": both(errors((0, 64)), leaf(r"CN = 127\.0\.0\.2")),
    "ip-address-as-name": both(errors((0, 64)), leaf(r"DNS:127\.0\.0\.2")),
    "expired": errors((0, 10)),
    "expired-intermediate": errors((1, 10)),
    "not-yet-valid": errors((0, 9)),
    "long-lived": both(verified, years(25)),
    # OpenSSL asks about revocation only when told to.
    "revoked-crl": both(errors(), errors((0, 23), words=("-crl_check", "-crl_download"))),
    "revoked-ocsp": both(errors(), responder("revoked")),
    "revoked-stapled": both(errors(), responder("revoked"),
                            shows("(?s)OCSP Response Status: successful.*Cert Status: revoked",
                                  "-status")),
    "staple-missing": both(errors(), leaf("status_request"),
                           shows("OCSP response: no response sent", "-status")),
    "sha1": both(errors((0, 68)), leaf("ecdsa-with-SHA1|sha1WithRSAEncryption")),
    "sha1-intermediate": errors((1, 68)),
    "rsa-1024": both(errors((0, 66)), handshake(bits=1024)),
    "rsa-1024-intermediate": errors((1, 67)),
    "client-only": both(errors((0, 26)), leaf("TLS Web Client Authentication\n")),
    "key-usage": both(errors((0, 26)), leaf("X509v3 Key Usage: critical\n *CRL Sign\n")),
    # The verifier says the same fault by every check that finds it.
    "issuer-no-ca": errors((1, 79), (1, 26)),
    "issuer-no-certsign": errors((1, 79), (1, 26), (1, 32)),
    "name-constraint": errors((0, 47)),
    "path-too-long": errors((2, 25)),
    "chain-reversed": both(verified, sends(LEAF, ROOT, THIRD, SECOND, MIDDLE)),
    "chain-shuffled": both(verified, sends(LEAF, THIRD, MIDDLE, SECOND, ROOT)),
}
SSL3_HELLO = rb"\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00.{32}\x00\x00\x2f\x00"
HOW = {
    "tls10-only": both(versions("TLSv1"), shows("unsupported protocol", "-tls1_2")),
    "tls11-only": both(versions("TLSv1_1"), shows("unsupported protocol", "-tls1_2")),
    "sslv3-only": both(hears(SSL3_HELLO, "silence"), shows("unsupported protocol|wrong version")),
    "downgraded": both(handshake(rc=1, sent=[]), shows("inappropriate fallback")),
    "no-shared-cipher": both(alerts(40), handshake("-cipher", "ALL:@SECLEVEL=0", alert=40)),
    "null-cipher": both(handshake(alert=40),
                        handshake("-cipher", "NULL:@SECLEVEL=0", cipher="ECDHE-ECDSA-NULL-SHA",
                                  errors=[])),
    "anonymous-cipher": both(handshake(alert=40),
                             handshake("-cipher", "aNULL:@SECLEVEL=0", cipher="AECDH-AES256-SHA",
                                       sent=[])),
    "static-rsa-only": both(handshake("-cipher", "kECDHE:kDHE", alert=40),
                            handshake(cipher="AES128-GCM-SHA256"), errors()),
    "dh-1024": both(shows("dh key too small"),
                    shows("Server Temp Key: DH, 1024 bits", "-cipher", "DEFAULT:@SECLEVEL=0"),
                    handshake("-cipher", "DEFAULT:@SECLEVEL=0", errors=[],
                              cipher="DHE-RSA-AES128-GCM-SHA256")),
    "stranger-key": both(handshake(errors=[], rc=1), shows("bad signature")),
    "client-cert-tls12": both(shows("Acceptable client certificate CA names\nO = dbtls lab"),
                              handshake("-tls1_2", errors=[], alert=40)),
    "client-cert-tls13": both(shows("Acceptable client certificate CA names\nO = dbtls lab"),
                              stops("TLS", "TLS: TLSV13_ALERT_CERTIFICATE_REQUIRED")),
    "client-cert-optional": both(verified, shows("Acceptable client certificate CA names")),
    "sni-required": both(verified, handshake("-noservername", alert=112, cipher=None),
                         handshake("-servername", "other.dbtls.test", alert=112, cipher=None)),
    "sni-chooses": both(verified, handshake("-noservername", errors=[(0, 62)])),
    "alpn-required": both(handshake(alert=120, cipher=None),
                          handshake("-alpn", "http/1.1", errors=[], rc=0),
                          lambda row: serves(row, context(row, alpn=["http/1.1"]))),
    "alpn-unknown": both(handshake("-alpn", "http/1.1,mysql,h2", alert=120, cipher=None),
                         lambda row: serves(row, context(row, alpn=["dbtls-lab/1"]))),
    "hello-retry": both(verified, shows(r"ClientHello.*\n(.*\n)*.*ServerHello.*\n(.*\n)*.*ClientHello",
                                        "-msg"), shows("Server Temp Key: ECDH, secp384r1")),
    "small-records": both(verified, cut(512)),
    "renegotiation": both(versions("TLSv1_2"), asks_again),
    **{f"alert-{n}": alerts(n) for n in (40, 42, 45, 48, 49, 70, 71, 80, 112, 120)},
}
EARLY_OK = b"\x07\0\0\x03\0\0\0\x02\0\0\0"
PLAIN_OK = re.escape(EARLY_OK)
HTTP_OK = rb"HTTP/1\.1 200 OK\r\nContent-Length: 11\r\n\r\nhealthy: x "
SSH = rb"SSH-2\.0-OpenSSH[^\r]*\r\n"
HALF_RESULT, HALF_ANSWER = rb".*\x03def\0\0\0\x06hea", rb"HTTP/1\.1 200 OK.*\[\"test"


def error_packet(code, words, seq=2, state=b""):
    return (rb".{3}" + re.escape(bytes([seq]) + b"\xff" + code.to_bytes(2, "little")) + state +
            words)


def after_hello(end):
    """Not before the ClientHello is there, and with no byte of an answer."""
    return both(waits_for_hello, each(mysql=stops("greeting", end), https=stops("connection", end)))


AROUND = {
    "no-tls": both(offers_no_tls, plain_login),
    "tls-refused": both(hears(error_packet(1043, b"Bad handshake", state=b"#08S01"), "close"),
                        plain_login),
    "tls-ignored": both(hears(rb"\x07\0\0\x02\0\0\0\x02\0\0\0", "close"), goes_on_plain,
                        plain_login),
    "password-asked": both(hears(rb".{3}\x02\xfemysql_clear_password\0", "close"), plain_login),
    "error-injected": both(hears(error_packet(1105, b"TLS is out of order.*", state=b"#HY000"),
                                 "close"), plain_login),
    "injected-behind-greeting": both(hears(PLAIN_OK + rb"\x16\x03.*", "silence"),
                                     no_answer_inside),
    "injected-before-handshake": each(mysql=hears(PLAIN_OK + rb"\x16\x03.*", "silence"),
                                      https=hears(HTTP_OK + rb"\x16\x03.*", "silence")),
    "tls-required": both(verified, plain_refused(3159, "--require_secure_transport=ON")),
    "tls-required-tidb": both(verified, plain_refused(1105, "docs.pingcap.com")),
    "plain-http": both(plain_get, hears(rb"HTTP/1\.1 400 .*", "close")),
    "http-redirect": both(hears(rb"HTTP/1\.1 301 .*\r\nLocation: http://http-redirect\.lab.*",
                                "close"), plain_get),
    "http-reply": speaks_first(rb"HTTP/1\.1 400 Bad Request\r\n.*", "close"),
    "x-protocol": speaks_first(rb"\x05\0\0\0\x0b.{4}", "silence"),
    "mysql-greeting": both(speaks_first(rb".\0\0\0\x0a[0-9]+\..*", "silence"),
                           hears(rb".\0\0\0\x0a[0-9]+\..*" +
                                 error_packet(1043, b"Bad handshake", state=b"#08S01"), "close")),
    "ssh-banner": both(speaks_first(SSH, "silence"),
                       speaks_first(SSH + rb"Invalid SSH identification string\.\r\n", "close",
                                    b"\x16\x03\x01 no SSH\r\n")),
    "too-many-connections": speaks_first(error_packet(1040, b"Too many connections", 0), "close"),
    "host-blocked": speaks_first(error_packet(1129, rb"Host '127\.0\.0\.1' is blocked .*", 0),
                                 "close"),
    "address-not-allowed": speaks_first(error_packet(1130, rb"Host '127\.0\.0\.1' is not .*", 0),
                                        "close"),
    "login-failed": stops("TLS", "error 1045"),
    "unknown-host": both(unresolved, verified),
    "connection-refused": stops("nothing", "refused"),
    "connect-timeout": stops("nothing", "silence"),
    "silence": stops("connection", "silence"),
    "slow-greeting": drips(rb".\0\0\0?\x0a?", hello=False),
    "black-hole": each(mysql=stops("greeting", "silence"), https=stops("connection", "silence")),
    "slow-handshake": drips(rb"\x16\x03\x03.{1,2}", hello=True),
    "close-at-accept": stops("connection", "close"),
    "reset-at-accept": speaks_first(b"", "reset"),
    "close-after-greeting": both(stops("greeting", "close"),
                                 speaks_first(rb".\0\0\0\x0a.*", "close")),
    "reset-after-greeting": once_in(5, speaks_first(rb".\0\0\0\x0a.*", "reset")),
    "close-before-hello": hears(b"", "close"),
    "reset-before-hello": hears(b"", "reset"),
    "close-after-hello": after_hello("close"),
    "reset-after-hello": after_hello("reset"),
    "close-in-flight": stops("answer to the hello", "close"),
    "reset-in-flight": stops("answer to the hello", "reset"),
    "close-after-handshake": stops("TLS", "close_notify", b""),
    "reset-after-handshake": stops("TLS", "reset", b""),
    "close-after-login": stops("login", "close_notify"),
    "reset-after-login": stops("login", "reset"),
    "close-in-answer": each(mysql=stops("login", "close", HALF_RESULT),
                            https=stops("TLS", "close", HALF_ANSWER)),
    "reset-in-answer": each(mysql=stops("login", "reset", HALF_RESULT),
                            https=stops("TLS", "reset", HALF_ANSWER)),
    "cut-answer": stops("TLS", "close", rb"HTTP/1\.1 200 OK.*\r\n\r\n{\"TableNames\":\[\]}"),
}
LOOKS = {**GOOD, **WHO, **HOW, **AROUND}
# What more a mended one shows than that it is verified: that the way to ask works as well.
MENDED = {
    "revoked-crl": errors(words=("-crl_check", "-crl_download")),
    "revoked-ocsp": responder("good"),
    "revoked-stapled": shows("Cert Status: good", "-status"),
    "staple-missing": shows("Cert Status: good", "-status"),
    "chain-reversed": sends(LEAF, MIDDLE, SECOND, THIRD, ROOT),
    "chain-shuffled": sends(LEAF, MIDDLE, SECOND, THIRD, ROOT),
}


def probe(row):
    try:
        return LOOKS[row.name](row)
    except Exception:  # whatever it is, it is a failure of this row alone
        return False, traceback.format_exc()


def probe_mended(row):
    try:
        return both(verified, MENDED.get(row.name, verified))(row)
    except Exception:
        return False, traceback.format_exc()


def chosen(rows):
    return [r for r in rows if not only or r.name in only]


def all_of(look, rows, words):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for row, (good, seen) in zip(rows, pool.map(look, rows)):
            ok(good, f"D6: {row.name} ({row.protocol}): {words}", seen, vars(row))


def test_list():
    """D6: all that there is, and each is looked at here."""
    rows = lab.listed()
    names = {r.name for r in rows}
    for protocol in ("mysql", "https"):
        n = len([r for r in rows if r.protocol == protocol])
        ok(n >= 60, f"D6: 60 conditions and more over {protocol}", n)
    same(sorted(names - set(LOOKS)), [], "D6: each is looked at here")
    same(sorted(set(LOOKS) - names), [], "… and what is looked at is there")
    started = {(r.name, r.protocol) for r in broken.rows}
    same(started, {(r.name, r.protocol) for r in rows if not only or r.name in only},
         "D6: what is listed is started")


def test_broken():
    all_of(probe, broken.rows, "broken in just that way")


def test_mended():
    all_of(probe_mended, mended.rows, "mended, a verifier takes it")


def table(rows):
    """What docs/lab.md shows of them."""
    lines = []
    for group, title in GROUPS.items():
        lines += ["", f"### {title}", "", "| name | over | what is wrong | a right client | weight "
                  "| cause |", "|" + " --- |" * 6]
        for name in dict.fromkeys(r.name for r in rows if r.group == group):
            these = [r for r in rows if r.name == name]
            r, over = these[0], " ".join(t.protocol for t in these)
            lines.append(f"| `{name}` | {over} | {r.wrong} | {r.expect}s | {r.weight} | "
                         f"{r.cause} |")
    return "\n".join(lines) + "\n\n"


def test_docs():
    """D6: the page has the table as the program prints it."""
    before, _, rest = read(DOCS).partition(FROM)
    written, _, after = rest.partition(TO)
    wanted = table(lab.listed())
    if os.environ.get("DBTLS_WRITE_DOCS") == "1":
        with open(DOCS, "w") as f:
            f.write(before + FROM + wanted + TO + after)
        written = wanted
    differ = sorted({*written.splitlines()} ^ {*wanted.splitlines()})
    ok(written == wanted, "D6: docs/lab.md lists what `dbtls lab list` does", *differ)
    weights = {r.weight for r in lab.listed()}
    ok(all(f"\n| {w} | " in before for w in weights), "… and says what each weight means", weights)


def test_page():
    """
    The worked example of docs/add-a-condition.md: its diff applies, what comes of it builds, is
    listed, and is broken in just the way that its own row says.
    """
    change = read(f"{HERE}/docs/add-a-condition.md").split("```diff\n")[1].split("```")[0]
    added = [x for x in change.splitlines() if re.match(r"\+[^+]", x)]
    ok(len(added) < 12, "D6: adding a condition is less than a dozen lines", added)
    with tempfile.TemporaryDirectory(prefix="dbtls-lab-") as there:
        for folder in ("po", "src", "tests/flow", "tools"):
            shutil.copytree(f"{HERE}/{folder}", f"{there}/{folder}")
        shutil.copy2(f"{HERE}/Makefile", there)
        shutil.copytree(BUILD, f"{there}/out", ignore=shutil.ignore_patterns("tests", "bench"))
        done = command("git", "apply", "-", cwd=there, stdin=change)
        ok(done.rc == 0, "D6: the diff of docs/add-a-condition.md applies", done)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        done = command("make", "V=release", f"OUT={there}/out", f"{there}/out/dbtls", cwd=there,
                       env=env, timeout=240)
        ok(done.rc == 0, "… it builds", done)
        done = command("python3", "tests/flow/lab.t", "just-expired", cwd=there, timeout=60,
                       env={**env, "DBTLS_BUILD": f"{there}/out"})
        looks = [x for x in done.out.splitlines() if "just-expired (" in x]
        ok(done.rc == 0 and len(looks) == 4, "… and is listed, broken in its way, and mended", done)


with lab.Lab(*only) as broken, lab.Lab("--mended", *only) as mended:
    note(f"{len(broken.rows)} endpoints in {broken.seconds:.1f} s, mended {mended.seconds:.1f} s")
    run(test_list, test_broken, test_mended)
if not only:
    run(test_docs)
if not only and not sanitized() and shutil.which("git"):
    run(test_page)
finish()
