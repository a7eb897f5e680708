"""The flags that say where the pages are: --web.route-prefix, --web.systemd-socket, --web.unauthenticated-paths."""

import os
import re
import socket
import subprocess
import sys

from support import raw_http
from support.exporter import BINARY, Exporter, run

TARGET = "--fastcgi.target=t=127.0.0.1:1"
# What systemd does: the sockets from descriptor 3 on, and the variables that announce them to this process.
LAUNCHER = "import os, sys; os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])"


def test_every_page_is_below_the_prefix():
    with Exporter([TARGET, "--web.route-prefix=/exporter/"]) as exporter:
        for path in ("/healthz", "/metrics", "/fcgi-ping/t", "/-/ready", "/config"):
            assert exporter.get(path).status == 404, path
            assert exporter.get("/exporter" + path).status not in (401, 405), path
        assert exporter.get("/exporter/healthz").status == 200
        for path in ("/", "/exporter"):
            answer = exporter.get(path)
            assert (answer.status, answer.headers["location"]) == (302, "/exporter/"), path
        page = exporter.get("/exporter/")
        links = re.findall(r'(?:href|src|action)="([^"#]*)"', page.text)
        assert page.status == 200 and links
        for link in links:
            assert link.startswith("/exporter/") or not link.startswith("/"), link
            if "://" not in link:
                path = link if link.startswith("/") else "/exporter/" + link.removeprefix("./")
                assert exporter.get(path).status in (200, 404, 503), link
        assert "exporter" in exporter.get("/exporter/config").text


def test_a_path_that_is_no_page_ends_the_start():
    code, _, err = run([TARGET, "--web.listen-address=127.0.0.1:0", "--web.unauthenticated-paths=/healthz,/helthz"])
    assert (code, "/helthz" in err) == (1, True)
    code, _, err = run([TARGET, "--config.check", "--web.unauthenticated-paths=healthz"])
    assert (code, "--web.unauthenticated-paths" in err) == (1, True)


def test_sockets_from_systemd(tmp_path):
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "exporter.sock"))
    unix.listen()

    def pass_on():
        for number, each in enumerate((tcp, unix), start=10):  # away from 3 and 4 first: they may be taken
            os.dup2(each.fileno(), number)
        for number in (0, 1):
            os.dup2(10 + number, 3 + number)
            os.close(10 + number)

    command = [TARGET, "--web.systemd-socket"]
    with Exporter(command, environment={"LISTEN_FDS": "2"}, prefix=(sys.executable, "-c", LAUNCHER), preexec_fn=pass_on,
                  close_fds=False) as exporter:
        port = tcp.getsockname()[1]
        assert exporter.bound == [f"tcp://127.0.0.1:{port}", f"unix:{tmp_path}/exporter.sock"]
        for address in exporter.bound:
            with raw_http.RawClient(address) as client:
                client.get("/healthz")
                assert client.response().status == 200, address
    assert os.path.exists(tmp_path / "exporter.sock"), "systemd's socket file is gone"
    tcp.close()
    unix.close()


def test_no_sockets_from_systemd_is_an_error():
    for environment in ({}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}, {"LISTEN_FDS": "0"}, {"LISTEN_FDS": "x"}):
        code, _, err = run([TARGET, "--web.systemd-socket"], environment=environment)
        assert (code, "--web.systemd-socket" in err) == (1, True), environment


def test_a_descriptor_that_is_no_socket_is_an_error():
    launch = "import os; os.dup2(os.open('/dev/null', os.O_RDONLY), 3);" + LAUNCHER
    done = subprocess.run([sys.executable, "-c", launch, BINARY, TARGET, "--web.systemd-socket"], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, "LISTEN_FDS": "1"})
    assert (done.returncode, "descriptor 3" in done.stderr) == (1, True), done.stderr
