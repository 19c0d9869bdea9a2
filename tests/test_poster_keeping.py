"""How posters are kept: who is asked how often, what lies on the disk, which addresses hold."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.media_status import async_remove_entry
from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.model import Service
from custom_components.media_status.poster_links import LINK_LIFE, POSTER_PATH
from custom_components.media_status.posters import FRESH
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant

from .clients.fake import Seen
from .household import DUNE, Household, asked, managed, running
from .poster_house import JELLYFIN, JPEG, PNG, RADARR, SENSOR, TMDB, Upstream, link, shown

pytestmark = pytest.mark.usefixtures("socket_enabled")
pytest_plugins = ["tests.poster_fixtures"]


async def test_many_browsers_are_one_question(
    home: Household, upstream: Upstream, hass_client: ClientSessionGenerator
) -> None:
    """A poster that is being fetched is not fetched a second time; who hangs up stops nothing."""
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slow(_: Seen) -> web.Response:
        arrived.set()
        await release.wait()
        return web.Response(body=JPEG, content_type="image/jpeg")

    upstream.radarr.on("GET", RADARR, slow)
    browser = await hass_client()
    impatient = asyncio.create_task(browser.get(link(home)))
    await arrived.wait()
    patient = [asyncio.create_task(browser.get(link(home))) for _ in range(5)]
    impatient.cancel()
    assert (await browser.get(f"{POSTER_PATH}/unknown/small")).status == 404
    release.set()
    answers = [await task for task in patient]
    assert [answer.status for answer in answers] == [200] * 5
    assert upstream.asked == [RADARR]


async def test_a_missing_poster_is_not_asked_for_again_and_again(
    home: Household,
    upstream: Upstream,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nobody has it: that holds for an hour."""
    browser = await hass_client_no_auth()
    for _ in range(3):
        assert (await browser.get(link(home))).status == 404
    assert upstream.asked == [RADARR, JELLYFIN, TMDB]
    upstream.give(upstream.radarr, RADARR)
    assert (await browser.get(link(home))).status == 404
    freezer.tick(timedelta(hours=1, minutes=1))
    assert (await browser.get(link(home))).status == 200


async def test_a_new_place_is_asked_at_once(
    hass: HomeAssistant, tmp_path: Path, upstream: Upstream, hass_client: ClientSessionGenerator
) -> None:
    """What was missing is looked for where it may be now."""
    async with running(hass, tmp_path, household=upstream.house) as home:
        await home.hear(Service.SEERR, asked())
        browser = await hass_client()
        assert (await browser.get(link(home))).status == 404
        upstream.give(upstream.radarr, RADARR)
        await home.hear(Service.RADARR, managed())
        assert (await browser.get(link(home))).status == 200


