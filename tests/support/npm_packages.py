"""Puts the scripts (.js, .ts) of a folder, and the npm packages that its lock file names, into a folder of the build.
Usage: npm_packages.py SOURCE WORKSHOP NPM. Asks the registry only when the lock file is another than the last time."""

import filecmp
import glob
import os
import shutil
import subprocess
import sys

ATTEMPTS = 3  # a registry may have a bad moment


def main(source, workshop, npm):
    workshop = os.path.abspath(workshop)
    os.makedirs(workshop, exist_ok=True)
    lock = os.path.join(source, "package-lock.json")
    installed = os.path.join(workshop, "node_modules", ".installed-lock.json")  # `npm ci` removes it first of all
    for stale in glob.glob(os.path.join(workshop, "*.[jt]s")):
        os.remove(stale)
    for pattern in ("*.js", "*.ts", "package*.json", "tsconfig.json"):
        for path in glob.glob(os.path.join(source, pattern)):
            shutil.copy(path, workshop)
    if os.path.exists(installed) and filecmp.cmp(lock, installed, shallow=False):
        return 0
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", workshop]
    for _ in range(ATTEMPTS):
        code = subprocess.run(command, cwd=workshop, check=False).returncode
        if code == 0:
            shutil.copy(lock, installed)
            return 0
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
