#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""PROXY headers: from load balancers that are listed, and to databases that are told the client."""
import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import mysqld
from door import DBTLS, Door, Serve, command, free_port
from mariadbd import Mariadbd
from mysql import Client, Left, Refused
from tap import finish, ok, run, same, skip, until

BALANCER = "127.0.0.2"  # listed as a sender; other addresses of loopback are not
CLIENT = "203.0.113.7"  # RFC 5737: for documentation
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
back = None  # a database: the door's own engine, whose password is known


def v1(client=CLIENT, to="203.0.113.1", port=4711):
    return f"PROXY TCP{6 if ':' in client else 4} {client} {to} {port} 4000\r\n".encode()


def v2(client=CLIENT, to="203.0.113.1", port=4711, tail=b"", command=1):
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    body = b"".join(socket.inet_pton(family, a) for a in (client, to))
    body += struct.pack(">HH", port, 4000) + tail
    return SIGNATURE + bytes([0x20 | command, 0x21 if ":" in client else 0x11]) + \
        struct.pack(">H", len(body)) + body


LOCAL = SIGNATURE + b"\x20\0\0\0"
UNKNOWN = b"PROXY UNKNOWN\r\n"


def connect(door, header=b"", source=BALANCER, **more):
    log_at = len(door.log())
    c = Client("127.0.0.1", door.port, door.ca, source=source, **more)
    c.log_at = log_at
    if header:
        c.socket.sendall(header)
    return c


def log_of(door, sender, log_at):
    """The session's line, by the address of who connected: the client's or the PROXY header's."""
    def find():
        return [s for s in door.sessions(log_at) if sender in (s["client"], s.get("proxy"))]
    found = until(find, 15)
    return found[-1] if found else {"end": "nothing in the log"}


def outcome(door, c):
    """How it ends: what the client heard first, and the line of the log."""
    own = ":".join(map(str, c.socket.getsockname()))
    try:
        c.greeting()
        heard = "greeting"
    except Refused as no:
        heard = no.code
    except (Left, OSError):
        heard = "the end"
    c.close()
    return heard, log_of(door, own, c.log_at)


def upstream():
    return f"127.0.0.1:{back.port} ca {back.ca}"


# ---- headers in ---------------------------------------------------------------------------------

def test_header(door):
    for name, header, client in (
            ("version 1", v1(), f"{CLIENT}:4711"),
            ("version 2", v2(), f"{CLIENT}:4711"),
            ("version 1, IPv6", v1("2001:db8::7", "2001:db8::1"), "[2001:db8::7]:4711"),
            ("version 2, IPv6", v2("2001:db8::7", "2001:db8::1"), "[2001:db8::7]:4711"),
            ("a mapped address", v2(f"::ffff:{CLIENT}", "::ffff:203.0.113.1"), f"{CLIENT}:4711"),
            ("TLVs behind it", v2(tail=b"\x04\0\x03abc"), f"{CLIENT}:4711")):
        with connect(door, header) as c:
            c.enter("root", back.password)
            same(c.query("SELECT DATABASE()"), [["test"]], f"{name}: the session works")
            own = c.own_port
        seen = log_of(door, f"{BALANCER}:{own}", c.log_at)
        same((seen.get("client"), seen.get("proxy")), (client, f"{BALANCER}:{own}"),
             f"{name}: the log has both addresses")
    for name, header in (("LOCAL", LOCAL), ("UNKNOWN", UNKNOWN)):
        heard, seen = outcome(door, connect(door, header))
        same((heard, seen["client"] == seen["proxy"]), ("greeting", True),
             f"{name}: the sender stands for itself")


def test_access(door):
    for name, header in (("version 1", v1("198.51.100.9")), ("version 2", v2("198.51.100.9"))):
        heard, seen = outcome(door, connect(door, header))
        same((heard, seen["end"]), (1130, "denied"), f"{name}: the list is asked for its address")
    heard, seen = outcome(door, connect(door, v2("127.0.0.9", "127.0.0.1")))
    same(heard, "greeting", "a listed sender is believed, whatever it says: loopback is on the list")


def test_unlisted(door):
    for name, header in (("version 1", v1()), ("version 2", v2()), ("LOCAL", LOCAL)):
        with connect(door, header, source="127.0.0.3") as c:
            c.greeting()  # it was sent before a byte of the header was read
            c.hears_end()
            seen = log_of(door, f"127.0.0.3:{c.own_port}", c.log_at)
        same((seen["end"], seen.get("proxy")), ("nonsense", None),
             f"{name} from anyone else is nonsense, and names nobody")
    with connect(door, source="127.0.0.3") as c:
        c.enter("root", back.password)
        same(c.query("SELECT 1"), [["1"]], "without a header it is let in")


