"""TLS and passwords, as --web.config.file sets them up, with real clients."""

import concurrent.futures
import crypt  # Debian 12's Python still has it
import json
import os
import signal

import pytest

from support import tls
from support.certificates import Certificates
from support.exporter import Exporter, run
from support.tls import Handshake
from support.waiting import wait_until

SERVER = {"cert_file": "server.crt", "key_file": "server.key"}
IN_FORCE = "fastcgi_exporter_web_config_last_reload_successful"


@pytest.fixture(name="certificates", scope="module")
def make_certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("tls"))
    made.signed("server", algorithm="rsa")
    made.signed("client", "DNS:prometheus.example,email:p@example.net,IP:10.1.2.3,URI:spiffe://x/p")
    made.self_signed("stranger", "DNS:prometheus.example")
    return made


class Served:
    """An exporter with a web configuration, which can be written again."""

    def __init__(self, certificates, config, *arguments):
        self.path = certificates.path(f"web-{os.urandom(4).hex()}.yaml")
        self.write(config)
        self.exporter = Exporter(["--fastcgi.target=dead=127.0.0.1:1", f"--web.config.file={self.path}", *arguments])

    def write(self, config):
        """As a whole, as editors and Kubernetes do."""
        text = config if isinstance(config, str) else json.dumps(config)
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.path + ".new", self.path)

    def __enter__(self):
        return self.exporter.__enter__()

    def __exit__(self, *why):
        return self.exporter.__exit__(*why)


def served(certificates, *arguments, **more):
    """With our certificate; more keys of tls_server_config."""
    return Served(certificates, {"tls_server_config": SERVER | more}, *arguments)


def make_hash(password, cost=4):
    return crypt.crypt(password, f"$2b${cost:02d}$" + "abcdefghijklmnopqrstuu")


def test_an_empty_file_means_plain_http(certificates):
    with Served(certificates, "") as exporter:
        assert exporter.get("/healthz").status == 200
        assert tls.is_refused(exporter)


def test_tls_speaks_http_1_1_and_tells_plain_clients(certificates):
    with served(certificates) as exporter:
        assert tls.get(exporter, authority=certificates.path("ca.crt")).status == 200
        plain = exporter.get("/healthz")
        assert (plain.status, "HTTP request to an HTTPS server" in plain.text) == (400, True)
        assert Handshake(exporter).protocol == "TLSv1.3"
        assert Handshake(exporter, "-alpn", "h2,http/1.1").alpn == "http/1.1"
        offers_h2_only = Handshake(exporter, "-alpn", "h2")
        assert (offers_h2_only.protocol, offers_h2_only.alpn) == ("TLSv1.3", None)
        page = tls.get(exporter, "/metrics").text
        assert f"{IN_FORCE} 1" in page
        old = ("-cipher", "ALL:@SECLEVEL=0")
        assert Handshake(exporter, "-tls1_1", *old).protocol is None
        assert Handshake(exporter, "-tls1_2").protocol == "TLSv1.2"
        assert "fastcgi_exporter_tls_handshake_failures_total 0" not in tls.get(exporter, "/metrics").text
    with served(certificates, min_version="TLS10", max_version="TLS11") as exporter:
        assert Handshake(exporter, "-tls1_1", *old).protocol == "TLSv1.1"
        assert Handshake(exporter, "-tls1_2").protocol is None


def test_inline_certificate_and_key(certificates):
    inline = {"cert": certificates.text("server.crt"), "key": certificates.text("server.key")}
    with Served(certificates, {"tls_server_config": inline}) as exporter:
        assert tls.get(exporter, authority=certificates.path("ca.crt")).status == 200


