"""The gate that every call passes: what may leave, what needs a permit, what a permit covers."""

from dataclasses import replace

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.clients.errors import (
    BadAnswer,
    ClientError,
    NotFound,
    NotPermitted,
    ReadOnly,
)
from custom_components.media_status.clients.guard import (
    DryRun,
    Permit,
    Removal,
    Removals,
    Target,
    TargetKind,
    no_writes,
)
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.radarr import RadarrClient

from .fake import CANARY, FakeService
from .permits import INSTANCE, opened, permit_for

HASH = "a" * 40
DELETE = "/api/v2/torrents/delete"
MOVIE = Target(kind=TargetKind.MOVIE, id="7")


class Rogue(BaseClient):
    """A client that sends what it is told: a mistake that the gate must notice."""

    removable = frozenset({TargetKind.MOVIE, TargetKind.TORRENT})

    async def send(
        self,
        method: str,
        path: str,
        *,
        removes: Removal | None = None,
        form: dict[str, str] | None = None,
        mutating: bool | None = None,
    ) -> None:
        """Send a call."""
        await self._request(method, path, removes=removes, form=form, mutating=mutating)


def torrents(service: FakeService, session: aiohttp.ClientSession) -> QBittorrentClient:
    """Return a client that needs no sign-in."""
    service.text("POST", DELETE, "")
    return QBittorrentClient(session, service.url, api_key=CANARY)


async def test_a_permitted_removal_names_exactly_its_target(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Both parameters are always sent, the hash in lower case and alone."""
    client = opened(torrents(service, session))
    permit = permit_for(TargetKind.TORRENT, HASH)
    await client.delete_torrent(permit, HASH.upper(), delete_files=True)
    await client.delete_torrent(permit, HASH, delete_files=False)
    assert [call.form for call in service.seen] == [
        {"hashes": HASH, "deleteFiles": "true"},
        {"hashes": HASH, "deleteFiles": "false"},
    ]


@pytest.mark.parametrize(
    "permit",
    [
        permit_for(TargetKind.TORRENT, "b" * 40),
        permit_for(TargetKind.MOVIE, HASH),
        permit_for(TargetKind.TORRENT),
        permit_for(TargetKind.TORRENT, HASH, files=False),
        permit_for(TargetKind.TORRENT, HASH, instance="instance-2"),
        permit_for(TargetKind.TORRENT, HASH, instance=""),
        replace(permit_for(TargetKind.TORRENT, HASH), step_id=""),
    ],
)
async def test_what_a_permit_does_not_cover_stays_here(
    service: FakeService, session: aiohttp.ClientSession, permit: Permit
) -> None:
    """Another target, kind or instance, files without leave: nothing is sent."""
    client = opened(torrents(service, session))
    with pytest.raises(NotPermitted):
        await client.delete_torrent(permit, HASH, delete_files=True)
    assert service.seen == []


async def test_a_client_without_an_instance_removes_nothing(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """One that nobody said whose it is could be the wrong one; no permit can be for it."""
    client = opened(torrents(service, session))
    client.instance = ""
    with pytest.raises(NotPermitted):
        await client.delete_torrent(
            permit_for(TargetKind.TORRENT, HASH, instance=""), HASH, delete_files=False
        )
    assert service.seen == []


@pytest.mark.parametrize(
    ("removals", "dry_run", "error"),
    [
        (Removals.OFF, False, ReadOnly),
        (Removals.DRY, False, DryRun),
        (Removals.ON, True, DryRun),
    ],
)
async def test_removals_need_both_keys(
    service: FakeService,
    session: aiohttp.ClientSession,
    removals: Removals,
    dry_run: bool,
    error: type[ClientError],
) -> None:
    """The option and the permit: each of them alone keeps everything here."""
    client = opened(torrents(service, session), removals)
    with pytest.raises(error) as caught:
        await client.delete_torrent(
            permit_for(TargetKind.TORRENT, HASH, dry_run=dry_run), HASH, delete_files=True
        )
    assert type(caught.value) is error
    assert service.seen == []


async def test_a_rehearsal_tells_the_call(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """What would have been sent is known in full, and neither text nor form shows a key."""
    client = opened(torrents(service, session), Removals.DRY)
    with pytest.raises(DryRun) as caught:
        await client.delete_torrent(permit_for(TargetKind.TORRENT, HASH), HASH, delete_files=True)
    call = caught.value.call
    assert (call.method, call.path, call.query) == ("POST", DELETE[1:], ())
    assert call.body == f"hashes={HASH}&deleteFiles=true"
    assert CANARY not in f"{caught.value!r} {call!r} {call.body}"


async def test_no_writes_stops_everything_that_changes(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Within the block no client changes anything, with or without a permit; reading goes on."""
    client = opened(torrents(service, session))
    radarr = RadarrClient(session, service.url, CANARY)
    service.answer("GET", "/api/v3/health", [])
    service.answer("POST", "/api/v3/command", {"id": 1})
    with no_writes():
        with pytest.raises(DryRun):
            await client.delete_torrent(
                permit_for(TargetKind.TORRENT, HASH), HASH, delete_files=True
            )
        with pytest.raises(DryRun):
            await radarr.refresh_downloads()
        assert await radarr.health() == []
    await radarr.refresh_downloads()
    assert [call.method for call in service.seen] == ["GET", "POST"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "movie/7"),
        ("delete", "movie/7"),
        ("DELETE", ""),
        ("POST", "torrents/delete"),
        ("GET", "api/v3/Action/RemoveMissingFiles"),
    ],
)
@pytest.mark.parametrize("mutating", [None, False])
async def test_nothing_removes_without_a_permit(
    service: FakeService,
    session: aiohttp.ClientSession,
    method: str,
    path: str,
    mutating: bool | None,
) -> None:
    """Whatever a method calls itself: what looks like a removal is one."""
    client = opened(Rogue(session, service.url))
    with pytest.raises(NotPermitted):
        await client.send(method, path, mutating=mutating)
    assert service.seen == []


