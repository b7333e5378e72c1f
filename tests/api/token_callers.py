"""A process of its own whose callers are all refused the same token at once; prints the versions they got."""

import asyncio
import sys

from varlor.bootstrap import build_parts
from varlor.ports import RequestAuth
from varlor.settings import Settings


async def main(tenant: str, connector_id: str, callers: int) -> None:
    async with build_parts(Settings()) as parts:
        connector = await parts.store.tenant(tenant).connectors.get(connector_id)
        held = [await parts.credentials.auth(tenant, connector) for _ in range(callers)]
        for each in held:
            await each.parts()
        print("ready", flush=True)  # noqa: T201 - what the test waits for
        await asyncio.to_thread(sys.stdin.readline)
        renewed = await asyncio.gather(*(_refused(each) for each in held))
        print("renewed" if all(renewed) else "not renewed", flush=True)  # noqa: T201 - what the test reads


async def _refused(auth: RequestAuth) -> bool:
    return await auth.refused()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
