"""The committed dashboards are what the generator makes, and what Grafana's own types allow.
UPDATE_DASHBOARDS=1 writes them anew."""

import json
import os
import re
import shutil
import subprocess

import pytest

from support import dashboards

WORKSHOP = os.environ["WORKSHOP"]
COMPILER = os.path.join(WORKSHOP, "node_modules/typescript/bin/tsc")


def node(*arguments):
    done = subprocess.run([os.environ["NODE"], *arguments], cwd=WORKSHOP, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    code, said = node("generate.js", str(folder))
    assert code == 0, said
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_committed_ones_are_the_generated_ones(generated):
    if os.environ.get("UPDATE_DASHBOARDS"):
        for name, text in generated.items():
            with open(os.path.join(dashboards.FOLDER, name), "w") as file:
                file.write(text)
    committed = {}
    for uid in dashboards.load():
        with open(os.path.join(dashboards.FOLDER, uid + ".json")) as file:
            committed[uid + ".json"] = file.read()
    assert committed.keys() == generated.keys()
    for name, text in generated.items():
        assert committed[name] == text, f"{name}: UPDATE_DASHBOARDS=1 ctest --preset release -R dashboards"


def compiled(folder, every):
    """{file: what TypeScript says of it}, for dashboards as literals, and for the generator."""
    for name in os.listdir(WORKSHOP):
        if name.endswith((".js", ".ts", ".json")):
            shutil.copy(os.path.join(WORKSHOP, name), folder)
    os.symlink(os.path.join(WORKSHOP, "node_modules"), folder / "node_modules")
    for name, dashboard in every.items():
        (folder / f"{name}.ts").write_text(
            f'import type {{ Contract }} from "./contract";\nexport const it: Contract = {json.dumps(dashboard)};\n'
        )
    _, said = node(COMPILER, "-p", str(folder), "--pretty", "false")
    complaints = {}
    for file, complaint in re.findall(r"^(\S+)\(\d+,\d+\): error (.*)", said, re.M):
        complaints.setdefault(os.path.basename(file), []).append(complaint)
    return complaints


def test_grafanas_types_allow_them_and_nothing_else(tmp_path):
    """A misspelt field of the dashboard, of a panel, of its options, and a word that is none of an enum's."""
    (good, *_) = dashboards.load().values()
    panel = next(dashboards.panels(good))
    spoilt = {
        "refesh": {**good, "refesh": "30s"},
        "discription": {**good, "panels": [{**panel, "discription": "x"}]},
        "graphMod": {**good, "panels": [{**panel, "options": {**panel["options"], "graphMod": "none"}}]},
        "colorful": {**good, "panels": [{**panel, "options": {**panel["options"], "colorMode": "colorful"}}]},
    }
    complaints = compiled(tmp_path, {**dashboards.load(), **spoilt})
    assert complaints.keys() == {f"{word}.ts" for word in spoilt}, complaints
    for word in spoilt:
        assert any(word in complaint for complaint in complaints[f"{word}.ts"]), complaints
