"""What else follows from the facts: quality, the page in Jellyfin, when it is ready."""

from itertools import accumulate

import pytest

from custom_components.media_status.lifecycle.derive import derive
from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    Anime,
    AskStatus,
    File,
    Grab,
    Match,
    MatchPhase,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Transfer,
    TransferPhase,
    Wanted,
)
from custom_components.media_status.lifecycle.forecast import Forecast
from custom_components.media_status.lifecycle.habits import SOME, Life, learn
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Service,
    Stage,
    Via,
)
from custom_components.media_status.lifecycle.progress import Progress
from custom_components.media_status.lifecycle.tracker import TrackerOptions

from .wish import EPISODES, Wish, about, fetched
from .world import at

ONE, TWO, THREE = EPISODES
LIBRARY, SHOKO = Service.JELLYFIN, Service.SHOKO


# --- quality -----------------------------------------------------------------------------------


def _grab(key: str, quality: str | None, *items: ItemKey) -> tuple[Grab, str]:
    return Grab(items=frozenset(items or {MOVIE}), at=at(1), quality=quality), key


def test_the_quality_is_that_of_most_files() -> None:
    """Of as many of each, always the same one."""
    wish = Wish(*EPISODES)
    assert wish.status.quality is None
    cases = (
        (("720p", "1080p", "1080p"), "1080p"),
        (("720p", "720p", "1080p"), "720p"),
        (("720p", "1080p", None), "1080p"),
        ((None, None, "2160p"), "2160p"),
        ((None, None, None), None),
    )
    for minutes, (qualities, expected) in enumerate(cases, 1):
        for item, quality in zip(EPISODES, qualities, strict=True):
            wish.says(minutes, about(File(present=True, quality=quality), item))
        assert wish.status.quality == expected


def test_a_file_that_is_gone_has_no_quality() -> None:
    """Nor has one of an episode that nobody asked for."""
    wish = Wish(*EPISODES)
    wish.says(1, about(File(present=True, quality="720p"), ONE))
    wish.says(2, about(File(present=False, quality="1080p"), TWO))
    wish.says(2, about(File(present=True, quality="2160p"), ItemKey(2, 1)))
    assert wish.status.quality == "720p"


def test_what_is_fetched_has_the_quality_that_was_grabbed() -> None:
    """While there is no file, and of downloads that lead somewhere."""
    wish = Wish(*EPISODES)
    for key, quality, item in (("a", "720p", ONE), ("b", "1080p", TWO), ("c", None, THREE)):
        wish.says(1, about(*_grab(key, quality, item)))
    assert wish.status.quality == "1080p"
    wish.says(2, about(Outcome(result=Result.FAILED, at=at(2)), "b"))
    assert wish.status.quality == "720p"
    wish.says(3, about(File(present=True, quality="480p"), THREE))
    assert wish.status.quality == "480p"


# --- before the items are known ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "managed", "stage"),
    [
        (AskStatus.PENDING, True, Stage.REQUESTED),
        (AskStatus.APPROVED, False, Stage.APPROVED),
        (AskStatus.APPROVED, True, Stage.SEARCHING),
        (AskStatus.DECLINED, True, Stage.DECLINED),
    ],
)
def test_a_series_stands_somewhere_before_its_episodes_are_known(
    status: AskStatus, stage: Stage, *, managed: bool
) -> None:
    """Its manager looks for whatever there will be."""
    wish = Wish(ONE, status=AskStatus.PENDING, managed=managed)
    wish.house.push(wish.world.seerr(at(1), Via.SURVEY, status), now=at(1))
    assert (wish.stage(), wish.status.items, wish.status.counts.total) == (stage, {}, 0)


def test_a_wish_of_which_nobody_says_a_word_waits_for_one() -> None:
    """Its Seerr is gone; a film is its own item all the same."""
    request = Wish(managed=False).request
    request.keep_only(())
    request.items.clear()
    status, _ = derive(request, at(1))
    assert (status.stage, status.items) == (Stage.REQUESTED, {MOVIE: Stage.REQUESTED})


# --- when it is likely to be ready -------------------------------------------------------------


def _lives(*stages: tuple[Stage, float], is_anime: bool = False) -> list[Life]:
    """Return as many lives as a forecast needs, each through stages of so many minutes."""
    begins = accumulate((minutes for _, minutes in stages), initial=0.0)
    line = [stage for stage, _ in stages] + [Stage.AVAILABLE]
    found = Life(
        media_type=MediaType.MOVIE,
        is_anime=is_anime,
        stages=tuple(zip(line, map(at, begins), strict=True)),
    )
    return [found] * SOME


