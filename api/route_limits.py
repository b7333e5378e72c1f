"""How often the OAuth routes may be called: per tenant and per address.

Tenants behind one address (an office, a proxy) share its limit, so those who signed in get a wider one.
"""

from typing import Final

from fastapi import Request

from api.services import Services
from varlor.errors import TooManyRequestsError

WINDOW: Final = 60  # seconds
PER_TENANT: Final = 120
PER_ADDRESS: Final = 120
PER_ADDRESS_SIGNED_IN: Final = 5 * PER_TENANT


async def limit(parts: Services, bucket: str, request: Request, tenant: str | None = None) -> None:
    """Count this call; raises TooManyRequestsError with the wait, PartUnavailableError without Redis."""
    address = request.client.host if request.client else "unknown"
    if tenant is None:
        await _take(parts, f"{bucket}:address", address, PER_ADDRESS)
    else:
        await _take(parts, f"{bucket}:tenant", tenant, PER_TENANT)
        await _take(parts, f"{bucket}:address", address, PER_ADDRESS_SIGNED_IN)


async def _take(parts: Services, bucket: str, caller: str, most: int) -> None:
    wait = await parts.route_limit.take(bucket, caller, most=most, seconds=WINDOW)
    if wait > 0:
        raise TooManyRequestsError(f"More than {most} calls in a minute; wait {wait:.0f} s.", wait)