def test_wrong(door):
    """A listed sender that does not keep to it."""
    for name, words, reason in (
            ("an SSLRequest at once", Client.ssl_request(), "proxy-missing"),
            ("HTTP", b"GET / HTTP/1.1\r\n\r\n", "proxy-missing"),
            ("0.0.0.0", v1("0.0.0.0"), "proxy-broken"),
            ("::", v2("::", "2001:db8::1"), "proxy-broken"),
            ("to 0.0.0.0", v2(to="0.0.0.0"), "proxy-broken"),
            ("port 0", v2(port=0), "proxy-broken"),
            ("version 3", b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c" + bytes(12), "proxy-broken"),
            ("a line that does not end", b"PROXY TCP4 " + b"1" * 120, "proxy-broken"),
            ("one too long", SIGNATURE + b"\x21\x11\xff\xff" + bytes(5000), "proxy-broken"),
            ("no addresses in it", SIGNATURE + b"\x21\x11\0\0", "proxy-broken")):
        heard, seen = outcome(door, connect(door, words))
        same((heard, seen["end"]), (1105, reason), f"{name}: {reason}")


def test_cut(door):
    """Cut off at each byte, and dribbled byte by byte."""
    for name, header in (("version 1", v1()), ("version 2", v2())):
        ends = []
        for n in range(len(header)):
            c = connect(door, header[:n])
            c.socket.shutdown(socket.SHUT_WR)
            heard, seen = outcome(door, c)
            ends.append(seen["end"])
        same(ends, ["left-early"] + ["proxy-broken"] * (len(header) - 1),
             f"{name} cut off after 0 to {len(header) - 1} bytes")
        with connect(door) as c:
            for byte in header:
                c.socket.sendall(bytes([byte]))
                time.sleep(0.002)
            c.enter("root", back.password)
            same(c.query("SELECT 1"), [["1"]], f"{name} byte by byte: nothing of TLS is lost")
    # What a client never does, but a balancer that has its bytes at once may pass on together.
    with connect(door, v2() + Client.ssl_request()) as c:
        c.greeting().begin_tls()
        c.handshake().authenticate("root", back.password, "test")
        same(c.query("SELECT 1"), [["1"]], "bytes right behind the header are the client's")


def test_silence(door):
    quiet = [connect(door, header) for header in (b"", v1()[:20], v2()[:20])]
    began = time.monotonic()
    ends = [outcome(door, c) for c in quiet]
    same([(heard, seen["end"]) for heard, seen in ends], [(1105, "proxy-slow")] * 3,
         "silence, before a header or in it, ends it")
    ok(4 < time.monotonic() - began < 9, "after five seconds", time.monotonic() - began)
    same(door.idle(), 0, "and nothing stays")


@contextlib.contextmanager
def haproxy(to, words):
    """A real balancer before the door, which connects from its listed address."""
    port, folder = free_port(), tempfile.mkdtemp(prefix="dbtls-haproxy-", dir="/tmp")
    with open(f"{folder}/config", "w") as f:
        f.write("defaults\n mode tcp\n timeout connect 10s\n timeout client 60s\n"
                " timeout server 60s\n"
                f"listen x\n bind 127.0.0.1:{port}\n"
                f" server door 127.0.0.1:{to} source {BALANCER} {words}\n")
    process = subprocess.Popen(["haproxy", "-db", "-f", f"{folder}/config"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def test_haproxy(door):
    if not shutil.which("haproxy"):
        skip("haproxy before the door", "there is no haproxy")
        return
    for words in ("send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn", "send-proxy-v2 check"):
        with haproxy(door.port, words) as port:
            log_at = len(door.log())

            def ask():
                return command("mariadb", "--no-defaults", f"--ssl-ca={door.ca}",
                               "--ssl-verify-server-cert", "-h", "127.0.0.1", "-P", str(port),
                               "-u", "root", f"-p{back.password}", "--batch",
                               "--skip-column-names", "-e", "SELECT DATABASE()", "test").out
            same(until(ask, 15, 0.3), "test\n", f"mariadb through haproxy with {words}")
            seen = until(lambda: [s for s in door.sessions(log_at) if s["user"] == "root"]) or [{}]
            ok(seen[-1].get("client", "").startswith("127.0.0.1:") and
               seen[-1].get("proxy", "").startswith(f"{BALANCER}:"),
               f"{words}: the log has both", seen)


# ---- headers out --------------------------------------------------------------------------------

def seen_by(c):
    """As whom the database knows this session."""
    return c.query("SELECT host FROM information_schema.processlist"
                   " WHERE id = CONNECTION_ID()")[0][0]


def test_engine():
    """`up --client-addresses on`, kept for the next start."""
    with Door("--client-addresses", "on", listen=("127.0.0.1", "[::1]")) as door:
        for host in ("127.0.0.1", "::1"):
            with door.login(host=host) as c:
                same(seen_by(c), f"{host}:{c.own_port}", f"the engine sees a client of {host}")
        with door.login() as c:
            c.query("CREATE USER here@'127.0.0.%' IDENTIFIED BY 'aB3-x'")
            c.query("CREATE USER there@'203.%' IDENTIFIED BY 'aB3-x'")
        with door.login("here", "aB3-x", database=None) as c:
            same(c.query("SELECT CURRENT_USER()"), [["here@127.0.0.%"]],
                 "accounts by address match")
        try:
            door.login("there", "aB3-x", database=None)
            said = "logged in"
        except Refused as no:
            said = no.code
        same(said, 1045, "and keep others out")
        door.stop()
        door.words = []
        door.start()
        with door.login() as c:
            same(seen_by(c), f"127.0.0.1:{c.own_port}", "the next start does as the last was told")
        door.stop()
        door.start("--client-addresses", "off")
        with door.login() as c:
            same(seen_by(c), "localhost", "off: every client is localhost")


def test_database():
    folder = tempfile.mkdtemp(prefix="dbtls-proxied-")
    os.chmod(folder, 0o755)
    ca = mysqld.Ca(f"{folder}/ca")
    accounts = "".join(f"CREATE USER shop@'{network}' IDENTIFIED BY 'aB3-x';\n"
                       for network in ("203.0.113.%", "2001:db8:%"))
    server = Mariadbd("--proxy-protocol-networks=localhost,127.0.0.0/8", init=accounts,
                      account=False, tls=ca.leaf("db.dbtls.test"))
    try:
        for name, to in (("TCP", f"127.0.0.1:{server.port} proxy"),
                         ("TLS", f"127.0.0.1:{server.port} proxy ca {ca.pem}"
                                 " name db.dbtls.test"),
                         ("a Unix socket", f"unix:{server.socket} proxy")):
            with Serve(to, f"proxy-from {BALANCER}") as door:
                door.dbtls("access", "add", f"{CLIENT}/32", "2001:db8::/32")
                for client, header in ((CLIENT, v2()), (CLIENT, v1()),
                                       ("2001:db8::7", v2("2001:db8::7", "2001:db8::1"))):
                    with connect(door, header) as c:
                        c.enter("shop", "aB3-x", None)
                        same(seen_by(c), f"{client}:4711",
                             f"over {name} the database sees what the balancer said: {client}")
                        same(bool(c.query("SHOW STATUS LIKE 'Ssl_cipher'")[0][1]), name == "TLS",
                             f"over {name}, as it should be")
                with connect(door, source="127.0.0.5") as c:
                    try:
                        c.enter("shop", "aB3-x", None)
                        said = "logged in"
                    except Refused as no:
                        said = no.code, "'127.0.0.5'" in no.text
                    # What it says in the clear instead of TLS is not taken for its word.
                    same(said, {"TCP": (1130, True), "TLS": (1105, False)}.get(name, (1045, True)),
                         f"over {name} an address of no account is refused")
                same(door.status()["endpoints"][0]["upstreams"][0]["answers"], True,
                     f"over {name} the database counts as one that answers")
    finally:
        server.close()
        shutil.rmtree(folder)


def test_first_bytes():
    """The very bytes: a header of version 2, and nothing before it."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve():
        one, _ = listener.accept()
        one.settimeout(10)
        with one, contextlib.suppress(OSError):
            heard.append(one.recv(4096))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with Serve(f"127.0.0.1:{listener.getsockname()[1]} proxy") as door:
        with door.client() as c:
            thread.join(15)
            want = SIGNATURE + b"\x21\x11\0\x0c" + bytes([127, 0, 0, 1] * 2) + \
                struct.pack(">HH", c.own_port, door.port)
            same(heard, [want], "from the client, to the door")
    listener.close()


def test_reload():
    """A balancer that is listed, and listed no more, while the door is open."""
    def told(*lines):
        with open(f"{door.folder}/door.conf", "w") as f:
            f.writelines(f"{line}\n" for line in (f"listen 127.0.0.1:{door.port}",
                                                  f"upstream {upstream()}", *lines))
        done = door.dbtls("reload")
        ok(not done.rc, f"reload with {lines}", done)

    def enters(header):
        try:
            with connect(door, header) as c:
                c.enter("root", back.password)
                return c.query("SELECT DATABASE()") == [["test"]]
        except (Refused, Left, OSError):
            return False
    with Serve(upstream()) as door:
        door.dbtls("access", "add", f"{CLIENT}/32")
        same((enters(v2()), enters(b"")), (False, True), "nobody is listed")
        told(f"proxy-from {BALANCER}")
        same(enters(v2()), True, "one is")
        told()
        same((enters(v2()), enters(b"")), (False, True), "nobody is again")


def test_file():
    for text, wanted in (("proxy-from 203.0.113.1/24\n", "203.0.113.0/24"),
                         ("proxy-from host\n", "proxy-from"),
                         ("upstream unix:/s tls\n", 'nothing but "proxy"'),
                         ("upstream db:1 ca x prox\n", '"prox" is not known')):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(text)
            f.flush()
            done = command(DBTLS, "serve", "-n", "-c", f.name)
        ok(done.rc and wanted in done.err, f"{text.strip()}: {wanted}", done)


with Door(listen=("127.0.0.1",)) as back:
    with Serve(upstream(), f"proxy-from {BALANCER}/32", "proxy-from 192.0.2.0/24") as front:
        front.dbtls("access", "add", f"{CLIENT}/32", "2001:db8::/32")
        run(*[lambda t=t: t(front) for t in (test_header, test_access, test_unlisted, test_wrong,
                                              test_cut, test_silence, test_haproxy)],
            on_failure=front.tail)
    run(test_reload)
run(test_engine, test_database, test_first_bytes, test_file)
finish()