def test_ciphers_and_curves(certificates):
    small, large = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"
    go_names = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]
    both = ("-tls1_2", "-cipher", f"{small}:{large}")
    with served(certificates, cipher_suites=go_names) as exporter:
        assert Handshake(exporter, *both).cipher == large
        assert Handshake(exporter, "-tls1_2", "-cipher", small).cipher == small
        assert Handshake(exporter, "-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305").protocol is None
        assert Handshake(exporter).protocol == "TLSv1.3"
    with served(certificates, cipher_suites=go_names, prefer_server_cipher_suites=False) as exporter:
        assert Handshake(exporter, *both).cipher == small
    with served(certificates, cipher_suites=["TLS_AES_128_GCM_SHA256"]) as exporter:
        assert Handshake(exporter, *both).protocol is None
        assert Handshake(exporter).protocol == "TLSv1.3"
    with served(certificates, min_version="TLS13", curve_preferences=["CurveP521"]) as exporter:
        assert Handshake(exporter).group == "ECDH, secp521r1"
        assert Handshake(exporter, "-groups", "X25519").protocol is None


def test_client_certificates(certificates):
    client = (certificates.path("client.crt"), certificates.path("client.key"))
    stranger = (certificates.path("stranger.crt"), certificates.path("stranger.key"))
    authority = {"client_ca_file": "ca.crt"}
    # Who is let in: nobody's certificate, a stranger's, one that our authority has signed.
    table = {
        "NoClientCert": ({}, [True, True, True]),
        "RequestClientCert": ({}, [True, True, True]),
        "RequireAnyClientCert": ({}, [False, True, True]),
        "RequireClientCert": ({}, [False, True, True]),
        "VerifyClientCertIfGiven": (authority, [True, False, True]),
        "RequireAndVerifyClientCert": (authority, [False, False, True]),
    }
    for kind, (more, wanted) in table.items():
        with served(certificates, client_auth_type=kind, **more) as exporter:
            assert [not tls.is_refused(exporter, client=who) for who in (None, stranger, client)] == wanted, kind
            assert [not tls.is_refused(exporter, path="/nowhere", client=who) for who in (None,)] == wanted[:1], kind
    for names, wanted in (
        (["prometheus.example"], True),
        (["p@example.net"], True),
        (["10.1.2.3"], True),
        (["other", "spiffe://x/p"], True),
        (["example", "Prometheus.example", "*.example"], False),
    ):
        sans = {"client_allowed_sans": names, "client_auth_type": "RequireAndVerifyClientCert"}
        with served(certificates, **sans, **authority) as exporter:
            assert tls.is_refused(exporter, client=client) != wanted, names
            assert tls.is_refused(exporter, client=stranger)


def successful(exporter, headers=None):
    return f"{IN_FORCE} 1" in tls.get(exporter, "/metrics", headers=headers).text


def test_a_change_is_taken_and_a_bad_one_changes_nothing(certificates):
    """The toolkit answers 500 while the file is bad; here the last good one stays in force, and that is said."""
    first, second = (certificates.path(name) for name in ("reload-1", "reload-2"))
    for name in (first, second):
        certificates.signed(os.path.basename(name))
    link = certificates.path("current.crt")
    key = certificates.path("current.key")
    for kind, path in (("crt", link), ("key", key)):
        os.symlink(f"{first}.{kind}", path)
    good = {"tls_server_config": {"cert_file": link, "key_file": key}}
    web = Served(certificates, good, "--web.enable-lifecycle")
    with web as exporter:

        def serving(name):
            return certificates.text(name + ".crt").strip() in Handshake(exporter, "-showcerts").text

        assert serving("reload-1")
        # A certificate that is swapped behind its link, as Kubernetes does: bad while the key is the old one.
        for kind, path in (("crt", link), ("key", key)):
            os.symlink(f"{second}.{kind}", path + ".new")
            os.replace(path + ".new", path)
        wait_until(lambda: serving("reload-2"), "the new certificate")
        wait_until(lambda: successful(exporter), "the metric to say so")
        web.write("tls_server_config: {cert_filse: x}\n")
        wait_until(lambda: not successful(exporter), "the metric to say that the file is bad")
        wait_until(lambda: exporter.has_line("level=error", "cert_filse"), "an error in the log")
        answer = tls.get(exporter, "/-/reload", method="POST")
        assert (answer.status, "cert_filse" in answer.text) == (500, True)
        web.write("")
        wait_until(lambda: exporter.has_line("level=error", "takes a restart"), "a refusal to switch TLS off")
        assert serving("reload-2")
        web.write(good | {"http_server_config": {"headers": {"X-Frame-Options": "deny"}}})
        wait_until(lambda: tls.get(exporter).headers.get("x-frame-options") == "deny", "the header")
        assert successful(exporter)
        exporter.process.send_signal(signal.SIGHUP)
        wait_until(lambda: exporter.has_line('msg="configuration reloaded"'), "the reload of both files")


