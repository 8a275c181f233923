#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
All words for people are in English and in Japanese (D13): the catalogue has each that stands in the
sources, and what dbtls says is in it, every word (tests/tools/marked shows what is not). Which
language it is; that lines and tables are right in letters of two columns; that programs are told
the same in both.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import catalogue
import tap
from door import BUILD, DBTLS, Door, command

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PO = os.path.join(ROOT, "po/ja.po")
MARKED = os.path.join(BUILD, "tests/tools/marked")
FACTS = sorted(glob.glob(os.path.join(ROOT, "tests/golden/check/*.facts")))
WIDTH = 92  # doctor/wrap.h
TEXTS = [
    "x509: certificate signed by unknown authority",
    "ERROR 2026 (HY000): TLS/SSL error: Validation of SSL server certificate failed",
    "ERROR 2003 (HY000): Can't connect to MySQL server on 'db1.example.com:4000' (111)",
    "javax.net.ssl.SSLHandshakeException: PKIX path building failed: "
    "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification "
    "path to requested target",
    "Hostname mismatch, certificate is not valid for 'db2.example.com'",
]
# Under these names JSON has sentences.
SENTENCES = {"sentence", "evidence", "advice", "why", "by_itself", "text"}
# What stands outside: no words of ours.
WORD = r"[A-Za-z]{2,}"
PROTOCOL = re.compile(r"\b(?:[a-z0-9-]+://\S*|TLS \d\.\d|TLS_\w+|MySQL|GET|CN|O|OU|C|EC|RSA|ms|mysql|https?|"
                      r"dbtls|go-sql-driver|PEM|DER|JKS|NSS|SHA-\d+|UTC|host|port|HOST|PORT|TARGET)\b|/\S+|--\S+")


def without_language(**more):
    kept = {k: v for k, v in os.environ.items() if not re.match(r"LC_|LANG|DBTLS_LANG", k)}
    return {**kept, **more}


def facts_text():
    return "".join(open(path, encoding="utf-8").read() for path in FACTS)


def replayed(language, *words, program=DBTLS):
    return command(program, "check", "--replay", "-", *words, stdin=facts_text(),
                   env=without_language(DBTLS_LANG=language))


# ---- the catalogue

def the_catalogue_has_every_string():
    with tempfile.TemporaryDirectory() as out:
        done = command("make", "-s", "-C", ROOT, "pot", f"OUT={out}", timeout=120)
        fresh = {m.id: m for m in catalogue.read(f"{out}/dbtls.pot")}
    tap.ok(done.rc == 0 and len(fresh) > 1500, f"the sources hold {len(fresh)} strings", done)
    here = {m.id: m for m in catalogue.read(PO)}
    tap.same(sorted(fresh.keys() - here.keys())[:20], [], "each is in po/ja.po (else: make po)")
    tap.same(sorted(here.keys() - fresh.keys())[:20], [], "and nothing else is")
    with open(PO, encoding="utf-8") as f:
        tap.ok("\n#~" not in f.read(), "nothing obsolete is kept")


def every_translation_is_one():
    found = [f"{m.where}: {m.id!r} {fault}: {m.text!r}"
             for m in catalogue.read(PO) for fault in catalogue.faults(m)]
    tap.ok(not found, "each is in Japanese, with the same options, places and commands",
           f"{len(found)} faults", *found[:40])
    done = command("msgfmt", "--check-format", "-o", "/dev/null", PO)
    tap.ok(done.rc == 0, "formats fit those of the English", done.err)


def a_fault_is_found():
    """The judge above must be able to say no."""
    def faults(english, japanese, *flags):
        return list(catalogue.faults(catalogue.Message(english, "", japanese, set(flags), "")))
    tap.same([faults("read the file", ""), faults("read the file", "read the file"),
              faults("folder", "folder"), faults("say --force", "強制"), faults("ask {host}", "問う"),
              faults("see: dbtls check", "参照"), faults("two", "２つ"), faults("two", "二つ", "fuzzy")],
             [["is not translated"], ["is still English"], ["is still English"], ["lacks --force"],
              ["lacks {host}"], ["lacks check"], ["has full-width letters or digits"], ["is fuzzy"]],
             "untranslated, English, options, places, commands, letters, fuzzy: each is found")
    tap.same([faults("curl", "curl"), faults("Node.js, mysql2", "Node.js, mysql2"),
              faults("say --force to %s", "%s に --force を付けてください")], [[], [], []],
             "names, and what is right, are left alone")


# ---- what is not marked

def outside(text):
    """What stands outside all ⟦⟧; they stand in one another where a sentence takes another in."""
    depth, kept = 0, []
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        if depth == 0:
            kept.append(" ¦ " if letter == "⟧" else letter)
    return "".join(kept)


def unmarked(said, known):
    """Words outside that dbtls was not given; what begins with a capital is a name."""
    words = re.findall(WORD, PROTOCOL.sub(" ", outside(said)))
    return sorted({word for word in words if word not in known and word[0].islower()})


