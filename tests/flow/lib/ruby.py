# SPDX-License-Identifier: Apache-2.0
"""
Ruby, Bundler and a current mysql2 out of Debian's unstable suite: stable's mysql2 verifies no name.
Bundler resolves the project's Gemfile by what lies there, and asks no registry.
"""
import glob
import os

from door import command
from mysqld import HOME, TREE

PACKAGES = ("ruby", "ruby-mysql2", "bundler", "libnss-wrapper")


def script(path, *lines):
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + "".join(f"{line}\n" for line in lines))
    os.chmod(path, 0o755)


def ruby_in(folder):
    """The folder to have first in PATH, or None and why not."""
    tree = os.path.join(os.path.dirname(TREE), "ruby")
    made = command(f"{HOME}/tools/debtree", "sid", tree, *PACKAGES, timeout=420)
    if made.rc:
        return None, f"tools/debtree: {made}"
    os.mkdir(f"{folder}/ruby")
    ours = [glob.glob(f"{tree}/{p}") for p in (
        "lib64/ld-linux*.so*", "usr/lib/*/libnss_wrapper.so", "usr/bin/ruby[0-9]*",
        "usr/bin/bundle[0-9]*", "usr/lib/ruby/vendor_ruby", "usr/lib/*/ruby/vendor_ruby/[0-9]*",
        "usr/lib/ruby/[0-9]*", "usr/lib/*/ruby/[0-9]*")]
    loader, hosts, ruby, bundle, *paths = [p[0] for p in ours]
    gems = [*glob.glob(f"{tree}/usr/share/rubygems-integration/*"),
            *glob.glob(f"{tree}/usr/lib/ruby/gems/*")]
    script(f"{folder}/ruby/ruby", "unset LD_PRELOAD",  # that one is the system's
           f"export RUBYLIB={':'.join(paths)} GEM_PATH={':'.join(gems)}",
           f"exec {loader} --library-path {os.path.dirname(hosts)} --preload {hosts} {ruby} \"$@\"")
    script(f"{folder}/ruby/bundle", '[ "$1" != install ] || set -- install --local --quiet',
           f'exec ruby {bundle} "$@"')
    return f"{folder}/ruby", ""
