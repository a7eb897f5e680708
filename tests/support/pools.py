"""What the tests of PHP-FPM's status page share."""

import subprocess

MAX_CHILDREN = 2


def module(**more):
    return {
        "interval": "200ms",
        "timeout": "2s",
        "health": {"rise": 1, "fall": 1},
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        "status": {"path": "/status"},
        **more,
    }


def config_for(addresses, status_addresses=None, **more):
    return {
        "modules": {"m": module(**more)},
        "targets": [
            {
                "name": name,
                "address": address,
                "module": "m",
                "max_children": MAX_CHILDREN,
                **({"status_address": status_addresses[name]} if name in (status_addresses or {}) else {}),
            }
            for name, address in addresses.items()
        ],
    }


def phpfpm(page, target):
    """{(name, labels but target and pool): value} of one target."""
    return {
        (name, *sorted((k, v) for k, v in labels.items() if k not in ("target", "pool"))): value
        for name, samples in page.samples.items()
        for labels, value in samples
        if name.startswith("phpfpm_") and labels["target"] == target
    }


def lint(exporter):
    done = subprocess.run(["promtool", "check", "metrics"], input=exporter.get("/metrics").body, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# What clients wrote, and where scripts are.
PRIVATE = ("hushhush", "mallory", 'mal"lory', "index.php", "/srv/app", "secret")


def nothing_private(exporter, target):
    shown = {
        "/metrics": exporter.get("/metrics").text,
        "?verbose": exporter.get(f"/fcgi-ping/{target}?verbose").text,
        "/": exporter.get("/").text,
        "the log": exporter.log,
    }
    for place, text in shown.items():
        for word in PRIVATE:
            assert word not in text, f"{word} in {place}:\n{text}"
