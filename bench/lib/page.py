# SPDX-License-Identifier: Apache-2.0
"""docs/bench.md and docs/bench.svg, made of docs/bench.json."""
from html import escape

from peers import FILES
from work import DATABASE, PROXY, RATE, SAME, SAME_CIPHER

PROXIES = ("dbtls", "haproxy tcp", "haproxy http", "nginx stream", "nginx http", "hitch", "stunnel")
OTHERS = PROXIES[1:]
TCP = ("haproxy tcp", "nginx stream", "hitch", "stunnel")


def digits(value):
    return f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"


def cell(q, form=digits):
    return f"{form(q['median'])} ({form(q['p25'])}–{form(q['p75'])})"


def two(value):
    return f"{value:.2f}"


def table(head, lines):
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(words) + " |" for words in [head, rule, *lines]) + "\n"


# ---- tables --------------------------------------------------------------------------------------

def cpu_table(rows, operations):
    return table(["µs of CPU", *PROXIES], [
        [o.what, *(cell(rows[op]["us"][p]) for p in PROXIES)] for op, o in operations.items()])


def ratio_table(rows, operations):
    return table(["dbtls ÷ …", *OTHERS], [
        [o.what, *(cell(rows[op]["ratio"][p], two) for p in OTHERS)]
        for op, o in operations.items()])


def agreed_table(agreed):
    def words(a):
        return f"{a['cipher']}" + (f", {a['resumed']:.0%} resumed" if a["resumed"] else "")
    return table(["agreed on", *PROXIES], [
        [PROXY[op].what, *(words(agreed[op][p]) for p in PROXIES)]
        for op in ("full13", "resumed13", "full12", "resumed12")])


def database_table(rows):
    return table(["µs of CPU", "dbtls: relays, keys, parent", "dbtls and its database",
                  "MariaDB with its own TLS", "with database ÷ MariaDB's own"], [
        [o.what, *(cell(rows[op]["us"][c]) for c in ("dbtls", "dbtls up", "mariadb")),
         cell(rows[op]["ratio"]["mariadb"], two)] for op, o in DATABASE.items()])


def memory_table(result):
    memory = result["memory"]
    return table(["bytes for an idle connection", *PROXIES], [
        [name, *(f"{memory[p][i]:,}" for p in PROXIES)] for i, name in enumerate(("Rss", "Pss"))])


def latency_table(latency):
    return table(["µs", "no proxy", *PROXIES], [
        [f"added, {q}", cell(latency["direct"][q]), *(cell(latency[p][q]) for p in PROXIES)]
        for q in ("p50", "p99")])


def calls_rows(rows, operations, names):
    return [[operations[op].what, f"{name}: {group}" if name in ("dbtls", "mariadb") else name,
             f"{c['total']:.1f}", ", ".join(f"{k} {v:g}" for k, v in list(c["calls"].items())[:14])]
            for op in rows for name in names if name in rows[op]
            for group, c in rows[op][name].items()]


def calls_table(rows, operations, names):
    return table(["system calls of one operation", "process", "all", "of them"],
                 calls_rows(rows, operations, names))


def storm_table(storm):
    names = {"quiet_p50": "p50 in peace", "quiet": "p99 in peace", "storm_p50": "p50 in the storm",
             "storm": "p99 in the storm", "raised": "p99 raised by", "a_second": "reconnects a second"}
    return table(["µs", *storm], [
        [title, *(cell(storm[p][key]) for p in storm)] for key, title in names.items()])


def idle_table(idle):
    names = {"mariadb": "MariaDB", "light": "bench/backend, speaking MySQL"}
    return table(["idle sessions on", "held", "Rss each", "Pss each",
                  "a query on the only session, µs", "a query among them, µs"], [
        [names[k], f"{r['held']:,}", f"{r['rss']:,}", f"{r['pss']:,}", cell(r["alone"]),
         cell(r["among"])] for k, r in idle.items()])


def stores_table(stores):
    names = {"jks": "JKS", "pkcs12": "PKCS12", "pem": "PEM"}
    return table(["s of CPU", "list", "add", "remove"], [
        [names[kind], *(cell(row[verb], two) for verb in ("list", "add", "remove"))]
        for kind, row in stores["seconds"].items()])


