"""Check what trying again does in Seerr: a failed request is handed over again."""

from asyncio import gather
from dataclasses import replace

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.guard import DryRun, no_writes
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.connections.seerr import SeerrConnection
from custom_components.media_status.lifecycle.model import Stage
from simulator.seerr_state import RequestStatus, SeerrRequest
from tests.connections.house import House, wanted_of

ACTION = ("resubmit_request", "Heat")


@pytest.fixture
async def failed(house: House) -> SeerrRequest:
    """Return a request that was made while Radarr was down."""
    film = house.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await house.sim.down("radarr")
    row = await house.sim.seerr.request(film, user="alice")
    await house.settle(house.seerr)
    await house.sim.up("radarr")
    await house.settle()
    assert house.stage("Heat") is Stage.FAILED
    return row


async def test_a_failed_request_is_handed_over_again(house: House, failed: SeerrRequest) -> None:
    """A dry run says the same and does nothing; the result is seen by the next surveys."""
    assert await house.retry(house.seerr, "Heat", dry_run=True) == [ACTION]
    await house.settle()
    assert house.stage("Heat") is Stage.FAILED
    assert await house.retry(house.seerr, "Heat") == [ACTION]
    await house.settle()
    assert failed.status is RequestStatus.APPROVED
    assert house.stage("Heat") is Stage.SEARCHING
    house.ticks.seconds += 60
    assert await house.retry(house.seerr, "Heat") == []


async def test_two_who_ask_at_once(house: House, failed: SeerrRequest) -> None:
    """Only one of them has it done."""
    done = await gather(*(house.retry(house.seerr, "Heat") for _ in range(2)))
    assert sorted(done) == [[], [ACTION]]
    assert failed.status is RequestStatus.APPROVED


async def test_it_may_fail_again(house: House, failed: SeerrRequest) -> None:
    """Seerr answers before it knows; it is asked at most once a minute."""
    await house.sim.down("radarr")
    assert await house.retry(house.seerr, "Heat") == [ACTION]
    assert failed.status is RequestStatus.FAILED
    assert await house.retry(house.seerr, "Heat") == []
    house.ticks.seconds += 60
    assert await house.retry(house.seerr, "Heat", dry_run=True) == [ACTION]


@pytest.mark.parametrize(
    "status", [status for status in RequestStatus if status is not RequestStatus.FAILED]
)
async def test_only_failed_requests(
    house: House, failed: SeerrRequest, status: RequestStatus
) -> None:
    """Above all none that waits for approval: handing it over would approve it."""
    failed.status = status
    assert await house.retry(house.seerr, "Heat") == []
    assert failed.status is status


async def test_unknown_requests(house: House, failed: SeerrRequest) -> None:
    """One that is gone, one that this Seerr has no number of, one that is no number."""
    wanted = wanted_of(house.request("Heat"), "seerr")
    for odd in (None, "", "all", "0", "-1", "9999"):
        assert await house.seerr.retry(replace(wanted, service_id=odd)) == ()
    await house.sim.seerr.delete_request(failed)
    assert await house.seerr.retry(wanted) == ()


async def test_a_refusal_is_told_and_not_counted(house: House, failed: SeerrRequest) -> None:
    """As soon as it can be done, it may be."""
    wanted = wanted_of(house.request("Heat"), "seerr")
    client = SeerrClient(house.session, house.sim.url("seerr"), house.sim.api_key("seerr"))
    connection = SeerrConnection("seerr", client, monotonic=house.ticks)
    with no_writes():
        assert len(await connection.retry(wanted, dry_run=True)) == 1
        with pytest.raises(DryRun):
            await connection.retry(wanted)
    faults = house.sim.faults("seerr")
    faults.status = 500
    with pytest.raises(ClientError):
        await connection.retry(wanted)
    faults.status = None
    assert len(await connection.retry(wanted)) == 1
    assert failed.status is RequestStatus.APPROVED
