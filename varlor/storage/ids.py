"""Ids that sort by age: a prefix, 48 bits of milliseconds, 80 random bits, in base 32."""

import base64
import secrets
from datetime import datetime


def new_id(prefix: str, now: datetime) -> str:
    """Make an id such as `con_06jq…`, 26 characters after the prefix, in the order of time."""
    value = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    text = base64.b32hexencode(value.to_bytes(16, "big")).decode()
    return f"{prefix}_{text.rstrip('=').lower()}"
