"""Passing pushes on: nobody waits, nothing is repeated, nothing goes elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
import logging
from pathlib import Path

import aiohttp
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status import webhook_forward
from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.webhook_forward import FORWARDED
from homeassistant.core import HomeAssistant
from simulator.webhooks import Push as Sent

from .webhook_household import Share, forwarding, heat, sent_to_us, shared
from .webhook_owner import Owner, owner

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def before() -> AsyncIterator[Owner]:
    """Return who had the webhook before us."""
    async with owner() as found:
        yield found


@pytest.fixture
def share(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> Share:
    """Return what runs a household that shares the webhook; see `shared`."""
    return partial(shared, hass, tmp_path, hass_client_no_auth)


def is_ours(record: logging.LogRecord) -> bool:
    """Return whether we said it, not the stand-in's server."""
    return record.name.startswith("custom_components.media_status")


async def test_a_slow_owner_holds_nobody_up(
    share: Share,
    before: Owner,
) -> None:
    """Seerr has its answer, and we know, while the owner still thinks."""
    async with share(before) as home:
        before.gate = asyncio.Event()
        film = heat(home)
        await home.sim.seerr.request(film, user="alice")
        await home.settle()
        assert home.sim.seerr.courier.sent[-1][1] == 200
        assert home.stage(film) >= Stage.APPROVED
        await before.letter()
        assert forwarding(home)["forwarded"] == 0


async def test_an_owner_that_never_answers(
    share: Share, before: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after a while, and the next push has its turn."""
    monkeypatch.setattr(webhook_forward, "_TIME_LIMIT", aiohttp.ClientTimeout(total=0.05))
    async with share(before) as home:
        before.gate = asyncio.Event()
        await home.sim.seerr.request(heat(home), user="alice")
        await home.settle()
        await home.hass.async_block_till_done(wait_background_tasks=True)
        assert forwarding(home)["last_error"] == "timeout"
        before.gate.set()
        film = home.sim.world.add_title_movie(title="Ronin", year=1998, tmdb=8195)
        await home.sim.seerr.request(film, user="alice")
        await home.settle()
        await before.letter(2)
        await home.hass.async_block_till_done(wait_background_tasks=True)
        shown = forwarding(home)
        assert (shown["failed"], shown["forwarded"], shown["last_error"]) == (1, 1, None)


async def test_a_flood_does_not_pile_up(
    share: Share, before: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the owner thinks, only so many wait; what does not fit is counted."""
    monkeypatch.setattr(webhook_forward, "MOST_WAITING", 2)
    async with share(before) as home:
        before.gate = asyncio.Event()
        await home.sim.seerr.request(heat(home), user="alice")
        await before.letter()
        push = sent_to_us(home)[-1]
        for _ in range(5):
            assert await home.sim.seerr.courier.deliver(push) == 200
        assert forwarding(home)["failed"] == 3
        assert forwarding(home)["last_error"] == "too_many"
        before.gate.set()
        await before.letter(3)


@pytest.mark.parametrize(
    ("status", "error"), [(500, "refused"), (404, "refused"), (307, "redirected")]
)
async def test_a_failure_is_counted_and_not_repeated(
    share: Share,
    before: Owner,
    caplog: pytest.LogCaptureFixture,
    status: int,
    error: str,
) -> None:
    """Once, as Seerr does; never to another address, and without a word about keys."""
    async with owner() as other, share(before) as home:
        before.status, before.location = status, other.url
        for number in range(3):
            film = home.sim.world.add_title_movie(
                title=f"Film {number}", year=2000, tmdb=number + 1
            )
            await home.sim.seerr.request(film, user="alice")
        await home.settle()
        await before.letter(3)
        await home.hass.async_block_till_done(wait_background_tasks=True)
        shown = forwarding(home)
        assert (shown["failed"], shown["last_error"], shown["forwarded"]) == (3, error, 0)
        assert len(before.letters) == 3
        assert not other.letters
        assert caplog.text.count("could not be passed on") == 1
        said = str([record.getMessage() for record in caplog.records if is_ours(record)])
        assert "canary-of-the-owner" not in said
        assert "core-secret-id" not in said


async def test_an_owner_that_is_gone_is_shown(
    share: Share,
) -> None:
    """Nobody answers at its address: said on the connection, without its secrets."""
    nobody = Owner(url="http://127.0.0.1:9/api/webhook/core-secret-id")
    async with share(nobody) as home:
        await home.sim.seerr.request(heat(home), user="alice")
        await home.settle()
        await home.hass.async_block_till_done(wait_background_tasks=True)
        shown = forwarding(home)
        assert shown["last_error"] == "cannot_connect"
        assert shown["to"] == "http://127.0.0.1:9"
        assert "to" not in forwarding(home, is_admin=False)


async def test_what_was_passed_on_to_us_is_not_passed_on(
    share: Share,
    before: Owner,
) -> None:
    """Two that pass on to each other do not do so for ever."""
    async with share(before) as home:
        await home.sim.seerr.request(heat(home), user="alice")
        await home.settle()
        letter = await before.letter()
        assert FORWARDED in letter.headers
        push = sent_to_us(home)[-1]
        again = Sent(url=push.url, body=push.body, headers={**push.headers, FORWARDED: "1"})
        assert await home.sim.seerr.courier.deliver(again) == 200
        await home.hass.async_block_till_done(wait_background_tasks=True)
        assert len(before.letters) == 1
