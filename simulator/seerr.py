"""A simulated Seerr: what people ask for, and what becomes of it."""

from collections import Counter
from collections.abc import Iterable
from typing import Protocol, override

from aiohttp import web

from . import seerr_availability as availability
from .model import DiskFile, Title, User
from .radarr import Radarr
from .seerr_api import SeerrApi
from .seerr_notices import media_notice, test_notice
from .seerr_settings import SeerrSettings
from .seerr_shapes import AnyArr
from .seerr_state import (
    MediaSeason,
    MediaStatus,
    RequestStatus,
    SeasonRequest,
    SeerrMedia,
    SeerrRefusedError,
    SeerrRequest,
)
from .seerr_webhook import Notice, WebhookSlot
from .service import Service, json_response
from .sonarr import Sonarr
from .world import World


class MediaServer(Protocol):
    """What Seerr's scans read from the media server."""

    @property
    def running(self) -> bool:
        """Whether it can be asked."""

    def playable_files(self, title: Title) -> list[DiskFile]:
        """Return the files of a title that can be played."""

    def item_id(self, title: Title) -> str | None:
        """Return the id of the film or series item."""


class Seerr(Service):
    """One Seerr server."""

    kind = "seerr"
    version = "3.1.0"

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Start without requests; the servers are connected by the simulator."""
        super().__init__(world, name, calls=calls)
        self.csrf = False
        self.tag_requests = True
        self.media: dict[tuple[str, int], SeerrMedia] = {}
        self.requests: dict[int, SeerrRequest] = {}
        self.slot = WebhookSlot(self)
        self.radarrs: list[Radarr] = []
        self.sonarrs: list[Sonarr] = []
        self.media_server: MediaServer | None = None
        self._api = SeerrApi(self)
        self._settings = SeerrSettings(self, self._api)

    @property
    def plain_template(self) -> bool:
        """Whether this version encodes the webhook template itself."""
        major, minor = self.version.split(".")[:2]
        return (int(major), int(minor)) >= (3, 2)

    def servers(self, title: Title) -> list[AnyArr]:
        """Return the servers that Seerr has configured for a kind of title."""
        return [*self.radarrs] if title.kind == "movie" else [*self.sonarrs]

    def server_index(self, title: Title, *, is_4k: bool) -> int | None:
        """Return the index of the default server, None when none is configured."""
        for index, arr in enumerate(self.servers(title)):
            if arr.is_4k == is_4k:
                return index
        return None

    def person(self, name: str) -> User:
        """Return a user, who moves in when nobody knows the name."""
        return self.world.users.get(name) or self.world.add_user(name)

    # -- verbs ---------------------------------------------------------------------------------

    async def request(
        self,
        title: Title,
        *,
        user: str = "alice",
        seasons: Iterable[int] | None = None,
        is_4k: bool = False,
        unchecked: bool = False,
    ) -> SeerrRequest:
        """Ask for a film or for seasons (default: all regular ones); raises when refused.

        `unchecked` lets a duplicate pass, as calls without `is4k` do on the real server.
        """
        person = self.person(user)
        rows = () if unchecked else self.requests.values()
        wanted = self._seasons(title, seasons, rows, is_4k=is_4k)
        media = self._media(title)
        side, gone = media.side(is_4k=is_4k), False
        if side.status in {MediaStatus.UNKNOWN, MediaStatus.DELETED}:
            gone = side.status is MediaStatus.DELETED
            side.status = MediaStatus.PENDING
        status = RequestStatus.APPROVED if person.auto_approve else RequestStatus.PENDING
        row = SeerrRequest(
            id=self.world.next_id(f"{self.name}:request"),
            status=status,
            media=media,
            is_4k=is_4k,
            requested_by=person,
            modified_by=person if person.auto_approve else None,
            created=self.now(),
            seasons=[self._season_request(number, status) for number in wanted],
        )
        self.requests[row.id] = row
        person.requests += 1
        kind = "MEDIA_AUTO_APPROVED" if person.auto_approve else "MEDIA_PENDING"
        shown = MediaStatus.DELETED if gone else None
        self.slot.send(media_notice(kind, row, shown_status=shown))
        if person.auto_approve:
            self._hand_over(row)
        return row

    async def approve(self, row: SeerrRequest, *, by: str = "owner") -> None:
        """Approve a request and hand it to its server."""
        changed = row.status is not RequestStatus.APPROVED
        self._set_status(row, RequestStatus.APPROVED, by)
        if changed:
            self.slot.send(media_notice("MEDIA_APPROVED", row))
        self._hand_over(row)

    async def decline(self, row: SeerrRequest, *, by: str = "owner") -> None:
        """Decline a request."""
        changed = row.status is not RequestStatus.DECLINED
        self._set_status(row, RequestStatus.DECLINED, by)
        if changed:
            self.slot.send(media_notice("MEDIA_DECLINED", row))
        if row.title.kind == "movie" or row.side.status is MediaStatus.PENDING:
            row.side.status = MediaStatus.UNKNOWN

    async def retry(self, row: SeerrRequest) -> None:
        """Hand a failed request over again."""
        await self.approve(row)

    async def delete_request(self, row: SeerrRequest) -> None:
        """Delete a request row: nothing happens in the arrs and no webhook is sent."""
        del self.requests[row.id]
        others = [r for r in self.requests.values() if r.media is row.media]
        alone = not any(other.is_4k == row.is_4k for other in others)
        if alone and row.side.status is not MediaStatus.AVAILABLE:
            row.side.status = MediaStatus.UNKNOWN

    async def delete_media(self, media: SeerrMedia) -> None:
        """Delete a media row and with it its requests; no webhook is sent.

        A title on the blocklist keeps its row and forgets only where it was handed to.
        """
        if MediaStatus.BLOCKLISTED in {media.standard.status, media.four_k.status}:
            media.standard.forget_service()
            media.four_k.forget_service()
            return
        self.media.pop((media.title.kind, media.title.tmdb), None)
        self.requests = {k: row for k, row in self.requests.items() if row.media is not media}

    def delete_media_file(self, media: SeerrMedia, *, is_4k: bool) -> bool:
        """Delete the whole film or series in its server, files included; false when in vain.

        Request and media rows stay as they are.
        """
        number = media.side(is_4k=is_4k).service_id
        index = number or self.server_index(media.title, is_4k=is_4k)  # 0 counts as none
        arr = self.servers(media.title)[index] if index is not None else None
        if isinstance(arr, Radarr) and arr.running and (film := arr.find(media.title)):
            arr.delete(film, files=True)
            return True
        if isinstance(arr, Sonarr) and arr.running and (series := arr.find(media.title)):
            arr.delete(series, files=True)
            return True
        return False

    async def scan(self) -> None:
        """Run the media server scan: what can be played becomes available."""
        if self.media_server is None:
            return
        for media in tuple(self.media.values()):
            files = self.media_server.playable_files(media.title)
            for is_4k in (False, True):
                fitting = [f for f in files if ("2160p" in f.quality) == is_4k]
                if fitting or (files and not is_4k and media.four_k.status == 1):
                    media.side(is_4k=is_4k).jellyfin_id = self.media_server.item_id(media.title)
                    media.imdb = media.title.imdb or None
                    self._found(media, fitting or files, is_4k=is_4k)

    async def scan_arrs(self) -> None:
        """Run the Radarr and Sonarr scans: what has files becomes available."""
        for media in tuple(self.media.values()):
            for is_4k in (False, True):
                index = media.side(is_4k=is_4k).service_id
                if index is None:
                    continue
                arr = self.servers(media.title)[index]
                files = [
                    file
                    for path, file in self.world.disk.items()
                    if file.title is media.title
                    and any(path.startswith(f"{root}/") for root in arr.roots)
                ]
                if files:
                    self._found(media, files, is_4k=is_4k)

    async def sync_availability(self) -> None:
        """Run availability-sync: titles that were there and are gone become DELETED.

        Gone is what neither its server nor the media server has; a server that is down proves
        nothing.
        """
        for media in self.media.values():
            for is_4k in (False, True):
                side = media.side(is_4k=is_4k)
                was = side.status in {MediaStatus.AVAILABLE, MediaStatus.PARTIALLY_AVAILABLE}
                if was and not availability.is_there(self, media, is_4k=is_4k):
                    side.status = MediaStatus.DELETED
                    side.forget_service()
                    side.jellyfin_id = None
            availability.check_seasons(self, media)

    def mark_available(
        self, media: SeerrMedia, *, is_4k: bool = False, seasons: Iterable[int] = ()
    ) -> None:
        """Mark a title available by hand; a series needs its seasons in the same call."""
        media.side(is_4k=is_4k).status = MediaStatus.AVAILABLE
        for number in seasons:
            self._media_season(media, number).status = MediaStatus.AVAILABLE
        self._complete(media, is_4k=is_4k)

    def believe(self, title: Title) -> SeerrMedia:
        """Take a title for available that nobody asked for, and perhaps nobody has."""
        media = self._media(title)
        media.standard.status = MediaStatus.AVAILABLE
        return media

    # -- inside --------------------------------------------------------------------------------

    def _seasons(
        self,
        title: Title,
        seasons: Iterable[int] | None,
        rows: Iterable[SeerrRequest],
        *,
        is_4k: bool,
    ) -> list[int]:
        open_rows = [
            row
            for row in rows
            if row.title is title
            and row.is_4k == is_4k
            and row.status not in {RequestStatus.DECLINED, RequestStatus.COMPLETED}
        ]
        if title.kind == "movie":
            if open_rows:
                raise SeerrRefusedError(409, "Request for this media already exists.")
            return []
        taken = {number for row in open_rows for number in row.season_numbers}
        wanted = [n for n in (seasons or title.season_counts) if n > 0 and n not in taken]
        if not wanted:
            raise SeerrRefusedError(202, "No seasons available to request")
        return sorted(wanted)

    def _media(self, title: Title) -> SeerrMedia:
        key = (title.kind, title.tmdb)
        if key not in self.media:
            now = self.now()
            self.media[key] = SeerrMedia(
                id=self.world.next_id(f"{self.name}:media"),
                title=title,
                created=now,
                added=now,
                last_season_change=now,
            )
        return self.media[key]

    def _season_request(self, number: int, status: RequestStatus) -> SeasonRequest:
        return SeasonRequest(
            id=self.world.next_id(f"{self.name}:season"),
            number=number,
            status=status,
            created=self.now(),
        )

    def _media_season(self, media: SeerrMedia, number: int) -> MediaSeason:
        for season in media.seasons:
            if season.number == number:
                return season
        season = MediaSeason(
            id=self.world.next_id(f"{self.name}:media-season"), number=number, created=self.now()
        )
        media.seasons.append(season)
        media.last_season_change = self.now()
        return season

    def _set_status(self, row: SeerrRequest, status: RequestStatus, by: str) -> None:
        row.status = status
        row.modified_by = self.person(by)
        for season in row.seasons:
            season.status = status

    def _hand_over(self, row: SeerrRequest) -> None:
        index = self.server_index(row.title, is_4k=row.is_4k)
        if index is None or row.side.status is MediaStatus.AVAILABLE:
            return
        arr = self.servers(row.title)[index]
        if not arr.running or arr.faults.status or arr.faults.starting:
            self._fail(row, refused=not arr.running)
            return
        row.side.status = MediaStatus.PROCESSING
        person = row.requested_by
        tags = (f"{person.id}-{person.name}",) if self.tag_requests else ()
        if isinstance(arr, Radarr):
            row.side.external_id = arr.add(row.title, tags=tags).id
            row.side.slug = str(row.title.tmdb)
        elif isinstance(arr, Sonarr):
            entry = arr.add(row.title, seasons=row.season_numbers, tags=tags)
            row.side.external_id, row.side.slug = entry.id, row.title.slug
        row.side.service_id = index
        for number in row.season_numbers:
            self._media_season(row.media, number)

    def _fail(self, row: SeerrRequest, *, refused: bool) -> None:
        row.status = RequestStatus.FAILED
        self.slot.send(media_notice("MEDIA_FAILED", row))
        row.side.status = MediaStatus.PENDING if refused else MediaStatus.PROCESSING

    def _found(self, media: SeerrMedia, files: list[DiskFile], *, is_4k: bool) -> None:
        side = media.side(is_4k=is_4k)
        if media.title.kind == "movie":
            side.status = MediaStatus.AVAILABLE
        else:
            here = Counter(e.season for file in files for e in file.episodes)
            for number, count in here.items():
                full = count >= media.title.season_counts.get(number, 0)
                season = self._media_season(media, number)
                state = MediaStatus.AVAILABLE if full else MediaStatus.PARTIALLY_AVAILABLE
                season.status = max(season.status, state)
            done = {s.number for s in media.seasons if s.status is MediaStatus.AVAILABLE}
            everything = {number for number in media.title.season_counts if number > 0}
            whole = everything <= done
            side.status = MediaStatus.AVAILABLE if whole else MediaStatus.PARTIALLY_AVAILABLE
        self._complete(media, is_4k=is_4k)

    def _complete(self, media: SeerrMedia, *, is_4k: bool) -> None:
        side = media.side(is_4k=is_4k)
        done = {s.number for s in media.seasons if s.status is MediaStatus.AVAILABLE}
        for row in self.requests.values():
            if row.media is not media or row.is_4k != is_4k:
                continue
            for season in row.seasons:
                if season.number in done and row.status is RequestStatus.APPROVED:
                    season.status = RequestStatus.COMPLETED
            film = media.title.kind == "movie" and side.status is MediaStatus.AVAILABLE
            if not film and not (row.seasons and set(row.season_numbers) <= done):
                continue
            if row.status is RequestStatus.PENDING:
                row.status = RequestStatus.APPROVED
            elif row.status is RequestStatus.APPROVED:
                row.status = RequestStatus.COMPLETED
                self.slot.send(media_notice("MEDIA_AVAILABLE", row))

    # -- service -------------------------------------------------------------------------------

    def test_notice(self) -> Notice:
        """Return the event of the test call."""
        return test_notice()

    @override
    def routes(self) -> list[web.RouteDef]:
        return [*self._api.routes(), *self._settings.routes(), *self.slot.routes()]

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        return self._api.refusal(request)

    @override
    def unknown_route(self, request: web.Request) -> web.Response:
        errors = [{"path": request.path, "message": "not found"}]
        return json_response({"message": "not found", "errors": errors}, 404)
