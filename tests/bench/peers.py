"""The programs that we are compared with, as far as they are there: each a command, or the reason why it is absent."""

import contextlib
import dataclasses
import http.client
import os
import shutil
import signal
import subprocess
import tempfile

from bench.measure import children_of
from support.ports import reserved_port
from support.waiting import wait_until

FOLDER = os.environ.get("BENCH_PEERS", "build/bench/peers")


@dataclasses.dataclass
class Peer:
    program: str = ""
    absent: str = ""


def installed(program, absent):
    path = shutil.which(program)
    return Peer(program=path) if path else Peer(absent=absent)


def built(name):
    """Of what run.sh has built; it notes why not in NAME.absent."""
    path = os.path.join(FOLDER, name)
    if os.access(path, os.X_OK):
        return Peer(program=path)
    with contextlib.suppress(FileNotFoundError), open(path + ".absent") as file:
        return Peer(absent=file.read().strip())
    return Peer(absent="run.sh has not built it")


def nginx():
    return installed("nginx", "nginx is not installed")


def blackbox():
    return installed("prometheus-blackbox-exporter", "prometheus-blackbox-exporter is not installed")


class Running:
    """A peer that serves HTTP on `port`, answering by the time `with` is entered."""

    def __init__(self, command, port, path="/", environment=None):
        self.command, self.port, self.path = command, port, path
        self.environment = {**os.environ, **(environment or {})}

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: answers(self.port, self.path) or self.process.poll() is not None, f"{self.command[0]}")
        assert self.process.poll() is None, f"{self.command} ended with {self.process.returncode}"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def pids(self):
        return [self.process.pid, *children_of(self.process.pid)]


def get(port, path):
    """(status, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answers(port, path):
    with contextlib.suppress(OSError, http.client.HTTPException):
        return get(port, path)[0] == 200
    return False


# One worker: our front is one thread, too.
NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200; }} }}
}}
"""


@contextlib.contextmanager
def running_nginx(program):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        port = reserved_port()
        with open(folder + "/nginx.conf", "w") as file:
            file.write(NGINX.format(folder=folder, port=port))
        with Running([program, "-p", folder, "-c", folder + "/nginx.conf"], port) as peer:
            yield peer


def running_go(program):
    port = reserved_port()
    return Running([program, f"127.0.0.1:{port}"], port)


def running_original(program, target_port):
    """fastcgi-healthcheck, asking a responder at 127.0.0.1:`target_port`."""
    port = reserved_port()
    environment = {"SERVER": f"127.0.0.1:{port}", "DESTINATION": "127.0.0.1", "DESTINATION_PORT": str(target_port)}
    return Running([program], port, "/health", environment)


@contextlib.contextmanager
def running_blackbox(program):
    """With a module that connects over tcp: it knows no FastCGI."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write("modules: {connect: {prober: tcp, timeout: 1s}}\n")
        config.flush()
        port = reserved_port()
        command = [program, f"--config.file={config.name}", f"--web.listen-address=127.0.0.1:{port}"]
        with Running(command, port, "/metrics") as peer:
            yield peer


def running_hipages(program, scrape_uri):
    port = reserved_port()
    command = [program, "server", f"--phpfpm.scrape-uri={scrape_uri}", f"--web.listen-address=127.0.0.1:{port}"]
    return Running(command, port, "/metrics")
