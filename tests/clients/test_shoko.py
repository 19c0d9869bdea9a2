"""Shoko: the server, its versions and states, keys and signing in, its hub."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    BadAnswer,
    Forbidden,
    Refused,
    ServerBusy,
    TooOld,
    WrongService,
)
from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.clients.shoko import Dialect, ShokoClient

from .fake import CANARY, FakeService, Seen, sample
from .shoko_server import STATUS, VERSION, started, version


@pytest.fixture
def shoko(service: FakeService, session: aiohttp.ClientSession) -> ShokoClient:
    """Return a client of a started Shoko 5."""
    return started(service, session)


async def test_a_shoko_5_is_recognised(service: FakeService, shoko: ShokoClient) -> None:
    """Version, state and key are asked for; the key goes in its header and nowhere else."""
    info = await shoko.info()
    assert (info.version, info.dialect, info.is_admin) == ("5.3.3.0", Dialect.V5, True)
    assert service.paths() == [VERSION, STATUS, "/api/v3/ImportFolder"]
    assert all(seen.headers["apikey"] == CANARY for seen in service.seen)
    assert all(CANARY not in str(seen.request.rel_url) for seen in service.seen)


@pytest.mark.parametrize("text", ["6.0.0-dev.425", "v6.1.0.0", "7.2.0"])
async def test_later_versions_are_spoken_to_in_the_newer_words(
    service: FakeService, shoko: ShokoClient, text: str
) -> None:
    """Version 6 and whatever follows has managed folders."""
    service.answer("GET", VERSION, version(text))
    service.answer("GET", STATUS, sample("shoko/rest/init-status-started-v6-anonymous.json"))
    assert (await shoko.info()).dialect is Dialect.V6
    assert service.paths()[-1] == "/api/v3/ManagedFolder"


async def test_an_upgrade_of_the_server_changes_the_dialect(
    service: FakeService, shoko: ShokoClient
) -> None:
    """What is spoken is decided by the last answer to `info`."""
    await shoko.info()
    service.answer("GET", VERSION, version("6.0.0"))
    await shoko.info()
    await shoko.folders()
    assert service.paths()[-1] == "/api/v3/ManagedFolder"


@pytest.mark.parametrize(
    "answer",
    [
        version("4.2.2.0"),
        [{"Name": "Server", "Version": "4.1.2.0"}, {"Name": "Commons", "Version": "4.1.2.0"}],
    ],
)
async def test_version_4_is_too_old(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """Both forms in which version 4 says so are understood."""
    service.answer("GET", VERSION, answer)
    with pytest.raises(TooOld, match=r"version 4\.\d\.2\.0 is too old"):
        await shoko.info()


@pytest.mark.parametrize(
    "answer",
    [{}, {"version": "10.10.3"}, [], "5.3.3", {"Server": None}, {"Server": {"Version": None}}],
)
async def test_another_program_is_not_shoko(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """Whatever does not say the version of a Shoko server is something else."""
    service.answer("GET", VERSION, answer)
    with pytest.raises(WrongService):
        await shoko.info()


async def test_a_web_page_or_nothing_is_not_shoko(service: FakeService, shoko: ShokoClient) -> None:
    """A web page, and an address that does not exist, are something else."""
    service.text("GET", VERSION, "<html>Welcome</html>")
    with pytest.raises(WrongService):
        await shoko.info()
    service.text("GET", VERSION, "no", status=404)
    with pytest.raises(WrongService):
        await shoko.info()


async def test_a_version_without_a_number_is_refused(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Nothing is guessed of a Shoko whose version cannot be read."""
    service.answer("GET", VERSION, version("nightly"))
    with pytest.raises(BadAnswer, match="version"):
        await shoko.info()


@pytest.mark.parametrize("state", ["Waiting", "Starting"])
@pytest.mark.parametrize("status", [401, 403, 503])
async def test_while_it_starts_no_key_is_called_wrong(
    service: FakeService, shoko: ShokoClient, state: str, status: int
) -> None:
    """A starting Shoko accepts no key: that is a server that is busy."""
    service.answer("GET", STATUS, {"State": state, "StartupMessage": "Initializing Database..."})
    service.answer("GET", "/api/v3/ImportFolder", None, status=status)
    service.answer("GET", "/api/v3/File/812", None, status=status)
    service.answer("POST", "/api/auth", None, status=status)
    calls: list[Callable[[], Awaitable[object]]] = [
        shoko.info,
        shoko.folders,
        lambda: shoko.file(812),
        lambda: shoko.sign_in("Default", ""),
    ]
    for call in calls:
        with pytest.raises(ServerBusy):
            await call()


