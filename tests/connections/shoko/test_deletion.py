"""Delete in Shoko: records of files that are gone, never a file."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from custom_components.media_status.clients.errors import BadAnswer, ClientError, NotFound
from custom_components.media_status.clients.guard import DryRun
from custom_components.media_status.connections.base import TargetChanged
from custom_components.media_status.connections.shoko_deletion import StillThere
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    HeldFile,
    HeldRecord,
    HeldTitle,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.model import ItemKey, ProviderIds
from simulator import Simulator, Title
from simulator.arr_state import SeriesEntry
from simulator.call_log import Trouble
from simulator.holdings import Held, hold_series, settled
from tests.connections.estate import Estate, film_target, series_target, steps

VERSIONS = ["5.3.3", "6.0.0-dev.425"]
SERVICES = ["sonarr", "radarr", "qbittorrent", "shoko"]


@pytest.fixture(params=VERSIONS)
async def estate(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncIterator[Estate]:
    """Run a household with each kind of Shoko, which does not watch its folders by itself."""
    versions = {"shoko": str(request.param)}
    async with (
        Simulator(profile="empty", seed=1, services=SERVICES, versions=versions) as sim,
        Estate(sim) as running,
    ):
        yield running


@pytest.fixture
def show(estate: Estate) -> Title:
    """Return an anime series."""
    return estate.sim.world.add_anime_series(
        title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: 3}
    )


@pytest.fixture
async def held(estate: Estate, show: Title) -> Held[SeriesEntry]:
    """Let Sonarr have it, and Shoko know every file; from now on Shoko notices nothing."""
    found = hold_series(estate.sim, show, packs=())
    await settled(estate.sim)
    assert len(estate.sim.shoko.files) == 3
    estate.sim.shoko.watching = False
    return found


async def records(estate: Estate, show: Title) -> list[Step]:
    """Return what would become of Shoko's records of a series."""
    target = replace(series_target(show), is_anime=True)
    return steps(await estate.plan(target), Verb.REMOVE_RECORD)


def take_away(estate: Estate, held: Held[SeriesEntry]) -> None:
    """Let Sonarr delete the series with its files."""
    estate.sim.sonarr.delete(held.entry)


async def known(estate: Estate, show: Title) -> tuple[HeldRecord, ...]:
    """Return what Shoko knows of a series."""
    return (await estate.ask("shoko", series_target(show))).records


@pytest.mark.parametrize("windows", [False, True])
async def test_every_file_of_the_manager_is_found(
    estate: Estate, show: Title, held: Held[SeriesEntry], *, windows: bool
) -> None:
    """By the end of its path, however Shoko's machine writes it."""
    estate.sim.shoko.windows = windows
    found = await known(estate, show)
    assert {one.path for one in found} == {file.path for file in held.files}
    assert {one.file_id for one in found} == {str(file.id) for file in estate.sim.shoko.files}
    assert all(one.is_accessible for one in found)


async def test_a_record_goes_after_its_file(
    estate: Estate, show: Title, held: Held[SeriesEntry]
) -> None:
    """Not before, and nothing else goes with it; the plan can be rehearsed while it is there."""
    found = await records(estate, show)
    assert [step.status for step in found] == [StepStatus.PENDING] * 3
    for step in found:
        with pytest.raises(DryRun) as rehearsal:
            await estate.rehearse(step)
        assert ("removeFiles", "false") in rehearsal.value.call.query
        with pytest.raises(StillThere):
            await estate.run(step)
        assert await estate.look(step) is Sight.PRESENT
    assert estate.sim.removing == []
    take_away(estate, held)
    removed = list(estate.sim.world.removed)
    for step in found:
        assert await estate.look(step) is Sight.GONE  # it cannot reach the file
        await estate.run(step)
        assert await estate.look(step) is Sight.GONE
        with pytest.raises(NotFound):
            await estate.run(step)
    assert estate.sim.shoko.files == []
    assert len(estate.sim.removing) == 3
    assert estate.sim.world.removed == removed


async def test_a_file_that_is_still_there_keeps_its_record(
    estate: Estate, show: Title, held: Held[SeriesEntry]
) -> None:
    """Sonarr said it had deleted it, and had not."""
    found = await records(estate, show)
    estate.sim.sonarr.disposal.stuck = True
    take_away(estate, held)
    with pytest.raises(StillThere):
        await estate.run(found[0])
    assert await estate.look(found[0]) is Sight.PRESENT


async def test_a_kept_file_keeps_its_record(
    estate: Estate, show: Title, held: Held[SeriesEntry]
) -> None:
    """Chosen episodes take only theirs; without files nothing goes."""
    first = replace(series_target(show, [ItemKey(1, 1)]), is_anime=True)
    pending = [
        step.expects["path"]
        for step in steps(await estate.plan(first), Verb.REMOVE_RECORD)
        if step.status is StepStatus.PENDING
    ]
    assert pending == [held.files[0].path]
    whole = replace(series_target(show), is_anime=True)
    plan = await estate.plan(whole, options=DeletionOptions(delete_files=False))
    assert {step.reason for step in steps(plan, Verb.REMOVE_RECORD)} == {"files_kept"}