async def test_who_is_down_is_not_waited_for(
    home: Household,
    upstream: Upstream,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A service that does not answer surveys is left alone; when it is back, it is asked soon."""
    upstream.give(upstream.radarr, RADARR)
    radarr = home.services[Service.RADARR]
    radarr.error = Unreachable("off")
    await home.hub.survey([Service.RADARR])
    browser = await hass_client_no_auth()
    assert (await browser.get(link(home))).status == 404
    assert upstream.asked == [JELLYFIN, TMDB]
    radarr.error = None
    await home.hub.survey([Service.RADARR])
    freezer.tick(timedelta(minutes=1, seconds=1))
    assert (await browser.get(link(home))).status == 200
    assert upstream.asked == [RADARR, JELLYFIN, TMDB]


async def test_one_that_does_not_answer_is_not_asked_for_every_poster(
    home: Household, upstream: Upstream, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A page full of posters does not wait for a dead service once for each of them."""

    def hang_up(seen: Seen) -> web.Response:
        assert seen.request.transport is not None
        seen.request.transport.close()
        return web.Response()

    large_path = RADARR.replace("250", "500")
    upstream.radarr.on("GET", RADARR, hang_up)
    upstream.give(upstream.radarr, large_path)
    browser = await hass_client_no_auth()
    large = async_sign_path(
        home.hass, f"{POSTER_PATH}/{home.request.id}/large", LINK_LIFE, use_content_user=True
    )
    assert (await browser.get(link(home))).status == 404
    assert RADARR in upstream.asked
    assert (await browser.get(large)).status == 404
    assert large_path not in upstream.asked


# --- what is kept ------------------------------------------------------------------------------


async def test_an_old_poster_is_renewed_or_else_shown(
    home: Household,
    upstream: Upstream,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After a week Radarr is asked again; while nobody has one, the old one is good enough."""
    upstream.give(upstream.radarr, RADARR)
    browser = await hass_client_no_auth()
    address = link(home)
    assert (await browser.get(address)).status == 200
    upstream.radarr.on("GET", RADARR, lambda _: web.Response(status=404))
    freezer.tick(FRESH + timedelta(minutes=1))
    assert await shown(await browser.get(address)) == (200, "image/jpeg", JPEG)
    upstream.give(upstream.radarr, RADARR, PNG, "image/png")
    freezer.tick(timedelta(hours=2))
    assert await shown(await browser.get(address)) == (200, "image/png", PNG)


async def test_a_poster_outlives_a_reload_and_goes_with_the_integration(
    home: Household, upstream: Upstream, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """It is read from the disk; when the integration is removed, nothing is left there."""
    upstream.give(upstream.radarr, RADARR)
    browser = await hass_client_no_auth()
    address = link(home)
    assert (await browser.get(address)).status == 200
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert (await browser.get(address)).status == 200
    assert upstream.asked == [RADARR]
    assert len(await files(home)) == 1
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    await async_remove_entry(home.hass, home.entry)
    assert (await browser.get(address)).status == 503
    assert not await files(home)


async def test_a_forgotten_request_has_no_poster(
    home: Household, upstream: Upstream, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """With a request its poster goes, from the disk too."""
    upstream.give(upstream.radarr, RADARR)
    browser = await hass_client_no_auth()
    address = link(home)
    assert (await browser.get(address)).status == 200
    await home.hub.forget(home.request.id, None)
    await home.hass.async_block_till_done()
    assert not await files(home)
    assert (await browser.get(address)).status == 404


async def test_what_is_only_history_still_has_its_poster(
    home: Household, upstream: Upstream, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """History is shown with pictures: the journal knows who has them."""
    upstream.give(upstream.radarr, RADARR)
    address = link(home)
    with patch.object(home.hub, "requests", {}):
        assert (await (await hass_client_no_auth()).get(address)).status == 200


async def test_without_a_disk_posters_are_shown_all_the_same(
    home: Household,
    upstream: Upstream,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A folder that cannot be written costs speed, nothing else; the log says so once."""
    upstream.give(upstream.radarr, RADARR)
    cache = Path(home.hass.config.cache_path())
    await home.hass.async_add_executor_job(cache.write_text, "no folder")
    browser = await hass_client_no_auth()
    for _ in range(2):
        assert await shown(await browser.get(link(home))) == (200, "image/jpeg", JPEG)
    assert upstream.asked == [RADARR, RADARR]
    assert len([r for r in caplog.records if "Posters cannot be stored" in r.message]) == 1


async def files(home: Household) -> list[Path]:
    """Return the files that the posters are in."""
    folder = Path(home.hass.config.cache_path(DOMAIN))

    def found() -> list[Path]:
        return [path for path in folder.rglob("*") if path.is_file()]

    return await home.hass.async_add_executor_job(found)


# --- the addresses -----------------------------------------------------------------------------


async def test_addresses_are_renewed_in_time(
    home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """The address stays for a week, so that browsers keep the picture, and never expires."""
    first = link(home)
    await pass_days(home, freezer, 6)
    assert link(home) == first
    await pass_days(home, freezer, 2)
    assert link(home) != first
    state = home.hass.states.get(SENSOR)
    assert state is not None
    assert state.state_info is not None
    assert "entity_picture" in state.state_info["unrecorded_attributes"]


async def test_where_nobody_has_a_poster_none_is_told(
    hass: HomeAssistant, tmp_path: Path, upstream: Upstream, hass_ws_client: WebSocketGenerator
) -> None:
    """No address is better than one that leads to nothing, or to a host that is not ours to ask."""
    odd = replace(DUNE, poster_url="http://10.0.0.1/dune.jpg")
    async with running(hass, tmp_path, household=upstream.house) as home:
        await home.hear(Service.SEERR, asked(odd))
        state = hass.states.get(SENSOR)
        assert state is not None
        assert "entity_picture" not in state.attributes
        socket = await hass_ws_client(hass)
        message = {"type": "media_status/request", "request_id": home.request.id}
        await socket.send_json_auto_id(message)
        told = (await socket.receive_json())["result"]
        assert (told["poster_url"], told["poster_url_large"]) == (None, None)


async def pass_days(home: Household, freezer: FrozenDateTimeFactory, days: int) -> None:
    """Let days pass, with everything that happens daily."""
    for _ in range(days):
        freezer.tick(timedelta(days=1))
        async_fire_time_changed(home.hass)
        await home.hass.async_block_till_done()
