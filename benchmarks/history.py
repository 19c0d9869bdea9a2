"""Fill a journal with requests, each with the facts of a whole life, through the tracker."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import batched, count
from pathlib import Path

from custom_components.media_status.journal import Batch, Journal
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Outcome,
    Playable,
    Result,
    Statement,
    Title,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    MediaType,
    ProviderIds,
    Service,
    Subject,
    TitleRef,
    Via,
)
from custom_components.media_status.lifecycle.request import Change
from custom_components.media_status.lifecycle.tracker import Tracker

FIVE_YEARS = timedelta(days=5 * 365)
_TOGETHER = 100  # requests in one transaction


type Naming = Callable[[int, Service], TitleRef]


async def fill(
    path: Path,
    *,
    finished: int,
    waiting: int,
    now: datetime,
    seed: int,
    naming: Naming | None = None,
) -> None:
    """Write a journal of films: `finished` ones over five years, and open ones of last week.

    `naming` says what each service calls the film of a number.
    """
    journal = Journal(path)
    await journal.open(now)
    numbers = count(1)
    tracker = Tracker(new_id=lambda: f"{seed:08x}{next(numbers):024x}")
    try:
        for changes in batched(
            _lives(tracker, finished, waiting, now, naming or _title), _TOGETHER, strict=False
        ):
            await journal.write(Batch(changes=[change for one in changes for change in one]))
    finally:
        await journal.close()


def _lives(
    tracker: Tracker, finished: int, waiting: int, now: datetime, naming: Naming
) -> Iterator[list[Change]]:
    step = FIVE_YEARS / max(finished, 1)
    for number in range(1, finished + 1):
        at = now - FIVE_YEARS + step * (number - 0.5)
        yield [
            *tracker.observe(_asked(number, at, naming), at),
            *tracker.observe(_found(number, at, naming), at + timedelta(hours=1)),
            *tracker.observe(
                _watchable(number, at + timedelta(hours=2), naming), at + timedelta(hours=2)
            ),
        ]
    for number in range(finished + 1, finished + waiting + 1):
        at = now - timedelta(days=7) * (number - finished) / max(waiting, 1)
        found = _found(number, at, naming) if number % 2 else ()
        yield [*tracker.observe(_asked(number, at, naming), at), *tracker.observe(found, at)]


def _title(number: int, service: Service) -> TitleRef:
    return TitleRef(
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=5_000_000 + number, imdb=f"tt5{number:07d}"),
        service_id=f"{number:032x}" if service is Service.JELLYFIN else str(1_000_000 + number),
        title=f"An Evening With Film {number}",
        year=1970 + number % 56,
        overview="Somebody goes somewhere, and comes back as somebody else. " * 4,
        poster_url=f"https://image.tmdb.org/t/p/w500/{number:028x}.jpg",
    )


def _seen(
    service: Service,
    title: TitleRef,
    at: datetime,
    *statements: Statement,
    opening: Opening | None = None,
) -> Observation:
    return Observation(
        connection_id=service.value,
        service=service,
        via=Via.SURVEY,
        seen_at=at,
        statements=statements,
        title=title,
        opening=opening,
    )


def _asked(number: int, at: datetime, naming: Naming) -> tuple[Observation, ...]:
    opening = Opening(origin=Origin.SEERR, created_at=at, requested_by=f"person {number % 5}")
    asked = Statement(value=Ask(status=AskStatus.APPROVED))
    return (_seen(Service.SEERR, naming(number, Service.SEERR), at, asked, opening=opening),)


def _found(number: int, at: datetime, naming: Naming) -> tuple[Observation, ...]:
    name = f"An.Evening.With.Film.{number}.1080p.WEB-DL.H.264-GROUP"
    grab = Grab(
        items=frozenset({MOVIE}),
        at=at,
        release=name,
        quality="WEBDL-1080p",
        indexer="Indexer A",
        size=8_000_000_000 + number,
        protocol="torrent",
    )
    return (
        _seen(
            Service.RADARR,
            naming(number, Service.RADARR),
            at,
            Statement(value=Title(present=True, monitored=True, path=f"/films/Film {number}")),
            Statement(value=Wanted(monitored=True, released=True), subject=Subject(item=MOVIE)),
            Statement(value=grab, subject=Subject(download=f"{number:040x}")),
        ),
    )


def _watchable(number: int, at: datetime, naming: Naming) -> tuple[Observation, ...]:
    path = f"/films/Film {number}/Film {number} [WEBDL-1080p].mkv"
    outcome = Outcome(result=Result.IMPORTED, at=at)
    film = Subject(item=MOVIE)
    file = File(present=True, path=path, size=8_000_000_000 + number, quality="WEBDL-1080p")
    found = naming(number, Service.JELLYFIN)
    playable = Playable(present=True, item_id=found.service_id, paths=(path,), proof="tmdb")
    return (
        _seen(
            Service.RADARR,
            naming(number, Service.RADARR),
            at,
            Statement(value=file, subject=film),
            Statement(value=outcome, subject=Subject(download=f"{number:040x}")),
        ),
        _seen(Service.JELLYFIN, found, at, Statement(value=playable, subject=film)),
    )
