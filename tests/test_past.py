"""Test what requests that ended teach: statistics, figures, deadlines and forecasts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.media_status.journal import JournalError
from custom_components.media_status.lifecycle.facts import TransferPhase
from custom_components.media_status.lifecycle.model import ProviderIds, Service, TitleRef
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .household import (
    DUNE,
    KINDS,
    Household,
    asked,
    grabbed,
    imported,
    managed,
    moving,
    playable,
    running,
)
from .test_deadlines import is_stuck, shown, wait
from .test_services import SENSOR, call, rows
from .test_websocket_api import Message, ask

NOON = datetime(2026, 11, 1, 12, tzinfo=dt_util.UTC)
TO_CLIENT, TO_DOWNLOAD, TO_IMPORT = 1, 40, 2  # minutes
# How long Jellyfin took to show a film: mostly five minutes.
TO_LIBRARY = (3, 4, 5, 5, 5, 6, 7)


@pytest.fixture
async def home(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Household]:
    """Return a household with scripted services."""
    freezer.move_to(NOON)
    async with running(hass, tmp_path) as found:
        yield found


async def statistics(hass: HomeAssistant, user: MockUser, connect: WebSocketGenerator) -> Message:
    """Return what the websocket command answers to somebody who signs in now."""
    signed_in = await hass.auth.async_create_refresh_token(user, "https://example.com/")
    client = await connect(hass, hass.auth.async_create_access_token(signed_in))
    found: Message = (await ask(client, "statistics"))["result"]
    await client.close()
    return found


def silence(home: Household) -> None:
    """Let no service repeat in a later survey what it said in this."""
    for kind in KINDS:
        home.services[kind].words = ()


async def live(
    home: Household, freezer: FrozenDateTimeFactory, number: int, *, to_library: float
) -> None:
    """Let a film go the whole way, with a time of its own for each step."""
    title = film(number)
    own, download = str(number), f"{number:040x}"
    await home.hear(Service.SEERR, asked(title, number=own))
    await home.hear(Service.RADARR, managed(title, number=own))
    said = (managed(title, number=own), grabbed(title, number=own, download=download))
    await home.hear(Service.RADARR, *said)
    freezer.tick(timedelta(minutes=TO_CLIENT))
    await home.hear(Service.QBITTORRENT, moving(0.1, download=download))
    freezer.tick(timedelta(minutes=TO_DOWNLOAD))
    done = moving(1.0, TransferPhase.DONE, download=download)
    await home.hear(Service.QBITTORRENT, done)
    freezer.tick(timedelta(minutes=TO_IMPORT))
    await home.hear(Service.RADARR, managed(title, number=own), imported(title, number=own))
    freezer.tick(timedelta(minutes=to_library))
    await home.hear(Service.JELLYFIN, playable(title, number=own))
    silence(home)


def film(number: int) -> TitleRef:
    """Return one film of many."""
    return replace(DUNE, title=f"Film {number}", ids=ProviderIds(tmdb=1000 + number))


async def years(home: Household, freezer: FrozenDateTimeFactory, lives: int) -> None:
    """Let so many films go the whole way, and what they teach be learned."""
    for number in range(lives):
        to_library = TO_LIBRARY[number % len(TO_LIBRARY)]
        await live(home, freezer, 100 + number, to_library=to_library)
    await wait(home, freezer, minutes=1)


async def test_statistics(
    hass: HomeAssistant,
    home: Household,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
) -> None:
    """Times per stage with who makes it wait, success and healing, from what ended."""
    await years(home, freezer, 7)
    # One more is there after a while, and one is given up.
    await live(home, freezer, 8, to_library=5)
    await home.hear(Service.SEERR, asked(film(9), number="9"))
    (given_up,) = home.hub.tracker.requests
    await call(hass, "mark_failed", request_id=given_up)
    silence(home)
    await wait(home, freezer, minutes=1)
    found = await statistics(hass, hass_read_only_user, hass_ws_client)
    stages = {row["stage"]: row for row in found["stages"]}
    assert {row["media_type"] for row in found["stages"]} == {"movie"}
    assert stages["downloading"] == {
        "media_type": "movie",
        "stage": "downloading",
        "service": "qbittorrent",
        "count": 8,
        "p50": 60.0 * TO_DOWNLOAD,
        "p90": 60.0 * TO_DOWNLOAD,
    }
    waiting = stages["syncing_library"]
    assert (waiting["service"], waiting["count"], waiting["p50"]) == ("jellyfin", 8, 300.0)
    assert 6 * 60 <= waiting["p90"] <= 7 * 60
    assert stages["downloaded"]["service"] == "radarr"
    (ready,) = found["time_to_available"]
    assert (ready["media_type"], ready["count"]) == ("movie", 8)
    assert ready["p50"] == 60.0 * (TO_CLIENT + TO_DOWNLOAD + TO_IMPORT + 5)
    assert {key: found[key] for key in ("ended", "available", "success_rate", "healed")} == {
        "ended": 9,
        "available": 8,
        "success_rate": 0.889,
        "healed": 0,
    }


async def test_what_was_healed_is_counted(
    hass: HomeAssistant,
    home: Household,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
) -> None:
    """A request that was stuck and moved on counts, once."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), grabbed())
    await wait(home, freezer, minutes=61)
    assert is_stuck(hass)
    await home.hear(Service.QBITTORRENT, moving(0.1))
    await home.hear(Service.RADARR, managed(), imported())
    await home.hear(Service.JELLYFIN, playable())
    await wait(home, freezer, minutes=1)
    assert (await statistics(hass, hass_read_only_user, hass_ws_client))["healed"] == 1


