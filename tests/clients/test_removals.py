"""Every removing call of every client: by permit only, exactly so, and never in a dry run."""

import ast
from collections.abc import Awaitable
from dataclasses import asdict
import pkgutil
from types import SimpleNamespace
from typing import cast

import aiohttp
from aiohttp import web
from hypothesis import given, strategies as st
import pytest

from custom_components.media_status import clients
from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.clients.errors import (
    BadAnswer,
    NotFound,
    NotPermitted,
    ReadOnly,
    UnsafeId,
)
from custom_components.media_status.clients.guard import (
    DryRun,
    Permit,
    Removals,
    TargetKind,
    no_writes,
)
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.sonarr import SonarrClient
from tests.repository import PACKAGE, nodes

from .fake import CANARY, FakeService
from .permits import opened, permit_for
from .removing import CLIENTS, HASH, REMOVING, Removing, client_of, named, permitted_methods

each = pytest.mark.parametrize("call", REMOVING, ids=lambda call: call.label)


def test_no_removing_call_is_forgotten() -> None:
    """What takes a permit stands in the table, of every client that there is."""
    assert {(call.client, call.method) for call in REMOVING} == permitted_methods()
    modules = {module.name for module in pkgutil.iter_modules(clients.__path__)}
    assert {client.__module__.rpartition(".")[2] for client in CLIENTS} <= modules
    # A public host of pictures is no service of the household, and removes nothing.
    assert {leaf for leaf in leaves(BaseClient) if leaf.__name__ != "_PublicHost"} == set(CLIENTS)


def leaves(kind: type[BaseClient]) -> set[type[BaseClient]]:
    """Return our clients that nothing of ours is built on."""
    below = [sub for sub in kind.__subclasses__() if sub.__module__.startswith(clients.__name__)]
    return {leaf for sub in below for leaf in leaves(sub)} if below else {kind}


def test_only_deletion_makes_permits() -> None:
    """No other module of the integration can let a client remove anything."""
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for path, call in nodes(ast.Call, PACKAGE)
        if isinstance(call.func, ast.Name | ast.Attribute)
        and (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) == "Permit"
    }
    assert {path for path in makers if "delet" not in path} == set()


def test_nothing_goes_around_the_gate() -> None:
    """One place makes calls; beside it only sockets for events are opened."""
    verbs = {"delete", "get", "head", "options", "patch", "post", "put", "request", "ws_connect"}
    senders = {
        (path.name, call.func.attr)
        for path, call in nodes(ast.Call, PACKAGE / "clients")
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in verbs
        and ast.unparse(call.func.value).endswith("session")
    }
    assert senders == {
        ("base.py", "request"),
        ("jellyfin.py", "ws_connect"),
        ("signalr_opening.py", "post"),
        ("signalr_opening.py", "ws_connect"),
    }


@each
async def test_a_removal_sends_exactly_one_call(
    service: FakeService, session: aiohttp.ClientSession, call: Removing
) -> None:
    """Method, path, every parameter by its right name, nothing more."""
    service.answer(call.verb, call.path, {})
    client = opened(client_of(call.client, session, service.url))
    await call.run(client, permit_for(call.kind, call.target, files=call.files))
    (sent,) = service.seen
    assert (sent.method, sent.path, dict(sent.query)) == (call.verb, call.path, call.query)
    if call.json is not None:
        assert sent.json() == call.json
    else:
        assert sent.form == call.form


@each
@pytest.mark.parametrize("removals", Removals)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_dry_run_writes_nothing(
    service: FakeService,
    session: aiohttp.ClientSession,
    call: Removing,
    removals: Removals,
    dry_run: bool,
) -> None:
    """Unless option and permit both say so, not a byte goes to any service."""
    service.answer(call.verb, call.path, {})
    client = opened(client_of(call.client, session, service.url), removals)
    permit = permit_for(call.kind, call.target, dry_run=dry_run)
    with no_writes(), pytest.raises(ReadOnly):
        await call.run(client, permit)
    if removals is not Removals.ON or dry_run:
        with pytest.raises(ReadOnly):
            await call.run(client, permit)
    assert service.seen == []


@each
async def test_a_permit_for_something_else_is_none(
    service: FakeService, session: aiohttp.ClientSession, call: Removing
) -> None:
    """Another id, another kind of the same id, files without leave: nothing is sent."""
    client = opened(client_of(call.client, session, service.url))
    others = [permit_for(kind, call.target) for kind in TargetKind if kind is not call.kind]
    others += [permit_for(call.kind, "8", "70", HASH[:39], "")]
    others += [permit_for(call.kind, call.target, files=False)] if call.files else []
    others += [permit_for(call.kind, call.target, instance="other")]
    look_alike = cast("Permit", SimpleNamespace(**asdict(permit_for(call.kind, call.target))))
    for permit in [*others, look_alike]:
        with pytest.raises(NotPermitted):
            await call.run(client, permit)
    assert service.seen == []


