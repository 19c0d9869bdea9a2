"""Ask a connection about requests, and read its answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from custom_components.media_status.connections.base import (
    Survey,
    SurveyContext,
    WantedItem,
    WantedTitle,
)
from custom_components.media_status.lifecycle.facts import (
    AnimeEpisode,
    Match,
    MatchPhase,
    Obstacle,
    Playable,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    REQUEST,
    ItemKey,
    MediaType,
    ProviderIds,
    Stage,
)

from .twin import START

type Answers = dict[tuple[str, ItemKey], Playable]

WAITING = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True)
THERE = WantedItem(stage=Stage.AVAILABLE, has_file=True)


def film(
    request_id: str = "film",
    *,
    item: WantedItem = WAITING,
    is_4k: bool = False,
    has_variants: bool = False,
    tmdb: int | None = None,
    tvdb: int | None = None,
    imdb: str | None = None,
    is_anime: bool = False,
    title: str = "Same Name For All",
    original_title: str | None = None,
    year: int | None = None,
) -> WantedTitle:
    """Return a wanted film."""
    return WantedTitle(
        request_id=request_id,
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=tmdb, tvdb=tvdb, imdb=imdb),
        opened_at=START,
        stage=item.stage,
        title=title,
        original_title=original_title,
        year=year,
        is_anime=is_anime,
        is_4k=is_4k,
        has_variants=has_variants,
        items={MOVIE: item},
    )


def series(
    request_id: str = "series",
    items: Mapping[ItemKey, WantedItem] | Iterable[ItemKey] = (),
    *,
    has_variants: bool = False,
    tmdb: int | None = None,
    tvdb: int | None = None,
    imdb: str | None = None,
    is_anime: bool = False,
    title: str = "Same Name For All",
    year: int | None = None,
) -> WantedTitle:
    """Return a wanted series; items without more said are waiting."""
    wanted = items if isinstance(items, Mapping) else dict.fromkeys(items, WAITING)
    return WantedTitle(
        request_id=request_id,
        media_type=MediaType.SERIES,
        ids=ProviderIds(tmdb=tmdb, tvdb=tvdb, imdb=imdb),
        opened_at=START,
        stage=Stage.SYNCING_LIBRARY,
        title=title,
        year=year,
        is_anime=is_anime,
        has_variants=has_variants,
        seasons=frozenset(key.season for key in wanted),
        items=wanted,
    )


def episode_of(
    number: int, *, anime: int = 17, shoko: bool = True, tmdb: int | None = None
) -> AnimeEpisode:
    """Return an episode with numbers that all differ: AniDB's 2000+n, Shoko's 400+n."""
    return AnimeEpisode(
        anidb_anime=anime,
        anidb_episode=2000 + number,
        shoko_series=140 + anime if shoko else None,
        shoko_episode=400 + number if shoko else None,
        label=str(number),
        tmdb=(tmdb,) if tmdb else (),
    )


def matched_to(
    file_id: int | None,
    *episodes: AnimeEpisode,
    path: str = "/data/anime/A Series/Season 1/A Series - 01.mkv",
    stage: Stage = Stage.SYNCING_LIBRARY,
    is_overdue: bool = False,
) -> WantedItem:
    """Return an item whose file Shoko has matched to episodes."""
    match = Match(
        phase=MatchPhase.MATCHED,
        path=path,
        file_id=str(file_id) if file_id else None,
        episodes=episodes,
    )
    return WantedItem(
        stage=stage, has_file=True, file_path=path, match=match, is_overdue=is_overdue
    )


def marks(
    file_id: int | None,
    number: int,
    *,
    anime: int = 17,
    anidb: int | None = None,
    series: int | None = None,
) -> dict[str, str]:
    """Return the provider ids by which Shokofin marks the episode of `episode_of`."""
    ids = {
        "Shoko Series": str(series or 140 + anime),
        "Shoko Episode": str(400 + number),
        "AniDB": str(anidb or 2000 + number),
    }
    return ids | ({"Shoko File": str(file_id)} if file_id else {})


def vfs_path(file_id: int, *, series: int = 157, name: str = "A Series S01E01") -> str:
    """Return a path in Shokofin's virtual file system."""
    root = "/config/data/Shokofin/VFS/c5d6e7f8091a2b3c4d5e6f7081920314"
    show = f"A Series [Shoko Series={series}]"
    return f"{root}/{show}/Season 01/{name} [Shoko Series={series}] [Shoko File={file_id}].mkv"


def obstacles(survey: Survey) -> dict[str | None, Obstacle]:
    """Return what a survey says of obstacles, by request."""
    return {
        observation.request_id: statement.value
        for observation in survey.observations
        for statement in observation.statements
        if isinstance(statement.value, Obstacle)
    }


def about(*titles: WantedTitle, now: datetime = START, fresh: bool = False) -> SurveyContext:
    """Return the question about some titles."""
    return SurveyContext(now=now, wanted=titles, fresh=fresh)


def read(survey: Survey) -> Answers:
    """Return what a survey states about items, by request and item."""
    answers: Answers = {}
    for observation in survey.observations:
        assert observation.request_id is not None
        for statement in observation.statements:
            if isinstance(statement.value, Obstacle):
                assert statement.subject == REQUEST
                continue
            assert isinstance(statement.value, Playable)
            assert statement.subject.item is not None
            answers[observation.request_id, statement.subject.item] = statement.value
    return answers


def present(survey: Survey) -> set[tuple[str, ItemKey]]:
    """Return what a survey found."""
    return {key for key, value in read(survey).items() if value.present}


def absent(survey: Survey) -> set[tuple[str, ItemKey]]:
    """Return what a survey found missing."""
    return {key for key, value in read(survey).items() if not value.present}


def page_ids(survey: Survey) -> dict[str | None, str | None]:
    """Return the ids of the titles' pages, by request."""
    return {
        observation.request_id: observation.title.service_id
        for observation in survey.observations
        if observation.title is not None
    }


__all__ = [
    "MOVIE",
    "THERE",
    "WAITING",
    "Answers",
    "about",
    "absent",
    "episode_of",
    "film",
    "marks",
    "matched_to",
    "obstacles",
    "page_ids",
    "present",
    "read",
    "series",
    "vfs_path",
]
