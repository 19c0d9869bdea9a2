"""Live through what keeps a request waiting: said in one sentence, and over when it is mended."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Title
from simulator.arr_state import Download

from .healing import LOST, film_entry, living, look, only_request
from .test_services import call, rows
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
FILMS = "/data/media/movies"
UNWANTED = "WEBDL-480p is not wanted in profile"


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household that nothing is pushed to."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, LOST) as found:
        yield found


@pytest.fixture
async def film(home: TwinHousehold) -> Title:
    """Return a film that was asked for."""
    title = home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await home.sim.seerr.request(title)
    await look(home)
    return title


@dataclass
class Why:
    """What a person reads about a request."""

    code: str
    sentence: str
    advice: str | None
    stuck: bool


async def why(home: TwinHousehold, film: Title, *, after: float = 301.0) -> Why:
    """Let time pass, look, and return what is told then, for the sensor and for a list alike."""
    await look(home, after=after)
    async_fire_time_changed(home.hass, datetime.now(UTC) + timedelta(minutes=1))
    await home.settle()
    request = only_request(home, film)
    answer = await call(home.hass, "get_request", request_id=request.id)
    found = answer.get("request", answer)
    assert isinstance(found, dict)
    told = found["explanation"]
    assert isinstance(told, dict)
    advice = told["advice"]
    assert advice is None or isinstance(advice, str)
    stuck = found["stuck"]
    assert isinstance(stuck, bool)
    return Why(str(told["code"]), str(told["sentence"]), advice, stuck)


def grab(home: TwinHousehold, film: Title) -> tuple[Download, str]:
    """Let Radarr grab the film; return its download and the torrent's hash."""
    download = home.sim.radarr.grab(film_entry(home, film))
    return download, download.client_id or ""


async def test_a_full_disk(home: TwinHousehold, film: Title) -> None:
    """The download client has no room; with room, and resumed, it goes on."""
    _, key = grab(home, film)
    assert (await why(home, film, after=20)).code == "downloading"
    home.sim.qbittorrent.fill_disk(key)
    told = await why(home, film)
    assert (told.code, told.stuck) == ("disk_full", True)
    assert told.sentence == "The download stopped, because the disk of the download client is full."
    assert told.advice == "Make room on the disk of the download client, then resume the download."
    home.sim.qbittorrent.free_space = 10**12
    home.sim.qbittorrent.resume(key)
    told = await why(home, film, after=20)
    assert (told.code, told.advice, told.stuck) == ("downloading", None, False)


async def test_a_client_without_network(home: TwinHousehold, film: Title) -> None:
    """Nothing arrives, and that is no matter of the torrent."""
    _, key = grab(home, film)
    home.sim.qbittorrent.stall(key)
    home.sim.qbittorrent.connection = "disconnected"
    told = await why(home, film, after=20)
    assert (told.code, told.stuck) == ("client_offline", False)
    home.sim.qbittorrent.connection = "connected"
    assert (await why(home, film, after=20)).code == "stalled"
    told = await why(home, film, after=3 * 3600)
    assert told.sentence == "Nobody has shared the download for 3 h (0 sources connected)."


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Not enough free space", "no_space"),
        ("[D:\\loads] is not a valid local path. You may need a Remote Path Mapping.", None),
    ],
)
async def test_an_import_that_a_person_must_help(
    home: TwinHousehold, film: Title, words: str, code: str | None
) -> None:
    """Where Radarr says what is wrong, so do we."""
    download, _ = grab(home, film)
    home.sim.radarr.complete(download)
    home.sim.radarr.warn(download, words)
    told = await why(home, film)
    assert (told.code, told.stuck) == (code or "path_not_visible", True)
    assert told.advice
    home.sim.radarr.warn(download)
    told = await why(home, film)
    assert (told.code, told.stuck) == ("importing", False)


async def test_a_folder_that_radarr_does_not_see(home: TwinHousehold, film: Title) -> None:
    """The queue alone does not tell it, with Radarr's health it is clear."""
    download, _ = grab(home, film)
    home.sim.radarr.complete(download)
    home.sim.radarr.warn(download, "No files found are eligible for import in /loads/heat")
    assert (await why(home, film)).code == "import_blocked"
    words = "qBittorrent places downloads in /loads but this directory does not appear to exist"
    home.sim.radarr.health(words, kind="RemotePathMappingCheck", level="error")
    told = await why(home, film)
    assert (told.code, told.stuck) == ("path_not_visible", True)
    assert words in told.sentence


@pytest.mark.parametrize(
    ("break_it", "mend_it", "code", "sentence"),
    [
        (
            lambda home: home.sim.radarr.disposal.lost.update({FILMS: "missing"}),
            lambda home: home.sim.radarr.disposal.lost.clear(),
            "folder_missing",
            f"Radarr cannot reach the folder {FILMS}, where the files shall go.",
        ),
        (
            lambda home: home.sim.radarr.profile_ids.__setitem__(0, 7),
            lambda home: home.sim.radarr.profile_ids.append(4),
            "profile_missing",
            "The quality profile of this title does not exist in Radarr any more.",
        ),
        (
            lambda home: home.sim.radarr.health("None", kind="IndexerSearchCheck"),
            lambda home: home.sim.radarr.health_restored(),
            "no_indexer",
            "Radarr has no indexer to search with.",
        ),
        (
            lambda home: home.sim.radarr.health("None", kind="DownloadClientCheck"),
            lambda home: home.sim.radarr.health_restored(),
            "no_client",
            "Radarr has no download client to hand releases to.",
        ),
    ],
)
async def test_what_ails_radarr(
    home: TwinHousehold,
    film: Title,
    break_it: Callable[[TwinHousehold], None],
    mend_it: Callable[[TwinHousehold], None],
    code: str,
    sentence: str,
) -> None:
    """Nothing can be found, or be put anywhere: that is stuck until it is mended."""
    break_it(home)
    told = await why(home, film)
    assert (told.code, told.sentence, told.stuck) == (code, sentence, True)
    assert told.advice is not None and "Radarr" in told.advice
    mend_it(home)
    told = await why(home, film)
    assert (told.code, told.advice, told.stuck) == ("searching", None, False)


