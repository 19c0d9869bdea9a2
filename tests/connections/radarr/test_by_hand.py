"""Test which grabs that nobody requested become requests, on the simulator."""

import pytest

from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.connections.base import SurveyContext
from custom_components.media_status.connections.radarr import RadarrConnection
from custom_components.media_status.lifecycle.facts import Origin, Verdict
from custom_components.media_status.lifecycle.model import Stage
from simulator import Title as Film
from tests.connections.house import House

DUNE = 693134


def dune(house: House) -> Film:
    """Let the world know a film."""
    return house.sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=DUNE)


async def test_a_hand_added_film_opens_a_request_once(house: House) -> None:
    """A grab that nobody requested opens one request, which then lives like any other."""
    title = dune(house)
    entry = house.sim.radarr.add(title)
    await house.settle(house.radarr)
    assert house.tracker.requests == {}
    download = house.sim.radarr.grab(entry)
    await house.settle(house.radarr)
    assert house.request(title.title).origin is Origin.RADARR
    await house.sim.advance(30)
    await house.settle(house.radarr)
    house.sim.radarr.complete(download)
    house.sim.radarr.import_download(download)
    await house.settle(house.radarr)
    assert house.stage(title.title) is Stage.SYNCING_LIBRARY
    assert len(house.tracker.requests) == 1


async def test_what_a_request_brought_stays_decided_when_it_has_ended(house: House) -> None:
    """History overlaps: a quick grab is read again after the request it was made for has ended."""
    title = dune(house)
    await house.sim.seerr.approve(await house.sim.seerr.request(title))
    await house.settle()
    entry = house.sim.radarr.find(title)
    assert entry is not None
    download = house.sim.radarr.grab(entry)
    await house.settle(house.radarr)
    house.sim.radarr.complete(download)
    house.sim.radarr.import_download(download)
    await house.settle(house.radarr)
    (request,) = house.tracker.requests
    house.tracker.decide(request, Verdict.AVAILABLE, None, house.now)
    assert house.tracker.requests == {}
    survey = await house.survey(house.radarr)
    assert [seen.opening for seen in survey.observations if seen.opening] == []


async def test_a_4k_instance_opens_4k_requests(house: House) -> None:
    """An instance that is only there for 4K says so of what was added by hand."""
    radarr = house.sim.radarr
    radarr.grab(radarr.add(dune(house)))
    client = RadarrClient(house.session, house.sim.url("radarr"), house.sim.api_key("radarr"))
    connection = RadarrConnection("uhd", client, serves_4k=True)
    survey = await connection.survey(SurveyContext(now=house.now))
    assert [o.opening.is_4k for o in survey.observations if o.opening] == [True]


async def test_what_was_added_and_imported_while_we_were_away_is_found(house: House) -> None:
    """History since the last survey tells of a film that came and went through the queue."""
    title = dune(house)
    radarr = house.sim.radarr
    # A record from before: without one, history would be news only since a few minutes ago.
    before = radarr.add(house.sim.world.add_title_movie(title="Before", year=1990, tmdb=1990))
    radarr.fail(radarr.grab(before))
    await house.settle(house.radarr)
    download = radarr.grab(radarr.add(title))
    radarr.complete(download)
    radarr.import_download(download)
    await house.sim.advance(3 * 86400)
    house.forget(house.radarr)
    await house.settle(house.radarr)
    assert house.stage(title.title) is Stage.SYNCING_LIBRARY


@pytest.mark.parametrize("imported", [False, True])
async def test_an_upgrade_opens_nothing(house: House, imported: bool) -> None:
    """A better file for a film that is there is nobody's wish."""
    radarr = house.sim.radarr
    entry = radarr.add(dune(house))
    radarr.find_existing(entry)
    await house.settle(house.radarr)
    download = radarr.grab(entry, quality="WEBDL-2160p")
    if imported:
        radarr.complete(download)
        radarr.import_download(download)
    await house.settle(house.radarr)
    assert house.tracker.requests == {}
    # Judged once: the next cycle asks only what it always asks.
    house.sim.calls.clear()
    await house.survey(house.radarr)
    assert sum(house.sim.calls.values()) == 2


async def test_a_grab_that_was_judged_is_not_opened_again_after_a_restart(house: House) -> None:
    """The verdict is kept in the cursor, as the person may have had the request forgotten."""
    title = dune(house)
    radarr = house.sim.radarr
    radarr.grab(radarr.add(title))
    await house.settle(house.radarr)
    house.tracker.requests.clear()
    house.forget(house.radarr)
    survey = await house.survey(house.radarr)
    assert [o for o in survey.observations if o.opening] == []


async def test_nothing_by_hand_when_the_household_does_not_want_it(house: House) -> None:
    """The option is respected."""
    radarr = house.sim.radarr
    radarr.grab(radarr.add(dune(house)))
    survey = await house.radarr.survey(SurveyContext(now=house.now, track_manual=False))
    assert [o for o in survey.observations if o.opening] == []
