"""What the machine around the exporter does to it: networks, socket files, pools, descriptors, the clock, the
log and the configuration's folder break and are mended. It neither ends nor hangs, /healthz answers all the time, the
outcome is the one that is documented, and afterwards everything is as before without anybody's help."""

import contextlib
import fcntl
import glob
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time

import pytest

from support import namespace, responder
from support.exporter import BINARY, Exporter, clean_environment
from support.faults import TRACEABLE, Pulse, injected, injected_everywhere, thread_named
from support.php_fpm import PhpFpm
from support.raw_http import Crowd, RawClient
from support.responder import Responder
from support.waiting import wait_until

SKIPPED = "fastcgi_probes_skipped_total"
FAILED = "fastcgi_probe_failures_total"


# Where no failure is wanted and the responder is a thread of this busy process.
PATIENT = {"timeout": "10s", "abandon_after": "10s"}


def config_for(addresses, **module):
    quick = {
        "interval": "100ms",
        "timeout": "500ms",
        "abandon_after": "1s",
        "stale_after": "1s",
        "start_grace": "0s",
        "health": {"rise": 1, "fall": 1},
        "ping": {"expect": {"contains": "pong"}},
        **module,
    }
    targets = [{"name": name, "address": address, "module": "m"} for name, address in addresses.items()]
    return {"modules": {"m": quick}, "targets": targets}


def wait_for_outcome(exporter, target, outcome):
    wanted = outcome, "up" if outcome == "pass" else "down"
    exporter.wait_for(lambda p: (p.outcome(target), p.health(target)) == wanted, f"{target} to be {wanted}")


def wait_for_passes(exporter, *targets, passes=3):
    """So many more passes of each."""
    before = exporter.metrics()
    return exporter.wait_for(
        lambda p: all(succeeded(p, t) >= succeeded(before, t) + passes and p.health(t) == "up" for t in targets),
        f"passes of {targets}",
    )


def succeeded(page, target):
    return page.total("fastcgi_probes_total", target=target) - page.total(FAILED, target=target)


