"""Ask a connection about requests, and read its answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from custom_components.media_status.connections.base import (
    Survey,
    SurveyContext,
    WantedItem,
    WantedTitle,
)
from custom_components.media_status.lifecycle.facts import Playable
from custom_components.media_status.lifecycle.model import (
    MOVIE,
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
) -> WantedTitle:
    """Return a wanted film."""
    return WantedTitle(
        request_id=request_id,
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=tmdb, tvdb=tvdb, imdb=imdb),
        opened_at=START,
        stage=item.stage,
        title="Same Name For All",
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
) -> WantedTitle:
    """Return a wanted series; items without more said are waiting."""
    wanted = items if isinstance(items, Mapping) else dict.fromkeys(items, WAITING)
    return WantedTitle(
        request_id=request_id,
        media_type=MediaType.SERIES,
        ids=ProviderIds(tmdb=tmdb, tvdb=tvdb, imdb=imdb),
        opened_at=START,
        stage=Stage.SYNCING_LIBRARY,
        title="Same Name For All",
        has_variants=has_variants,
        seasons=frozenset(key.season for key in wanted),
        items=wanted,
    )


def about(*titles: WantedTitle, now: datetime = START, fresh: bool = False) -> SurveyContext:
    """Return the question about some titles."""
    return SurveyContext(now=now, wanted=titles, fresh=fresh)


def read(survey: Survey) -> Answers:
    """Return what a survey states, by request and item."""
    answers: Answers = {}
    for observation in survey.observations:
        assert observation.request_id is not None
        for statement in observation.statements:
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
    "film",
    "page_ids",
    "present",
    "read",
    "series",
]
