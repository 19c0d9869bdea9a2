"""Check that trying again with what was sought in vain shows what there is, and why not."""

from dataclasses import replace

import pytest

from custom_components.media_status.clients.arr import Candidate
from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.connections.arr_look import summed_up
from custom_components.media_status.connections.base import Action, WantedTitle
from custom_components.media_status.lifecycle.facts import Search, Statement
from custom_components.media_status.lifecycle.model import MOVIE, Stage, Subject
from tests.connections.house import House, wanted_of

LOOK = ("look_for_releases", "Heat")
WRONG = "WEBDL-480p is not wanted in profile"
TAKEN = Candidate(rejections=("x",), is_rejected=False)


def refused(*reasons: str) -> Candidate:
    """Return a release that is not wanted."""
    return Candidate(rejections=reasons, is_rejected=True)


@pytest.mark.parametrize(
    ("releases", "search"),
    [
        ([], Search(found=0)),
        ([Candidate(rejections=(), is_rejected=False)], Search(found=1)),
        ([refused()], Search(found=1, rejected=1)),
        (
            [refused("b"), refused("a", "b"), refused("a"), TAKEN],
            Search(found=4, rejected=3, reason="a", count=2),
        ),
        (
            [
                refused("9.1 GB is larger than maximum allowed 4 GB"),
                refused("12 GB is larger than maximum allowed 4 GB"),
                refused("12 GB is larger than maximum allowed 4 GB"),
                refused("Blocklisted"),
                refused("Blocklisted"),
            ],
            Search(
                found=5,
                rejected=5,
                reason="12 GB is larger than maximum allowed 4 GB",
                count=3,
            ),
        ),
    ],
)
def test_releases_are_summed_up(releases: list[Candidate], search: Search) -> None:
    """The most frequent reason is told, once for each release; numbers do not matter."""
    assert summed_up(releases) == search


async def sought(house: House) -> WantedTitle:
    """Return a film that Radarr was asked for an hour ago."""
    title = house.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await house.sim.seerr.request(title, user="alice")
    await house.settle()
    assert house.stage("Heat") is Stage.SEARCHING
    wanted = wanted_of(house.request("Heat"), "radarr")
    return replace(wanted, long_sought=frozenset({MOVIE}))


def learned(actions: tuple[Action, ...]) -> tuple[Statement, ...]:
    """Return what the only action found out."""
    (action,) = actions
    assert (action.code, action.target) == LOOK
    return action.learned


def about_the_film(search: Search) -> tuple[Statement, ...]:
    """Return what was found for the film."""
    return (Statement(value=search, subject=Subject(item=MOVIE)),)


async def test_a_dry_run_asks_no_indexer(house: House) -> None:
    """It says what would be done."""
    wanted = await sought(house)
    assert learned(await house.radarr.retry(wanted, dry_run=True)) == ()
    assert house.sim.radarr.looks == []


async def test_what_is_not_wanted_is_not_searched_for(house: House) -> None:
    """Radarr would take none of it; the reasons are told."""
    wanted = await sought(house)
    radarr = house.sim.radarr
    radarr.refused = [(WRONG,), (WRONG, "Blocklisted")]
    found = learned(await house.radarr.retry(wanted))
    assert found == about_the_film(Search(found=2, rejected=2, reason=WRONG, count=2))
    assert len(radarr.looks) == 1
    assert radarr.looks[0].startswith("movieId=")
    assert radarr.searches == []
    assert await house.radarr.retry(wanted) == ()
    house.ticks.seconds += 60
    assert learned(await house.radarr.retry(wanted))


async def test_what_is_wanted_is_taken(house: House) -> None:
    """Radarr searches then, and takes it."""
    wanted = await sought(house)
    radarr = house.sim.radarr
    radarr.refused, radarr.has_offers = [(WRONG,)], True
    found = learned(await house.radarr.retry(wanted))
    assert found == about_the_film(Search(found=2, rejected=1, reason=WRONG, count=1))
    assert radarr.searches == [("Heat", ())]
    await house.settle()
    assert house.stage("Heat") is Stage.DOWNLOADING


async def test_nothing_at_all(house: House) -> None:
    """No release is an answer, too."""
    assert learned(await house.radarr.retry(await sought(house))) == about_the_film(Search(found=0))


async def test_who_cannot_look_searches(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Radarr whose indexers are too slow to wait for does what it always did."""
    wanted = await sought(house)

    async def fail(client: RadarrClient, movie_id: int) -> list[Candidate]:
        raise ClientError("too slow")

    monkeypatch.setattr(RadarrClient, "candidates", fail)
    assert learned(await house.radarr.retry(wanted)) == ()
    assert house.sim.radarr.searches == [("Heat", ())]
