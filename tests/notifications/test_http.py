"""Where the product may connect to, in every form that an address can be written."""

import ssl
from collections.abc import Iterable
from ipaddress import ip_network

import httpcore2
import pytest
from pytest_django import Settings

from notifications import http

PUBLIC = "93.184.216.34"


class Site(httpcore2.NetworkStream):
    """The other end of a connection: says what it is given, piece by piece."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = iter(pieces)
        self.heard = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return next(self.pieces, b"")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.heard += buffer

    def close(self) -> None:
        """Nothing is open."""

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return self

    def get_extra_info(self, info: str) -> object:
        return None


class Net:
    """Names, and who was connected to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.connected: list[tuple[str, int]] = []
        self.site = Site([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
        monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", self._connect)

    def _connect(self, host: str, port: int, *_: object) -> httpcore2.NetworkStream:
        self.connected.append((host, port))
        return self.site

    def resolve(self, host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        answers = self.names.get(host, [[host]])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(0, 0, 0, "", (address, port)) for address in found]

    def fetch(self, url: str, **options: object) -> http.Answer:
        return http.fetch("POST", url, resolve=self.resolve, **options)  # type: ignore[arg-type]


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    # The backend's own method looks the parent's up when it connects: the instance is not needed.
    return Net(monkeypatch)


INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",  # noqa: S104  nobody binds to it
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_not_connected_to(net: Net, address: str) -> None:
    assert not http.is_allowed(address)
    net.names["evil.example"] = [[address]]
    with pytest.raises(http.Blocked):
        net.fetch("https://evil.example/")
    assert net.connected == []


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_public_are(address: str) -> None:
    assert http.is_allowed(address)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "0"])
def test_short_and_strange_forms_of_an_address_are_what_they_stand_for(net: Net, host: str) -> None:
    net.names[host] = [["127.0.0.1"]]
    with pytest.raises(http.Blocked):
        net.fetch(f"http://{host}/")
    assert net.connected == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "http:///x",
        "//x.example/",
        "http://user:pw@x.example/",
        "http://x.example@127.0.0.1/",
        "http://127.0.0.1\\@x.example/",
        "http://x.example/a b",
        "http://x.example/\r\nHost: y",
        "http://x.examplé/",
        "",
    ],
)
def test_only_plain_web_addresses_are_taken(net: Net, url: str) -> None:
    with pytest.raises(http.OutboundError):
        net.fetch(url)
    assert net.connected == []


def test_one_bad_answer_among_good_ones_blocks_the_name(net: Net) -> None:
    net.names["mixed.example"] = [[PUBLIC, "10.0.0.1"]]
    with pytest.raises(http.Blocked):
        net.fetch("https://mixed.example/")
    assert net.connected == []


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(net: Net) -> None:
    net.names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert net.fetch("http://rebind.example/").status == 200
    assert net.connected == [(PUBLIC, 80)]
    assert b"Host: rebind.example\r\n" in net.site.heard


def test_a_redirect_is_an_answer_and_is_not_followed(net: Net) -> None:
    net.names["x.example"] = [[PUBLIC]]
    net.site = Site([b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"])
    answer = net.fetch("http://x.example/")
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1/")
    assert net.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8000])
def test_ports_of_other_services_are_closed(net: Net, port: int) -> None:
    net.names["x.example"] = [[PUBLIC]]
    with pytest.raises(http.Blocked, match="Port"):
        net.fetch(f"http://x.example:{port}/")
    assert net.connected == []


def test_a_network_that_the_operator_opened_is_open_on_every_port(net: Net, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_NETS = [ip_network("10.1.0.0/16")]
    net.names["hooks.internal"] = [["10.1.2.3"]]
    assert net.fetch("http://hooks.internal:9000/").status == 200
    with pytest.raises(http.Blocked):
        net.fetch("http://10.2.0.1/")


def test_cloud_metadata_stays_closed_even_in_an_opened_network(net: Net, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_NETS = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"):
        net.names["meta.example"] = [[address]]
        with pytest.raises(http.Blocked):
            net.fetch("http://meta.example/")
    assert net.connected == []


def test_a_long_answer_is_cut(net: Net) -> None:
    net.names["x.example"] = [[PUBLIC]]
    net.site = Site([b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", *[b"x" * 1000] * 1000])
    assert net.fetch("http://x.example/", max_bytes=2500).body == b"x" * 2500
    assert sum(1 for _ in net.site.pieces) > 900


def test_a_steady_drip_ends_with_the_budget(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    net.names["x.example"] = [[PUBLIC]]
    clock = iter(range(10_000))
    monkeypatch.setattr(http.time, "monotonic", lambda: float(next(clock)))
    head = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"]
    net.site = Site([*head, *[b"x"] * 1000])
    with pytest.raises(http.OutboundError, match="took too long") as told:
        net.fetch("http://x.example/", budget_s=10)
    assert told.value.may_have_arrived


def test_a_header_that_never_ends_ends_with_the_budget(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    net.names["x.example"] = [[PUBLIC]]
    clock = iter(range(10_000))
    monkeypatch.setattr(http.time, "monotonic", lambda: float(next(clock)))
    net.site = Site([b"HTTP/1.1 200 OK\r\n", *[b"X"] * 1000])
    with pytest.raises(http.OutboundError):
        net.fetch("http://x.example/", budget_s=10)


def test_a_name_that_is_not_known_surely_received_nothing(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError("Name or service not known")

    with pytest.raises(http.OutboundError) as told:
        http.fetch("GET", "http://x.example/", resolve=unknown)  # type: ignore[arg-type]
    assert not told.value.may_have_arrived


def test_unix_sockets_are_not_connected_to() -> None:
    with pytest.raises(http.Blocked):
        http.GuardedBackend(ends_at=0).connect_unix_socket("/var/run/docker.sock")
