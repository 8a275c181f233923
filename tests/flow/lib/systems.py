# SPDX-License-Identifier: Apache-2.0
"""
Systems to change trust stores in: each a tmpfs with this machine's programs, read only, and an /etc
of its own. Debian's is a copy of this one's, with its real update-ca-certificates and its Java hook.
The others are trees as their manuals lay them out (update-ca-trust(8), SUSE's
update-ca-certificates(8), Alpine's, p11-kit's trust(1)); in the place of their command stands PEER,
which makes the same files from the same folders and is nobody's tool. For root alone, in a mount
namespace of its own: see enter().
"""
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile

from door import DBTLS, command, read

NAMESPACE = "DBTLS_TEST_MOUNTS"  # set: we are in one

# One program for all four: how it lies comes from /etc/peer.json.
PEER = r'''#!/usr/bin/python3
import glob, hashlib, json, os, re, ssl, subprocess, sys
told = json.load(open("/etc/peer.json"))
if sys.argv[1:] not in told["words"]:
    sys.exit(f"{sys.argv}: not a word of this system's")
def certs(path):
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n",
                      open(path).read(), re.S)
def all_of(pattern):
    return [c for p in sorted(glob.glob(pattern)) for c in certs(p)]
shipped = all_of("/etc/peer/shipped/*")
if "conf" in told:
    lines = open(told["conf"]).read().splitlines()
    shipped = [c for line in lines if line and line[0] not in "#!"
               for c in certs(f"{told['shipped']}/{line}")]
no = set(all_of(told["blocked"] + "/*")) if "blocked" in told else set()
trusted = [c for c in dict.fromkeys(shipped + all_of(told["source"] + "/*.crt")) if c not in no]
for path in told["bundles"]:
    with open(path + ".new", "w") as f:
        f.write("".join(trusted))
    os.rename(path + ".new", path)
for folder in told.get("folders", ()):
    for name in os.listdir(folder):
        os.remove(f"{folder}/{name}")
    for i, cert in enumerate(trusted):
        with open(f"{folder}/{i}.pem", "w") as f:
            f.write(cert)
    subprocess.run(["openssl", "rehash", folder], check=True)
'''
SHIPPED = ("amazon-root-ca-1", "amazon-root-ca-3", "starfield-services-g2")


def enter():
    """Starts this very test anew in a mount namespace: what is mounted there goes with it."""
    if os.environ.get(NAMESPACE):
        return
    os.environ[NAMESPACE] = "1"
    # In a plain chroot "/" is no mount, and nothing can be said of how it is shared.
    os.execvp("unshare", ["unshare", "-m", "--propagation", "unchanged", sys.executable,
                          os.path.abspath(sys.argv[0])])


def fingerprint(pem):
    import ssl
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()


def must(*words, **more):
    done = command(*words, **more)
    if done.rc:
        raise RuntimeError(f"{words}: {done}")
    return done.out


