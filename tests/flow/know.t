#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release asan
"""
D9 D10 D12 D13: what `dbtls explain` says of systems, SDKs and browsers is what AWS's guide says of
them, no more and no less. Where DBTLS_DOCUMENTS is a folder with the guide in it
(dynamodb-tls-troubleshooting.ja.txt), that is taken apart and compared with the tables, in both
directions; in any case the tables are compared with the same facts as they stand here.
"""
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import BUILD, DBTLS, command, read  # noqa: E402
from tap import finish, note, ok, run, same, skip  # noqa: E402

GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ats-certs.html"
RHEL = "Red Hat Enterprise Linux"
# What the guide's list names; "later": it adds that all later versions do.
SYSTEMS = {
    ("Windows", "Windows"), ("Windows", "Windows Vista"), ("Windows", "Windows 7"),
    ("Windows", "Windows Server 2008"), ("Windows", "later"), ("macOS", "10.4"), ("macOS", "10.5"),
    ("macOS", "later"), (RHEL, "5"), (RHEL, "6"), (RHEL, "7"), ("CentOS", "5"), ("CentOS", "6"),
    ("CentOS", "7"), ("Ubuntu", "8.10"), ("Debian", "5.0"), ("Amazon Linux", "all"),
    ("Java", "1.4.2_12"), ("Java", "5 update 2"), ("Java", "6"), ("Java", "7"), ("Java", "8"),
    ("Java", "later")}
SINCE = {("Windows", "Windows"): "2005-01", (RHEL, "5"): "2007-03"}
# SDK, version, what is said of it.
SDKS = {("Python", "", "2013-10-29"), ("AWS CLI", "", "2013-10-29"), (".NET", "", "none"),
        ("Java", "", "none"), ("PHP", "", "none"), ("Go", "", "none"), ("JavaScript", "", "none"),
        ("C++", "", "none"), ("Ruby", "", "2015-06-10"), ("Ruby", "2", "none")}
EXITS = {"yes": 0, "no": 1, "with-update": 3, "system": 3, "unsaid": 3}
# What the list does not name, just before what it names.
BEFORE = ["macOS 10.3.9", "RHEL 4", "CentOS 4.9", "Ubuntu 8.04", "Debian 4.0", "Java 1.4.2_11",
          "Java 5 update 1", "java version \"1.5.0_01\""]
# What it does not name, and Mozilla's list or their ancestors answer for.
BESIDE = ["Ubuntu 22.04", "Debian 12", "RHEL 9", "Rocky Linux 9", "AlmaLinux 8", "Oracle Linux 7",
          "Fedora 40", "Alpine 3.20", "openSUSE Leap 15.6", "Android 8.0"]
UNSAID = ["iOS 17", "Android 7", "Alpine 3.2", "Fedora 20", "SLES 11"]


def explain(what, name):
    done = command(DBTLS, "explain", f"--{what}", name, "--json", env={**os.environ, "LC_ALL": "C"})
    return done.rc, json.loads(done.out) if done.out else {}


def rows(what):
    return explain(what, "list")[1]


# ---- the guide

def document():
    path = os.path.join(os.environ.get("DBTLS_DOCUMENTS", "/nowhere"),
                        "dynamodb-tls-troubleshooting.ja.txt")
    return read(path) if os.path.isfile(path) else None


def date(text):
    """The first date, in Japanese."""
    found = re.search(r"(\d{4}) 年 (\d{1,2}) 月(?: (\d{1,2}) 日)?", text)
    return "-".join(part.zfill(2) for part in found.groups() if part) if found else None


def named_in(bullet):
    """(system, name) of each that the bullet names; and the dates of some."""
    names, since, system = set(), {}, None
    for part in re.split("、", bullet):
        part = part.strip().rstrip("。")
        if "それ以降" in part:
            system = "macOS" if "MacOS X" in part else system
            names |= {(system, "later")} | {(system, n) for n in
                                            re.findall(r"(?:Java|MacOS X) (\d[\d.]*)", part)}
        elif "Microsoft Windows" in part:
            system = "Windows"
            names.add((system, "Windows"))
            since[system, "Windows"] = date(part)
            names |= {(system, n) for n in re.findall(r"Windows (?:Vista|7|Server 2008)", part)}
        elif part.startswith("Windows "):
            names.add((system, part))
        elif part.startswith("MacOS X"):
            system = "macOS"
            names.add((system, re.search(r"\d+\.\d+", part).group()))
        elif found := re.match(r"(Red Hat Enterprise Linux|Linux|CentOS|Ubuntu|Debian|Java) (.+)",
                               part):
            system = RHEL if found.group(1) == "Linux" else found.group(1)
            name = re.sub(r" \(.*|\)", "", found.group(2))
            names.add((system, name))
            if date(part):
                since[system, name] = date(part)
        elif "すべてのバージョン" in part:
            names.add((part.split(" (")[0], "all"))
        else:
            raise ValueError(f"a part of the guide's list that is not understood: {part}")
    return names, since