async def test_the_sample_of_a_starting_server_is_busy(
    service: FakeService, shoko: ShokoClient
) -> None:
    """What a real server says while its database is prepared."""
    service.answer("GET", STATUS, sample("shoko/rest/init-status-starting.json"))
    with pytest.raises(ServerBusy):
        await shoko.check_started()


async def test_a_failed_start_is_told_in_its_own_words(
    service: FakeService, shoko: ShokoClient
) -> None:
    """The message is one line, and an address in it is cut to its origin."""
    message = f"Failed\nto open mysql://shoko:{CANARY}@db/shoko"
    service.answer("GET", STATUS, {"State": "Failed", "StartupMessage": message})
    with pytest.raises(Refused, match="Failed to open") as caught:
        await shoko.info()
    assert CANARY not in str(caught.value)
    service.answer("GET", STATUS, {"State": "Failed", "StartupMessage": None})
    with pytest.raises(Refused, match="could not start"):
        await shoko.info()


@pytest.mark.parametrize("answer", [{}, {"State": None}, {"State": "Sleeping"}, {"State": 3}])
async def test_an_unknown_state_is_no_health(
    service: FakeService, shoko: ShokoClient, answer: JsonObject
) -> None:
    """Only a Shoko that says it has started has."""
    service.answer("GET", STATUS, answer)
    with pytest.raises(BadAnswer):
        await shoko.check_started()


async def test_a_wrong_key_is_told_from_a_missing_right(
    service: FakeService, shoko: ShokoClient
) -> None:
    """A started server means what it says: 401 is the key, 403 is what the user may do."""
    service.answer("GET", "/api/v3/ImportFolder", None, status=401)
    with pytest.raises(AuthError):
        await shoko.info()
    service.answer("GET", "/api/v3/ImportFolder", None, status=403)
    assert not (await shoko.info()).is_admin
    with pytest.raises(Forbidden, match="administrator"):
        await shoko.folders()


async def test_folders_have_paths_as_shoko_sees_them(shoko: ShokoClient) -> None:
    """A folder without a path is no folder."""
    assert [(folder.id, folder.path) for folder in await shoko.folders()] == [
        (1, "/mnt/incoming/"),
        (2, "/mnt/anime/"),
    ]


async def test_signing_in_gives_the_key(
    service: FakeService, session: aiohttp.ClientSession, shoko: ShokoClient
) -> None:
    """Name and password go in the body, an empty password too; no key is needed before."""
    service.answer("POST", "/api/auth", sample("shoko/rest/auth-response.json"))
    client = ShokoClient(session, service.url)
    assert await client.sign_in("Default", "") == "d5e6f708-1929-4a3b-8c4d-5e6f70819293"
    assert service.seen[-1].json() == {"user": "Default", "pass": "", "device": "Home Assistant"}
    assert "apikey" not in service.seen[-1].headers


async def test_a_wrong_password_is_an_auth_error(service: FakeService, shoko: ShokoClient) -> None:
    """Neither name nor password is in the text."""
    service.answer("POST", "/api/auth", "Unauthorized", status=401)
    with pytest.raises(AuthError) as caught:
        await shoko.sign_in("somebody", "hunter2hunter2")
    assert "hunter2" not in str(caught.value)
    assert "somebody" not in str(caught.value)


@pytest.mark.parametrize("answer", [{}, {"apikey": None}, {"apikey": ""}, []])
async def test_signing_in_without_a_key_is_no_success(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """An answer without a key is not one."""
    service.answer("POST", "/api/auth", answer)
    with pytest.raises(BadAnswer):
        await shoko.sign_in("Default", "")


async def test_signing_in_elsewhere_is_the_wrong_service(
    service: FakeService, shoko: ShokoClient
) -> None:
    """A web page, and an address that does not exist, are something else."""
    service.text("POST", "/api/auth", "<html></html>")
    with pytest.raises(WrongService):
        await shoko.sign_in("Default", "")
    service.text("POST", "/api/auth", "no", status=404)
    with pytest.raises(WrongService):
        await shoko.sign_in("Default", "")


async def test_the_hub_is_asked_with_the_key_in_a_header(
    service: FakeService, shoko: ShokoClient
) -> None:
    """All feeds are joined at once, under the names of both versions; the address holds no key."""
    arrived = asyncio.Event()

    def refuse(seen: Seen) -> web.StreamResponse:
        arrived.set()
        return web.Response(status=404)

    service.on("GET", "/signalr/aggregate", refuse)
    listening = asyncio.create_task(shoko.hub().run(lambda _: None))
    try:
        async with asyncio.timeout(10):
            await arrived.wait()
    finally:
        listening.cancel()
        await asyncio.wait([listening])
    (seen,) = service.seen
    assert seen.headers["apikey"] == CANARY
    assert dict(seen.query) == {"feeds": "shoko,metadata,file,release,queue"}
