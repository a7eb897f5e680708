"""The real binary, as a user runs it."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading

from support import page
from support.waiting import wait_until

BINARY = os.environ.get("EXPORTER", "build/release/fastcgi_exporter")
SEED_VARIABLES = ("SERVER", "DESTINATION", "DESTINATION_PORT", "PING_PATH", "PING_RESPONSE", "RUST_LOG")


def clean_environment(extra=None):
    environment = {k: v for k, v in os.environ.items() if k not in SEED_VARIABLES}
    environment.update(extra or {})
    return environment


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Exporter:
    """`with Exporter(["--fastcgi.target=..."]) as exporter:`; stopped with SIGTERM, must end with code 0 by itself."""

    def __init__(self, arguments=(), config=None, environment=None, listen="127.0.0.1:0", prefix=(), **popen):
        self.config_file = None
        arguments = list(arguments)
        if config is not None:
            self.config_file = tempfile.NamedTemporaryFile("w", suffix=".yaml")
            self.write_config(config)
            arguments.append("--config.file=" + self.config_file.name)
        if listen and not (environment and "SERVER" in environment):
            arguments.append("--web.listen-address=" + listen)
        self.command = [*prefix, BINARY, *arguments]
        self.environment = clean_environment(environment)
        self.popen = popen
        self.lines = []

    def write_config(self, config):
        """What the next reload reads; of an exporter that was given a `config`."""
        self.config_file.seek(0)
        self.config_file.truncate()
        self.config_file.write(config if isinstance(config, str) else json.dumps(config))
        self.config_file.flush()

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            **self.popen,
        )
        self.readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (self.process.stderr, self.process.stdout)
        ]
        for reader in self.readers:
            reader.start()
        wait_until(lambda: self.has_line("msg=started") or self.process.poll() is not None, "the exporter's start")
        assert self.process.poll() is None, "the exporter did not start:\n" + self.log
        self.bound = re.findall(r"msg=listening address=(\S+)", self.log)
        self.port = next((int(a.rsplit(":", 1)[1]) for a in self.bound if a.startswith("tcp")), None)
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "still running 30 s after SIGTERM"
        for reader in self.readers:
            reader.join()
        if self.config_file:
            self.config_file.close()
        if kind is None:
            assert code == 0, f"exit: {code}\n{self.log}"
        else:
            print(self.log[-8000:])

    def _read(self, stream):
        for line in stream:
            self.lines.append(line)

    @property
    def log(self):
        return "".join(self.lines)

    def has_line(self, *parts):
        return any(all(part in line for part in parts) for line in list(self.lines))

    @property
    def pid(self):
        return self.process.pid

    def connection(self, timeout=30):
        if self.port is None:
            return UnixConnection(self.bound[0].removeprefix("unix:"), timeout)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def get(self, path, headers=None, method="GET"):
        connection = self.connection()
        try:
            connection.request(method, path, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def metrics(self):
        """The parsed page; every page that a test looks at is also checked against the published invariants."""
        answer = self.get("/metrics")
        assert answer.status == 200
        return page.Page(answer.text)

    def wait_for(self, condition, what, limit=60):
        """The first /metrics page for which condition(page) is true."""

        def fetch():
            current = self.metrics()
            return current if condition(current) else None

        return wait_until(fetch, what, limit)

    def why(self, target):
        return self.get(f"/fcgi-ping/{target}?verbose").json()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def run(arguments, environment=None, limit=60, **popen):
    """The binary to its end: (exit code, stdout, stderr)."""
    done = subprocess.run(
        [BINARY, *arguments],
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        timeout=limit,
        errors="replace",
        **popen,
    )
    return done.returncode, done.stdout, done.stderr
