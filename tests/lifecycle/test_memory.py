"""What is remembered of ended requests stays bounded."""

from datetime import timedelta

from custom_components.media_status.lifecycle.ended import Ended, remains
from custom_components.media_status.lifecycle.facts import Opening, Origin
from custom_components.media_status.lifecycle.model import MOVIE, MediaType, ProviderIds, TitleRef
from custom_components.media_status.lifecycle.request import Request

from .world import START


def _ended(number: int) -> Request:
    return Request(
        id=str(number),
        media_type=MediaType.MOVIE,
        origin=Origin.SEERR,
        created_at=START,
        opened_at=START,
        ended_at=START + timedelta(hours=1),
        ids=ProviderIds(tmdb=number),
        items={MOVIE},
    )


def test_the_oldest_is_forgotten_first() -> None:
    """A thousand are enough for the overlap in which a manager's history is read again."""
    ended = Ended()
    for number in range(1, 1002):
        ended.add(_ended(number))
    opening = Opening(origin=Origin.RADARR, created_at=START, items=frozenset({MOVIE}))
    covered = {
        number: ended.covers(
            TitleRef(media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=number)), opening, "radarr"
        )
        for number in (1, 2, 1001)
    }
    assert covered == {1: False, 2: True, 1001: True}


def test_the_forgotten_are_never_forgotten() -> None:
    """However many requests end afterwards: somebody did not want to see this one again."""
    ended = Ended()
    ended.keep(remains(_ended(1)))
    for number in range(2, 1100):
        ended.add(_ended(number))
    opening = Opening(origin=Origin.RADARR, created_at=START, items=frozenset({MOVIE}))
    title = TitleRef(media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=1))
    assert ended.covers(title, opening, "radarr")
    later = Opening(
        origin=Origin.RADARR, created_at=START + timedelta(days=1), items=frozenset({MOVIE})
    )
    assert not ended.covers(title, later, "radarr")