def guide_systems(text):
    names, since = set(), {}
    tail = text.split("以下のオペレーティングシステムとプログラミング言語", 1)[1]
    for bullet in re.findall(r"^\s*•\s*(.+)$", tail, re.M):
        more, dates = named_in(bullet)
        names |= more
        since |= dates
    return names, since


def guide_sdks(text):
    """(SDK, version, what is said), of the paragraph on them, sentence by sentence."""
    found = set()
    paragraph = next(p for p in text.splitlines() if "AWS SDK for Python" in p)
    for sentence in paragraph.split("。"):
        if "アップグレード" in sentence:
            found |= {(name, "", date(sentence)) for name in ("Python", "AWS CLI")}
        elif "この日付以前の Ruby V2" in sentence:
            found.add(("Ruby", "2", "none"))
        elif "バンドルされていません" in sentence:
            names = {n.replace(" ", "") for n in re.split("、", sentence.split("には")[0])}
            found |= {(n, "", "none") for n in names - {"SDK", "CLI"}}
        elif "Ruby SDK" in sentence:
            found.add(("Ruby", "", date(sentence)))
    return found


# ---- systems

def test_list():
    mine = {(r["name"], c) for r in rows("system") for c in r["cited"]}
    same(mine, SYSTEMS, "D12: the rows that name the guide name what it names, no more and no less")
    since = {(r["name"], c): r["since"] for r in rows("system") for c in r["cited"] if r["since"]}
    same(since, SINCE, "D12: with the dates that it gives")
    ends = {r["name"] for r in rows("system") if r["cited"] and not r["to"]}
    same(ends, {name for name, what in SYSTEMS if what in ("later", "all")},
         "D12: without an end where it says that all later ones do, and nowhere else")
    same([r["name"] for r in rows("system") if r["cited"] and r["source"] != GUIDE], [],
         "the guide is named as their source")
    same([r["name"] for r in rows("system") if not r["source"] or not r["sentence"]
          or bool(r["today"]) != bool(r["today_source"])], [],
         "every row says why, and who says so; and what it says of today, likewise")


def test_guide():
    text = document()
    if text is None:
        note("DBTLS_DOCUMENTS has no guide: compared with what stands in the test alone")
        return
    names, since = guide_systems(text)
    same(names, SYSTEMS, "D12: what stands in the test is what the guide names")
    same(since, SINCE, "D12: and so are the dates")
    same(guide_sdks(text), SDKS, "D9: and what it says of SDKs")
    wanted = set(re.findall(r"• (Amazon Root CA 1|Starfield .*)", text))
    subjects = [r["subject"] for r in
                json.loads(command(DBTLS, "trust", "roots", "amazon", "--json").out)]
    same({w for w in wanted if not any(w in s for s in subjects)}, set(),
         "D7: the three CAs that it wants ship")


def test_named():
    """Each that the guide names is asked for by its name."""
    for system, name in sorted(SYSTEMS):
        if name in ("later", "Windows"):
            continue
        asked = name if name.startswith(system) else system if name == "all" else f"{system} {name}"
        rc, said = explain("system", asked)
        update = (system, name) == ("macOS", "10.4")
        same((rc, said.get("trusts"), said.get("guide"), said.get("name")),
             (3 if update else 0, "with-update" if update else "yes", True, system),
             f"D12: {asked}")
        if (system, name) in SINCE:
            same(said["since"], SINCE[system, name], f"D12: {asked}, since when")
    for asked in ("Windows XP", "Windows Server 2003", "Windows 2000"):
        rc, said = explain("system", asked)
        same((rc, said["trusts"], said["since"], said["guide"]), (3, "with-update", "2005-01", True),
             f"D12: {asked}: with the updates of January 2005")
    ok("Release 5" in explain("system", "macOS 10.4")[1]["sentence"],
       "D12: the update of Mac OS X 10.4 is named")
    for asked in ("Windows 8.1", "Windows 11", "Windows Server 2022", "macOS 15", "Java 11",
                  "OpenJDK 21", "jdk1.8.0_181"):
        rc, said = explain("system", asked)
        same((rc, said["trusts"], said["guide"]), (0, "yes", True), f"D12: {asked} is a later one")


