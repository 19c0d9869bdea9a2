"""Prove of any household: a second sync changes nothing, and the order of services is all one."""

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
import tempfile

from hypothesis import given, settings, strategies as st

from custom_components.media_status.journal import Journal
from custom_components.media_status.journal_library import LibraryRows
from custom_components.media_status.library.backfill import BackFill
from custom_components.media_status.library.index import Library, load
from custom_components.media_status.library.reading import Reader
from custom_components.media_status.lifecycle.facts import Origin
from custom_components.media_status.lifecycle.fill import fill
from custom_components.media_status.lifecycle.library import EntryKind, LibraryEntry
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Service
from custom_components.media_status.lifecycle.request import Request

from .shelf import Shelf

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KINDS = (Service.SEERR, Service.RADARR, Service.SONARR, Service.JELLYFIN)
SMALL = st.none() | st.integers(1, 3)
IDS = st.builds(
    ProviderIds, tmdb=SMALL, tvdb=SMALL, imdb=st.none() | st.sampled_from(["tt01", "tt02", "tt03"])
)
ENTRIES = st.lists(
    st.builds(
        LibraryEntry,
        kind=st.sampled_from([EntryKind.MOVIE, EntryKind.SERIES]),
        own_id=st.sampled_from("abcd"),
        ids=IDS,
        title=st.sampled_from([None, "One", "Two"]),
        year=SMALL,
        path=st.sampled_from([None, "/m/x/y", "/n/x/y", "/m/x/z"]),
        present=st.sampled_from([None, True, False]),
        details=st.sampled_from([{}, {"requests": "1"}, {"requests": "1,2"}]),
    ),
    max_size=5,
)
SHELVES = st.fixed_dictionaries(dict.fromkeys(KINDS, ENTRIES))
REQUESTS = st.lists(
    st.builds(
        Request,
        id=st.uuids().map(str),
        media_type=st.sampled_from(MediaType),
        origin=st.just(Origin.SEERR),
        created_at=st.just(NOW),
        opened_at=st.just(NOW),
        ids=IDS,
        service_ids=st.dictionaries(
            st.sampled_from([kind.value for kind in KINDS]), st.sampled_from("abx"), max_size=1
        ),
    ),
    max_size=3,
)


async def read[K: str](rows: LibraryRows, shelves: Mapping[K, Shelf], order: Sequence[K]) -> None:
    """Read all services, one after another."""
    for kind in order:
        reader = Reader(
            rows,
            shelves[kind],
            now=NOW,
            is_full=False,
            is_frozen=False,
            error_code=str,
            told=lambda: None,
        )
        await reader.read((await rows.sources()).get(str(kind)))


def picture(library: Library) -> list[tuple[str, ...]]:
    """Return who knows what, whatever the order."""
    return sorted(
        (
            str(group.joined.media_type),
            str(group.joined.ids),
            str(group.joined.conflicts),
            str(group.title),
            str(group.year),
            str(sorted((one.source.connection_id, one.source.own_id) for one in group.entries)),
        )
        for group in library.groups
    )


def filled(library: Library, requests: list[Request]) -> list[str]:
    """Fill the requests, and return what they lacked."""
    back_fill = BackFill(
        library, fits=lambda *_: True, has_variants=lambda _: False, owned=frozenset()
    )
    lacked: list[str] = []
    for request in requests:
        known = back_fill.known(request)
        assert fill(request, known.filling) == list(known.gaps)
        lacked += known.gaps
    return lacked


async def synced(
    entries: dict[Service, list[LibraryEntry]],
    requests: list[Request],
    order: Sequence[Service],
) -> tuple[list[tuple[str, ...]], list[Request]]:
    """Sync twice into a new journal; return what came of it, after seeing that once is enough."""
    shelves = {kind: Shelf(kind.value, kind) for kind in KINDS}
    for kind, shelf in shelves.items():
        shelf.entries = entries[kind]
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "test.db")
        await journal.open(NOW)
        try:
            await read(journal.library, shelves, order)
            library = await load(journal.library, (await journal.library.sources()).values())
            once = picture(library)
            filled(library, requests)
            kept = deepcopy(requests)
            await read(journal.library, shelves, order[::-1])
            library = await load(journal.library, (await journal.library.sources()).values())
            assert picture(library) == once
            assert filled(library, requests) == []
            assert requests == kept
        finally:
            await journal.close()
    return once, requests


@settings(max_examples=25, deadline=None)
@given(SHELVES, REQUESTS, st.permutations(KINDS))
def test_once_is_enough_and_the_order_is_all_one(
    entries: dict[Service, list[LibraryEntry]], requests: list[Request], order: list[Service]
) -> None:
    """Any shelves, any requests, any order: the same index, the same fillings, nothing twice."""
    before = [(request.ids, dict(request.service_ids)) for request in requests]
    expected = asyncio.run(synced(entries, deepcopy(requests), KINDS))
    found = asyncio.run(synced(entries, deepcopy(requests), order))
    assert found == expected
    for (ids, service_ids), request in zip(before, found[1], strict=True):
        assert request.ids.filled_from(ids) == request.ids
        assert ids.filled_from(request.ids) == request.ids  # nothing was overwritten
        assert service_ids.items() <= request.service_ids.items()