def check_table(check):
    def line(name, t):
        at_once = check["at_once"] if name == "dbtls check" else 1
        return [name, f"{t['targets']:,}", cell(t["ms"]), digits(2000 / t["ms"]["median"]),
                digits(t["kib"] / 1024), digits(t["kib"] / 1024 / at_once)]
    return table(["", "targets", "ms of CPU each", "a second on two cores", "max. RSS, MiB",
                  "for each under way"], [line(*row) for row in check["tools"].items()])


# ---- goals ---------------------------------------------------------------------------------------

def best(row, names):
    return min(names, key=lambda p: row["us"][p]["median"])


def ratio_goal(key, what, row, against, limit):
    return {"key": key, "what": f"{what} ÷ {against}", "is": row["ratio"][against]["median"],
            "limit": limit, "text": cell(row["ratio"][against], two), "form": two}


def number_goal(key, what, value, limit, form=digits):
    return {"key": key, "what": what, "is": value, "limit": limit, "text": form(value),
            "form": form}


def proxy_goals(r):
    own, same = r["proxies"], r["same_cipher"]
    tcp, http = best(own["full13"], TCP), "nginx http"
    tcp_same = best(same["full13"], TCP)
    goals = [ratio_goal("full13", "full TLS 1.3, own defaults", own["full13"], http, 0.95),
             ratio_goal("full13", "full TLS 1.3, own defaults", own["full13"], tcp, 0.85),
             ratio_goal("same", "full TLS 1.3, same cipher", same["full13"], http, 1.0),
             ratio_goal("same", "full TLS 1.3, same cipher", same["full13"], tcp_same, 0.92)]
    for key, what, limit in (("resumed13", "resumed TLS 1.3", 0.95),
                             ("resumed12", "resumed TLS 1.2", 1.0),
                             ("request", "small round trip, backend on TCP", 0.92),
                             ("request_unix", "small round trip, backend on a Unix socket", 0.92),
                             ("bulk", "MiB", 0.65)):
        goals.append(ratio_goal(key, what, own[key], best(own[key], OTHERS), limit))
    return goals


def calls_goals(r):
    return [number_goal(f"calls_{op}", f"system calls, {what}",
                        r["calls"][op]["dbtls"]["relays"]["total"], limit)
            for op, what, limit in (("request", "request", 4.6), ("full13", "connection", 28),
                                    ("bulk", "MiB", 20))]


def other_goals(r):
    near = min(OTHERS, key=lambda p: r["latency"][p]["p50"]["median"])
    goals = [number_goal("memory", "bytes of an idle connection, Rss", r["memory"]["dbtls"][0],
                         14800),
             number_goal("latency", f"added latency, p50, µs; {near} is the best of the others",
                         r["latency"]["dbtls"]["p50"]["median"],
                         r["latency"][near]["p50"]["median"])]
    for key, what, limit in (("query", "SELECT 1, database included", 1.0),
                             ("full13", "connection, database included", 0.55)):
        goals.append(ratio_goal(f"database_{key}", what, r["database"][key], "mariadb", limit))
    return goals


def crowd_goals(r):
    goals = []
    for key, what in (("mariadb", "on MariaDB"), ("light", "on a light backend")):
        row = r["idle"][key]
        goals.append(number_goal("idle_memory", f"bytes of an idle session, {row['held']:,} {what},"
                                 " Pss", row["pss"], 14800))
        goals.append(number_goal("idle_query", f"a query among {row['held']:,} {what} ÷ alone",
                                 row["among"]["median"] / row["alone"]["median"], 1.05, two))
    storm = r["storm"]
    goals.append(number_goal("storm", f"p99 raised by {r['storm_connections']:,} reconnects, µs; "
                             "haproxy tcp's is the limit", storm["dbtls"]["raised"]["median"],
                             storm["haproxy tcp"]["raised"]["median"]))
    return goals


