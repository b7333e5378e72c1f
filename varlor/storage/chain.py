"""How the lines of an audit hang together: each hash covers its line and the hash before it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

GENESIS: Final = "0" * 64


def line_hash(line: Mapping[str, Any], before: str) -> str:
    """SHA-256 in hex over the line's canonical JSON (sorted keys, ASCII, no spaces) and `before`."""
    content = {name: value for name, value in line.items() if name != "hash"}
    content |= {"time": line["time"].isoformat(timespec="microseconds"), "before": before}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
