"""The Debian package: built, read by lintian, and looked into. tests/packaging.sh installs it."""

import gzip
import pathlib
import re
import subprocess

import pytest

from support.debian_package import build_package, output_of
from support.exporter import run

CONFIG = pathlib.Path(__file__).parents[2] / "config/CONFIG.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    output_of("dpkg-deb", "--extract", package, folder)
    return folder


def test_lintian_has_no_errors_and_no_warnings(package):
    output_of("lintian", "--allow-root", "--fail-on", "error,warning", package)


def test_everything_below_etc_is_a_conffile(package, unpacked):
    conffiles = output_of("dpkg-deb", "--info", package, "conffiles").split()
    shipped = ["/" + str(file.relative_to(unpacked)) for file in unpacked.glob("etc/**/*") if file.is_file()]
    assert sorted(conffiles) == sorted(shipped) != []


def test_the_default_configuration_is_good(unpacked):
    code, out, err = run(["--config.check", f"--config.file={unpacked}/etc/fastcgi_exporter/fastcgi_exporter.yaml"])
    assert code == 0, err
    assert "/etc/php/*/fpm/pool.d/*.conf" in out


def test_the_manual_page_has_every_flag_command_and_variable_and_is_good_troff(unpacked):
    page = unpacked / "usr/share/man/man1/fastcgi_exporter.1.gz"
    shown = subprocess.run(
        ["man", "--warnings", "--local-file", page],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "1000", "LC_ALL": "C.UTF-8"},
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    _, help_text, _ = run(["--help"])
    entries = re.findall(r"^  (-\S+|\w[\w, ]*?)(?:  | [A-Z[])", help_text.split("\nOptions:")[1], re.MULTILINE)
    variables = re.findall(r"^\| `([A-Z_]+)` \|", CONFIG.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(entries) > 15 and {"SERVER", "PHP_FPM_SCRAPE_URI"} < set(variables)
    for entry in entries + variables:
        assert re.search(rf"^ +{re.escape(entry)}\b", shown.stdout, re.MULTILINE), entry


def test_the_changelog_is_of_this_version(unpacked):
    _, out, _ = run(["--version"])
    with gzip.open(unpacked / "usr/share/doc/fastcgi-exporter/changelog.gz", "rt") as changelog:
        assert f"({out.split()[1]})" in changelog.readline()
