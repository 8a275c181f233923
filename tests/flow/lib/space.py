# SPDX-License-Identifier: Apache-2.0
"""
A place in which a test may change the machine's trust stores: a network with nothing but loopback,
and mounts of its own, in which copies lie over the folders that it changes; all other files, but
for those in /tmp, can be read alone. Nothing of it is seen from outside, and it goes by itself, with all
processes that were started in it.
"""
import os
import subprocess
import sys
import tempfile

from door import command
from tap import note

FOLDER = os.environ.get("DBTLS_SPACE")  # in the place: a folder that goes with it
OUTSIDE = "DBTLS_OUTSIDE"  # a descriptor: the mounts as they are outside


def enter():
    """Runs this test anew in such a place, and ends with it."""
    inside = ["unshare", "--net", "--mount", "--propagation", "unchanged", "--pid", "--fork",
              "--kill-child", "--mount-proc", sys.executable, os.path.abspath(sys.argv[0])]
    with open("/proc/self/mountinfo") as mounts, \
            tempfile.TemporaryDirectory(prefix="dbtls-space-", dir="/tmp") as folder:
        number = mounts.fileno()
        done = subprocess.run(inside, pass_fds=[number], stdin=subprocess.DEVNULL, check=False,
                              env={**os.environ, OUTSIDE: str(number), "DBTLS_SPACE": folder})
    sys.exit(done.returncode)


def tool(*words, **more):
    """What it prints; it has to end well."""
    got = command(*words, **more)
    if got.rc:
        raise RuntimeError(f"{' '.join(words)}: {got}")
    return got.out


def lay_out(*folders):
    """Makes the place: these folders as copies. They that are not there are left out."""
    tool("ip", "link", "set", "lo", "up")
    # Where / is no mount, as in a plain chroot, that fails: then what is looked at next says it.
    command("mount", "--make-rprivate", "/")
    tool("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", FOLDER)
    with open(int(os.environ[OUTSIDE])) as mounts:
        if FOLDER in mounts.read():
            command("umount", FOLDER)
            raise RuntimeError("what is mounted here is seen outside")
    for i, folder in enumerate(f for f in folders if os.path.isdir(f)):
        tool("cp", "-a", folder, f"{FOLDER}/{i}")
        tool("mount", "--bind", f"{FOLDER}/{i}", folder)
    tool("mount", "--rbind", "/tmp", "/tmp")
    sealed = command("mount", "-o", "remount,bind,ro", "/")
    if sealed.rc:
        note(f"other files than the copies can be written: {sealed.err.strip()}")


def names(hosts):
    """Lays a file over /etc/hosts."""
    tool("mount", "--bind", hosts, "/etc/hosts")
