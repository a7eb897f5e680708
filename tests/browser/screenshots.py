"""Pictures of the status page with real pools: up, saturated, down. Usage: screenshots.py FOLDER"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from support import fastcgi  # noqa: E402: the folder above comes first
from support.browser import Browser  # noqa: E402
from support.busy_workers import BusyWorkers  # noqa: E402
from support.exporter import Exporter  # noqa: E402
from support.php_fpm import PhpFpm  # noqa: E402
from support.responder import Responder  # noqa: E402
from support.waiting import wait_until  # noqa: E402

ROUNDS = 45  # in the sparklines before something breaks
POOL = {"pm.status_path": "/status", "pm.max_children": 4}
WARNING = b"PHP Warning:  mysqli_connect(): (HY000/2002): Connection refused in /srv/www/health.php on line 12"
MODULE = {
    "interval": "200ms",
    "timeout": "150ms",
    "health": {"rise": 1, "fall": 1},
    "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
    "status": {"path": "/status"},
}


def break_with(connection, _):
    if fastcgi.read_request(connection):
        connection.sendall(fastcgi.answer(b"no database", status="500 Internal Server Error", stderr=WARNING))


def config_for(fpm, health):
    labels = {"www": {"app": "shop", "tier": "front"}, "search": {"app": "shop"}, "blog": {"app": "blog"}}
    named = [*fpm.addresses.items(), ("health", health.address)]
    return {
        "modules": {"php_fpm": MODULE, "script": {"interval": "200ms", "ping": {"path": "/health.php"}}},
        "targets": [
            {
                "name": f"php8.2-{name}" if name != "health" else "shop-health",
                "address": address,
                "module": "php_fpm" if name != "health" else "script",
                "labels": labels.get(name, {}),
            }
            for name, address in named
        ],
    }


def rounds(exporter, target):
    return exporter.get(f"/api/v1/targets/{target}").json()["recent"]["class"]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    pools = {name: POOL for name in ("www", "search", "blog", "mail")}
    gone = PhpFpm({"api": {**POOL, "listen": "tcp"}})
    with PhpFpm(pools) as fpm, gone, Responder(break_with) as health, BusyWorkers(fpm) as busy, Browser() as browser:
        config = config_for(fpm, health)
        api = {"name": "php8.2-api", "address": gone.addresses["api"], "module": "php_fpm", "labels": {"app": "shop"}}
        config["targets"].append(api)
        with Exporter(config=config) as exporter:
            wait_until(lambda: len(rounds(exporter, "php8.2-www")) >= ROUNDS, "some rounds")
            gone.stop()
            busy.occupy("search", 4)
            busy.queue("search", 6)
            wait_until(lambda: rounds(exporter, "php8.2-search").count("busy") >= 8, "the saturation to show")
            page = f"http://127.0.0.1:{exporter.port}/"
            for name, options in {
                "status-light": {"scheme": "light", "height": 640},
                "detail-dark": {"scheme": "dark", "height": 800, "url": page + "#shop-health"},
            }.items():
                browser.open(**{"url": page, **options})
                browser.wait(selector="#rows tr.up .spark[aria-label*=passed]", text="")
                if "detail" in name:
                    browser.wait(selector="dialog .wire", text="STDERR")
                browser.screenshot(path=os.path.join(folder, name + ".png"))


if __name__ == "__main__":
    main(sys.argv[1])
