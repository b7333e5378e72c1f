"""The operator's egress proxy: it forwards http and opens tunnels for https (RFC 9110 section 9.3.6)."""

from base64 import b64encode
from typing import NamedTuple

import httpx2


class Proxy(NamedTuple):
    """`headers` are for the proxy alone; a tunnel hides the rest from it."""

    host: str
    port: int
    is_secure: bool
    headers: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def parse(cls, url: str) -> "Proxy":
        """`http(s)://[user:password@]host[:port]`; raises ValueError."""
        given = httpx2.Proxy(url)
        if given.url.scheme not in ("http", "https"):
            raise ValueError("an egress proxy is reached by http or https")
        is_secure = given.url.scheme == "https"
        credential = given.raw_auth and b"Basic " + b64encode(b":".join(given.raw_auth))
        headers = ((b"Proxy-Authorization", credential),) if credential else ()
        return cls(given.url.host, given.url.port or (443 if is_secure else 80), is_secure, headers)
