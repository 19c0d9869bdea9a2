"""A profile's household has what the profile says, and is as old as it should be."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from simulator import Simulator
from simulator.catalogue import PROFILES
from simulator.past import YEARS, live
from simulator.server import DEFAULT

pytestmark = pytest.mark.usefixtures("socket_enabled")
SIZE = PROFILES["S"]


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    """Run the smallest household that is measured."""
    services = (*DEFAULT, "shoko")
    async with Simulator(profile="S", seed=1, services=services, stepped=False) as running:
        await live(running)
        yield running


async def test_the_household_is_as_big_as_it_should_be(sim: Simulator) -> None:
    """Shelf, requests, torrents and users are those of the profile."""
    library = sim.world.library
    films = [title for title in library if title.kind == "movie"]
    assert len(films) == SIZE.movies
    assert len(library) - len(films) == SIZE.series
    assert sum(len(title.episodes) for title in library) == SIZE.episodes
    assert len(sim.seerr.requests) == SIZE.history + SIZE.active
    assert len(sim.qbittorrent.torrents) >= SIZE.torrents
    assert len(sim.world.users) == SIZE.users
    rows = sum(len(arr.records(one)) for arr in (sim.radarr, sim.sonarr) for one in arr.downloads)
    assert SIZE.queue <= rows < 2 * SIZE.queue


async def test_nothing_on_the_shelf_is_new(sim: Simulator) -> None:
    """Whoever asks Jellyfin for what changed is told nothing of what was always there."""
    sim.jellyfin.library.wake()
    recent = sim.clock.now() - YEARS / 2
    assert not [item for item in sim.jellyfin.library.items.values() if item.saved > recent]
    done = [row for row in sim.seerr.requests.values() if row.id <= SIZE.history]
    assert min(row.created for row in done) < recent < max(row.created for row in done)


async def test_shoko_knows_its_share(sim: Simulator) -> None:
    """Every file that Shoko has is linked, and lies where Sonarr says."""
    known = {
        item.file.path
        for entry in sim.sonarr.entries.values()
        for item in entry.episodes
        if item.file is not None
    }
    assert sim.shoko.files
    assert all(file.links and file.source in known for file in sim.shoko.files)
    assert all(sim.shoko.shelf.is_accessible(file) for file in sim.shoko.files)


async def test_what_seerr_knows_of_the_shelf_is_true(sim: Simulator) -> None:
    """Seerr's numbers are those of Jellyfin and of the arrs."""
    shelf = set(sim.world.library)
    for media in sim.seerr.media.values():
        if media.title in shelf:
            assert media.standard.jellyfin_id in sim.jellyfin.library.items
            arr = sim.radarr if media.title.kind == "movie" else sim.sonarr
            entry = arr.entries.get(media.standard.external_id or 0)
            assert entry is not None
            assert entry.title is media.title


@pytest.mark.parametrize("name", ["S", "M", "L", "XL"])
def test_profiles_grow(name: str) -> None:
    """What is measured is really there to be measured."""
    profile = PROFILES[name]
    assert profile.history >= profile.movies // 2
    assert profile.episodes > profile.series > 0
    assert profile.queue > 0
    assert profile.active < profile.history


async def test_only_the_last_answers_are_cut(sim: Simulator) -> None:
    """A service that breaks off in the middle of a list answers the first pages, and others."""
    faults = sim.faults("radarr")
    faults.half, faults.half_path, faults.whole = True, "/api/v3/tag", 1
    headers = {"X-Api-Key": sim.api_key("radarr")}
    bodies: list[bytes] = []
    async with aiohttp.ClientSession(sim.url("radarr"), headers=headers) as session:
        for path in ("/api/v3/system/status", "/api/v3/tag", "/api/v3/tag"):
            async with session.get(path) as response:
                bodies.append(await response.read())
    assert bodies[0].endswith(b"}")
    assert bodies[1].endswith(b"]")
    assert not bodies[2].endswith(b"]")