def marked(*words, **more):
    done = command(MARKED, *words, env=without_language(DBTLS_LANG="ja"), **more)
    return done.out + done.err


def known_words(*texts):
    return {word for text in texts for word in re.findall(WORD, text)}


def no_sentences(told, key=""):
    """What JSON holds besides sentences: ids, commands, files, names."""
    if isinstance(told, dict):
        return " ".join(no_sentences(value, k) for k, value in told.items())
    if isinstance(told, list):
        return " ".join(no_sentences(value, key) for value in told)
    return f"{told}" if key not in SENTENCES else ""


def every_word_of_check_is_marked():
    told = json.loads(f"[{','.join(json_of('en'))}]")
    known = known_words(facts_text(), no_sentences(told))
    said = replayed("ja", "--details", "--clients", program=MARKED).out
    tap.ok(said.count("⟦") > 500, "check speaks the marked language", said[:300])
    tap.same(unmarked(said, known), [], f"check, of {len(FACTS)} causes, with --details and --clients")


def every_word_of_explain_is_marked():
    for text in TEXTS:
        told = json.loads(command(DBTLS, "explain", "--json", text).out)
        said = marked("explain", text)
        tap.ok("⟦" in said, f"explain says something of {text[:40]!r}", said)
        tap.same(unmarked(said, known_words(no_sentences(told), text)), [], f"and all of it is marked: {text[:40]!r}")


def every_word_of_help_is_marked():
    for name in catalogue.COMMANDS:
        said = marked(name, "--help")
        # Options and what stands for their values; the examples are to be typed.
        text = re.sub(r"^(⟧)?  (?:-\w, )?--\S+(?: \S+)*? +(?=⟦)", r"\1", said.split("example:")[0],
                      flags=re.M)
        tap.same(unmarked(text, {name}), [], f"dbtls {name} --help")


# ---- which language

def says(*words, **env):
    done = command(DBTLS, *words, env=without_language(**env))
    text = done.out + done.err
    return "ja" if catalogue.JAPANESE.search(text) else "en"


