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
CHECK_LIFE: Final = timedelta(seconds=30)
DISCOVER_TOTAL: Final = timedelta(seconds=90)
LEASE_POLL: Final = timedelta(seconds=60)
CONTINUE_AFTER_EVENTS: Final = 4_000
CONTINUE_AFTER_UPDATES: Final = 1_000  # a run accepts 2,000
KEEPER_EVENTS: Final = 200  # some 18 refreshes; a keeper that left the worker's cache is replayed at each
ONBOARD_PATIENCE: Final = timedelta(minutes=10)
RESEAL_PAUSE: Final = timedelta(seconds=1)
CARE_AT_ONCE: Final = 4  # tables of an installation
SHORTEST_TIMER: Final = timedelta(seconds=1)
DRAIN_LINGER: Final = timedelta(seconds=30)  # for more events, before an inbox's run ends
DRAIN_PAUSE: Final = timedelta(seconds=5)  # between two small batches: each is a file of the dataset
DRAINS_IN_A_RUN: Final = 100  # then others who wait for the dataset have their turn
DRAIN_RETRY: Final = timedelta(seconds=10)  # after a failed run; four times longer each time
DRAIN_RETRY_MOST: Final = timedelta(minutes=15)
KEEPER_RETRY: Final = timedelta(minutes=5)  # after a failure that no retry cures, such as a missing key


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
DRAIN: Final = CHUNK
PUBLISH: Final = _Options(
    task_queue=FETCH_QUEUE,
    start_to_close_timeout=timedelta(hours=6),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=PARTS_RETRY,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
BOOKKEEPING: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=PARTS_RETRY,
)
OPEN_SCHEDULED: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=PARTS_RETRY,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,  # a row that is made is ended too
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
    heartbeat_timeout=timedelta(seconds=30),  # until then the run seems to go on, and keeps the dataset
    retry_policy=PARTS_RETRY,
)
REFRESH: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=60),
    heartbeat_timeout=timedelta(seconds=20),  # a token request ends within 15 s; slow ones send heartbeats
    retry_policy=PARTS_RETRY,
)
PREPARE: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=35),  # the issuer's metadata may have to be fetched
    schedule_to_close_timeout=timedelta(seconds=60),
    retry_policy=CHECK_RETRY,
)
EXCHANGE: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=60),
    heartbeat_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(minutes=10),  # as long as the stashed answer is of use to anybody
    retry_policy=PARTS_RETRY,
)
REVOKE: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=45),
    schedule_to_close_timeout=timedelta(minutes=10),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=1)),
)
RESEAL: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=PARTS_RETRY,
)
DELIVER: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=timedelta(seconds=30),  # one attempt at a receiver ends within 15 s
    retry_policy=PARTS_RETRY,
)
CARE: Final = _Options(
    task_queue=FETCH_QUEUE,
    start_to_close_timeout=timedelta(hours=1),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=PARTS_RETRY,
)
SWEEP: Final = _Options(
    task_queue=CONTROL_QUEUE,
    start_to_close_timeout=timedelta(minutes=2),
    retry_policy=PARTS_RETRY,
)
