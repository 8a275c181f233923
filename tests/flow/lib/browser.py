# SPDX-License-Identifier: Apache-2.0
"""
Chromium without a window, told by the DevTools protocol where to go: JSON with a NUL behind each
message, over two pipes.
"""
import json
import os
import re
import select
import subprocess
import tempfile
import time

# The first sandbox needs namespaces that root does not give it. The rest keeps it from what a test
# does not want: updates of its parts, of which it would ask the network.
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--disable-background-networking", "--disable-component-update",
           "--remote-debugging-pipe")
TEXT = "document.title + '\\n' + document.body.innerText"


class Visit:
    """What came of going to an address: the browser's error, or ""; and what it shows."""

    def __init__(self, error, text):
        self.error, self.text = error, text

    def __repr__(self):
        return f"error {self.error!r}, text {self.text[:600]!r}"


class Browser:
    """
    One with a profile of its own, for a user with that home. As a context it is ended when the
    block is. It reads its trust store when it starts.
    """

    def __init__(self, home, seconds=60):
        self.seconds, self.number, self.rest = seconds, 0, b""
        self.profile = tempfile.TemporaryDirectory(prefix="dbtls-chromium-", dir="/tmp")
        self.log = tempfile.TemporaryFile("w+", errors="replace")
        theirs_in, self.ours_out = os.pipe()
        self.ours_in, theirs_out = os.pipe()
        # It looks for the two at 3 and 4; bash, as a plain sh knows no numbers beyond 9.
        script = f'exec chromium "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "chromium", *OPTIONS, f"--user-data-dir={self.profile.name}",
             "about:blank"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            pass_fds=(theirs_in, theirs_out),
            env={"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8"})
        os.close(theirs_in)
        os.close(theirs_out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # It ends with these, and its other processes with it.
        for fd in (self.ours_in, self.ours_out):
            os.close(fd)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.profile.cleanup()

    def said(self):
        self.log.seek(0)
        return self.log.read()[-3000:]

    # ---- DevTools

    def message(self, end):
        while b"\0" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.ours_in], [], [], left)[0]:
                raise TimeoutError(f"Chromium says nothing: {self.said()}")
            part = os.read(self.ours_in, 65536)
            if not part:
                raise EOFError(f"Chromium has ended: {self.said()}")
            self.rest += part
        one, _, self.rest = self.rest.partition(b"\0")
        return json.loads(one)

    def ask(self, method, session=None, **params):
        self.number += 1
        words = {"id": self.number, "method": method, "params": params}
        if session:
            words["sessionId"] = session
        os.write(self.ours_out, json.dumps(words).encode() + b"\0")
        end = time.monotonic() + self.seconds
        while (got := self.message(end)).get("id") != self.number:
            pass
        if "error" in got:
            raise RuntimeError(f"{method}: {got['error']}")
        return got["result"]

    def page(self):
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        return self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def text(self, page, wanted):
        """What the page shows, as soon as that is there."""
        end, text = time.monotonic() + self.seconds, ""
        while not re.search(wanted, text) and time.monotonic() < end:
            got = self.ask("Runtime.evaluate", page, expression=TEXT)
            text = str(got["result"].get("value", ""))
            time.sleep(0.05)
        return text

    def visit(self, url, wanted="healthy:|NET::ERR_"):
        page = self.page()
        error = self.ask("Page.navigate", page, url=url).get("errorText", "")
        return Visit(error, self.text(page, wanted))

    def version(self):
        return self.ask("Browser.getVersion")["product"]
