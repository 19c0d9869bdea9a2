"""Shokofin in the simulated Jellyfin: libraries whose items come from Shoko, not from the disk."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .anime import FILM_FOLDER, SERIES_FOLDER, AnidbEpisode
from .jellyfin_items import Item
from .jellyfin_library import Change
from .model import JsonObject
from .shoko_files import ShokoFile, ShokoSeries
from .shokofin_config import GUID, apply_settings, plugin_row, settings_json
from .shokofin_items import Maker, ShokofinItem

if TYPE_CHECKING:
    from .jellyfin import Jellyfin
    from .shoko import Shoko

type Library = tuple[str, str, tuple[str, ...]]


@dataclass(slots=True, kw_only=True)
class Settings:
    """What a user can set in the plugin, with the plugin's defaults (but SignalR on)."""

    signalr: bool = True  # off by default in the real plugin
    file_events: bool = True
    filter_movies: bool = True
    separate_movies: bool = False
    add_anidb: bool = True
    add_tmdb: bool = False
    add_tvdb: bool = False
    add_missing: bool = True
    group_shows: bool = False
    tmdb_structure: bool = False  # a film without TMDB's link is no film then (E18)
    movie_library: bool = False  # a second library, of films
    hollow_series: bool = False  # a new series lists no episode until it is refreshed fully