@each
async def test_gone_already_is_told_as_such(
    service: FakeService, session: aiohttp.ClientSession, call: Removing
) -> None:
    """404 is NotFound, whatever is removed; qBittorrent says it of no torrent."""
    service.answer(call.verb, call.path, {"message": "NotFound"}, status=404)
    client = opened(client_of(call.client, session, service.url))
    permit = permit_for(call.kind, call.target)
    with pytest.raises(BadAnswer if call.kind is TargetKind.TORRENT else NotFound):
        await call.run(client, permit)
    service.on(
        call.verb,
        call.path,
        lambda _: web.Response(text="<html>nginx</html>", status=404, content_type="text/html"),
    )
    with pytest.raises(BadAnswer):
        await call.run(client, permit)


# --- ids that could widen a target --------------------------------------------------------------

WIDE = (
    "",
    " ",
    "all",
    "ALL",
    "*",
    "%",
    "7,8",
    "7|8",
    "../7",
    "7/..",
    "7?x=1",
    "7#",
    "\u0667",
    "\uff17",
)
wide_text = st.one_of(st.sampled_from(WIDE), st.text(max_size=50))
wide_number = st.one_of(
    wide_text, st.booleans(), st.none(), st.integers(max_value=0), st.integers(min_value=2**31),
    st.floats(), st.lists(st.integers(min_value=1, max_value=9), max_size=2),
)  # fmt: skip


def outcome(call: Awaitable[None]) -> Exception:
    """Return what a call raises before it waits for anything."""
    steps = call.__await__()
    try:
        next(steps)
    except (UnsafeId, NotPermitted, DryRun) as err:
        return err
    raise AssertionError("something was about to be sent")


def rehearsing(kind: type[BaseClient]) -> BaseClient:
    """Return a client without a network that only rehearses."""
    # A session opens nothing by itself, but wants a loop: none is given.
    session: aiohttp.ClientSession = object.__new__(aiohttp.ClientSession)
    return opened(client_of(kind, session, "http://service.lan"), Removals.DRY)


NUMBERED = [call for call in REMOVING if call.kind is not TargetKind.TORRENT]


@pytest.mark.parametrize("call", NUMBERED, ids=lambda call: call.label)
@given(value=wide_number)
def test_no_number_but_one_is_sent(call: Removing, value: object) -> None:
    """Whatever stands where the id should be: it is refused before a permit is even looked at."""
    client = rehearsing(call.client)
    options = (
        {"delete_files": True, "add_import_exclusion": True}
        if call.method in {"delete_movie", "delete_series"}
        else {}
    )
    args: tuple[object, ...] = (value,)
    if call.method == "unmonitor_episodes":
        args = ([5, value],)
    elif call.method == "unmonitor_season":
        args = (value, 1)
    permit = permit_for(call.kind, value, 5, "7")
    assert isinstance(outcome(named(call.method, *args, **options)(client, permit)), UnsafeId)


@given(value=wide_number)
def test_no_season_but_one_is_sent(value: object) -> None:
    """Season 0 holds the specials; everything else is a number above it."""
    client = rehearsing(SonarrClient)
    found = outcome(named("unmonitor_season", 7, value)(client, permit_for(TargetKind.SEASON)))
    is_zero = type(value) is int and value == 0
    assert isinstance(found, NotPermitted if is_zero else UnsafeId)


@given(value=st.one_of(wide_number, st.text("0123456789abcdefABCDEF|,", min_size=38, max_size=42)))
def test_no_hash_but_one_is_sent(value: object) -> None:
    """What is no id of one torrent is refused; one that is, is sent alone and in lower case."""
    client = rehearsing(QBittorrentClient)
    permit = permit_for(TargetKind.TORRENT, str(value).lower(), HASH)
    found = outcome(named("delete_torrent", value, delete_files=True)(client, permit))
    if isinstance(found, DryRun):
        assert isinstance(value, str)
        assert len(value) == 40
        assert set(value.lower()) <= set("0123456789abcdef")
        assert found.call.body == f"hashes={value.lower()}&deleteFiles=true"
    else:
        assert isinstance(found, UnsafeId)
    assert CANARY not in str(found)
