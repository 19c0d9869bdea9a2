"""Delete torrents: the right ones, one at a time, and never what somebody else needs."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.media_status.clients.errors import BadAnswer, ClientError, NotFound
from custom_components.media_status.clients.guard import DryRun
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.connections.base import TargetChanged
from custom_components.media_status.connections.qbittorrent import QBittorrentConnection
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    HeldTorrent,
    Plan,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.model import ItemKey, Service
from simulator import Simulator, Title
from simulator.call_log import Trouble
from simulator.holdings import hold_collection, hold_film, hold_series
from simulator.qbt_torrents import Torrent
from tests.connections.estate import Estate, film_target, only, series_target, steps

SERVICES = ["radarr", "sonarr", "qbittorrent"]
VERSIONS = ["4.5.2", "5.3.0"]
V2 = "d" * 64


@pytest.fixture(params=VERSIONS)
async def estate(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncIterator[Estate]:
    """Run a household with each kind of qBittorrent."""
    versions = {"qbittorrent": str(request.param)}
    async with (
        Simulator(profile="empty", seed=3, services=SERVICES, versions=versions) as sim,
        Estate(sim) as running,
    ):
        yield running


@pytest.fixture
def heat(estate: Estate) -> Title:
    """Return a film."""
    return estate.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


@pytest.fixture
def show(estate: Estate) -> Title:
    """Return a series of two seasons."""
    return estate.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 2, 2: 2}
    )


async def held(estate: Estate, title: Title) -> tuple[HeldTorrent, ...]:
    """Return the torrents that have to do with a film."""
    return (await estate.ask("qbittorrent", film_target(title))).torrents


async def torrent_step(
    estate: Estate, title: Title, options: DeletionOptions | None = None
) -> Step:
    """Return what would become of the one torrent of a film."""
    (step,) = steps(await estate.plan(film_target(title), options=options), Verb.REMOVE_TORRENT)
    return step


def reached(torrent: Torrent) -> None:
    """Let a torrent have seeded as long as it must."""
    torrent.ratio_limit, torrent.ratio = 1, 2


async def test_a_torrent_goes_with_its_data_and_nothing_else(estate: Estate, heat: Title) -> None:
    """It is found by the manager's history, and afterwards it is in no list."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    other = estate.sim.qbittorrent.add_torrent(estate.sim.world.new_hash(), "Linux", 700)
    (found,) = await held(estate, heat)
    assert (found.torrent_id, found.path) == (torrent.id, torrent.content_path)
    assert found.size == torrent.transfer.size
    step = await torrent_step(estate, heat)
    assert step.status is StepStatus.PENDING
    assert await estate.look(step) is Sight.PRESENT
    await estate.run(step)
    assert await estate.look(step) is Sight.GONE
    assert list(estate.sim.qbittorrent.torrents) == [other.id]
    gone = {row.path for row in estate.sim.world.removed}
    assert gone == {f"{torrent.save_path}/{name}" for name, _ in torrent.files}


async def test_a_rehearsal_sends_nothing(estate: Estate, heat: Title) -> None:
    """The call that would be made names one torrent."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    step = await torrent_step(estate, heat)
    with pytest.raises(DryRun) as rehearsal:
        await estate.rehearse(step)
    assert rehearsal.value.call.body == f"hashes={torrent.id}&deleteFiles=true"
    assert estate.sim.writes == []


async def test_what_is_gone_already_is_not_asked_to_go(estate: Estate, heat: Title) -> None:
    """That is the end of the step, too."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    step = await torrent_step(estate, heat)
    estate.sim.qbittorrent.remove(torrent.id, delete_data=True)
    with pytest.raises(NotFound):
        await estate.run(step)
    assert estate.sim.removing == []
    assert await estate.look(step) is Sight.GONE


