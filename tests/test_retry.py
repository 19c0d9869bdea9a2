"""Test the action that gets a request moving: who is asked, what is answered, who may."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_fire_time_changed

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.connections.base import Action
from custom_components.media_status.lifecycle.facts import MatchPhase
from custom_components.media_status.lifecycle.model import MOVIE, Service
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util

from .household import (
    FILM_PATH,
    WITH_SHOKO,
    Household,
    anime,
    asked,
    imported,
    managed,
    recognized,
    running,
    settled,
)
from .test_services import SENSOR, call

RESCAN = Action(code="rescan_file", target="Dune.mkv")


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household whose film Shoko does not know, and could look up again."""
    async with running(hass, tmp_path, WITH_SHOKO) as found:
        await found.hear(Service.SEERR, asked())
        await found.hear(Service.RADARR, managed(), anime(), imported())
        await found.hear(Service.SHOKO, recognized(found.request, MatchPhase.UNMATCHED))
        found.services[Service.SHOKO].actions = (RESCAN,)
        yield found


async def test_shoko_looks_again(hass: HomeAssistant, home: Household) -> None:
    """What was done is returned in codes and words, and Shoko is asked soon after."""
    shoko = home.services[Service.SHOKO]
    surveys = len(shoko.asked)
    answer = await call(hass, "retry", request_id=home.request.id)
    assert answer == {
        "actions": [
            {
                "connection_id": "shoko",
                "name": "Shoko",
                "code": "rescan_file",
                "target": "Dune.mkv",
                "sentence": "Let Shoko look up Dune.mkv again.",
            }
        ],
        "errors": [],
        "dry_run": False,
    }
    ((title, dry_run),) = shoko.retried
    assert not dry_run
    assert title.items[MOVIE].file_path == FILM_PATH
    assert title.items[MOVIE].match is not None
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await settled(hass)
    assert len(shoko.asked) > surveys


async def test_nothing_is_done_to_show_what_would_be(hass: HomeAssistant, home: Household) -> None:
    """A dry run tells the services that it is one."""
    answer = await call(hass, "retry", entity_id=SENSOR, dry_run=True)
    assert answer["dry_run"] is True
    assert answer["actions"]
    assert [dry_run for _, dry_run in home.services[Service.SHOKO].retried] == [True]


async def test_who_does_not_answer_is_named(hass: HomeAssistant, home: Household) -> None:
    """What the others did stands."""
    home.services[Service.JELLYFIN].action_error = Unreachable("no answer")
    answer = await call(hass, "retry", request_id=home.request.id)
    assert answer["actions"]
    assert answer["errors"] == [
        {"connection_id": "jellyfin", "name": "Jellyfin", "reason": "no answer"}
    ]


async def test_when_nobody_can_do_anything(hass: HomeAssistant, home: Household) -> None:
    """It is said so, or who did not answer."""
    shoko = home.services[Service.SHOKO]
    shoko.actions = ()
    with pytest.raises(ServiceValidationError) as nothing:
        await call(hass, "retry", request_id=home.request.id)
    assert nothing.value.translation_key == "nothing_to_retry"
    assert nothing.value.translation_placeholders == {"title": "Dune"}

    shoko.action_error = Unreachable("no answer")
    with pytest.raises(HomeAssistantError) as silent:
        await call(hass, "retry", request_id=home.request.id)
    assert silent.value.translation_placeholders == {"services": "Shoko"}


async def test_only_open_requests_are_tried_again(hass: HomeAssistant, home: Household) -> None:
    """History needs nothing."""
    await call(hass, "mark_available", request_id=home.request.id)
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, "retry", request_id=home.request.id)
    assert raised.value.translation_key == "request_not_open"


async def test_only_administrators_try_again(
    hass: HomeAssistant, home: Household, hass_read_only_user: MockUser
) -> None:
    """It makes other programs work."""
    with pytest.raises(Unauthorized):
        await call(hass, "retry", hass_read_only_user.id, request_id=home.request.id)
    assert home.services[Service.SHOKO].retried == []
