# SPDX-License-Identifier: Apache-2.0
"""
Who is measured: each a server of one worker on core 0, with a port for each backend. Clients and
backends are on core 1.
"""
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = (ROOT / os.environ.get("DBTLS_BUILD", "build/release")).resolve()
LOAD, BACKEND = BUILD / "bench/load", BUILD / "bench/backend"
PASSWORD = "bench.Only-here.1"
ENGINE_USER = "dbtls-engine"
SERVERS, CLIENTS = "0", "1"  # cores
FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def fail(text):
    sys.exit(f"bench: {text}")


def pinned(core, words):
    return ["taskset", "-c", core, *words] if core else list(words)


def as_engine(words):
    """mariadbd refuses to be root."""
    if os.getuid():
        return words
    return ["setpriv", f"--reuid={ENGINE_USER}", f"--regid={ENGINE_USER}", "--clear-groups",
            "--no-new-privs"] + words


def run(words, **more):
    done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode:
        fail(f"{' '.join(map(str, words[:6]))}…: {done.stdout[-2000:]}")
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def parent_of(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def children(pid):
    return [int(p) for p in os.listdir("/proc") if p.isdigit() and parent_of(int(p)) == pid]


def cpu(pid):
    """Seconds of CPU that the process has used, threads that have ended included."""
    return time.clock_gettime(~pid << 3 | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)


def memory(pid):
    """Rss and Pss, in bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return [int(re.search(rf"^{w}:\s+(\d+) kB", text, re.M).group(1)) * 1024
            for w in ("Rss", "Pss")]


def make_certificate(folder):
    """A CA and a server's certificate of ECDSA P-256, as dbtls makes them."""
    ca, ca_key, cert, key, request, more = (
        folder / n for n in ("ca.pem", "ca.key", "server.pem", "server.key", "server.csr", "ext"))
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run(["openssl", "req", "-x509", *ec, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj",
         "/CN=bench CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    run(["openssl", "req", *ec, "-keyout", key, "-out", request, "-subj", "/CN=bench"])
    more.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
                    "keyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n")
    run(["openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", "2",
         "-set_serial", "1", "-extfile", more, "-out", cert])
    for public in (ca, cert):
        public.chmod(0o644)
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return {"ca": ca, "cert": cert, "key": key, "both": both}


class Peer:
    """Processes in groups, ports, and what load needs to talk to it."""
    begun = []  # all of them, also one that failed half-way: each is stopped in the end

    def __init__(self, name, folder, core=SERVERS):
        Peer.begun.append(self)
        self.name, self.core = name, core
        self.folder = folder / name.replace(" ", "-")
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.ports = {"tcp": free_port(), "unix": free_port()}
        self.groups = {}
        self.processes = []
        self.arguments = []

    def spawn(self, words):
        log = self.folder / f"log.{len(self.processes)}"
        with log.open("wb") as out:
            process = subprocess.Popen([str(w) for w in pinned(self.core, words)], stdout=out,
                                       stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        return process, log

    def listening(self, port, process, log):
        for _ in range(600):
            if process.poll() is not None:
                break
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        fail(f"{self.name}: port {port} does not answer: "
             f"{log.read_text(errors='replace')[-2000:]}")

    def serve(self, words, ports):
        """A server that stays in the foreground: its process, when it answers."""
        process, log = self.spawn(words)
        for port in ports:
            self.listening(port, process, log)
        return process.pid

    def write(self, name, text):
        path = self.folder / name.replace(" ", "-")
        path.write_text(text)
        return path

    def cpu(self):
        return {g: sum(cpu(p) for p in pids) for g, pids in self.groups.items()}

    def memory(self):
        return {g: [sum(m) for m in zip(*map(memory, pids))] for g, pids in self.groups.items()}

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []


class Backend(Peer):
    """What stands behind the proxies, on TCP and on a Unix socket."""

    def __init__(self, folder, speak="http", name="backend", core=CLIENTS):
        super().__init__(name, folder, core)
        self.path, self.port = self.folder / "socket", self.ports["tcp"]
        backend = [BACKEND, f"--speak={speak}"]
        tcp = self.serve([*backend, f"--listen={self.port}"], [self.port])
        other, _ = self.spawn([*backend, f"--listen={self.path}"])
        while not self.path.exists() and other.poll() is None:
            time.sleep(0.02)
        self.path.chmod(0o777)  # some of the proxies give up root
        self.groups = {"backend": [tcp, other.pid]}


class Direct(Peer):
    """No proxy: what a request takes without any."""

    def __init__(self, folder, backend):
        super().__init__("direct", folder)
        self.ports["tcp"] = backend.port
        self.arguments = ["--speak=http", "--clear"]


class Proxy(Peer):
    """One of those that make plain TCP of TLS."""

    def __init__(self, name, folder, files):
        super().__init__(name, folder)
        self.files, self.http = files, name.endswith("http")
        self.arguments = ["--speak=http", "--ca", files["ca"]]

    def begin(self, words, ports=None):
        pid = self.serve(words, ports or self.ports.values())
        self.groups.setdefault("front", []).extend([pid, *children(pid)])


class Haproxy(Proxy):
    def __init__(self, mode, folder, files, backend):
        super().__init__(f"haproxy {mode}", folder, files)
        self.begin(["haproxy", "-db", "-f", self.write("haproxy.cfg", f"""
global
    nbthread 1
    maxconn 8000
defaults
    mode {mode}
    timeout connect 10s
    timeout client 1h
    timeout server 1h
frontend a
    bind 127.0.0.1:{self.ports['tcp']} ssl crt {files['both']}
    default_backend tcp
frontend b
    bind 127.0.0.1:{self.ports['unix']} ssl crt {files['both']}
    default_backend unix
backend tcp
    server one 127.0.0.1:{backend.port}
backend unix
    server one unix@{backend.path}
""")])


class Nginx(Proxy):
    """mode: http, where it keeps its connections to the backend for the next client, or stream."""
    SERVER = {
        "stream": """
    server {{
        listen 127.0.0.1:{port} ssl;
        proxy_pass {to};
        proxy_timeout 1h;
    }}
""", "http": """
    upstream {kind} {{
        server {to};
        keepalive 64;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        location / {{
            proxy_pass http://{kind};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""}
    # A log line, and a disk, are not what is to be measured; one connection is to last.
    HTTP = """
    access_log off;
    keepalive_timeout 1h;
    keepalive_requests 1000000;
    proxy_max_temp_file_size 0;
"""

    def __init__(self, mode, folder, files, backend):
        super().__init__(f"nginx {mode}", folder, files)
        temp = "".join(f"    {n}_temp_path {self.folder}/{n};\n" for n in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        to = {"tcp": f"127.0.0.1:{backend.port}", "unix": f"unix:{backend.path}"}
        servers = "".join(self.SERVER[mode].format(port=self.ports[k], to=to[k], kind=k)
                          for k in to)
        user = "" if os.getuid() else "user root;"
        self.begin(["nginx", "-e", self.folder / "error", "-c", self.write("nginx.conf", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile {FILES};
pid {self.folder}/pid;
error_log {self.folder}/error;
{user}
events {{
    worker_connections 12000;
}}
{mode} {{
    ssl_certificate {files['cert']};
    ssl_certificate_key {files['key']};
    ssl_protocols TLSv1.2 TLSv1.3;
{self.HTTP + temp if mode == 'http' else ''}{servers}}}
""")])


class Hitch(Proxy):
    """It has one backend a process."""

    def __init__(self, folder, files, backend):
        super().__init__("hitch", folder, files)
        to = {"tcp": f"[127.0.0.1]:{backend.port}", "unix": backend.path}
        for kind, port in self.ports.items():
            self.begin(["hitch", f"--frontend=[127.0.0.1]:{port}", f"--backend={to[kind]}",
                        "--workers=1", "--tls-protos=TLSv1.2 TLSv1.3",
                        *([] if os.getuid() else ["--user=nobody"]), files["both"]], [port])


class Stunnel(Proxy):
    def __init__(self, folder, files, backend):
        super().__init__("stunnel", folder, files)
        self.begin(["stunnel4", self.write("stunnel.conf", f"""
foreground = yes
pid =
syslog = no
output = {self.folder}/stunnel.log
cert = {files['both']}
[tcp]
accept = 127.0.0.1:{self.ports['tcp']}
connect = 127.0.0.1:{backend.port}
[unix]
accept = 127.0.0.1:{self.ports['unix']}
connect = {backend.path}
""")])


class Door(Peer):
    """dbtls: its processes by role."""

    def start(self, words):
        self.state = self.folder / "state"
        run(pinned(self.core, [BUILD / "dbtls", *words, "--state", self.state, "--detach"]))
        status = json.loads(run([BUILD / "dbtls", "status", "--state", self.state, "--json"]))
        roles = {}
        for process in status["processes"]:
            roles.setdefault(process["role"], []).append(process["pid"])
        self.groups = {"relays": roles["relay"], "keys": roles["keys"], "parent": roles["parent"]}
        self.engine = roles.get("engine", [])
        self.ca = self.state / "ca.pem"

    def stop(self):
        subprocess.run([BUILD / "dbtls", "down", "--state", self.state], timeout=120,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


class DoorTls(Door):
    """`protocol tls`: what the others do."""
    http = False

    def __init__(self, folder, backend):
        super().__init__("dbtls", folder)
        self.start(["serve", "-c", self.write("door.conf", f"""
endpoint tcp
protocol tls
listen 127.0.0.1:{self.ports['tcp']}
upstream 127.0.0.1:{backend.port}

endpoint unix
protocol tls
listen 127.0.0.1:{self.ports['unix']}
upstream unix:{backend.path}
""")])
        self.arguments = ["--speak=http", "--ca", self.ca]


class DoorMysql(Door):
    """`dbtls up`: the database's door, with the database."""

    def __init__(self, folder, name="dbtls up"):
        super().__init__(name, folder)
        password = self.folder / "password"
        self.start(["up", "--listen", f"127.0.0.1:{self.ports['tcp']}", "--password-file",
                    password])
        self.groups["database"] = self.engine
        self.arguments = ["--ca", self.ca, "--password-file", password]


class DoorServe(Door):
    """`dbtls serve` in front of MySQL's protocol on Unix sockets, on all cores."""

    def __init__(self, name, folder, sockets, *arguments, core=""):
        super().__init__(name, folder, core)
        upstreams = "".join(f"upstream unix:{s}\n" for s in sockets)
        self.start(["serve", "-c", self.write(
            "door.conf", f"listen 127.0.0.1:{self.ports['tcp']}\n{upstreams}")])
        self.arguments = ["--ca", self.ca, *arguments]


class MariaDB(Peer):
    """The engine's own arguments, so that all settings are the same, but those given."""
    OTHER = ("--skip-networking", "--datadir=", "--init-file=", "--socket=", "--pid-file=",
             "--tmpdir=", "--secure-file-priv=", "--max-connections=")

    def __init__(self, name, folder, engine, connections, core=SERVERS, more=()):
        super().__init__(name, folder, core)
        words = Path(f"/proc/{engine}/cmdline").read_text().rstrip("\0").split("\0")
        program = os.readlink(f"/proc/{engine}/exe")
        home = self.folder
        (home / "tmp").mkdir()
        self.socket, self.password = home / "sql", home / "password"
        init = self.write("init.sql", "".join(
            f"CREATE OR REPLACE USER root@'{host}' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO root@'{host}' WITH GRANT OPTION;\n"
            for host in ("127.0.0.1", "localhost")))
        self.password.write_text(PASSWORD)
        if os.getuid() == 0:
            for place in (home, home / "tmp", init):
                shutil.chown(place, ENGINE_USER, ENGINE_USER)
        run(as_engine(["mariadb-install-db", "--no-defaults", "--skip-test-db", "--force",
                       "--auth-root-authentication-method=normal", f"--datadir={home}/data"]))
        process, log = self.spawn(as_engine(
            [program] + [w for w in words[1:] if not w.startswith(self.OTHER)] +
            [f"--datadir={home}/data", f"--init-file={init}", f"--socket={self.socket}",
             f"--pid-file={home}/pid", f"--tmpdir={home}/tmp", "--bind-address=127.0.0.1",
             f"--port={self.ports['tcp']}", f"--max-connections={connections}", *more]))
        self.listening(self.ports["tcp"], process, log)
        self.groups = {"database": [process.pid]}
        self.arguments = ["--password-file", self.password]


class MariaDBTls(MariaDB):
    """The same database doing its own TLS."""

    def __init__(self, folder, engine, files):
        key = folder / "mariadb.key"
        shutil.copy(files["key"], key)
        if os.getuid() == 0:
            shutil.chown(key, ENGINE_USER, ENGINE_USER)
        super().__init__("mariadb", folder, engine, 1000, more=[
            f"--ssl-ca={files['ca']}", f"--ssl-cert={files['cert']}", f"--ssl-key={key}"])
        self.arguments += ["--ca", files["ca"]]
