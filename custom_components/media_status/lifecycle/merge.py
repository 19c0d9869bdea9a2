"""Merge facts about the same thing: idempotent, and whatever order they come in."""

from dataclasses import replace
from datetime import datetime, timedelta

from .facts import Fact, Grab, Outcome, Playable
from .model import Via

# Gone is what two healthy looks at least this far apart did not show.
GONE_AFTER = timedelta(minutes=10)


def merged(old: Fact | None, new: Fact) -> Fact:
    """Return what two facts about the same say together.

    The later one wins; on a tie the survey, then the larger text. A grab only ever gains items,
    an outcome is as old as its event, and what could be played is gone only when looks far enough
    apart have not found it. Idempotent and independent of order, so repeated and shuffled facts
    end the same.
    """
    if old is None:
        return new
    first, last = _in_order(old, new)
    value = last.value
    if isinstance(first.value, Grab) and isinstance(value, Grab):
        value = _united(first.value, value)
        same = True
    else:
        if isinstance(first.value, Playable) and isinstance(value, Playable):
            value = _outlasting(first.value, value, last.seen_at)
        same = first.value == value
    return Fact(
        # What is said again stays the same objects: surveys repeat tens of thousands of facts.
        subject=old.subject,
        value=old.value if old.value == value else value,
        connection_id=last.connection_id,
        service=last.service,
        seen_at=max(first.seen_at, last.seen_at),
        since=min(first.since, last.since) if same else last.since,
        via=last.via,
    )


def _united(first: Grab, last: Grab) -> Grab:
    return replace(last, items=first.items | last.items, at=max(first.at, last.at))


def _outlasting(first: Playable, last: Playable, seen_at: datetime) -> Playable:
    """Return what a second look says: one that misses what was there proves nothing yet."""
    if last.present or not first.present:
        return last
    missed_at = first.missed_at or seen_at
    return last if seen_at - missed_at >= GONE_AFTER else replace(first, missed_at=missed_at)


def _in_order(one: Fact, other: Fact) -> tuple[Fact, Fact]:
    """Return the earlier and the later of two facts; texts are made for a tie only."""
    first, second = _moment(one), _moment(other)
    is_later = _text(one) > _text(other) if first == second else first > second
    return (other, one) if is_later else (one, other)


def _moment(fact: Fact) -> tuple[datetime, bool]:
    at = fact.value.at if isinstance(fact.value, Outcome) else fact.seen_at
    return (at, fact.via is not Via.PUSH)


def _text(fact: Fact) -> str:
    value = fact.value
    if isinstance(value, Grab):
        value = replace(value, items=frozenset(), at=fact.seen_at)
    return repr(value)
