"""Nothing hides between two pages, whatever comes and goes while a list is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.errors import BadAnswer
from custom_components.media_status.connections.steady_list import Part, Place, SteadyList

SIZE = 4


@dataclass(frozen=True)
class Thing:
    """An element of the list; without a key its id cannot be read."""

    key: str | None


class Source:
    """A list that changes before some of the reads."""

    def __init__(self, *names: str | None) -> None:
        """Hold these elements."""
        self.names = list(names)
        self.changes: Iterator[Callable[[list[str | None]], object]] = iter(())
        self.reads: list[int] = []

    async def read(self, start: int, limit: int) -> Part[Thing]:
        """Return a page."""
        if (change := next(self.changes, None)) is not None:
            change(self.names)
        self.reads.append(start)
        rows = [Thing(name) for name in self.names[start : start + limit]]
        return Part(start=start, rows=rows, total=len(self.names), server_time=None)


async def names(source: Source, place: Place | None = None) -> list[str | None]:
    """Return all that is read."""
    found: list[str | None] = []
    reader = SteadyList(source.read, SIZE)
    async for stretch in reader.stretches(place or Place()):
        found += [row.key for row in stretch.rows]
    return found


def letters(count: int) -> list[str]:
    """Return so many names."""
    return [f"n{number}" for number in range(count)]


@pytest.mark.parametrize("count", range(12))
async def test_a_calm_list_is_read_once(count: int) -> None:
    """Every element comes once, in order."""
    assert await names(Source(*letters(count))) == letters(count)


@st.composite
def change(draw: st.DrawFn) -> Callable[[list[str | None]], object]:
    """Draw something that happens to a list between two reads."""
    where = draw(st.integers(0, 30))
    many = draw(st.integers(1, 6))
    new = f"x{draw(st.integers())}"
    removes = draw(st.booleans())

    def apply(listed: list[str | None]) -> None:
        if removes:
            del listed[where : where + many]
        elif new not in listed:
            listed.insert(min(where, len(listed)), new)

    return apply


@given(st.integers(0, 20), st.lists(change(), max_size=6))
async def test_what_stays_is_read(
    count: int, changes: list[Callable[[list[str | None]], object]]
) -> None:
    """What is there from the first read to the last is never missed, nor read twice."""
    source = Source(*letters(count))
    source.changes = iter(changes)
    found = await names(source)
    assert len(found) == len(set(found))
    assert set(source.names) & set(letters(count)) <= set(found)


@given(st.integers(0, 20), st.integers(1, 5), st.lists(change(), max_size=3))
async def test_what_stays_is_read_by_two_readers(
    count: int, pages: int, changes: list[Callable[[list[str | None]], object]]
) -> None:
    """A reader that goes on where another was interrupted completes what that one has read."""
    source = Source(*letters(count))
    found: set[str | None] = set()
    place = Place()
    first = SteadyList(source.read, SIZE).stretches(place)
    async for stretch in first:
        found |= {row.key for row in stretch.rows}
        place = Place.load(stretch.place.dump())
        pages -= 1
        if not pages:
            break
    await first.aclose()
    source.changes = iter(changes)
    found |= set(await names(source, place))
    assert set(source.names) & set(letters(count)) <= found


async def test_it_goes_on_behind_what_was_read() -> None:
    """A place that is still there costs no second look at what is ahead of it."""
    source = Source(*letters(12))
    assert await names(source, Place(start=7, last="n7", done=8)) == letters(12)[8:]
    assert source.reads[0] == 7


async def test_a_place_that_is_gone_begins_anew() -> None:
    """Where the last element cannot be found, everything is read."""
    source = Source(*letters(40))
    assert set(letters(40)) <= set(await names(source, Place(start=20, last="gone", done=21)))


async def test_what_is_listed_twice_comes_twice() -> None:
    """Judging that is left to who counts."""
    source = Source("a", "b", "c", "d", "a", "e")
    assert await names(source) == ["a", "b", "c", "d", "a", "e"]


async def test_unreadable_ones_are_counted_once() -> None:
    """Elements without an id come once each, also where pages overlap."""
    source = Source("a", None, "b", None, None, "c", None)
    found = await names(source)
    assert found.count(None) == 4
    assert found[0] == "a"


async def test_a_list_of_nothing_readable_is_no_list() -> None:
    """Another format must not look like an empty library."""
    with pytest.raises(BadAnswer):
        await names(Source(None, None))


async def test_half_a_list() -> None:
    """Pages that end too early are refused."""

    async def read(start: int, limit: int) -> Part[Thing]:
        rows = [Thing(name) for name in letters(9)[start : start + limit]]
        return Part(start=start, rows=rows, total=20, server_time=None)

    with pytest.raises(BadAnswer):
        [one async for one in SteadyList(read, SIZE).stretches(Place())]


async def test_a_list_without_a_count() -> None:
    """A list that does not say how long it is cannot be read to its end."""

    async def read(start: int, limit: int) -> Part[Thing]:
        return Part(start=start, rows=[Thing("a")], total=None, server_time=None)

    with pytest.raises(BadAnswer):
        [one async for one in SteadyList(read, SIZE).stretches(Place())]


async def test_a_list_that_never_stands_still() -> None:
    """It is given up instead of being read for ever."""

    async def read(start: int, limit: int) -> Part[Thing]:
        rows = [Thing(f"{start}-{len(seen)}-{number}") for number in range(limit)]
        seen.append(start)
        return Part(start=start, rows=rows, total=400, server_time=None)

    seen: list[int] = []
    with pytest.raises(BadAnswer):
        [one async for one in SteadyList(read, SIZE).stretches(Place())]


async def test_leaving_early_ends_the_read_ahead() -> None:
    """Nothing is asked for any more when the reader is left."""
    source = Source(*letters(20))
    reading = SteadyList(source.read, SIZE).stretches(Place())
    await anext(reading)
    await reading.aclose()
    assert source.reads == [0]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"start": -1, "last": "a", "done": 1},
        {"start": 3, "done": 1},
        {"start": "x"},
        {"last": 5},
    ],
)
def test_a_place_that_makes_no_sense(raw: dict[str, int | str]) -> None:
    """It is the beginning."""
    assert Place.load(dict(raw)) == Place()