# What was tried where a goal is not met, by its key.
TRIED = {
    "full13": "Full handshakes: AES-128 first and one ticket are the default, and make up for what "
              "the signature in another process costs; the relay asks the kernel 27 times instead "
              "of 39 times since it accepts one a turn, polls for nothing that the loop tells, and has "
              "its random numbers from the kernel many at a time. What is left is OpenSSL's: of a "
              "resumed handshake half is libcrypto's, a fifth the kernel's, a seventh libc's "
              "(malloc, strcmp, locks), a tenth libssl's, and 2.5% our own. Not tried: the ticket "
              "in one send with the first answer; no log line.",
    "same": "With the same cipher forced on all, what the key process adds shows in full: that is "
            "the price of a relay that holds no key.",
    "resumed13": "Resumed handshakes of TLS 1.3: as for full ones.",
    "resumed12": "Resumed handshakes of TLS 1.2: nginx http makes no connection to its backend; in "
                 "a profile `connect` alone was 8% of our time. And a line of the log is written "
                 "for each.",
    "request": "Small round trips are system calls: four and a fraction, as few as they can be "
               "with one recv and one send on either side.",
    "request_unix": "Over a Unix socket the same four calls.",
    "bulk": "A MiB: chunks of 160 KiB instead of 128, which saved 7%; 256 KiB took 14 calls instead "
            "of 18, and no less time.",
    "calls_full13": "System calls of a connection: the ticket could go with the first answer.",
    "database_query": "A query through the door crosses one more process: a recv and a send at "
                      "either end, and a wake-up. The database's own TLS spares it.",
    "database_full13": "A connection to the database: nearly all of it is the handshake, which costs "
                       "the door what it costs MariaDB; the greeting, the login and its answer "
                       "cross one more process.",
    "idle_query": "A query among many: the crowd's sessions are not looked at; what is left is "
                  "the processor's cache, and the noise of one run of 9.",
    "idle_memory": "An idle session: OpenSSL's own objects are 14,277 bytes of it.",
    "latency": "Latency: one recv and one send on either side; polling before sleeping would be "
               "faster and burn CPU on sparse load.",
    "storm": "A storm: two steps of handshakes a turn of the loop, where it was 16; one is no "
             "better. One signature in flight: the process that signs is on the same core here, "
             "and works off a row of them in one piece; two are no better than a row.",
}


def verdict(goal):
    if goal["is"] <= goal["limit"]:
        return "met"
    above = goal["is"] / goal["limit"] - 1 if goal["limit"] > 0 else 1
    return f"**not: {above:.0%} above**" if above >= 0.005 else "**not, by less than 1%**"


def goals_of(r):
    goals = []
    for part, needs in ((proxy_goals, ("proxies",)), (calls_goals, ("calls",)),
                        (other_goals, ("latency", "memory", "database")),
                        (crowd_goals, ("idle", "storm"))):
        if all(n in r for n in needs):
            goals += part(r)
    return goals


def goals_table(r):
    return table(["goal", "is", "is to be at most", "met?"], [
        [g["what"], g["text"], g["form"](g["limit"]), verdict(g)] for g in goals_of(r)])


def tried_list(r):
    missed = [g["key"] for g in goals_of(r) if g["is"] > g["limit"]]
    return "".join(f"- {TRIED[k]}\n" for k in dict.fromkeys(missed) if k in TRIED)


# ---- the page ------------------------------------------------------------------------------------

INTRO = """# What TLS costs

`make bench` writes this page, `bench.json` and the picture; nothing in them is edited by hand.

Measured on {date}: {cpu}, Linux {kernel}, OpenSSL {OpenSSL}, MariaDB {MariaDB}, haproxy {haproxy}, nginx {nginx}, hitch {hitch}, stunnel {stunnel}. Median of {rounds} rounds (25th to 75th percentile). **Ratios between columns travel, the numbers themselves do not**: another machine, or this one in another hour, has others. Below 5% nothing is established. The load average before it began was {load}: above 0.5, something else was running.

![CPU time of one operation, and memory of an idle connection, for dbtls and six others](bench.svg)

## Goals

"""

PROXY_TEXT = """## Beside other TLS proxies

Each takes TLS off and passes the bytes to the same backend (`bench/backend`), which answers `GET` with 100 bytes, or 1 MiB. dbtls runs `protocol tls`. A *connection* is TCP, a handshake, one request, close_notify both ways.

- CPU time is what the kernel counts for all threads of all processes of the peer (dbtls: relay, key process, parent), also of those that have ended, before and after; wall time is not looked at. In each round every peer does each operation once, one after the other, each round begun by another.
- One worker each, on core 0; clients and backend on core 1, not counted. dbtls was started there, too: one relay, and beside it on that core the process that signs.
- Each with its own defaults, but: TLS 1.2 and 1.3 alone (nginx), no access log and no temporary files (nginx http), long timeouts. dbtls writes its log line for each session, stunnel its two; the others write none. nginx http and haproxy http know HTTP, and keep their connections to the backend for the next client: they are spared a `connect` that the others make.

"""

