"""The lives of anime titles, from asked to ready, with Shoko in between."""

import pytest

from simulator import Simulator, Title
from simulator.scenario import Story
from simulator.seerr_state import SeerrRequest

from .anime_house import V5, V6, film, household, show

pytestmark = pytest.mark.usefixtures("socket_enabled")

START = ["requested", "approved", "searching"]
LOAD = ["grabbed", "downloading", "downloading", "downloaded", "imported"]
END = ["hashed", "matched", "available"]


async def wish(sim: Simulator, title: Title) -> SeerrRequest:
    """Let somebody ask for a title."""
    return await sim.seerr.request(title)


async def played(sim: Simulator, story: Story) -> list[str]:
    """Play a story and return its beats."""
    return (await sim.play(story)).seen


@pytest.mark.parametrize("version", [V5, V6])
@pytest.mark.parametrize("filed", [False, True])
async def test_a_film(version: str, filed: bool) -> None:
    """A film ends as available, whatever AniDB files it under."""
    async with household(version) as sim:
        series = show(sim)
        title = film(sim, series if filed else None)
        request = await wish(sim, title)
        assert await played(sim, sim.stories.anime.film(request)) == START + LOAD + END
        assert request.status.name == "COMPLETED"
        (item,) = [item for item in sim.jellyfin.library.of(title) if item.playable]
        assert (item.type, item.season) == ("Episode", 0 if filed else 1)


async def test_a_pack() -> None:
    """Thirteen files come in at once and are taken in one after the other."""
    async with household() as sim:
        request = await wish(sim, show(sim, {1: 13}))
        assert await played(sim, sim.stories.anime.pack(request)) == START + LOAD + END
        assert [file.id for file in sim.shoko.files] == list(range(812, 825))
        assert request.status.name == "COMPLETED"


async def test_an_airing_series() -> None:
    """Only what has aired is there; the rest shows as missing."""
    async with household() as sim:
        request = await wish(sim, show(sim, {1: 4}, unaired=2))
        beats = await played(sim, sim.stories.anime.airing(request))
        assert beats.count("grabbed") == 2
        assert beats[-1] == "available"
        assert request.status.name == "APPROVED"
        states = [item.path is None for item in sim.jellyfin.shokofin.items() if item.span[0]]
        assert sorted(states) == [False, False, True, True]


async def test_a_file_that_is_linked_by_hand() -> None:
    """Nothing appears until somebody links it."""
    async with household() as sim:
        request = await wish(sim, show(sim))
        story = sim.stories.anime.linked_by_hand(request)
        await sim.play(story, until="unmatched")
        await sim.advance(600)
        assert sim.jellyfin.shokofin.items() == []
        beats = await played(sim, story)
        assert beats == [*START, *LOAD, "hashed", "unmatched", "linked", *END]
        assert all(file.by_hand for file in sim.shoko.files)


async def test_shoko_is_down_during_the_import() -> None:
    """It finds the files when it is back."""
    async with household() as sim:
        request = await wish(sim, show(sim))
        story = sim.stories.anime.shoko_down(request)
        await sim.play(story, until="waiting")
        assert sim.shoko.files == []
        assert await played(sim, story) == [*START, *LOAD, "waiting", *END]


async def test_shokofin_does_not_listen() -> None:
    """The files stay hidden until the library is refreshed."""
    async with household() as sim:
        request = await wish(sim, show(sim))
        beats = await played(sim, sim.stories.anime.signalr_off(request))
        assert beats == [*START, *LOAD, "hashed", "matched", "hidden", "refreshed", *END]
        assert request.status.name == "COMPLETED"


async def test_what_is_no_anime_lives_as_before() -> None:
    """Shoko does not care for the other folders."""
    async with household() as sim:
        plain = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
        request = await wish(sim, plain)
        assert await played(sim, sim.follow(request)) == [*START, *LOAD, "available"]
        assert sim.shoko.files == []


async def test_pace_is_adjustable() -> None:
    """The delays of a scenario are those of Shoko and Shokofin."""
    async with household() as sim:
        pace = sim.stories.pace.anime
        pace.detect = pace.hash = pace.match = pace.image = pace.create = pace.appear = 0.0
        assert sim.shoko.importer.pace is pace
        request = await wish(sim, show(sim))
        await sim.play(sim.stories.anime.pack(request), until="imported")
        await sim.advance(0)
        assert all(file.links for file in sim.shoko.files)
        assert len(sim.jellyfin.playable_files(request.title)) == 2
