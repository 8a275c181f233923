#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# profiles: release
"""
D11: root changes an NSS database that is somebody else's, or whose folder they can have lead
elsewhere, as that user and with nothing of root's at hand; one with a password is left as it was,
and whoever types the printed line is asked by certutil.
"""
import json
import os
import pwd
import shlex
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from door import DBTLS, ROOT, Result, Terminal, command  # noqa: E402
from mysqld import Ca  # noqa: E402
from tap import finish, ok, run, same, skip  # noqa: E402

NOBODY = 65534
# A module that a database names: who it runs as, and what it finds there.
MODULE = r'''
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
__attribute__((constructor)) static void seen(void)
{
	char path[4096], to[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%d", SEEN, (int)geteuid());
	f = fopen(path, "a");
	if (!f)
		return;
	if (open("/dev/tty", O_RDWR) >= 0)
		fprintf(f, "tty\n");
	for (char **v = environ; *v; v++)
		fprintf(f, "env %.*s\n", (int)strcspn(*v, "="), *v);
	if (getenv("HOME"))
		fprintf(f, "home %s\n", getenv("HOME"));
	if (getcwd(to, sizeof to))
		fprintf(f, "in %s\n", to);
	for (int fd = 3; fd < 256; fd++) {
		ssize_t n;

		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		n = readlink(path, to, sizeof to - 1);
		if (n > 0)
			fprintf(f, "fd %.*s\n", (int)n, to);
	}
	fclose(f);
}
'''
# sudo -u '#UID' command…
SUDO = '#!/bin/sh\nu=${2#\\#}; shift 2\nexec setpriv --reuid $u --regid $u --clear-groups "$@"\n'
folder = ca = None


def trust(*words, path=os.environ["PATH"], **more):
    return command(DBTLS, "trust", *words, "--journal", f"{folder}/journal",
                   env={"PATH": path, "LC_ALL": "C.UTF-8", "HOME": folder}, cwd=folder, **more)


def put(path, text, mode=0o755):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def database(name, owner=0, password=None, module=False):
    where = f"{folder}/{name}"
    os.makedirs(where, exist_ok=True)
    done = command("certutil", "-N", "-d", f"sql:{where}",
                   *(("-f", password) if password else ("--empty-password",)))
    if module:
        with open(f"{where}/pkcs11.txt", "a") as f:
            f.write(f"\nlibrary={folder}/module.so\nname=module\n")
    for entry in os.listdir(where):
        os.chown(f"{where}/{entry}", owner, owner)
    os.chown(where, owner, owner)
    same(done.rc, 0, f"a database: {name}", done)
    return where


def seen():
    """What the module has seen since it was last asked, by the user it ran as."""
    found = {}
    for name in os.listdir(f"{folder}/seen"):
        with open(f"{folder}/seen/{name}") as f:
            found[int(name)] = f.read().splitlines()
        os.remove(f"{folder}/seen/{name}")
    return found


def flags(where):
    said = command("certutil", "-L", "-d", f"sql:{where}").out.splitlines()[4:]
    return [line.split()[-1] for line in said if line.strip()]


def outcome(done):
    stores = json.loads(done.out)["stores"]
    return stores[0]["outcome"], stores[0].get("text", "")


def make_module():
    os.mkdir(f"{folder}/seen")
    os.chmod(f"{folder}/seen", 0o1777)
    put(f"{folder}/module.c", MODULE)
    done = command("gcc", "-shared", "-fPIC", f'-DSEEN="{folder}/seen"', "-o",
                   f"{folder}/module.so", f"{folder}/module.c")
    same(done.rc, 0, "a module that says who loads it", done)


