"""Home Assistant's own Seerr integration as a doorbell, where it has the webhook."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.media_status.connections.base import WebhookState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .household import Household, running


class Bell:
    """A household with the other integration's event entity, and the rings at Seerr's door."""

    def __init__(self, home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count what rings from now on."""
        self.home = home
        self.hass = home.hass
        self.rings = 0
        monkeypatch.setattr(home.hub.connections["seerr"], "ring", self._ring)

    def _ring(self, delay: float = 1.0) -> None:
        self.rings += 1

    def entity(self, platform: str = "overseerr", domain: str = "event") -> str:
        """Register an entity of another integration."""
        found = er.async_get(self.hass).async_get_or_create(
            domain, platform, "01CORE-media", suggested_object_id=f"{platform}_last_media_event"
        )
        return found.entity_id

    async def say(self, entity_id: str, state: str) -> int:
        """Let an entity change its state; return how often that rang."""
        before = self.rings
        self.hass.states.async_set(entity_id, state)
        await self.hass.async_block_till_done()
        return self.rings - before


@pytest.fixture
async def bell(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bell]:
    """Run a household."""
    async with running(hass, tmp_path) as home:
        yield Bell(home, monkeypatch)


async def test_its_event_is_a_doorbell(bell: Bell) -> None:
    """Also when the entity comes after us; what it tells is found out by asking."""
    entity_id = bell.entity()
    await bell.hass.async_block_till_done()
    assert await bell.say(entity_id, "2026-11-21T12:00:00.000+00:00") == 1
    assert await bell.say(entity_id, "2026-11-21T12:00:01.000+00:00") == 1


async def test_no_news_does_not_ring(bell: Bell) -> None:
    """Nor do outages of the other integration."""
    entity_id = bell.entity()
    await bell.hass.async_block_till_done()
    await bell.say(entity_id, "2026-11-21T12:00:00.000+00:00")
    assert await bell.say(entity_id, "unavailable") == 0
    assert await bell.say(entity_id, "unknown") == 0
    bell.hass.states.async_set(entity_id, "unknown", {"friendly_name": "x"})
    await bell.hass.async_block_till_done()
    assert bell.rings == 1


async def test_others_do_not_ring(bell: Bell) -> None:
    """Events of other integrations and its sensors are not about Seerr's news."""
    for found in (bell.entity("ring"), bell.entity(domain="sensor")):
        await bell.hass.async_block_till_done()
        assert await bell.say(found, "2026-11-21T12:00:00.000+00:00") == 0


async def test_a_renamed_or_removed_entity(bell: Bell) -> None:
    """It is followed under its new name and let go when it is gone."""
    registry = er.async_get(bell.hass)
    first = bell.entity()
    registry.async_update_entity(first, new_entity_id="event.wishes")
    await bell.hass.async_block_till_done()
    assert await bell.say(first, "2026-11-21T12:00:00.000+00:00") == 0
    assert await bell.say("event.wishes", "2026-11-21T12:00:00.000+00:00") == 1
    registry.async_remove("event.wishes")
    await bell.hass.async_block_till_done()
    assert await bell.say("event.wishes", "2026-11-21T12:00:05.000+00:00") == 0


async def test_with_the_webhook_it_is_not_needed(bell: Bell) -> None:
    """What we pass on to the other integration must not ring a second time."""
    entity_id = bell.entity()
    await bell.hass.async_block_till_done()
    bell.home.hub.connections["seerr"].note_webhook(WebhookState.OURS)
    assert await bell.say(entity_id, "2026-11-21T12:00:00.000+00:00") == 0


async def test_nothing_is_heard_after_the_end(bell: Bell) -> None:
    """Unloading lets go of the entity and of the registry."""
    entity_id = bell.entity()
    await bell.hass.async_block_till_done()
    await bell.hass.config_entries.async_unload(bell.home.entry.entry_id)
    assert await bell.say(entity_id, "2026-11-21T12:00:00.000+00:00") == 0
    other = bell.entity("overseerr", "event")
    assert await bell.say(other, "2026-11-21T12:00:09.000+00:00") == 0
    assert await bell.hass.config_entries.async_setup(bell.home.entry.entry_id)
