"""Fetch and decode what a sync fetched, and do nothing else: our own work is held against it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
import json
from pathlib import Path

import aiohttp
import orjson
from yarl import URL

# As many at once as our clients ask for: the episodes of several series.
_AT_ONCE = {"sonarr": 3}

type Fetch = tuple[str, str, dict[str, str]]


def read_fetches(path: Path) -> dict[str, list[Fetch]]:
    """Return the calls of a sync, service by service, in their order."""
    found: dict[str, list[Fetch]] = {}
    for name, target, headers in json.loads(path.read_text(encoding="utf-8")):
        found.setdefault(name, []).append((name, target, headers))
    return found


async def fetch_all(
    session: aiohttp.ClientSession,
    urls: Mapping[str, str],
    fetches: Mapping[str, Iterable[Fetch]],
) -> int:
    """Fetch everything, all services at the same time as a sync does; return the bytes."""
    sizes: list[int] = []
    async with asyncio.TaskGroup() as group:
        for name, mine in fetches.items():
            waiting = iter(mine)
            for _ in range(_AT_ONCE.get(name, 1)):
                group.create_task(_fetch(session, urls[name], waiting, sizes))
    return sum(sizes)


async def _fetch(
    session: aiohttp.ClientSession, url: str, waiting: Iterator[Fetch], sizes: list[int]
) -> None:
    for _name, target, headers in waiting:
        whole = URL(f"{url}{target}", encoded=True)
        async with session.get(whole, headers=headers) as response:
            response.raise_for_status()
            body = await response.read()
        orjson.loads(body)
        sizes.append(len(body))
