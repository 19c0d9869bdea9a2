"""What Radarr and Sonarr share: access, queue, history, and the verbs of a download's life."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, override

from aiohttp import web

from .arr_commands import obey, search
from .arr_common import common_routes
from .arr_covers import cover_routes
from .arr_deletion_api import DeletionDesk
from .arr_disposal import Disposal
from .arr_notifications import NotificationBook
from .arr_queue import Pager, failed_data, history_record
from .arr_queue_api import QueueDesk
from .arr_state import Download, Entry, EpisodeEntry, HistoryRow, MediaFile
from .downloads import DownloadClient, Release, UsenetClient
from .model import JsonObject, Title
from .service import Service, json_response
from .webhooks import Courier
from .world import World


class ArrService[E: Entry](Service):
    """The common half of a simulated Radarr or Sonarr."""

    app_name = ""
    version = ""
    category = ""
    flags: tuple[str, ...] = ()
    unknown_flag = ""
    exclusion_word = ""
    file_word = ""
    event_numbers: ClassVar[dict[int, str]] = {}
    courier: Courier

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Start with an empty library."""
        super().__init__(world, name, calls=calls)
        self.entries: dict[int, E] = {}
        self.downloads: list[Download] = []
        self.history: list[HistoryRow] = []
        self.labels: list[str] = []
        self.health_rows: list[JsonObject] = []
        self.commands: list[str] = []
        self.searches: list[tuple[str, tuple[int, ...]]] = []  # title, episode numbers
        self.has_offers = False  # whether a search finds anything
        self.refused: list[tuple[str, ...]] = []  # why releases that are there are not taken
        self.looks: list[str] = []  # interactive searches, by their query
        self.profile_ids = [4]
        self.blocklist: list[str] = []
        self.notifications = NotificationBook(self)
        self.client: DownloadClient = UsenetClient(world.clock)
        self.pager = Pager(self)
        self.import_list: list[Title] = []  # what ImportListSync adds
        self.hard_links = True  # how finished torrents are imported; copies when off
        self.disposal = Disposal(self)
        self.desk = DeletionDesk(self, exclusions=self.exclusion_word, file=self.file_word)
        for root in self.roots:
            world.volume.make_folder(root)

    @property
    def is_4k(self) -> bool:
        """Whether this instance is the household's 4K one."""
        return self.name.lower().endswith("4k")

    @property
    def instance_name(self) -> str:
        """Return the instance name the user gave."""
        return f"{self.app_name} 4K" if self.is_4k else self.app_name

    @property
    def root(self) -> str:
        """Return the path of the root folder."""
        return self.roots[0]

    @property
    @abstractmethod
    def roots(self) -> tuple[str, ...]:
        """Return the root folders."""

    @property
    def user_agent(self) -> str:
        """Return the User-Agent of this program."""
        return f"{self.app_name}/{self.version} (alpine 3.22.2)"

    @abstractmethod
    def test_payload(self) -> JsonObject:
        """Return the fixed body of a Test."""

    @abstractmethod
    def resource(self, entry: E) -> JsonObject:
        """Return an entry as REST resource."""

    @abstractmethod
    def touch(self, entry: E) -> None:
        """Note that an entry's resource changed."""

    @abstractmethod
    def add(self, title: Title) -> E:
        """Add a title; a second time return the entry that is there."""

    @abstractmethod
    def lose(self, entry: E, file: MediaFile) -> None:
        """Let go of a file that is no longer on the disk."""

    @abstractmethod
    def import_download(self, download: Download) -> object:
        """Import a finished download."""

    @abstractmethod
    def records(self, download: Download) -> list[JsonObject]:
        """Return the queue records of a download."""

    @abstractmethod
    def grab_payload(self, download: Download) -> JsonObject:
        """Return the body of Grab."""

    @abstractmethod
    def blocked_payload(self, download: Download) -> JsonObject:
        """Return the body of ManualInteractionRequired."""

    @abstractmethod
    def grabbed_rows(self, download: Download) -> list[tuple[EpisodeEntry | None, JsonObject]]:
        """Return what the history keeps of a grab."""

    @abstractmethod
    def make_release(
        self, title: Title, episodes: Sequence[EpisodeEntry], quality: str, size: int | None
    ) -> Release:
        """Invent a fitting release."""

    def envelope(self, payload: Mapping[str, object], event: str) -> JsonObject:
        """Add the keys that end every webhook of this instance."""
        return dict(payload) | {
            "eventType": event,
            "instanceName": self.instance_name,
            "applicationUrl": "",
        }

    def find(self, title: Title) -> E | None:
        """Return the entry of a title, None when it was not added."""
        return next((e for e in self.entries.values() if e.title is title), None)

    def label_id(self, label: str) -> int:
        """Return the id of a tag, made when it is new."""
        if label not in self.labels:
            self.labels.append(label)
        return self.labels.index(label) + 1

    # -- verbs ---------------------------------------------------------------------------------

    def grab(
        self,
        entry: E,
        episodes: Sequence[EpisodeEntry] = (),
        *,
        client: DownloadClient | None = None,
        release: Release | None = None,
        quality: str = "WEBDL-1080p",
        size: int | None = None,
        download_id: str | None = None,
    ) -> Download:
        """Hand a release to a download client; a refusal raises and sends nothing."""
        client = client or self.client
        release = release or self.make_release(entry.title, episodes, quality, size)
        wanted = (download_id or self.world.new_hash()).upper()
        client_id = client.add(release, wanted, self.category)
        return self.follow(entry, episodes, client=client, release=release, client_id=client_id)

    def follow(
        self,
        entry: E,
        episodes: Sequence[EpisodeEntry] = (),
        *,
        client: DownloadClient,
        release: Release,
        client_id: str | None,
    ) -> Download:
        """Follow what a client has by now; several titles may follow one download."""
        download = Download(
            entry=entry,
            episodes=list(episodes),
            release=release,
            client=client,
            client_id=client_id,
            added=self.now(),
        )
        self.downloads.append(download)
        for episode, data in self.grabbed_rows(download):
            self.remember(download, episode, "grabbed", data)
        self.notifications.send(self.grab_payload(download), "onGrab")
        return download

    def complete(self, download: Download) -> None:
        """Let the client have all of a download."""
        if download.client_id is not None:
            download.client.finish(download.client_id)

    def fail(self, download: Download, message: str = "Manually marked as failed") -> None:
        """Let a download fail: history only, no webhook; it leaves queue and client."""
        download.state = "failed"
        rows: Sequence[EpisodeEntry | None] = download.episodes or (None,)
        for episode in rows:
            data = failed_data(download, message, radarr=self.kind == "radarr")
            self.remember(download, episode, "downloadFailed", data)
        self.drop(download, delete_data=True)

    def block(self, download: Download, *messages: str) -> None:
        """Let the import of a finished download need a person."""
        self.complete(download)
        download.state = "importBlocked"
        text = messages or ("Found matching title via grab history, but it was matched by ID.",)
        download.messages = ((download.release.title, tuple(text)),)
        self.notifications.send(self.blocked_payload(download), "onManualInteractionRequired")

    def warn(self, download: Download, *messages: str) -> None:
        """Show a download with a warning in the queue; there is no webhook for that."""
        download.messages = ((download.release.title, tuple(messages)),) if messages else ()

    def track_unknown(self, release_title: str, *, size: int = 1_000_000_000) -> Download:
        """Let a download of an unknown title stand in the queue."""
        release = Release(title=release_title, quality="WEBDL-1080p", size=size)
        wanted = self.world.new_hash().upper()
        client_id = self.client.add(release, wanted, self.category)
        download = Download(
            entry=None,
            episodes=[],
            release=release,
            client=self.client,
            client_id=client_id,
            added=self.now(),
        )
        self.downloads.append(download)
        return download

    def drop(self, download: Download, *, delete_data: bool = False) -> None:
        """Take a download out of the queue; torrents go on seeding unless deleted."""
        if download in self.downloads:
            self.downloads.remove(download)
        if delete_data and download.client_id is not None:
            download.client.remove(download.client_id, delete_data=True)

    def remember(
        self, download: Download, episode: EpisodeEntry | None, event: str, data: JsonObject
    ) -> None:
        """Write a line into the history."""
        if download.entry is None:
            return
        self.history.append(
            HistoryRow(
                id=self.world.next_id(f"{self.name}:history", 5101),
                entry=download.entry,
                episode=episode,
                event=event,
                release=download.release,
                download_id=download.client_id,
                date=self.now(),
                data=data,
            )
        )

    def remember_deleted(
        self, entry: E, episode: EpisodeEntry | None, file: MediaFile, reason: str
    ) -> None:
        """Write into the history that a file is gone."""
        event = "movieFileDeleted" if episode is None else "episodeFileDeleted"
        data: JsonObject = {"reason": reason[0].upper() + reason[1:], "size": str(file.size)}
        self._remember_file(entry, episode, file, event, data)

    def remember_renamed(
        self, entry: E, episode: EpisodeEntry | None, file: MediaFile, source: str
    ) -> None:
        """Write into the history that a file has another name."""
        event = "movieFileRenamed" if episode is None else "episodeFileRenamed"
        self._remember_file(entry, episode, file, event, {"sourcePath": source, "path": file.path})

    def _remember_file(
        self, entry: E, episode: EpisodeEntry | None, file: MediaFile, event: str, data: JsonObject
    ) -> None:
        """Write a line that belongs to no download into the history."""
        release = Release(title=file.relative_path, quality=file.quality, size=file.size)
        self.history.append(
            HistoryRow(
                id=self.world.next_id(f"{self.name}:history", 5101),
                entry=entry,
                episode=episode,
                event=event,
                release=release,
                download_id=None,
                date=self.now(),
                data=data,
            )
        )

    def health(
        self, message: str, *, kind: str = "IndexerStatusCheck", level: str = "warning"
    ) -> None:
        """Complain about something."""
        row: JsonObject = {"level": level, "message": message, "type": kind}
        row["wikiUrl"] = f"https://wiki.servarr.com/{self.kind}/system#{kind.lower()}"
        self.health_rows.append(row)
        payload = self.envelope(row, "Health")
        if self.kind == "sonarr":
            payload.pop("applicationUrl")
        self.notifications.send(payload, "onHealthIssue")

    def health_restored(self) -> None:
        """Let every health warning be over."""
        for row in self.health_rows:
            payload = self.envelope(row, "HealthRestored")
            payload.pop("applicationUrl")
            self.notifications.send(payload, "onHealthRestored")
        self.health_rows.clear()

    # -- service -------------------------------------------------------------------------------

    @override
    def routes(self) -> list[web.RouteDef]:
        base = "/api/v3"
        return [
            *common_routes(self),
            *self.notifications.routes(),
            *self.desk.routes(),
            *QueueDesk(self).routes(),
            *cover_routes(self._name),
            web.get(f"{base}/history", self._history),
            web.get(f"{base}/history/since", self._since),
        ]

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        if request.path in {"/ping", "/api"}:
            return None
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = request.headers.get("X-Api-Key") or request.query.get("apikey") or bearer
        return None if given == self.api_key else web.Response(status=401)

    @override
    def starting_response(self) -> web.Response:
        text = f"{self.app_name} is starting up, please try again later"
        return json_response({"errorMessage": text}, 503)

    @override
    def unknown_route(self, request: web.Request) -> web.Response:
        return json_response({"message": "NotFound"}, 404)

    def search(self, entry: E, episodes: list[EpisodeEntry]) -> None:
        """Search for what is missing of a title."""
        search(self, entry, episodes)

    async def obey(self, name: str, body: JsonObject) -> None:
        """Carry a command out."""
        self.commands.append(name)
        await obey(self, name, body)

    def _filtered(self, request: web.Request) -> list[HistoryRow]:
        rows = self.history
        numbers = request.query.getall("eventType", [])
        if numbers:
            names = {self.event_numbers.get(int(n), "") for n in numbers if n.isdigit()}
            rows = [row for row in rows if row.event in names]
        if wanted := request.query.get("downloadId"):
            rows = [row for row in rows if (row.download_id or "").lower() == wanted.lower()]
        return rows

    def _name(self, entry_id: int) -> str | None:
        entry = self.entries.get(entry_id)
        return None if entry is None else entry.title.title

    async def _history(self, request: web.Request) -> web.Response:
        radarr = self.kind == "radarr"
        rows = [history_record(row, radarr=radarr) for row in self._filtered(request)]
        return self.pager.page(request, rows, default_key="date")

    async def _since(self, request: web.Request) -> web.Response:
        since = _moment(request.query.get("date", ""))
        radarr = self.kind == "radarr"
        rows = [row for row in self._filtered(request) if since is None or row.date >= since]
        return json_response([history_record(row, radarr=radarr) for row in rows])


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
