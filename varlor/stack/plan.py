"""From what was asked and what the environment gives to the parts that must run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from varlor.settings import Settings
from varlor.stack import environment, probes, programs
from varlor.stack import ports as port_choice
from varlor.stack.keys import EmbeddedKeys
from varlor.stack.options import StackOptions
from varlor.stack.ports import HOST, require_free
from varlor.stack.state import Ports, StateDir
from varlor.stack.supervisor import Part
from varlor.stack.valkey import write_config

SERVERS, APPLICATION = 0, 1
"""Tiers: what the application needs, and the application."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One stack before it starts. `settings` is what its API and worker read; it holds secrets."""

    parts: list[Part]
    ports: Ports
    settings: Settings = field(repr=False)
    api_url: str
    temporal_ui_url: str | None
    sample_url: str | None


def make_plan(options: StackOptions, state: StateDir) -> Plan:
    """Read the environment, choose ports and remember them; raises StackError for what cannot work.

    A part whose address the environment gives (VARLOR_DATABASE_URL, _REDIS_URL, _TEMPORAL_ADDRESS,
    _DATA_URL) is not started.
    """
    given = environment.read_settings()
    ports = port_choice.choose(options, state.ports())
    keys = state.keys()
    values = environment.embedded_values(options, state, keys, ports, given)
    settings = Settings(**values)  # pyright: ignore[reportArgumentType] - text, as from the environment
    parts = [
        *_servers(options, state, keys, ports, settings, given),
        _api(ports, settings, values),
        _worker(settings, values),
    ]
    state.remember(ports)
    return Plan(
        parts=parts,
        ports=ports,
        settings=settings,
        api_url=f"http://{HOST}:{ports.api}",
        temporal_ui_url=settings.temporal_ui_url if "temporal_ui_url" in settings.model_fields_set else None,
        sample_url=f"http://{HOST}:{ports.sample}" if options.sample else None,
    )


def _servers(
    options: StackOptions,
    state: StateDir,
    keys: EmbeddedKeys,
    ports: Ports,
    settings: Settings,
    given: Settings,
) -> list[Part]:
    parts: list[Part] = []
    if "redis_url" not in given.model_fields_set:
        parts.append(_valkey(state, keys, ports, settings))
    if "temporal_address" not in given.model_fields_set:
        parts.append(_temporal(state, ports, settings))
    if options.sample:
        parts.append(_sample(ports))
    return parts


def _valkey(state: StateDir, keys: EmbeddedKeys, ports: Ports, settings: Settings) -> Part:
    config = write_config(state.path / "valkey", ports.valkey, keys.valkey_password)
    return Part(
        name="valkey",
        tier=SERVERS,
        argv=programs.valkey_server(config),
        env=environment.for_server(),
        ready=probes.redis(settings.redis_url),
        grace=2.2,
    )


def _temporal(state: StateDir, ports: Ports, settings: Settings) -> Part:
    require_free(ports.temporal, "Temporal server", "--temporal-port")
    require_free(ports.temporal_ui, "Temporal Web", "--temporal-ui-port")
    codec_path = settings.codec_path.get_secret_value() if settings.codec_path else ""
    argv = programs.temporal_server(
        host=HOST,
        port=ports.temporal,
        ui_port=ports.temporal_ui,
        database=state.path / "temporal.db",
        codec_endpoint=f"http://{HOST}:{ports.api}/api/v2/codec/{codec_path}",
    )
    return Part(
        name="temporal",
        tier=SERVERS,
        argv=argv,
        env=environment.for_server(),
        ready=probes.temporal(settings),
        grace=2.2,
    )


def _sample(ports: Ports) -> Part:
    require_free(ports.sample, "sample API", "--sample-port")
    return Part(
        name="sample",
        tier=SERVERS,
        argv=programs.sample_api(HOST, ports.sample),
        env=environment.for_server(),
        ready=probes.http(f"http://{HOST}:{ports.sample}/openapi.json"),
        grace=1.0,
    )


def _api(ports: Ports, settings: Settings, values: Mapping[str, str]) -> Part:
    require_free(ports.api, "API", "--port")
    return Part(
        name="api",
        tier=APPLICATION,
        argv=programs.api_server(settings.host, ports.api),
        env=environment.for_api(values),
        ready=probes.http(f"http://{HOST}:{ports.api}/api/v2/health/ready"),
        grace=2.0,
    )


def _worker(settings: Settings, values: Mapping[str, str]) -> Part:
    return Part(
        name="worker",
        tier=APPLICATION,
        argv=programs.worker("all"),
        env=environment.for_worker(values),
        ready=probes.worker(settings),
        grace=7.0,  # the worker itself gives open pages 6 s
    )
