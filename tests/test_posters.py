"""The poster view: what it shows, to whom, from where, and what it never does."""

import asyncio
from datetime import timedelta

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.media_status.clients.pictures import PICTURE_LIMIT
from custom_components.media_status.poster_links import LINK_LIFE, POSTER_PATH

from .clients.fake import Seen
from .household import SECRET, Household
from .poster_house import JELLYFIN, JPEG, PNG, RADARR, TMDB, WEBP, Upstream, link, shown

pytestmark = pytest.mark.usefixtures("socket_enabled")
pytest_plugins = ["tests.poster_fixtures"]


# --- where posters come from -------------------------------------------------------------------


async def test_a_browser_sees_the_poster_that_radarr_has(
    home: Household, upstream: Upstream, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The signed path is all that a browser needs; Radarr alone is asked, with its key, once."""
    upstream.give(upstream.radarr, RADARR)
    browser = await hass_client_no_auth()
    first = await browser.get(link(home))
    assert await shown(first) == (200, "image/jpeg", JPEG)
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Cache-Control"].startswith("private, max-age=")
    again = await browser.get(link(home), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    other = await browser.get(link(home), headers={"If-None-Match": '"another"'})
    assert await shown(other) == (200, "image/jpeg", JPEG)
    (seen,) = upstream.radarr.seen
    assert (seen.path, seen.headers["X-Api-Key"]) == (RADARR, SECRET)
    assert upstream.asked == [RADARR]
    told = link(home) + repr(first.headers)
    assert SECRET not in told
    assert "radarr" not in told
    assert "127.0.0.1" not in told


async def test_both_sizes_are_told_and_differ(
    home: Household, upstream: Upstream, hass_ws_client: WebSocketGenerator
) -> None:
    """Lists name the small poster, one request in full also the large one."""
    upstream.give(upstream.radarr, RADARR)
    upstream.give(upstream.radarr, RADARR.replace("250", "500"), PNG, "image/png")
    socket = await hass_ws_client(home.hass)
    await socket.send_json_auto_id({"type": "media_status/request", "request_id": home.request.id})
    told = (await socket.receive_json())["result"]
    small = await socket.client.get(told["poster_url"])
    large = await socket.client.get(told["poster_url_large"])
    assert await shown(small) == (200, "image/jpeg", JPEG)
    assert await shown(large) == (200, "image/png", PNG)


async def test_who_has_no_poster_is_followed_by_who_has(
    home: Household, upstream: Upstream, hass_client: ClientSessionGenerator
) -> None:
    """Radarr has not loaded it yet: Jellyfin draws it in the wanted width."""
    upstream.give(upstream.jellyfin, JELLYFIN, WEBP, "image/webp")
    browser = await hass_client()
    answer = await browser.get(f"{POSTER_PATH}/{home.request.id}/large")
    assert await shown(answer) == (200, "image/webp", WEBP)
    assert upstream.jellyfin.seen[0].query["maxWidth"] == "500"
    assert not upstream.public.seen


async def test_the_public_host_is_told_nothing(
    home: Household, upstream: Upstream, hass_client: ClientSessionGenerator
) -> None:
    """Last comes the address that Seerr named: without key, cookie or referrer, in a small size."""
    upstream.give(upstream.public, TMDB)
    answer = await (await hass_client()).get(link(home))
    assert await shown(answer) == (200, "image/jpeg", JPEG)
    (seen,) = upstream.public.seen
    assert seen.path == TMDB
    assert not seen.query
    known = {"host", "accept", "accept-encoding", "user-agent"}
    assert {name.lower() for name in seen.headers} <= known
    assert SECRET not in repr(seen.headers)
    assert seen.headers["Host"].startswith("image.tmdb.org")


# --- what is no poster -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/jpeg"),
        (b"<html><title>Log in</title></html>", "text/html"),
        (b"<html><title>Log in</title></html>", "image/png"),
        (b"GIF89a" + b"0" * 100, "image/gif"),
        (JPEG, "text/html"),
        (JPEG, "application/octet-stream"),
        (b"", "image/jpeg"),
        (JPEG + b"0" * PICTURE_LIMIT, "image/jpeg"),
    ],
    ids=[
        "svg",
        "svg called jpeg",
        "page",
        "page called png",
        "gif",
        "jpeg called page",
        "jpeg called bytes",
        "empty",
        "too large",
    ],
)
async def test_only_pictures_are_shown(
    home: Household,
    upstream: Upstream,
    hass_client: ClientSessionGenerator,
    body: bytes,
    kind: str,
) -> None:
    """What is not a picture by its name and its bytes, or is too large, is not shown."""
    upstream.give(upstream.radarr, RADARR, body, kind)
    assert (await (await hass_client()).get(link(home))).status == 404
    assert RADARR in upstream.asked


async def test_a_picture_without_end_is_cut_off(
    home: Household, upstream: Upstream, hass_client: ClientSessionGenerator
) -> None:
    """Nobody can fill memory or disk: reading stops, and the sender notices."""
    cut = asyncio.Event()

    async def pour(seen: Seen) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        request = seen.request
        assert isinstance(request, web.Request)
        await answer.prepare(request)
        try:
            while True:
                await answer.write(JPEG * 100)
        finally:
            cut.set()

    upstream.radarr.on("GET", RADARR, pour)
    assert (await (await hass_client()).get(link(home))).status == 404
    await cut.wait()


@pytest.mark.parametrize("who", ["radarr", "public"])
async def test_redirects_are_not_followed(
    home: Household, upstream: Upstream, hass_client: ClientSessionGenerator, who: str
) -> None:
    """Neither a service nor a public host can send us, or the key, anywhere else."""
    upstream.give(upstream.elsewhere, "/secret.jpg")
    place, path = {
        "radarr": (upstream.radarr, RADARR),
        "public": (upstream.public, TMDB),
    }[who]
    target = f"{upstream.elsewhere.url}secret.jpg"
    place.on("GET", path, lambda _: web.Response(status=302, headers={"Location": target}))
    assert (await (await hass_client()).get(link(home))).status == 404
    assert path in upstream.asked
    assert not upstream.elsewhere.seen


# --- who may see it ----------------------------------------------------------------------------


async def test_strangers_see_nothing(
    home: Household, upstream: Upstream, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Without login a path must be signed, for exactly this poster."""
    upstream.give(upstream.radarr, RADARR)
    browser = await hass_client_no_auth()
    signed = link(home)
    path, signature = signed.split("?")
    large = f"{path.replace('small', 'large')}?{signature}"
    for address in (path, large, f"{signed}x", f"{path}?authSig=", f"{signed}&width2=1"):
        assert (await browser.get(address)).status == 401, address
    assert not upstream.asked


async def test_a_signed_path_is_anybodys_until_it_expires(
    home: Household,
    upstream: Upstream,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What one user was told works in another browser, for its time."""
    upstream.give(upstream.radarr, RADARR)
    socket = await hass_ws_client(home.hass, access_token=hass_read_only_access_token)
    await socket.send_json_auto_id({"type": "media_status/requests"})
    (told,) = (await socket.receive_json())["result"]["requests"]
    browser = await hass_client_no_auth()
    freezer.tick(LINK_LIFE - timedelta(minutes=1))
    assert (await browser.get(told["poster_url"])).status == 200
    freezer.tick(timedelta(minutes=2))
    assert (await browser.get(told["poster_url"])).status == 401


@pytest.mark.parametrize(
    "path",
    [
        "unknown/small",
        "..%2f..%2fsecrets.yaml/small",
        "..%2Fmedia_status.db/large",
        "%2e%2e/small",
        "%00/small",
        "%ff%fe/small",
        "a" * 3000 + "/small",
        "http:%2f%2f10.0.0.1%2fa.jpg/small",
        "{id}/huge",
        "{id}/..%2fsmall",
        "{id}/",
        "{id}/SMALL",
    ],
)
async def test_nothing_that_is_sent_leads_anywhere(
    home: Household, upstream: Upstream, hass_client: ClientSessionGenerator, path: str
) -> None:
    """Odd ids and sizes are not found; nobody is asked."""
    upstream.give(upstream.radarr, RADARR)
    target = POSTER_PATH + "/" + path.format(id=home.request.id)
    browser = await hass_client()
    address = browser.make_url("/").with_path(target, encoded=True)
    # Home Assistant itself refuses what looks like an attack (400).
    assert (await browser.session.get(address)).status in {400, 404}
    assert not upstream.asked