def test_a_network_that_breaks_and_is_mended():
    """192.0.2.9 is somebody on the wire who does not exist, nobody, forbidden and ourselves, in turn."""
    network = namespace.prefix(
        "ip link add v0 type veth peer name v1",
        "ip address add 192.0.2.1/24 dev v0",
        *(f"ip link set {link} up" for link in ("v0", "v1", "lo")),
        "ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0",
    )
    here = "address {} 192.0.2.9/32 dev lo"
    story = [
        (here.format("add"), "pass"),
        (here.format("del"), "connect_timeout"),  # every SYN is lost
        ("route add unreachable 192.0.2.9/32", "unreachable"),
        ("route replace prohibit 192.0.2.9/32", "permission_denied"),
        ("route replace blackhole 192.0.2.9/32", "unreachable"),
        ("route del blackhole 192.0.2.9/32", "connect_timeout"),
        (here.format("add"), "pass"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        config = config_for({"far": "192.0.2.9:9000"})
        with Exporter(config=config, prefix=network, listen=f"unix:{folder}/pages.sock") as exporter:
            wait_for_outcome(exporter, "far", "connect_timeout")
            with Pulse(exporter), namespace.responder_inside(exporter.pid, 9000):
                for change, outcome in story:
                    namespace.run_inside(exporter.pid, "ip " + change)
                    wait_for_outcome(exporter, "far", outcome)
                    assert exporter.get("/fcgi-live/far").status == 200, "no network is mended by a restart"
            wait_for_outcome(exporter, "far", "refused")  # the kernel resets whoever comes
            assert exporter.get("/fcgi-live/far").status == 503
            with namespace.responder_inside(exporter.pid, 9000):
                wait_for_passes(exporter, "far")


def test_a_firewall_that_resets():
    """Each connect; then whatever follows one, as if the firewall had forgotten the connection; then none."""
    network = namespace.prefix("ip link set lo up")
    fill = "add table inet t; add chain inet t in {{ type filter hook input priority 0; }}; add rule inet t in {}"
    reset = "tcp dport 9000 {} reject with tcp reset"
    with tempfile.TemporaryDirectory() as folder:
        config = config_for({"near": "127.0.0.1:9000"})
        with Exporter(config=config, prefix=network, listen=f"unix:{folder}/pages.sock") as exporter:
            with Pulse(exporter), namespace.responder_inside(exporter.pid, 9000):
                wait_for_outcome(exporter, "near", "pass")
                for packets, outcome in (("", "refused"), ("tcp flags & syn == 0", "closed_without_answer")):
                    namespace.run_inside(exporter.pid, "nft " + fill.format(reset.format(packets)))
                    wait_for_outcome(exporter, "near", outcome)
                    namespace.run_inside(exporter.pid, "nft delete table inet t")
                    wait_for_passes(exporter, "near")


@contextlib.contextmanager
def as_nobody(config):
    """Root would be let in everywhere."""
    setpriv = [] if os.getuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    exporter = Exporter(config=config, prefix=setpriv)
    os.chmod(exporter.config_file.name, 0o644)
    with exporter:
        yield exporter


def test_a_socket_file_that_goes_comes_back_and_turns_into_something_else():
    with contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(Responder(responder.answering(), "unix")) for _ in range(2))
        folder = os.path.join(first.folder, "run")
        os.mkdir(folder)
        path = os.path.join(folder, "www.sock")
        datagrams = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        story = [
            (lambda: os.link(first.path, path), "pass"),
            (lambda: os.unlink(path), "no_socket"),
            (lambda: os.link(second.path, path), "pass"),  # recreated: another inode
            (lambda: os.chmod(path, 0o000), "permission_denied"),
            (lambda: os.chmod(path, 0o777), "pass"),
            (lambda: (os.unlink(path), os.mkdir(path), os.chmod(path, 0o777)), "refused"),
            (lambda: os.rmdir(path), "no_socket"),
            (lambda: (open(path, "w").close(), os.chmod(path, 0o777)), "refused"),
            (lambda: (os.unlink(path), os.symlink(path, path)), "no_socket"),
            (lambda: (os.unlink(path), os.mkfifo(path), os.chmod(path, 0o777)), "refused"),
            (lambda: (os.unlink(path), os.link(first.path, path)), "pass"),
            (lambda: (os.unlink(path), datagrams.bind(path), os.chmod(path, 0o777)), "not_fastcgi"),
            (lambda: shutil.rmtree(folder), "no_socket"),
            (lambda: open(folder, "w").close(), "no_socket"),
            (lambda: (os.unlink(folder), os.mkdir(folder, 0o755), os.link(second.path, path)), "pass"),
            (lambda: os.chmod(folder, 0o000), "permission_denied"),
            (lambda: os.chmod(folder, 0o755), "pass"),
        ]
        exporter = stack.enter_context(as_nobody(config_for({"www": "unix:" + path})))
        with Pulse(exporter):
            for change, outcome in story:
                change()
                wait_for_outcome(exporter, "www", outcome)
            wait_for_passes(exporter, "www")


@pytest.mark.parametrize("listen", ["unix", "tcp"])
def test_a_pool_that_is_killed_and_started_again(listen):
    """Nothing is left to tidy up: on unix the file stays, and nobody listens there."""
    with PhpFpm({"www": {"listen": listen}}) as fpm:
        with Exporter(config=config_for(fpm.addresses)) as exporter, Pulse(exporter):
            wait_for_passes(exporter, "www")
            workers = fpm.pids[1:]
            fpm.process.kill()
            fpm.process.wait()
            wait_for_passes(exporter, "www")  # the workers go on without their master
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            wait_for_outcome(exporter, "www", "refused")
            assert exporter.get("/fcgi-live/www").status == 503
            fpm.start()
            wait_for_passes(exporter, "www")
            assert exporter.get("/fcgi-live/www").status == 200


# Faults of the system calls of a worker: (what the kernel does, health on tcp, health on unix). What the exporter lacks
# is no verdict on a pool: its beats are skipped, until nothing fresh is known.
EVERY_OTHER = ":error=EINTR:when=1+2"
LACKS = {
    "no-descriptor": "socket:error=EMFILE",
    "no-file-of-the-system": "socket:error=ENFILE",
    "no-memory-for-a-socket": "socket:error=ENOMEM",
    "no-memory-to-connect": "connect:error=ENOMEM",
    "no-memory-to-watch": "epoll_ctl:error=ENOMEM",
    "no-memory-to-send": "sendto:error=ENOMEM",
    "no-buffer-to-send": "sendto:error=ENOBUFS",
    "no-memory-to-receive": "recvfrom:error=ENOMEM",
}
NUISANCES = {
    "interrupted": "epoll_pwait2,connect,sendto,recvfrom,read,write" + EVERY_OTHER,
    "no-epoll_pwait2": "epoll_pwait2:error=ENOSYS",
    "close-fails": "close:error=EIO",
    "short-lines": "write,pwritev2:retval=1",
}


@pytest.fixture(scope="module")
def shaken():
    """One of its own for all: it has to recover each time."""
    with Responder(responder.answering()) as tcp, Responder(responder.answering(), "unix") as unix:
        config = config_for({"tcp": tcp.address, "unix": unix.address}, interval="50ms", stale_after="500ms", **PATIENT)
        with Exporter(config=config, environment=TRACEABLE) as exporter:
            wait_for_passes(exporter, "tcp", "unix")
            yield exporter


@pytest.mark.parametrize("lack", LACKS)
def test_what_a_worker_lacks_is_no_verdict(shaken, lack):
    before = shaken.metrics()
    with Pulse(shaken), injected(thread_named(shaken, "worker"), LACKS[lack]):
        for target in ("tcp", "unix"):
            shaken.wait_for(lambda p: p.health(target) == "unknown", f"nothing fresh of {target}")
            assert shaken.metrics().outcome(target) == "pass"
            assert shaken.get(f"/fcgi-live/{target}").status == 200
    page = wait_for_passes(shaken, "tcp", "unix")
    assert page.total(FAILED) == before.total(FAILED)
    assert page.total(SKIPPED, reason="limit") > before.total(SKIPPED, reason="limit")


@pytest.mark.parametrize("nuisance", NUISANCES)
def test_what_is_only_a_nuisance_to_every_thread_changes_nothing(shaken, nuisance):
    before = shaken.metrics()
    with Pulse(shaken), injected_everywhere(shaken, NUISANCES[nuisance]):
        shaken.process.send_signal(signal.SIGHUP)
        wait_for_passes(shaken, "tcp", "unix", passes=10)
    assert shaken.metrics().total(FAILED) == before.total(FAILED)


NOBODY_GETS_IN = "cannot accept connections"
REFUSALS = {
    "no-descriptor": "accept4:error=EMFILE",
    "no-file-of-the-system": "accept4:error=ENFILE",
    "no-memory-for-a-connection": "accept4:error=ENOMEM",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_whoever_could_not_be_let_in_is_answered_afterwards(shaken, refusal):
    before = shaken.log.count(NOBODY_GETS_IN)
    with contextlib.ExitStack() as stack:
        with injected(thread_named(shaken, "front"), REFUSALS[refusal]):
            client = stack.enter_context(RawClient(shaken.bound[0]))
            client.get("/healthz")
            wait_until(lambda: shaken.log.count(NOBODY_GETS_IN) > before, "a word about it")
        assert client.response().body == b"ok\n"
    with Pulse(shaken):
        wait_for_passes(shaken, "tcp", "unix")


def test_32_descriptors_are_enough_for_few_targets():
    with Responder(responder.answering()) as peer:
        targets = [f"t{i}" for i in range(4)]
        config = config_for({name: peer.address for name in targets}, interval="1s", stale_after="10s")
        with Exporter(config=config, prefix=["prlimit", "--nofile=32:32"]) as exporter:
            with Pulse(exporter):
                wait_for_passes(exporter, *targets, passes=1)
            # The crowd comes first: who is new takes the place of who has waited longest without a request.
            with Crowd(exporter.bound[0], 40), Pulse(exporter):
                wait_for_passes(exporter, *targets, passes=1)


def test_a_clock_that_is_set_an_hour_forth_and_back():
    with tempfile.NamedTemporaryFile("w") as setting, Responder(responder.answering()) as peer:
        (library,) = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": setting.name,
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

        def set_clock(offset):
            setting.seek(0)
            setting.truncate()
            setting.write(offset)
            setting.flush()

        set_clock("+0s")
        config = config_for({"www": peer.address}, **PATIENT)
        with Exporter(config=config, environment=environment) as exporter, Pulse(exporter):
            wait_for_passes(exporter, "www")
            for offset, seconds in {"+3600s": 3600, "-3600s": -3600, "+0s": 0}.items():
                set_clock(offset)
                page = wait_for_passes(exporter, "www", passes=5)
                last = page.value("fastcgi_last_probe_timestamp_seconds", target="www")
                assert abs(last - time.time() - seconds) < 600, "the clock was not set"
                told = exporter.why("www")
                assert told["health"] == "up" and 0 <= told["age_seconds"] < 60
                assert page.total(SKIPPED, reason="missed") < 600
                assert page.value("fastcgi_exporter_schedule_delay_seconds_sum") < 600
                assert page.value("fastcgi_probe_duration_seconds_sum", target="www", check="ping") < 600
            assert page.total(FAILED) == 0


def test_a_log_that_nobody_reads():
    """The pipe is full: lines are dropped and counted, and nobody waits."""
    with tempfile.TemporaryDirectory() as folder, Responder(responder.answering()) as peer:
        listen = f"unix:{folder}/pages.sock"
        config = os.path.join(folder, "exporter.json")
        with open(config, "w") as file:
            json.dump(config_for({"www": peer.address}, interval="50ms"), file)
        arguments = ["--config.file=" + config, "--web.listen-address=" + listen, "--log.level=debug"]
        process = subprocess.Popen([BINARY, *arguments], stderr=subprocess.PIPE, env=clean_environment())
        try:
            capacity = fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 16384)
            wait_until(lambda: is_full(process.stderr, peer), "a full pipe")
            with RawClient(listen) as client:
                client.get("/healthz")
                assert client.response().status == 200
            process.stderr.read1(capacity)  # somebody reads again
            wait_until(lambda: b"record sent" in process.stderr.readline(), "lines that are whole")
            process.terminate()
            told = process.stderr.read()
            assert process.wait(30) == 0
            assert b"msg=stopped" in told and b"dropped_log_lines=0" not in told
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


def is_full(pipe, peer):
    """Nothing more is written, while the probes go on."""
    before, probes = waiting_bytes(pipe), peer.accepted
    wait_until(lambda: peer.accepted >= probes + 3, "probes")
    return before > 0 and waiting_bytes(pipe) == before


def waiting_bytes(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


@pytest.mark.parametrize("arguments", [["--version"], ["--config.check", "--fastcgi.target=127.0.0.1:9"], ["discover"]])
def test_output_that_does_not_fit_on_the_disk_is_no_success(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "could not be written" in done.stderr


def test_the_exit_code_of_check_is_its_answer_wherever_the_output_goes():
    with Responder(responder.answering()) as peer, open("/dev/full", "w") as full:
        asked = [BINARY, "check", peer.address, "--nagios"]
        done = subprocess.run(asked, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and "could not be written" in done.stderr


def test_a_check_without_memory_to_send_says_that_it_does_not_know():
    injected = ["strace", "-f", "-qq", "-o", "/dev/null", "--inject=sendto:error=ENOBUFS"]
    with Responder(responder.answering(), "unix") as peer:
        asked = [*injected, BINARY, "check", peer.address]
        for options, code in (([], 1), (["--nagios"], 3)):
            done = subprocess.run([*asked, *options], capture_output=True, text=True, timeout=60)
            assert done.returncode == code and "no free descriptor or kernel memory" in done.stdout + done.stderr, done


def test_a_check_without_a_descriptor_is_unknown_to_nagios_and_not_saturated():
    with Responder(responder.answering()) as peer:
        asked = ["prlimit", "--nofile=4", BINARY, "check", peer.address, "--nagios"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout[:15]) == (3, "FASTCGI UNKNOWN"), done


def test_a_configuration_folder_that_vanishes_and_comes_back(tmp_path):
    folder, kept = tmp_path / "etc", tmp_path / "kept"
    with Responder(responder.answering(), "unix") as peer:
        (folder / "pool.d").mkdir(parents=True)
        (folder / "pool.d/www.conf").write_text(f"[www]\nlisten = {peer.path}\nping.path = /fpm-ping\n")
        rules = f"discovery: {{php_fpm_pools: [{{files: ['{folder}/pool.d/*.conf']}}]}}"
        (folder / "exporter.yaml").write_text(f"targets: [{{name: written, address: 'unix:/x.sock'}}]\n{rules}\n")
        with Exporter([f"--config.file={folder}/exporter.yaml"]) as exporter, Pulse(exporter):
            www = "www"
            exporter.wait_for(lambda p: p.values("fastcgi_up", target=www) == [1], "the pool")
            os.rename(folder, kept)
            exporter.process.send_signal(signal.SIGHUP)
            wait_until(lambda: exporter.has_line("level=error", str(folder)), "a word about the file that is gone")
            exporter.wait_for(lambda p: p.value("fastcgi_exporter_config_last_reload_successful") == 0, "a bad reload")
            os.rename(kept, folder)
            exporter.process.send_signal(signal.SIGHUP)
            exporter.wait_for(lambda p: p.value("fastcgi_exporter_config_last_reload_successful") == 1, "a good one")
            exporter.wait_for(lambda p: p.values("fastcgi_up", target=www) == [1], "the pool again")
