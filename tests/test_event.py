"""Test the event entity."""

from pathlib import Path

from custom_components.media_status.event import EVENT_TYPES
from custom_components.media_status.lifecycle.facts import AskStatus
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event

from .household import DUNE, SEVERANCE, asked, imported, managed, playable, running
from .repository import PACKAGE, read_table, under

ENTITY = "event.media_status_request"


async def test_every_step_fires_once(hass: HomeAssistant, tmp_path: Path) -> None:
    """A film tells each step of its way, with what an automation needs."""
    fired: list[State] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        assert new is not None
        fired.append(new)

    async with running(hass, tmp_path) as home:
        stop = async_track_state_change_event(hass, ENTITY, note)
        await home.hear(Service.SEERR, asked(status=AskStatus.PENDING))
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), imported())
        await home.hear(Service.JELLYFIN, playable())
        stop()
        steps = [state.attributes["event_type"] for state in fired]
        assert steps == ["requested", "approved", "imported", "available"]
        last = fired[-1].attributes
        assert last["title"] == "Dune"
        assert last["year"] == 2021
        assert last["media_type"] == "movie"
        assert last["stage"] == "available"
        assert last["requested_by"] == "Anna"
        # From the very first on, when the sensor is as new as the request.
        assert {state.attributes["entity_id"] for state in fired} == {"sensor.media_status_dune"}
        assert last["jellyfin_url"].startswith("https://watch.example/")
        assert last["poster_url"] == DUNE.poster_url
        assert last["request_id"] == home.request.id


async def test_steps_of_one_survey_do_not_hide_each_other(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Two requests found by the same survey fire two events."""
    titles: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        assert new is not None
        titles.append(new.attributes["title"])

    async with running(hass, tmp_path) as home:
        stop = async_track_state_change_event(hass, ENTITY, note)
        await home.hear(
            Service.SEERR, asked(), asked(SEVERANCE, number="12", seasons=frozenset({1}))
        )
        stop()
        assert sorted(titles) == ["Dune", "Severance"]


def test_every_type_has_a_name() -> None:
    """What can be fired, and nothing else, is translated."""
    spoken = under(
        read_table(PACKAGE / "translations" / "en.json"),
        "entity",
        "event",
        "request_event",
        "state_attributes",
        "event_type",
        "state",
    )
    assert set(spoken) == set(EVENT_TYPES)
