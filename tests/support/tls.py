"""TLS as a client, in Python and by the openssl command."""

import base64
import http.client
import re
import ssl
import subprocess

from support.exporter import Answer


def context(authority=None, client=None):
    """Trusts nobody but `authority`, or anybody; `client` is (certificate file, key file)."""
    made = ssl.create_default_context(cafile=authority) if authority else ssl._create_unverified_context()
    if client:
        made.load_cert_chain(*client)
    return made


def get(exporter, path="/healthz", headers=None, method="GET", **more):
    connection = http.client.HTTPSConnection("127.0.0.1", exporter.port, timeout=30, context=context(**more))
    try:
        connection.request(method, path, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def is_refused(exporter, **more):
    """Whether no request comes through. With TLS 1.3 a client learns after its handshake that it is not wanted."""
    try:
        get(exporter, **more)
        return False
    except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
        return True


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Handshake:
    """What `openssl s_client` says of one; `protocol` is None when it failed."""

    def __init__(self, exporter, *arguments):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{exporter.port}", *arguments]
        said = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=False)
        self.text = said.stdout.decode(errors="replace") + said.stderr.decode(errors="replace")
        done = re.search(r"^New, (TLSv[\d.]+), Cipher is (\S+)$", self.text, re.M)
        self.cipher = done and done[2]
        protocol = re.search(r"^\s*Protocol\s*:\s*(\S+)$", self.text, re.M) or done
        self.protocol = protocol[1] if done else None
        group = re.search(r"^Server Temp Key: (.*), \d+ bits$", self.text, re.M)
        self.group = group and group[1]
        chosen = re.search(r"^ALPN protocol: (\S+)$", self.text, re.M)
        self.alpn = chosen and chosen[1]