def the_locale_says_which():
    """No locale of Japanese is needed on the machine, nor any at all (LOCPATH: an empty folder)."""
    with tempfile.TemporaryDirectory() as none:
        for wanted, env in [
                ("en", {}), ("en", {"LANG": "C"}), ("en", {"LANG": "C.UTF-8"}),
                ("ja", {"LANG": "ja_JP.UTF-8"}), ("ja", {"LANG": "ja_JP.UTF-8", "LOCPATH": none}),
                ("ja", {"LC_ALL": "ja_JP.utf8", "LANG": "C"}), ("en", {"LANG": "ja_JP.eucJP"}),
                ("ja", {"LANG": "en_US.UTF-8", "LANGUAGE": "ja"}),
                ("en", {"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}),
                ("ja", {"DBTLS_LANG": "ja"}), ("en", {"DBTLS_LANG": "en", "LANG": "ja_JP.UTF-8"})]:
            tap.same(says("check", "--help", **env), wanted, f"{env or 'no locale'}: {wanted}")


def the_option_says_which():
    for wanted, words in [("ja", ["check", "--lang", "ja", "--help"]), ("ja", ["--lang", "ja", "--help"]),
                          ("ja", ["--lang=ja", "chek"]), ("ja", ["check", "--jsn", "--lang", "ja"]),
                          ("ja", ["--lang", "ja"]), ("en", ["check", "--help"]),
                          ("en", ["explain", "--", "--lang", "ja"])]:
        tap.same(says(*words), wanted, f"dbtls {' '.join(words)}: {wanted}")
    tap.same(says("check", "--help", "--lang", "en", LANG="ja_JP.UTF-8"), "en",
             "--lang goes before the locale")
    done = command(DBTLS, "status", "--lang", "xx", env=without_language())
    tap.ok(done.rc == 2 and done.err.count("\n") == 1 and "en" in done.err and "ja" in done.err,
           "a language that there is not: one sentence", done)
    for name in catalogue.COMMANDS:
        tap.ok("--lang en|ja" in command(DBTLS, name, "--help", env=without_language()).out,
               f"dbtls {name} takes --lang")


def a_door_answers_in_the_language_asked():
    """Its log is in English, whatever it was started and is asked in."""
    with Door() as door:
        said = {language: door.dbtls("reload", "--lang", language).err for language in ("ja", "en")}
        tap.ok(catalogue.JAPANESE.search(said["ja"]) and said["en"].isascii(),
               "a door says in the language of who asks why it refuses", said)
        shown = door.dbtls("status", "--lang", "ja").out
        labels = [line for line in shown.splitlines() if re.match(r"  \S", line)]
        tap.ok(len(labels) > 6 and all(starts_at(line, 17) for line in labels),
               "status: all that is behind the labels stands in one column", shown)
        tap.ok(door.dbtls("access", "add", "192.0.2.0/24", "--lang", "ja").rc == 0 and
               not catalogue.JAPANESE.search(door.log()), "and writes its log in English", door.tail())


# ---- what is the same in both

def differences(a, b, key=""):
    if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
        return [d for k in a for d in differences(a[k], b[k], k)]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for x, y in zip(a, b) for d in differences(x, y, key)]
    return [] if a == b or key in SENTENCES and isinstance(b, str) else [(key, a, b)]


def programs_are_told_the_same():
    english, japanese = (json.loads(f"[{','.join(json_of(language))}]") for language in ("en", "ja"))
    tap.same(len(english), len(FACTS), "a JSON object for each")
    tap.same(differences(english, japanese)[:5], [], "only sentences differ in JSON")
    said = [c["advice"] for told in japanese for c in told["causes"] + told["warnings"] if c["advice"]]
    tap.ok(said and all(catalogue.JAPANESE.search(text) for text in said), "and those are in Japanese",
           [text for text in said if not catalogue.JAPANESE.search(text)])


def json_of(language):
    decoder, text = json.JSONDecoder(), replayed(language, "--json", "--clients").out
    while text.strip():
        _, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()
        yield text[:end]
        text = text[end:]


# ---- letters of two columns

def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def lines_are_not_too_wide():
    said = replayed("ja", "--details", "--clients").out
    for text in TEXTS:
        said += command(DBTLS, "explain", text, env=without_language(DBTLS_LANG="ja")).out
    folded = [line for line in said.splitlines()
              if line.startswith("    ") and catalogue.JAPANESE.search(line)]
    wide = [line for line in folded if columns(line) > WIDTH]
    tap.ok(len(folded) > 500 and not wide, f"none of {len(folded)} lines has more than {WIDTH} columns",
           *wide[:10])
    bad = [line for line in folded if line.strip()[0] in "、。）」』ーっゃゅょッャュョ,.)" or
           line.rstrip()[-1] in "（「『("]
    tap.ok(not bad, "none begins with what closes or ends with what opens", *bad[:10])
    tap.ok("�" not in said, "no letter is cut")


def sentences_are_glued_right():
    """What each string says by itself is right; here it is what stands around it."""
    said = replayed("ja", "--details").out
    tap.same(re.findall(r"[ァ-ヶー一-龠ぁ-ん] [にをはがので] .*", said), [],
             "no blank before what goes on with a word")
    tap.same(re.findall(r"\d ms, .*", said), [], "steps are listed as Japanese lists")
    tap.same(re.findall(r"）（.*", said), [], "no bracket stands behind another")
    told = command(DBTLS, "explain", "--cause", "untrusted-root", "--lang", "ja").out
    tap.same(re.findall(r"^ *(?:browsers|\w+'s server).*", told, re.M), [], "who mends it is said in Japanese")
    told = [command(DBTLS, "explain", f"--{table}", "list", "--lang", "ja").out for table in ("system", "sdk")]
    tap.ok(all("バージョン" in text and "クライアント" not in text for text in told),
           "of systems and SDKs all versions are meant", *told)
    pages = glob.glob(os.path.join(BUILD, "man/ja/man7/*.7"))
    tap.same([line for page in pages for line in open(page, encoding="utf-8")
              if re.search(r"[ァ-ヶー一-龠ぁ-ん]\.$", line)], [], "no full stop of Latin in the manual")
    tap.ok(len(pages) == 4, "which has four pages", pages)


def tables_are_straight():
    done = command(DBTLS, "lab", "list", "--lang", "ja", env=without_language())
    head, *rows = done.out.splitlines()
    last = head[:head.rindex("  ") + 2]
    crooked = [row for row in rows if not starts_at(row, columns(last))]
    tap.ok(len(rows) > 100 and not crooked, "lab list: what is wrong begins below its title", head,
           *crooked[:5])
    done = command(DBTLS, "check", "--help", "--lang", "ja", env=without_language())
    rows = [line for line in done.out.splitlines() if re.match(r"  (-\w, )?--\S+ {2,}", line)]
    tap.same({columns(re.match(r"  .*?\S {2,}", row).group()) for row in rows}, {25},
             "--help: what options do stands in one column")


def starts_at(row, at):
    """Whether a cell begins in that column."""
    seen = 0
    for i, letter in enumerate(row):
        if seen == at:
            return row[i - 1] == " " and letter != " "
        seen += columns(letter)
    return False


tap.run(the_catalogue_has_every_string, every_translation_is_one, a_fault_is_found,
        every_word_of_check_is_marked, every_word_of_explain_is_marked, every_word_of_help_is_marked,
        the_locale_says_which, the_option_says_which,
        a_door_answers_in_the_language_asked, programs_are_told_the_same,
        lines_are_not_too_wide, sentences_are_glued_right, tables_are_straight)
tap.finish()
