"""What the library knows fills the gaps of a request's names, and nothing else."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.facts import Origin, Title
from custom_components.media_status.lifecycle.fill import (
    Difference,
    Filling,
    differences,
    fill,
    gaps,
)
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, TitleRef, Via
from custom_components.media_status.lifecycle.request import Request

from .wish import Wish, about
from .world import LIBRARY, SEERR, START, at

FILLING = Filling(
    ids=ProviderIds(tmdb=1, tvdb=2, imdb="tt3"),
    title="Show",
    year=2001,
    service_ids={LIBRARY: "x", "manager-2": "5"},
)


def _request(media_type: MediaType = MediaType.SERIES) -> Request:
    return Request(
        id="r1", media_type=media_type, origin=Origin.SEERR, created_at=START, opened_at=START
    )


def test_all_that_is_missing_is_filled_once() -> None:
    """Names in a fixed order; done twice it does nothing."""
    request = _request()
    names = ["tmdb", "tvdb", "imdb", "title", "year", LIBRARY, "manager-2"]
    assert gaps(request, FILLING) == fill(request, FILLING) == names
    assert (request.ids, request.title, request.year) == (FILLING.ids, "Show", 2001)
    assert request.service_ids == FILLING.service_ids
    assert fill(request, FILLING) == gaps(request, FILLING) == []
    assert differences(request, FILLING) == []


def test_a_number_of_a_film_at_tvdb_means_nothing() -> None:
    """It is neither filled in nor compared."""
    request = _request(MediaType.MOVIE)
    assert "tvdb" not in fill(request, FILLING)
    assert request.ids == ProviderIds(tmdb=1, imdb="tt3")
    request.ids = replace(request.ids, tvdb=9)
    assert differences(request, FILLING) == []


def test_what_is_known_stays_and_is_told_if_it_differs() -> None:
    """Whoever is right; what only one of both knows is no difference."""
    request = _request()
    request.ids = ProviderIds(tmdb=9, imdb="tt3")
    request.title, request.year = "Other", 1999
    request.service_ids = {LIBRARY: "y", SEERR: "41"}
    found = replace(FILLING, ids=ProviderIds(tmdb=1, imdb="tt3"))
    assert gaps(request, found) == fill(request, found) == ["manager-2"]
    assert (request.ids, request.title, request.year) == (
        ProviderIds(tmdb=9, imdb="tt3"),
        "Other",
        1999,
    )
    assert differences(request, found) == [
        Difference(name="tmdb", known="9", found="1"),
        Difference(name=LIBRARY, known="y", found="x"),
    ]


def test_an_empty_filling_fills_nothing() -> None:
    """And differs from nothing."""
    request = _request()
    assert (gaps(request, Filling()), fill(request, Filling())) == ([], [])
    assert (differences(request, FILLING), request.service_ids) == ([], {})


def test_a_filled_request_is_stored_shown_and_found_under_its_new_names() -> None:
    """Without a gap nothing is told."""
    wish = Wish(managed=False)
    tracker = wish.house.tracker
    filling = Filling(service_ids={"manager-2": "5"})
    (change,) = tracker.fill(wish.request.id, filling, at(1))
    assert (change.request, change.is_stored, change.visible) == (wish.request, True, True)
    assert wish.request.service_ids["manager-2"] == "5"
    title = TitleRef(media_type=MediaType.MOVIE, service_id="5")
    said = wish.world.manager_says(at(2), Via.SURVEY, about(Title(present=True)))
    seen = replace(said, connection_id="manager-2", title=title)
    assert [found.request for found in wish.house.push(seen, now=at(2))] == [wish.request]
    assert tracker.fill(wish.request.id, filling, at(2)) == []
    with pytest.raises(KeyError):
        tracker.fill("nobody", filling, at(2))