def test_logins_headers_and_open_pages(certificates):
    users = {"alice": make_hash("wonderland"), "bob": make_hash("builder", 8)}
    config = {"basic_auth_users": users, "http_server_config": {"headers": {"X-Content-Type-Options": "nosniff"}}}
    with Served(certificates, config, "--web.unauthenticated-paths=/healthz,/fcgi-live") as exporter:
        assert exporter.get("/healthz").status == 200
        assert exporter.get("/fcgi-live/dead").status in (200, 503)
        assert exporter.get("/fcgi-live/nobody").status == 404, "an open page says what it knows"
        for path in ("/metrics", "/", "/nowhere", "/fcgi-ping/dead", "/healthz/", "/fcgi-live/dead/x"):
            refused = exporter.get(path)
            assert (refused.status, refused.headers["www-authenticate"][:5]) == (401, "Basic"), path
            assert refused.headers["x-content-type-options"] == "nosniff"
        assert exporter.get("/-/reload", method="POST").status == 401
        alice = tls.basic("alice", "wonderland")
        assert exporter.get("/metrics", headers=alice).status == 200
        assert exporter.get("/nowhere", headers=alice).status == 404
        config_page = exporter.get("/config", headers=alice).text
        assert "$2" not in config_page and "alice" not in config_page
        for _ in range(2):
            assert exporter.get("/metrics", headers=tls.basic("fakeuser", "fakepassword")).status == 401
        # CVE-2022-46146
        poison = tls.basic("alice" + users["alice"], "fakepassword")
        assert exporter.get("/metrics", headers=poison).status == 401
        assert exporter.get("/metrics", headers=tls.basic("alice", users["alice"] + "fakepassword")).status == 401
        logins = [tls.basic("bob", "builder"), tls.basic("bob", "destroyer")] * 50
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            statuses = list(pool.map(lambda login: exporter.get("/config", headers=login).status, logins))
        assert statuses == [200, 401] * 50
        assert not any(word in exporter.log for word in ("wonderland", "builder", "$2b"))


def test_the_rate_limit(certificates):
    open_health = "--web.unauthenticated-paths=/healthz"
    with Served(certificates, "rate_limit: {interval: 1h, burst: 2}", open_health) as exporter:
        assert [exporter.get("/config").status for _ in range(4)] == [200, 200, 429, 429]
        assert exporter.get("/healthz").status == 200
    with Served(certificates, "rate_limit: {interval: 1s, burst: 0}") as exporter:
        assert exporter.get("/healthz").status == 429
    with Served(certificates, "rate_limit: {interval: 0s, burst: 0}") as exporter:
        assert exporter.get("/healthz").status == 200


def test_check_asks_a_protected_exporter(certificates):
    web = {"tls_server_config": SERVER, "basic_auth_users": {"alice": make_hash("wonderland")}}
    with Served(certificates, web, "--web.unauthenticated-paths=/healthz", "--web.route-prefix=/x") as exporter:
        where = [f"--web.listen-address=127.0.0.1:{exporter.port}", "--web.route-prefix=/x"]
        assert run(["check", "--self", *where])[:2] == (0, "ok\n")
        code, _, err = run(["check", "dead", *where])
        assert (code, "--web.unauthenticated-paths" in err, " wants a login; if it is" in err) == (1, True, True)
    with Served(certificates, web, "--web.unauthenticated-paths=/fcgi-ping") as exporter:
        where = [f"--web.listen-address=127.0.0.1:{exporter.port}"]
        wait_until(lambda: run(["check", "dead", *where])[1] == "dead is down\n", "a verdict on the target")
    with served(certificates, client_auth_type="RequireAnyClientCert") as exporter:
        code, out, err = run(["check", "--self", f"--web.listen-address=127.0.0.1:{exporter.port}"])
        assert (code, out) == (1, "") and "where it wants a certificate of its clients, this one has none" in err
