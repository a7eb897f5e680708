"""What --web.config.file may say: the same as promtool finds good or bad, file by file."""

import pathlib
import re
import shutil
import subprocess
import textwrap

import pytest

from support.certificates import Certificates
from support.exporter import run

TABLE = pathlib.Path(__file__).parents[1] / "config/testdata/web"


@pytest.fixture(name="folder", scope="module")
def make_folder(tmp_path_factory):
    """The table with certificates beside each file."""
    folder = tmp_path_factory.mktemp("web")
    made = Certificates(folder)
    made.signed("server")
    made.signed("other")
    (folder / "junk.pem").write_text("no certificate\n", encoding="ascii")
    texts = {"@CERT@": "server.crt", "@KEY@": "server.key", "@CA@": "ca.crt"}
    for kind in ("good", "bad", "newer", "stricter"):
        shutil.copytree(TABLE / kind, folder / kind)
        for name in ("server.crt", "server.key", "ca.crt", "other.key", "junk.pem"):
            shutil.copy(folder / name, folder / kind)
        for file in (folder / kind).glob("*.yaml"):
            text = file.read_text(encoding="ascii")
            for mark, name in texts.items():
                text = text.replace(mark, textwrap.indent(made.text(name), "    "))
            file.write_text(text, encoding="ascii")
    return folder


def files(folder, kind):
    return sorted((folder / kind).glob("*.yaml"))


def promtool(paths):
    """{file name: what promtool has against it}, with "" for nothing."""
    command = ["promtool", "check", "web-config", *map(str, paths)]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    line_of_a_file = r"^\S*/(\S+\.yaml) (SUCCESS|FAILED: .*?)$(?=\n\S*/\S+\.yaml |\Z)"
    found = re.findall(line_of_a_file, said.stdout.strip(), re.M | re.S)
    verdicts = {name: verdict.removeprefix("SUCCESS") for name, verdict in found}
    assert set(verdicts) == {path.name for path in paths}, said.stdout
    return verdicts


def ours(paths):
    verdicts = {}
    for path in paths:
        code, _, err = run(["--config.check", f"--web.config.file={path}"])
        assert (code == 0) == (err == "") and code in (0, 1), err
        verdicts[path.name] = err
    return verdicts


def accepted(verdicts):
    return {name for name, problem in verdicts.items() if not problem}


def test_the_table_is_long_enough():
    counts = {kind: len(list((TABLE / kind).glob("*.yaml"))) for kind in ("good", "bad", "newer", "stricter")}
    assert counts["good"] >= 20 and counts["bad"] >= 40 and counts["newer"] >= 5, counts


def test_what_is_good_is_good_to_both(folder):
    paths = files(folder, "good")
    assert accepted(promtool(paths)) == accepted(ours(paths)) == {path.name for path in paths}


def test_what_is_bad_is_bad_to_both_and_ours_says_where(folder):
    paths = files(folder, "bad")
    assert accepted(promtool(paths)) == set()
    problems = ours(paths)
    assert accepted(problems) == set()
    for path in paths:
        assert str(path) in problems[path.name]
        assert not re.search(r"\$2|BEGIN|secret", problems[path.name]), "a hash, a key or a password is shown"


def test_keys_that_promtool_does_not_know_yet(folder):
    paths = files(folder, "newer")
    verdicts = promtool(paths)
    assert all("not found in type" in verdict or "missing" in verdict for verdict in verdicts.values()), verdicts
    assert accepted(ours(paths)) == {path.name for path in paths}


def test_what_only_we_refuse_is_said_plainly(folder):
    paths = files(folder, "stricter")
    assert accepted(promtool(paths)) == {path.name for path in paths}
    assert accepted(ours(paths)) == set()


def test_a_file_that_is_not_there_ends_the_start():
    code, _, err = run(["--web.config.file=/nowhere.yaml", "--fastcgi.target=127.0.0.1:1"])
    assert code == 1
    assert err == "--web.config.file=/nowhere.yaml: No such file or directory\n"


def test_the_example_is_good_as_it_stands(folder):
    example = pathlib.Path(__file__).parents[2] / "config/web.yaml"
    shutil.copy(example, folder / "web.yaml")
    assert ours([folder / "web.yaml"])["web.yaml"] == ""