class System:
    """A root to chroot into; as a context it goes when the block ends."""
    name = "?"
    bundle = source = ""
    walked = ("etc", "root", "usr/local/share/ca-certificates", "var")
    sets = ()  # paths whose bytes may change while what is in them does not

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix=f"dbtls-{type(self).__name__.lower()}-", dir="/tmp")
        must("mount", "-t", "tmpfs", "-o", "mode=755", "none", self.root)
        try:
            # Whatever is mounted below is seen by nobody else.
            must("mount", "--make-private", self.root)
            self.make()
        except Exception:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        command("umount", "-R", "-l", self.root)
        os.rmdir(self.root)

    def at(self, path):
        return f"{self.root}/{path.lstrip('/')}"

    def put(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "w") as f:
            f.write(text)
        os.chmod(self.at(path), mode)

    def folder(self, *paths):
        for path in paths:
            os.makedirs(self.at(path), exist_ok=True)

    def over(self, what, path):
        """what is seen at path, which is there already."""
        must("mount", "--bind", what, self.at(path))

    def make(self):
        self.folder("/usr", "/proc", "/dev", "/etc", "/root", "/tmp", "/var/lib", "/sbin", "/run")
        for name in ("bin", "lib", "lib32", "lib64"):
            if os.path.islink(f"/{name}"):
                os.symlink(os.readlink(f"/{name}"), self.at(name))
        must("mount", "--bind", "/usr", self.at("usr"))
        must("mount", "-o", "remount,bind,ro", self.at("usr"))
        for name in ("proc", "dev"):
            must("mount", "--rbind", f"/{name}", self.at(name))
            must("mount", "--make-rprivate", self.at(name))
        shutil.copy(DBTLS, self.at("dbtls"))
        for path in ("/etc/passwd", "/etc/group", "/etc/ssl/openssl.cnf", "/etc/ld.so.cache"):
            if os.path.exists(path):
                self.put(path, "")
                shutil.copy2(path, self.at(path))
        self.lay_out()

    def run(self, *words, timeout=180):
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "HOME": "/root", "LC_ALL": "C.UTF-8",
               **{k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))}}
        return command("chroot", self.root, *words, env=env, timeout=timeout)

    def trust(self, *words):
        return self.run("/dbtls", "trust", *words)

    def held(self):
        """What each store of this system trusts."""
        done = self.trust("list", "--json", "--anchors", "--quick")
        return {s["path"]: {c["sha256"] for c in s.get("certificates", ())
                            if c["servers"] == "may"} for s in json.loads(done.out)}

    def has(self, sha256):
        """Of each store that this system's command makes, whether it has the certificate."""
        done = self.trust("list", "--json", "--anchors", *self.derived)
        return [sha256 in {c["sha256"] for c in s.get("certificates", ()) if c["servers"] == "may"}
                for s in json.loads(done.out)]

    def walk(self):
        """Every path with its type, mode, owner, and bytes or where it leads."""
        seen = {}
        for top in self.walked:
            for folder, folders, files in os.walk(self.at(top)):
                for name in [".", *folders, *files]:
                    path = os.path.normpath(f"{folder}/{name}")
                    st = os.lstat(path)
                    what = None
                    if stat.S_ISLNK(st.st_mode):
                        what = os.readlink(path)
                    if stat.S_ISREG(st.st_mode):
                        with open(path, "rb") as f:
                            what = hashlib.sha256(f.read()).hexdigest()
                    inside = "/" + os.path.relpath(path, self.root)
                    if inside in self.sets:
                        what = "a set"
                    seen[inside] = (stat.filemode(st.st_mode), st.st_uid, st.st_gid, what)
        return {p: s for p, s in seen.items() if not p.startswith("/var/lib/dbtls-trust")}


class Debian(System):
    name = "Debian with its own tools"
    bundle, source = "/etc/ssl/certs/ca-certificates.crt", "/usr/local/share/ca-certificates"
    derived = (bundle, "/etc/ssl/certs", "/etc/ssl/certs/java/cacerts")
    walked = ("etc", "root", "usr/local/share/ca-certificates", "var/lib/ca-certificates-java")
    sets = ("/etc/ssl/certs/java/cacerts",)

    def lay_out(self):
        os.rmdir(self.at("sbin"))
        os.symlink("usr/sbin", self.at("sbin"))
        for path in ("etc", "var/lib/dpkg"):
            shutil.rmtree(self.at(path), ignore_errors=True)
            must("cp", "-a", f"/{path}", self.at(path))
        self.folder("/local", "/var/lib/ca-certificates-java", "/var/log", "/var/cache")
        must("cp", "-a", self.source + "/.", self.at("local"))
        self.over(self.at("local"), self.source)
        if not os.path.exists("/usr/bin/keytool"):
            self.derived = self.derived[:2]
        self.listed = self.derived
        # What lies there by other means than this command is no matter of ours.
        must("chroot", self.root, "update-ca-certificates", "--fresh", timeout=180)


