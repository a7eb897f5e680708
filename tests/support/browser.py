"""A real browser: tests/browser/browser.mjs, told what to do."""

import json
import pathlib
import subprocess

from support import processes

DRIVER = pathlib.Path(__file__).resolve().parents[1] / "browser" / "browser.mjs"


class Browser:
    """`with Browser() as browser: browser.open(url)`; each method of browser.mjs is one of this."""

    def __enter__(self):
        self.process = subprocess.Popen(["node", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # at the end of its input it closes the browser
        processes.end_by_itself(self.process)

    def __getattr__(self, name):
        return lambda **options: self._do(name, options)

    def _do(self, name, options):
        self.process.stdin.write(json.dumps({"do": name, **options}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the browser ended: {self.process.wait(10)}"
        answer = json.loads(answer)
        assert "error" not in answer, f"{name} {options}: {answer['error']}"
        return answer["result"]
