"""Delete in Seerr: one's own request, and the record of a title when nobody else asks for it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from custom_components.media_status.clients.errors import ClientError, NotFound
from custom_components.media_status.clients.guard import DryRun
from custom_components.media_status.connections.base import TargetChanged
from custom_components.media_status.lifecycle.deletion import (
    DeletionTarget,
    HeldWish,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.model import ItemKey, ProviderIds
from simulator import Simulator, Title
from simulator.call_log import Trouble
from simulator.seerr_state import MediaStatus, SeerrRequest
from tests.connections.estate import Estate, film_target, only, series_target, steps

SERVICES = ["seerr", "radarr", "radarr:radarr4k", "sonarr", "qbittorrent"]


@pytest.fixture
async def estate(socket_enabled: None) -> AsyncIterator[Estate]:
    """Run a household with a Radarr for each quality."""
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
    """Return a series whose number at TMDB is the film's."""
    return estate.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=949, tvdb=371980, seasons={1: 2, 2: 2}
    )


def linked(target: DeletionTarget, row: SeerrRequest) -> DeletionTarget:
    """Return a target that came from a request."""
    return replace(target, service_ids={"seerr": str(row.id)}, is_4k=row.is_4k)


async def wish(estate: Estate, target: DeletionTarget) -> HeldWish | None:
    """Return what Seerr has of a target."""
    wishes = (await estate.ask("seerr", target)).wishes
    assert len(wishes) < 2
    return wishes[0] if wishes else None


async def test_request_and_record_go_so_that_it_can_be_asked_for_again(
    estate: Estate, heat: Title
) -> None:
    """Two calls, each of them seen to have worked; then anybody may ask anew."""
    row = await estate.sim.seerr.request(heat, user="alice")
    row.side.status = MediaStatus.AVAILABLE
    plan = await estate.plan(linked(film_target(heat), row))
    request, media = only(plan, Verb.REMOVE_REQUEST), only(plan, Verb.REMOVE_MEDIA)
    assert (request.target, media.target) == (str(row.id), str(row.media.id))
    for step in (request, media):
        with pytest.raises(DryRun):
            await estate.rehearse(step)
        assert await estate.look(step) is Sight.PRESENT
    assert [call for call in estate.sim.writes if call.service == "seerr"] == []
    await estate.run(request)
    assert await estate.look(request) is Sight.GONE
    assert await estate.look(media) is Sight.PRESENT
    await estate.run(media)
    assert await estate.look(media) is Sight.GONE
    assert [call.path for call in estate.sim.removing] == [
        f"/api/v1/request/{row.id}",
        f"/api/v1/media/{row.media.id}",
    ]
    again = await estate.sim.seerr.request(heat, user="bob")
    assert await estate.look(request) is Sight.GONE
    assert await estate.look(media) is Sight.GONE
    assert again.id != row.id


async def test_what_somebody_else_asked_for_stays(estate: Estate, heat: Title) -> None:
    """HD is Alice's and 4K is Bob's: without hers, the record is still needed."""
    hers = await estate.sim.seerr.request(heat, user="alice")
    his = await estate.sim.seerr.request(heat, user="bob", is_4k=True)
    target = linked(film_target(heat), hers)
    found = await wish(estate, target)
    assert found is not None
    assert set(found.requests) == {str(hers.id), str(his.id)}
    assert found.own == {str(hers.id)}
    plan = await estate.plan(target)
    (media,) = steps(plan, Verb.REMOVE_MEDIA)
    assert (media.status, media.reason) == (StepStatus.SKIPPED, "others_asked_too")
    await estate.run(only(plan, Verb.REMOVE_REQUEST))
    assert list(estate.sim.seerr.requests) == [his.id]