def test_link():
    """The user's link leads to root's folder, where everybody may put files."""
    where = database("shared", NOBODY, module=True)
    os.chown(where, 0, 0)
    os.chmod(where, 0o1777)
    os.mkdir(f"{folder}/home")
    os.symlink(where, f"{folder}/home/nssdb")
    for path in (f"{folder}/home", f"{folder}/home/nssdb"):
        os.lchown(path, NOBODY, NOBODY)
    trust("add", ca.pem, "--store", f"{folder}/home/nssdb")
    same(list(seen()), [NOBODY], "D11: who can turn a link runs what is behind it, and root does not")
    os.lchown(f"{folder}/home", 0, 0)
    trust("remove", ca.pem, "--store", f"{folder}/home/nssdb/cert9.db")
    same((list(seen()), flags(where)), ([NOBODY], []), "nor where the link alone is theirs")


def refused(name, where):
    done = trust("add", ca.pem, "--store", where, "--json")
    same((done.rc, outcome(done)[0], seen(), flags(where)), (1, "impossible", {}, []),
         f"refused: {name}", done)
    ok("root" in outcome(done)[1], "and it says why", done)
    same(outcome(trust("add", ca.pem, "--store", where, "--json", "--dry-run"))[0], "impossible",
         "by --dry-run too")
    seen()


def test_open_to_others():
    """All is root's, and others may write there."""
    where = database("open", module=True)
    seen()
    os.chmod(where, 0o1777)
    refused("a folder of root's that others may write to", where)
    os.chmod(where, 0o755)
    os.chown(f"{where}/pkcs11.txt", NOBODY, NOBODY)
    refused("a list of modules that is not root's", where)
    os.chown(f"{where}/pkcs11.txt", 0, 0)
    os.chmod(f"{where}/key4.db", 0o666)
    refused("a file that others may write to", where)
    os.chmod(f"{where}/key4.db", 0o600)
    os.mkdir(f"{folder}/above")
    os.rename(where, f"{folder}/above/db")
    os.chmod(f"{folder}/above", 0o777)
    refused("a folder above that others may write to", f"{folder}/above/db")
    os.chmod(f"{folder}/above", 0o1777)
    done = trust("add", ca.pem, "--store", f"{folder}/above/db", "--json")
    same((done.rc, list(seen()), flags(f"{folder}/above/db")), (0, [0], ["C,,"]),
         "what is root's to its last file root changes", done)
    seen()


def test_path():
    """Others' programs come first in PATH."""
    where = database("path", NOBODY)
    os.mkdir(f"{folder}/bin")
    for name in ("setpriv", "certutil"):
        put(f"{folder}/bin/{name}", f'#!/bin/sh\ntouch {folder}/taken\n'
            f'exec /usr/bin/{name} "$@"\n')
    done = trust("add", ca.pem, "--store", where, path=f"{folder}/bin:{os.environ['PATH']}")
    same((done.rc, flags(where), os.path.exists(f"{folder}/taken")), (0, ["C,,"], False),
         "root runs the system's programs, whatever is in PATH", done)


def in_terminal(*words, **env):
    """With a terminal, and a file of root's open: what came of it, and how long it took."""
    began = time.monotonic()
    line = f"exec {shlex.join([DBTLS, 'trust', *words, '--json', '--journal', f'{folder}/journal'])}"
    terminal = Terminal("sh", "-c", f"cd {folder}; exec 7<{folder}/root; {line} >{folder}/out",
                        LC_ALL="C.UTF-8", HOME=folder, SECRET="of root", **env)
    try:
        rc = terminal.end(25)
    finally:
        terminal.close()
    with open(f"{folder}/out") as f:
        return rc, outcome(Result(rc, f.read(), terminal.text)), time.monotonic() - began


