"""The only place where workflow ids, queues, search attributes and Redis keys are formatted."""

import hashlib
from typing import Final

CONTROL_QUEUE: Final = "varlor-control"
FETCH_QUEUE: Final = "varlor-fetch"

TENANT_ATTRIBUTE: Final = "VarlorTenant"
CONNECTOR_ATTRIBUTE: Final = "VarlorConnector"


def onboard_id(tenant: str, connector: str) -> str:
    return f"onboard/{tenant}/{connector}"


def check_id(tenant: str, nonce: str) -> str:
    return f"check/{tenant}/{nonce}"


def discover_id(tenant: str, connector: str) -> str:
    return f"discover/{tenant}/{connector}"


def sync_id(tenant: str, run: str) -> str:
    return f"sync/{tenant}/{run}"


def schedule_id(tenant: str, schedule: str) -> str:
    return f"schedule/{tenant}/{schedule}"


def scheduled_run_id(workflow_id: str, execution: str) -> str:
    """The run of a sync that a schedule started; a backfill may use a workflow id again, so both count."""
    return f"run_{hashlib.sha256(f'{workflow_id} {execution}'.encode()).hexdigest()[:32]}"


def keyed_run_id(tenant: str, key: str, attempt: int) -> str:
    """The run of an Idempotency-Key; `attempt` counts those before it whose workflow could not be started."""
    return f"run_{hashlib.sha256(f'{tenant} {key} {attempt}'.encode()).hexdigest()[:32]}"


def keep_fresh_id(tenant: str, connector: str) -> str:
    return f"keep-fresh/{tenant}/{connector}"


def retire_id(tenant: str, connector: str) -> str:
    return f"retire/{tenant}/{connector}"


def inbox_id(tenant: str, connector: str) -> str:
    return f"inbox/{tenant}/{connector}"


MAINTENANCE: Final = "maintenance"  # who holds a dataset's lease when it is no run


def maintain_id(tenant: str, dataset: str) -> str:
    return f"maintain/{tenant}/{dataset}"


def sweep_id(workflow: str) -> str:
    """Of the installation's own schedule that starts this workflow, and of what it starts."""
    return f"sweep/{workflow.removeprefix('sweep-')}"


def deliver_id(tenant: str) -> str:
    return f"deliver/{tenant}"


def rotate_keys_id(key_version: str) -> str:
    return f"rotate-keys/{key_version}"


def token_key(tenant: str, connector: str) -> str:
    return f"connector:tokens:{tenant}:{connector}"


def token_stash_key(tenant: str, connector: str, purpose: str) -> str:
    """A token answer that is not in the database yet; at most an hour."""
    return f"connector:token-stash:{tenant}:{connector}:{purpose}"


def oauth_state_key(state_hash: str) -> str:
    """An authorization under way, by the hash of its `state`: who brings it back is not known before."""
    return f"oauth:state:{state_hash}"


def oauth_code_key(tenant: str, nonce: str) -> str:
    """The code a checked callback brought, until it is exchanged; at most 600 s."""
    return f"connector:oauth-code:{tenant}:{nonce}"


def route_limit_key(bucket: str, caller_hash: str, window: int) -> str:
    """How often somebody has called a route in this window."""
    return f"route:limit:{bucket}:{caller_hash}:{window}"


def rate_key(tenant: str, connector: str) -> str:
    return f"connector:rate:{tenant}:{connector}"


def rate_block_key(tenant: str, connector: str) -> str:
    """Until when the API asked for silence."""
    return f"connector:rate-block:{tenant}:{connector}"


RATE_EPOCH_KEY: Final = "connector:rate-epoch"


def draft_key(tenant: str, nonce: str) -> str:
    """The sealed, unsaved half of a connection test, and its sealed result; at most 60 s."""
    return f"connector:draft:{tenant}:{nonce}"


def draft_part_key(tenant: str, nonce: str, part: str) -> str:
    return f"{draft_key(tenant, nonce)}:{part}"


def discovery_key(tenant: str, connector: str) -> str:
    return f"connector:discovery:{tenant}:{connector}"


def events_key(tenant: str) -> str:
    return f"tenant:events:{tenant}"


def progress_key(tenant: str, run: str) -> str:
    return f"run:progress:{tenant}:{run}"


def series_key(tenant: str, run: str) -> str:
    return f"run:series:{tenant}:{run}"


def run_rate_key(tenant: str, run: str) -> str:
    return f"run:rate:{tenant}:{run}"


def run_window_key(tenant: str, run: str) -> str:
    return f"run:window:{tenant}:{run}"


def login_key(code: str) -> str:
    """A one-time sign-in code of the embedded stack."""
    return f"session:login:{code}"


def session_key(token_hash: str) -> str:
    """A browser's session, under the hash of its token."""
    return f"session:web:{token_hash}"
