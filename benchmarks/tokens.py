"""Tokens by the thousand: 1,000 that end at once, many that lie idle, and a sync that outlives its own.

Consents are real (authorization code with PKCE at the sample server, over HTTP); connectors and their
first tokens are then written by the repositories, and each keep-token-fresh is started as a callback
starts it. From there on it is the product alone. BENCH_EXPIRING, BENCH_LIFE (seconds), BENCH_IDLE and
BENCH_MINUTES set the sizes; BENCH_PARTS chooses among expiring, idle and sync.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, time
from typing import Any

from pydantic import SecretStr

from benchmarks.long_sync import long_sync
from benchmarks.machine import cpu, resident_mb, stack
from benchmarks.table import show
from tests.e2e.grants import Consents
from tests.stack.launched import Launched
from varlor.auth.expiry import refresh_at
from varlor.bootstrap import Parts, build_parts
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.oauth import OAuthConfig
from varlor.errors import PartUnavailableError
from varlor.ports import Grant
from varlor.settings import Settings
from varlor.stack.environment import embedded_redis_url
from varlor.stack.state import StateDir
from varlor.temporal import TemporalTokenKeeper

EXPIRING = int(os.environ.get("BENCH_EXPIRING", "1000"))
LIFE = int(os.environ.get("BENCH_LIFE", "300"))
IDLE = int(os.environ.get("BENCH_IDLE", "10000"))
PARTS = os.environ.get("BENCH_PARTS", "expiring,idle,sync").split(",")
TENANT, AT_ONCE, LONG = "default", 32, 86_400
WATCHED = ("worker", "temporal")
_TRIES = 20
REST = 60  # seconds


@asynccontextmanager
async def inside(launched: Launched) -> AsyncGenerator[Parts]:
    """The worker's own parts, on the stack's database, Redis and Temporal."""
    state = StateDir(launched.state)
    ports, keys = state.ports(), state.keys()
    if ports is None:
        raise SystemExit("the stack has not noted its ports")
    settings = Settings(
        mode="embedded",
        state_dir=state.path,
        database_url=f"sqlite:///{state.path / 'varlor.db'}",
        redis_url=embedded_redis_url(keys, ports),
        data_url=str(state.path / "data"),
        temporal_address=f"127.0.0.1:{ports.temporal}",
        master_keys=SecretStr(keys.master),
        codec_keys=SecretStr(keys.codec),
    )
    async with build_parts(settings) as parts:
        yield parts


async def keep(parts: Parts, consents: Consents, client: str, answer: dict[str, Any]) -> tuple[str, datetime]:
    """A connector whose token is kept from now on; its id, and when its refresh is planned."""
    url = f"{consents.address}/oauth/token"
    oauth = OAuthConfig(grant="refresh_token", client_id=client, token_url=url)
    settings = ConnectorSettings(
        name=client, base_url=f"{consents.address}/oauth2", auth_type="oauth2", oauth_config=oauth
    )
    tenant = parts.store.tenant(TENANT)
    made = await tenant.connectors.create(settings, Secrets(), created_by="benchmark")
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=answer["expires_in"])
    grant = Grant(answer["access_token"], answer["refresh_token"], "Bearer", ("events:read",), now, ends)
    due = refresh_at(now, ends, made.id)
    token = await tenant.grants.write(made.id, grant, expected_version=0, next_refresh_at=due)
    for _ in range(_TRIES):  # a busy machine's Temporal may not take a start within the 8 s of a call
        with suppress(PartUnavailableError):
            await parts.keeper.token_stored(TENANT, made.id, token)
            return made.id, due
    raise SystemExit("Temporal does not take any more starts")


async def expiring(launched: Launched, consents: Consents) -> None:
    """EXPIRING tokens whose lives end within the same second."""
    end, planned = time() + LIFE, dict[str, datetime]()
    async with inside(launched) as parts:
        for at in range(0, EXPIRING, AT_ONCE):
            consents.live(round(end - time()))
            names = [f"expiring-{n}" for n in range(at, min(at + AT_ONCE, EXPIRING))]
            given = [await asyncio.to_thread(consents.give, name) for name in names]
            kept = [keep(parts, consents, n, a) for n, a in zip(names, given, strict=True)]
            for name, (_, due) in zip(names, await asyncio.gather(*kept), strict=True):
                planned[name] = due
        connected = LIFE - (end - time())
        consents.live(LONG)
        before = spent(launched)
        while time() < end + 2 and len(consents.stats()["refreshes"]) < EXPIRING:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(1)
    report(
        consents.stats(), planned, connected, [b - a for a, b in zip(before, spent(launched), strict=True)]
    )


def report(
    stats: dict[str, Any], planned: dict[str, datetime], connected: float, cpu_spent: list[float]
) -> None:
    done = [e for e in stats["recent"] if e["grantType"] == "refresh_token" and e["outcome"] == "ok"]
    lateness = sorted(entry["time"] - planned[entry["client"]].timestamp() for entry in done)
    margins = [entry["marginSeconds"] for entry in done]
    times, busy = Counter(stats["refreshes"]), max(e["time"] for e in done) - min(e["time"] for e in done)
    rows = [
        ("connectors", EXPIRING),
        ("seconds to connect them all", connected),
        ("refreshed", len(times)),
        ("refreshed more than once", sum(count > 1 for count in times.values())),
        ("refreshed after the token's end (server's lateRefreshes)", stats["lateRefreshes"]),
        ("refresh tokens used twice (server's reuseDetections)", stats["reuseDetections"]),
        ("seconds left at the refresh, least", min(margins)),
        ("seconds left at the refresh, median", median(margins)),
        ("seconds after the plan, median", median(lateness)),
        ("seconds after the plan, 99th percentile", quantiles(lateness, n=100, method="inclusive")[98]),
        ("seconds after the plan, most", lateness[-1]),
        ("seconds from the first refresh to the last", busy),
        *(
            (f"CPU ms of {p} a refresh", s * 1000 / len(done))
            for p, s in zip(WATCHED, cpu_spent, strict=True)
        ),
    ]
    show(
        f"{EXPIRING:,} tokens that end at the same moment, {LIFE} s after the first was given", ("", ""), rows
    )


def spent(launched: Launched) -> list[float]:
    return [cpu(launched.facts["pids"][part]) for part in WATCHED]


def sizes(launched: Launched) -> list[float]:
    """Resident MB of worker and server; MB of our database and of Temporal's, write-ahead logs included."""
    files = [
        sum(f.stat().st_size for f in Path(launched.state).glob(f"{name}.db*"))
        for name in ("varlor", "temporal")
    ]
    resident = [resident_mb(launched.facts["pids"][part]) for part in WATCHED]
    return [*resident, *(size / 2**20 for size in files)]


