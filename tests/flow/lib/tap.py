# SPDX-License-Identifier: Apache-2.0
"""TAP for flows: what holds is said in one line, and what does not brings what was seen with it."""
import sys
import time
import traceback

count = failed = 0


def note(*more):
    for thing in more:
        text = thing if isinstance(thing, str) else repr(thing)
        for line in text.splitlines():
            print(f"# {line[:2000]}", flush=True)


def ok(good, name, *more):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}", flush=True)
    if not good:
        note(*more)
    return bool(good)


def same(got, wanted, name, *more):
    return ok(got == wanted, name, f"got {got!r}, wanted {wanted!r}", *more)


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}", flush=True)


def until(what, seconds=10, pause=0.02):
    """Waits until what() holds; returns what it gave last."""
    end = time.monotonic() + seconds
    while not (got := what()) and time.monotonic() < end:
        time.sleep(pause)
    return got


def run(*tests, on_failure=None):
    """Runs the functions one after another: one that throws is one failure, and the rest go on."""
    for test in tests:
        before, began = failed, time.monotonic()
        try:
            test()
        except Exception:  # whatever it is, it is a failure of this test alone
            ok(False, f"{test.__name__} ran to its end", traceback.format_exc())
        if time.monotonic() - began > 5:
            note(f"{test.__name__} took {time.monotonic() - began:.1f} s")
        if failed > before and on_failure:
            note(f"after {test.__name__}:", on_failure())


def finish():
    print(f"1..{count}", flush=True)
    sys.exit(1 if failed or not count else 0)
