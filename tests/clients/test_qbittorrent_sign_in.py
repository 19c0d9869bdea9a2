"""qBittorrent: every way to sign in, and what keeps Home Assistant from being shut out."""

import aiohttp
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    ClientError,
    Forbidden,
    TooOld,
    WrongService,
)
from custom_components.media_status.clients.qbittorrent import QBittorrentClient

from .fake import CANARY, FakeService
from .fake_qbittorrent import API, MAINDATA, VERSION, FakeQbittorrent, by_password


@pytest.mark.parametrize(
    ("modern", "cookie"), [(False, "SID"), (False, "MyCookie"), (True, "QBT_SID_18081")]
)
async def test_sign_in_of_every_version(
    service: FakeService, session: aiohttp.ClientSession, modern: bool, cookie: str
) -> None:
    """200 with Ok. or 204, whatever the cookie's name: one sign-in serves all calls."""
    server = FakeQbittorrent(service, modern=modern, cookie=cookie)
    client = by_password(service, session)
    version = await client.version()
    assert version.app == ("5.3.0" if modern else "4.5.2")
    await client.maindata()
    assert server.logins == 1
    assert server.sessions


@pytest.mark.parametrize("modern", [False, True])
async def test_bad_credentials_are_tried_once(
    service: FakeService, session: aiohttp.ClientSession, modern: bool
) -> None:
    """200 Fails. or 401: never tried again, because five tries shut Home Assistant out."""
    server = FakeQbittorrent(service, modern=modern)
    client = by_password(service, session, "wrong")
    for _ in range(10):
        with pytest.raises(AuthError) as caught:
            await client.maindata()
        assert not caught.value.banned
    assert server.failures == 1


async def test_a_session_that_ends_is_renewed_once(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """After a restart of qBittorrent the call is refused, signed in and repeated."""
    server = FakeQbittorrent(service)
    client = by_password(service, session)
    await client.maindata()
    server.sessions.clear()
    await client.maindata()
    assert server.logins == 2
    # To a new session any number is foreign: the answer is the whole list.
    assert server.rids == ["0", "1"]


async def test_a_session_that_is_never_good_is_an_auth_error(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A second 403 after a sign-in is not followed by a third try."""
    server = FakeQbittorrent(service)
    service.text("GET", MAINDATA, "Forbidden", status=403)
    with pytest.raises(AuthError):
        await by_password(service, session).maindata()
    assert server.logins == 2
    assert len(service.paths("GET")) == 2


async def test_a_ban_is_told(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A ban is told apart from a wrong password, and over when it is lifted."""
    server = FakeQbittorrent(service)
    server.banned = True
    client = by_password(service, session)
    with pytest.raises(AuthError) as caught:
        await client.maindata()
    assert caught.value.banned
    server.banned = False
    await client.maindata()
    assert server.logins == 1


async def test_a_ban_in_the_middle_is_told(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A ban that somebody else caused does not lead to another sign-in."""
    server = FakeQbittorrent(service)
    client = by_password(service, session)
    await client.maindata()
    server.banned = True
    server.sessions.clear()
    with pytest.raises(AuthError) as caught:
        await client.maindata()
    assert caught.value.banned
    assert server.logins == 1


async def test_a_refused_address_is_not_a_wrong_password(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Host header validation (a mapped port) also says 401; the password may be right."""
    server = FakeQbittorrent(service)
    server.bad_host = True
    client = by_password(service, session)
    with pytest.raises(Forbidden, match="Host header"):
        await client.maindata()
    server.bad_host = False
    await client.maindata()


async def test_an_api_key(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A key needs neither sign-in nor cookies and still gets only the changes."""
    server = FakeQbittorrent(service)
    server.key = CANARY
    server.answers = [{"rid": 4, "full_update": True}, {"rid": 5}]
    client = QBittorrentClient(session, service.url, api_key=CANARY, username="x", password="y")
    await client.maindata()
    await client.maindata()
    assert server.rids == ["0", "4"]
    assert service.paths("POST") == []
    assert all("Cookie" not in seen.headers for seen in service.seen)
    server.key = "another"
    with pytest.raises(AuthError):
        await client.maindata()
    assert service.paths("POST") == []


async def test_bypass(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Without sign-in the cookie is kept, so that only the changes are sent."""
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [{"rid": 1, "full_update": True}, {"rid": 2}]
    client = QBittorrentClient(session, service.url)
    await client.maindata()
    await client.maindata()
    assert server.rids == ["0", "1"]
    assert server.cookie in service.seen[1].headers["Cookie"]
    server.bypass = False
    server.sessions.clear()
    with pytest.raises(AuthError):
        await client.maindata()
    assert service.paths("POST") == []


async def test_two_clients_on_one_address_do_not_share_sessions(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Cookies know no ports: two qBittorrents on one machine must not log each other out."""
    other = FakeService()
    await other.server.start_server()
    first, second = FakeQbittorrent(service), FakeQbittorrent(other)
    first.sessions.add("already-there")
    clients = by_password(service, session), by_password(other, session)
    for _ in range(3):
        for client in clients:
            await client.maindata()
    assert (first.logins, second.logins) == (1, 1)
    assert not list(session.cookie_jar)
    await other.server.close()


async def test_another_program(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A page, a 404 or a very old interface are not what we speak to."""
    client = QBittorrentClient(session, service.url, api_key=CANARY)
    with pytest.raises(WrongService):
        await client.version()
    service.text("GET", VERSION, "<html>Welcome</html>")
    service.text("GET", f"{API}/app/webapiVersion", "<html>Welcome</html>")
    with pytest.raises(WrongService):
        await client.version()
    service.text("GET", VERSION, "v4.0.4")
    service.text("GET", f"{API}/app/webapiVersion", "1.17")
    with pytest.raises(TooOld):
        await client.version()


async def test_a_password_with_odd_characters(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A password travels unchanged and never shows in an error."""
    server = FakeQbittorrent(service)
    server.password = "ä&=+% ;\"'"
    await by_password(service, session, server.password).maindata()
    assert server.logins == 1
    with pytest.raises(ClientError) as caught:
        await by_password(service, session, CANARY).maindata()
    assert CANARY not in str(caught.value)
