"""Whatever is written, in whatever batches, a journal that is opened again holds exactly that."""

import asyncio
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st

from custom_components.media_status.journal import Batch, Journal
from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.lifecycle.request import Change, Request, TimelineEntry

from .builders import rows
from .strategies import FACTS, MOMENTS, REQUESTS, STATUSES, entries

LONG_AGO = datetime.min.replace(tzinfo=UTC)
STAGES = st.sampled_from(Stage)


class Household:
    """Say what is true, change by change, as the tracker would."""

    def __init__(self, data: st.DataObject) -> None:
        """Initialize without requests; `data` decides what happens."""
        self.requests: dict[str, Request] = {}
        self.timelines: dict[str, list[TimelineEntry]] = {}
        self._draw = data.draw

    def change(self) -> Change:
        """Open a request, or let something happen to one that is open."""
        live = [request for request in self.requests.values() if request.is_open]
        request = self._draw(st.sampled_from([None, *live]))
        if request is None:
            change = self._opened()
        else:
            change = Change(request=request, is_stored=self._draw(st.booleans()))
            if change.is_stored:
                self._altered(request)
        self._stated(change)
        if self._draw(st.integers(0, 4)) == 0:
            self._end(change)
        return change

    def _opened(self) -> Change:
        request = self._draw(REQUESTS)
        request.ended_at = None
        self._status(request)
        self.requests[request.id] = request
        self.timelines[request.id] = []
        return Change(request=request, opened=True, is_stored=True)

    def _altered(self, request: Request) -> None:
        """Let a request's own fields become those of another one."""
        other = self._draw(REQUESTS)
        for name in ("title", "year", "seasons", "items", "item_titles", "service_ids"):
            setattr(request, name, getattr(other, name))
        self._status(request)

    def _status(self, request: Request) -> None:
        stages = {item: self._draw(STAGES) for item in sorted(request.items)}
        request.status = replace(self._draw(STATUSES), items=stages)
        request.item_since = {item: self._draw(MOMENTS) for item in sorted(request.items)}

    def _stated(self, change: Change) -> None:
        request = change.request
        for key in (
            self._draw(st.sets(st.sampled_from(list(request.facts)), max_size=2))
            if (request.facts)
            else ()
        ):
            del request.facts[key]
            change.dropped.add(key)
        for fact in self._draw(st.lists(FACTS, max_size=4)):
            request.facts[fact.key] = change.facts[fact.key] = fact
        change.timeline = self._draw(st.lists(entries(request.id), max_size=2))
        self.timelines[request.id] += change.timeline

    def _end(self, change: Change) -> None:
        request = change.request
        request.ended_at = request.opened_at
        change.ended = change.is_stored = True


async def live(path: Path, household: Household, data: st.DataObject) -> None:
    """Write batches over several lives of the process, comparing at the start of each."""
    cursors: dict[str, dict[str, int]] = {}
    for _ in range(data.draw(st.integers(1, 3))):
        journal = Journal(path)
        start = await journal.open(LONG_AGO)
        try:
            assert start.cursors == cursors
            assert start.unreadable == 0
            household.requests |= {request.id: request for request in start.requests}
            for number in range(data.draw(st.integers(1, 4))):
                changes = [household.change() for _ in range(data.draw(st.integers(0, 2)))]
                cursors["seerr"] = {"page": number}
                await journal.write(Batch(changes=changes, cursors={"seerr": {"page": number}}))
        finally:
            expected = deepcopy(household.requests)
            await journal.close()
        await compare(path, expected, household.timelines)


async def compare(
    path: Path, expected: dict[str, Request], timelines: dict[str, list[TimelineEntry]]
) -> None:
    """Check that a journal that is opened now holds exactly the expected requests."""
    journal = Journal(path)
    start = await journal.open(LONG_AGO)
    try:
        by_id = {request.id: request for request in start.requests}
        assert by_id == {key: request for key, request in expected.items() if request.is_open}
        recent = {request.id for request in start.recent}
        assert recent == expected.keys() - by_id.keys()
        for key, request in expected.items():
            assert await journal.request(key) == request
            assert await journal.timeline(key, limit=1000) == timelines[key]
        assert (await journal.counts())["items"] == sum(
            len(request.items) for request in expected.values()
        )
        assert (await journal.counts())["facts"] == sum(
            len(request.facts) for request in expected.values()
        )
        assert set(
            rows(path, "SELECT request_id, connection_id, service_id FROM request_keys")
        ) == {
            (request.id, *key)
            for request in expected.values()
            for key in request.service_ids.items()
        }
    finally:
        await journal.close()


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_sequence_of_batches_is_read_back(data: st.DataObject) -> None:
    """Requests, facts, timelines and cursors come back as they were last written."""
    with TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder) / "j.db", Household(data), data))
