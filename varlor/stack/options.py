"""What `varlor up` was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StackOptions:
    """A port None is as last time, else the default; 0 is any free one.

    `allow`: what connectors may reach besides public addresses and what VARLOR_EGRESS_ALLOW says.
    """

    state_dir: Path
    port: int | None = None
    temporal_port: int | None = None
    temporal_ui_port: int | None = None
    sample: bool = True
    sample_port: int | None = None
    allow: tuple[str, ...] = ()