def test_at_hand():
    """What a module of the user's finds where root changes the database."""
    where = database("theirs", NOBODY, module=True)
    seen()
    put(f"{folder}/root", "root's\n", 0o600)
    rc, (got, _), _ = in_terminal("add", ca.pem, "--store", where)
    same((rc, got, flags(where)), (0, "done", ["C,,"]), "from a terminal")
    found = seen()
    found.pop(0, None)  # that was `certutil -L` of ours
    lines = found.get(NOBODY, [])
    same((list(found), "tty" in lines), ([NOBODY], False), "D11: it has no terminal", found)
    same({line for line in lines if line.startswith("env")},
         {"env PATH", "env LC_ALL", "env HOME"}, "an environment of its own", lines)
    same({line for line in lines if line.startswith("home")},
         {f"home {pwd.getpwuid(NOBODY).pw_dir}"}, "with its own home")
    same([line for line in lines if line.startswith("fd") and folder in line
          and f"{folder}/seen" not in line and where not in line and "module.so" not in line], [],
         "and nothing that root has open", lines)
    same({line for line in lines if line.startswith("in")}, {"in /"}, "nor root's folder", lines)


def test_password():
    """A database with a password, and a terminal to ask for it: nobody is asked, nothing hangs."""
    put(f"{folder}/password", "quite secret\n", 0o644)
    where = database("locked", NOBODY, password=f"{folder}/password")
    rc, (got, line), took = in_terminal("add", ca.pem, "--store", where)
    same((rc, got, took < 10), (1, "type", True), "the command is printed, at once", line, took)
    ok(line.startswith(f"sudo -u '#{NOBODY}' certutil -A"), "to be run as its owner", line)
    trust("undo", "--all")
    put(f"{folder}/bin/sudo", SUDO)
    own = f"{folder}/own.pem"
    shutil.copy(ca.pem, own)
    os.chmod(own, 0o600)
    done = trust("add", own, "--store", where, "--json")
    typed = command("sh", "-c", f"{outcome(done)[1]} -f {folder}/password", cwd="/",
                    env={"PATH": f"{folder}/bin:{os.environ['PATH']}"})
    same((typed.rc, flags(where)), (0, ["C,,"]), "as printed, of a file that root alone may read",
         done, typed)


def test_half():
    """With a password certutil gives up half way: that half is nobody's."""
    where = database("half", NOBODY, password=f"{folder}/password")
    for name in ("add", "once more"):
        done = trust("add", ca.pem, "--store", where, "--json")
        same((done.rc, outcome(done)[0], flags(where)), (1, "type", []),
             f"{name}: to be typed, and nothing is left there", done)
    trust("undo", "--all")
    command("certutil", "-A", "-d", f"sql:{where}", "-t", "CT,,", "-n", "theirs", "-i", ca.pem,
            "-f", f"{folder}/password")
    done = trust("remove", ca.pem, "--store", where)
    same((done.rc, flags(where)), (0, []), "a certificate goes without the password", done)
    for name in ("undo", "once more"):
        done = trust("undo")
        same((done.rc, flags(where)), (1, []), f"{name}: it doesn't come back without", done)
    # What an older dbtls has left, or somebody else.
    command("certutil", "-A", "-d", f"sql:{where}", "-t", ",,", "-n", "theirs", "-i", ca.pem,
            "-f", f"{folder}/password")
    done = trust("undo")
    same((done.rc, flags(where)), (1, [",,"]), "there and not trusted is not undone", done)
    command("certutil", "-W", "-d", f"sql:{where}", "-f", f"{folder}/password", "-@", "/dev/null")
    done = trust("undo")
    same((done.rc, flags(where)), (0, ["CT,,"]), "and is once the database can be written", done)


def main():
    global folder, ca
    folder = tempfile.mkdtemp(prefix="dbtls-nss-", dir="/tmp")
    os.chmod(folder, 0o755)
    ca = Ca(f"{folder}/ca")
    try:
        run(make_module, test_link, test_open_to_others, test_path,
            test_at_hand, test_password, test_half)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if ROOT and all(map(shutil.which, ("certutil", "setpriv", "gcc"))):
    main()
else:
    skip("D11: other users' NSS databases", "it takes root, certutil, setpriv and gcc")
finish()
