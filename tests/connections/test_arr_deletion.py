"""Prove what Radarr and Sonarr are said to have, what is removed of it, and when it is gone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.media_status.clients.errors import ClientError, NotFound
from custom_components.media_status.clients.guard import DryRun
from custom_components.media_status.connections.base import Connection, TargetChanged
from custom_components.media_status.deletion.permits import permit
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    Holder,
    Inspection,
    Plan,
    Served,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.deletion_plan import make_plan
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, ProviderIds
from simulator import Simulator
from simulator.holdings import hold_collection, hold_film, hold_series
from simulator.model import Title
from tests.connections.house import House

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:
    """Run simulated services and our connections to them, which may remove things."""
    async with Simulator(profile="tiny", seed=11) as simulator, House(simulator) as running:
        yield running


def a_film(house: House, title: str = "Dune", tmdb: int = 438631) -> Title:
    """Let a film exist."""
    return house.sim.world.add_title_movie(title=title, year=2021, tmdb=tmdb)


def a_series(house: House) -> Title:
    """Let a series of two seasons exist."""
    return house.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3, 2: 3}
    )


def target(title: Title, items: set[ItemKey] | None = None, **more: object) -> DeletionTarget:
    """Return the wish that is to be deleted."""
    is_film = title.kind == "movie"
    wanted = DeletionTarget(
        request_id="request-1",
        media_type=MediaType.MOVIE if is_film else MediaType.SERIES,
        ids=ProviderIds(tmdb=title.tmdb, tvdb=None if is_film else title.tvdb),
        title=title.title,
        items=frozenset(items or {MOVIE}),
    )
    return replace(wanted, **more)  # type: ignore[arg-type]  # fields by name


async def plan(connection: Connection, *targets: DeletionTarget, delete_files: bool = True) -> Plan:
    """Return what one manager alone would be told to do."""
    held = await connection.inspect(Inspection(now=NOW, targets=targets))
    holder = Holder(
        connection_id=connection.connection_id,
        service=connection.service,
        name="it",
        holdings=held,
    )
    return make_plan("p", NOW, DeletionOptions(delete_files=delete_files), targets, [holder])


def steps(made: Plan, verb: Verb) -> list[Step]:
    """Return the pending steps of one kind."""
    return [step for step in made.pending if step.verb is verb]


async def remove(connection: Connection, step: Step) -> None:
    """Do a step for real."""
    await connection.remove(step, permit(step, dry_run=False))


async def test_a_film_goes_with_its_file_and_is_seen_to_be_gone(house: House) -> None:
    """Removing a film takes its file along; a rehearsal takes nothing."""
    held = hold_film(house.sim, a_film(house))
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    assert (step.verb, step.target) == (Verb.REMOVE_TITLE, str(held.entry.id))
    assert [file.path for file in step.files] == [held.files[0].path]
    assert step.size == held.files[0].size
    assert await house.radarr.look(step) is Sight.PRESENT
    with pytest.raises(DryRun) as rehearsal:
        await house.radarr.remove(step, permit(step))
    assert rehearsal.value.call.method == "DELETE"
    assert not house.sim.removing
    await remove(house.radarr, step)
    assert await house.radarr.look(step) is Sight.GONE
    assert [call.method for call in house.sim.removing] == ["DELETE"]
    with pytest.raises(NotFound):
        await remove(house.radarr, step)


async def test_a_file_that_stays_is_seen(house: House) -> None:
    """A friendly answer is no proof: the disk is."""
    hold_film(house.sim, a_film(house, "Blade Runner", 335984))  # so that the folder is not empty
    held = hold_film(house.sim, a_film(house))
    house.sim.radarr.disposal.stuck = True
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    await remove(house.radarr, step)
    assert await house.radarr.look(step) is Sight.FILES_LEFT


async def test_a_folder_that_cannot_be_seen_proves_nothing(house: House) -> None:
    """A disk that is not mounted makes nothing gone."""
    hold_film(house.sim, a_film(house, "Blade Runner", 335984))
    held = hold_film(house.sim, a_film(house))
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    await remove(house.radarr, step)
    house.sim.radarr.disposal.lost[held.entry.path.rpartition("/")[0]] = "empty"
    with pytest.raises(ClientError):
        await house.radarr.look(step)


async def test_without_files_the_title_alone_goes(house: House) -> None:
    """Files that shall stay do."""
    held = hold_film(house.sim, a_film(house))
    made = await plan(house.radarr, target(held.entry.title), delete_files=False)
    (step,) = made.pending
    await remove(house.radarr, step)
    assert await house.radarr.look(step) is Sight.GONE
    assert house.sim.world.volume.stat(held.files[0].path) is not None
    assert not house.sim.world.removed


async def test_a_series_with_the_number_of_a_film_is_not_the_film(house: House) -> None:
    """Numbers of films and of series are apart."""
    film = a_film(house, "Shared number", 95396)
    hold_series(house.sim, a_series(house))
    assert not (await house.sonarr.inspect(Inspection(now=NOW, targets=(target(film),)))).titles
    series = target(film, media_type=MediaType.SERIES, ids=ProviderIds(tvdb=95396))
    assert not (await house.sonarr.inspect(Inspection(now=NOW, targets=(series,)))).titles


async def test_a_title_that_became_another_is_left_alone(house: House) -> None:
    """What is not as planned any more is not touched."""
    held = hold_film(house.sim, a_film(house))
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    moved = replace(step, expects={**step.expects, "path": "/elsewhere"})
    with pytest.raises(TargetChanged):
        await remove(house.radarr, moved)
    other = replace(step, expects={**step.expects, "tmdb": "1"})
    with pytest.raises(TargetChanged):
        await remove(house.radarr, other)
    unplanned = replace(step, files=())
    with pytest.raises(TargetChanged):
        await remove(house.radarr, unplanned)
    assert not house.sim.removing


async def test_one_season_goes_and_the_other_stays(house: House) -> None:
    """Chosen episodes go, and are not fetched again."""
    held = hold_series(house.sim, a_series(house), packs=[[1], [2]])
    first = {ItemKey(1, number) for number in (1, 2, 3)}
    made = await plan(house.sonarr, target(held.entry.title, first))
    (unmonitor,) = steps(made, Verb.UNMONITOR)
    files = steps(made, Verb.REMOVE_FILE)
    assert unmonitor.items == tuple(sorted(first))
    assert sorted(one.items[0] for one in files) == sorted(first)
    await remove(house.sonarr, unmonitor)
    assert await house.sonarr.look(unmonitor) is Sight.GONE
    for step in files:
        assert await house.sonarr.look(step) is Sight.PRESENT
        await remove(house.sonarr, step)
        assert await house.sonarr.look(step) is Sight.GONE
    left = {item.info.season for item in held.entry.episodes if item.file is not None}
    watched = {item.info.season for item in held.entry.episodes if item.monitored}
    assert left == {2}
    assert watched == {2}


async def test_all_seasons_go_as_the_series(house: House) -> None:
    """When nothing would be left, the series goes."""
    held = hold_series(house.sim, a_series(house))
    every = {ItemKey(season, number) for season in (1, 2) for number in (1, 2, 3)}
    made = await plan(house.sonarr, target(held.entry.title, every))
    (step,) = steps(made, Verb.REMOVE_TITLE)
    assert len(step.files) == 6
    await remove(house.sonarr, step)
    assert await house.sonarr.look(step) is Sight.GONE


async def test_all_that_a_torrent_brought_is_told(house: House) -> None:
    """Of a collection every film is named."""
    films = [a_film(house), a_film(house, "Dune: Part Two", 693134)]
    held = hold_collection(house.sim, films)
    name = held[0].torrents[0].id.lower()
    served = await house.radarr.trace(frozenset({name, "not-a-torrent"}))
    assert served == {name: frozenset(Served(str(one.entry.id), MOVIE) for one in held)}
    (title,) = (await house.radarr.inspect(Inspection(now=NOW, targets=(target(films[0]),)))).titles
    assert title.downloads == {name}


async def test_an_unanswered_question_is_no_answer(house: House) -> None:
    """A service that fails has nothing to say about what is gone."""
    held = hold_film(house.sim, a_film(house))
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    house.sim.faults("radarr").status = 502
    for asked in (
        house.radarr.inspect(Inspection(now=NOW, targets=(target(held.entry.title),))),
        house.radarr.trace(frozenset({held.torrents[0].id.lower()})),
        house.radarr.look(step),
        remove(house.radarr, step),
    ):
        with pytest.raises(ClientError):
            await asked


async def test_a_file_that_radarr_does_not_know_is_named_too(house: House) -> None:
    """What lies in the folder goes with it: the plan says so, with its size."""
    held = hold_film(house.sim, a_film(house))
    left = house.sim.world.lay(f"{held.entry.path}/Old Copy.mkv", 7_000_000)
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    assert {file.path for file in step.files} == {held.files[0].path, left}
    assert step.size == held.files[0].size + 7_000_000
    await remove(house.radarr, step)
    assert await house.radarr.look(step) is Sight.GONE


async def test_a_file_that_came_into_the_folder_keeps_the_title(house: House) -> None:
    """Nobody saw it in the plan, and Radarr does not know it either."""
    held = hold_film(house.sim, a_film(house))
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    house.sim.world.lay(f"{held.entry.path}/Director's Cut.mkv", 7_000_000)
    with pytest.raises(TargetChanged):
        await remove(house.radarr, step)
    assert not house.sim.removing


async def test_an_episode_that_came_keeps_the_series(house: House) -> None:
    """Be its file to go or to stay: nobody asked to let it go."""
    show = house.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={0: 1, 1: 3}
    )
    held = hold_series(house.sim, show)
    wanted = target(show, {ItemKey(1, number) for number in (1, 2, 3)})
    (step,) = (await plan(house.sonarr, wanted, delete_files=False)).pending
    assert step.verb is Verb.REMOVE_TITLE
    house.sim.sonarr.import_file(held.entry.season(0))
    with pytest.raises(TargetChanged):
        await remove(house.sonarr, step)
    assert not house.sim.removing


async def test_a_title_is_not_forgotten_while_its_disk_is_away(house: House) -> None:
    """Radarr would answer 200 and leave the files for ever."""
    hold_film(house.sim, a_film(house, "Blade Runner", 335984))
    held = hold_film(house.sim, a_film(house))
    (step,) = (await plan(house.radarr, target(held.entry.title))).pending
    house.sim.radarr.disposal.lost[held.entry.path.rpartition("/")[0]] = "empty"
    with pytest.raises(ClientError):
        await remove(house.radarr, step)
    assert not house.sim.removing
    house.sim.radarr.disposal.lost.clear()
    await remove(house.radarr, step)
    assert await house.radarr.look(step) is Sight.GONE


async def test_a_recycle_bin_is_told(house: House) -> None:
    """Files that are moved there take their space until somebody empties it."""
    held = hold_film(house.sim, a_film(house))
    assert (await plan(house.radarr, target(held.entry.title))).warnings == ()
    house.sim.radarr.disposal.recycle_bin = "/data/recycle"
    (warning,) = (await plan(house.radarr, target(held.entry.title))).warnings
    assert warning.code == "recycle_bin"
    kept = await plan(house.radarr, target(held.entry.title), delete_files=False)
    assert kept.warnings == ()