class Shokofin:
    """The plugin of one server; not installed until `enable`."""

    def __init__(self, server: Jellyfin) -> None:
        """Be not installed."""
        self._server = server
        self.installed = False
        self.status = "Active"
        self.version = "6.0.0.0"
        self.settings = Settings()
        self.unmapped: set[str] = set()
        self.shoko: Shoko | None = None
        self._hollow: set[str] = set()

    # -- levers --------------------------------------------------------------------------------

    def enable(self, shoko: Shoko | None = None, **settings: bool) -> None:
        """Install the plugin; settings are those of `Settings`, by name."""
        self.installed = True
        if shoko is not None and shoko is not self.shoko:
            self.shoko = shoko
            shoko.importer.listeners.append(self._heard)
        for name, value in settings.items():
            if not hasattr(self.settings, name):
                raise AttributeError(name)
            setattr(self.settings, name, value)
        self._server.library.is_foreign = self._owns

    def unmap(self, folder: str = SERIES_FOLDER) -> None:
        """Let a library's folder belong to no folder of Shoko (ManagedFolderId 0)."""
        self.unmapped.add(folder)

    def map_again(self, folder: str = SERIES_FOLDER) -> None:
        """Let a library's folder belong to a folder of Shoko again."""
        self.unmapped.discard(folder)

    def items(self) -> list[ShokofinItem]:
        """Return the items the plugin shows."""
        everything = self._server.library.items.values()
        return [item for item in everything if isinstance(item, ShokofinItem)]

    # -- what Jellyfin asks --------------------------------------------------------------------

    def libraries(self) -> list[Library]:
        """Return the plugin's libraries, none while it is not installed."""
        if not self.installed:
            return []
        shows: Library = ("Anime", "tvshows", (SERIES_FOLDER, FILM_FOLDER))
        films: Library = ("Anime Movies", "movies", (FILM_FOLDER,))
        return [shows, films] if self.settings.movie_library else [shows]

    def _owns(self, source: str) -> bool:
        places = [place for _, _, paths in self.libraries() for place in paths]
        return any(source.startswith(f"{place}/") for place in places)

    def is_below(self, item: Item, library: str) -> bool:
        """Whether an item belongs to a library of the plugin."""
        return isinstance(item, ShokofinItem) and item.library == library

    def plugin_rows(self) -> list[JsonObject]:
        """Return the plugin as the list of plugins shows it."""
        return [plugin_row(self)] if self.installed else []

    def _is_asked(self, guid: str) -> bool:
        asked = guid.replace("-", "").lower() == GUID
        return self.installed and self.status == "Active" and asked

    def configuration(self, guid: str) -> JsonObject | None:
        """Return the plugin's configuration, None for another plugin."""
        return settings_json(self, self._server) if self._is_asked(guid) else None

    def configure(self, guid: str, body: JsonObject) -> bool:
        """Take a whole new configuration; false for another plugin."""
        if self._is_asked(guid):
            apply_settings(self.settings, body)
            return True
        return False

    # -- making items --------------------------------------------------------------------------

    def _heard(self, series: frozenset[int]) -> None:
        """Shoko told something about these series."""
        listens = self.settings.signalr and self.settings.file_events and self.status == "Active"
        if not (self.installed and listens and self._server.running and self.shoko is not None):
            return

        async def show() -> None:
            if self._server.running:
                change = self.sync(self._server.now(), series=series)
                self._server.announce(change)

        self._server.clock.call_later(self.shoko.importer.pace.appear, show)

    def refresh(self, item: Item, now: datetime, *, full: bool) -> Change:
        """Refresh one item; a full refresh that replaces everything fills a hollow series."""
        if not isinstance(item, ShokofinItem):
            return Change()
        if full:
            self._hollow.discard(item.id)
        return self.sync(now, series=item.shoko)

    def sync(
        self, now: datetime, *, library: str | None = None, series: frozenset[int] | None = None
    ) -> Change:
        """Show what Shoko has: everything, one library, or some of Shoko's series."""
        change = Change()
        if not self.installed or self.status != "Active" or not self._is_reached():
            return change
        wanted = self._build(now)

        def concerns(item: ShokofinItem) -> bool:
            if library is not None and item.library != library:
                return False
            return series is None or bool(series & item.shoko)

        shelf = self._server.library
        for item in self.items():
            if concerns(item) and item.id not in wanted:
                shelf.disown(item)
                change.removed.append(item)
        for item in [item for item in wanted.values() if concerns(item)]:
            self._show(item, change)
        return change

    def _show(self, item: ShokofinItem, change: Change) -> None:
        shelf = self._server.library
        known = shelf.items.get(item.id)
        if known is None and item.type == "Series" and self.settings.hollow_series:
            self._hollow.add(item.id)
        if item.series_id in self._hollow:
            return
        if known is None:
            shelf.adopt(item)
            change.added.append(item)
        elif known.provider_ids != item.provider_ids or known.path != item.path:
            item.created = known.created
            shelf.adopt(item)

    def _is_reached(self) -> bool:
        return self.shoko is not None and self.shoko.is_up

    def _build(self, now: datetime) -> dict[str, ShokofinItem]:
        """Make every item that should be there."""
        if self.shoko is None:
            return {}
        result: dict[str, ShokofinItem] = {}
        for name, kind, places in self.libraries():
            maker = Maker(
                shelf=self.shoko.shelf,
                settings=self.settings,
                library=self._server.library_id(name),
                now=now,
            )
            mapped = [place for place in places if place not in self.unmapped]
            for file in self.shoko.files:
                if file.folder.source in mapped and self.shoko.shelf.is_accessible(file):
                    self._add(maker, file, kind)
            if kind == "tvshows" and self.settings.add_missing:
                maker.fill_gaps()
            result |= maker.items
        return result

    def _add(self, maker: Maker, file: ShokoFile, kind: str) -> None:
        shelf = maker.shelf
        made = [(shelf.series_of(episode.anime), episode) for episode in file.links]
        links: list[tuple[ShokoSeries, AnidbEpisode]] = [
            (series, episode) for series, episode in made if series is not None
        ]
        if not links:
            return
        is_film = links[0][1].anime.kind == "Movie"
        if self.settings.tmdb_structure and links[0][1].tmdb_movie is None:
            is_film = False
        if kind == "movies":
            if is_film or not self.settings.filter_movies:
                maker.add_movie(file, links[0][0], links[0][1])
        elif not (is_film and self.settings.separate_movies):
            maker.add_episode(file, links)
