"""The items Shokofin shows: their ids, their virtual paths, their own season numbers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, override

from .anime import AnidbEpisode
from .jellyfin_items import Item, item_id
from .model import Title
from .shoko_files import Shelf, ShokoFile, ShokoSeries

if TYPE_CHECKING:
    from .shokofin import Settings

VFS = "/config/data/Shokofin/VFS"


@dataclass(slots=True, kw_only=True, eq=False)
class ShokofinItem(Item):
    """An item whose metadata come from Shoko; `shoko` are the series it belongs to."""

    library: str
    shoko: frozenset[int]
    ids: dict[str, str]
    show: str
    first_year: int
    minutes: int
    aired: datetime | None
    span: tuple[int, int] = (0, 0)

    @property
    @override
    def year(self) -> int:
        return self.first_year

    @property
    @override
    def series_name(self) -> str:
        return self.show

    @property
    @override
    def runtime(self) -> int:
        return self.minutes

    @property
    @override
    def numbers(self) -> tuple[int, int]:
        return self.span

    @property
    @override
    def premiere(self) -> datetime | None:
        return self.aired

    @property
    @override
    def air_time(self) -> str | None:
        return None

    @property
    @override
    def provider_ids(self) -> dict[str, str]:
        return self.ids


@dataclass(slots=True, kw_only=True)
class Maker:
    """Makes the items of one library."""

    shelf: Shelf
    settings: Settings
    library: str
    now: datetime
    items: dict[str, ShokofinItem] = field(default_factory=dict)
    _shown: dict[AnidbEpisode, None] = field(default_factory=dict)

    # -- films ---------------------------------------------------------------------------------

    def add_movie(self, file: ShokoFile, series: ShokoSeries, episode: AnidbEpisode) -> None:
        """Show a file in a library of films."""
        number = series.episodes[episode]
        show = _clean(series.anime.title)
        folder = f"{show} [Shoko Series={series.id}] [Shoko Episode={number}]"
        name = f"Movie [Shoko Series={series.id}] [Shoko File={file.id}].mkv"
        path = f"{VFS}/{self.library}/{folder}/{name}"
        ids = self._file_ids(file, series, [episode], anidb=series.anime.id)
        complete = episode.kind == "Normal" and len(series.anime.of_kind("Normal")) == 1
        self._put(
            ShokofinItem(
                id=item_id("Movie", path),
                type="Movie",
                name=series.anime.title if complete else f"{series.anime.title}: {episode.title}",
                title=file.media.title,
                path=path,
                created=file.created,
                saved=self.now,
                source=file.source,
                library=self.library,
                shoko=frozenset({series.id}),
                ids=ids,
                show=series.anime.title,
                first_year=series.anime.year,
                minutes=file.media.title.runtime,
                aired=episode.air,
            )
        )

    # -- shows ---------------------------------------------------------------------------------

    def add_episode(self, file: ShokoFile, links: list[tuple[ShokoSeries, AnidbEpisode]]) -> None:
        """Show a file in a library of shows; one item for all the episodes it holds."""
        series, first = links[0]
        episodes = [episode for one, episode in links if one is series]
        page = self._series(series)
        season = self._season(page, series, self._season_number(first))
        show = _clean(page.name)
        number = self._season_number(first)
        name = f"{show} S{number:02d}E{first.number:02d}"
        marks = f"[Shoko Series={series.id}] [Shoko File={file.id}]"
        path = f"{page.path}/Season {number:02d}/{name} {marks}.mkv"
        self._shown.update(dict.fromkeys(episode for _, episode in links))
        self._put(
            self._episode_item(
                page,
                season,
                series,
                episodes,
                title=file.media.title,
                path=path,
                ids=self._file_ids(file, series, episodes, anidb=first.id),
                file=file,
            )
        )

    def fill_gaps(self) -> None:
        """Show the episodes without a file as missing, in every series that is shown."""
        made = {number for item in self.items.values() for number in item.shoko}
        for number in sorted(made):
            series = self.shelf.series[number]
            page = self._series(series)
            for episode, shoko in series.episodes.items():
                if episode in self._shown:
                    continue
                season = self._season(page, series, self._season_number(episode))
                ids = {"Shoko Episode": str(shoko)}
                if self.settings.add_anidb:
                    ids["AniDB"] = str(episode.id)
                title = series.anime.family
                item = self._episode_item(
                    page, season, series, [episode], title=title, path=None, ids=ids
                )
                self._put(item)

    def _episode_item(
        self,
        page: ShokofinItem,
        season: ShokofinItem,
        series: ShokoSeries,
        episodes: list[AnidbEpisode],
        *,
        title: Title,
        path: str | None,
        ids: dict[str, str],
        file: ShokoFile | None = None,
    ) -> ShokofinItem:
        first, last = episodes[0], episodes[-1]
        where = path or f"{page.path}/missing {series.episodes[first]}"
        return ShokofinItem(
            id=item_id("Episode", where),
            type="Episode",
            name=" / ".join(episode.title for episode in episodes),
            title=title,
            path=path,
            created=file.created if file is not None else self.now,
            saved=self.now,
            source=file.source if file is not None else None,
            series_id=page.id,
            season_id=season.id,
            season=season.season,
            library=self.library,
            shoko=frozenset({series.id}),
            ids=ids,
            show=page.name,
            first_year=page.first_year,
            minutes=series.anime.runtime,
            aired=first.air,
            span=(first.number, last.number),
        )

    def _season_number(self, episode: AnidbEpisode) -> int:
        if episode.kind == "Special":
            return 0
        return episode.anime.season if self.settings.group_shows else 1

    def _family(self, series: ShokoSeries) -> list[ShokoSeries]:
        """Return the series that one page shows, in order."""
        if not self.settings.group_shows:
            return [series]
        family = [one for one in self.shelf.series.values() if one.group == series.group]
        return sorted(family, key=lambda one: one.anime.season)

    def _series(self, series: ShokoSeries) -> ShokofinItem:
        family = self._family(series)
        main = family[0]
        anime = main.anime
        path = f"{VFS}/{self.library}/{_clean(anime.title)} [Shoko Series={main.id}]"
        key = item_id("Series", path)
        if key in self.items:
            return self.items[key]
        ids = {"Shoko Series": str(main.id), "Shoko Group": str(main.group)}
        ids |= self._foreign(anime.id, show=anime.show_ids if main.has_tmdb else [])
        ids["Custom"] = f"shoko://series/{main.id}"
        item = ShokofinItem(
            id=key,
            type="Series",
            name=anime.title,
            title=anime.family,
            path=path,
            created=self.now,
            saved=self.now,
            library=self.library,
            shoko=frozenset(one.id for one in family),
            ids=ids,
            show=anime.title,
            first_year=anime.year,
            minutes=0,
            aired=anime.episodes[0].air if anime.episodes else None,
        )
        return self._put(item)

    def _season(self, page: ShokofinItem, series: ShokoSeries, number: int) -> ShokofinItem:
        path = f"{page.path}/Season {number:02d}"
        key = item_id("Season", path)
        if key in self.items:
            return self.items[key]
        item = ShokofinItem(
            id=key,
            type="Season",
            name=f"Season {number}" if number else "Specials",
            title=series.anime.family,
            path=path,
            created=self.now,
            saved=self.now,
            series_id=page.id,
            season=number,
            library=self.library,
            shoko=page.shoko,
            ids={"Shoko Series": str(series.id)} | self._foreign(series.anime.id),
            show=page.name,
            first_year=page.first_year,
            minutes=0,
            aired=page.aired,
        )
        return self._put(item)

    # -- ids -----------------------------------------------------------------------------------

    def _file_ids(
        self, file: ShokoFile, series: ShokoSeries, episodes: list[AnidbEpisode], *, anidb: int
    ) -> dict[str, str]:
        first = episodes[0]
        numbers = [str(series.episodes[episode]) for episode in episodes]
        ids = {
            "Shoko File": str(file.id),
            "Shoko Episode": numbers[0],
            "Shoko Series": str(series.id),
        }
        tmdb = first.tmdb_movie or first.tmdb_episode
        ids |= self._foreign(anidb, tmdb=tmdb if series.has_tmdb else None, tvdb=first.tvdb)
        wanted = f"seriesId={series.id}&episodeIds={','.join(numbers)}&seasonId={series.id}"
        return ids | {"Custom": f"shoko://file/{file.id}?{wanted}"}

    def _foreign(
        self,
        anidb: int,
        *,
        tmdb: int | None = None,
        tvdb: int | None = None,
        show: list[int] | None = None,
    ) -> dict[str, str]:
        ids: dict[str, str] = {}
        if self.settings.add_anidb:
            ids["AniDB"] = str(anidb)
        number = tmdb or (show[0] if show else None)
        if self.settings.add_tmdb and number is not None:
            ids["Tmdb"] = str(number)
        if self.settings.add_tvdb and tvdb is not None:
            ids["Tvdb"] = str(tvdb)
        return ids

    def _put(self, item: ShokofinItem) -> ShokofinItem:
        self.items[item.id] = item
        return item


def _clean(name: str) -> str:
    """Return a name as a folder can have it."""
    return "".join(character for character in name if character not in '<>:"/\\|?*')
