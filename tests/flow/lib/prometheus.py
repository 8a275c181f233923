# SPDX-License-Identifier: Apache-2.0
"""Prometheus's own reader of its text format, in a virtual environment of its own."""
import json
import shutil
import sys
import tempfile

from door import command

PARSER = "prometheus-client==0.21.1"
ASK = """
import json, sys
from prometheus_client.parser import text_string_to_metric_families as families
print(json.dumps([[s.name, sorted(s.labels.items()), s.value]
                  for f in families(sys.stdin.read()) for s in f.samples]))
"""


def parsed(text):
    """{(name, ((label, value), …)): value}, and what was run; None: the reader can't be had."""
    folder = tempfile.mkdtemp(prefix="dbtls-flow-", dir="/tmp")
    try:
        made = command(sys.executable, "-m", "venv", folder, timeout=120)
        if made.rc == 0:
            made = command(f"{folder}/bin/pip", "install", "-q", "--no-deps", PARSER, timeout=240)
        if made.rc != 0:
            return None, made
        read = command(f"{folder}/bin/python", "-c", ASK, stdin=text)
        return {(n, tuple(map(tuple, labels))): v for n, labels, v in json.loads(read.out)}, read
    finally:
        shutil.rmtree(folder)
