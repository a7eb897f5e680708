"""Targets to which everything happens at once, watched by the real exporter, scraped by a real Prometheus with the
shipped rules: healthy, slow, late, wrong, gone, silent, saturated, stuck. Dashboards and alerts are tested on it.

Time runs 60 times faster for the rules: each duration in rules.yml, `for` as well as ranges, is divided by 60, and
Prometheus scrapes once a second instead of once a minute. Nothing else in them is touched.
"""

import contextlib
import os
import re
import signal
import socket
import time

import yaml

from support import fastcgi, responder, status_page
from support.busy_workers import BusyWorkers
from support.exporter import Exporter
from support.fastcgi_client import ask
from support.php_fpm import PhpFpm
from support.prometheus import Prometheus
from support.responder import Responder
from support.scripted_pool import ScriptedPool
from support.waiting import wait_until

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
FASTER = 60
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

OPCACHE = os.path.join(TOP, "deploy/php/opcache.php")
WITH_OPCACHE = {"zend_extension": "opcache", "opcache.enable": "1"}
MAX_CHILDREN = {"shop": 4, "busy": 2}
BACKLOG = 8
WAITING = 5  # clients, beside our own ping
STUCK_SECONDS = 400
MEMORY_PEAK = 50_000_000
SLOW_MILLISECONDS = 700
ACCEPTED_AT_ONCE, SLOW_AT_ONCE = 100, 20  # of the pool "stuck"
STDERR = b"PHP Warning: careful"


def faster(duration):
    """ "5m" is 5 s."""
    seconds = sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))
    return f"{seconds * 1000 // FASTER}ms"


def rules_in_a_hurry():
    """(the rules' text, the names that they record)"""
    with open(os.path.join(TOP, "deploy/prometheus/rules.yml")) as file:
        rules = yaml.safe_load(file)
    each = [rule for group in rules["groups"] for rule in group["rules"]]
    for rule in each:
        rule["expr"] = re.sub(r"\[(\w+)\]", lambda found: f"[{faster(found[1])}]", rule["expr"])
        if "for" in rule:
            rule["for"] = faster(rule["for"])
    return yaml.safe_dump(rules), [rule["record"] for rule in each if "record" in rule]


POOLS = {
    "shop": {"pm.max_children": MAX_CHILDREN["shop"], "pm.status_path": "/status", "pm.status_listen": "unix"},
    "busy": {
        "pm.max_children": MAX_CHILDREN["busy"],
        "listen.backlog": BACKLOG,
        "pm.status_path": "/status",
        "pm.status_listen": "unix",
        "request_slowlog_timeout": "1s",
    },
    "wrong": {"ping.response": "nope"},
    "nostatus": {},
    "slow": {"pm.max_children": 4},
}


def every_other_time(right, wrong):
    """The first answer is right, then they alternate."""
    turn = iter(range(1 << 30))

    def behave(connection, peer):
        (wrong if next(turn) % 2 else right)(connection, peer)

    return behave


def late(connection, peer):
    if fastcgi.read_request(connection):
        peer.released.wait(0.8)
        connection.sendall(fastcgi.answer(b"pong"))


def peers():
    warning = responder.answering(b"pong", stderr=STDERR)
    return {
        "late": Responder(responder.answering(b"pong")),
        "shaky": Responder(every_other_time(warning, responder.resetting)),
        "silent": Responder(responder.silent),
        "stuck": ScriptedPool(stuck_page()),
        "flawed": ScriptedPool(status_page.broken_by_a_user(status_page.full(status_page.process()))),
    }


