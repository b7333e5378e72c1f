"""Every timeout and retry policy of the workflows, by name."""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from varlor.names import CONTROL_QUEUE, FETCH_QUEUE

# Only for what our own parts do (database, Redis, storage, a lost worker). What an outside API does is
# judged in activities/retry.py and waited out by the workflow, so no failure is retried by two layers.
PARTS_RETRY: Final = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
)
CHECK_RETRY: Final = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_attempts=3)

CHECK_TOTAL: Final = timedelta(seconds=28)
DISCOVER_TOTAL: Final = timedelta(seconds=90)
LEASE_POLL: Final = timedelta(seconds=60)
CONTINUE_AFTER_EVENTS: Final = 4_000


class _Options(TypedDict, total=False):
    task_queue: str
    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


CHUNK: Final = _Options(
    task_queue=FETCH_QUEUE,
    start_to_close_timeout=timedelta(minutes=15),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=PARTS_RETRY,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
PUBLISH: Final = _Options(
    task_queue=FETCH_QUEUE,
    start_to_close_timeout=timedelta(hours=6),
    heartbeat_timeout=timedelta(minutes=2),
    retry_policy=PARTS_RETRY,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
BOOKKEEPING: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=PARTS_RETRY,
)
CHECK: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=27),
    schedule_to_close_timeout=CHECK_TOTAL,
    retry_policy=CHECK_RETRY,
)
DISCOVER: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=40),
    schedule_to_close_timeout=DISCOVER_TOTAL,
    retry_policy=CHECK_RETRY,
)
FINISH: Final = _Options(
    task_queue=FETCH_QUEUE,
    start_to_close_timeout=timedelta(minutes=5),
    retry_policy=PARTS_RETRY,
)
