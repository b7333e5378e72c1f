"""The effect of a new master key: stored secrets are sealed again under it, some rows at a time."""

from collections.abc import Callable, Sequence
from typing import Final

from temporalio import activity

from activities.failures import translated
from varlor.contracts.messages import ResealProgress, RotateKeysInput
from varlor.errors import ConflictError
from varlor.ports import Store

BATCH: Final = 200  # rows
PLATFORM: Final = "platform"  # whose audit tells of rotations: they belong to no tenant


class RotateActivities:
    def __init__(self, store: Store, newest: str) -> None:
        """`newest`: the version of the key that this process seals under."""
        self._store = store
        self._newest = newest

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.reseal_batch, self.record_rotation]

    @activity.defn
    @translated
    async def reseal_batch(self, order: RotateKeysInput) -> ResealProgress:
        """One batch. ConflictError when this worker seals under another key than the one ordered."""
        if order.key_version != self._newest:
            raise ConflictError(
                f"This worker's newest key is {self._newest}, not {order.key_version}: restart it first."
            )
        return await self._store.reseal_batch(order.progress.after, BATCH)

    @activity.defn
    @translated
    async def record_rotation(self, order: RotateKeysInput) -> None:
        done = order.progress
        await self._store.tenant(PLATFORM).audit.write(
            "keys.rotated",
            actor=order.actor,
            outcome="failed" if done.unopened else "ok",
            correlation_id=activity.info().workflow_id,
            detail={
                "key": order.key_version,
                "resealed": str(done.resealed),
                "unopened": str(done.unopened),
            },
        )
