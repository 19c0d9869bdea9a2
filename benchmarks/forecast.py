"""Measure how far off forecasts are, on households made up from dice.

Half of each household's requests are its past, the other half is forecast at moments along the
way. Beside it stands the guess that always says the mean: asked for, plus what it took on average.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import random

from custom_components.media_status.lifecycle.forecast import forecast
from custom_components.media_status.lifecycle.habits import Life, learn
from custom_components.media_status.lifecycle.model import MediaType, Stage

from .figures import Figures, median, percentile

_HOUSEHOLDS = 20
_REQUESTS = 200  # each
_LOOKS = 6  # at each request on its way
_START = datetime(2026, 1, 1, tzinfo=UTC)


async def run(figures: Figures, seed: int, folder: Path) -> None:
    """Measure and print."""
    rng = random.Random(seed)  # noqa: S311 - the same dice each time are the point
    ours: list[float] = []
    mean: list[float] = []
    asked = inside = 0
    for _ in range(_HOUSEHOLDS):
        lives = list(_household(rng))
        past, future = lives[: _REQUESTS // 2], lives[_REQUESTS // 2 :]
        habits = learn(past)
        average = {kind: sum(sample.seconds) / len(sample) for kind, sample in habits.total.items()}
        for life in future:
            for now, stage, since, eta in _looks(life, rng):
                asked += 1
                found = forecast(
                    habits,
                    life.media_type,
                    stage,
                    is_anime=life.is_anime,
                    since=since,
                    download_eta=eta,
                    now=now,
                )
                end = life.available_at
                if found is None or end is None:
                    continue
                guess = life.stages[0][1] + timedelta(seconds=average[life.media_type])
                ours.append(abs((found.at - end).total_seconds()))
                mean.append(abs((max(guess, now) - end).total_seconds()))
                inside += found.earliest <= end <= found.latest
    figures.add("forecast.looks", float(asked))
    figures.add("forecast.answered", len(ours) / asked)
    figures.add("forecast.inside_its_range", inside / len(ours), at_least=0.6)
    figures.add("forecast.error_p50", median(ours) / 60, "min")
    figures.add("forecast.error_p90", percentile(ours, 0.9) / 60, "min")
    figures.add("forecast.always_the_mean_p50", median(mean) / 60, "min")
    figures.add("forecast.error_to_the_mean's", median(ours) / median(mean), below=0.5)


def _household(rng: random.Random) -> Iterator[Life]:
    """Yield requests of one household: its line, its disks and its library's habits differ."""
    speed = rng.uniform(2e6, 40e6)  # bytes per second
    import_time = rng.uniform(20, 300)  # seconds
    has_webhooks = rng.random() < 0.7
    scan = rng.uniform(600, 7200)
    begun = _START
    for _ in range(_REQUESTS):
        begun += timedelta(seconds=rng.expovariate(1 / 40_000))
        is_anime = rng.random() < 0.3
        size = rng.lognormvariate(22, 0.9)  # about 3.6 GB
        waits = [
            (Stage.APPROVED, rng.uniform(1, 120)),
            (Stage.SEARCHING, rng.lognormvariate(5, 1.5)),
            (Stage.GRABBING, rng.uniform(5, 60)),
            (Stage.DOWNLOADING, size / (speed * rng.uniform(0.2, 1.0))),
            (Stage.DOWNLOADED, rng.uniform(5, 90)),
            (Stage.IMPORTING, import_time * rng.uniform(0.5, 2)),
        ]
        if is_anime:
            waits.append((Stage.ANIME_MATCHING, rng.lognormvariate(4.5, 0.8)))
        quick = has_webhooks and rng.random() < 0.9
        seen = rng.uniform(10, 60) if quick else rng.uniform(0, scan)
        waits.append((Stage.SYNCING_LIBRARY, seen))
        yield _life(begun, waits, is_anime=is_anime, rng=rng)


def _life(
    begun: datetime, waits: list[tuple[Stage, float]], *, is_anime: bool, rng: random.Random
) -> Life:
    stages: list[tuple[Stage, datetime]] = []
    for stage, seconds in waits:
        stages.append((stage, begun))
        begun += timedelta(seconds=seconds)
    stages.append((Stage.AVAILABLE, begun))
    media_type = rng.choice(list(MediaType))
    return Life(media_type=media_type, is_anime=is_anime, stages=tuple(stages))


def _looks(
    life: Life, rng: random.Random
) -> Iterator[tuple[datetime, Stage, datetime, datetime | None]]:
    """Yield moments on the way: now, the stage, since when, and what the client estimates."""
    begun, end = life.stages[0][1], life.stages[-1][1]
    for _ in range(_LOOKS):
        now = begun + (end - begun) * rng.random()
        place = max(i for i, (_, at) in enumerate(life.stages) if at <= now)
        stage, since = life.stages[place]
        eta = None
        if stage in (Stage.GRABBING, Stage.DOWNLOADING):
            done = next(at for known, at in life.stages if known is Stage.DOWNLOADED)
            eta = now + (done - now) * rng.uniform(0.7, 1.4)
        yield now, stage, since, eta
