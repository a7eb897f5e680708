"""PHP-FPM's status page as PHP writes it, with the figures that a test chooses; and as PHP breaks it."""

import json

SHORT = {
    "pool": "www",
    "process manager": "dynamic",
    "start time": 1700000000,
    "start since": 4711,
    "accepted conn": 1234,
    "listen queue": 3,
    "max listen queue": 17,
    "listen queue len": 511,
    "idle processes": 1,
    "active processes": 3,
    "total processes": 4,
    "max active processes": 9,
    "max children reached": 2,
    "slow requests": 5,
}

PROCESS = {
    "pid": 4242,
    "state": "Idle",
    "start time": 1700000000,
    "start since": 4711,
    "requests": 100,
    "request duration": 1500,
    "request method": "GET",
    "request uri": "/index.php?token=hushhush",
    "content length": 0,
    "user": "mallory",
    "script": "/srv/app/public/index.php",
    "last request cpu": 12.5,
    "last request memory": 2097152,
}


def short(**changes):
    """Keys in Python's spelling: accepted_conn=7; None leaves a key out."""
    page = {**SHORT, **spelled(changes)}
    return {key: value for key, value in page.items() if value is not None}


def process(**changes):
    return {**PROCESS, **spelled(changes)}


def full(*processes, **changes):
    return {**short(**changes), "processes": list(processes)}


def spelled(changes):
    return {name.replace("_", " "): value for name, value in changes.items()}


def text(page):
    return json.dumps(page, separators=(",", ":")).encode()


def broken_by_a_user(page, user=b'mal"lory'):
    """8.4 escapes the request URI, but not what the client says its user is."""
    return text(page).replace(b'"user":"mallory"', b'"user":"' + user + b'"')


def broken_by_a_uri(page, uri=b'/index.php?a="\x01\n\xff'):
    """7.4 escapes neither quotes nor control bytes of the request URI, nor bytes above 127."""
    written = json.dumps(PROCESS["request uri"]).encode()
    return text(page).replace(b'"request uri":' + written, b'"request uri":"' + uri + b'"')