@pytest.mark.parametrize(
    ("path", "form", "target"),
    [
        ("movie/8", None, MOVIE),
        ("movie/7/file", None, MOVIE),
        ("movie", None, MOVIE),
        ("movie/7", {"movieIds": "8"}, MOVIE),
        ("delete", {"hashes": "all"}, Target(kind=TargetKind.TORRENT, id=HASH)),
        ("delete", {"hashes": f"{HASH}|{HASH}"}, Target(kind=TargetKind.TORRENT, id=HASH)),
    ],
)
async def test_a_call_that_says_something_else_than_its_permit_stays_here(
    service: FakeService,
    session: aiohttp.ClientSession,
    path: str,
    form: dict[str, str] | None,
    target: Target,
) -> None:
    """The gate reads the address itself, not only what the client says about it."""
    client = opened(Rogue(session, service.url))
    permit = permit_for(target.kind, target.id)
    with pytest.raises(NotPermitted):
        await client.send(
            "DELETE", path, form=form, removes=Removal(permit=permit, targets=(target,))
        )
    both = (MOVIE, Target(kind=TargetKind.MOVIE, id="9"))
    with pytest.raises(NotPermitted):
        await client.send(
            "DELETE",
            "movie/7",
            removes=Removal(permit=permit_for(TargetKind.MOVIE, 7, 9), targets=both),
        )
    assert service.seen == []


async def test_gone_already_is_the_service_s_own_word(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """404 in the service's form is NotFound; the page of a proxy is no answer at all."""
    client = opened(Rogue(session, service.url))
    removes = Removal(permit=permit_for(TargetKind.MOVIE, 7), targets=(MOVIE,))
    service.answer("DELETE", "/movie/7", {"message": "NotFound"}, status=404)
    with pytest.raises(NotFound):
        await client.send("DELETE", "movie/7", removes=removes)
    service.on(
        "DELETE",
        "/movie/7",
        lambda _: web.Response(text="<html>", status=404, content_type="text/html"),
    )
    with pytest.raises(BadAnswer):
        await client.send("DELETE", "movie/7", removes=removes)
    torrent = opened(torrents(service, session))
    service.text("POST", DELETE, "Not Found", status=404)
    with pytest.raises(BadAnswer):
        await torrent.delete_torrent(permit_for(TargetKind.TORRENT, HASH), HASH, delete_files=False)


async def test_jellyfin_deletes_nothing(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Deleting an item there deletes its files: no permit is good for it."""

    class Careless(JellyfinClient):
        async def delete_item(self, item: str, removes: Removal | None) -> None:
            await self._request("DELETE", f"Items/{item}", removes=removes)

    client = opened(Careless(session, service.url, CANARY))
    assert client.removable == frozenset()
    for kind in TargetKind:
        target = Target(kind=kind, id="0" * 32)
        permit = permit_for(kind, "0" * 32)
        with pytest.raises(NotPermitted):
            await client.delete_item("0" * 32, Removal(permit=permit, targets=(target,)))
    with pytest.raises(NotPermitted):
        await client.delete_item("0" * 32, None)
    assert service.seen == []
    assert client.instance == INSTANCE