class Tree(System):
    """A layout without its tools."""
    words, programs, blocked, folders, bundles = ([],), (), None, (), ()

    def lay_out(self):
        self.put("/sbin/peer", PEER, 0o755)
        for program in self.programs:
            here = f"/usr/sbin/{program}" if os.path.exists(f"/usr/sbin/{program}") else \
                f"/usr/bin/{program}"
            if os.path.exists(here):
                self.over(self.at("/sbin/peer"), here)
            else:
                os.link(self.at("/sbin/peer"), self.at(f"/sbin/{program}"))
        self.folder(*(os.path.dirname(b) for b in self.bundles), *self.folders)
        if self.source.startswith("/usr"):
            self.folder("/local")
            self.over(self.at("local"), self.source)
        self.folder(self.source, self.blocked or self.source)
        told = {"words": self.words, "source": self.source, "bundles": self.bundles,
                "folders": self.folders}
        if self.blocked:
            told["blocked"] = self.blocked
        told.update(self.ship())
        self.put("/etc/peer.json", json.dumps(told))
        self.links()
        must("chroot", self.root, self.programs[0], *self.words[-1])

    def ship(self):
        for name in SHIPPED:
            self.put(f"/etc/peer/shipped/{name}.pem",
                     must(DBTLS, "trust", "export", "--only", name))
        return {}

    def links(self):
        pass

    @property
    def derived(self):
        return (*self.bundles, *self.folders)

    @property
    def listed(self):
        return self.derived


class Rhel(Tree):
    name = "RHEL's tree"
    source, blocked = "/etc/pki/ca-trust/source/anchors", "/etc/pki/ca-trust/source/blocklist"
    bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
    bundles, programs, words = (bundle,), ("update-ca-trust",), (["extract"],)

    def links(self):
        self.folder("/etc/pki/tls/certs")
        os.symlink(self.bundle, self.at("/etc/pki/tls/certs/ca-bundle.crt"))


class Suse(Tree):
    name = "SUSE's tree"
    source, blocked = "/etc/pki/trust/anchors", "/etc/pki/trust/blocklist"
    bundle = "/var/lib/ca-certificates/ca-bundle.pem"
    bundles, programs = (bundle,), ("update-ca-certificates",)
    folders = ("/var/lib/ca-certificates/pem",)

    def links(self):
        os.symlink(self.bundle, self.at("/etc/ssl/ca-bundle.pem"))


class Arch(Tree):
    name = "Arch's tree"
    source = "/etc/ca-certificates/trust-source/anchors"
    blocked = "/etc/ca-certificates/trust-source/blocklist"
    bundle = "/etc/ca-certificates/extracted/tls-ca-bundle.pem"
    bundles, programs, words = (bundle,), ("trust",), (["extract-compat"],)
    folders = ("/etc/ca-certificates/extracted/cadir",)

    def links(self):
        self.folder("/etc/ssl/certs")
        os.symlink(self.bundle, self.at("/etc/ssl/certs/ca-certificates.crt"))

    @property
    def listed(self):
        """The same file under the name that programs know."""
        return ("/etc/ssl/certs/ca-certificates.crt", *self.folders)


class Alpine(Tree):
    name = "Alpine's tree"
    source = "/usr/local/share/ca-certificates"
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    bundles, programs = (bundle,), ("update-ca-certificates",)
    words = ([], ["--fresh"])

    def ship(self):
        lines = "mozilla/Amazon_Root_CA_1.crt\n!mozilla/Amazon_Root_CA_2.crt\n# one more\n" \
            "mozilla/Amazon_Root_CA_3.crt\nmozilla/ISRG_Root_X1.crt\n"
        self.put("/etc/ca-certificates.conf", lines)
        return {"conf": "/etc/ca-certificates.conf", "shipped": "/usr/share/ca-certificates"}

    def links(self):
        os.symlink("certs/ca-certificates.crt", self.at("/etc/ssl/cert.pem"))


def of_pem(path):
    return fingerprint(read(path))
