"""Each reason, with who said it, since when, and whether a person must act."""

from datetime import datetime

import pytest

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    File,
    Health,
    Playable,
    Search,
    Sought,
    Title,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage
from custom_components.media_status.lifecycle.request import Explanation
from custom_components.media_status.lifecycle.troubles import Ailment, Complaint

from .wish import EPISODES, Wish, about, fetched
from .world import at

ONE, TWO, THREE = EPISODES
SEERR, RADARR, SONARR = Service.SEERR, Service.RADARR, Service.SONARR
LIBRARY = Service.JELLYFIN
OUT = Wanted(monitored=True, released=True)


# --- before anything is grabbed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            AskStatus.PENDING,
            Explanation(code="waiting_approval", service=SEERR, needs_person=True),
        ),
        (AskStatus.DECLINED, Explanation(code="declined", service=SEERR)),
        (
            AskStatus.APPROVED,
            Explanation(code="approved", values={"service": "radarr"}, service=RADARR),
        ),
        (
            AskStatus.FAILED,
            Explanation(
                code="failed_request", values={"reason": "why"}, service=SEERR, needs_person=True
            ),
        ),
    ],
)
def test_what_seerr_says_explains_what_nobody_fetches_yet(
    status: AskStatus, expected: Explanation
) -> None:
    """Before any manager has said a word."""
    wish = Wish(managed=False)
    wish.says(1, about(Ask(status=status, message="why")), service=SEERR)
    assert wish.explanation == expected


def test_a_failed_request_may_have_no_reason() -> None:
    """Seerr often has none."""
    wish = Wish(managed=False)
    wish.says(1, about(Ask(status=AskStatus.FAILED)), service=SEERR)
    assert wish.explanation.values == {}


def test_a_withdrawn_request_is_removed() -> None:
    """Nobody in particular says so."""
    wish = Wish(managed=False)
    for minutes in (1, 20):
        wish.says(minutes, about(Ask(status=AskStatus.ABSENT)), service=SEERR)
    assert wish.explanation == Explanation(code="removed")


def test_what_never_reached_the_manager_is_told_apart() -> None:
    """It was asked, and does not have it."""
    wish = Wish(ONE, managed=False)
    wish.says(1, about(Title(present=False)))
    assert wish.explanation == Explanation(
        code="not_in_manager", values={"service": "sonarr"}, service=SONARR
    )


NOT_MONITORED = Explanation(
    code="not_monitored", values={"service": "radarr"}, service=RADARR, needs_person=True
)


def test_what_the_manager_does_not_look_for_needs_a_person() -> None:
    """The title, or the item, is not monitored; a title that is merely unread is not."""
    wish = Wish()
    assert wish.explanation == Explanation(
        code="approved", values={"service": "radarr"}, service=RADARR
    )
    wish.says(1, about(Title(present=True, monitored=False)))
    assert wish.explanation == NOT_MONITORED
    wish.says(2, about(Title(present=True, monitored=True)))
    assert wish.explanation.code == "approved"
    wish.says(3, about(Wanted(monitored=False, released=True), MOVIE))
    assert wish.explanation == NOT_MONITORED


@pytest.mark.parametrize(
    ("dates", "expected"),
    [((None, None), {}), ((5000, None), {"date": at(5000)}), ((5000, 3000), {"date": at(3000)})],
)
def test_what_is_not_out_has_the_first_date_that_is_known(
    dates: tuple[int | None, int | None], expected: dict[str, datetime]
) -> None:
    """Or none."""
    wish = Wish(*EPISODES)
    for item, minutes in zip((ONE, TWO), dates, strict=True):
        release_at = None if minutes is None else at(minutes)
        wish.says(1, about(Wanted(monitored=True, released=False, release_at=release_at), item))
    values: dict[str, str | int] = {name: day.date().isoformat() for name, day in expected.items()}
    assert wish.explanation == Explanation(code="unreleased", values=values, service=SONARR)


