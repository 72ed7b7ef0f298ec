"""Outgoing HTTP to addresses that somebody typed: it only ever connects to where it may.

The check stands at the connection itself, so it does not matter what a name, a redirect or a second
DNS answer says. No redirects, no proxies from the environment, no decompression, and an end to both
time and size. Private networks open by `settings.OUTBOUND_ALLOWED_NETS` alone.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore2
from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[..., Sequence[tuple[Any, ...]]]

#: Ports on which the public is served; networks that the operator opened may use any.
PORTS = frozenset({80, 443, 8443})
#: IPv6 ranges that carry an IPv4 address in their last 32 bits: NAT64 (RFC 6052, 8215), IPv4-compatible.
_CARRIERS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("::/96"))
_METADATA = (ip_network("169.254.169.254/32"), ip_network("fd00:ec2::254/128"))
_CONNECT_S = 5.0


class OutboundError(Exception):
    """The request did not end in an answer; `may_have_arrived` says whether the other side may have seen it."""

    def __init__(self, message: str, *, may_have_arrived: bool) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class Blocked(OutboundError):  # noqa: N818  says what happened
    """The address, port or form of the URL is not allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, may_have_arrived=False)


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is cut at the size asked for and not decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    budget_s: float = 10.0,
    max_bytes: int = 65_536,
    resolve: Resolver = socket.getaddrinfo,
) -> Answer:
    """One request and its answer, whatever the status; a redirect is an answer like any other.

    Raises Blocked where it may not connect, OutboundError for everything that failed on the way.
    """
    target = _parsed(url)
    ends_at = time.monotonic() + budget_s
    timeout = {"connect": min(_CONNECT_S, budget_s), "read": budget_s, "write": budget_s, "pool": budget_s}
    backend = GuardedBackend(allowed=settings.OUTBOUND_ALLOWED_NETS, resolve=resolve, ends_at=ends_at)
    try:
        with (
            httpcore2.ConnectionPool(network_backend=backend, max_connections=1, retries=0) as pool,
            pool.stream(
                method, target, headers=list((headers or {}).items()), content=body, extensions={"timeout": timeout}
            ) as answer,
        ):
            received = b""
            for piece in answer.iter_stream():
                received += piece
                if len(received) >= max_bytes:
                    break
            names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return Answer(answer.status, names, received[:max_bytes])
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as problem:
        raise OutboundError(f"No connection: {problem}"[:300], may_have_arrived=False) from problem
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as problem:
        raise OutboundError(f"{type(problem).__name__}: {problem}"[:300], may_have_arrived=True) from problem


def check(url: str) -> None:
    """Raises Blocked for an address of a form that is never asked; where its name leads is found out by `fetch`."""
    _parsed(url)


def is_allowed(address: str | Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether we may connect to this IP address: public, or in a network that the operator opened.

    An IPv6 address that stands for an IPv4 one (mapped, 6to4, Teredo, NAT64, compatible) counts as
    that one. Cloud metadata addresses never are.
    """
    ip = ip_address(address) if isinstance(address, str) else address
    nets = tuple(allowed)
    inner = _inner(ip)
    if inner is not None:
        return is_allowed(inner, nets)
    if any(ip in net for net in _METADATA):
        return False
    if any(ip in net for net in nets):
        return True
    if ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local:
        return False
    return ip.is_global and not (isinstance(ip, IPv6Address) and ip.is_site_local)


class GuardedBackend(httpcore2.SyncBackend):
    """Looks a name up once, refuses it if any answer is not allowed, and connects to what it checked."""

    def __init__(
        self, *, allowed: Iterable[Network] = (), resolve: Resolver = socket.getaddrinfo, ends_at: float
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._ends_at = ends_at

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._look_up(host, port)
        problem: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, timeout, local_address, socket_options)
                return _TimedStream(stream, self._ends_at)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as refused:
                problem = refused
        raise problem

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        raise Blocked("Unix sockets are not allowed.")

    def _look_up(self, host: str, port: int) -> list[str]:
        try:
            answers = self._resolve(host, port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as problem:
            raise httpcore2.ConnectError(f"{host} is not known: {problem}") from problem
        found = list(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))
        if not all(is_allowed(address, self._allowed) for address in found):
            raise Blocked(f"{host} leads to an address that is not allowed.")
        opened = all(any(ip_address(address) in net for net in self._allowed) for address in found)
        if port not in PORTS and not opened:
            raise Blocked(f"Port {port} is not allowed.")
        return found


class _TimedStream(httpcore2.NetworkStream):
    """A connection that ends at a fixed time, however slowly and steadily the other side drips."""

    def __init__(self, stream: httpcore2.NetworkStream, ends_at: float) -> None:
        self._stream = stream
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the answer took too long")
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore2.WriteTimeout("the request took too long")
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = max(self._ends_at - time.monotonic(), 0.01)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _parsed(url: str) -> httpcore2.URL:
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Blocked("The URL holds signs that do not belong there.")
    try:
        target = httpcore2.URL(url)
    except (ValueError, TypeError) as problem:
        raise Blocked("The URL cannot be read.") from problem
    if target.scheme not in {b"http", b"https"} or not target.host:
        raise Blocked("Only http and https addresses are allowed.")
    if b"@" in target.host or "@" in url.partition("://")[2].partition("/")[0]:
        raise Blocked("A URL with a name or password in it is not allowed.")
    return target


def _inner(ip: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for; None where it stands for itself."""
    if isinstance(ip, IPv4Address):
        return None
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if any(ip in net for net in _CARRIERS) and int(ip) > 0xFFFF:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
