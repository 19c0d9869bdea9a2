"""Count what a check found although a push should have told it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.connections.base import Doorbell, Push, WebhookState
from custom_components.media_status.lifecycle.facts import AskStatus, Observation
from custom_components.media_status.lifecycle.model import Service, Via
from custom_components.media_status.serialize import connection_json
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .household import (
    DUNE,
    SEVERANCE,
    Household,
    asked,
    grabbed,
    imported,
    managed,
    moving,
    playable,
    running,
)

pytestmark = pytest.mark.freeze_time("2026-11-21 12:00:00+00:00")


class Watched:
    """A household whose webhooks all stand, and its clock."""

    def __init__(self, home: Household, freezer: FrozenDateTimeFactory) -> None:
        """Let every webhook stand."""
        self.home = home
        self.freezer = freezer
        for coordinator in home.hub.connections.values():
            coordinator.webhooks.ours_since = dt_util.utcnow()

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.freezer.tick(timedelta(**time))

    async def finds(self, kind: Service, *words: Observation) -> None:
        """Let a check find this, half a minute after the last thing."""
        self.later(seconds=30)
        await self.home.hear(kind, *words)

    async def told(self, kind: Service, *words: Observation, bare: bool = False) -> None:
        """Let a service push this."""
        said = tuple(replace(word, via=Via.PUSH, seen_at=dt_util.utcnow()) for word in words)
        bells = frozenset({Doorbell.SELF}) if bare else frozenset()
        push = Push(event="test", observations=said, doorbells=bells)
        tell = await self.home.hub.take_push(self.home.hub.connections[kind], push)
        tell()
        await self.home.tick()

    def missed(self, kind: Service) -> object:
        """Return what the connection shows once every push had its time."""
        self.later(minutes=10)
        found = self.home.hub.connections[kind]
        return connection_json(found, is_admin=False)["pushes_missed"]


@pytest.fixture
async def watched(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Watched]:
    """Run a household that has been up for a while, with one known request."""
    async with running(hass, tmp_path) as home:
        found = Watched(home, freezer)
        found.later(minutes=1)
        await home.hub.survey()
        await found.told(Service.SEERR, asked())
        await found.finds(Service.SEERR, asked())
        await found.finds(Service.RADARR, managed())
        yield found


async def test_nothing_is_missed_when_pushes_come(watched: Watched) -> None:
    """Each step is pushed, then confirmed by a check."""
    await watched.told(Service.RADARR, grabbed())
    await watched.finds(Service.RADARR, managed(), grabbed())
    await watched.told(Service.RADARR, imported())
    await watched.finds(Service.RADARR, managed(), grabbed(), imported())
    assert watched.missed(Service.RADARR) == 0
    assert watched.missed(Service.SEERR) == 0


async def test_each_lost_push_counts(watched: Watched) -> None:
    """Found by a check only, minutes apart: a grab, an import, a decline."""
    await watched.finds(Service.RADARR, managed(), grabbed())
    watched.later(minutes=5)
    await watched.finds(Service.RADARR, managed(), grabbed(), imported())
    assert watched.missed(Service.RADARR) == 2
    await watched.finds(Service.SEERR, asked(status=AskStatus.DECLINED))
    assert watched.missed(Service.SEERR) == 1
    assert watched.missed(Service.RADARR) == 2


async def test_a_late_push_is_not_lost(watched: Watched) -> None:
    """The check was quicker by chance."""
    await watched.finds(Service.RADARR, managed(), grabbed())
    watched.later(seconds=20)
    await watched.told(Service.RADARR, grabbed())
    assert watched.missed(Service.RADARR) == 0


async def test_a_push_about_something_else_does_not_clear(watched: Watched) -> None:
    """Another title's grab is no word about this one's."""
    await watched.finds(Service.RADARR, managed(), grabbed())
    other = replace(DUNE, ids=replace(DUNE.ids, tmdb=949), title="Heat", service_id="9")
    await watched.told(Service.RADARR, grabbed(other, number="9", download="b" * 40))
    assert watched.missed(Service.RADARR) == 1


async def test_a_bare_doorbell_may_mean_anything(watched: Watched) -> None:
    """It tells that something is new, not what: nothing found around it was missed."""
    await watched.told(Service.RADARR, bare=True)
    await watched.finds(Service.RADARR, managed(), grabbed())
    assert watched.missed(Service.RADARR) == 0
    await watched.finds(Service.RADARR, managed(), grabbed(), imported())
    await watched.told(Service.RADARR, bare=True)
    assert watched.missed(Service.RADARR) == 0


async def test_a_new_request_counts_once(watched: Watched) -> None:
    """Asked and approved at once is one push."""
    opened = asked(SEVERANCE, number="12", seasons=frozenset({1}))
    assert opened.opening is not None
    fresh = replace(opened.opening, created_at=dt_util.utcnow() + timedelta(seconds=5))
    await watched.finds(Service.SEERR, asked(), replace(opened, opening=fresh))
    assert watched.missed(Service.SEERR) == 1


async def test_what_is_older_than_the_webhook_was_not_missed(watched: Watched) -> None:
    """A request made before is history, whenever it is found."""
    old = asked(SEVERANCE, number="12", seasons=frozenset({1}))
    await watched.finds(Service.SEERR, asked(), old)
    assert watched.missed(Service.SEERR) == 0


async def test_what_was_there_before_the_request_was_not_missed(watched: Watched) -> None:
    """The file is older than the wish; Radarr told it long ago."""
    heat = replace(DUNE, ids=replace(DUNE.ids, tmdb=949), title="Heat")
    await watched.told(Service.SEERR, asked(heat, number="13"))
    await watched.finds(
        Service.RADARR, managed(), managed(heat, number="9"), imported(heat, number="9")
    )
    assert watched.missed(Service.RADARR) == 0


async def test_after_an_outage_nobody_can_know(watched: Watched) -> None:
    """What happened while the service or its network was down is not counted."""
    watched.home.services["radarr"].error = Unreachable()
    await watched.finds(Service.RADARR)
    watched.home.services["radarr"].error = None
    await watched.finds(Service.RADARR, managed(), grabbed())
    assert watched.missed(Service.RADARR) == 0


async def test_without_a_webhook_nothing_is_missed(watched: Watched) -> None:
    """Nobody promised a push: the webhook is another's, or there is none."""
    coordinator = watched.home.hub.connections["radarr"]
    coordinator.webhooks.ours_since = None
    coordinator.note_webhook(WebhookState.MISSING)
    await watched.finds(Service.RADARR, managed(), grabbed())
    await watched.finds(Service.QBITTORRENT, moving(0.5))
    assert watched.missed(Service.RADARR) == 0
    assert watched.missed(Service.QBITTORRENT) == 0


async def test_jellyfin_has_more_time(watched: Watched) -> None:
    """Its plugin collects before it tells; a bell within five minutes is in time."""
    await watched.finds(Service.JELLYFIN, playable())
    watched.later(minutes=4)
    await watched.told(Service.JELLYFIN, bare=True)
    assert watched.missed(Service.JELLYFIN) == 0


async def test_jellyfin_that_never_tells(watched: Watched) -> None:
    """Found playable by a look, and no bell rang."""
    await watched.finds(Service.RADARR, managed(), grabbed(), imported())
    watched.later(minutes=1)
    await watched.finds(Service.JELLYFIN, playable())
    assert watched.missed(Service.JELLYFIN) == 1
