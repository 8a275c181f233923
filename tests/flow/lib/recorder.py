# SPDX-License-Identifier: Apache-2.0
"""
Writes down what passes on both sides of a door, in the clear:

    client -- TLS --> here, CLIENT side -- TLS --> door -- Unix socket --> here, DATABASE side --> database

    recorder.py PORT CERTIFICATE KEY DOOR_PORT DOOR_CA DOOR_NAME SOCKET DATABASE_SOCKET OUT

For each connection a line of JSON goes to OUT when it has ended: its side, and the bytes of both
ways in hex, from the greeting on. A test peer, in a process of its own so that it can live in
another network.
"""
import json
import os
import select
import socket
import ssl
import sys
import threading

WAIT = 60
writing = threading.Lock()


class Pair:
    """Two connected sockets, and what each has said."""

    def __init__(self, side, near, far):
        self.side, self.near, self.far = side, near, far
        self.said = {"near": b"", "far": b""}
        for s in (near, far):
            s.settimeout(WAIT)

    def pass_on(self, who):
        """One piece of what somebody says; b"": the end; None: nothing yet."""
        source, to = (self.near, self.far) if who == "near" else (self.far, self.near)
        try:
            source.settimeout(0)
            part = source.recv(65536)
            self.said[who] += part
            if part:
                to.settimeout(WAIT)
                to.sendall(part)
            return part
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except OSError:
            return b""

    def finish(self, who):
        """What somebody has ended is ended for the other."""
        to = self.far if who == "near" else self.near
        try:
            to.settimeout(WAIT)
            if isinstance(to, ssl.SSLSocket):
                to.unwrap()
            to.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            pass

    def run(self):
        """Both ways in one thread: what reads and writes one TLS at a time breaks it."""
        ends = {self.near: "near", self.far: "far"}
        while ends:
            ready = [s for s in ends if isinstance(s, ssl.SSLSocket) and s.pending()]
            ready = ready or select.select(list(ends), [], [], WAIT)[0]
            if not ready:
                return
            for s in ready:
                if self.pass_on(ends[s]) == b"":
                    self.finish(ends.pop(s))

    def close(self, out):
        self.near.close()
        self.far.close()
        line = {"side": self.side, "up": self.said["near"].hex(), "down": self.said["far"].hex()}
        with writing, open(out, "a") as f:
            f.write(json.dumps(line) + "\n")


def exactly(sock, n):
    got = b""
    while len(got) < n:
        part = sock.recv(n - len(got))
        if not part:
            raise OSError("the end")
        got += part
    return got


def packet(sock):
    head = exactly(sock, 4)
    return head + exactly(sock, int.from_bytes(head[:3], "little"))


def client_side(near, door_port, theirs, ours, name, out):
    """The greeting and the SSLRequest as they are, then TLS on both."""
    pair = Pair("client", near, socket.create_connection(("127.0.0.1", door_port), WAIT))
    try:
        pair.said["far"] = packet(pair.far)
        near.sendall(pair.said["far"])
        pair.said["near"] = packet(near)
        pair.far.sendall(pair.said["near"])
        pair.far = ours.wrap_socket(pair.far, server_hostname=name)
        pair.near = theirs.wrap_socket(near, server_side=True)
        pair.run()
    except OSError as e:
        print(f"client side: {e}", file=sys.stderr)
    pair.close(out)


def database_side(near, path, out):
    far = socket.socket(socket.AF_UNIX)
    far.connect(path)
    pair = Pair("database", near, far)
    pair.run()
    pair.close(out)


def serve(listener, *how):
    while True:
        near, _ = listener.accept()
        threading.Thread(target=how[0], args=(near, *how[1:]), daemon=True).start()


def main(port, certificate, key, door_port, door_ca, door_name, path, database, out):
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate, key)
    ours = ssl.create_default_context(cafile=door_ca)
    here = socket.socket(socket.AF_UNIX)
    here.bind(path)
    os.chmod(path, 0o777)
    here.listen(64)
    threading.Thread(target=serve, args=(here, database_side, database, out), daemon=True).start()
    serve(socket.create_server(("127.0.0.1", int(port))), client_side, int(door_port), theirs, ours,
          door_name, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