@pytest.mark.parametrize(("trouble", "sight"), [("refused", "present"), ("failed", "gone")])
async def test_after_an_error_a_look_tells(
    estate: Estate, heat: Title, trouble: Trouble, sight: str
) -> None:
    """An error says nothing about the effect."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    step = await torrent_step(estate, heat)
    estate.sim.faults("qbittorrent").on_write(trouble, "torrents/delete")
    with pytest.raises(ClientError):
        await estate.run(step)
    assert await estate.look(step) == sight


async def test_nobody_knows_while_it_is_down(estate: Estate, heat: Title) -> None:
    """No answer is neither gone nor nothing."""
    hold_film(estate.sim, heat)
    step = await torrent_step(estate, heat)
    await estate.sim.down("qbittorrent")
    with pytest.raises(ClientError):
        await held(estate, heat)
    with pytest.raises(ClientError):
        await estate.look(step)
    with pytest.raises(ClientError):
        await estate.connections["qbittorrent"].census()


@pytest.mark.parametrize(
    ("ratio", "forced", "reason"),
    [(0.5, False, "torrent_seeding"), (1.5, False, None), (0.5, True, None)],
)
async def test_a_private_torrent_seeds_to_its_limit(
    estate: Estate, heat: Title, ratio: float, forced: bool, reason: str | None
) -> None:
    """Below it stays unless it is said otherwise; a version that cannot tell counts as private."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    torrent.private, torrent.ratio, torrent.ratio_limit = True, ratio, 1
    (found,) = await held(estate, heat)
    assert found.is_private in {True, None}
    assert found.has_seeded is (ratio > 1)
    step = await torrent_step(estate, heat, DeletionOptions(delete_seeding=forced))
    assert step.reason == reason


async def test_without_any_limit_nobody_knows_when_it_has_seeded(
    estate: Estate, heat: Title
) -> None:
    """A limit of all torrents counts where a torrent has none of its own."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    torrent.private, torrent.ratio = True, 5
    assert [one.has_seeded for one in await held(estate, heat)] == [None]
    preferences = estate.sim.qbittorrent.preferences
    preferences["max_ratio_enabled"], preferences["max_ratio"] = True, 2
    assert [one.has_seeded for one in await held(estate, heat)] == [True]


async def test_a_cross_seed_keeps_the_data(estate: Estate, heat: Title) -> None:
    """Who shares a file is told; a second name on the disk cannot be seen, and loses nothing."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    estate.sim.qbittorrent.cross_seed(torrent, linked=True)
    assert [one.shares_with for one in await held(estate, heat)] == [()]
    twin = estate.sim.qbittorrent.cross_seed(torrent)
    assert [one.shares_with for one in await held(estate, heat)] == [(twin.id,)]
    assert (await torrent_step(estate, heat)).reason == "torrent_cross_seeded"


async def test_a_cross_seed_that_came_since_stops_the_step(estate: Estate, heat: Title) -> None:
    """Its data were in no plan."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    step = await torrent_step(estate, heat)
    estate.sim.qbittorrent.cross_seed(torrent)
    with pytest.raises(TargetChanged):
        await estate.run(step)
    assert estate.sim.removing == []


async def test_another_name_stops_the_step(estate: Estate, heat: Title) -> None:
    """What was shown is not what would go."""
    (torrent,) = hold_film(estate.sim, heat).torrents
    reached(torrent)
    step = await torrent_step(estate, heat)
    torrent.name = "Renamed"
    with pytest.raises(TargetChanged):
        await estate.run(step)
    assert estate.sim.removing == []


async def test_a_hybrid_is_known_by_all_its_names(estate: Estate, heat: Title) -> None:
    """A manager may have written down any of them; the call takes qBittorrent's own."""
    torrent = estate.sim.qbittorrent.add_torrent(V2[:40], "Heat", 900, v1="a" * 40, v2=V2)
    for name in ("A" * 40, V2.upper(), V2[:40]):
        target = replace(film_target(heat), downloads=frozenset({name}))
        (found,) = (await estate.ask("qbittorrent", target)).torrents
        assert found.torrent_id == torrent.id
        assert found.names == {"a" * 40, V2, V2[:40]}


async def test_a_season_of_a_pack_leaves_the_torrent(estate: Estate, show: Title) -> None:
    """The pack holds the other season; with both it goes."""
    (torrent,) = hold_series(estate.sim, show, packs=[[1, 2]]).torrents
    reached(torrent)
    first = [ItemKey(1, 1), ItemKey(1, 2)]
    (step,) = steps(await estate.plan(series_target(show, first)), Verb.REMOVE_TORRENT)
    assert (step.target, step.reason) == (torrent.id, "torrent_shared")
    assert only(await estate.plan(series_target(show)), Verb.REMOVE_TORRENT).target == torrent.id


