"""Test several requests of one series in one plan, and seasons that were not asked for whole."""

from collections.abc import Iterable
from datetime import UTC, datetime

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldFile,
    HeldRecord,
    HeldTitle,
    HeldTorrent,
    Holder,
    Holdings,
    Plan,
    Served,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_plan import make_plan
from custom_components.media_status.lifecycle.model import ItemKey, MediaType, ProviderIds, Service

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IDS = ProviderIds(tvdb=300)
S1 = frozenset(ItemKey(1, number) for number in (1, 2, 3))
S2 = frozenset(ItemKey(2, number) for number in (1, 2))


def target(request_id: str, items: Iterable[ItemKey], *, is_whole: bool = True) -> DeletionTarget:
    """Return a request of the series."""
    return DeletionTarget(
        request_id=request_id,
        media_type=MediaType.SERIES,
        ids=IDS,
        title="Severance",
        is_whole=is_whole,
        items=frozenset(items),
        is_anime=True,
    )


def planned(
    *targets: DeletionTarget, known: frozenset[ItemKey] = S1 | S2, double: bool = False
) -> Plan:
    """Return the plan for a Sonarr that monitors and has a file of every known episode."""
    groups = [frozenset({item}) for item in sorted(known)]
    if double:
        groups = [groups[0] | groups[1], *groups[2:]]
    files = tuple(
        HeldFile(file_id=str(number), path=f"/tv/{number}.mkv", size=10, items=group)
        for number, group in enumerate(groups, start=1)
    )
    title = HeldTitle(
        request_id="",
        own_id="7",
        ids=IDS,
        title="Severance",
        files=files,
        monitored=known,
        item_ids={item: str(100 * item.season + item.number) for item in known},
    )
    holders = [
        Holder(
            connection_id="sonarr",
            service=Service.SONARR,
            name="Sonarr",
            holdings=Holdings(
                titles=tuple(
                    HeldTitle(
                        request_id=one.request_id,
                        own_id=title.own_id,
                        ids=IDS,
                        title=title.title,
                        files=files,
                        monitored=known,
                        item_ids=title.item_ids,
                    )
                    for one in targets
                )
            ),
        ),
        Holder(
            connection_id="shoko",
            service=Service.SHOKO,
            name="Shoko",
            holdings=Holdings(
                records=tuple(HeldRecord(file_id=one.file_id, path=one.path) for one in files)
            ),
        ),
    ]
    return make_plan("plan", NOW, DeletionOptions(), targets, holders)


def with_torrents(served: dict[str, set[ItemKey]], items: Iterable[ItemKey]) -> set[str]:
    """Return which torrents go with all that is left of the series."""
    title = HeldTitle(request_id="a", own_id="7", ids=IDS, title="Severance")
    brought = {
        name: frozenset(Served("7", item) for item in found) for name, found in served.items()
    }
    torrents = tuple(
        HeldTorrent(torrent_id=name, names=frozenset({name}), name=name, size=10, is_private=False)
        for name in served
    )
    holders = [
        Holder(
            connection_id="sonarr",
            service=Service.SONARR,
            name="Sonarr",
            holdings=Holdings(titles=(title,), served=brought),
        ),
        Holder(
            connection_id="qbittorrent",
            service=Service.QBITTORRENT,
            name="qBittorrent",
            holdings=Holdings(torrents=torrents),
        ),
    ]
    plan = make_plan("plan", NOW, DeletionOptions(), (target("a", items),), holders)
    assert of(plan, Verb.REMOVE_TITLE)
    return {step.target for step in of(plan, Verb.REMOVE_TORRENT)}


def of(plan: Plan, verb: Verb) -> list[Step]:
    """Return the steps of a kind that would be done."""
    return [step for step in plan.pending if step.verb is verb]


def test_both_seasons_together_are_the_whole_series() -> None:
    """What one request holds does not keep the series from going with the other one."""
    (step,) = of(planned(target("a", S1), target("b", S2)), Verb.REMOVE_TITLE)
    assert step.request_ids == ("a", "b")
    assert step.items == tuple(sorted(S1 | S2))
    assert step.size == 50


def test_each_episode_is_let_go_once() -> None:
    """Two requests of which parts go make one step with the episodes of both."""
    some, other = {ItemKey(1, 1)}, {ItemKey(2, 2)}
    plan = planned(target("a", some, is_whole=False), target("b", other, is_whole=False))
    (step,) = of(plan, Verb.UNMONITOR)
    assert step.request_ids == ("a", "b")
    assert set(step.items) == some | other
    assert {step.expects[item.label] for item in step.items} == {"101", "202"}
    assert len({step.id for step in plan.steps}) == len(plan.steps)
    owners = {step.items: step.request_ids for step in of(plan, Verb.REMOVE_FILE)}
    assert owners == {(ItemKey(1, 1),): ("a",), (ItemKey(2, 2),): ("b",)}


def test_a_file_goes_when_each_of_its_episodes_goes_with_somebody() -> None:
    """A file of two episodes, of which each request is about one, is nobody else's."""
    plan = planned(
        target("a", {ItemKey(1, 1)}, is_whole=False),
        target("b", {ItemKey(1, 2)}, is_whole=False),
        double=True,
    )
    (file,) = of(plan, Verb.REMOVE_FILE)
    assert file.request_ids == ("a", "b")
    (record,) = of(plan, Verb.REMOVE_RECORD)
    assert record.request_ids == ("a", "b")


def test_a_season_is_let_go_only_as_a_whole() -> None:
    """An episode of it that nobody named, perhaps not out yet, is still looked for."""
    (step,) = of(planned(target("a", {ItemKey(1, 1)} | S2)), Verb.UNMONITOR)
    assert {name for name in step.expects if name.startswith("season")} == {"season 2"}


def test_what_was_kept_before_is_not_taken_with_the_rest() -> None:
    """The last of a series takes its own torrents; those of parts that went before stay."""
    first, last = ItemKey(1, 1), ItemKey(2, 1)
    served = {"old": {first}, "new": {last}, "both": {first, last}}
    assert with_torrents(served, {last}) == {"new", "both"}
