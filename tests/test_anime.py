"""Follow anime through the tracker: what is asked, what rings, what is told, what is nudged."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
import logging
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.connections.base import (
    Action,
    Doorbell,
    SurveyContext,
    WantedItem,
)
from custom_components.media_status.doorbells import Bell, answers, heard
from custom_components.media_status.lifecycle.facts import (
    AnimeEpisode,
    Match,
    MatchPhase,
    Observation,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Service, Stage
from custom_components.media_status.schedule import interval
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from .household import (
    FILM_PATH,
    SEVERANCE,
    WITH_SHOKO,
    Household,
    anime,
    asked,
    imported,
    managed,
    playable,
    recognized,
    running,
)

MATCHED = Match(
    phase=MatchPhase.MATCHED,
    path=FILM_PATH,
    file_id="77",
    episodes=(AnimeEpisode(anidb_anime=1, anidb_episode=2, shoko_series=3, shoko_episode=4),),
)
FIRST, SECOND = ItemKey(1, 1), ItemKey(1, 2)


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household that has Shoko."""
    async with running(hass, tmp_path, WITH_SHOKO) as found:
        yield found


async def import_film(home: Household) -> None:
    """Let an anime film be asked for and imported."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), anime(), imported())


def stage(home: Household) -> Stage:
    """Return where the one request stands now."""
    return home.request.stage


def asked_about(contexts: list[SurveyContext]) -> dict[ItemKey, WantedItem]:
    """Return the items of the one title that a service was asked about last."""
    (title,) = contexts[-1].wanted
    return dict(title.items)


async def test_every_step_of_an_anime_fires_once(hass: HomeAssistant, home: Household) -> None:
    """Imported when the file is there, matched when Shoko knows it, available when it plays."""
    steps: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        steps.append(event.data["new_state"].attributes["event_type"])

    stop = async_track_state_change_event(hass, "event.media_status_request", note)
    await import_film(home)
    assert stage(home) is Stage.ANIME_MATCHING
    await home.hear(Service.SHOKO, recognized(home.request, MatchPhase.HASHING))
    await home.hear(Service.SHOKO, recognized(home.request, MATCHED))
    assert stage(home) is Stage.SYNCING_LIBRARY
    await home.hear(Service.JELLYFIN, playable())
    stop()
    assert steps == ["approved", "imported", "matched", "available"]


async def test_a_match_that_is_playable_at_once_fires_both(
    hass: HomeAssistant, home: Household
) -> None:
    """Jellyfin may have it before we learn of the match."""
    steps: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        steps.append(event.data["new_state"].attributes["event_type"])

    await import_film(home)
    stop = async_track_state_change_event(hass, "event.media_status_request", note)
    await home.hear(Service.JELLYFIN, playable())
    stop()
    assert steps == ["matched", "available"]


async def test_shoko_is_asked_about_files(home: Household) -> None:
    """Requests without a file are none of its business; with one, it hears its own last word."""
    shoko = home.services[Service.SHOKO]
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), anime())
    await home.hear(Service.SHOKO)
    assert not shoko.asked[-1].wanted

    await home.hear(Service.RADARR, managed(), anime(), imported())
    await home.hear(Service.SHOKO, recognized(home.request, MatchPhase.WAITING))
    (title,) = shoko.asked[-1].wanted
    assert title.is_anime
    assert title.media_type is MediaType.MOVIE
    assert title.items[MOVIE] == WantedItem(
        stage=Stage.ANIME_MATCHING, has_file=True, file_path=FILM_PATH
    )
    await home.hear(Service.SHOKO)
    assert asked_about(shoko.asked)[MOVIE].match == Match(phase=MatchPhase.WAITING, path=FILM_PATH)


async def test_jellyfin_hears_of_matches(home: Household) -> None:
    """It looks for anime by Shoko's ids: only of the file that is there now."""
    jellyfin = home.services[Service.JELLYFIN]
    await import_film(home)
    await home.hear(Service.SHOKO, recognized(home.request, MatchPhase.WAITING))
    await home.hear(Service.JELLYFIN)
    (title,) = jellyfin.asked[-1].wanted
    assert title.is_anime
    assert title.items[MOVIE].match is None
    assert title.items[MOVIE].file_path is None

    await home.hear(Service.SHOKO, recognized(home.request, MATCHED))
    await home.hear(Service.JELLYFIN)
    assert asked_about(jellyfin.asked)[MOVIE].match == MATCHED
    assert asked_about(jellyfin.asked)[MOVIE].file_path == FILM_PATH

    older = Match(phase=MatchPhase.MATCHED, path="/media/films/Dune (old).mkv", file_id="5")
    await home.hear(Service.SHOKO, recognized(home.request, older))
    await home.hear(Service.JELLYFIN)
    assert asked_about(jellyfin.asked)[MOVIE].match is None


