"""Test what Shoko, Jellyfin and Seerr do after files have gone, and what they leave alone."""

from dataclasses import replace

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    HeldItem,
    HeldRecord,
    HeldWish,
    Holder,
    Holdings,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service

from .deletion_house import (
    E1,
    E2,
    E3,
    FILES_STAY,
    FILM,
    FILM_FILE,
    HELD_FILM,
    PART,
    SHOW,
    SINGLE,
    file,
    holder,
    planned,
    radarr,
    show,
    sonarr,
    steps,
)

KEPT = (StepStatus.SKIPPED, "files_kept")
SHARED = (StepStatus.SKIPPED, "file_shared")
DUE = (StepStatus.PENDING, None)
WISH = HeldWish(
    request_id="film", media_id="m1", tmdb=10, requests=("1", "2"), own=frozenset({"1", "2"})
)


def stands(step: Step) -> tuple[StepStatus, str | None]:
    """Return how a step stands, and why."""
    return step.status, step.reason


def shoko(*records: HeldRecord) -> Holder:
    """Return a Shoko with its files."""
    return holder(Service.SHOKO, Holdings(records=records))


def jellyfin(*items: HeldItem) -> Holder:
    """Return a Jellyfin with its items."""
    return holder(Service.JELLYFIN, Holdings(items=items))


def seerr(*wishes: HeldWish) -> Holder:
    """Return a Seerr with its records."""
    return holder(Service.SEERR, Holdings(wishes=wishes))


def episode(item: ItemKey, **where: str) -> HeldItem:
    """Return an episode in Jellyfin, of the series' request."""
    return HeldItem(request_id="show", item_id=f"j{item.number}", item=item, path=where.get("at"))


# --- Shoko ---------------------------------------------------------------------------------------


def test_the_record_of_a_file_that_goes_follows_it() -> None:
    """Named as Sonarr names the file, wherever Shoko has the library."""
    record = HeldRecord(file_id="5", path="/tv/Severance/1.mkv", name="Good News")
    (step,) = steps(planned(PART, sonarr(show(*SINGLE)), shoko(record)), Verb.REMOVE_RECORD)
    assert step == Step(
        id="shoko:record:5",
        connection_id="shoko",
        service=Service.SHOKO,
        verb=Verb.REMOVE_RECORD,
        request_ids=("show",),
        target="5",
        name="Good News",
        expects={"path": "/tv/Severance/1.mkv"},
        after=("sonarr:file:e1",),
    )


def test_the_record_of_a_file_that_stays_is_kept() -> None:
    """With the reason why its file stays; it is about all that was asked for."""
    record = HeldRecord(file_id="5", path="/tv/Severance/2.mkv")
    for options, expected in ((DeletionOptions(), SHARED), (FILES_STAY, KEPT)):
        plan = planned((PART, FILM), sonarr(show(*SINGLE)), shoko(record), options=options)
        (step,) = steps(plan, Verb.REMOVE_RECORD)
        assert stands(step) == expected
        assert step.request_ids == ("film", "show")
        assert step.name == "/tv/Severance/2.mkv"
        assert step.after == ()


def test_the_record_of_a_copy_is_kept() -> None:
    """A copy in 4K lies in a folder of the same name, under the same name; its record stays."""
    uhd = replace(FILM_FILE, file_id="u1", path="/films4k/Dune/Dune.mkv")
    records = [HeldRecord(file_id=one.file_id, path=one.path) for one in (FILM_FILE, uhd)]
    plan = planned(
        FILM,
        radarr(HELD_FILM, name="hd", is_4k=False),
        radarr(replace(HELD_FILM, own_id="8", files=(uhd,)), name="uhd", is_4k=True),
        shoko(*records),
    )
    own, copy = steps(plan, Verb.REMOVE_RECORD)
    assert (own.target, *stands(own)) == ("f1", *DUE)
    assert (copy.target, *stands(copy)) == ("u1", *SHARED)


def test_a_file_without_items_is_of_whoever_takes_the_title() -> None:
    """With the whole title everything in it goes, and so does its record."""
    extra = file(8)
    record = HeldRecord(file_id="5", path=extra.path)
    (step,) = steps(planned(SHOW, sonarr(show(*SINGLE, extra)), shoko(record)), Verb.REMOVE_RECORD)
    assert stands(step) == DUE
    assert step.request_ids == ("show",)


