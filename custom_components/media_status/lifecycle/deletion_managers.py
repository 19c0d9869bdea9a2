"""Plan what Radarr and Sonarr shall remove: the whole title, or exactly the chosen episodes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldFile,
    HeldTitle,
    Holder,
    PlannedFile,
    Remark,
    Served,
    Step,
    StepStatus,
    Verb,
)
from .model import ItemKey, MediaType, Service

MANAGERS = {Service.RADARR: MediaType.MOVIE, Service.SONARR: MediaType.SERIES}


@dataclass(frozen=True, slots=True)
class _Meant:
    """A title in a manager with all targets that are about it."""

    holder: Holder
    title: HeldTitle
    targets: tuple[DeletionTarget, ...]

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Return the requests that it is about."""
        return tuple(sorted(target.request_id for target in self.targets))

    @property
    def whole(self) -> DeletionTarget:
        """Return the targets as one: what one of them holds, another one does not keep."""
        items = frozenset[ItemKey]().union(*(target.items for target in self.targets))
        kept = frozenset[ItemKey]().union(*(target.kept_items for target in self.targets))
        return replace(
            self.targets[0],
            is_whole=all(target.is_whole for target in self.targets),
            items=items,
            kept_items=kept - items,
        )

    def owners(self, items: frozenset[ItemKey]) -> tuple[str, ...]:
        """Return the requests that some items are of."""
        found = {target.request_id for target in self.targets if target.items & items}
        return tuple(sorted(found))


@dataclass(slots=True)
class Doom:
    """What goes from the managers: needed to judge torrents, records and library items."""

    steps: list[Step] = field(default_factory=list)
    # (connection, own id) -> what was asked for of it
    titles: dict[tuple[str, str], frozenset[ItemKey]] = field(default_factory=dict)
    served: set[tuple[str, Served]] = field(default_factory=set)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)  # path -> requests
    touched: set[str] = field(default_factory=set)  # requests that some manager holds
    warnings: list[Remark] = field(default_factory=list)
    blockers: list[Remark] = field(default_factory=list)

    def covers(self, connection_id: str, served: Served) -> bool:
        """Return whether what a download brought goes with this plan."""
        return (connection_id, served.title_id) in self.titles or (
            connection_id,
            served,
        ) in self.served

    def means(self, connection_id: str, served: Served) -> bool:
        """Return whether somebody asked for what a download brought, not only for its neighbours.

        What else a title once had may have been kept on purpose when it was deleted.
        """
        asked = self.titles.get((connection_id, served.title_id), frozenset())
        return served.item in asked or (connection_id, served) in self.served


def manager_steps(
    targets: Iterable[DeletionTarget], holders: Iterable[Holder], options: DeletionOptions
) -> Doom:
    """Return what the managers shall remove, and what follows for everybody else."""
    doom = Doom()
    managers = [found for found in holders if found.service in MANAGERS and found.holdings]
    meant: dict[tuple[str, str], _Meant] = {}
    for target in targets:
        held = list(_held(target, managers))
        chosen = _chosen(target, held, managers)
        if len(chosen) > 1:
            names = ", ".join(sorted(holder.name for holder, _ in chosen))
            doom.blockers.append(
                Remark(code="several_instances", values={"title": target.title, "names": names})
            )
            continue
        for holder, title in held:
            values = {"title": target.title, "name": holder.name}
            if (holder, title) not in chosen:
                doom.warnings.append(Remark(code="kept_in_instance", values=values))
            elif _is_other(target, holder, title):
                doom.blockers.append(Remark(code="identity_changed", values=values))
            else:
                key = (holder.connection_id, title.own_id)
                before = meant[key].targets if key in meant else ()
                meant[key] = _Meant(holder, title, (*before, target))
    for found in meant.values():
        _plan_title(found, options, doom)
    return doom


def _held(target: DeletionTarget, managers: Iterable[Holder]) -> Iterator[tuple[Holder, HeldTitle]]:
    for holder in managers:
        for title in holder.holdings.titles if holder.holdings else ():
            if title.request_id == target.request_id:
                yield holder, title


def _chosen(
    target: DeletionTarget, held: list[tuple[Holder, HeldTitle]], managers: Iterable[Holder]
) -> list[tuple[Holder, HeldTitle]]:
    """Return the instance that is meant: the request's own, else the only one that fits.

    What another instance has is not meant, even when the own one has nothing any more.
    """
    own = {one.connection_id for one in managers} & target.service_ids.keys()
    if own:
        return [found for found in held if found[0].connection_id in own]
    return [(one, title) for one, title in held if one.is_4k in {None, target.is_4k}]


def _plan_title(meant: _Meant, options: DeletionOptions, doom: Doom) -> None:
    """Plan a title once, however many requests of it go together."""
    holder, title = meant.holder, meant.title
    doom.touched.update(meant.request_ids)
    if _is_all(meant.whole, title):
        doom.steps.append(_remove_title(meant, options))
        doom.titles[holder.connection_id, title.own_id] = meant.whole.items
        doom.files.update(
            (file.path, meant.owners(file.items) or meant.request_ids)
            for file in (title.files if options.delete_files else ())
        )
        return
    for file in _plan_items(meant, options, doom):
        doom.files[file.path] = meant.owners(file.items)