async def test_a_file_of_several_episodes_has_one_record(estate: Estate, show: Title) -> None:
    """It goes when all of them go."""
    entry = estate.sim.sonarr.add(show)
    path = estate.sim.sonarr.import_file(entry.episodes).path
    await settled(estate.sim)
    (record,) = await known(estate, show)
    assert record.path == path
    part = replace(series_target(show, [ItemKey(1, 2)]), is_anime=True)
    (step,) = steps(await estate.plan(part), Verb.REMOVE_RECORD)
    assert (step.status, step.reason) == (StepStatus.SKIPPED, "file_shared")
    (step,) = await records(estate, show)
    assert step.status is StepStatus.PENDING


async def test_the_record_of_another_file_stays(
    estate: Estate, show: Title, held: Held[SeriesEntry]
) -> None:
    """A number that means something else by now is not what was planned."""
    first, second, _ = await records(estate, show)
    take_away(estate, held)
    with pytest.raises(TargetChanged):
        await estate.run(replace(first, target=second.target))
    with pytest.raises(TargetChanged):
        await estate.run(replace(first, expects={}))
    assert estate.sim.removing == []


async def test_two_files_that_end_alike_are_not_guessed(
    estate: Estate, show: Title, held: Held[SeriesEntry]
) -> None:
    """The same folder and name lie in two of Shoko's folders at once: nobody knows which it is."""
    shelf = estate.sim.shoko.shelf
    shelf.add_folder("Other", "/data/media/other", "/other")
    source = held.files[0].path.replace("/data/media/anime", "/data/media/other")
    estate.sim.shoko.watching = True
    estate.sim.world.put_file(source, show, [show.episodes[0]], size=9, quality="HDTV-720p")
    await settled(estate.sim)
    for folder in shelf.folders:
        folder.path = "/mnt"
    with pytest.raises(BadAnswer):
        await known(estate, show)


@pytest.mark.parametrize("other", ["aaa", "zzz"])
async def test_a_record_is_of_the_path_that_is_most_like_it(
    estate: Estate, show: Title, held: Held[SeriesEntry], other: str
) -> None:
    """Another instance has a file of the same folder and name, which Shoko does not know."""
    path = held.files[0].path
    paths = [path, path.replace("/media/anime", f"/media/{other}")]
    titles = tuple(
        HeldTitle(
            request_id="r1",
            own_id="1",
            ids=ProviderIds(),
            title="",
            files=(HeldFile(file_id="1", path=one, size=1, items=frozenset()),),
        )
        for one in paths
    )
    asked = replace(estate.inspection(series_target(show)), titles=titles)
    (record,) = (await estate.connections["shoko"].inspect(asked)).records
    assert record.path == path


async def test_shoko_has_nothing_of_what_no_manager_has(estate: Estate, show: Title) -> None:
    """No file, no question; nor does it know an ordinary film."""
    assert await known(estate, show) == ()
    heat = estate.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    estate.sim.radarr.import_file(estate.sim.radarr.add(heat))
    assert (await estate.ask("shoko", film_target(heat))).records == ()


@pytest.mark.parametrize(("trouble", "is_known"), [("refused", True), ("failed", False)])
async def test_an_error_says_nothing_about_the_effect(
    estate: Estate, show: Title, held: Held[SeriesEntry], trouble: Trouble, *, is_known: bool
) -> None:
    """A second call does no harm: the record is there, or it is not found."""
    step = (await records(estate, show))[0]
    take_away(estate, held)
    estate.sim.faults("shoko").on_write(trouble, "DELETE")
    with pytest.raises(ClientError):
        await estate.run(step)
    assert (int(step.target) in {file.id for file in estate.sim.shoko.files}) is is_known
    if is_known:
        await estate.run(step)
    else:
        with pytest.raises(NotFound):
            await estate.run(step)


async def test_nobody_knows_while_it_is_down(
    estate: Estate, show: Title, held: Held[SeriesEntry]
) -> None:
    """No answer is neither gone nor nothing."""
    step = (await records(estate, show))[0]
    take_away(estate, held)
    await estate.sim.down("shoko")
    with pytest.raises(ClientError):
        await estate.look(step)
    with pytest.raises(ClientError):
        await estate.run(step)
    with pytest.raises(ClientError):
        await estate.connections["shoko"].census()


async def test_files_are_counted(estate: Estate, held: Held[SeriesEntry]) -> None:
    """All that Shoko has."""
    census = await estate.connections["shoko"].census()
    assert census is not None and census.size == len(held.files)
