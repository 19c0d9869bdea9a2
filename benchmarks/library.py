"""Measure what reading the whole library costs, against merely fetching the same pages.

The services run in a process of their own, and remember what the profile says. The journal holds
that many finished requests, each of which lacks ids that the library knows.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
import gc
import json
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

from custom_components.media_status.hub import Hub
from custom_components.media_status.library.sync import SyncResult
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Service, TitleRef
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from simulator.arr_state import movie_file_name
from simulator.catalogue import PROFILES, library_titles
from simulator.jellyfin_items import item_id

from .figures import Figures, median, percentile
from .history import Naming, fill
from .house import DOMAIN, connection, free_port, home_assistant, set_up
from .library_fetch import Fetch, fetch_all, read_fetches
from .memory import Peak
from .ticker import ticking
from .worker import Answer, Worker

PROFILE: Final = "M"
_TURNS = 3
_CHANGES = 10
_PAGES = 50
_MOST_SURVEYS = 120
_RATIO = 1.5
_MEMORY = 150  # MiB
_STALL = 20  # milliseconds
_PAGE = 20  # milliseconds
_SHARE = 0.01  # of the calls of a full sync
_BIG = frozenset({"L", "XL"})  # what the share is promised for
_NO_POLLS: Final = {"poll_active_seconds": 86_400, "poll_idle_seconds": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One sync, or one fetch of the same pages."""

    seconds: float
    worked: float  # of our own process
    stall: float
    own_stall: float
    collection: float
    calls: Answer
    result: SyncResult | None = None

    @property
    def count(self) -> float:
        """Return how often the services were called."""
        return sum(times for name, times in self.calls.items() if name != "bytes")


@dataclass(slots=True, kw_only=True)
class _Bench:
    """One household, what its services were asked, and where the figures go."""

    figures: Figures
    hass: HomeAssistant
    hub: Hub
    twin: Worker
    urls: dict[str, str]
    profile: str
    slow_pages: float

    async def run(self, folder: Path) -> None:
        """Measure everything in turn."""
        await self._settle()
        if self.slow_pages:
            await self._slow()
            return
        peak = await Peak.begin()
        first = await self._sync(is_full=True)
        self.figures.add("library.first.extra_memory", await peak.added(), "MiB", below=_MEMORY)
        self._report("first", first)
        listed = folder / "fetched.json"
        await self._sync(is_full=True)
        await self.twin.ask("fetched", str(listed))
        await self._compare(await asyncio.to_thread(read_fetches, listed))
        await self._changes(first)
        await self._pages()

    async def _slow(self) -> None:
        """Read everything from a Jellyfin that takes long for each page; nothing else waits."""
        await self.twin.ask("slow", str(self.slow_pages))
        run = await self._sync(is_full=True)
        self._report("slow", run)
        await self.twin.ask("slow", "0")
        again = await self._sync(is_full=True)
        scanned = [
            sum(one.scanned for one in found.sources.values())
            for found in (run.result, again.result)
            if found is not None
        ]
        self.figures.add("library.slow.lost", abs(scanned[0] - scanned[-1]), "entries", below=1)

    async def _settle(self) -> None:
        """Let the surveys find everything, so that nothing else is going on."""
        for _ in range(_MOST_SURVEYS):
            answers = await self.hub.survey()
            if set(answers.values()) != {"ok"}:
                raise RuntimeError(f"surveys failed: {answers}")
            await self.hass.async_block_till_done()
            if not _is_behind(self.hub):
                return
        raise RuntimeError("the surveys do not come to an end")

    async def _sync(self, *, is_full: bool) -> _Run:
        results: list[SyncResult] = []

        async def work() -> None:
            results.append(await self.hub.library.run(is_full=is_full))

        run = await self._measured(work())
        result = results[0]
        failed = {key: one.error for key, one in result.sources.items() if one.error}
        if failed:
            raise RuntimeError(f"not everything was read: {failed}")
        return _Run(
            seconds=run.seconds,
            worked=run.worked,
            stall=run.stall,
            own_stall=run.own_stall,
            collection=run.collection,
            calls=run.calls,
            result=result,
        )

    async def _measured(self, work: Awaitable[None]) -> _Run:
        gc.collect()
        await self.twin.ask("calls")
        begun, worked = perf_counter(), process_time()
        async with ticking() as gaps:
            await work
            seconds, busy = perf_counter() - begun, process_time() - worked
        return _Run(
            seconds=seconds,
            worked=busy,
            stall=max(gaps.busy),
            own_stall=max(gaps.own),
            collection=max(gaps.collections),
            calls=await self.twin.ask("calls"),
        )

    def _report(self, name: str, run: _Run) -> None:
        add, name = self.figures.add, f"library.{name}"
        add(f"{name}.time", run.seconds, "s")
        add(f"{name}.worked", run.worked, "s")
        for service, times in sorted(run.calls.items()):
            if service != "bytes":
                add(f"{name}.calls.{service}", times)
        add(f"{name}.calls", run.count)
        add(f"{name}.fetched", run.calls["bytes"] / 2**20, "MiB")
        add(f"{name}.stall", run.stall * 1000, "ms", below=_STALL)
        add(f"{name}.stall_without_full_collections", run.own_stall * 1000, "ms")
        add(f"{name}.stall_by_full_collection", run.collection * 1000, "ms", below=_STALL)
        if run.result is not None:
            add(f"{name}.scanned", sum(one.scanned for one in run.result.sources.values()))
            add(f"{name}.linked", sum(one.linked for one in run.result.sources.values()))
            add(f"{name}.filled", run.result.filled, "requests")
            add(f"{name}.conflicts", run.result.conflicts, "requests")

    async def _compare(self, fetches: dict[str, list[Fetch]]) -> None:
        """Sync, and merely fetch and decode the same pages, in turn."""
        session = async_get_clientsession(self.hass)
        syncs: list[_Run] = []
        bare: list[_Run] = []
        sizes: list[int] = []

        async def work() -> None:
            sizes.append(await fetch_all(session, self.urls, fetches))

        for _ in range(_TURNS):
            bare.append(await self._measured(work()))
            syncs.append(await self._sync(is_full=True))
        worst = max(syncs, key=lambda run: run.stall)
        self._report("full", worst)
        time, fetch = (median([run.seconds for run in runs]) for runs in (syncs, bare))
        add = self.figures.add
        add("library.full.time_median", time, "s")
        add("library.fetch.time_median", fetch, "s")
        add("library.fetch.bytes", sizes[-1] / 2**20, "MiB")
        add("library.ratio", time / fetch, below=_RATIO)
        work_ratio = median([run.worked for run in syncs]) / median([run.worked for run in bare])
        add("library.ratio_of_own_work", work_ratio)

    async def _changes(self, full: _Run) -> None:
        """Read what changed, and then that nothing has."""
        await self.twin.ask("change", str(_CHANGES))
        run = await self._sync(is_full=False)
        self._report("changes", run)
        below = _SHARE if self.profile in _BIG else None
        self.figures.add("library.changes.share_of_calls", run.count / full.count, below=below)
        again = await self._sync(is_full=False)
        self._report("unchanged", again)
        filled = again.result.filled if again.result is not None else 0
        self.figures.add("library.unchanged.filled_again", filled, below=1)

    async def _pages(self) -> None:
        """Turn the pages of the whole history."""
        total = PROFILES[self.profile].history
        times: list[float] = []
        async with ticking() as gaps:
            for turn in range(_PAGES):
                offset = turn * total // _PAGES
                begun = perf_counter()
                page = await self.hass.services.async_call(
                    DOMAIN,
                    "get_requests",
                    {"offset": offset, "limit": 50},
                    blocking=True,
                    return_response=True,
                )
                times.append((perf_counter() - begun) * 1000)
                if page is None or not page["requests"]:
                    raise RuntimeError("a page is empty")
        add = self.figures.add
        add("library.get_requests.total", total)
        add("library.get_requests.median", median(times), "ms", below=_PAGE)
        add("library.get_requests.p95", percentile(times, 0.95), "ms")
        add("library.get_requests.stall", max(gaps.busy) * 1000, "ms", below=_STALL)