def _is_other(target: DeletionTarget, holder: Holder, title: HeldTitle) -> bool:
    """Return whether a title is not the target by its provider ids; its own id may have changed."""
    known, found = dict(target.ids.pairs()), dict(title.ids.pairs())
    if not known:
        return target.service_ids.get(holder.connection_id) != title.own_id
    shared = known.keys() & found.keys()
    return not shared or any(known[name] != found[name] for name in shared)


def _is_all(target: DeletionTarget, title: HeldTitle) -> bool:
    """Return whether nothing of a title would be left for anybody."""
    if target.media_type is MediaType.MOVIE:
        return target.is_whole
    others = frozenset[object]().union(*(file.items for file in title.files)) | title.monitored
    return target.is_whole and not target.kept_items and not (others - target.items)


def _remove_title(meant: _Meant, options: DeletionOptions) -> Step:
    holder, title = meant.holder, meant.title
    files = title.files if options.delete_files else ()
    return Step(
        id=f"{holder.connection_id}:title:{title.own_id}",
        connection_id=holder.connection_id,
        service=holder.service,
        verb=Verb.REMOVE_TITLE,
        request_ids=meant.request_ids,
        target=title.own_id,
        name=title.title,
        items=tuple(sorted(meant.whole.items)),
        files=tuple(PlannedFile(path=file.path, size=file.size) for file in files),
        size=sum(file.size for file in files),
        delete_files=options.delete_files,
        add_import_exclusion=options.add_import_exclusion,
        expects=dict(title.ids.pairs()) | _place(title.path, title),
    )


def _place(path: str | None, title: HeldTitle) -> dict[str, str]:
    """Return where something lies, and what is needed to see that it has gone from there."""
    place = {"path": path, "root": title.root, "alone": "yes" if title.is_alone else None}
    return {name: value for name, value in place.items() if value is not None}


def _plan_items(meant: _Meant, options: DeletionOptions, doom: Doom) -> list[HeldFile]:
    """Plan chosen episodes: look for them no more, and remove the files that hold nothing else."""
    holder, title, target = meant.holder, meant.title, meant.whole
    going: list[HeldFile] = []
    doom.steps.append(_unmonitor(meant))
    for file in sorted(title.files, key=lambda found: found.path):
        if not file.items & target.items:
            continue
        kept = file.items - target.items
        step = _remove_file(meant, file)
        if kept:
            labels = ", ".join(item.label for item in sorted(kept))
            step = _left(step, "file_shared")
            doom.warnings.append(
                Remark(code="file_shared", values={"path": file.path, "items": labels})
            )
        elif not options.delete_files:
            step = _left(step, "files_kept")
        else:
            going.append(file)
            doom.served.update(
                (holder.connection_id, Served(title.own_id, item)) for item in file.items
            )
        doom.steps.append(step)
    held = frozenset[object]().union(*(file.items for file in title.files))
    doom.served.update(
        (holder.connection_id, Served(title.own_id, item)) for item in target.items - held
    )
    return going


def _unmonitor(meant: _Meant) -> Step:
    holder, title = meant.holder, meant.title
    sought = sorted(title.monitored & meant.whole.items)
    return Step(
        id=f"{holder.connection_id}:unmonitor:{title.own_id}",
        connection_id=holder.connection_id,
        service=holder.service,
        verb=Verb.UNMONITOR,
        request_ids=meant.request_ids,
        target=title.own_id,
        name=title.title,
        items=tuple(sought),
        expects=dict(title.ids.pairs()) | _own_ids(meant, sought),
        status=StepStatus.PENDING if sought else StepStatus.NOT_NEEDED,
        reason=None if sought else "not_monitored",
    )


def _own_ids(meant: _Meant, sought: Iterable[ItemKey]) -> dict[str, str]:
    """Return what the manager calls episodes (by `S01E02`) and seasons (by `season 1`).

    A season as a whole is not looked for any more when all of it was asked for, as far as the
    manager knows it: an episode of it that nobody named, be it not out yet, keeps it.
    """
    title, whole = meant.title, meant.whole
    known = {item.label: title.item_ids[item] for item in sought if item in title.item_ids}
    if whole.media_type is MediaType.MOVIE:
        return known
    asked = {item.season for one in meant.targets if one.is_whole for item in one.items}
    others = {item.season for item in whole.kept_items | (title.item_ids.keys() - whole.items)}
    return known | {f"season {number}": str(number) for number in sorted(asked - others)}


def _remove_file(meant: _Meant, file: HeldFile) -> Step:
    holder, title = meant.holder, meant.title
    return Step(
        id=f"{holder.connection_id}:file:{file.file_id}",
        connection_id=holder.connection_id,
        service=holder.service,
        verb=Verb.REMOVE_FILE,
        request_ids=meant.owners(file.items),
        target=file.file_id,
        name=title.title,
        items=tuple(sorted(file.items)),
        files=(PlannedFile(path=file.path, size=file.size),),
        size=file.size,
        delete_files=True,
        expects={"title": title.own_id} | _place(file.path, title),
    )


def _left(step: Step, reason: str) -> Step:
    """Return a step that is only there to say why it is not done."""
    return Step(
        id=step.id,
        connection_id=step.connection_id,
        service=step.service,
        verb=step.verb,
        request_ids=step.request_ids,
        target=step.target,
        name=step.name,
        items=step.items,
        status=StepStatus.SKIPPED,
        reason=reason,
    )
