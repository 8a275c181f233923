# SPDX-License-Identifier: Apache-2.0
"""Catalogues of GNU gettext (.po, .pot): read, and held to what both languages have in common."""
import ast
import collections
import re

Message = collections.namedtuple("Message", "id plural text flags where")

DIRECTIVE = re.compile(r"%(?:\d+\$)?[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|ll|[hlzjt])?[a-zA-Z%]")
COMMANDS = ("up serve reload upgrade down status metrics connect access password ca trust check"
            " explain lab completion").split()
# The same in every language: options, places to fill in, addresses, variables, commands.
SHARED = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*|\{[a-z_]+\}|https?://[\w./{}:-]+|\$[A-Z_]+"
                    rf"|(?<=\bdbtls )(?:{'|'.join(COMMANDS)})\b")
JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
FULL_WIDTH = re.compile(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
# Programs are called so in Japanese, too.
NAMES = {"aiomysql", "curl", "mariadb", "mycli", "mysql", "mysqlclient", "pip", "wget", "api",
         "update-ca-certificates", "update-ca-trust", "trust extract-compat", "protocol tls"}


def read(path):
    """All messages but the header, in order."""
    with open(path, encoding="utf-8") as f:
        blocks = f.read().split("\n\n")
    return [m for m in map(read_block, blocks) if m and m.id]


def read_block(block):
    said, into = {"msgid": "", "msgid_plural": "", "msgstr": ""}, None
    flags, where = set(), ""
    for line in block.splitlines():
        if line.startswith("#,"):
            flags |= {flag.strip() for flag in line[2:].split(",")}
        elif line.startswith("#:"):
            where = where or line[3:]
        elif line and not line.startswith("#"):
            if not line.startswith('"'):
                word, line = line.split(" ", 1)
                into = word.split("[")[0]
            said[into] += ast.literal_eval(line)
    return into and Message(said["msgid"], said["msgid_plural"], said["msgstr"], flags, where)


def shared(text):
    return {word.rstrip(".:,") for word in SHARED.findall(text)}


def is_english(text):
    """Whether something in it is to be translated: two words together, or one that is no name. What
    has options of one letter is a command line."""
    bare = DIRECTIVE.sub(" ", re.sub(r"\S*[{}=<>()/:.…-]\S*", " , ", text)).strip()
    if text.strip() in NAMES or bare in NAMES or re.search(r" -\w ", text):
        return False
    return bool(re.search(r"\b[a-z]{2,} [a-z]{2,}\b", bare) or re.fullmatch(r"[a-z]{3,}", bare))


def faults(m):
    """What is wrong with a translation, in a few words each."""
    if not m.text:
        yield "is not translated"
        return
    if "fuzzy" in m.flags:
        yield "is fuzzy"
    if not JAPANESE.search(m.text) and is_english(m.id):
        yield "is still English"
    missing = shared(m.id) - shared(m.text)
    if missing:
        yield f"lacks {' '.join(sorted(missing))}"
    made_up = {word for word in shared(m.text) - shared(m.id) if word.strip("-") not in m.id}
    if made_up:
        yield f"adds {' '.join(sorted(made_up))}"
    if FULL_WIDTH.search(m.text):
        yield "has full-width letters or digits"
    if "\ufffd" in m.text or "\u3000" in m.text:
        yield "has a letter that is none, or a full-width blank"
