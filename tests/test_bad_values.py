"""Values that no contract allows: null, words of the future, odd times. No stage follows them."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web
import orjson
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status import clients
from custom_components.media_status.lifecycle.model import JsonValue, Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.service import Service

from .healing import LOST, living, look, only_request
from .mangling import ODD_TIMES, answering, keys, numbered, times, without, worded
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")

_SOURCES = "".join(path.read_text() for path in Path(clients.__path__[0]).glob("*.py"))
SERVICES = ("seerr", "radarr", "sonarr", "qbittorrent", "jellyfin")


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household in which only surveys tell anything."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, LOST) as found:
        yield found


class Lives:
    """A few titles, each at another point of its life."""

    def __init__(self, home: TwinHousehold) -> None:
        """Begin with none."""
        self.home = home
        self.titles: list[Title] = []

    async def begin(self) -> None:
        """Bring four films and a series to their points."""
        points = {
            "Asked": "searching",
            "Loading": "downloading",
            "Blocked": "",
            "Imported": "imported",
        }
        sim = self.home.sim
        for number, (name, point) in enumerate(points.items(), start=100):
            film = sim.world.add_title_movie(title=name, year=2001, tmdb=number)
            self.titles.append(film)
            row = await sim.seerr.request(film)
            if point:
                await sim.play(row, until=point)
            else:
                entry = sim.radarr.find(film)
                assert entry is not None
                sim.radarr.block(sim.radarr.grab(entry))
        show = sim.world.add_title_series(
            title="Show", year=2020, tmdb=200, tvdb=300, seasons={1: 4}, unaired=1
        )
        self.titles.append(show)
        await sim.seerr.request(show)
        series = sim.sonarr.find(show)
        assert series is not None
        first, second = (sim.sonarr.grab(series, [item]) for item in series.episodes[:2])
        sim.sonarr.complete(first)
        sim.sonarr.import_download(first)
        await sim.jellyfin.scan()
        assert second.client_id is not None
        sim.qbittorrent.pause(second.client_id)
        await look(self.home)

    def stages(self) -> dict[str, Stage]:
        """Return the stage of every item."""
        return {
            f"{title.title} {item.label}": stage
            for title in self.titles
            for item, stage in only_request(self.home, title).status.items.items()
        }


@pytest.fixture
async def lives(home: TwinHousehold) -> Lives:
    """Return titles under way."""
    found = Lives(home)
    await found.begin()
    return found


async def members(home: TwinHousehold, name: str) -> set[str]:
    """Return the names of the members that a service answers with and our clients know."""
    found: set[str] = set()

    def inspect(service: Service, request: web.Request, response: web.Response) -> None:
        if response.content_type == "application/json" and isinstance(response.body, bytes):
            found.update(keys(orjson.loads(response.body)))

    home.sim[name].inspector = inspect
    await home.hub.survey({name})
    home.sim[name].inspector = None
    return {member for member in found if f'"{member}"' in _SOURCES}


@pytest.mark.parametrize("name", SERVICES)
async def test_each_member_is_null_once(lives: Lives, name: str) -> None:
    """What is unknown for a moment moves nothing; known again, everything is as before."""
    home, before = lives.home, lives.stages()
    changed: dict[str, dict[str, Stage]] = {}
    for member in sorted(await members(home, name)):
        with answering(home.sim, name, without(member)):
            await home.sim.advance(1)
            await home.hub.survey({name})
        if lives.stages() != before:
            changed[member] = {
                key: stage for key, stage in lives.stages().items() if stage is not before[key]
            }
            await look(home)
            assert lives.stages() == before, member
    assert changed == {}


@pytest.mark.parametrize("name", SERVICES)
async def test_everything_is_null(lives: Lives, name: str) -> None:
    """With and without ids: a service that knows nothing says nothing."""
    home, before = lives.home, lives.stages()
    everything = await members(home, name)
    for left in ({"id", "records", "torrents", "Items"}, set[str]()):
        with answering(home.sim, name, without(*everything - left)):
            await look_badly(home)
            assert lives.stages() == before
    await look(home)
    assert lives.stages() == before


@pytest.mark.parametrize("name", ["seerr", "radarr", "sonarr"])
async def test_some_rows_are_unreadable(lives: Lives, name: str) -> None:
    """A list of which a part could not be read is no proof that anything is gone."""
    home, before = lives.home, lives.stages()
    with answering(home.sim, name, nameless):
        await home.sim.advance(1200)
        await home.hub.survey()
        await home.sim.advance(1200)
        await home.hub.survey()
        assert lives.stages() == before
    await look(home)
    assert lives.stages() == before


def nameless(value: JsonValue) -> JsonValue:
    """Take the id of every second object in a list of several."""
    if isinstance(value, dict):
        return {key: nameless(item) for key, item in value.items()}
    if not isinstance(value, list) or len(value) < 2:
        return value
    return [
        {**item, "id": None} if index % 2 and isinstance(item, dict) else item
        for index, item in enumerate(value)
    ]


async def look_badly(home: TwinHousehold) -> None:
    """Ask all services, whatever they answer."""
    await home.settle()
    await home.sim.advance(1)
    await home.hub.survey()


_WORDS = frozenset(
    {
        "eventType",
        "implementation",
        "minimumAvailability",
        "protocol",
        "seriesType",
        "state",
        "status",
        "trackedDownloadState",
        "trackedDownloadStatus",
    }
)


@pytest.mark.parametrize("name", SERVICES)
async def test_words_of_the_future(lives: Lives, name: str) -> None:
    """States, events and kinds that nobody knows yet, one at a time, move nothing."""
    home, before = lives.home, lives.stages()
    for word in sorted(_WORDS & await members(home, name)):
        with answering(home.sim, name, worded(word, "hyper")):
            await look_badly(home)
        assert lives.stages() == before, word
        await look(home)
        assert lives.stages() == before, word


@pytest.mark.parametrize("status", [0, 6, 99])
async def test_requests_in_a_state_of_the_future(lives: Lives, status: int) -> None:
    """Seerr's states are numbers."""
    home, before = lives.home, lives.stages()
    with answering(home.sim, "seerr", numbered("status", status)):
        await look_badly(home)
        assert lives.stages() == before
    await look(home)
    assert lives.stages() == before


@pytest.mark.parametrize("name", SERVICES)
async def test_odd_times(lives: Lives, name: str) -> None:
    """A time tells when; whether is told by other things. Only what is to come goes by times."""
    home, before = lives.home, lives.stages()
    due = {key for key, stage in before.items() if stage is not Stage.UNRELEASED}
    for change in ODD_TIMES.values():
        with answering(home.sim, name, times(change)):
            await look_badly(home)
            during = lives.stages()
        assert {key: during[key] for key in due} == {key: before[key] for key in due}
        await look(home)
        assert lives.stages() == before