def test_others():
    for asked in BEFORE:
        rc, said = explain("system", asked)
        same((rc, said["trusts"], said["guide"]), (1, "no", False), f"D12: {asked} is before it")
    for asked in BESIDE:
        rc, said = explain("system", asked)
        same((rc, said["trusts"], said["guide"]), (0, "yes", False), f"{asked}: not by the guide")
        ok(said["source"] and said["sentence"], f"{asked}: by whom")
    for asked in UNSAID:
        rc, said = explain("system", asked)
        same((rc, said["trusts"], said["guide"]), (3, "unsaid", False), f"{asked}: nobody says")
    for asked in BEFORE + BESIDE + UNSAID + ["RHEL 5", "Windows XP"]:
        said = explain("system", asked)[1]
        ok("AWS Support" in said["next"] and said["advice"], f"D13: {asked}: a next step")
        ok(said["trusts"] == "yes" and said["root"] != "starfield-class-2"
           or "amazon-root-ca-1" in said["advice"], f"D13: {asked}: a command where it wants one")
    old = explain("system", "Debian 5.0")[1]
    ok(old["root"] == "starfield-class-2" and "August 2024" in old["today"],
       "who has Starfield Class 2 alone is told that this has not been enough since August 2024")


def test_this():
    rc, said = explain("system", "this")
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', read("/etc/os-release"), re.M))
    ok(rc in (0, 3) and said["name"].split()[0] in release["PRETTY_NAME"], "this system", said)
    same(said["version"].split(".")[0], release.get("VERSION_ID", "").split(".")[0],
         "this system's version")
    if not shutil.which("java"):
        return skip("D12: a Java's own words", "there is no java")
    line = command("java", "-version").err.splitlines()[0]
    rc, said = explain("system", line)
    same((rc, said.get("name")), (0, "Java"), f"D12: a Java's own words: {line}")


def test_words():
    done = command(DBTLS, "explain", "--system", "RHEL 5", env={**os.environ, "LC_ALL": "C"})
    lines = done.out.splitlines()
    ok(lines[0] == f"{RHEL} 5: yes, since 2007-03" and f"    source: {GUIDE}" in lines,
       "in words, with its source", done)
    ok(command(DBTLS, "explain", "--system", "Java 5").out.startswith(
        "Java 5: from 5 update 2 on\n"), "a version that is open says from which on")
    for what, wrong, near in (("system", "Debain 5", "Debian"), ("sdk", "pyton", "Python"),
                              ("browser", "Firefix", "Firefox")):
        done = command(DBTLS, "explain", f"--{what}", wrong)
        ok(done.rc == 2 and near in done.err and done.err.count("\n") == 1,
           f"an unknown {what}: one sentence, and the nearest", done)
        ok(command(DBTLS, "explain", f"--{what}", "list").rc == 0, f"--{what} list")
    same(command(DBTLS, "explain", "--system", "RHEL", "5").rc, 2, "a name without quotes")
    same(command(DBTLS, "explain", "--system", "XP", "--sdk", "go").rc, 2, "two questions at once")


# ---- SDKs and browsers

