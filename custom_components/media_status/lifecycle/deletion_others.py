"""Plan what Shoko, Jellyfin and Seerr shall do after files have gone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldItem,
    HeldWish,
    Holder,
    Step,
    StepStatus,
    Verb,
)
from .deletion_managers import Doom
from .model import MOVIE
from .paths import is_same_file


def record_steps(
    targets: Sequence[DeletionTarget],
    holders: Iterable[Holder],
    doom: Doom,
    options: DeletionOptions,
) -> list[Step]:
    """Return which of Shoko's records go: those of files that go, once they are gone."""
    steps: list[Step] = []
    all_ids = tuple(sorted(target.request_id for target in targets))
    for holder in holders:
        for record in holder.holdings.records if holder.holdings else ():
            # The very path: a copy in 4K, say, may lie in a folder of the same name and stay.
            going = doom.files.get(record.path)
            reason = None if going else "file_shared" if options.delete_files else "files_kept"
            steps.append(
                Step(
                    id=f"{holder.connection_id}:record:{record.file_id}",
                    connection_id=holder.connection_id,
                    service=holder.service,
                    verb=Verb.REMOVE_RECORD,
                    request_ids=going or all_ids,
                    target=record.file_id,
                    name=record.name or record.path,
                    expects={"path": record.path},
                    status=StepStatus.PENDING if going else StepStatus.SKIPPED,
                    reason=reason,
                )
            )
    return steps


def library_steps(
    targets: Sequence[DeletionTarget],
    holders: Iterable[Holder],
    doom: Doom,
    options: DeletionOptions,
) -> list[Step]:
    """Return which places Jellyfin shall look at again; it never deletes anything itself."""
    steps: list[Step] = []
    holders = list(holders)
    kept = _kept_files(holders, doom) if options.delete_files else []
    titled = {
        title.request_id
        for holder in holders
        for title in (holder.holdings.titles if holder.holdings else ())
    }
    for holder in holders:
        for target in targets:
            held = [
                item
                for item in (holder.holdings.items if holder.holdings else ())
                if item.request_id == target.request_id
                and (item.item is None or not any(is_same_file(item.path, path) for path in kept))
            ]
            if held:
                is_kept = target.request_id in titled - doom.touched
                steps.append(_refresh(target, holder, held, options, is_kept=is_kept))
    return steps


def _kept_files(holders: Iterable[Holder], doom: Doom) -> list[str]:
    """Return the managers' files that stay: another variant's, or with other episodes in them."""
    return [
        file.path
        for holder in holders
        for title in (holder.holdings.titles if holder.holdings else ())
        for file in title.files
        if file.path not in doom.files
    ]


def _refresh(
    target: DeletionTarget,
    holder: Holder,
    held: Sequence[HeldItem],
    options: DeletionOptions,
    *,
    is_kept: bool,
) -> Step:
    """Return the look at one place. What no manager has any more, a look does no harm to."""
    is_going = options.delete_files and not is_kept
    items = [item for item in held if item.item is None or item.item in target.items]
    return Step(
        id=f"{holder.connection_id}:refresh:{target.request_id}",
        connection_id=holder.connection_id,
        service=holder.service,
        verb=Verb.REFRESH,
        request_ids=(target.request_id,),
        target=next((item.item_id for item in items if item.item in {None, MOVIE}), ""),
        name=target.title,
        items=tuple(sorted(target.items)),
        expects={item.item_id: item.path for item in items if item.path},
        vanishes=tuple(sorted(item.item_id for item in items if item.item is not None)),
        status=StepStatus.PENDING if is_going else StepStatus.SKIPPED,
        reason=None if is_going else "files_kept",
    )


def wish_steps(
    targets: Sequence[DeletionTarget],
    holders: Iterable[Holder],
    options: DeletionOptions,
) -> list[Step]:
    """Return what goes from Seerr: our requests, and its record of the title if nobody else's."""
    return _merged(
        step
        for holder in holders
        for wish in (holder.holdings.wishes if holder.holdings else ())
        for target in targets
        if target.request_id == wish.request_id
        for step in _wish(target, holder, wish, options, _all_own(holder, wish))
    )


def _merged(steps: Iterable[Step]) -> list[Step]:
    """Return each thing once: HD and 4K of a title have one record, which goes with both or not.

    It is left when one of its targets wants it left.
    """
    merged: dict[str, Step] = {}
    for step in steps:
        known = merged.setdefault(step.id, step)
        if known is not step:
            kept = known if known.status is not StepStatus.PENDING else step
            ids = tuple(sorted({*known.request_ids, *step.request_ids}))
            merged[step.id] = replace(kept, request_ids=ids)
    return list(merged.values())


def _all_own(holder: Holder, wish: HeldWish) -> frozenset[str]:
    """Return Seerr's requests for a title that go with this plan, of all its targets."""
    wishes = holder.holdings.wishes if holder.holdings else ()
    return frozenset().union(*(one.own for one in wishes if one.media_id == wish.media_id))


def _wish(
    target: DeletionTarget,
    holder: Holder,
    wish: HeldWish,
    options: DeletionOptions,
    own: frozenset[str],
) -> Iterator[Step]:
    reason = None if options.remove_from_seerr else "kept_in_seerr"
    reason = reason or (None if target.is_whole else "only_a_part")
    for key in sorted(wish.own):
        yield _seerr_step(target, holder, Verb.REMOVE_REQUEST, key, reason, wish)
    if reason is None and not own.issuperset(wish.requests):
        reason = "others_asked_too"
    yield _seerr_step(target, holder, Verb.REMOVE_MEDIA, wish.media_id, reason, wish)


def _seerr_step(
    target: DeletionTarget,
    holder: Holder,
    verb: Verb,
    key: str,
    reason: str | None,
    wish: HeldWish,
) -> Step:
    kind = "request" if verb is Verb.REMOVE_REQUEST else "media"
    return Step(
        id=f"{holder.connection_id}:{kind}:{key}",
        connection_id=holder.connection_id,
        service=holder.service,
        verb=verb,
        request_ids=(target.request_id,),
        target=key,
        name=target.title,
        expects={"type": target.media_type.value, "media": wish.media_id}
        | ({"tmdb": str(wish.tmdb)} if wish.tmdb is not None else {}),
        status=StepStatus.PENDING if reason is None else StepStatus.SKIPPED,
        reason=reason,
    )
