"""Say when a request is likely to be ready: the download's own estimate, then what is usual."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .habits import Habits, Sample
from .model import MediaType, Stage

# What these take depends on people and on the world, not on the household's past.
_UNFORESEEABLE = frozenset({Stage.REQUESTED, Stage.UNRELEASED, Stage.SEARCHING})
# Nobody wants to hear of "some time between now and next week".
_WIDEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When it is likely to be ready; four of five fall between `earliest` and `latest`."""

    at: datetime
    earliest: datetime
    latest: datetime


def forecast(
    habits: Habits,
    media_type: MediaType,
    stage: Stage,
    *,
    is_anime: bool,
    since: datetime,
    download_eta: datetime | None,
    now: datetime,
) -> Forecast | None:
    """Return when a request in `stage` since `since` is likely to be ready; None rather than wrong.

    While something downloads its own estimate counts, and the past only for what comes after.
    """
    if stage in _UNFORESEEABLE:
        return None
    if stage in (Stage.GRABBING, Stage.DOWNLOADING):
        if download_eta is None:
            return None
        after = habits.remaining(media_type, Stage.DOWNLOADED, is_anime=is_anime)
        if not len(after):
            after = habits.remaining(media_type, Stage.IMPORTING, is_anime=is_anime)
        return _after(max(download_eta, now), after)
    elapsed = max(0.0, (now - since).total_seconds())
    rest = habits.remaining(media_type, stage, is_anime=is_anime).beyond(elapsed)
    return _after(now, rest)


def _minute(moment: datetime, *, up: bool = False) -> datetime:
    """Return a moment to the minute: what changes every second is read by nobody."""
    whole = moment.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=1) if up and whole < moment else whole


def _after(start: datetime, rest: Sample) -> Forecast | None:
    if not len(rest):
        return None
    found = Forecast(
        at=_minute(start + timedelta(seconds=rest.quantile(0.5))),
        earliest=_minute(start + timedelta(seconds=rest.quantile(0.1))),
        latest=_minute(start + timedelta(seconds=rest.quantile(0.9)), up=True),
    )
    return found if found.latest - found.earliest <= _WIDEST else None