async def test_statistics_of_nothing(
    hass: HomeAssistant,
    home: Household,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
) -> None:
    """Nothing has ended yet: no times, and no rate that would be made up."""
    assert await statistics(hass, hass_read_only_user, hass_ws_client) == {
        "stages": [],
        "time_to_available": [],
        "ended": 0,
        "available": 0,
        "success_rate": None,
        "healed": 0,
    }


async def test_the_figures_of_the_past(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """The usual time and the number of completed requests follow what ends, over restarts."""
    median, completed = (
        "sensor.media_status_usual_time_until_ready",
        "sensor.media_status_requests_completed",
    )
    assert shown(hass, median).state == "unknown"
    assert shown(hass, completed).state == "0"
    await years(home, freezer, 3)
    assert float(shown(hass, median).state) == pytest.approx(
        (TO_CLIENT + TO_DOWNLOAD + TO_IMPORT + TO_LIBRARY[1]) / 60, abs=0.01
    )
    assert shown(hass, median).attributes["unit_of_measurement"] == "h"
    assert shown(hass, median).attributes["state_class"] == "measurement"
    assert shown(hass, completed).state == "3"
    assert shown(hass, completed).attributes["state_class"] == "total_increasing"
    assert await hass.config_entries.async_reload(home.entry.entry_id)
    await wait(home, freezer, minutes=1)
    assert shown(hass, completed).state == "3"


async def downloading(home: Household) -> datetime:
    """Let a film be downloaded; return when that ends."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), grabbed())
    await home.hear(Service.QBITTORRENT, moving(0.5))
    return dt_util.utcnow() + timedelta(seconds=60)


async def test_without_a_past_the_end_of_the_download_is_told(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Too few requests have ended to say more; afterwards nothing is foreseen at all."""
    await years(home, freezer, 4)
    end = await downloading(home)
    assert datetime.fromisoformat(shown(hass).attributes["eta"]) == end
    details = await call(hass, "get_request", entity_id=SENSOR)
    assert details["forecast"] is None
    await home.hear(Service.RADARR, managed(), imported())
    assert shown(hass).attributes["eta"] is None


async def test_a_forecast_comes_from_the_past(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """The end of the download and what is usual after it; then what is usual from there on."""
    await years(home, freezer, 7)
    end = await downloading(home)
    details = await call(hass, "get_request", entity_id=SENSOR)
    found = details["forecast"]
    assert isinstance(found, dict)
    earliest, at, latest = (
        datetime.fromisoformat(found[key]) for key in ("earliest", "at", "latest")
    )
    assert abs(at - (end + timedelta(minutes=TO_IMPORT + 5))) <= timedelta(minutes=1)
    assert earliest < at < latest
    assert latest - earliest <= timedelta(minutes=max(TO_LIBRARY))
    assert shown(hass).attributes["eta"] == found["at"] == details["eta"]

    await home.hear(Service.RADARR, managed(), imported())
    begun = dt_util.utcnow()
    eta = datetime.fromisoformat(shown(hass).attributes["eta"])
    assert abs(eta - (begun + timedelta(minutes=5))) <= timedelta(minutes=1)
    # Longer than ever: nobody knows any more.
    await wait(home, freezer, minutes=8)
    assert shown(hass).attributes["eta"] is None


async def test_what_is_usual_here_becomes_the_deadline(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """After twenty examples a household that is always quick is told early."""
    await years(home, freezer, 20)
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), imported())
    await wait(home, freezer, minutes=14)
    assert not is_stuck(hass)
    await wait(home, freezer, minutes=2)
    assert is_stuck(hass)


async def test_what_is_usual_is_known_from_the_start(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """A restart does not call stuck what is always slow here, not even for a moment."""
    for number in range(20):
        await live(home, freezer, 100 + number, to_library=180)
    await wait(home, freezer, minutes=1)
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), imported())
    request_id = next(iter(home.hub.tracker.requests))
    await wait(home, freezer, minutes=90)
    assert await hass.config_entries.async_reload(home.entry.entry_id)
    await wait(home, freezer, minutes=1)
    assert not is_stuck(hass)
    details = await call(hass, "get_request", request_id=request_id)
    assert not {"stuck", "healed"} & {entry["code"] for entry in rows(details, "timeline")}


async def test_a_history_that_cannot_be_read_is_read_soon_after(
    home: Household, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is busy for a moment costs no hours of what is usual."""
    await live(home, freezer, 1, to_library=5)
    with monkeypatch.context() as broken:

        async def refuse() -> None:
            raise JournalError("database is locked")

        broken.setattr(home.hub.journal, "past", refuse)
        await wait(home, freezer, minutes=1)
        assert home.hub.past.totals.ended == 0
    await wait(home, freezer, minutes=1)
    assert home.hub.past.totals.ended == 1
