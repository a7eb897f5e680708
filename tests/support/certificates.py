"""Certificates as a test wants them, made by the openssl command."""

import os
import subprocess


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60, **more)


class Certificates:
    """A folder with an authority (ca.crt) and what it has signed: NAME.crt, NAME.key."""

    def __init__(self, folder):
        self.folder = str(folder)
        self._request("ca", "ca.key", "-x509", "-addext", "basicConstraints=critical,CA:TRUE")

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    def _request(self, subject, key, *more, algorithm="ec"):
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        kind = ["-newkey", "rsa:2048"] if algorithm == "rsa" else curve
        end = ".crt" if "-x509" in more else ".csr"
        openssl("req", *kind, "-nodes", "-subj", f"/CN={subject}", "-days", "2", "-keyout", self.path(key), "-out",
                self.path(subject + end), *more)

    def self_signed(self, name, names="DNS:localhost"):
        self._request(name, name + ".key", "-x509", "-addext", f"subjectAltName={names}")

    def signed(self, name, names="DNS:localhost,IP:127.0.0.1", algorithm="ec"):
        self._request(name, name + ".key", "-addext", f"subjectAltName={names}", algorithm=algorithm)
        openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path("ca.crt"), "-CAkey",
                self.path("ca.key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out",
                self.path(name + ".crt"))