DATABASE_TEXT = """## Beside MariaDB's own TLS

`dbtls up` with its MariaDB behind a Unix socket, and the same program with the engine's own arguments, but TCP on loopback and a certificate of the same kind (ECDSA P-256); all of it on core 0. A *connection* is TCP, the server's greeting, a TLS handshake, a login (`mysql_native_password`), one `SELECT 1`, the end. *MiB* is `SELECT REPEAT('x', 1048576)`, all of it read.

"""

MEMORY_TEXT = """## Memory

(Rss and Pss of all processes of the door with {held:,} idle TLS 1.3 connections − without) ÷ {held:,}; one measurement.

"""

LATENCY_TEXT = """## Latency

Requests at {rate} a second on one connection: what they took, less what they took without a proxy in the same round.

"""

CALLS_TEXT = """## System calls

Counted by `perf stat` on the kernel's own trace points, over 10,000 operations (500 MiB): it slows nobody down. That of `epoll_wait` depends on how much there was to do at each waking; the others are exact. getpid is OpenSSL's random generator asking whether the process has forked.

"""

STORM_TEXT = """## A storm of reconnects

16 sessions at {rate} requests a second in all, in peace, and while {n:,} others connect, ask once and leave, as fast as they can (32 at a time, the clients behind all else on core 1).

"""

IDLE_TEXT = """## Many idle sessions

`dbtls serve` on all cores, a relay each. The process may have {files:,} descriptors on this machine and no more; a session takes two of its relay's.

"""


STORES_TEXT = """## Trust stores of {entries:,} entries

Seconds of CPU that `dbtls trust` takes to read such a store, to put one CA in, and to take it out again; {rounds} rounds, one-minute load {load} before. What is written is read again before it goes to the disk, so that a change costs two readings at least; most of a reading is OpenSSL's decoding of {entries:,} public keys.

"""


CHECK_TEXT = """## Diagnoses

CPU time of a tool and all its children, for one target, and the memory of its largest process. The targets are endpoints of `dbtls lab`, good ones and broken ones, half of them MySQL, half HTTPS; one-minute load {load} before. `dbtls check` has all targets in one process, {at_once} at once, {rounds} rounds; the others are one process a target, and of the slow ones there is a sample. They do different things: `s_client` makes one handshake and verifies the chain. `check` makes two, sends the first requests, judges the path by its own rules and by OpenSSL's verifier, and names a cause with what to do. sslscan tries cipher suites one by one; testssl.sh was told to look at versions and certificate alone (`-p -S`). The goal is 500 a second on two cores; a third of what is spent is OpenSSL 3.0's decoding of public keys in the two handshakes, which nobody outside of it can spare.

"""


def cpu_section(r):
    return (PROXY_TEXT + cpu_table(r["proxies"], PROXY) + "\n" + ratio_table(r["proxies"], PROXY) +
            "\n" + agreed_table(r["agreed"]["proxies"]) +
            f"\nThe same cipher forced on all ({SAME}); dbtls sends one "
            "ticket, the others two:\n\n" + cpu_table(r["same_cipher"], SAME_CIPHER) + "\n" +
            ratio_table(r["same_cipher"], SAME_CIPHER))


def database_section(r):
    door, own = r["database_memory"]["dbtls up"], r["database_memory"]["mariadb"]
    return (DATABASE_TEXT + database_table(r["database"]) + "\nPss of an idle session, of 900: "
            f"dbtls {door['relays'][1] + door['keys'][1]:,} bytes and its database "
            f"{door['database'][1]:,}; MariaDB with its own TLS {own['database'][1]:,}.\n\n" +
            calls_table(r["database_calls"], DATABASE, ("dbtls", "mariadb")))


