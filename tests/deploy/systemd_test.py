"""The units, as systemd's own tools read them."""

import pathlib
import shutil
import subprocess

UNITS = pathlib.Path(__file__).parents[2] / "deploy/systemd"
MOST_EXPOSED = 1.5  # of 10, by `systemd-analyze security`


def analyze(folder, *arguments):
    return subprocess.run(
        ["systemd-analyze", *arguments], cwd=folder, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}
    )


def test_every_line_of_the_units_is_understood(tmp_path):
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8").replace("/usr/bin/fastcgi_exporter", "/bin/true")  # one that is there
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = analyze(tmp_path, "verify", "--man=no", *(f"./{unit.name}" for unit in UNITS.iterdir()))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_is_hardly_exposed(tmp_path):
    shutil.copy(UNITS / "fastcgi_exporter.service", tmp_path)
    threshold = f"--threshold={int(MOST_EXPOSED * 10)}"
    done = analyze(tmp_path, "security", "--offline=true", threshold, "./fastcgi_exporter.service")
    assert done.returncode == 0, done.stdout
