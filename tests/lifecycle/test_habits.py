"""What the past teaches: how long stages take, and when something is likely to be ready."""

from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.forecast import Forecast, forecast
from custom_components.media_status.lifecycle.habits import (
    ENOUGH,
    NO_HABITS,
    SOME,
    Habits,
    Life,
    Sample,
    learn,
)
from custom_components.media_status.lifecycle.model import MediaType, Stage

from .world import START, at

SECONDS = st.floats(0, 10**6, allow_nan=False)
SAMPLES = st.lists(SECONDS, min_size=1, max_size=50).map(
    lambda values: Sample(seconds=tuple(sorted(values)))
)
STAGES = st.lists(st.sampled_from(Stage), min_size=1, max_size=12)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Return a life through any stages, in whatever order."""
    stages = draw(STAGES)
    gaps = draw(st.lists(st.integers(0, 5000), min_size=len(stages), max_size=len(stages)))
    moments = [START + timedelta(seconds=total) for total in accumulate(gaps)]
    return Life(
        media_type=draw(st.sampled_from(MediaType)),
        is_anime=draw(st.booleans()),
        stages=tuple(zip(stages, moments, strict=True)),
    )


def _life(*minutes: float, media_type: MediaType = MediaType.MOVIE, is_anime: bool = False) -> Life:
    """Return a life of a download, an import and a wait, each so many minutes long."""
    line = (Stage.DOWNLOADING, Stage.IMPORTING, Stage.SYNCING_LIBRARY, Stage.AVAILABLE)
    moments = [at(total) for total in accumulate((0.0, *minutes))]
    return Life(
        media_type=media_type, is_anime=is_anime, stages=tuple(zip(line, moments, strict=True))
    )


def _household(count: int = ENOUGH) -> Habits:
    return learn(_life(30, 1 + number / 10, 2) for number in range(count))


@given(SAMPLES, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise(sample: Sample, one: float, other: float) -> None:
    """They lie within what was seen, and a larger share is never a shorter time."""
    low, high = sorted((one, other))
    assert sample.seconds[0] <= sample.quantile(low) + 1e-6
    assert sample.quantile(low) <= sample.quantile(high) + 1e-6
    assert sample.quantile(high) <= sample.seconds[-1] + 1e-6


@given(SAMPLES, SECONDS)
def test_what_is_left_counts_only_what_took_longer(sample: Sample, elapsed: float) -> None:
    """Nothing that is over already is forecast."""
    left = sample.beyond(elapsed)
    assert len(left) == sum(value > elapsed for value in sample.seconds)
    assert all(value >= 0 for value in left.seconds)
    assert list(left.seconds) == sorted(left.seconds)


@given(st.lists(lives(), max_size=8))
def test_every_stage_of_every_life_counts_once(found: list[Life]) -> None:
    """Time spent adds up to the length of the lives."""
    habits = learn(found)
    spent = sum(sum(sample.seconds) for sample in habits.spent.values())
    lived = sum(
        (later - earlier).total_seconds()
        for life in found
        for (_, earlier), (_, later) in pairwise(life.stages)
    )
    assert spent == pytest.approx(lived)
    ended = [life for life in found if life.available_at is not None]
    assert sum(len(sample) for sample in habits.total.values()) == len(ended)


def test_few_examples_are_no_habit() -> None:
    """Below twenty our own guess stays; with twenty the household's past counts."""
    assert _household(ENOUGH - 1).usual() == {}
    usual = _household().usual()
    assert usual[MediaType.MOVIE, Stage.SYNCING_LIBRARY] == timedelta(minutes=2)
    assert timedelta(minutes=2) < usual[MediaType.MOVIE, Stage.IMPORTING] < timedelta(minutes=3)


def test_a_wait_for_people_is_no_habit() -> None:
    """How long an approval takes sets no deadline for the next one."""
    life = Life(
        media_type=MediaType.MOVIE,
        is_anime=False,
        stages=((Stage.REQUESTED, at(0)), (Stage.SEARCHING, at(9)), (Stage.AVAILABLE, at(10))),
    )
    assert learn([life] * ENOUGH).usual() == {}