def sections(r):
    """What has been measured so far."""
    made = (("proxies", cpu_section), ("database", database_section),
            ("memory", lambda r: MEMORY_TEXT.format(held=r["held"]) + memory_table(r)),
            ("latency", lambda r: LATENCY_TEXT.format(rate=RATE) + latency_table(r["latency"])),
            ("calls", lambda r: CALLS_TEXT + calls_table(r["calls"], PROXY, PROXIES)),
            ("storm", lambda r: STORM_TEXT.format(rate=RATE, n=r["storm_connections"]) +
             storm_table(r["storm"])),
            ("idle", lambda r: IDLE_TEXT.format(files=r.get("descriptors", FILES)) +
             idle_table(r["idle"])),
            ("stores", lambda r: STORES_TEXT.format(**r["stores"]) + stores_table(r["stores"])),
            ("check", lambda r: CHECK_TEXT.format(**r["check"]) + check_table(r["check"])))
    return [section(r) for key, section in made if key in r]


def tables(r):
    return "\n".join([goals_table(r), *sections(r)])


def page(r):
    e = r["environment"]
    tried = tried_list(r)
    head = INTRO.format(**e, **e["versions"], rounds=r.get("rounds", 0)) + goals_table(r)
    if tried:
        head += "\nWhat was tried for those that are not met:\n\n" + tried
    return "\n".join([head, *sections(r)])


# ---- the picture ---------------------------------------------------------------------------------

WIDE, HIGH, LEFT, BAR, STEP, TOP = 440, 190, 92, 250, 20, 34


def bar(y, name, value, most, text, whisker=None):
    width = max(1, BAR * value / most)
    colour = "#1f6feb" if name == "dbtls" else "#9aa4b2"
    parts = [f'<text x="{LEFT - 6}" y="{y + 12}" text-anchor="end">{escape(name)}</text>',
             f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="15" fill="{colour}"/>']
    end = width
    if whisker:
        low, high = (BAR * w / most for w in whisker)
        end = max(width, high)
        parts.append(f'<path d="M{LEFT + low:.1f} {y + 7.5}H{LEFT + high:.1f}M{LEFT + low:.1f} '
                     f'{y + 4}v7M{LEFT + high:.1f} {y + 4}v7" stroke="#24292f" fill="none"/>')
    parts.append(f'<text x="{LEFT + end + 5:.1f}" y="{y + 12}">{text}</text>')
    return "".join(parts)


def panel(x, y, title, values):
    """values: {peer: (value, (p25, p75) or None)}"""
    most = max(max(v, *(w or (0,))) for v, w in values.values())
    rows = "".join(bar(TOP + i * STEP, name, v, most, digits(v), w)
                   for i, (name, (v, w)) in enumerate(values.items()))
    return (f'<g transform="translate({x} {y})"><text x="8" y="22" font-weight="bold">'
            f"{escape(title)}</text>{rows}</g>")


def panels(r):
    for op, o in PROXY.items():
        if "proxies" in r:
            us = r["proxies"][op]["us"]
            yield (f"µs: {o.what}",
                   {p: (us[p]["median"], (us[p]["p25"], us[p]["p75"])) for p in PROXIES})
    if "check" in r:
        yield ("ms: one diagnosis, lab", {
            {"dbtls check": "dbtls", "openssl s_client": "s_client"}.get(n, n):
            (t["ms"]["median"], (t["ms"]["p25"], t["ms"]["p75"]))
            for n, t in r["check"]["tools"].items()})
    if "memory" in r:
        yield "bytes: idle connection, Rss", {p: (r["memory"][p][0], None) for p in PROXIES}


def picture(r):
    every = list(panels(r))
    drawn = "".join(panel(8 + i % 2 * WIDE, 6 + i // 2 * HIGH, title, values)
                    for i, (title, values) in enumerate(every))
    high = 6 + (len(every) + 1) // 2 * HIGH + 8
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE * 2 + 16}" height="{high}" '
            f'viewBox="0 0 {WIDE * 2 + 16} {high}" font-family="sans-serif" font-size="12" '
            'fill="#24292f" role="img">'
            "<title>What TLS costs: less is better; lines show the 25th to the 75th percentile"
            f'</title><rect width="100%" height="100%" fill="#ffffff"/>{drawn}</svg>\n')
