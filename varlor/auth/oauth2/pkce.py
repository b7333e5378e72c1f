"""What an authorization request is bound by: `state` and the S256 challenge (RFC 7636), fresh each time."""

import secrets
from typing import Final

from authlib.oauth2.rfc7636 import create_s256_code_challenge

METHOD: Final = "S256"  # never plain (RFC 9700, section 2.1.1)
VERIFIER_BYTES: Final = 48  # 64 characters; RFC 7636, section 4.1 wants 43 to 128
STATE_BYTES: Final = 32


def new_state() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(STATE_BYTES)


def new_verifier() -> str:
    return secrets.token_urlsafe(VERIFIER_BYTES)


def challenge(verifier: str) -> str:
    return create_s256_code_challenge(verifier)