async def idle(launched: Launched, consents: Consents) -> None:
    """IDLE tokens of a day's life, then as many of them renewed at once as AT_ONCE callers manage in 20 s."""
    consents.live(LONG)
    answer = await asyncio.to_thread(consents.give, "idle")
    async with inside(launched) as parts:
        await keep(parts, consents, "warm-up", answer)
        before, cpus, began = sizes(launched), spent(launched), monotonic()
        for at in range(0, IDLE, AT_ONCE):
            names = [f"idle-{n}" for n in range(at, min(at + AT_ONCE, IDLE))]
            await asyncio.gather(*(keep(parts, consents, name, answer) for name in names))
        await asyncio.sleep(10)  # the last workflow tasks end, and what was started for them is let go
        after, wall = sizes(launched), monotonic() - began - 10
        started = spent(launched)
        await asyncio.sleep(REST)
        rested = spent(launched)
    heads = ("", "before", "with all idle", "KiB a connector")
    labels = ("worker, resident MB", "Temporal, resident MB", "varlor.db, MB", "temporal.db, MB")
    rows = [(n, a, b, (b - a) * 1024 / IDLE) for n, a, b in zip(labels, before, after, strict=True)]
    show(f"{IDLE:,} idle keep-token-fresh workflows, connected at {IDLE / wall:.0f} a second", heads, rows)
    costs = [(p, (b - a) * 1000 / IDLE) for p, a, b in zip(WATCHED, cpus, started, strict=True)]
    show("Starting one", ("", "CPU ms"), costs)
    rests = [(p, (b - a) * 1000 / REST) for p, a, b in zip(WATCHED, started, rested, strict=True)]
    show(f"{REST} s in which none is due", ("", "CPU ms a second"), rests)
    await sustained(launched, consents)


async def sustained(launched: Launched, consents: Consents) -> None:
    """Forced refreshes of 100 connectors, over and over, each by the whole way."""
    async with inside(launched) as parts:
        names = [f"busy-{n}" for n in range(100)]
        given = [await asyncio.to_thread(consents.give, name) for name in names]
        kept = [await keep(parts, consents, n, a) for n, a in zip(names, given, strict=True)]
        gate, until, began, before = (
            asyncio.Semaphore(AT_ONCE),
            monotonic() + 20,
            monotonic(),
            spent(launched),
        )

        keeper, given_up = TemporalTokenKeeper(parts.temporal), list[str]()

        async def renew(connector: str) -> int:
            version = 1
            while monotonic() < until:
                async with gate:
                    try:
                        state = await keeper.ensure_fresh(TENANT, connector, version, force=True)
                    except PartUnavailableError:  # not within the 30 s that a caller waits
                        given_up.append(connector)
                        continue
                version = state.version
            return version - 1

        count = sum(await asyncio.gather(*(renew(connector) for connector, _ in kept)))
    wall = monotonic() - began
    costs = [(b - a) * 1000 / count for a, b in zip(before, spent(launched), strict=True)]
    rows = [("refreshes", count), ("a second", count / wall), ("calls given up after 30 s", len(given_up))]
    rows += [(f"CPU ms of {part} each", cost) for part, cost in zip(WATCHED, costs, strict=True)]
    show(f"Refreshes sustained, {AT_ONCE} callers at once", ("", ""), rows)


def main() -> None:
    with stack(sample=True) as launched:
        consents = Consents(launched.facts["sample_url"])
        if "expiring" in PARTS:
            asyncio.run(expiring(launched, consents))
        if "idle" in PARTS:
            asyncio.run(idle(launched, consents))
        if "sync" in PARTS:
            long_sync(launched, consents)


if __name__ == "__main__":
    main()
