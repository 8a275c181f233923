# SPDX-License-Identifier: Apache-2.0
"""Clients of an account `shop` in a genuine MySQL, who stay, or come and go, while a door changes."""
import ssl
import threading

from mysql import PROOFS, USUAL, WITH_DB

SHA2, PASSWORD = "caching_sha2_password", "aB3-of-the-shop"


def login(door, ctx=None, session=None, **more):
    c = door.client(**more)
    c.start_tls(ctx, caps=USUAL | WITH_DB, session=session)
    c.send_packet(c.response("shop", PASSWORD, "test", plugin=SHA2,
                             proof=PROOFS[SHA2](PASSWORD, c.scramble)))
    return c.proceed(PASSWORD)


def serial(door):
    """Of the certificate that a new handshake shows."""
    with door.client() as c:
        c.start_tls()
        return ssl.DER_cert_to_PEM_cert(c.tls.getpeercert(True))


class Newcomers:
    """Comes, asks and goes, again and again, on a thread of its own."""

    def __init__(self, door):
        self.door, self.came, self.failed, self.going = door, 0, [], True
        self.thread = threading.Thread(target=self.come)
        self.thread.start()

    def come(self):
        while self.going:
            try:
                with login(self.door, timeout=30) as c:
                    if c.query("SELECT 1") != [["1"]]:
                        raise ValueError("another answer")
                    c.quit()
                self.came += 1
            except Exception as e:  # whatever it is: nobody may be turned away
                self.failed.append(repr(e))

    def end(self):
        self.going = False
        self.thread.join(60)