def test_a_record_is_of_the_requests_of_its_file() -> None:
    """A file is of those who asked for something in it, not of all who ask for the title."""
    other = replace(SHOW, request_id="other", items=frozenset({E3}))
    first = replace(SHOW, items=frozenset({E1, E2}))
    titles = (show(*SINGLE), replace(show(*SINGLE), request_id="other"))
    records = (
        HeldRecord(file_id="5", path=SINGLE[0].path),
        HeldRecord(file_id="6", path=SINGLE[2].path),
    )
    found = steps(planned((first, other), sonarr(*titles), shoko(*records)), Verb.REMOVE_RECORD)
    assert [step.request_ids for step in found] == [("show",), ("other",)]


# --- Jellyfin ------------------------------------------------------------------------------------


def test_jellyfin_looks_again_where_files_have_gone() -> None:
    """The step names the place, what must be gone afterwards, and nothing of the rest."""
    items = (
        HeldItem(request_id="show", item_id="series", path="/media/Severance"),
        episode(E2),
        episode(E1, at="/media/Severance/1.mkv"),
        episode(ItemKey(2, 1), at="/media/Severance/21.mkv"),
        HeldItem(request_id="film", item_id="x", item=MOVIE, path="/media/x/x.mkv"),
    )
    (step,) = steps(planned(SHOW, sonarr(show(*SINGLE)), jellyfin(*items)), Verb.REFRESH)
    assert step == Step(
        id="jellyfin:refresh:show",
        connection_id="jellyfin",
        service=Service.JELLYFIN,
        verb=Verb.REFRESH,
        request_ids=("show",),
        target="series",
        name="Severance",
        items=(E1, E2, E3),
        expects={"series": "/media/Severance", "j1": "/media/Severance/1.mkv"},
        vanishes=("j1", "j2"),
        after=("sonarr:title:9",),
    )


def test_a_film_is_its_own_place() -> None:
    """It must be gone afterwards, and is what is looked at."""
    item = HeldItem(request_id="film", item_id="j", item=MOVIE, path="/m/Dune/Dune.mkv")
    (step,) = steps(planned(FILM, radarr(HELD_FILM), jellyfin(item)), Verb.REFRESH)
    assert (step.target, step.vanishes) == ("j", ("j",))


def test_without_the_series_itself_there_is_no_place() -> None:
    """Then it is found by the paths of its episodes."""
    item = episode(E1, at="/media/Severance/1.mkv")
    (step,) = steps(planned(SHOW, sonarr(show(*SINGLE)), jellyfin(item)), Verb.REFRESH)
    assert (step.target, step.vanishes) == ("", ("j1",))
    assert step.expects == {"j1": "/media/Severance/1.mkv"}


def test_an_item_whose_file_stays_is_not_expected_to_vanish() -> None:
    """A double episode of which one stays, or the copy of another variant."""
    double = file(4, E1, E2)
    items = (
        HeldItem(request_id="show", item_id="series", path=double.path),
        episode(E1, at="/media/Severance/4.mkv"),
        episode(E3, at="/media/Severance/3.mkv"),
    )
    part = replace(PART, items=frozenset({E1, E3}))
    title = show(double, file(3, E3))
    (step,) = steps(planned(part, sonarr(title), jellyfin(*items)), Verb.REFRESH)
    assert step.vanishes == ("j3",)
    assert step.target == "series"
    only = planned(part, sonarr(title), jellyfin(items[1]))
    assert steps(only, Verb.REFRESH) == []


def test_jellyfin_keeps_what_has_files() -> None:
    """Because they were not to go, or because the title that has them is not meant."""
    item = HeldItem(request_id="film", item_id="j", item=MOVIE, path="/m/Dune/Dune.mkv")
    stay = planned(FILM, radarr(HELD_FILM), jellyfin(item), options=FILES_STAY)
    assert stands(*steps(stay, Verb.REFRESH)) == KEPT
    item = replace(item, path="/m/elsewhere/Dune.mkv")
    other = planned(FILM, radarr(HELD_FILM, is_4k=True), jellyfin(item))
    assert stands(*steps(other, Verb.REFRESH)) == KEPT


def test_the_last_traces_of_what_no_manager_has_are_looked_at() -> None:
    """A look does no harm, and finds what was removed by hand."""
    item = HeldItem(request_id="film", item_id="j", item=MOVIE, path="/m/Dune/Dune.mkv")
    plan = planned((FILM, SHOW), radarr(), sonarr(show(*SINGLE)), jellyfin(item))
    (step,) = steps(plan, Verb.REFRESH)
    assert stands(step) == DUE
    assert step.request_ids == ("film",)


def test_each_title_has_its_own_look() -> None:
    """One that stays does not keep another one from being looked at."""
    items = (
        HeldItem(request_id="film", item_id="j", item=MOVIE),
        episode(E1),
    )
    holders = (radarr(HELD_FILM, is_4k=True), sonarr(show(*SINGLE)), jellyfin(*items))
    found = steps(planned((FILM, SHOW), *holders), Verb.REFRESH)
    assert [(step.request_ids, *stands(step)) for step in found] == [
        (("film",), *KEPT),
        (("show",), *DUE),
    ]