def _options(*lives: Life, without: Service | None = None) -> TrackerOptions:
    services = frozenset(Service) - {without}
    return TrackerOptions(setup=Setup(habits=learn(lives), services=services))


def _ready(wish: Wish) -> Forecast | None:
    return wish.status.ready


def _exactly(minutes: float) -> Forecast:
    return Forecast(at=at(minutes), earliest=at(minutes), latest=at(minutes))


def test_a_wait_is_forecast_from_when_it_began() -> None:
    """Not from when it was looked at last; when that is over it is forecast no more."""
    wish = fetched(Stage.IMPORTING)
    tracker = wish.house.tracker
    options = _options(*_lives((Stage.IMPORTING, 30), (Stage.SYNCING_LIBRARY, 10)))
    list(tracker.reconsider(options, at(11)))
    assert _ready(wish) == _exactly(1 + 40)
    wish.says(20, about(File(present=True), MOVIE))
    assert _ready(wish) == _exactly(20 + 10)
    (change,) = tracker.tick(at(30))
    assert change.visible
    assert _ready(wish) is None
    assert tracker.tick(at(31)) == []


def test_a_download_is_forecast_from_its_own_end() -> None:
    """And told again when that is past."""
    wish = fetched(Stage.DOWNLOADING)
    options = _options(*_lives((Stage.DOWNLOADING, 99), (Stage.IMPORTING, 10)))
    list(wish.house.tracker.reconsider(options, at(2)))
    assert _ready(wish) is None
    moving = Transfer(
        present=True, phase=TransferPhase.DOWNLOADING, progress=0.5, speed=1, eta_seconds=300
    )
    wish.client_says(5, about(moving, "a"))
    assert wish.status.eta == at(10)
    assert _ready(wish) == _exactly(10 + 10)
    wish.house.tracker.tick(at(25))
    assert _ready(wish) == _exactly(25 + 10)


def test_what_is_ready_this_minute_is_not_looked_at_again_this_minute() -> None:
    """But when the minute is over."""
    wish = fetched(Stage.IMPORTING)
    list(wish.house.tracker.reconsider(_options(*_lives((Stage.IMPORTING, 0.4))), at(1)))
    assert _ready(wish) == Forecast(at=at(1), earliest=at(1), latest=at(2))
    assert wish.house.tracker.tick(at(1)) == []
    assert len(wish.house.tracker.tick(at(2))) == 1


def test_anime_takes_a_way_of_its_own_if_there_is_shoko() -> None:
    """Without it, it is like everything else."""
    lives = _lives((Stage.IMPORTING, 10)) + _lives((Stage.IMPORTING, 20), is_anime=True)
    for without, minutes in ((None, 20), (SHOKO, 10)):
        wish = fetched(Stage.IMPORTING)
        wish.says(1, about(Anime(is_anime=True, source="tag")))
        list(wish.house.tracker.reconsider(_options(*lives, without=without), at(1)))
        assert _ready(wish) == _exactly(1 + minutes)


def test_a_match_counts_only_for_anime_in_a_house_with_shoko() -> None:
    """A file of a film that nobody calls anime goes right to the library."""
    wish = Wish()
    wish.says(1, about(File(present=True), MOVIE))
    wish.says(1, about(Match(phase=MatchPhase.UNMATCHED), MOVIE), service=SHOKO)
    assert wish.stage() is Stage.SYNCING_LIBRARY
    wish.says(2, about(Anime(is_anime=True, source="tag")))
    assert wish.stage() is Stage.ANIME_MATCHING
    list(wish.house.tracker.reconsider(_options(without=SHOKO), at(3)))
    assert wish.stage() is Stage.SYNCING_LIBRARY


# --- what belongs to the request ---------------------------------------------------------------


def test_a_download_that_serves_nothing_of_it_is_not_its() -> None:
    """Seerr has taken that season out of the wish."""
    wish = Wish(ONE, ItemKey(2, 1))
    wish.says(1, about(Wanted(monitored=True, released=True), ONE))
    queue = Queue(present=True, phase=QueuePhase.DOWNLOADING, size=10, left=5)
    wish.says(2, about(*_grab("a", None, ItemKey(2, 1))), about(queue, "a"))
    assert wish.status.progress == 0.5
    wish.world.seasons = frozenset({1})
    wish.house.push(wish.world.seerr(at(3), Via.SURVEY), now=at(3))
    assert wish.stage() is Stage.SEARCHING
    assert Progress(share=wish.status.progress, size=wish.status.size) == Progress()
