"""What the parts read: the user's own environment first, the embedded stack's values for the rest."""

import os
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from varlor.settings import Settings
from varlor.stack.errors import StackError
from varlor.stack.keys import EmbeddedKeys
from varlor.stack.options import StackOptions
from varlor.stack.ports import HOST
from varlor.stack.state import Ports, StateDir

PREFIX: Final = "VARLOR_"
LEAN: Final = {  # otherwise a worker keeps tens of MB more of what threads have freed
    "ARROW_DEFAULT_MEMORY_POOL": "jemalloc",
    "JE_ARROW_MALLOC_CONF": "narenas:2",
    "_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0",  # deltalake's own allocator
    "MALLOC_ARENA_MAX": "2",
    # Bytes. Larger bodies go back to the system at once; that of a common page would be mapped anew for each.
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "4194304",
}
API_ONLY: Final = (
    *("VARLOR_JWT_PRIVATE_KEY", "VARLOR_JWT_PUBLIC_KEY", "VARLOR_CODEC_PATH"),
    "VARLOR_OIDC_CLIENT_SECRET",
)


def embedded_values(
    options: StackOptions, state: StateDir, keys: EmbeddedKeys, ports: Ports, given: Settings
) -> dict[str, str]:
    """Setting → value for everything that `given` (what the user's environment says) leaves open."""
    defaults = {
        "database_url": f"sqlite:///{state.path / 'varlor.db'}",
        "redis_url": embedded_redis_url(keys, ports),
        "data_url": str(state.path / "data"),
        "presets_dir": str(state.path / "presets"),
        "temporal_address": f"{HOST}:{ports.temporal}",
        "temporal_ui_url": f"http://{HOST}:{ports.temporal_ui}",
        "host": HOST,
        "public_url": f"http://{HOST}:{ports.api}",
        "master_keys": keys.master,
        "codec_keys": keys.codec,
        "codec_path": keys.codec_path,
        "jwt_private_key": keys.jwt_private,
        "jwt_public_key": keys.jwt_public,
    }
    if "temporal_address" in given.model_fields_set:
        del defaults["temporal_ui_url"]  # whoever runs that Temporal knows where its Web is
    if {"master_keys_file", "master_keys_kms"} & given.model_fields_set:
        del defaults["master_keys"]
    sample = (f"{HOST}:{ports.sample}",) if options.sample else ()
    return {
        **{name: value for name, value in defaults.items() if name not in given.model_fields_set},
        "mode": "embedded",
        "state_dir": str(state.path),
        "port": str(ports.api),
        "egress_allow": ",".join((*given.egress_allow, *sample, *options.allow)),
    }


def embedded_redis_url(keys: EmbeddedKeys, ports: Ports) -> str:
    """Where the embedded Valkey answers; holds its password."""
    return f"redis://:{keys.valkey_password}@{HOST}:{ports.valkey}/0"


def for_api(values: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **{f"{PREFIX}{name.upper()}": value for name, value in values.items()}}


def for_worker(values: Mapping[str, str]) -> dict[str, str]:
    """Without what only the API's own door needs."""
    return LEAN | {name: value for name, value in for_api(values).items() if name not in API_ONLY}


def for_server() -> dict[str, str]:
    """Nothing of ours: servers get what they need by configuration."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def read_settings() -> Settings:
    """Read the environment; raises StackError naming the variable, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()
        )
        raise StackError(f"the environment is not valid: {problems}") from None