async def run(
    figures: Figures,
    seed: int,
    folder: Path,
    *,
    profile: str = PROFILE,
    slow_pages: float = 0.0,
) -> None:
    """Measure and print; with `slow_pages` (seconds) only how a slow Jellyfin is read."""
    where, config = folder / "addresses.json", folder / "config"
    config.mkdir()
    await fill(
        config / "media_status.db",
        finished=PROFILES[profile].history,
        waiting=0,
        now=datetime.now(UTC),
        seed=seed,
        naming=_naming(profile),
    )
    async with _household(where, config, profile, seed) as (hass, hub, twin, urls):
        bench = _Bench(
            figures=figures,
            hass=hass,
            hub=hub,
            twin=twin,
            urls=urls,
            profile=profile,
            slow_pages=slow_pages,
        )
        await bench.run(folder)


@asynccontextmanager
async def _household(
    where: Path, config: Path, profile: str, seed: int
) -> AsyncIterator[tuple[HomeAssistant, Hub, Worker, dict[str, str]]]:
    async with (
        Worker("library_twin", profile, str(seed), str(where)) as twin,
        home_assistant(config, free_port()) as hass,
    ):
        known = json.loads(await asyncio.to_thread(where.read_text, encoding="utf-8"))
        connections = [connection(name, one) for name, one in known.items()]
        hub = await set_up(hass, connections, _NO_POLLS)
        yield hass, hub, twin, {name: one["url"] for name, one in known.items()}


def _naming(profile: str) -> Naming:
    """Call the requested films as Seerr and Jellyfin do; what Radarr knows is to be filled in."""
    films = [t for t in library_titles(PROFILES[profile], datetime.now(UTC)) if t.kind == "movie"]

    def name(number: int, service: Service) -> TitleRef:
        film = films[number % len(films)]
        path = f"/data/media/movies/{film.folder}/{movie_file_name(film, 'WEBDL-1080p', 'FLUX')}"
        return TitleRef(
            media_type=MediaType.MOVIE,
            ids=ProviderIds(tmdb=film.tmdb),
            service_id=item_id("Movie", path) if service is Service.JELLYFIN else None,
            title=film.title,
        )

    return name


def _is_behind(hub: Hub) -> bool:
    """Return whether a connection has more to read at once."""
    intervals = [found.update_interval for found in hub.connections.values()]
    return any(every is not None and every.total_seconds() <= 1 for every in intervals)