def _forecast(habits: Habits, stage: Stage, **given: datetime | bool | None) -> datetime | None:
    told = {"is_anime": False, "since": at(0), "download_eta": None, "now": at(0)} | given
    found = forecast(habits, MediaType.MOVIE, stage, **told)  # type: ignore[arg-type] # as given
    return None if found is None else found.at


def test_a_download_ends_and_then_it_takes_as_long_as_usual() -> None:
    """The client's own estimate counts for the download, the past for what comes after."""
    habits = _household()
    found = _forecast(habits, Stage.DOWNLOADING, download_eta=at(20))
    assert found is not None
    assert at(20 + 2 + 1) <= found < at(20 + 2 + 3)
    assert _forecast(habits, Stage.DOWNLOADING) is None  # stalled: nobody knows


def test_the_longer_it_takes_the_later_it_is() -> None:
    """A wait beyond all that was seen is not forecast at all."""
    habits = _household()
    early = _forecast(habits, Stage.IMPORTING, now=at(0.5))
    late = _forecast(habits, Stage.IMPORTING, now=at(4.5))
    assert early is not None
    assert late is not None
    assert early < late
    assert _forecast(habits, Stage.IMPORTING, now=at(60)) is None


@pytest.mark.parametrize("stage", [Stage.REQUESTED, Stage.SEARCHING, Stage.UNRELEASED])
def test_what_others_decide_is_not_forecast(stage: Stage) -> None:
    """No date is better than an invented one."""
    habits = learn(
        [
            Life(
                media_type=MediaType.MOVIE,
                is_anime=False,
                stages=((stage, at(0)), (Stage.AVAILABLE, at(9))),
            )
        ]
        * ENOUGH
    )
    assert _forecast(habits, stage) is None


def test_without_a_past_nothing_is_forecast() -> None:
    """Neither for a new household, nor for the first anime of one."""
    assert _forecast(NO_HABITS, Stage.IMPORTING) is None
    assert _forecast(_household(SOME - 1), Stage.IMPORTING) is None
    assert _forecast(_household(), Stage.IMPORTING, is_anime=True) is None


def test_the_range_holds_the_middle() -> None:
    """Earliest and latest lie around the time that is told."""
    found = forecast(
        _household(),
        MediaType.MOVIE,
        Stage.IMPORTING,
        is_anime=False,
        since=at(0),
        download_eta=None,
        now=at(0),
    )
    assert found is not None
    assert found.earliest <= found.at <= found.latest


def test_half_lie_below_the_middle() -> None:
    """Between two that were seen it lies between them."""
    sample = Sample(seconds=(1.0, 2.0, 4.0, 8.0))
    shares = {0.0: 1.0, 1 / 3: 2.0, 0.5: 3.0, 2 / 3: 4.0, 5 / 6: 6.0, 1.0: 8.0}
    assert {share: sample.quantile(share) for share in shares} == pytest.approx(shares)
    assert Sample(seconds=(7.0,)).quantile(0.9) == 7.0
    with pytest.raises(ValueError, match=r"^no sample$"):
        Sample().quantile(0.5)


def test_what_is_over_when_it_ends_now_is_not_left() -> None:
    """Exactly as long as it took already: that one is over."""
    assert Sample(seconds=(1.0, 2.0, 4.0)).beyond(2.0) == Sample(seconds=(2.0,))


def test_each_kind_of_title_has_habits_of_its_own() -> None:
    """From asked to ready, and from each stage's last beginning to ready."""
    film, series = _life(10, 20, 30), _life(1, 2, 3, media_type=MediaType.SERIES, is_anime=True)
    habits = learn([film, series])
    minute = 60.0
    assert habits.total == {
        MediaType.MOVIE: Sample(seconds=(60 * minute,)),
        MediaType.SERIES: Sample(seconds=(6 * minute,)),
    }
    assert habits.left[MediaType.MOVIE, False, Stage.IMPORTING].seconds == (50 * minute,)
    assert habits.left[MediaType.SERIES, True, Stage.IMPORTING].seconds == (5 * minute,)
    assert habits.spent[MediaType.SERIES, Stage.DOWNLOADING].seconds == (1 * minute,)
    assert not any(stage is Stage.AVAILABLE for _, _, stage in habits.left)


