"""Live through what went wrong elsewhere: one clock for all, and pushes that do not arrive."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Stage
from custom_components.media_status.lifecycle.request import Request
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Simulator, Title
from simulator.arr import ArrService
from simulator.arr_state import Download, Entry, EpisodeEntry, MovieEntry

from .twin import TwinHousehold, twin

# What becomes of the pushes: none arrives, all do, or many come twice and out of order.
LOST, HEARD, TWISTED = "lost", "heard", "twisted"
PUSHES = (LOST, TWISTED)


@asynccontextmanager
async def living(
    hass: HomeAssistant,
    path: Path,
    make_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    pushes: str,
    *,
    services: Sequence[str] = ("seerr", "radarr", "sonarr", "qbittorrent", "jellyfin"),
    options: Mapping[str, object] | None = None,
) -> AsyncIterator[TwinHousehold]:
    """Run a household in which Home Assistant has the simulator's time."""
    async with Simulator(seed=7, services=services) as sim:
        monkeypatch.setattr(dt_util, "utcnow", sim.clock.now)
        async with twin(hass, sim, path, make_client, options) as home:
            for name in sim.names():
                faults = sim.faults(name)
                faults.drop = 1.0 if pushes == LOST else 0.0
                faults.duplicate = faults.reorder = 0.5 if pushes == TWISTED else 0.0
            await sim.advance(60)
            yield home


async def look(home: TwinHousehold, *, after: float = 1.0) -> None:
    """Let every push arrive that will, and some time pass; then ask all services once."""
    ended = {key for key, request in home.hub.requests.items() if not request.is_open}
    await home.settle()
    await home.sim.advance(after)
    results = await home.survey()
    assert set(results.values()) == {"ok"}
    assert_honest(home, [r for key, r in home.hub.requests.items() if key not in ended])


def film_entry(home: TwinHousehold, film: Title) -> MovieEntry:
    """Return a film in the first Radarr."""
    entry = home.sim.radarr.find(film)
    assert entry is not None
    return entry


def requests_of(home: TwinHousehold, title: Title) -> list[Request]:
    """Return all requests for a title, the oldest first."""
    found = [r for r in home.hub.requests.values() if r.ids.tmdb == title.tmdb]
    return sorted(found, key=lambda request: (request.opened_at, request.id))


def only_request(home: TwinHousehold, title: Title) -> Request:
    """Return the request for a title, of which there must be one."""
    found = requests_of(home, title)
    assert len(found) == 1, [(r.origin, r.stage, sorted(r.items)) for r in found]
    return found[0]


def stages(request: Request) -> dict[str, Stage]:
    """Return the stage of each item by its label."""
    return {item.label: stage for item, stage in sorted(request.status.items.items())}


def assert_honest(home: TwinHousehold, requests: Iterable[Request]) -> None:
    """Promise 3: nothing is available that Jellyfin cannot play."""
    for request in requests:
        kind = "movie" if request.media_type is MediaType.MOVIE else "tv"
        title = home.sim.world.title(kind, request.ids.tmdb or 0)
        assert title is not None
        there = _playable(home, title, is_4k=request.is_4k)
        false = [
            item.label
            for item, stage in request.status.items.items()
            if stage is Stage.AVAILABLE and item not in there
        ]
        assert not false, f"{title.title}: {false} cannot be played"


def _playable(home: TwinHousehold, title: Title, *, is_4k: bool) -> set[ItemKey]:
    files = [
        file
        for file in home.sim.jellyfin.playable_files(title)
        if ("2160p" in file.quality) is is_4k
    ]
    if title.kind == "movie":
        return {MOVIE} if files else set()
    return {ItemKey(e.season, e.number) for file in files for e in file.episodes}


def tracked[E: Entry](
    arr: ArrService[E],
    entry: E,
    episodes: Iterable[EpisodeEntry] = (),
) -> Download:
    """Let an arr follow a torrent that was there already: no grab in history, no webhook."""
    wanted = list(episodes)
    release = arr.make_release(entry.title, wanted, "WEBDL-1080p", None)
    client_id = arr.client.add(release, arr.world.new_hash(), arr.category)
    download = Download(
        entry=entry,
        episodes=wanted,
        release=release,
        client=arr.client,
        client_id=client_id,
        added=arr.now(),
    )
    arr.downloads.append(download)
    return download
