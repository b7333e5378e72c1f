"""Which addresses are the public internet, and which address is really meant.

The lists are written out because `ipaddress.is_global` is no policy: it changes with the Python
version and calls multicast, `::127.0.0.1` and NAT64 forms of private addresses global.
"""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address

# IANA IPv4 Special-Purpose Address Registry, multicast, and one cloud's host agent.
_REFUSED_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network: connects to the machine itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent, in public space
        "169.254.0.0/16",  # link-local, metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_UNICAST_V6: Final = IPv6Network("2000::/3")  # everything else is special, local or unassigned
_REFUSED_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_6TO4: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})  # RFC 5214 section 6.1


def is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address in _NAT64:
        return True  # only as public as the address inside, which `meanings` yields too
    return address in _UNICAST_V6 and not any(address in network for network in _REFUSED_V6)


def meanings(address: Address) -> Iterator[Address]:
    """Every address that a packet to this one may end at: itself, and IPv4 inside IPv6."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address not in _MAPPED:  # the kernel sends a mapped one as IPv4
        yield address
    yield from (IPv4Address(inside & 0xFFFF_FFFF) for inside in _embedded(address))


def _embedded(address: IPv6Address) -> Iterator[int]:
    bits = int(address)
    if any(address in network for network in (_MAPPED, _COMPATIBLE, _NAT64, _NAT64_LOCAL)):
        yield bits
    if address in _NAT64_LOCAL:  # RFC 6052 section 2.2, a prefix of 48 bits: octet 8 is skipped
        yield (bits >> 64 & 0xFFFF) << 16 | (bits >> 40 & 0xFFFF)
    if address in _6TO4:
        yield bits >> 80
    if address in _TEREDO:  # RFC 4380 section 4: the server plain, the client inverted
        yield bits >> 64
        yield ~bits
    if bits >> 32 & 0xFFFF_FFFF in _ISATAP:
        yield bits


def is_this_machine(address: Address) -> bool:
    """Loopback, unspecified, or an address of one of our interfaces (only those can be bound)."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return not address.is_multicast
