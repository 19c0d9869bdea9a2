"""The stages of ended requests are read back with the moments they began."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from custom_components.media_status.journal import Batch
from custom_components.media_status.journal_lives import Totals
from custom_components.media_status.lifecycle.model import JsonValue, MediaType, Stage
from custom_components.media_status.lifecycle.request import Change, Request, TimelineEntry

from .builders import NOON, a_request, ending, opened, opening


def _moved(request: Request, before: Stage, stage: Stage, minutes: int) -> Change:
    values: dict[str, JsonValue] = {"before": before.value, "stage": stage.value}
    entry = TimelineEntry(
        request_id=request.id, at=NOON + timedelta(minutes=minutes), code="stage", values=values
    )
    return Change(request=request, timeline=[entry], is_stored=True)


async def test_a_life_is_read_back(tmp_path: Path) -> None:
    """From the opening over each change of stage to the end; open requests have no life yet."""
    request = a_request(opened_at=NOON)
    line = (Stage.APPROVED, Stage.DOWNLOADING, Stage.ANIME_MATCHING, Stage.AVAILABLE)
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)]))
        for number, (before, stage) in enumerate(pairwise(line), 1):
            await journal.write(Batch(changes=[_moved(request, before, stage, number)]))
        assert (await journal.past())[0] == []
        await journal.write(Batch(changes=[ending(request)]))
        (life,), totals = await journal.past()
    assert (life.media_type, life.is_anime) == (MediaType.MOVIE, True)
    assert life.stages == tuple(
        (stage, NOON + timedelta(minutes=number)) for number, stage in enumerate(line)
    )
    assert life.available_at == NOON + timedelta(minutes=3)
    assert totals == Totals(ended=1, available=1, completed=1)


async def test_a_clock_that_was_set_back_makes_no_time_negative(tmp_path: Path) -> None:
    """A stage that seems to begin before the one before it begins with it."""
    request = a_request(opened_at=NOON)
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)]))
        for before, stage, minutes in (
            (Stage.SEARCHING, Stage.DOWNLOADING, 60),
            (Stage.DOWNLOADING, Stage.AVAILABLE, 10),
        ):
            await journal.write(Batch(changes=[_moved(request, before, stage, minutes)]))
        await journal.write(Batch(changes=[ending(request)]))
        (life,), _ = await journal.past()
    assert [at for _, at in life.stages] == sorted(at for _, at in life.stages)


async def test_only_the_last_thousand_are_read(tmp_path: Path) -> None:
    """What was long ago says little about how it is now."""
    async with opened(tmp_path / "j.db") as (journal, _):
        changes = []
        for number in range(1, 1051):
            request = a_request(number)
            changes += [
                opening(request),
                _moved(request, Stage.SEARCHING, Stage.AVAILABLE, number),
                ending(request, NOON + timedelta(minutes=number)),
            ]
        await journal.write(Batch(changes=changes))
        lives, totals = await journal.past()
    assert len(lives) == 1000
    assert totals.ended == 1050
    assert lives[-1].available_at == NOON + timedelta(minutes=1050)