def test_sdks():
    same({(r["name"], r["version"], r["cited"]) for r in rows("sdk") if r["cited"]}, SDKS,
         "D9: the rows that name the guide say what it says, no more and no less")
    for asked, trusts in (
            ("python 2013-10-29", "no"), ("python 2013-10-30", "yes"), ("python 2012", "no"),
            ("aws-cli 2013-10-29", "no"), ("aws-cli 2014", "yes"), ("aws-cli 1.2", "with-update"),
            ("boto3", "yes"), (".NET", "system"), ("java v2", "system"), ("php", "system"),
            ("go", "system"), ("javascript", "system"), ("c++", "system"),
            ("ruby v2 2014", "system"), ("ruby 2015-06-10", "yes"), ("ruby v2 2015-06-10", "yes"),
            ("ruby 2015-06-09", "unsaid"), ("ruby v1 2014", "unsaid"), ("ruby", "with-update"),
            ("rust", "unsaid")):
        rc, said = explain("sdk", asked)
        same((said.get("trusts"), rc), (trusts, EXITS[trusts]), f"D9: {asked}")
        ok(said["store"] and said["store_source"] and said["advice"] and "AWS Support" in
           said["next"], f"D9 D13: {asked}: its store today, by whom, and what to do")


def test_stores():
    """D9: the stores of this machine that an SDK uses are those that `trust list` says it does."""
    listed = json.loads(command(DBTLS, "trust", "list", "--json", "--quick").out)
    for asked, user in (("go", "Go"), ("ruby", "Ruby"), ("java", "Java"), ("javascript", "Node"),
                        ("boto3", "boto3")):
        theirs = [s["path"] for s in listed if any(re.search(rf"\b{user}\b", u) for u in s["users"])]
        same(sorted(explain("sdk", asked)[1]["stores"]), sorted(theirs), f"D9: {asked}'s stores")
    ok(explain("sdk", "go")[1]["stores"], "D9: some store of this machine is Go's")


def test_browsers():
    for asked, name in (("firefox", "Firefox"), ("Google Chrome 131", "Chrome"),
                        ("chromium", "Chrome"), ("edge", "Edge"), ("Safari", "Safari")):
        rc, said = explain("browser", asked)
        same((rc, said.get("name")), (0, name), f"D10: {asked}")
        ok("update the browser" in said["advice"] and said["manual"].startswith("https://")
           and said["store"] and said["updates"] and said["source"],
           f"D10: {asked}: whose list, how it is updated, where the manual is", said)


# ---- the manual

def plain(page):
    """A page's text without its escapes, white space alike."""
    text = re.sub(r"\\\(aq", "'", re.sub(r"\\([-e&]|\((?:dq|ti|ha|ga))", lambda m: {
        "-": "-", "e": "\\", "&": "", "(dq": '"', "(ti": "~", "(ha": "^", "(ga": "`"}[m.group(1)],
        read(page)))
    return " ".join(re.sub(r"^\.Lk ", "", text, flags=re.M).split())


def test_manual():
    """The pages of section 7 have every row of the tables, in both languages."""
    page = {(name, lang): os.path.join(BUILD, "man", lang, "man7", f"dbtls-{name}.7")
            for name in ("systems", "causes", "settings", "clients") for lang in ("", "ja")}
    text = {key: plain(path) for key, path in page.items()}
    systems = text["systems", ""]
    same([r["sentence"] for r in rows("system") if r["sentence"] not in systems], [],
         "D12: every system's row is in dbtls-systems(7)")
    same([r["sentence"] for r in rows("sdk") if r["sentence"] not in systems], [],
         "D9: and every SDK's")
    same([b["updates"] for b in rows("browser") if b["updates"] not in systems], [],
         "D10: and every browser's")
    roots = json.loads(command(DBTLS, "trust", "roots", "amazon", "--json").out)
    prints = [":".join(re.findall("..", r["sha256"])) for r in roots]
    same([p for p in prints if p not in systems], [], "D7: and the roots' fingerprints")
    with open(os.path.join(os.path.dirname(__file__), "../../src/doctor/diagnose.c")) as f:
        causes = set(re.findall(r'^\t\{ "([a-z-]+)", (?:SERVER|AWAY|DIAGNOSE_WARNING),', f.read(),
                                re.M))
    ok(len(causes) > 40, "the causes of diagnose.c are found", causes)
    for lang in ("", "ja"):
        same([c for c in causes if f'"{c}"' not in text["causes", lang]], [],
             f"D13: every cause is in dbtls-causes(7){' in Japanese' * bool(lang)}")
    for words, name in (("VERIFY_IDENTITY", "settings"), ("boto3", "clients")):
        ok(words in text[name, ""] and words in text[name, "ja"], f"dbtls-{name}(7)")


run(test_list, test_guide, test_named, test_others, test_this, test_words, test_sdks, test_stores,
    test_browsers, test_manual)
finish()
