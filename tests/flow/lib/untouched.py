# SPDX-License-Identifier: Apache-2.0
"""
T9: a client that knows the database's method passes through the door untouched: what it says and
hears under TLS is, byte for byte, what the database hears and says, but for the sequence ids while
it logs in and the flag CLIENT_SSL.
"""
import json
import os
import subprocess
import sys

from clients import HOST, INSIDE, Project, connects
from door import Serve, free_port, read
from tap import ok, same, until

HERE = os.path.dirname(os.path.abspath(__file__))
SSL_FLAG = 0x08  # in the second byte of the capabilities


def packets(data):
    """The packets of a stream, each with its header."""
    while data:
        n = 4 + int.from_bytes(data[:3], "little")
        yield data[:n]
        data = data[n:]


def shifted(one, by):
    return one[:3] + bytes([one[3] + by & 0xff]) + one[4:]


def as_database_hears(up):
    """What the door makes of a client's words: no SSLRequest, ids less one until the login's end."""
    said, logging_in, out = list(packets(up))[1:], True, b""
    for i, one in enumerate(said):
        if i and one[3] == 0:
            logging_in = False  # a command
        if i == 0:
            one = one[:5] + bytes([one[5] & ~SSL_FLAG & 0xff]) + one[6:]
        out += shifted(one, -1) if logging_in else one
    return out


def as_client_hears(down):
    """The greeting offers TLS; ids more by one up to the OK."""
    greeting, *rest = packets(down)
    at = greeting.index(b"\0", 5) + 15  # behind the version: id, scramble, filler, low byte
    out = greeting[:at] + bytes([greeting[at] | SSL_FLAG]) + greeting[at + 1:]
    logging_in = True
    for one in rest:
        out += shifted(one, 1) if logging_in else one
        logging_in = logging_in and one[4] not in (0, 0xff)
    return out


class Recorder:
    def __init__(self, stage, port, door_port, door_ca, path):
        self.out, self.errors = f"{path}.json", f"{path}.err"
        certificate, key = stage.ca.leaf(HOST)
        words = [str(port), certificate, key, str(door_port), door_ca, "127.0.0.1", path,
                 f"{stage.servers['good'].folder}/socket", self.out]
        with open(self.errors, "w") as err:
            self.process = subprocess.Popen([*INSIDE, sys.executable, f"{HERE}/recorder.py", *words],
                                            stderr=err)
        until(lambda: os.path.exists(path), 10)

    def close(self):
        self.process.kill()
        self.process.wait(10)

    def side(self, name):
        lines = [json.loads(line) for line in read(self.out).splitlines()]
        return [(bytes.fromhex(x["up"]), bytes.fromhex(x["down"]))
                for x in lines if x["side"] == name]


def untouched(first, stage):
    """To be called as a Client's `also`."""
    client, port = first.client, free_port()
    path = f"{stage.folder}/{client.name}-rec"
    with Serve(f"unix:{path}", inside=INSIDE) as door:
        recorder = Recorder(stage, port, door.port, door.ca, path)
        try:
            project = Project(client, f"{stage.folder}/{client.name}-untouched", "--host", HOST,
                              "--port", str(port), "--ca-path", stage.ca.pem, "--user",
                              client.user("right"), "--database", "test")
            project.borrow(first)
            done = project.connect(stage)
            until(lambda: len(recorder.side("client")) == len(recorder.side("database")) > 0, 15)
            compare(client, done, recorder)
        finally:
            recorder.close()


def compare(client, done, recorder):
    ours, theirs = recorder.side("client"), recorder.side("database")
    if not ok(connects(done) and len(ours) == len(theirs) > 0,
              f"T9: {client.name} logs in where it is recorded", done, read(recorder.errors)):
        return
    for (said, heard), (database_heard, database_said) in zip(ours, theirs):
        same(database_heard.hex(), as_database_hears(said).hex(),
             f"T9: what {client.name} says comes to the database byte for byte")
        same(heard.hex(), as_client_hears(database_said).hex(),
             f"T9: and what {client.name} hears is what the database says")
        ok(b"SELECT DATABASE()" in said, "… the query among it")
