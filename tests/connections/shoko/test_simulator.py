"""Let files go through a simulated Shoko of either version, over real REST and its real hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from custom_components.media_status.clients.errors import AuthError, ServerBusy, TooOld
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.signalr import Connected, Invocation
from custom_components.media_status.connections.base import Survey
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Match, MatchPhase as Phase
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject
from custom_components.media_status.lifecycle.paths import is_same_file
from simulator import Simulator, Title

from .twin import context, is_anime, matches_of, title

pytestmark = pytest.mark.usefixtures("socket_enabled")

VERSIONS = ["5.3.3", "6.0.0-dev.425"]
EPISODES = 13
SHELF = "/data/media/anime/Sousou no Frieren/Season 01"
PATHS = tuple(f"{SHELF}/Frieren - S01E{number:02d} ¿ô#%? &+.mkv" for number in range(1, 14))


class Anime:
    """A series in a simulated household, and our connection to its Shoko."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        """Initialize with a running simulator."""
        self.sim = sim
        self.client = ShokoClient(session, sim.url("shoko"), sim.api_key("shoko"))
        self.connection = ShokoConnection("shoko", self.client)
        self.series: Title = sim.world.add_anime_series(
            title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: EPISODES}
        )

    def put(self, *numbers: int) -> None:
        """Let Sonarr import episodes."""
        for number in numbers:
            self.sim.world.put_file(
                PATHS[number - 1],
                self.series,
                [self.series.episodes[number - 1]],
                size=1000 + number,
                quality="WEBDL-1080p",
            )

    async def survey(self, *numbers: int) -> Survey:
        """Survey until nothing is left to read."""
        paths = tuple(PATHS[number - 1] for number in numbers or range(1, EPISODES + 1))
        while True:
            survey = await self.connection.survey(context(title(*paths), now=self.sim.clock.now()))
            if not survey.backlog:
                return survey


@pytest.fixture(params=VERSIONS)
async def anime(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncIterator[Anime]:
    """Run a household of one version."""
    async with (
        Simulator(seed=1, services=("shoko",), versions={"shoko": request.param}) as sim,
        aiohttp.ClientSession() as session,
    ):
        yield Anime(sim, session)
    # Lists are read in the loop's worker threads; the clean-up check counts threads.
    await asyncio.get_running_loop().shutdown_default_executor()


def phases(survey: Survey) -> set[Phase]:
    """Return how far the files are."""
    return {match.phase for match in matches_of(survey).values()}


@pytest.mark.parametrize("windows", [False, True])
async def test_a_pack_goes_all_the_way(anime: Anime, *, windows: bool) -> None:
    """From unseen to matched with every number, in a handful of calls."""
    anime.sim.shoko.windows = windows
    await anime.sim.advance(60)
    assert phases(await anime.survey()) == {Phase.UNSEEN}
    anime.put(*range(1, EPISODES + 1))
    order = [Phase.UNSEEN, Phase.HASHING, Phase.WAITING, Phase.MATCHED]
    before: dict[ItemKey, Match] = {}
    for _ in range(200):
        await anime.sim.advance(5)
        found = matches_of(await anime.survey())
        for item, match in before.items():
            assert order.index(found[item].phase) >= order.index(match.phase)
        before = found
    calls = anime.sim.calls.total()
    survey = await anime.survey()
    found = matches_of(survey)
    assert len(found) == EPISODES
    assert phases(survey) == {Phase.MATCHED}
    assert is_anime(survey)
    assert anime.sim.calls.total() - calls <= 4
    assert [found[ItemKey(1, n)].episodes[0].label for n in range(1, 14)] == [
        str(number) for number in range(1, 14)
    ]
    for match in found.values():
        (episode,) = match.episodes
        assert episode.shoko_series
        assert episode.shoko_episode
        assert episode.tmdb


async def test_a_file_that_anidb_does_not_know(anime: Anime) -> None:
    """A person links it; trying again asks AniDB once more."""
    anime.sim.shoko.unmatched("S01E02")
    anime.put(1, 2)
    await anime.sim.advance(3600)
    found = matches_of(await anime.survey(1, 2))
    assert [match.phase for _, match in sorted(found.items())] == [Phase.MATCHED, Phase.UNMATCHED]
    asked = title(PATHS[1], matches={PATHS[1]: found[ItemKey(1, 2)]})
    (action,) = await anime.connection.retry(asked)
    assert action.target in PATHS[1]
    anime.sim.shoko.link("S01E02")
    await anime.sim.advance(60)
    assert phases(await anime.survey(1, 2)) == {Phase.MATCHED}


async def test_a_file_that_shoko_moves(anime: Anime) -> None:
    """Its number stays; a file that is gone is unseen."""
    anime.put(1)
    await anime.sim.advance(600)
    assert phases(await anime.survey(1)) == {Phase.MATCHED}
    anime.sim.shoko.relocate("S01E01", "Frieren/01.mkv")
    await anime.sim.advance(600)
    found = matches_of(await anime.survey(1))
    assert [(match.phase, match.path) for match in found.values()] == [(Phase.MATCHED, PATHS[0])]
    anime.sim.world.remove_file("/data/media/anime/Frieren/01.mkv")
    await anime.sim.advance(600)
    assert phases(await anime.survey(1)) == {Phase.UNSEEN}


async def test_the_hub_tells_it_all(anime: Anime) -> None:
    """Every event of an import is understood, and the match is told by path."""
    said: list[Match] = []
    unknown: list[str] = []
    connected, matched = asyncio.Event(), asyncio.Event()

    def on_event(told: object) -> None:
        if isinstance(told, Connected):
            connected.set()
        if not isinstance(told, Invocation):
            return
        payload: JsonObject = {"target": told.target, "arguments": list(told.arguments)}
        push = anime.connection.translate(payload, anime.sim.clock.now())
        if not push.known:
            unknown.append(told.target)
        for seen in push.observations:
            said.extend(s.value for s in seen.statements if isinstance(s.value, Match))
        if said and said[-1].phase is Phase.MATCHED:
            matched.set()

    listening = asyncio.create_task(anime.client.hub().run(on_event))
    try:
        async with asyncio.timeout(30):
            await connected.wait()
            await anime.survey(1)
            anime.put(1)
            while not matched.is_set():
                await anime.sim.advance(5)
                await asyncio.sleep(0)
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    assert not unknown
    assert said[-1].episodes
    assert all(is_same_file(match.path, PATHS[0]) for match in said)


async def test_a_server_that_starts_says_nothing_of_keys(anime: Anime) -> None:
    """Busy while it starts; afterwards a wrong key is a wrong key, and signing in works."""
    anime.sim.shoko.faults.starting = True
    with pytest.raises(ServerBusy):
        await anime.connection.probe()
    anime.sim.shoko.faults.starting = False
    assert (await anime.connection.probe()).name == "Shoko"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(AuthError):
            await ShokoClient(session, anime.sim.url("shoko"), "wrong-key").info()
        key = await ShokoClient(session, anime.sim.url("shoko")).sign_in("Default", "")
        info = await ShokoClient(session, anime.sim.url("shoko"), key).info()
    assert info.version.startswith(anime.sim.shoko.version)


async def test_version_4_is_told_so() -> None:
    """Its words are older than what is spoken here."""
    async with (
        Simulator(seed=1, services=("shoko",), versions={"shoko": "4.2.2"}) as sim,
        aiohttp.ClientSession() as session,
    ):
        client = ShokoClient(session, sim.url("shoko"), sim.api_key("shoko"))
        with pytest.raises(TooOld):
            await ShokoConnection("shoko", client).probe()