async def test_both_qualities_have_one_record_that_goes_with_the_last(
    estate: Estate, heat: Title
) -> None:
    """It is one step of one plan, and waits for both requests."""
    hers = await estate.sim.seerr.request(heat, user="alice")
    his = await estate.sim.seerr.request(heat, user="bob", is_4k=True)
    plan = await estate.plan(linked(film_target(heat), hers), linked(film_target(heat, "r2"), his))
    media = only(plan, Verb.REMOVE_MEDIA)
    requests = steps(plan, Verb.REMOVE_REQUEST)
    assert media.request_ids == ("r1", "r2")
    assert {step.id for step in requests} <= set(media.after)
    for step in (*requests, media):
        await estate.run(step)
        assert await estate.look(step) is Sight.GONE


async def test_films_and_series_have_numbers_of_their_own(
    estate: Estate, heat: Title, show: Title
) -> None:
    """One number at TMDB is two titles."""
    film = await estate.sim.seerr.request(heat)
    series = await estate.sim.seerr.request(show, seasons=[1, 2])
    about_film = await wish(estate, linked(film_target(heat), film))
    about_series = await wish(estate, linked(series_target(show), series))
    assert about_film is not None and about_series is not None
    assert (about_film.media_id, about_film.own) == (str(film.media.id), frozenset({str(film.id)}))
    assert (about_series.media_id, about_series.own) == (
        str(series.media.id),
        frozenset({str(series.id)}),
    )
    wrong = await wish(estate, linked(film_target(heat), series))
    assert wrong is not None and wrong.own == frozenset()
    plan = await estate.plan(linked(film_target(heat), film))
    crossed = replace(only(plan, Verb.REMOVE_REQUEST), target=str(series.id))
    with pytest.raises(TargetChanged):
        await estate.run(crossed)
    with pytest.raises(NotFound):
        await estate.run(replace(only(plan, Verb.REMOVE_MEDIA), target=str(series.media.id)))
    assert estate.sim.removing == []


async def test_without_a_link_a_film_is_found_by_its_number_and_quality(
    estate: Estate, heat: Title
) -> None:
    """Ids that are missing are looked up, never guessed."""
    hd = await estate.sim.seerr.request(heat, user="alice")
    uhd = await estate.sim.seerr.request(heat, user="bob", is_4k=True)
    for row in (hd, uhd):
        found = await wish(estate, replace(film_target(heat), is_4k=row.is_4k))
        assert found is not None and found.own == {str(row.id)}


@pytest.mark.parametrize(("seasons", "is_own"), [([1], True), ([1, 2], False)])
async def test_without_a_link_only_what_asks_for_nothing_else_is_own(
    estate: Estate, show: Title, seasons: list[int], *, is_own: bool
) -> None:
    """Season 1 shall go: a request for both seasons is not about that alone."""
    row = await estate.sim.seerr.request(show, seasons=seasons)
    found = await wish(estate, series_target(show, [ItemKey(1, 1), ItemKey(1, 2)]))
    assert found is not None
    assert found.own == ({str(row.id)} if is_own else set())


async def test_another_persons_new_request_is_not_ours(estate: Estate, heat: Title) -> None:
    """Our own is gone from Seerr; whoever asked since keeps everything."""
    old = await estate.sim.seerr.request(heat, user="alice")
    await estate.sim.seerr.delete_request(old)
    await estate.sim.seerr.request(heat, user="bob")
    target = linked(film_target(heat), old)
    found = await wish(estate, target)
    assert found is not None and found.own == frozenset()
    plan = await estate.plan(target)
    assert steps(plan, Verb.REMOVE_REQUEST) == []
    assert [step.reason for step in steps(plan, Verb.REMOVE_MEDIA)] == ["others_asked_too"]


async def test_a_title_without_numbers_is_found_by_its_own_request(
    estate: Estate, heat: Title, show: Title
) -> None:
    """Without that nothing is found; a request for the other kind, or another title, is not it."""
    row = await estate.sim.seerr.request(heat)
    bare = replace(film_target(heat), ids=ProviderIds())
    assert await wish(estate, bare) is None
    found = await wish(estate, linked(bare, row))
    assert found is not None
    assert (found.own, found.tmdb) == (frozenset({str(row.id)}), heat.tmdb)
    series = await estate.sim.seerr.request(show, seasons=[1])
    assert await wish(estate, linked(bare, series)) is None
    other = replace(series_target(show), ids=ProviderIds(tvdb=1))
    assert await wish(estate, linked(other, series)) is None