class Scenario:
    """`with Scenario() as scenario:`, then scenario.happen(), which returns when Prometheus has seen the last event."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            start = stack.enter_context
            self.fpm = PhpFpm(POOLS, ini=WITH_OPCACHE)
            self.fpm.pools["busy"]["slowlog"] = os.path.join(self.fpm.folder, "slow.log")
            start(self.fpm)
            self.gone = start(PhpFpm({"gone": {}}))
            self.busy = start(BusyWorkers(self.fpm))
            self.peers = {name: start(peer) for name, peer in peers().items()}
            self.deserted = os.path.join(self.fpm.folder, "deserted.sock")
            with socket.socket(socket.AF_UNIX) as nobodys:
                nobodys.bind(self.deserted)
            self.exporter = start(Exporter(config=self.config()))
            self.exporter.wait_for(lambda page: page.health("late") == "up", "an answer of late in time")
            self.peers["late"].behave = late
            rules, self.recorded = rules_in_a_hurry()
            self.prometheus = start(Prometheus(self.exporter.port, rules=rules))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def config(self, leaving=True):
        slow = self.fpm.script("slow.php", f"<?php usleep({SLOW_MILLISECONDS * 1000}); echo 'pong';")
        status = {"path": "/status", "process_details": "per_process"}
        opcache = {"path": OPCACHE, "interval": "1s"}
        quick = {"timeout": "500ms", "health": {"rise": 1, "fall": 1000}}
        modules = {
            "pool": module(status=status),
            "shop": module(status=status, script=opcache),
            "ping": module(),
            "slow": module(ping={"path": slow, "expect": {"contains": "pong"}}),
            "late": module(**quick),
            "silent": module(timeout="500ms", abandon_after="1s"),
        }
        of_fpm = {"shop": "shop", "busy": "pool", "wrong": "ping", "nostatus": "pool", "slow": "slow"}
        targets = [target(name, self.fpm.addresses[name], module) for name, module in of_fpm.items()]
        targets += [target("gone", self.gone.addresses["gone"], "ping")]
        of_peers = {"late": "late", "shaky": "ping", "silent": "silent", "stuck": "pool", "flawed": "pool"}
        targets += [target(name, self.peers[name].address, module) for name, module in of_peers.items()]
        if leaving:
            targets.append(target("leaving", self.fpm.addresses["nostatus"], "ping"))
        for one in targets:
            name = one["name"]
            if name in self.fpm.status_addresses:
                one["status_address"] = self.fpm.status_addresses[name]
            if name in MAX_CHILDREN:
                one["max_children"] = MAX_CHILDREN[name]
        return {"modules": modules, "targets": targets, "discovery": {"unix_sockets": [{"glob": self.deserted}]}}

    def reload(self, config, want):
        self.exporter.write_config(config)
        self.exporter.process.send_signal(signal.SIGHUP)
        self.exporter.wait_for(
            lambda page: page.value("fastcgi_exporter_config_last_reload_successful") == want, f"reload: {want}"
        )

    def happen(self):
        """Well at first, all but those that never are; then the events, one after the other."""
        number = self.prometheus.number
        wait_until(lambda: number('sum(fastcgi_health{state="up"})') == 10, "ten targets to be up")
        # A new Prometheus looks for what to scrape after five seconds: to the rules in a hurry, five minutes.
        absent = 'absent(ALERTS{alertname="FastCGIExporterAbsent"})'
        wait_until(lambda: number(absent), "the alert that nothing is scraped to be over")
        self.began = time.time()
        wait_until(lambda: number('count(count_over_time(fastcgi_up{target="gone"}[1h]) > 3)'), "some history")
        # Before workers of the same master fall asleep: the opcache restarts only when nobody is at a script.
        reset = self.fpm.script("reset.php", "<?php opcache_reset(); echo 'reset';")
        assert ask(self.fpm.addresses["shop"], "/reset.php", SCRIPT_FILENAME=reset).body == b"reset"
        restarts = 'phpfpm_opcache_restarts_total{reason="manual"} == 1 and on () phpfpm_opcache_up == 1'
        wait_until(lambda: number(restarts), "the opcache's restart")
        self.busy.occupy("busy", MAX_CHILDREN["busy"])
        self.busy.queue("busy", WAITING)
        self.gone.stop()
        was = status_page.SHORT
        self.peers["stuck"].show(
            stuck_page(
                accepted_conn=was["accepted conn"] + ACCEPTED_AT_ONCE,
                slow_requests=was["slow requests"] + SLOW_AT_ONCE,
                max_children_reached=was["max children reached"] + 1,
            )
        )
        started = number("fastcgi_exporter_config_last_reload_success_timestamp_seconds")
        self.reload(self.config(leaving=False), want=1)
        wait_until(lambda: number("fastcgi_exporter_targets") == 11, "the reload in Prometheus")
        self.reload_moments = [started, number("fastcgi_exporter_config_last_reload_success_timestamp_seconds")]
        self.reload("targets: [{name: broken", want=0)


def stuck_page(**more):
    running = status_page.process(state="Running", request_duration=STUCK_SECONDS * 1_000_000)
    return status_page.text(status_page.full(running, status_page.process(), memory_peak=MEMORY_PEAK, **more))


def module(**more):
    return {
        "interval": "1s",
        "timeout": "5s",
        "start_grace": "0s",
        "health": {"rise": 1, "fall": 1},
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        **more,
    }


def target(name, address, module_name):
    return {"name": name, "address": address, "module": module_name, "labels": {"team": "web"}}
