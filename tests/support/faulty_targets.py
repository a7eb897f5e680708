"""Targets behind fault proxies, in front of real PHP-FPM pools: what the tests of faults share."""

import os

from support.fastcgi_client import Request

KINDS = ("ping", "status", "script")
FAMILIES = ("tcp", "unix")
# Some toxics hold a worker of the pool as long as the connection is open.
POOLS = {
    family: {"listen": family, "pm.max_children": 48, "pm.status_path": "/status", "listen.backlog": 511}
    for family in FAMILIES
}
BEATS_TO_RECOVER = 2  # from the end of a fault on, when no exchange is open
SANITIZED = bool(os.environ.get("EXPORTER_SANITIZED"))
FORGET_SOON = {"ASAN_OPTIONS": "quarantine_size_mb=1"}


def module(kind, script, *milliseconds):
    interval, timeout, abandon_after = (f"{each}ms" for each in milliseconds)
    checks = {
        "ping": {"ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}}},
        "status": {"status": {"path": "/status", "process_details": "off"}},
    }
    # A script takes no part in health, so that it needs a ping beside it.
    checks["script"] = {**checks["ping"], "script": {"path": script, "interval": interval}}
    times = {"interval": interval, "timeout": timeout, "abandon_after": abandon_after}
    return {**times, "start_grace": "0s", "health": {"rise": 1, "fall": 1}, **checks[kind]}


def config_of(targets):
    """Of (name, address, its module) each."""
    targets = list(targets)
    return {
        "modules": {name: module for name, _, module in targets},
        "targets": [{"name": name, "address": address, "module": name} for name, address, _ in targets],
    }


def answer_to(address, path, query=""):
    """All bytes of it."""
    request = Request(address, path, query)
    try:
        return b"".join(iter(lambda: request.connection.recv(65536), b""))
    finally:
        request.close()


def metrics_script(fpm):
    return fpm.script("answer.php", "<?php echo 'php_answer 42';")


def answers(fpm, script):
    """{(kind, family): all bytes of an example}"""
    asked = {"ping": ("/fpm-ping",), "status": ("/status", "json"), "script": (script,)}
    return {(kind, family): answer_to(fpm.addresses[family], *asked[kind]) for kind in KINDS for family in FAMILIES}


def show(text):
    """For pytest -s, and in the file that FAULT_MATRIX names."""
    print(text)
    if "FAULT_MATRIX" in os.environ:
        with open(os.environ["FAULT_MATRIX"], "a") as file:
            file.write(text + "\n")
