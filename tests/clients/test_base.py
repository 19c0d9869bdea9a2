"""What every client does: one way in, errors that are safe to show, nothing half."""

import asyncio
from collections.abc import Callable
import ssl
import traceback

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port
import pytest
from yarl import URL

from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.clients.errors import (
    AuthError,
    BadAddress,
    BadAnswer,
    ClientError,
    NotFound,
    NotJson,
    RateLimited,
    Redirected,
    Refused,
    ServerBusy,
    TlsError,
    Unreachable,
)
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonObject
from custom_components.media_status.clients.safety import base_url
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY, FakeService, Seen

STATUS = "/api/v3/system/status"
type Make = Callable[[aiohttp.ClientSession, str], BaseClient]
MAKERS: dict[str, Make] = {
    "radarr": lambda session, url: RadarrClient(session, url, CANARY),
    "sonarr": lambda session, url: SonarrClient(session, url, CANARY),
    "seerr": lambda session, url: SeerrClient(session, url, CANARY),
    "jellyfin": lambda session, url: JellyfinClient(session, url, CANARY),
    "qbittorrent-key": lambda session, url: QBittorrentClient(session, url, api_key=CANARY),
    "qbittorrent": lambda session, url: QBittorrentClient(
        session, url, username="admin", password=CANARY
    ),
}


class PlainClient(BaseClient):
    """A client of no service in particular."""

    async def read(self) -> list[JsonObject]:
        """Get a list."""
        return await self._get_objects("x")


def whole_text(err: BaseException) -> str:
    """Return everything that a log could show of an exception and what it hangs on to."""
    texts = ["".join(traceback.format_exception(err))]
    seen: set[int] = set()
    current: BaseException | None = err
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        texts += [str(current), repr(current), repr(current.args), repr(vars(current))]
        current = current.__cause__ or current.__context__
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Redirected),
        (400, Refused),
        (401, AuthError),
        (403, AuthError),
        (404, NotFound),
        (405, Refused),
        (409, Refused),
        (429, RateLimited),
        (500, Refused),
        (502, Unreachable),
        (503, ServerBusy),
        (504, Unreachable),
    ],
)
async def test_each_status_has_its_error(
    service: FakeService,
    session: aiohttp.ClientSession,
    status: int,
    error: type[ClientError],
) -> None:
    """A status is translated to the error that says what to do about it."""
    service.answer("GET", "/api/v3/health", {"message": "no"}, status=status)
    with pytest.raises(error) as caught:
        await RadarrClient(session, service.url, CANARY).health()
    assert type(caught.value) is error


async def test_the_base_path_is_kept(service: FakeService, session: aiohttp.ClientSession) -> None:
    """An address below a path stays below it, with or without a slash at the end."""
    service.answer("GET", "/media/radarr/api/v3/health", [])
    for address in ("media/radarr", "media/radarr/", "media/radarr/?theme=dark#top"):
        client = RadarrClient(session, service.url + address, CANARY)
        assert await client.health() == []
    assert service.paths() == ["/media/radarr/api/v3/health"] * 3


@pytest.mark.parametrize(
    "address", ["", "radarr", "ftp://host", "http://", "http://host:99999", "http://[::1", "//host"]
)
async def test_unusable_addresses_are_refused(session: aiohttp.ClientSession, address: str) -> None:
    """What cannot be called is refused when the client is made."""
    with pytest.raises(BadAddress):
        RadarrClient(session, address, CANARY)


def test_sign_in_data_in_the_address_is_not_kept() -> None:
    """A password in the address does not reach the address that is called."""
    address = f"http://user:{CANARY}@radarr:7878/x?apikey={CANARY}"
    assert base_url(address) == URL("http://radarr:7878/x")


@pytest.mark.parametrize("name", MAKERS)
async def test_a_redirect_is_not_followed(
    service: FakeService, session: aiohttp.ClientSession, name: str
) -> None:
    """No secret travels to another address; the text names only its origin."""
    other = FakeService()
    await other.server.start_server()
    target = f"{other.url}deep/path?token={CANARY}"

    def redirect(_: Seen) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": target})

    for path in ("/api/v2/auth/login", "/api/v2/app/version", "/System/Info", STATUS):
        for method in ("GET", "POST"):
            service.on(method, path, redirect)
    service.on("GET", "/api/v1/settings/public", redirect)
    client = MAKERS[name](session, service.url)
    with pytest.raises(Redirected) as caught:
        await hello(client)
    assert other.seen == []
    assert str(URL(other.url).origin()) in str(caught.value)
    assert "deep" not in str(caught.value)
    assert CANARY not in whole_text(caught.value)
    await other.server.close()


async def hello(client: BaseClient) -> object:
    """Make a client's first call."""
    match client:
        case RadarrClient() | SonarrClient() | SeerrClient():
            return await client.status()
        case JellyfinClient():
            return await client.info()
        case QBittorrentClient():
            return await client.version()
        case _:
            raise AssertionError(client)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
