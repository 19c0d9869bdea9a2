"""The events of a simulated Shoko, as its hub tells them in either dialect."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, override

import orjson

from .anime import AnidbAnime, AnidbEpisode
from .clock import SimClock, iso
from .faults import Faults
from .model import JsonObject
from .shoko_files import ShokoFile, ShokoFolder, ShokoSeries
from .signalr_hub import HubClient, SignalRHub
from .webhooks import Courier, Push

if TYPE_CHECKING:
    from .shoko import Shoko

# The id of AniDB among the providers of releases.
_PROVIDER = "2c3d4e5f-6071-8293-a4b5-c6d7e8f9a0b1"


class HubCourier(Courier):
    """Deliver events over the hub, through the same fault dial as webhooks."""

    def __init__(
        self, clock: SimClock, faults: Faults, hub: SignalRHub, *, running: Callable[[], bool]
    ) -> None:
        """Deliver to the clients of a hub, while its server runs."""
        super().__init__(clock, faults)
        self._hub = hub
        self._is_running = running

    @override
    async def deliver(self, push: Push) -> int | None:
        """Tell the event to everybody who joined its feed; nothing is kept for anybody else.

        The status is that of a webhook: 200 when somebody was told, else None.
        """
        target, feed = push.url, push.headers["feed"]

        def wanted(client: HubClient) -> bool:
            return feed in client.feeds

        is_heard = self._is_running() and any(map(wanted, self._hub.clients))
        if is_heard:
            await self._hub.send(target, *orjson.loads(push.body), where=wanted)
        status = 200 if is_heard else None
        self.sent.append((push, status))
        del self.sent[:-500]
        return status


class Events:
    """Write and send the events of one Shoko."""

    def __init__(self, server: Shoko) -> None:
        """Speak for this server."""
        self._server = server
        # Some servers were seen to send FileMatched without any reference (E8).
        self.bare_matches = False

    @property
    def _new(self) -> bool:
        return self._server.major >= 6

    def _send(self, target: str, feed: str, argument: object) -> None:
        if not self._server.is_up:
            return  # what happens while nobody can listen is never told
        body = orjson.dumps([argument])
        self._server.courier.post(Push(url=target, body=body, headers={"feed": feed}))

    def _told(self, old: str, new: tuple[str, str], argument: JsonObject) -> None:
        if self._new:
            self._send(new[1], new[0], argument)
        else:
            self._send(f"ShokoEvent:{old}", "shoko", argument)

    @property
    def _folder_key(self) -> str:
        return "ManagedFolderID" if self._new else "ImportFolderID"

    def _references(self, file: ShokoFile) -> list[JsonObject]:
        shelf = self._server.shelf
        rows: list[JsonObject] = []
        for episode in file.links:
            series = shelf.series_of(episode.anime)
            rows.append(
                {
                    "EpisodeID": series.episodes.get(episode) if series else None,
                    "AnidbEpisodeID": episode.id,
                    "SeriesID": series.id if series else None,
                    "AnidbAnimeID": episode.anime.id,
                    "GroupID": series.group if series else None,
                }
            )
        return rows

    def _base(self, file: ShokoFile, *, bare: bool = False) -> JsonObject:
        word = "CrossRefs" if self._server.major < 5 else "CrossReferences"
        return {
            "FileID": file.id,
            "FileLocationID": file.location,
            self._folder_key: file.folder.id,
            "RelativePath": self._server.shelf.event_path(file.relative),
            word: [] if bare else self._references(file),
        }

    # -- files ---------------------------------------------------------------------------------

    def detected(self, folder: ShokoFolder, relative: str) -> None:
        """Tell that a file was seen."""
        path = self._server.shelf.event_path(relative)
        body: JsonObject = {"RelativePath": path, self._folder_key: folder.id}
        self._told("FileDetected", ("file", "file:detected"), body)

    def hashed(self, file: ShokoFile, *, again: bool = False) -> None:
        """Tell that a file's content is known."""
        body: JsonObject = {}
        if self._new:
            body = {"UsedExistingHashes": False, "IsNewVideo": not again, "IsNewFile": not again}
            body["Hashes"] = _hashes(file)
        self._told("FileHashed", ("file", "file:hashed"), body | self._base(file))

    def matched(self, file: ShokoFile) -> None:
        """Tell what a file is: AniDB answered, or somebody linked it."""
        if not self._new:
            body = self._base(file, bare=self.bare_matches)
            self._send("ShokoEvent:FileMatched", "shoko", body)
            return
        release = self.release(file)
        self._send("release:saved", "release", {"FileID": file.id, "Release": release})
        if not file.by_hand:
            self._searched(file, release, saved=True)

    def not_matched(self, file: ShokoFile, *, banned: bool = False) -> None:
        """Tell that nothing (new) was found."""
        if self._new:
            self._searched(file, self.release(file) if file.links else None, saved=False)
            return
        body: JsonObject = {
            "AutoMatchAttempts": file.attempts,
            "HasCrossReferences": bool(file.links),
            "IsUDPBanned": banned,
        }
        self._send("ShokoEvent:FileNotMatched", "shoko", body | self._base(file))

    def unlinked(self, file: ShokoFile, links: Sequence[AnidbEpisode]) -> None:
        """Tell that a file lost what it was."""
        if self._new:
            release = self.release(file, links)
            self._send("release:removed", "release", {"FileID": file.id, "Release": release})

    def deleted(self, file: ShokoFile) -> None:
        """Tell that a file is gone."""
        self._told("FileDeleted", ("file", "file:deleted"), self._base(file))

    def relocated(self, file: ShokoFile, folder: ShokoFolder, relative: str) -> None:
        """Tell that a file lies elsewhere; `folder` and `relative` say where it lay."""
        old = self._server.shelf.event_path(relative)
        before = {"PreviousRelativePath": old, f"Previous{self._folder_key}": folder.id}
        name = relative.rpartition("/")[2]
        moved = folder is not file.folder or _parent(relative) != _parent(file.relative)
        renamed = name != file.name
        if self._new:
            flags: JsonObject = {"Moved": moved, "Renamed": renamed}
            self._send("file:relocated", "file", flags | before | self._base(file))
            return
        if renamed:
            names: JsonObject = {"FileName": file.name, "PreviousFileName": name}
            self._send("ShokoEvent:FileRenamed", "shoko", names | self._base(file))
        if moved:
            self._send("ShokoEvent:FileMoved", "shoko", before | self._base(file))

    # -- metadata ------------------------------------------------------------------------------

    def series_image(self, anime: AnidbAnime) -> None:
        """Tell that an anime got a picture, before Shoko has made its series."""
        self._updated("Series", "AniDB", "ImageAdded", {"SeriesID": anime.id}, (), ())

    def series_made(self, series: ShokoSeries) -> None:
        """Tell everything that is told when a series is made, in the order it was seen."""
        anime, number = series.anime, series.id
        for source in ("AniDB", "Shoko"):
            own = anime.id if source == "AniDB" else number
            rows: list[JsonObject] = [
                {
                    "Reason": "Added",
                    "EpisodeID": episode.id if source == "AniDB" else shoko,
                    "ShokoEpisodeIDs": [shoko],
                }
                for episode, shoko in series.episodes.items()
            ]
            self._updated("Series", source, "Added", {"SeriesID": own}, (number,), rows)
            for episode, shoko in series.episodes.items():
                word = episode.id if source == "AniDB" else shoko
                ids: JsonObject = {"EpisodeID": word, "SeriesID": own}
                self._episode(source, "Added", ids, shoko, number)

    def tmdb_linked(self, series: ShokoSeries) -> None:
        """Tell that TMDB's records of a series were fetched."""
        for show in series.anime.show_ids:
            rows: list[JsonObject] = [
                {"Reason": "Updated", "EpisodeID": e.tmdb_episode, "ShokoEpisodeIDs": [shoko]}
                for e, shoko in series.episodes.items()
                if e.tmdb_episode is not None
            ]
            self._updated("Series", "TMDB", "Updated", {"SeriesID": show}, (series.id,), rows)
        for episode, shoko in series.episodes.items():
            if episode.tmdb_movie is not None:
                self.movie_updated(episode.tmdb_movie, shoko, series.id)

    def movie_updated(self, movie: int, episode: int, series: int, reason: str = "Added") -> None:
        """Tell that TMDB's record of a film changed; some servers never do (E7)."""
        body: JsonObject = {"Source": "TMDB", "Reason": reason, "MovieID": movie}
        body |= {"ShokoEpisodeIDs": [episode], "ShokoSeriesIDs": [series]}
        target = f"metadata:movie.{_reason(reason)}"
        self._told("MovieUpdated", ("metadata", target), body)

    def series_removed(self, series: ShokoSeries) -> None:
        """Tell that Shoko dropped a series."""
        self._updated("Series", "Shoko", "Removed", {"SeriesID": series.id}, (series.id,), ())

    def _updated(
        self,
        word: str,
        source: str,
        reason: str,
        ids: JsonObject,
        shoko: Iterable[int],
        episodes: Iterable[JsonObject],
    ) -> None:
        body: JsonObject = {"Source": source, "Reason": reason, **ids}
        body |= {"ShokoSeriesIDs": list(shoko), "Episodes": list(episodes)}
        target = f"metadata:{word.lower()}.{_reason(reason)}"
        self._told(f"{word}Updated", ("metadata", target), body)

    def _episode(self, source: str, reason: str, ids: JsonObject, shoko: int, series: int) -> None:
        body: JsonObject = {"Source": source, "Reason": reason, **ids}
        body |= {"ShokoEpisodeIDs": [shoko], "ShokoSeriesIDs": [series]}
        target = f"metadata:episode.{_reason(reason)}"
        self._told("EpisodeUpdated", ("metadata", target), body)

    # -- the rest ------------------------------------------------------------------------------

    def queue_changed(self) -> None:
        """Tell how much there is to do."""
        target = "queue:state.changed" if self._new else "Queue:QueueStateChanged"
        self._send(target, "queue", self._server.queue_state())

    def greetings(self, client: HubClient) -> list[tuple[str, object]]:
        """Return what a client is told as soon as it joins."""
        rows: list[tuple[str, object]] = []
        if "shoko" in client.feeds and not self._new:
            rows.append(("ShokoEvent:OnConnected", None))
        if "queue" in client.feeds:
            target = "queue:connected" if self._new else "Queue:OnConnected"
            rows.append((target, self._server.queue_state()))
        return rows

    def _searched(self, file: ShokoFile, release: JsonObject | None, *, saved: bool) -> None:
        body: JsonObject = {
            "FileID": file.id,
            "IsSaved": saved,
            "IsAutomatic": True,
            "AttemptedProviders": [_PROVIDER],
            "SelectedProvider": _PROVIDER if release else None,
            "ReleaseInfo": release,
            "IsCancelled": False,
            "ExceptionMessage": None,
            "StartedAt": iso(file.updated, 7),
            "CompletedAt": iso(self._server.now(), 7),
        }
        self._send("release:search.completed", "release", body)

    def release(self, file: ShokoFile, links: Sequence[AnidbEpisode] | None = None) -> JsonObject:
        """Return a v6 release: AniDB's ids are texts there, and there is no path."""
        stamp = self._server.local_time()
        number = 3_000_422 + file.id
        return {
            "ID": None if file.by_hand else f"anidb://file/{number}",
            "ProviderName": "User" if file.by_hand else "AniDB",
            "ReleaseURI": None if file.by_hand else f"https://anidb.net/file/{number}",
            "Version": 1,
            "FileSize": file.media.size,
            "Comment": None,
            "OriginalFilename": file.name,
            "IsCensored": None,
            "IsChaptered": False,
            "IsCreditless": None,
            "IsCorrupted": False,
            "Source": "Web",
            "Group": {"ID": "16243", "Name": "SubsPlease", "ShortName": "SubsPlease"}
            | {"Source": "AniDB"},
            "Hashes": _hashes(file),
            "MediaInfo": None,
            "CrossReferences": [
                {
                    "ProviderIDs": {
                        "AniDB_Anime": str(episode.anime.id),
                        "AniDB_Episode": str(episode.id),
                    },
                    "PercentageStart": 0,
                    "PercentageEnd": 100,
                }
                for episode in (file.links if links is None else links)
            ],
            "Metadata": None,
            "Released": file.created.date().isoformat(),
            "Updated": stamp,
            "Created": stamp,
            "IsPublic": True,
            "PreventRescan": False,
            "DeferToNext": False,
        }


def _hashes(file: ShokoFile) -> list[JsonObject]:
    return [
        {"Type": "ED2K", "Value": file.ed2k, "Metadata": None},
        {"Type": "CRC32", "Value": file.crc32, "Metadata": None},
    ]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _reason(reason: str) -> str:
    return "updated" if reason == "None" else reason.lower()
