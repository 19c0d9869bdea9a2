"""Test that a copy in 4K and one in HD are never taken for each other."""

from datetime import UTC, datetime
from pathlib import Path

from custom_components.media_status.journal import Journal
from custom_components.media_status.library.backfill import BackFill
from custom_components.media_status.library.index import Library, load
from custom_components.media_status.lifecycle.facts import Origin
from custom_components.media_status.lifecycle.library import LibraryEntry
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Service
from custom_components.media_status.lifecycle.request import Request

from .shelf import Shelf, film
from .test_properties import read

NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def joined(path: Path, **shelves: list[LibraryEntry]) -> Library:
    """Return what these connections have; their names begin with their kind."""
    known = {}
    for name, entries in shelves.items():
        shelf = Shelf(name, Service(name.removesuffix("4k")))
        shelf.entries = entries
        known[name] = shelf
    journal = Journal(path / "test.db")
    await journal.open(NOW)
    try:
        await read(journal.library, known, list(known))
        return await load(journal.library, (await journal.library.sources()).values())
    finally:
        await journal.close()


def request(*, is_4k: bool, origin: Origin = Origin.SEERR) -> Request:
    """Return a request for the film."""
    return Request(
        id="r",
        media_type=MediaType.MOVIE,
        origin=origin,
        created_at=NOW,
        opened_at=NOW,
        ids=ProviderIds(tmdb=1),
        is_4k=is_4k,
    )


def found(
    library: Library, wish: Request, owned: frozenset[tuple[str, str]] = frozenset()
) -> dict[str, str]:
    """Return which own ids a request would get."""
    back_fill = BackFill(
        library,
        fits=lambda request, key: key.endswith("4k") is request.is_4k,
        has_variants=lambda _: True,
        owned=owned,
    )
    return dict(back_fill.known(wish).filling.service_ids)


async def test_each_copy_has_its_own_manager_and_item(tmp_path: Path) -> None:
    """Jellyfin's item is that of the manager's file, wherever it is mounted."""
    library = await joined(
        tmp_path,
        radarr=[film("7", tmdb=1, path="/films/Dune/Dune.mkv")],
        radarr4k=[film("8", tmdb=1, path="/films4k/Dune/Dune 2160p.mkv")],
        jellyfin=[
            film("hd", tmdb=1, path="/a/Dune/Dune.mkv"),
            film("uhd", tmdb=1, path="/b/Dune/Dune 2160p.mkv"),
        ],
    )
    assert found(library, request(is_4k=False)) == {"radarr": "7", "jellyfin": "hd"}
    assert found(library, request(is_4k=True)) == {"radarr4k": "8", "jellyfin": "uhd"}


async def test_the_other_copy_is_no_substitute(tmp_path: Path) -> None:
    """Whoever waits for 4K is not sent to the copy in HD."""
    library = await joined(
        tmp_path,
        radarr=[film("7", tmdb=1, path="/films/Dune/Dune.mkv")],
        radarr4k=[film("8", tmdb=1, present=False)],
        jellyfin=[film("hd", tmdb=1, path="/a/Dune/Dune.mkv")],
    )
    assert found(library, request(is_4k=True)) == {"radarr4k": "8"}


async def test_seerrs_number_is_that_of_one_request(tmp_path: Path) -> None:
    """It is filled where it can only be this one, asked for there, and nobody else has it."""
    library = await joined(
        tmp_path, seerr=[film("900", tmdb=1, requests="11,12", requests_4k="13")]
    )
    assert found(library, request(is_4k=False)) == {}
    assert found(library, request(is_4k=True)) == {"seerr": "13"}
    assert found(library, request(is_4k=True, origin=Origin.RADARR)) == {}
    assert found(library, request(is_4k=True), frozenset({("seerr", "13")})) == {}
