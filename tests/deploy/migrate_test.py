"""The guides of deploy/migrate: their commands, run as they stand against a real PHP-FPM, and the names they map."""

import base64
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
import yaml

from support.exporter import BINARY, Exporter, clean_environment
from support.php_fpm import PhpFpm
from support.ports import reserved_port
from support.waiting import wait_until

GUIDES = sorted((pathlib.Path(__file__).parents[2] / "deploy/migrate").glob("*.md"))
PORTS = ("8080", "9253", "19253")  # that the guides name


def blocks_of(guide, language):
    """[(what stands behind the language, text)] of the fenced blocks."""
    text = guide.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\b *(.*?)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands_of(transcript):
    """[(command, what it prints)] of a block in which each command stands behind a "$ "."""
    return [tuple(part.split("\n", 1)) for part in re.split(r"^\$ ", transcript, flags=re.MULTILINE)[1:]]


@pytest.fixture(scope="module")
def fpm():
    with PhpFpm({"www": {"pm.status_path": "/status"}}) as running:
        yield running


class Shell:
    """A reader's terminal: a folder, the program in the PATH, and what runs in the background."""

    def __init__(self, folder, fpm):
        self.folder = folder
        self.background = []
        self.here = {"/run/php": fpm.folder, **{port: str(reserved_port()) for port in PORTS}}
        (folder / "fastcgi_exporter").symlink_to(os.path.abspath(BINARY))
        self.environment = clean_environment({"PATH": f"{folder}:{os.environ['PATH']}"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.background:
            os.killpg(process.pid, signal.SIGTERM)
            assert process.wait(30) in (0, -signal.SIGTERM)

    def of_here(self, text):
        """With the sockets and ports of this test."""
        return re.sub("|".join(map(re.escape, self.here)), lambda found: self.here[found[0]], text)

    def write(self, name, text):
        (self.folder / name).write_text(self.of_here(text), encoding="utf-8")

    def run(self, command, wanted):
        command, wanted = self.of_here(command), self.of_here(wanted)
        run = {"shell": True, "cwd": self.folder, "env": self.environment, "executable": "/bin/bash"}
        if command.endswith("&"):
            # Its pages are on their port of here, wherever nothing else is said.
            started = subprocess.Popen("exec env " + self.listening(command[:-1]), start_new_session=True, **run)
            self.background.append(started)
        else:
            wait_until(lambda: subprocess.run(command, capture_output=True, text=True, **run).stdout == wanted, command)

    def listening(self, command):
        says_where = "SERVER=" in command or "LISTEN_ADDRESS" in command
        return command if says_where else f"{command} --web.listen-address=127.0.0.1:{self.here['9253']}"


def test_there_is_a_guide_from_each():
    assert [guide.stem for guide in GUIDES] == [
        *("from-blackbox_exporter", "from-fastcgi-healthcheck", "from-hipages-php-fpm_exporter")
    ]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_command_does_what_the_guide_says(guide, fpm, tmp_path):
    for index, (_, transcript) in enumerate(blocks_of(guide, "console")):
        folder = tmp_path / str(index)
        folder.mkdir()
        with Shell(folder, fpm) as shell:
            for name, text in blocks_of(guide, "yaml"):
                if name:
                    shell.write(name, text)
            for command, wanted in commands_of(transcript):
                shell.run(command, wanted)


def test_the_bytes_that_blackbox_exporter_sends_are_a_ping(fpm):
    (guide,) = [guide for guide in GUIDES if "blackbox" in guide.stem]
    module = yaml.safe_load(blocks_of(guide, "yaml")[0][1])["modules"]["fpm_ping"]
    sent, expected = module["unix"]["query_response"]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(fpm.addresses["www"].removeprefix("unix:"))
        connection.sendall(sent["send"])
        answer = connection.makefile("rb").read()
    assert re.search(expected["expect"], answer.decode(errors="replace"), re.MULTILINE), base64.b64encode(answer)


def test_every_metric_that_is_mapped_is_there(fpm):
    (guide,) = [guide for guide in GUIDES if "hipages" in guide.stem]
    rows = re.findall(r"^\| `.*$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`((?:phpfpm|fastcgi)_\w+)", row)}
    uri = fpm.addresses["www"].replace("unix:", "unix://") + ";/status"
    with Exporter(["--compat=hipages", f"--phpfpm.scrape-uri={uri}"]) as exporter:
        page = exporter.wait_for(lambda p: p.values("phpfpm_up") == [1], "the pool to be up")
        shown = set(re.findall(r"^(\w+)[{ ]", page.text, re.MULTILINE))
        assert names - shown == set()
    assert len(names) > 20
