# SPDX-License-Identifier: Apache-2.0
"""
Keeps the ClientHello of one client, as it came: the records, in tests/data/hello/NAME.bin.

    hellos.py [-t] OUT COMMAND…

runs COMMAND, in whose words PORT is replaced by the port of a listener on loopback. It is greeted
as by a MySQL server that has TLS, answers with SSLRequest, and its hello is written to OUT; then it
is refused with an alert. With -t TLS comes first, for clients that don't speak MySQL.
"""
import os
import socket
import struct
import subprocess
import sys

WAIT = 40
# A MySQL 8.0 with all capabilities that its 8.0.36 has, TLS among them.
GREETING = (b"\x0a8.0.36\0" + struct.pack("<I", 8) + b"abcdefgh\0" +
            struct.pack("<HBHHB", 0xffff, 255, 2, 0xdfff, 21) + bytes(10) + b"ijklmnopqrst\0" +
            b"caching_sha2_password\0")
HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")
HANDSHAKE, CLIENT_HELLO = 22, 1


class NoHello(Exception):
    """What came instead."""


def exactly(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            raise NoHello(f"the client left after {data!r}")
        data += part
    return data


def ask_for_tls(sock):
    sock.sendall(struct.pack("<I", len(GREETING)) + GREETING)
    header = exactly(sock, 4)
    length = int.from_bytes(header[:3], "little")
    if length != 32:
        raise NoHello(f"no SSLRequest but a packet of {length} bytes")
    exactly(sock, length)


def records(sock):
    """All records that the hello is in (RFC 8446 5.1, 4)."""
    whole = message = b""
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        header = exactly(sock, 5)
        if header[0] != HANDSHAKE:
            raise NoHello(f"no handshake record: {header!r}")
        body = exactly(sock, int.from_bytes(header[3:], "big"))
        whole += header + body
        message += body
    if message[0] != CLIENT_HELLO:
        raise NoHello(f"handshake message {message[0]}")
    return whole


def hello_of(listener, tls_first):
    sock, _ = listener.accept()
    with sock:
        sock.settimeout(WAIT)
        if not tls_first:
            ask_for_tls(sock)
        hello = records(sock)
        sock.sendall(HANDSHAKE_FAILURE)
        return hello


def main(out, *words, tls_first=False):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT)
        port = str(listener.getsockname()[1])
        client = subprocess.Popen([w.replace("PORT", port) for w in words],
                                  stdin=subprocess.DEVNULL)
        try:
            hello = hello_of(listener, tls_first)
        finally:
            client.terminate()
            client.wait(WAIT)
    with open(out, "wb") as f:
        f.write(hello)
    print(f"{os.path.basename(out)}: {len(hello)} bytes")


if __name__ == "__main__":
    first = sys.argv[1:2] == ["-t"]
    try:
        main(*sys.argv[2 if first else 1:], tls_first=first)
    except (NoHello, OSError) as why:
        sys.exit(f"no ClientHello: {why}")
