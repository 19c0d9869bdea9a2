"""Check that surveys, whatever happened between them, end where a first look at it all ends."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import override

from hypothesis import given, settings, strategies as st

from custom_components.media_status.clients.jellyfin import (
    ItemPage,
    JellyfinClient,
    JellyfinInfo,
    LibraryItem,
)
from custom_components.media_status.clients.jellyfin_models import build_item
from custom_components.media_status.connections.base import WantedTitle
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, JsonValue

from .asking import Answers, about, episode_of, film, marks, matched_to, read, series, vfs_path
from .twin import Twin

FILMS = [film(f"film{number}", tmdb=number) for number in (1, 2)]
SHOWS = [
    series(f"series{number}", [ItemKey(1, 1), ItemKey(1, 2)], tvdb=number) for number in (1, 2)
]
ANIME = series(
    "anime",
    {ItemKey(3, n): matched_to(800 + n, episode_of(n)) for n in (1, 2)},
    tvdb=3,
    is_anime=True,
    title="Anime",
)
ANIME_FILM = film("anime film", item=matched_to(803, episode_of(3)), tmdb=9, is_anime=True)
WANTED: tuple[WantedTitle, ...] = (*FILMS, *SHOWS, ANIME, ANIME_FILM)
# How a page of Shokofin's says what it is of; by a season, by its title, or not at all.
PAGES: dict[str, dict[str, JsonValue]] = {
    "series": {"ProviderIds": {"Shoko Series": "157", "AniDB": "17"}},
    "title": {"ProviderIds": {}, "Name": "Anime"},
    "nothing": {"ProviderIds": {}, "Name": "Shirizu"},
}

number = st.integers(1, 2)
events = st.lists(
    st.one_of(
        st.tuples(st.just("survey"), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 90, 600])),
        st.tuples(st.just("add film"), number),
        st.tuples(st.just("add series"), number),
        st.tuples(st.just("add episode"), number, number, st.booleans()),
        st.tuples(st.just("add page"), st.sampled_from([*PAGES])),
        st.tuples(st.just("add season"), number),
        st.tuples(st.just("add anime"), number, st.integers(1, 3), st.booleans()),
        st.tuples(st.just("remove"), st.integers(0, 20)),
        st.tuples(st.just("save"), st.integers(0, 20), number),
        st.tuples(st.just("push"), st.integers(0, 20)),
    ),
    max_size=25,
)


class InMemory(JellyfinClient):
    """A client that looks into the small Jellyfin without a network between them."""

    def __init__(self, twin: Twin) -> None:
        """Know the library; there is no session."""
        self._twin = twin

    def _built(self, rows: list[JsonObject]) -> tuple[LibraryItem, ...]:
        built = (build_item(row) for row in rows)
        # Films without a file are listed, missing episodes are not.
        return tuple(item for item in built if item and (item.playable or item.type != "Episode"))

    @override
    async def items(
        self,
        *,
        types: Collection[str],
        changed_since: datetime | None = None,
        ids: Sequence[str] | None = None,
        fields: Collection[str] = (),
        page_size: int = 500,
        missing: bool = False,
    ) -> AsyncIterator[ItemPage]:
        rows = [
            row
            for key, row in self._twin.items.items()
            if row["Type"] in types
            and (ids is None or key in ids)
            and (changed_since is None or self._twin.saved[key] >= changed_since)
        ]
        items = [item for item in self._built(rows) if not (missing and item.playable)]
        yield ItemPage(
            items=tuple(items),
            total=len(items),
            server_time=self._twin.clock,
            consistent=True,
        )

    @override
    async def episodes(self, series_id: str) -> list[LibraryItem]:
        rows = [row for row in self._twin.items.values() if row.get("SeriesId") == series_id]
        return list(self._built(rows)) if series_id in self._twin.items else []

    @override
    async def info(self) -> JellyfinInfo:
        return JellyfinInfo(id="x", name="x", version="10.11.11")


async def settled(connection: JellyfinConnection, twin: Twin) -> Answers:
    """Survey until nothing is left to do; return everything that was said, latest last."""
    answers: Answers = {}
    backlog = True
    while backlog:
        survey = await connection.survey(about(*WANTED, now=twin.clock))
        answers |= read(survey)
        backlog = survey.backlog
    return answers


def happen(twin: Twin, connection: JellyfinConnection, event: tuple[object, ...]) -> None:
    """Let one thing happen to the library."""
    shows = [key for key, row in twin.items.items() if row["Type"] == "Series"]
    known = list(twin.items)
    match event:
        case ("wait", int(seconds)):
            twin.advance(seconds=seconds)
        case ("add film", int(tmdb)):
            twin.add_movie(f"/f{len(known)}/f.mkv", Tmdb=str(tmdb))
        case ("add series", int(tvdb)):
            twin.add_series(f"/s{len(known)}", Tvdb=str(tvdb))
        case ("add episode", int(which), int(episode), bool(is_there)) if shows:
            path = f"/e{len(known)}/e.mkv" if is_there else None
            twin.add_episode(shows[which % len(shows)], 1, episode, path=path)
        case ("add page", str(how)):
            twin.add("Series", f"/p{len(known)}", **PAGES[how])
        case ("add season", int(which)) if shows:
            twin.add_season(shows[which % len(shows)], len(known), Shoko_Series="157", AniDB="17")
        case ("add anime", int(which), int(episode), bool(is_film)) if shows:
            ids: JsonValue = dict(marks(800 + episode, episode))
            path = f"/a{len(known)}{vfs_path(800 + episode)}"
            if is_film:
                twin.add("Movie", path, ProviderIds=ids)
            else:
                twin.add_episode(shows[which % len(shows)], 1, 1, path=path, ProviderIds=ids)
        case ("remove", int(which)) if known:
            key = known[which % len(known)]
            if twin.items[key]["Type"] != "Season":  # they go with their series
                twin.remove(key)
        case ("save", int(which), int(episode)) if known:
            key = known[which % len(known)]
            if twin.items[key]["Type"] == "Episode":
                twin.items[key]["IndexNumber"] = episode
            twin.saved[key] = twin.clock
        case ("push", int(which)) if known:
            key = known[which % len(known)]
            connection.translate(
                {"NotificationType": "ItemDeleted", "ItemId": key, "ItemType": "Episode"},
                twin.clock,
            )


@settings(deadline=None, max_examples=150)
@given(events)
def test_any_history_ends_like_a_first_look(history: list[tuple[object, ...]]) -> None:
    """What is there and what is missing depends on the library alone, not on the way to it."""

    async def play() -> None:
        twin = Twin()
        connection = JellyfinConnection("jelly", InMemory(twin))
        for event in history:
            if event[0] == "survey":
                await connection.survey(about(*WANTED, now=twin.clock))
            else:
                happen(twin, connection, event)
        found = await settled(connection, twin)
        first_look = await settled(JellyfinConnection("new", InMemory(twin)), twin)
        assert {key: value.present for key, value in found.items()} == {
            key: value.present for key, value in first_look.items()
        }
        assert {value.item_id for value in found.values() if value.present} <= twin.items.keys()

    asyncio.run(play())
