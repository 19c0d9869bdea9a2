"""Every removing call of every client, with what it must send: nothing may be missing here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import inspect

import aiohttp

from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.clients.guard import Permit, TargetKind
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonValue
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY

HASH = "c" * 40
CLIENTS: tuple[type[BaseClient], ...] = (
    JellyfinClient,
    QBittorrentClient,
    RadarrClient,
    SeerrClient,
    ShokoClient,
    SonarrClient,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removing:
    """A removing call of a client and what goes over the wire for it."""

    client: type[BaseClient]
    method: str
    run: Callable[[BaseClient, Permit], Awaitable[None]]
    kind: TargetKind
    target: str
    verb: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    json: JsonValue = None
    files: bool = False

    @property
    def label(self) -> str:
        """Return a name for the test's report."""
        return f"{self.client.__name__}-{self.method}-{self.files}"


def named(
    method: str, *args: object, **options: bool
) -> Callable[[BaseClient, Permit], Awaitable[None]]:
    """Return what calls a method by its name with a permit first."""

    def run(client: BaseClient, permit: Permit) -> Awaitable[None]:
        call: Callable[..., Awaitable[None]] = getattr(client, method)
        return call(permit, *args, **options)

    return run


def titles(
    client: type[BaseClient], method: str, kind: TargetKind, path: str, exclusion: str
) -> list[Removing]:
    """Return the ways to delete a title; the word for the exclusion differs."""
    return [
        Removing(
            client=client,
            method=method,
            run=named(method, 7, delete_files=files, add_import_exclusion=not files),
            kind=kind,
            target="7",
            verb="DELETE",
            path=path,
            query={
                "deleteFiles": str(files).lower(),
                exclusion: str(not files).lower(),
            },
            files=files,
        )
        for files in (True, False)
    ]


def single(
    client: type[BaseClient],
    method: str,
    kind: TargetKind,
    path: str,
    *,
    query: dict[str, str] | None = None,
    files: bool = False,
) -> Removing:
    """Return a call that deletes one numbered thing."""
    return Removing(
        client=client,
        method=method,
        run=named(method, 7),
        kind=kind,
        target="7",
        verb="DELETE",
        path=path,
        query=query or {},
        files=files,
    )


def changed(
    client: type[BaseClient],
    method: str,
    args: tuple[object, ...],
    kind: TargetKind,
    target: str,
    verb: str,
    path: str,
    json: JsonValue,
) -> Removing:
    """Return a call that has something not looked for any more."""
    return Removing(
        client=client,
        method=method,
        run=named(method, *args),
        kind=kind,
        target=target,
        verb=verb,
        path=path,
        json=json,
    )


_SEASON: JsonValue = {"series": [{"id": 7, "seasons": [{"seasonNumber": 0, "monitored": False}]}]}

REMOVING: tuple[Removing, ...] = (
    *(
        Removing(
            client=QBittorrentClient,
            method="delete_torrent",
            run=named("delete_torrent", HASH, delete_files=files),
            kind=TargetKind.TORRENT,
            target=HASH,
            verb="POST",
            path="/api/v2/torrents/delete",
            form={"hashes": HASH, "deleteFiles": str(files).lower()},
            files=files,
        )
        for files in (True, False)
    ),
    *titles(
        RadarrClient, "delete_movie", TargetKind.MOVIE, "/api/v3/movie/7", "addImportExclusion"
    ),
    single(
        RadarrClient,
        "delete_movie_file",
        TargetKind.MOVIE_FILE,
        "/api/v3/moviefile/7",
        files=True,
    ),
    changed(
        RadarrClient,
        "unmonitor_movie",
        (7,),
        TargetKind.MONITORED_MOVIE,
        "7",
        "PUT",
        "/api/v3/movie/editor",
        {"movieIds": [7], "monitored": False},
    ),
    *titles(
        SonarrClient,
        "delete_series",
        TargetKind.SERIES,
        "/api/v3/series/7",
        "addImportListExclusion",
    ),
    single(
        SonarrClient,
        "delete_episode_file",
        TargetKind.EPISODE_FILE,
        "/api/v3/episodefile/7",
        files=True,
    ),
    changed(
        SonarrClient,
        "unmonitor_episodes",
        ([7],),
        TargetKind.EPISODE,
        "7",
        "PUT",
        "/api/v3/episode/monitor",
        {"episodeIds": [7], "monitored": False},
    ),
    changed(
        SonarrClient,
        "unmonitor_season",
        (7, 0),
        TargetKind.SEASON,
        "7:0",
        "POST",
        "/api/v3/seasonpass",
        _SEASON,
    ),
    single(
        ShokoClient,
        "delete_file_record",
        TargetKind.SHOKO_FILE,
        "/api/v3/File/7",
        query={"removeFiles": "false", "removeFolder": "false"},
    ),
    single(SeerrClient, "delete_request", TargetKind.SEERR_REQUEST, "/api/v1/request/7"),
    single(SeerrClient, "delete_media", TargetKind.SEERR_MEDIA, "/api/v1/media/7"),
)


def client_of(kind: type[BaseClient], session: aiohttp.ClientSession, url: str) -> BaseClient:
    """Return a client that signs in by a key, so that nothing but the call itself is sent."""
    if issubclass(kind, QBittorrentClient):
        return kind(session, url, api_key=CANARY)
    if issubclass(kind, RadarrClient | SonarrClient | SeerrClient | ShokoClient | JellyfinClient):
        return kind(session, url, CANARY)
    raise TypeError(kind)


def permitted_methods() -> set[tuple[type[BaseClient], str]]:
    """Return every method of a client that takes a permit."""
    return {
        (client, name)
        for client in CLIENTS
        for name, method in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_")
        and any(
            parameter.annotation is Permit
            for parameter in inspect.signature(method).parameters.values()
        )
    }
