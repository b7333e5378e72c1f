"""Where requests may go: public addresses, what the operator allows besides, never our own parts."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from varlor.connectors.http.allowance import Allowance
from varlor.connectors.http.networks import Address, is_public, is_this_machine, meanings
from varlor.connectors.http.own_parts import own_parts
from varlor.connectors.http.url import check_url, parse
from varlor.errors import InvalidInputError, SourceError

if TYPE_CHECKING:
    from varlor.settings import Settings

_LOOPBACK: Final = "127.0.0.1"
_WEB_PORTS: Final = frozenset({80, 443})


def blocked() -> SourceError:
    """The one answer for a host that may not be reached and for one that does not exist."""
    return SourceError(
        "blocked_destination", "The host does not resolve to an address that requests may go to."
    )


class EgressPolicy:
    """Judges destinations; immutable. A host name in `allow` vouches for whatever it resolves to."""

    def __init__(self, allow: Iterable[str] = (), own: Iterable[tuple[str, int]] = ()) -> None:
        self._allowance = Allowance.parse(allow)
        self._own_names: dict[int, set[str]] = {}
        self._own_addresses: dict[int, set[Address]] = {}
        for host, port in own:
            self._close(host, port)

    @classmethod
    def from_settings(cls, settings: "Settings") -> "EgressPolicy":
        """Raises InvalidInputError for an entry of VARLOR_EGRESS_ALLOW that cannot be read."""
        return cls(settings.egress_allow, own_parts(settings))

    def _close(self, host: str, port: int) -> None:
        literal = _literal(host)
        if literal is None:
            self._own_names.setdefault(port, set()).add(host)
        else:
            self._own_addresses.setdefault(port, set()).add(ip_address(literal))

    def own_names(self, port: int, addresses: Sequence[str]) -> Iterable[str]:
        """Names of our own parts whose addresses `judge` wants to know beside these.

        A public address at a web port may be a CDN's: closing it would close others' hosts too.
        """
        if port in _WEB_PORTS and all(is_public(ip_address(address)) for address in addresses):
            return ()
        return self._own_names.get(port, ())

    def judge(self, host: str, port: int, addresses: Sequence[str], own: Sequence[str] = ()) -> None:
        """Raise SourceError(blocked_destination) unless a request may go to every address.

        `own` are the addresses that `own_names` resolve to.
        """
        closed = self._own_addresses.get(port, set()) | set(map(ip_address, own))
        vouched = self._allowance.has_host(host, port)
        good = bool(addresses) and host not in self._own_names.get(port, ())
        if not good or not all(self._passes(ip_address(a), port, closed, vouched) for a in addresses):
            raise blocked()

    def _passes(self, address: Address, port: int, closed: set[Address], vouched: bool) -> bool:
        ends = tuple(meanings(address))
        if closed and any(_reaches(end, closed) for end in ends):
            return False
        return vouched or all(is_public(end) or self._allowance.has_address(end, port) for end in ends)

    def check_saved(self, url: str) -> str:
        """`check_url`, and a literal address or localhost name judged without asking DNS.

        Raises InvalidInputError naming the remedy. Other names are judged when they are used.
        """
        normal = check_url(url)
        target = parse(normal)
        literal = _literal(target.host)
        try:
            if literal is not None:
                self.judge(target.host, target.port, [literal])
            elif target.host in self._own_names.get(target.port, ()):
                raise blocked()
        except SourceError:
            raise InvalidInputError(
                f"Requests may not go to {target.authority}: give a public host, or ask the operator to add "
                "it to VARLOR_EGRESS_ALLOW (the product's own ports always stay closed)."
            ) from None
        return normal

    def vouches_for(self, url: str) -> bool:
        """Whether VARLOR_EGRESS_ALLOW names this URL's host or literal address: the operator knows it."""
        try:
            target = parse(url)
        except InvalidInputError:
            return False
        literal = _literal(target.host)
        named = self._allowance.has_host(target.host, target.port)
        return named or (
            literal is not None and self._allowance.has_address(ip_address(literal), target.port)
        )


def _literal(host: str) -> str | None:
    """The address that is known without DNS (RFC 6761 section 6.3 for localhost)."""
    if host in ("localhost", "localhost.localdomain") or host.endswith(".localhost"):
        return _LOOPBACK
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _reaches(end: Address, closed: set[Address]) -> bool:
    return end in closed or (is_this_machine(end) and any(is_this_machine(part) for part in closed))