async def test_what_can_be_asked_for_is_nothing_to_delete(estate: Estate, heat: Title) -> None:
    """A record without a request and without files keeps nobody from asking."""
    assert await wish(estate, film_target(heat)) is None
    row = await estate.sim.seerr.request(heat)
    await estate.sim.seerr.delete_request(row)
    assert row.side.status is MediaStatus.UNKNOWN
    assert await wish(estate, film_target(heat)) is None
    row.side.status = MediaStatus.AVAILABLE
    found = await wish(estate, film_target(heat))
    assert found is not None and (found.requests, found.own) == ((), frozenset())


async def test_what_is_gone_already_is_no_error(estate: Estate, heat: Title) -> None:
    """Both steps end so."""
    row = await estate.sim.seerr.request(heat)
    plan = await estate.plan(linked(film_target(heat), row))
    await estate.sim.seerr.delete_media(row.media)
    for step in plan.pending:
        if step.connection_id == "seerr":
            with pytest.raises(NotFound):
                await estate.run(step)
            assert await estate.look(step) is Sight.GONE
    assert estate.sim.removing == []


async def test_the_record_stays_when_somebody_asks_meanwhile(estate: Estate, heat: Title) -> None:
    """It would take the new request along."""
    row = await estate.sim.seerr.request(heat, user="alice")
    plan = await estate.plan(linked(film_target(heat), row))
    await estate.run(only(plan, Verb.REMOVE_REQUEST))
    new = await estate.sim.seerr.request(heat, user="bob", is_4k=True)
    with pytest.raises(TargetChanged):
        await estate.run(only(plan, Verb.REMOVE_MEDIA))
    assert list(estate.sim.seerr.requests) == [new.id]


@pytest.mark.parametrize(("trouble", "sight"), [("refused", "present"), ("failed", "gone")])
@pytest.mark.parametrize("verb", [Verb.REMOVE_REQUEST, Verb.REMOVE_MEDIA])
async def test_after_an_error_a_look_tells(
    estate: Estate, heat: Title, verb: Verb, trouble: Trouble, sight: str
) -> None:
    """An error says nothing about the effect."""
    row = await estate.sim.seerr.request(heat)
    plan = await estate.plan(linked(film_target(heat), row))
    if verb is Verb.REMOVE_MEDIA:
        # What is left could be asked for again, and is there all the same.
        await estate.run(only(plan, Verb.REMOVE_REQUEST))
        assert row.side.status is MediaStatus.UNKNOWN
    step = only(plan, verb)
    estate.sim.faults("seerr").on_write(trouble, "DELETE")
    with pytest.raises(ClientError):
        await estate.run(step)
    assert await estate.look(step) == sight


async def test_what_is_on_the_blocklist_keeps_its_record(estate: Estate, heat: Title) -> None:
    """Seerr answers 204 and keeps it on purpose."""
    row = await estate.sim.seerr.request(heat)
    plan = await estate.plan(linked(film_target(heat), row))
    await estate.run(only(plan, Verb.REMOVE_REQUEST))
    row.side.status = MediaStatus.BLOCKLISTED
    step = only(plan, Verb.REMOVE_MEDIA)
    await estate.run(step)
    assert row.media in estate.sim.seerr.media.values()
    assert await estate.look(step) is Sight.GONE


async def test_nobody_knows_while_it_is_down(estate: Estate, heat: Title) -> None:
    """No answer is neither gone nor nothing."""
    row = await estate.sim.seerr.request(heat)
    target = linked(film_target(heat), row)
    plan = await estate.plan(target)
    await estate.sim.down("seerr")
    with pytest.raises(ClientError):
        await wish(estate, target)
    for verb in (Verb.REMOVE_REQUEST, Verb.REMOVE_MEDIA):
        with pytest.raises(ClientError):
            await estate.look(only(plan, verb))


async def test_it_is_not_counted(estate: Estate) -> None:
    """What Seerr has is no library."""
    assert await estate.connections["seerr"].census() is None
