"""Why a sync waits in its workflow, and what its run shows meanwhile."""

from typing import Final, Literal

from varlor.contracts.run import RunStatus

WaitReason = Literal["throttled", "retry", "auth", "export"]
WAIT_STATUS: Final[dict[WaitReason, RunStatus]] = {
    "throttled": "throttled",
    "retry": "throttled",
    "auth": "waiting_auth",
    "export": "running",
}
