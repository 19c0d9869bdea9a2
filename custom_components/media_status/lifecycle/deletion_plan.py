"""Plan a deletion: from what services hold to exact steps. Pure, and the same for the same reads.

Order: download client, Radarr/Sonarr, Shoko, Jellyfin, Seerr. What could not be read is unknown,
and an unknown keeps the plan from being run: nothing is ever guessed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from .deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldTorrent,
    Holder,
    Plan,
    Remark,
    Step,
    StepStatus,
    Verb,
)
from .deletion_managers import MANAGERS, Doom, manager_steps
from .deletion_others import library_steps, record_steps, wish_steps
from .model import Service
from .paths import is_same_file

_KINDS = (
    Service.QBITTORRENT,
    Service.RADARR,
    Service.SONARR,
    Service.SHOKO,
    Service.JELLYFIN,
    Service.SEERR,
)
# What must have gone before: a torrent that stays would complete a new request at once, and what
# still has its files would come back everywhere else.
_OF_FILES = frozenset({Verb.REMOVE_TITLE, Verb.REMOVE_FILE})
_BEFORE_WISHES = _OF_FILES | {Verb.REMOVE_TORRENT, Verb.UNMONITOR}
_AFTER: dict[Verb, frozenset[Verb]] = {
    Verb.REMOVE_TITLE: frozenset({Verb.REMOVE_TORRENT}),
    Verb.REMOVE_FILE: frozenset({Verb.REMOVE_TORRENT, Verb.UNMONITOR}),
    Verb.REMOVE_RECORD: _OF_FILES,
    Verb.REFRESH: _OF_FILES | {Verb.REMOVE_RECORD},
    Verb.REMOVE_REQUEST: _BEFORE_WISHES,
    Verb.REMOVE_MEDIA: _BEFORE_WISHES | {Verb.REMOVE_REQUEST},
}


def make_plan(
    plan_id: str,
    now: datetime,
    options: DeletionOptions,
    targets: Sequence[DeletionTarget],
    holders: Sequence[Holder],
) -> Plan:
    """Return the plan that deletes the targets from everything that the holders have of them."""
    asked = [holder for holder in holders if _concerns(holder, targets)]
    doom = manager_steps(targets, asked, options)
    torrents = [
        _torrent_step(holder, torrent, doom, options, holders, targets)
        for holder in asked
        if holder.holdings is not None
        for torrent in holder.holdings.torrents
    ]
    torrents = _without_half_sharers(torrents, asked)
    steps = [*torrents, *doom.steps]
    steps += record_steps(targets, asked, doom, options)
    steps += library_steps(targets, asked, doom, options)
    steps += wish_steps(targets, asked, options)
    steps = _linked(steps) + _idle(targets, holders, steps)
    return Plan(
        id=plan_id,
        made_at=now,
        options=options,
        targets=tuple(targets),
        steps=tuple(steps),
        warnings=(*doom.warnings, *_warnings(steps), *_recycled(steps, asked)),
        blockers=(
            *doom.blockers,
            *_seeded_files(torrents, asked, doom),
            *_blockers(holders, steps),
        ),
    )


def is_same(before: Plan, after: Plan) -> bool:
    """Return whether a plan that is made anew would do exactly what was shown."""
    return (before.steps, before.blockers, before.options) == (
        after.steps,
        after.blockers,
        after.options,
    )


def _concerns(holder: Holder, targets: Iterable[DeletionTarget]) -> bool:
    """Return whether a service can have something of any target."""
    kind = MANAGERS.get(holder.service)
    return kind is None or any(target.media_type is kind for target in targets)


def _torrent_step(
    holder: Holder,
    torrent: HeldTorrent,
    doom: Doom,
    options: DeletionOptions,
    holders: Sequence[Holder],
    targets: Sequence[DeletionTarget],
) -> Step:
    """Return what happens to a torrent: it goes only when nobody else has anything of it."""
    is_known = any(_brought(torrent, target, holders) for target in targets)
    reason = _why_kept(torrent, doom, options, holders, is_known=is_known)
    mine = {target.request_id for target in targets if target.downloads & torrent.names} | {
        title.request_id
        for found in holders
        for title in (found.holdings.titles if found.holdings else ())
        if title.downloads & torrent.names
    }
    return Step(
        id=f"{holder.connection_id}:torrent:{torrent.torrent_id}",
        connection_id=holder.connection_id,
        service=holder.service,
        verb=Verb.REMOVE_TORRENT,
        request_ids=tuple(sorted(mine)),
        target=torrent.torrent_id,
        name=torrent.name,
        size=torrent.size if reason is None and options.delete_files else 0,
        delete_files=reason is None and options.delete_files,
        expects={"name": torrent.name, "shares_with": " ".join(torrent.shares_with)},
        status=StepStatus.PENDING if reason is None else StepStatus.SKIPPED,
        reason=reason,
    )


def _brought(torrent: HeldTorrent, target: DeletionTarget, holders: Iterable[Holder]) -> bool:
    """Return whether we know ourselves what a torrent brought: all of one target, nothing else.

    Radarr and Sonarr forget with a title what brought it; only then our own word is needed.
    """
    is_forgotten = all(
        title.request_id != target.request_id
        for found in holders
        for title in (found.holdings.titles if found.holdings else ())
    )
    return is_forgotten and target.is_whole and bool(target.own_downloads & torrent.names)


def _why_kept(
    torrent: HeldTorrent,
    doom: Doom,
    options: DeletionOptions,
    holders: Iterable[Holder],
    *,
    is_known: bool,
) -> str | None:
    """Return why a torrent stays, None when all that it brought goes and it has seeded enough."""
    served = [
        (found.connection_id, one)
        for found in holders
        for name, brought in (found.holdings.served if found.holdings else {}).items()
        if name in torrent.names
        for one in brought
    ]
    if not options.delete_torrents:
        return "torrents_kept"
    if not served and not is_known:
        return "origin_unknown"
    if any(not doom.covers(connection, one) for connection, one in served):
        return "torrent_shared"
    if served and not any(doom.means(connection, one) for connection, one in served):
        return "torrent_shared"
    if torrent.is_private is not False and torrent.has_seeded is not True:
        return None if options.delete_seeding else "torrent_seeding"
    return None


def _without_half_sharers(steps: list[Step], holders: Iterable[Holder]) -> list[Step]:
    """Keep torrents whose data another torrent uses that stays, until nothing changes any more."""
    shares: dict[tuple[str | None, str], tuple[str, ...]] = {
        (holder.connection_id, torrent.torrent_id): torrent.shares_with
        for holder in holders
        if holder.holdings is not None
        for torrent in holder.holdings.torrents
    }
    wanted = {(step.connection_id, step.target) for step in steps if step.delete_files}
    going = wanted
    while stay := {
        key for key in going if any((key[0], other) not in going for other in shares[key])
    }:
        going = going - stay
    kept = wanted - going
    return [
        replace(
            step,
            status=StepStatus.SKIPPED,
            reason="torrent_cross_seeded",
            size=0,
            delete_files=False,
        )
        if (step.connection_id, step.target) in kept
        else step
        for step in steps
    ]


def _seeded_files(steps: Iterable[Step], holders: Iterable[Holder], doom: Doom) -> Iterator[Remark]:
    """Yield the torrents that stay although a file that would go is their own data."""
    going = {(step.connection_id, step.target) for step in steps if step.delete_files}
    for holder in holders:
        for torrent in holder.holdings.torrents if holder.holdings else ():
            is_kept = (holder.connection_id, torrent.torrent_id) not in going
            if is_kept and any(
                is_same_file(own, path) for own in torrent.holds for path in doom.files
            ):
                yield Remark(code="file_seeding", values={"name": torrent.name})


def _linked(steps: Sequence[Step]) -> list[Step]:
    """Return the steps with those of the same request that each must wait for."""
    pending = [step for step in steps if step.status is StepStatus.PENDING]
    return [
        replace(
            step,
            after=tuple(
                other.id
                for other in pending
                if other.verb in _AFTER.get(step.verb, ())
                and not set(other.request_ids).isdisjoint(step.request_ids)
            ),
        )
        if step.status is StepStatus.PENDING
        else step
        for step in steps
    ]


def _idle(
    targets: Sequence[DeletionTarget], holders: Iterable[Holder], steps: Iterable[Step]
) -> list[Step]:
    """Return a row for every service that has no step: it has nothing, or nothing to do with it."""
    done = {step.service for step in steps}
    connected = {holder.service for holder in holders}
    idle: list[Step] = []
    for service in _KINDS:
        if service in done:
            continue
        kind = MANAGERS.get(service)
        is_foreign = kind is not None and all(one.media_type is not kind for one in targets)
        is_plain = service is Service.SHOKO and not any(one.is_anime for one in targets)
        status, reason = StepStatus.NOT_NEEDED, "nothing_there"
        # First the title: what no service of the kind can have, none was asked for.
        if is_foreign or is_plain:
            status = StepStatus.NOT_APPLICABLE
            reason = "other_media_type" if is_foreign else "not_anime"
        elif service not in connected:
            status, reason = StepStatus.NOT_APPLICABLE, "not_connected"
        idle.append(
            Step(
                id=f"{service}:nothing",
                connection_id=None,
                service=service,
                verb=Verb.NOTHING,
                request_ids=tuple(target.request_id for target in targets),
                status=status,
                reason=reason,
            )
        )
    return idle


def _warnings(steps: Iterable[Step]) -> list[Remark]:
    return [
        Remark(code=step.reason, values={"name": step.name})
        for step in steps
        if step.verb is Verb.REMOVE_TORRENT and step.reason is not None
    ]


def _recycled(steps: Sequence[Step], holders: Iterable[Holder]) -> Iterator[Remark]:
    """Yield who moves files elsewhere on the disk when they are deleted."""
    going = {
        step.connection_id
        for step in steps
        if step.delete_files and step.status is StepStatus.PENDING
    }
    for holder in holders:
        has_bin = holder.holdings is not None and holder.holdings.has_recycle_bin
        if has_bin and holder.connection_id in going:
            yield Remark(code="recycle_bin", values={"name": holder.name})


def _blockers(holders: Iterable[Holder], steps: Sequence[Step]) -> list[Remark]:
    """Return who could not be asked, and whose sudden losses make its word doubtful."""
    blockers = [
        Remark(code="unknown", values={"name": holder.name})
        for holder in holders
        if holder.holdings is None
    ]
    blockers += [
        Remark(code="frozen", values={"name": holder.name})
        for holder in holders
        if holder.is_frozen
    ]
    if not any(step.status is StepStatus.PENDING for step in steps):
        blockers.append(Remark(code="nothing_to_do"))
    return blockers
