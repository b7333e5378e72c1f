"""How often the OAuth routes may be called: per tenant, and per address for those who name none."""

from typing import Final

from fastapi import Request

from api.services import Services
from varlor.errors import TooManyRequestsError

WINDOW: Final = 60  # seconds
PER_TENANT: Final = 120
PER_ADDRESS: Final = 120


async def limit(parts: Services, bucket: str, request: Request, tenant: str | None = None) -> None:
    """Count this call; raises TooManyRequestsError with the wait, PartUnavailableError without Redis."""
    address = request.client.host if request.client else "unknown"
    await _take(parts, f"{bucket}:address", address, PER_ADDRESS)
    if tenant is not None:
        await _take(parts, f"{bucket}:tenant", tenant, PER_TENANT)


async def _take(parts: Services, bucket: str, caller: str, most: int) -> None:
    wait = await parts.route_limit.take(bucket, caller, most=most, seconds=WINDOW)
    if wait > 0:
        raise TooManyRequestsError(f"More than {most} calls in a minute; wait {wait:.0f} s.", wait)
