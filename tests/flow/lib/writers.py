# SPDX-License-Identifier: Apache-2.0
"""A load that can tell whether a row was lost: numbered rows, each acknowledged or not."""
import hashlib
import threading
import time

from tap import note, ok

TABLE = "CREATE TABLE kept (writer INT, n INT, t CHAR(64), PRIMARY KEY (writer, n))"


class Writer(threading.Thread):
    """Inserts numbered rows, each its own transaction, and notes which were acknowledged."""

    def __init__(self, login, number, before=None):
        super().__init__(daemon=True)
        self.login, self.number, self.ends = login, number, threading.Event()
        self.acknowledged = before.acknowledged if before else []
        self.tried = before.tried if before else 0
        self.failures = before.failures if before else 0
        self.start()

    def text(self, n):
        return hashlib.sha256(f"{self.number}/{n}".encode()).hexdigest()

    def insert(self, client):
        n = self.tried
        self.tried += 1
        client.query(f"INSERT INTO kept VALUES ({self.number}, {n}, '{self.text(n)}')")
        self.acknowledged.append(n)

    def run(self):
        while not self.ends.is_set():
            try:
                with self.login(timeout=10) as client:
                    while not self.ends.is_set():
                        self.insert(client)
            except Exception:  # killed under it: that is what this is about
                self.failures += 1
                time.sleep(0.05)


class Writers:
    """That many, at work from now on; login(timeout=…): a client that has logged in."""

    def __init__(self, login, many):
        self.login = login
        with login() as client:
            client.query(TABLE)
        self.all = [Writer(login, i) for i in range(many)]

    def pause(self):
        for w in self.all:
            w.ends.set()
        for w in self.all:
            w.join(30)

    def resume(self):
        """New threads with what the old ones know."""
        self.all = [Writer(self.login, w.number, w) for w in self.all]

    def forget(self):
        """While they pause: the database has been thrown away."""
        with self.login() as client:
            client.query(TABLE)
        for w in self.all:
            w.acknowledged.clear()
            w.tried = 0

    def check(self, name):
        """While they pause: every acknowledged row is there."""
        acknowledged = {(w.number, n) for w in self.all for n in w.acknowledged}
        with self.login() as client:
            rows = client.query("SELECT writer, n, t FROM kept")
        there = {(int(w), int(n)): t for w, n, t in rows}
        lost = acknowledged - set(there)
        ok(not lost and len(acknowledged) > 100, f"T1: {name}: every acknowledged row is there",
           f"{len(lost)} of {len(acknowledged)} lost", sorted(lost)[:10])
        wrong = [k for k, t in there.items() if self.all[k[0]].text(k[1]) != t]
        ok(not wrong, f"{name}: with what was written", wrong[:10])
        strange = [k for k in there if k[1] >= self.all[k[0]].tried]
        ok(not strange and len(rows) == len(there), f"{name}: and nothing else", strange[:10])
        note(f"{len(acknowledged)} acknowledged, {len(there)} there, "
             f"{sum(w.failures for w in self.all)} connections lost")