# --- Seerr ---------------------------------------------------------------------------------------


def test_seerr_forgets_the_request_and_then_the_title() -> None:
    """Each step says what Seerr must still know of it."""
    plan = planned(FILM, radarr(HELD_FILM), seerr(WISH))
    first, second, media = steps(plan, Verb.REMOVE_REQUEST, Verb.REMOVE_MEDIA)
    assert first == Step(
        id="seerr:request:1",
        connection_id="seerr",
        service=Service.SEERR,
        verb=Verb.REMOVE_REQUEST,
        request_ids=("film",),
        target="1",
        name="Dune",
        expects={"type": "movie", "media": "m1", "tmdb": "10"},
        after=("radarr:title:7",),
    )
    assert (second.id, second.target) == ("seerr:request:2", "2")
    assert media == Step(
        id="seerr:media:m1",
        connection_id="seerr",
        service=Service.SEERR,
        verb=Verb.REMOVE_MEDIA,
        request_ids=("film",),
        target="m1",
        name="Dune",
        expects={"type": "movie", "media": "m1", "tmdb": "10"},
        after=("radarr:title:7", "seerr:request:1", "seerr:request:2"),
    )


def test_the_record_stays_while_others_ask() -> None:
    """Our own request goes, with all that is known of the title."""
    wish = replace(WISH, tmdb=None, own=frozenset({"1"}))
    request, media = steps(planned(FILM, seerr(wish)), Verb.REMOVE_REQUEST, Verb.REMOVE_MEDIA)
    assert stands(request) == DUE
    assert request.expects == {"type": "movie", "media": "m1"}
    assert stands(media) == (StepStatus.SKIPPED, "others_asked_too")


def test_seerr_is_left_alone_when_told_so_or_for_a_part() -> None:
    """Its records stay, with the reason; what was told weighs first."""
    leave = DeletionOptions(remove_from_seerr=False)
    part = replace(FILM, is_whole=False)
    for target, options, reason in (
        (FILM, leave, "kept_in_seerr"),
        (part, leave, "kept_in_seerr"),
        (part, DeletionOptions(), "only_a_part"),
    ):
        plan = planned(target, seerr(replace(WISH, own=frozenset({"1"}))), options=options)
        found = steps(plan, Verb.REMOVE_REQUEST, Verb.REMOVE_MEDIA)
        assert [stands(step) for step in found] == [(StepStatus.SKIPPED, reason)] * 2


def test_one_record_of_two_variants_goes_once() -> None:
    """HD and 4K together are all requests of it; one that stays keeps the record."""
    uhd = replace(FILM, request_id="uhd", is_4k=True)
    both = seerr(
        replace(WISH, own=frozenset({"1"})),
        replace(WISH, request_id="uhd", own=frozenset({"2"})),
        HeldWish(request_id="strange", media_id="m2", requests=("3",), own=frozenset({"3"})),
    )
    (media,) = steps(planned((uhd, FILM), both), Verb.REMOVE_MEDIA)
    assert stands(media) == DUE
    assert media.request_ids == ("film", "uhd")
    for kept, going in ((FILM, uhd), (uhd, FILM)):
        part = replace(kept, is_whole=False)
        for order in ((part, going), (going, part)):
            (media,) = steps(planned(order, both), Verb.REMOVE_MEDIA)
            assert stands(media) == (StepStatus.SKIPPED, "only_a_part")
            assert media.request_ids == ("film", "uhd")


def test_what_is_of_another_title_is_no_reason_to_let_a_record_go() -> None:
    """Only requests of the same record count as its own."""
    own = replace(WISH, own=frozenset({"1"}))
    other = HeldWish(request_id="show", media_id="m2", requests=("2",), own=frozenset({"2"}))
    media, another = steps(planned((FILM, SHOW), seerr(own, other)), Verb.REMOVE_MEDIA)
    assert stands(media) == (StepStatus.SKIPPED, "others_asked_too")
    assert stands(another) == DUE
    assert another.expects == {"type": "series", "media": "m2"}


def test_those_that_did_not_answer_have_no_steps() -> None:
    """Nothing is planned for a service that nobody heard of; it keeps the plan."""
    silent = [holder(kind, None) for kind in (Service.SHOKO, Service.JELLYFIN, Service.SEERR)]
    plan = planned(SHOW, sonarr(show(*SINGLE)), *silent)
    assert {step.verb for step in plan.pending} == {Verb.REMOVE_TITLE}
    assert [remark.code for remark in plan.blockers] == ["unknown"] * 3