def test_the_last_time_in_a_stage_counts_and_nothing_after_the_end() -> None:
    """A download that was repeated; an episode that came later."""
    line = (
        (Stage.DOWNLOADING, at(0)),
        (Stage.SEARCHING, at(5)),
        (Stage.DOWNLOADING, at(6)),
        (Stage.AVAILABLE, at(10)),
        (Stage.DOWNLOADING, at(20)),
        (Stage.AVAILABLE, at(30)),
    )
    habits = learn([Life(media_type=MediaType.MOVIE, is_anime=False, stages=line)])
    assert habits.left[MediaType.MOVIE, False, Stage.DOWNLOADING].seconds == (240.0,)
    assert habits.total[MediaType.MOVIE].seconds == (600.0,)
    assert habits.spent[MediaType.MOVIE, Stage.DOWNLOADING].seconds == (240.0, 300.0, 600.0)


def test_what_began_the_moment_it_was_ready_counts() -> None:
    """It took no time at all; a clock that was set back never makes it less than none."""
    line = ((Stage.IMPORTING, at(5)), (Stage.SYNCING_LIBRARY, at(4)), (Stage.AVAILABLE, at(4)))
    habits = learn([Life(media_type=MediaType.MOVIE, is_anime=False, stages=line)])
    assert habits.spent[MediaType.MOVIE, Stage.IMPORTING].seconds == (0.0,)
    assert habits.left[MediaType.MOVIE, False, Stage.SYNCING_LIBRARY].seconds == (0.0,)


def test_a_life_without_end_teaches_what_its_stages_took() -> None:
    """But not how long it takes to the end."""
    line = ((Stage.DOWNLOADING, at(0)), (Stage.IMPORTING, at(5)))
    lost = Life(media_type=MediaType.MOVIE, is_anime=False, stages=line)
    habits = learn([lost, _life(1, 2, 3)])
    assert habits.spent[MediaType.MOVIE, Stage.DOWNLOADING].seconds == (60.0, 300.0)
    assert [len(sample) for sample in habits.total.values()] == [1]
    assert learn([lost]).median_to_available is None
    assert learn([_life(1, 2, 3), _life(3, 2, 4), _life(0, 1, 1)]).median_to_available == 360.0


def test_the_forecast_of_a_download_begins_when_it_ends() -> None:
    """To the minute, the latest one rounded up; without a download that was, from the import on."""
    habits = _household()
    found = forecast(
        habits,
        MediaType.MOVIE,
        Stage.DOWNLOADING,
        is_anime=False,
        since=at(0),
        download_eta=at(20) + timedelta(seconds=30),
        now=at(0),
    )
    # An import takes 1.0 to 2.9 minutes, the library 2.
    assert found == Forecast(at=at(24), earliest=at(23), latest=at(26))


def test_what_followed_a_download_counts_before_what_followed_an_import() -> None:
    """And a download that should have ended already ends now."""
    stages = (Stage.DOWNLOADING, Stage.DOWNLOADED, Stage.IMPORTING, Stage.AVAILABLE)
    moments = (at(0), at(10), at(15), at(17))
    life = Life(
        media_type=MediaType.MOVIE,
        is_anime=False,
        stages=tuple(zip(stages, moments, strict=True)),
    )
    habits = learn([life] * SOME)
    for stage in (Stage.DOWNLOADING, Stage.GRABBING):
        assert _forecast(habits, stage, download_eta=at(5), now=at(8)) == at(15)
        assert _forecast(habits, stage, download_eta=at(9), now=at(8)) == at(16)
        assert _forecast(habits, stage, now=at(8)) is None


def test_the_forecast_of_a_wait_is_what_is_left_of_it() -> None:
    """Counted from when it began; a beginning in the future is now."""
    habits = learn([_life(30, 10, 2)] * SOME)
    assert _forecast(habits, Stage.IMPORTING, now=at(4)) == at(12)
    assert _forecast(habits, Stage.IMPORTING, since=at(9), now=at(4)) == at(16)


@pytest.mark.parametrize(("hours", "is_told"), [(12, True), (12.1, False)])
def test_a_range_too_wide_is_not_told(hours: float, *, is_told: bool) -> None:
    """Some time between now and next week is no forecast."""
    # Of six, the first and the last tenth lie half way between two of them.
    lives = [_life(1, 1, 60 * hours * number / 4) for number in range(6)]
    assert (_forecast(learn(lives), Stage.IMPORTING) is not None) is is_told