def test_a_search_says_when_it_was_made_last() -> None:
    """Of any of the items that are searched."""
    wish = Wish(*EPISODES)
    wish.says(1, about(OUT, ONE))
    assert wish.explanation == Explanation(code="searching", service=SONARR)
    for item, minutes in ((ONE, -5), (TWO, -3), (THREE, -4)):
        wish.says(2, about(OUT, item), about(Sought(at=at(minutes)), item))
    assert wish.explanation == Explanation(code="searching", service=SONARR, at=at(-3))
    wish.says(3, about(File(present=True), TWO))
    assert wish.status.items[TWO] is Stage.SYNCING_LIBRARY
    wish.says(4, about(Playable(present=True), TWO), service=LIBRARY)
    assert wish.explanation.code == "partially_available"


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(found=0), Explanation(code="no_releases", service=RADARR, at=at(4))),
        (
            Search(found=3, rejected=3),
            Explanation(
                code="all_rejected",
                values={"found": 3},
                service=RADARR,
                at=at(4),
                needs_person=True,
            ),
        ),
        (
            Search(found=3, rejected=3, reason="too large", count=2),
            Explanation(
                code="all_rejected",
                values={"found": 3, "reason": "too large", "count": 2},
                service=RADARR,
                at=at(4),
                needs_person=True,
            ),
        ),
        (Search(found=3, rejected=2), Explanation(code="searching", service=RADARR)),
    ],
)
def test_the_last_look_at_the_indexers_is_told(search: Search, expected: Explanation) -> None:
    """What there was, and that nothing of it was wanted."""
    wish = Wish()
    wish.says(1, about(OUT, MOVIE))
    wish.says(4, about(search, MOVIE))
    wish.says(3, about(Search(found=9), MOVIE), service=RADARR, connection="manager-2")
    assert wish.explanation == expected


# --- complaints --------------------------------------------------------------------------------

CAUSES = {
    Ailment.PROFILE_MISSING: ("profile_missing", True),
    Ailment.FOLDER_MISSING: ("folder_missing", True),
    Ailment.NO_CLIENT: ("no_client", True),
    Ailment.NO_INDEXER: ("no_indexer", True),
    Ailment.CLIENTS_DOWN: ("client_unavailable", False),
    Ailment.INDEXERS_DOWN: ("indexers_down", False),
}
AT = {
    Stage.SEARCHING: set(CAUSES),
    Stage.GRABBING: {Ailment.FOLDER_MISSING, Ailment.NO_CLIENT, Ailment.CLIENTS_DOWN},
    Stage.DOWNLOADED: {Ailment.FOLDER_MISSING},
    Stage.IMPORTING: {Ailment.FOLDER_MISSING},
    Stage.DOWNLOADING: set[Ailment](),
}


@pytest.mark.parametrize("stage", AT)
@pytest.mark.parametrize("ailment", Ailment)
def test_a_complaint_explains_the_stages_that_it_can_hold_up(
    ailment: Ailment, stage: Stage
) -> None:
    """At others the manager may be as it is."""
    wish = fetched(stage)
    before = wish.explanation
    wish.says(5, about(Health(complaints=(Complaint(ailment=ailment, detail="/m"),))))
    if ailment not in AT[stage]:
        assert wish.explanation == before
        return
    code, needs_person = CAUSES[ailment]
    assert wish.explanation == Explanation(
        code=code,
        values={"path": "/m"} if ailment is Ailment.FOLDER_MISSING else {},
        service=RADARR,
        since=at(5),
        needs_person=needs_person,
    )


def test_of_several_complaints_the_one_that_only_a_person_ends_comes_first() -> None:
    """Whoever complains; what has no details has none."""
    wish = fetched(Stage.SEARCHING)
    several = (Ailment.INDEXERS_DOWN, Ailment.NO_INDEXER)
    wish.says(5, about(Health(complaints=tuple(Complaint(ailment=one) for one in several))))
    assert wish.explanation.code == "no_indexer"
    folder = about(Health(complaints=(Complaint(ailment=Ailment.FOLDER_MISSING),)))
    wish.says(6, folder, service=RADARR, connection="manager-2")
    assert (wish.explanation.code, wish.explanation.values) == ("folder_missing", {})
    wish.says(7, about(Health()), service=RADARR, connection="manager-2")
    wish.says(7, about(Health()))
    assert wish.explanation.code == "searching"
