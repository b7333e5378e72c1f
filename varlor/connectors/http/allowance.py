"""What the operator lets through besides public addresses: the entries of VARLOR_EGRESS_ALLOW."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from varlor.connectors.http.networks import Address
from varlor.connectors.http.url import normal_host
from varlor.errors import InvalidInputError

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Allowance:
    """Hosts and networks, each for one port or (None) for all."""

    hosts: frozenset[tuple[str, int | None]]
    networks: tuple[tuple[Network, int | None], ...]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "Allowance":
        """Read `host`, address or CIDR, each with an optional `:port`; InvalidInputError names the entry."""
        hosts: set[tuple[str, int | None]] = set()
        networks: list[tuple[Network, int | None]] = []
        for entry in entries:
            name, port = _split(entry)
            try:
                networks.append((ip_network(name, strict=False), port))
            except ValueError:
                hosts.add((_host(name, entry), port))
        return cls(frozenset(hosts), tuple(networks))

    def has_host(self, host: str, port: int) -> bool:
        return (host, None) in self.hosts or (host, port) in self.hosts

    def has_address(self, address: Address, port: int) -> bool:
        return any(only in (None, port) and address in network for network, only in self.networks)


def _split(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        name, bracket, rest = entry[1:].partition("]")
        if not bracket:
            raise _unreadable(entry)
        length, colon, port = rest.partition(":")
        name += length
    elif entry.count(":") > 1:
        name, colon, port = entry, "", ""
    else:
        name, colon, port = entry.partition(":")
    if not colon:
        return name, None
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):  # noqa: PLR2004 - ports
        raise _unreadable(entry)
    return name, int(port)


def _host(name: str, entry: str) -> str:
    if "/" in name:
        raise _unreadable(entry)
    try:
        return normal_host(name)
    except InvalidInputError:
        raise _unreadable(entry) from None


def _unreadable(entry: str) -> InvalidInputError:
    return InvalidInputError(
        f"VARLOR_EGRESS_ALLOW: {entry!r} is not a host, address or CIDR with an optional :port."
    )