async def test_jellyfin_hears_paths_as_it_sees_them(hass: HomeAssistant, tmp_path: Path) -> None:
    """Shoko hears what the manager says: it compares the end of a path only."""
    options = {"path_prefixes": ["/media => /library"]}
    async with running(hass, tmp_path, WITH_SHOKO, options) as home:
        await import_film(home)
        await home.hear(Service.SHOKO, recognized(home.request, MATCHED))
        assert asked_about(home.services[Service.SHOKO].asked)[MOVIE].file_path == FILM_PATH
        await home.hear(Service.JELLYFIN)
        found = asked_about(home.services[Service.JELLYFIN].asked)
        assert found[MOVIE].file_path == "/library/films/Dune.mkv"


# --- who is called, and how often --------------------------------------------------------------


async def bells(home: Household, *words: Observation) -> set[Bell]:
    """Return what rings when this is said."""
    return heard(home.hub.tracker.observe(words, dt_util.utcnow()))


async def test_a_file_rings_at_shoko_and_a_match_at_jellyfin(home: Household) -> None:
    """Shoko sees a file within seconds; Jellyfin has something to show after the match."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), anime())
    rung = {bell.doorbell: bell for bell in await bells(home, imported())}
    assert rung[Doorbell.MATCHERS].delay < rung[Doorbell.LIBRARY].delay
    assert await bells(home, recognized(home.request, MatchPhase.WAITING)) == set()
    (rung_by_match,) = await bells(home, recognized(home.request, MATCHED))
    assert rung_by_match.doorbell is Doorbell.LIBRARY
    assert rung_by_match.is_import


@pytest.mark.parametrize("kind", list(Service))
def test_only_shoko_answers_for_matches(kind: Service) -> None:
    """Everybody else has nothing to say about it."""
    assert answers(kind, Doorbell.MATCHERS) is (kind is Service.SHOKO)


@pytest.mark.parametrize(
    ("stages", "seconds"),
    [
        ({Stage.ANIME_MATCHING, Stage.SEARCHING}, 30),
        ({Stage.SEARCHING}, 90),
        (set(), 900),
    ],
)
def test_shoko_is_asked_often_while_it_matches(stages: Iterable[Stage], seconds: int) -> None:
    """Otherwise it is asked like the managers."""
    options = {"poll_active_seconds": 90, "poll_idle_seconds": 900}
    assert interval(Service.SHOKO, set(stages), options, None) == seconds


# --- nudges ------------------------------------------------------------------------------------


async def wait_for_jellyfin(home: Household, freezer: FrozenDateTimeFactory) -> None:
    """Let the film be matched, and Jellyfin not show it for six minutes."""
    await import_film(home)
    await home.hear(Service.SHOKO, recognized(home.request, MATCHED))
    await home.hear(Service.JELLYFIN)
    freezer.tick(timedelta(minutes=6))


async def test_jellyfin_is_asked_to_look_for_what_it_owes(
    home: Household, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """Not before its time, and with what it should have shown."""
    jellyfin = home.services[Service.JELLYFIN]
    jellyfin.actions = (Action(code="refresh_library", target="Anime"),)
    caplog.set_level(logging.INFO)
    await wait_for_jellyfin(home, freezer)
    assert jellyfin.nudged == []
    await home.hear(Service.JELLYFIN)
    assert asked_about(jellyfin.nudged)[MOVIE].is_overdue
    done = [text for text in caplog.messages if "refresh_library Anime" in text]
    assert len(done) == len(jellyfin.nudged)


async def test_what_the_survey_found_needs_no_nudge(
    home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """It was overdue, and there it is."""
    await wait_for_jellyfin(home, freezer)
    await home.hear(Service.JELLYFIN, playable())
    assert home.request.stage is Stage.AVAILABLE
    assert home.services[Service.JELLYFIN].nudged == []


async def test_a_refused_nudge_leaves_the_survey_alone(
    home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """The library answered; that it does not look again is another matter."""
    home.services[Service.JELLYFIN].action_error = Unreachable("gone")
    await wait_for_jellyfin(home, freezer)
    await home.hear(Service.JELLYFIN)
    assert home.services[Service.JELLYFIN].nudged
    assert home.hub.connections[Service.JELLYFIN].is_healthy


async def test_nobody_is_nudged_who_must_not(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """The option turns it off."""
    async with running(hass, tmp_path, WITH_SHOKO, {"nudge_after_minutes": 0}) as home:
        await wait_for_jellyfin(home, freezer)
        await home.hear(Service.JELLYFIN)
        assert home.services[Service.JELLYFIN].nudged == []
        assert not asked_about(home.services[Service.JELLYFIN].asked)[MOVIE].is_overdue


async def test_only_what_waits_for_jellyfin_is_overdue(
    home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """An episode that still waits for Shoko is not Jellyfin's debt."""
    await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
    series = anime(SEVERANCE)
    both = imported(SEVERANCE, FIRST, SECOND)
    await home.hear(Service.SONARR, managed(SEVERANCE, FIRST, SECOND), series, both)
    await home.hear(Service.SHOKO, recognized(home.request, MATCHED, FIRST))
    freezer.tick(timedelta(minutes=6))
    await home.hear(Service.JELLYFIN)
    items = asked_about(home.services[Service.JELLYFIN].asked)
    assert items[FIRST].is_overdue
    assert not items[SECOND].is_overdue
