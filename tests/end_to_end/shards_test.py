"""Several exporters that share the targets of one configuration, beside one real Prometheus."""

import contextlib

from support import responder
from support.exporter import Exporter, run
from support.prometheus import Prometheus
from support.responder import Responder
from support.waiting import wait_until

TARGETS = 30
FLAGS = ["--shard.count=3", "--web.enable-lifecycle"]
SHARDS = ["0", "1", "fastcgi-exporter-2"]  # the last as the name of a StatefulSet's pod


def config_for(address, targets=TARGETS):
    return {
        "modules": {"m": {"interval": "500ms", "ping": {}}},
        "targets": [{"name": f"php8.2-{i:02}", "address": address, "module": "m"} for i in range(targets)],
    }


def test_each_target_is_scraped_from_exactly_one_exporter():
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(Responder(responder.answering()))
        exporters = [
            stack.enter_context(Exporter([*FLAGS, f"--shard.index={index}"], config=config_for(peer.address)))
            for index in SHARDS
        ]
        for index, exporter in enumerate(exporters):
            wait_until(lambda e=exporter: e.get("/-/ready").status == 200, "a first round of each target")
            assert exporter.has_line(f'shard="{index} of 3" targets_of_all_shards={TARGETS}')
            shown = exporter.get("/config").text
            assert shown.startswith(f"# --shard.index={index} --shard.count=3")
            assert shown.count("name: php8.2-") == TARGETS
        prometheus = stack.enter_context(Prometheus([exporter.port for exporter in exporters]))
        wait_until(lambda: prometheus.number("sum(fastcgi_up)") == TARGETS, "every target to be up in Prometheus")
        assert prometheus.number("max(count by (target) (fastcgi_up))") == 1
        assert prometheus.number("count(count by (instance) (fastcgi_up))") == 3, "each has a share"
        assert prometheus.number("sum(fastcgi_exporter_targets)") == TARGETS
        assert prometheus.number('count(fastcgi_exporter_shard_info{count="3"})') == 3
        # What a reload adds goes to one of them, and what stays stays where it was.
        where = prometheus.query("sum by (instance, target) (fastcgi_up)")
        for exporter in exporters:
            exporter.write_config(config_for(peer.address, TARGETS + 1))
            assert exporter.get("/-/reload", method="POST").status == 200
        wait_until(lambda: prometheus.number("sum(fastcgi_up)") == TARGETS + 1, "the new target in Prometheus")
        now = prometheus.query("sum by (instance, target) (fastcgi_up)")
        assert where.items() <= now.items() and len(now) == TARGETS + 1


def test_probe_serves_the_targets_of_every_shard():
    with Responder(responder.answering()) as peer:
        with Exporter([*FLAGS, "--shard.index=0"], config=config_for(peer.address)) as exporter:
            page = exporter.wait_for(lambda p: p.values("fastcgi_up"), "a first round")
            assert len(page.values("fastcgi_target_info")) < TARGETS
            for each in config_for(peer.address)["targets"]:
                assert "\nprobe_success 1\n" in exporter.get(f"/probe?target={each['name']}").text


def test_bad_shards_are_refused():
    for flags, words in (
        (["--shard.index=3", "--shard.count=3"], "there are 3 shards, 0 to 2"),
        (["--shard.index=0"], "needs --shard.count"),
        (["--shard.count=2"], "needs --shard.index"),
        (["--shard.index=first", "--shard.count=2"], "a StatefulSet's pod"),
    ):
        code, _, said = run([*flags, "--fastcgi.target=127.0.0.1:9"])
        assert code == 1 and words in said, said


def relabelling(exporters):
    """As the README shows it: Prometheus gives each target of /sd to one exporter, whose /probe asks it."""
    addresses = [f"127.0.0.1:{exporter.port}" for exporter in exporters]
    shares = "\n".join(
        f"  - {{source_labels: [__tmp_shard], regex: '{i}', target_label: __address__, replacement: '{address}'}}"
        for i, address in enumerate(addresses)
    )
    return f"""
- job_name: probes
  metrics_path: /probe
  http_sd_configs: [{{url: "http://{addresses[0]}/sd"}}]
  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{source_labels: [__address__], modulus: {len(addresses)}, target_label: __tmp_shard, action: hashmod}}
{shares}
"""


def test_prometheus_shares_the_targets_of_sd_by_hashmod():
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(Responder(responder.answering()))
        exporters = [stack.enter_context(Exporter(config=config_for(peer.address))) for _ in SHARDS]
        prometheus = stack.enter_context(Prometheus([], job_extra=relabelling(exporters)))
        names = {f"php8.2-{i:02}" for i in range(TARGETS)}
        wait_until(lambda: prometheus.number('sum(probe_success{job="probes"})') == TARGETS, "a probe of every target")
        asked = [target["scrapeUrl"] for target in prometheus.targets()]
        assert sorted(url.split("target=")[1] for url in asked) == sorted(names)
        for exporter in exporters:
            assert any(f":{exporter.port}/probe" in url for url in asked), "each has a share"
        assert {dict(labels)["instance"] for labels in prometheus.query("probe_success")} == names
