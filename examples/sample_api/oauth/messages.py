"""Requests and answers as Authlib's framework-free core wants them."""

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from joserfc import jws
from joserfc.errors import JoseError


class Payload(OAuth2Payload):
    def __init__(self, params: Sequence[tuple[str, str]]) -> None:
        # RFC 6749 section 3.1: a parameter without a value counts as left out.
        self._lists = defaultdict[str, list[str]](list)
        for name, value in params:
            if value:
                self._lists[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._lists.items()}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Asked(OAuth2Request):
    """A request: its parameters (query of an authorization, body of a token request) and headers.

    `omit_refresh_token` answers without one; `margin` is how long (seconds) the last access token of
    the grant had left when this request refreshed it.
    """

    client: Any
    headers: Any

    def __init__(
        self, method: str, issuer: str, params: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> None:
        # Authlib refuses plain http but on loopback; in a network of containers this server has a name.
        super().__init__(method, "https://localhost/", headers=headers)
        self.issuer = issuer
        self.payload: Any = Payload(params)
        self.omit_refresh_token = False
        self.margin: float | None = None

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data

    @property
    def claimed_client(self) -> str | None:
        """Who this says it comes from, unproven."""
        named = self.form.get("client_id") or read_basic(self.headers)[0]
        return named or _subject(self.form.get("client_assertion", ""))


@dataclass(slots=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error(self) -> str | None:
        return self.body.get("error") if isinstance(self.body, dict) else None


def read_basic(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Identifier and secret, form-decoded (RFC 6749 section 2.3.1); (None, None) if there are none."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        client_id, colon, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else (None, None)


def _subject(assertion: str) -> str | None:
    try:
        claims = json.loads(jws.extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError):
        return None
    return claims.get("sub") if isinstance(claims, dict) else None