async def test_a_film_without_a_file_in_jellyfin(home: TwinHousehold, film: Title) -> None:
    """Jellyfin knows its number, and has nothing to play."""
    home.sim.jellyfin.library.add_virtual(film, home.sim.clock.now())
    radarr = home.sim.radarr
    file = radarr.import_file(film_entry(home, film))
    home.sim.world.remove_file(file.path)  # as far as Jellyfin sees
    assert (await why(home, film, after=20)).code == "waiting_library"
    told = await why(home, film, after=400)
    assert (told.code, told.advice, told.stuck) == ("not_playable", None, False)
    told = await why(home, film, after=3600)
    assert (told.code, told.stuck) == ("not_playable", True)
    assert told.advice is not None and "Jellyfin" in told.advice
    home.sim.world.put_file(file.path, film, (), size=file.size, quality=file.quality)
    await home.sim.jellyfin.scan()
    await look(home, after=20)
    assert only_request(home, film).stage is Stage.AVAILABLE


async def test_a_search_in_vain(home: TwinHousehold, film: Title) -> None:
    """Radarr tells when it searched; why nothing was taken, whoever tries again gets to know."""
    told = await why(home, film)
    assert told.code == "searching"
    assert told.sentence.startswith("Looking for a good release since 20")
    request = only_request(home, film)
    radarr = home.sim.radarr
    radarr.refused = [(UNWANTED,), (UNWANTED,), ("Blocklisted",)]
    searched = dt_util.as_local(home.sim.clock.now())
    await radarr.obey("MoviesSearch", {"movieIds": [film_entry(home, film).id]})
    told = await why(home, film)
    assert told.sentence.endswith(f"Radarr searched last on {searched:%Y-%m-%d, %H:%M}.")
    await look(home, after=3600)
    answer = await call(home.hass, "retry", request_id=request.id)
    (row,) = rows(answer, "actions")
    assert row["code"] == "look_for_releases"
    assert row["sentence"] == "Let Radarr show what there is for Heat, and take what is wanted."
    looked = dt_util.as_local(home.sim.clock.now())
    told = await why(home, film)
    assert (told.code, told.stuck) == ("all_rejected", False)
    assert told.sentence == (
        f"Radarr found 3 releases on {looked:%Y-%m-%d, %H:%M} and took none, "
        f"most often (2) because: {UNWANTED}"
    )
    assert told.advice is not None and "quality profile" in told.advice
    radarr.grab(film_entry(home, film))
    assert (await why(home, film, after=20)).code == "downloading"


async def test_the_next_look_is_told(home: TwinHousehold, film: Title) -> None:
    """When the service that decides is asked again; never when it is over."""
    request = only_request(home, film)
    async_fire_time_changed(home.hass, home.sim.clock.now())  # whoever rang is answered
    await home.survey()
    answer = await call(home.hass, "get_requests")
    (found,) = rows(answer, "requests")
    told = found["explanation"]
    assert isinstance(told, dict)
    radarr = home.hub.connections["radarr"]
    assert radarr.next_survey_at is not None
    assert told["next_check"] == radarr.next_survey_at.isoformat()
    assert radarr.next_survey_at > home.sim.clock.now()
    await call(home.hass, "mark_failed", request_id=request.id)
    (found,) = rows(await call(home.hass, "get_requests"), "requests")
    told = found["explanation"]
    assert isinstance(told, dict)
    assert told["next_check"] is None


async def test_a_request_that_seerr_gave_to_nobody(home: TwinHousehold) -> None:
    """Seerr says so itself; added by hand, it goes on."""
    title = home.sim.world.add_title_movie(title="Ronin", year=1998, tmdb=8195)
    request = await home.sim.seerr.request(title)
    await home.settle()
    home.sim.radarr.delete(film_entry(home, title))
    request.side.external_id = None
    told = await why(home, title)
    assert (told.code, told.stuck) == ("not_passed_on", False)
    assert told.sentence == "Approved, but Seerr has not passed it on to Radarr."
    told = await why(home, title, after=2 * 3600)
    assert (told.code, told.stuck) == ("not_passed_on", True)
    home.sim.radarr.add(title)
    told = await why(home, title)
    assert (told.code, told.stuck) == ("searching", False)


async def test_what_ails_sonarr(home: TwinHousehold) -> None:
    """Episodes wait for the same things; when they were searched for is known after hours."""
    show = home.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )
    await home.sim.seerr.request(show, seasons=[1])
    sonarr = home.sim.sonarr
    await look(home)
    sonarr.disposal.lost["/data/media/tv"] = "missing"
    told = await why(home, show)
    assert (told.code, told.stuck) == ("folder_missing", True)
    sonarr.disposal.lost.clear()
    told = await why(home, show)
    assert (told.code, told.stuck) == ("searching", False)
    entry = sonarr.find(show)
    assert entry is not None
    searched = dt_util.as_local(home.sim.clock.now())
    await sonarr.obey("SeasonSearch", {"seriesId": entry.id, "seasonNumber": 1})
    await look(home)
    told = await why(home, show, after=6 * 3600)
    assert told.sentence.endswith(f"Sonarr searched last on {searched:%Y-%m-%d, %H:%M}.")
