"""The Debian package of a build."""

import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ.get("BUILD", "build/release"))


def output_of(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def build_package(folder):
    output_of("cpack", "-G", "DEB", "-B", folder, cwd=BUILD, umask=0o022)
    (file,) = folder.glob("*.deb")
    return file
