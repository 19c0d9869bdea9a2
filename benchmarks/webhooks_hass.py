"""The Home Assistant that the webhooks benchmark posts to (a process of its own)."""

import asyncio
from pathlib import Path
import sys

from aiohttp import web

from custom_components.media_status.const import KINDS
from custom_components.media_status.hub import Hub
from custom_components.media_status.lifecycle.facts import Verdict
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.helpers.http import HomeAssistantView

from .house import connection, free_port, home_assistant, set_up
from .worker import Answer, serve

EMPTY_PATH = "/api/empty"


class EmptyView(HomeAssistantView):
    """What any webhook costs at least in Home Assistant."""

    url = EMPTY_PATH
    name = "api:empty"
    requires_auth = False

    async def post(self, request: web.Request) -> web.Response:
        """Answer and do nothing."""
        return web.Response()


class Answers:
    """What the parent may ask."""

    def __init__(self, hub: Hub) -> None:
        """Initialize with the running hub."""
        self._hub = hub

    async def finish(self, _argument: str) -> Answer:
        """End the requests of the last round; return how far they had come."""
        await self._hub.hass.async_block_till_done()
        requests = list(self._hub.tracker.requests.values())
        arrived = sum(request.stage is Stage.SYNCING_LIBRARY for request in requests)
        for request in requests:
            await self._hub.decide(request.id, Verdict.AVAILABLE, None, None)
        await self._hub.hass.async_block_till_done()
        return {"open": len(requests), "arrived": arrived}

    async def rows(self, _argument: str) -> Answer:
        """Return how many rows the journal has."""
        return {key: float(value) for key, value in (await self._hub.journal.counts()).items()}


async def _main(folder: Path, port: int) -> None:
    async with home_assistant(folder, port) as hass:
        # Nobody listens there: what surveys cost is another benchmark.
        nowhere = {"url": f"http://127.0.0.1:{free_port()}", "api_key": "0" * 32}
        hub = await set_up(hass, [connection(kind.value, nowhere) for kind in KINDS])
        hass.http.register_view(EmptyView())
        answers = Answers(hub)
        await serve({"finish": answers.finish, "rows": answers.rows})


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