async def test_no_error_holds_a_secret(
    service: FakeService, session: aiohttp.ClientSession, name: str, status: int
) -> None:
    """Whatever a service answers, even our own key, does not reach an exception."""

    def echo(seen: Seen) -> web.StreamResponse:
        text = f"{CANARY} {dict(seen.headers)} {seen.body!r}"
        return web.json_response([{"errorMessage": text, "message": text}], status=status)

    for path in (
        STATUS,
        "/api/v1/settings/public",
        "/System/Info",
        "/api/v2/app/version",
        "/api/v2/auth/login",
    ):
        service.on("GET", path, echo)
        service.on("POST", path, echo)
    with pytest.raises(ClientError) as caught:
        await hello(MAKERS[name](session, service.url))
    assert service.seen
    assert CANARY not in whole_text(caught.value)


@pytest.mark.parametrize("name", MAKERS)
async def test_no_connection_is_unreachable(session: aiohttp.ClientSession, name: str) -> None:
    """A port where nobody listens is Unreachable, and nothing secret is in the error."""
    with pytest.raises(Unreachable) as caught:
        await hello(MAKERS[name](session, f"http://127.0.0.1:{unused_port()}"))
    assert type(caught.value) is Unreachable
    assert CANARY not in whole_text(caught.value)


async def test_a_missing_answer_is_unreachable(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A service that accepts and never answers is Unreachable."""
    release = asyncio.Event()

    async def never(_: Seen) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    service.on("GET", "/x", never)
    client = PlainClient(session, service.url, timeout=0.05)
    with pytest.raises(Unreachable, match="in time"):
        await client.read()
    release.set()


async def test_cancelling_passes_through(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A cancelled call ends as cancelled, not as an error of ours."""
    arrived = asyncio.Event()
    release = asyncio.Event()

    async def never(_: Seen) -> web.StreamResponse:
        arrived.set()
        await release.wait()
        return web.Response()

    service.on("GET", STATUS, never)
    task = asyncio.create_task(RadarrClient(session, service.url, CANARY).status())
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()


async def test_a_cut_connection_is_unreachable(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A body that ends early is Unreachable: half an answer is none."""

    async def half(seen: Seen) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(seen.request)
        await response.write(b"[{")
        transport = seen.request.transport
        assert transport is not None
        transport.abort()
        return response

    service.on("GET", "/api/v3/health", half)
    with pytest.raises(Unreachable):
        await RadarrClient(session, service.url, CANARY).health()


async def test_an_untrusted_certificate_is_a_tls_error(
    session: aiohttp.ClientSession, self_signed: ssl.SSLContext
) -> None:
    """A self-signed certificate is TlsError, unless the user switched the check off."""
    fake = FakeService()
    await fake.server.start_server(ssl=self_signed)
    # The server's side of the refused handshake is of no interest here.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    fake.answer("GET", "/api/v3/health", [])
    url = f"https://127.0.0.1:{fake.server.port}"
    with pytest.raises(TlsError):
        await RadarrClient(session, url, CANARY).health()
    assert fake.seen == []
    assert await RadarrClient(session, url, CANARY, verify_ssl=False).health() == []
    await fake.server.close()


async def test_https_to_a_plain_port_is_a_tls_error(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """https:// to a service that speaks http is TlsError."""
    client = RadarrClient(session, service.url.replace("http:", "https:"), CANARY)
    with pytest.raises(TlsError):
        await client.health()


async def test_a_web_page_is_not_json(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The page of a proxy's sign-in is NotJson."""
    service.text("GET", "/api/v3/health", "<html>Sign in</html>")
    with pytest.raises(NotJson):
        await RadarrClient(session, service.url, CANARY).health()


@pytest.mark.parametrize("body", [b"[" * 10_000, b'{"a":' * 10_000, b"\xff\xfe", b"", b"[1"])
async def test_hostile_json_is_a_bad_answer(
    service: FakeService, session: aiohttp.ClientSession, body: bytes
) -> None:
    """Deep, broken, empty or non-UTF-8 bodies are BadAnswer for short and for long lists."""
    for path in ("/api/v3/health", "/api/v3/movie"):
        service.on("GET", path, lambda _: web.Response(body=body))
    client = RadarrClient(session, service.url, CANARY)
    for call in (client.health(), client.movies()):
        with pytest.raises(BadAnswer):
            await call


async def test_a_body_above_the_limit_is_refused(
    service: FakeService, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless body is not read to its end."""
    monkeypatch.setattr("custom_components.media_status.clients.base._BODY_LIMIT", 1024)
    service.on("GET", "/api/v3/health", lambda _: web.Response(body=b"[" + b" " * 2048 + b"]"))
    with pytest.raises(BadAnswer, match="too large"):
        await RadarrClient(session, service.url, CANARY).health()


async def test_keys_from_a_careless_paste(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Blanks around a key are cut off; what no header can carry is a wrong key."""
    service.answer("GET", "/api/v3/health", [])
    await RadarrClient(session, service.url, f" {CANARY}\n").health()
    assert service.seen[0].headers["X-Api-Key"] == CANARY
    for key in ("a\nb", "schlüssel", "a\x00b"):
        with pytest.raises(AuthError):
            RadarrClient(session, service.url, key)


async def test_calls_are_limited(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Never more calls at once than the limit, and all of them get their turn."""
    running, most = 0, 0
    full = asyncio.Event()

    async def slow(_: Seen) -> web.StreamResponse:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 2:
            full.set()
        await full.wait()
        running -= 1
        return web.json_response([])

    service.on("GET", "/x", slow)
    client = PlainClient(session, service.url, request_limit=2)
    await asyncio.gather(*(client.read() for _ in range(7)))
    assert most == 2
    assert len(service.seen) == 7
