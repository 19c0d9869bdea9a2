"""Learn from requests that were followed to their end: how long each stage takes here."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .model import MediaType, Stage

# Fewer examples say nothing about what is usual.
ENOUGH = 20
# A forecast may rest on fewer: it is shown with its range.
SOME = 5
# How long somebody takes to approve, or a release to appear, is no habit of the household's.
_HABITUAL = frozenset(
    {
        Stage.APPROVED,
        Stage.GRABBING,
        Stage.DOWNLOADING,
        Stage.DOWNLOADED,
        Stage.IMPORTING,
        Stage.ANIME_MATCHING,
        Stage.SYNCING_LIBRARY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The stages that a request went through, each with the moment it began, in order."""

    media_type: MediaType
    is_anime: bool
    stages: tuple[tuple[Stage, datetime], ...]

    @property
    def available_at(self) -> datetime | None:
        """Return when it was available first; None when it never was."""
        return next((at for stage, at in self.stages if stage is Stage.AVAILABLE), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Durations that were seen, in seconds, in order."""

    seconds: tuple[float, ...] = ()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.seconds)

    def quantile(self, share: float) -> float:
        """Return the duration that `share` of them do not exceed; raise ValueError for none."""
        if not self.seconds:
            raise ValueError("no sample")
        place = share * (len(self.seconds) - 1)
        low = int(place)
        high = min(low + 1, len(self.seconds) - 1)
        return self.seconds[low] + (self.seconds[high] - self.seconds[low]) * (place - low)

    def beyond(self, elapsed: float) -> Sample:
        """Return what was left of those that took longer than `elapsed` seconds."""
        start = bisect_right(self.seconds, elapsed)
        return Sample(seconds=tuple(value - elapsed for value in self.seconds[start:]))


NOTHING = Sample()


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the past says: how long stages take, and how long it is from each to the end."""

    spent: Mapping[tuple[MediaType, Stage], Sample]
    left: Mapping[tuple[MediaType, bool, Stage], Sample]
    total: Mapping[MediaType, Sample]

    @property
    def median_to_available(self) -> float | None:
        """Return how many seconds half of all requests took from asked to ready."""
        seconds = sorted(value for sample in self.total.values() for value in sample.seconds)
        return Sample(seconds=tuple(seconds)).quantile(0.5) if seconds else None

    def usual(self) -> dict[tuple[MediaType, Stage], timedelta]:
        """Return what 95 of 100 stay within, where there are enough examples."""
        return {
            key: timedelta(seconds=sample.quantile(0.95))
            for key, sample in self.spent.items()
            if len(sample) >= ENOUGH and key[1] in _HABITUAL
        }

    def remaining(self, media_type: MediaType, stage: Stage, *, is_anime: bool) -> Sample:
        """Return how long it took from entering a stage for the last time to the end."""
        found = self.left.get((media_type, is_anime, stage), NOTHING)
        # Anime takes a way of its own; what is not anime says nothing about it.
        return found if len(found) >= SOME else NOTHING


NO_HABITS = Habits(spent={}, left={}, total={})


def learn(lives: Iterable[Life]) -> Habits:
    """Return what lives that ended teach."""
    spent: dict[tuple[MediaType, Stage], list[float]] = {}
    left: dict[tuple[MediaType, bool, Stage], list[float]] = {}
    total: dict[MediaType, list[float]] = {}
    for life in lives:
        for (stage, begun), (_, ended) in pairwise(life.stages):
            spent.setdefault((life.media_type, stage), []).append(_seconds(begun, ended))
        end = life.available_at
        if end is None:
            continue
        total.setdefault(life.media_type, []).append(_seconds(life.stages[0][1], end))
        last = {stage: begun for stage, begun in life.stages if begun <= end}
        for stage, begun in last.items():
            if stage is not Stage.AVAILABLE:
                key = (life.media_type, life.is_anime, stage)
                left.setdefault(key, []).append(_seconds(begun, end))
    return Habits(spent=_samples(spent), left=_samples(left), total=_samples(total))


def _seconds(begun: datetime, ended: datetime) -> float:
    return max(0.0, (ended - begun).total_seconds())


def _samples[K](found: Mapping[K, Sequence[float]]) -> dict[K, Sample]:
    return {key: Sample(seconds=tuple(sorted(values))) for key, values in found.items()}