async def test_one_film_of_a_collection_leaves_the_torrent(estate: Estate, heat: Title) -> None:
    """Somebody else's film is in it."""
    other = estate.sim.world.add_title_movie(title="Ronin", year=1998, tmdb=8195)
    reached(hold_collection(estate.sim, [heat, other])[0].torrents[0])
    assert (await torrent_step(estate, heat)).reason == "torrent_shared"
    both = await estate.plan(film_target(heat), film_target(other, "r2"))
    only(both, Verb.REMOVE_TORRENT)


async def test_what_seeds_a_library_file_in_place_is_told(estate: Estate, heat: Title) -> None:
    """No manager says that it brought it, so it stays; one beside it has nothing to do with it."""
    file = hold_film(estate.sim, heat, seeding=False).files[0]
    folder, _, name = file.path.rpartition("/")
    root, _, inner = folder.rpartition("/")
    add = estate.sim.qbittorrent.add_torrent
    place = add("a" * 40, inner, file.size, files=[(f"{inner}/{name}", file.size)], save_path=root)
    add("b" * 40, "Other", 5, files=[("a.mkv", 3), ("b.mkv", 2)], save_path=root)
    plan = await estate.plan(film_target(heat))
    (step,) = steps_of_torrents(plan)
    assert (step.target, step.reason) == (place.id, "origin_unknown")
    # Radarr would take the data away from under it.
    assert [one.code for one in plan.blockers] == ["file_seeding"]


async def test_what_a_manager_forgot_we_know(estate: Estate, heat: Title) -> None:
    """With a film Radarr forgets what brought it; our own record decides where it is ours alone."""
    held = hold_film(estate.sim, heat)
    torrent = held.torrents[0]
    reached(torrent)
    estate.sim.radarr.delete(held.entry)
    target = replace(film_target(heat), downloads=frozenset({torrent.id}))
    shared = await estate.plan(target)
    assert [step.reason for step in steps_of_torrents(shared)] == ["origin_unknown"]
    own = await estate.plan(replace(target, own_downloads=frozenset({torrent.id})))
    assert only(own, Verb.REMOVE_TORRENT).target == torrent.id


async def test_what_a_manager_still_has_is_not_decided_by_us(estate: Estate, heat: Title) -> None:
    """Another film of the same torrent is in Radarr, whatever our own record says."""
    other = estate.sim.world.add_title_movie(title="Ronin", year=1998, tmdb=8195)
    first, _ = hold_collection(estate.sim, [heat, other])
    torrent = first.torrents[0]
    reached(torrent)
    estate.sim.radarr.delete(first.entry)
    names = frozenset({torrent.id})
    target = replace(film_target(heat), downloads=names, own_downloads=names)
    (step,) = steps_of_torrents(await estate.plan(target))
    assert step.reason == "torrent_shared"


def steps_of_torrents(plan: Plan) -> list[Step]:
    """Return what a plan says of torrents, to be done or not."""
    return [step for step in plan.steps if step.verb is Verb.REMOVE_TORRENT]


async def test_torrents_are_counted(estate: Estate, heat: Title) -> None:
    """All of them, whoever added them."""
    hold_film(estate.sim, heat)
    estate.sim.qbittorrent.add_torrent("a" * 40, "Linux", 700)
    census = await estate.connections["qbittorrent"].census()
    assert census is not None and census.size == 2


async def test_a_list_that_cannot_be_read_whole_proves_nothing(socket_enabled: None) -> None:
    """The torrent that cannot be read may be the one that is looked for."""

    async def listed(request: web.Request) -> web.Response:
        return web.json_response([{"hash": "b" * 40, "name": "Linux"}, {"name": "Heat"}])

    app = web.Application()
    app.router.add_get("/api/v2/torrents/info", listed)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        connection = QBittorrentConnection(
            "qbit", QBittorrentClient(session, str(server.make_url("/")))
        )
        step = Step(
            id="qbit:torrent",
            connection_id="qbit",
            service=Service.QBITTORRENT,
            verb=Verb.REMOVE_TORRENT,
            request_ids=("r1",),
            target="a" * 40,
        )
        with pytest.raises(BadAnswer):
            await connection.look(step)
