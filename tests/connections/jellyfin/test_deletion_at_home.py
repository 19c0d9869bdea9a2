"""Delete from a simulated household and see Jellyfin notice it: films, series and anime."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.deletion import DeletionOptions, StepStatus, Verb
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.model import ItemKey
from simulator import Simulator, Title
from simulator.holdings import hold_film, hold_series, settled
from tests.connections.estate import Estate, film_target, only, series_target, steps

SERVICES = ["radarr", "radarr:radarr4k", "sonarr", "qbittorrent", "jellyfin", "shoko"]
FILES_ONLY = DeletionOptions(delete_torrents=False)


@pytest.fixture
async def estate(socket_enabled: None) -> AsyncIterator[Estate]:
    """Run a household with two Radarrs."""
    async with (
        Simulator(profile="empty", seed=3, services=SERVICES) as sim,
        Estate(sim, {"radarr": False, "radarr4k": True}) as running,
    ):
        yield running


@pytest.fixture
def heat(estate: Estate) -> Title:
    """Return a film."""
    return estate.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


@pytest.fixture
def show(estate: Estate) -> Title:
    """Return a series."""
    return estate.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )


async def test_one_quality_goes_and_the_other_can_be_played(estate: Estate, heat: Title) -> None:
    """What the other Radarr has is not waited for."""
    hd = hold_film(estate.sim, heat)
    uhd = hold_film(estate.sim, heat, radarr=estate.sim.all_of(type(estate.sim.radarr))[1])
    await settled(estate.sim)
    plan = await estate.plan(film_target(heat), options=FILES_ONLY)
    assert len((await estate.ask("jellyfin", film_target(heat))).items) == 2
    step = only(plan, Verb.REFRESH)
    await estate.run_before(plan, step)
    assert await estate.look(step) is Sight.PRESENT
    await estate.run(step)
    await estate.sim.settle()
    assert await estate.look(step) is Sight.GONE
    assert [
        hd.files[0].path in estate.sim.world.disk,
        uhd.files[0].path in estate.sim.world.disk,
    ] == [False, True]
    assert len(estate.sim.jellyfin.playable_files(heat)) == 1


async def test_a_ghost_is_seen(estate: Estate, heat: Title) -> None:
    """A scan that overlooks what is gone leaves something that looks as if it could be played."""
    hold_film(estate.sim, heat)
    await settled(estate.sim)
    plan = await estate.plan(film_target(heat), options=FILES_ONLY)
    step = only(plan, Verb.REFRESH)
    await estate.run_before(plan, step)
    estate.sim.jellyfin.library.keeps_ghosts = True
    await estate.run(step)
    assert await estate.look(step) is Sight.PRESENT


@pytest.mark.parametrize("chosen", [[ItemKey(1, 2)], None])
async def test_a_series_loses_what_was_chosen(
    estate: Estate, show: Title, chosen: list[ItemKey] | None
) -> None:
    """An episode, or everything."""
    hold_series(estate.sim, show, packs=())
    await settled(estate.sim)
    plan = await estate.plan(series_target(show, chosen), options=FILES_ONLY)
    step = only(plan, Verb.REFRESH)
    assert len(step.vanishes) == len(chosen or show.episodes)
    await estate.run_before(plan, step)
    await estate.run(step)
    await estate.sim.settle()
    assert await estate.look(step) is Sight.GONE
    left = len(show.episodes) - len(step.vanishes)
    assert len(estate.sim.jellyfin.playable_files(show)) == left


async def test_a_file_that_holds_more_is_not_waited_for(estate: Estate, show: Title) -> None:
    """Episode 1 alone cannot go, so Jellyfin loses nothing."""
    entry = estate.sim.sonarr.add(show)
    estate.sim.sonarr.import_file(entry.episodes)
    await settled(estate.sim)
    plan = await estate.plan(series_target(show, [ItemKey(1, 1)]))
    assert [step.vanishes for step in steps(plan, Verb.REFRESH)] == [()]


async def test_without_files_nothing_is_looked_at(estate: Estate, heat: Title) -> None:
    """They stay, and so does what Jellyfin shows."""
    hold_film(estate.sim, heat)
    await settled(estate.sim)
    plan = await estate.plan(film_target(heat), options=DeletionOptions(delete_files=False))
    (step,) = steps(plan, Verb.REFRESH)
    assert (step.status, step.reason) == (StepStatus.SKIPPED, "files_kept")


async def test_an_anime_vanishes_from_shoko_and_jellyfin(estate: Estate) -> None:
    """Shokofin's items have other paths and numbers: they are known from when it was available."""
    show = estate.sim.world.add_anime_series(
        title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: 2}
    )
    hold_series(estate.sim, show, packs=())
    await settled(estate.sim)
    shown = [item.id for item in estate.sim.jellyfin.library.of(show) if item.type == "Episode"]
    assert len(shown) == 2
    target = replace(series_target(show), is_anime=True, library_ids=frozenset(shown))
    plan = await estate.plan(target, options=FILES_ONLY)
    step = only(plan, Verb.REFRESH)
    assert set(step.vanishes) == set(shown)
    assert len(steps(plan, Verb.REMOVE_RECORD)) == 2
    estate.sim.shoko.watching = False
    await estate.run_before(plan, step)
    await estate.run(step)
    await estate.sim.settle()
    assert await estate.look(step) is Sight.GONE
    assert estate.sim.shoko.files == []
