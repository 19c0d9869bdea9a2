"""Turn changes into statements for the journal, and its rows back into requests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import orjson

from .lifecycle.codec import (
    FactRow,
    decode_request,
    decode_status,
    decode_time,
    decode_value,
    encode_fact,
    encode_items,
    encode_request,
    encode_status,
    encode_time,
    framed,
)
from .lifecycle.facts import Fact, FactKey, FactValue, Grab, Queue, Transfer
from .lifecycle.model import ItemKey, JsonObject, JsonValue, Service, Stage
from .lifecycle.request import Change, Request, Status, TimelineEntry

type Column = str | int | None
type Row = tuple[Column, ...]

# What no title needs and no index should carry.
_LONGEST_LISTED = 300
_LARGEST_INTEGER = 2**63 - 1
_SERVICES = frozenset(service.value for service in Service)
_STAGES = frozenset(stage.value for stage in Stage)

_SAVE_REQUEST = """INSERT INTO requests (
    id, open, media_type, origin, title, title_search, year, requested_by, is_4k,
    stage, stage_since, opened_at, ended_at, available_at, document, status
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    open = excluded.open, media_type = excluded.media_type, origin = excluded.origin,
    title = excluded.title, title_search = excluded.title_search, year = excluded.year,
    requested_by = excluded.requested_by, is_4k = excluded.is_4k, stage = excluded.stage,
    stage_since = excluded.stage_since, opened_at = excluded.opened_at,
    ended_at = excluded.ended_at, available_at = excluded.available_at,
    document = excluded.document, status = excluded.status"""
_CLEAR_KEYS = "DELETE FROM request_keys WHERE request_id = ?"
_SAVE_KEY = """INSERT INTO request_keys (request_id, connection_id, service_id) VALUES (?, ?, ?)
ON CONFLICT DO NOTHING"""
_CLEAR_ITEMS = "DELETE FROM items WHERE request_id = ?"
_DROP_ITEM = "DELETE FROM items WHERE request_id = ? AND season = ? AND number = ?"
_SAVE_ITEM = """INSERT INTO items (request_id, season, number, title, stage, since)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    title = excluded.title, stage = excluded.stage, since = excluded.since"""
_DROP_DOWNLOAD = "DELETE FROM downloads WHERE request_id = ? AND download_id = ?"
_SAVE_DOWNLOAD = """INSERT INTO downloads (request_id, download_id, items, size, first_seen)
VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    items = excluded.items, size = excluded.size,
    first_seen = min(first_seen, excluded.first_seen)"""
_CLEAR_FACTS = "DELETE FROM facts WHERE request_id = ?"
_DROP_FACT = """DELETE FROM facts
WHERE request_id = ? AND subject = ? AND connection_id = ? AND kind = ? AND via = ?"""
_SAVE_FACT = """INSERT INTO facts (
    request_id, subject, connection_id, kind, service, value, seen_at, since, via
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    service = excluded.service, value = excluded.value, seen_at = excluded.seen_at,
    since = excluded.since"""
_ADD_ENTRY = "INSERT INTO timeline (request_id, at, service, code, details) VALUES (?, ?, ?, ?, ?)"
_SAVE_CURSOR = """INSERT INTO cursors (connection_id, cursor, survey_at) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET cursor = excluded.cursor, survey_at = excluded.survey_at"""


class Statement(NamedTuple):
    """One SQL text with the rows that it runs over."""

    sql: str
    rows: Iterable[Row]


class _ItemRow(NamedTuple):
    """What the journal holds of an item."""

    title: str | None
    stage: Stage | None
    since: datetime | None


@dataclass(slots=True)
class _Written:
    """What the journal holds of an open request, so that only differences are written."""

    items: dict[ItemKey, _ItemRow] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


class Writer:
    """Turn changes into statements, remembering what was written of the open requests.

    A request that the writer does not remember is written whole. That is the case for new ones and
    after `forget`, which is also how a batch that failed is made good by the request's next change.
    """

    def __init__(self) -> None:
        self._written: dict[str, _Written] = {}

    def remember(self, requests: Iterable[Request]) -> None:
        """Take these requests for written as they are."""
        for request in requests:
            self._written[request.id] = _Written(_items(request), dict(request.service_ids))

    def forget(self, request_ids: Iterable[str]) -> None:
        """Write these requests whole next time."""
        for request_id in request_ids:
            self._written.pop(request_id, None)

    def statements(self, change: Change) -> Iterator[Statement]:
        """Yield what stores a change, in the order in which it has to run."""
        request = change.request
        written = self._written.get(request.id)
        # Of a request that ended before, the reader may hold no facts and no items' stages.
        whole = written is None and (request.is_open or change.ended or change.opened)
        if written is None or change.is_stored or change.opened or change.ended or change.before:
            yield Statement(_SAVE_REQUEST, [request_row(request)])
            if whole:
                yield Statement(_CLEAR_ITEMS, [(request.id,)])
                yield Statement(_CLEAR_KEYS, [(request.id,)])
                written = _Written()
            if written is not None:
                yield from _part_statements(request, written)
        if request.is_open and written is not None:
            self._written[request.id] = written
        else:
            self._written.pop(request.id, None)
        yield from _fact_statements(change, whole=whole)
        if change.timeline:
            yield Statement(_ADD_ENTRY, [entry_row(entry) for entry in change.timeline])


def _part_statements(request: Request, written: _Written) -> Iterator[Statement]:
    """Yield what brings the request's keys and items up to date."""
    if written.keys != request.service_ids:
        written.keys = dict(request.service_ids)
        yield Statement(_CLEAR_KEYS, [(request.id,)])
        yield Statement(
            _SAVE_KEY, [(request.id, text(key), text(own)) for key, own in written.keys.items()]
        )
    items = _items(request)
    if items == written.items:
        return
    gone = written.items.keys() - items.keys()
    if gone:
        yield Statement(_DROP_ITEM, [(request.id, *item) for item in gone])
    yield Statement(
        _SAVE_ITEM,
        [
            (
                request.id,
                *item,
                text(found.title, _LONGEST_LISTED),
                found.stage.value if found.stage else None,
                encode_time(found.since) if found.since else None,
            )
            for item, found in items.items()
            if written.items.get(item) != found
        ],
    )
    written.items = items


def _fact_statements(change: Change, *, whole: bool) -> Iterator[Statement]:
    request = change.request
    facts, dropped = change.facts, change.dropped
    if whole:
        yield Statement(_CLEAR_FACTS, [(request.id,)])
        facts = request.facts | facts
    elif dropped:
        yield Statement(_DROP_FACT, [_fact_key(request.id, key) for key in dropped])
    if facts:
        # Facts are frozen: they become rows in the journal's own thread.
        yield Statement(_SAVE_FACT, _FactRows(request.id, list(facts.values())))
    downloads = {key[0].download for key in (*facts, *dropped)} - {None}
    if downloads:
        yield from _download_statements(request, {key for key in downloads if key is not None})


class _FactRows:
    """Make the rows of facts each time they are asked for: a group that fails is run again."""

    __slots__ = ("_facts", "_request_id")

    def __init__(self, request_id: str, facts: list[Fact]) -> None:
        self._request_id = request_id
        self._facts = facts

    def __iter__(self) -> Iterator[Row]:
        return (fact_row(self._request_id, fact) for fact in self._facts)


def _download_statements(request: Request, downloads: set[str]) -> Iterator[Statement]:
    """Yield what describes these downloads as the request's facts know them now."""
    serves: dict[str, set[ItemKey]] = {}
    sizes: dict[str, tuple[int, int]] = {}  # the client knows best, then the queue, then the grab
    seen: dict[str, datetime] = {}
    for fact in request.facts.values():
        key = fact.subject.download
        if key is None or key not in downloads:
            continue
        value = fact.value
        serves.setdefault(key, set())
        seen[key] = min(seen.get(key, fact.since), fact.since)
        if isinstance(value, Grab):
            serves[key] |= value.items & request.items
        if isinstance(value, Grab | Queue | Transfer) and value.size is not None:
            rank = 2 if isinstance(value, Transfer) else int(isinstance(value, Queue))
            sizes[key] = max(sizes.get(key, (0, 0)), (rank, value.size))
    gone = downloads - serves.keys()
    if gone:
        yield Statement(_DROP_DOWNLOAD, [(request.id, text(key)) for key in gone])
    if serves:
        yield Statement(
            _SAVE_DOWNLOAD,
            [
                (
                    request.id,
                    text(key),
                    dumps(encode_items(items)),
                    integer(sizes[key][1]) if key in sizes else None,
                    encode_time(seen[key]),
                )
                for key, items in serves.items()
            ],
        )


def cursor_statement(cursors: Iterable[tuple[str, JsonObject]], now: datetime) -> Statement:
    """Return what stores the connections' cursors."""
    at = encode_time(now)
    return Statement(_SAVE_CURSOR, [(key, dumps(cursor), at) for key, cursor in cursors])


def request_row(request: Request) -> Row:
    """Return a request's own row."""
    title = text(request.title, _LONGEST_LISTED)
    original = text(request.original_title, _LONGEST_LISTED) or ""
    return (
        request.id,
        int(request.is_open),
        request.media_type.value,
        request.origin.value,
        title,
        f"{title or ''}\n{original}".casefold(),
        integer(request.year),
        text(request.requested_by, _LONGEST_LISTED),
        int(request.is_4k),
        request.stage.value,
        _time(request.stage_since),
        encode_time(request.opened_at),
        _time(request.ended_at),
        _time(request.available_at),
        dumps(encode_request(request)),
        dumps(encode_status(request.status)),
    )


def _time(value: datetime | None) -> str | None:
    return None if value is None else encode_time(value)


def fact_row(request_id: str, fact: Fact) -> Row:
    """Return a fact's row."""
    row = encode_fact(fact)
    return (
        request_id,
        text(row.subject),
        text(row.connection_id),
        row.kind,
        row.service,
        dumps(row.value),
        row.seen_at,
        row.since,
        row.via,
    )


def _fact_key(request_id: str, key: FactKey) -> Row:
    subject, connection_id, kind, via = key
    return (request_id, text(subject.key), text(connection_id), kind.value, via.value)


def entry_row(entry: TimelineEntry) -> Row:
    """Return a timeline entry's row."""
    service = entry.service.value if entry.service is not None else None
    return (entry.request_id, encode_time(entry.at), service, entry.code, dumps(entry.values))


def _items(request: Request) -> dict[ItemKey, _ItemRow]:
    titles, stages, since = request.item_titles, request.status.items, request.item_since
    return {
        item: _ItemRow(titles.get(item), stages.get(item), since.get(item))
        for item in request.items
    }


def read_request(row: Sequence[str], items: dict[ItemKey, Stage] | None = None) -> Request | None:
    """Return the request of (stage, document, status), or None when it cannot be understood."""
    stage, document, status = row
    request = decode_request(loads(document))
    if request is None:
        return None
    request.status = decode_status(loads(status), items) or Status(
        stage=Stage(stage) if stage in _STAGES else Stage.REQUESTED, items=items or {}
    )
    return request


class FactReader:
    """Read facts; values that are written alike are kept once, for most episodes' facts are."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], FactValue | None] = {}

    def read(self, row: Sequence[str]) -> Fact | None:
        """Return the fact of a facts row without its request, or None when it is not understood."""
        subject, connection_id, kind, service, raw, seen_at, since, via = row
        try:
            value = self._values[kind, raw]
        except KeyError:
            value = self._values[kind, raw] = decode_value(kind, loads(raw))
        if value is None:
            return None
        return framed(
            FactRow(subject, connection_id, kind, service, {}, seen_at, since, via), value
        )


def read_entry(row: tuple[str, str, str | None, str, str]) -> TimelineEntry | None:
    """Return the entry of (request_id, at, service, code, details), or None when unreadable."""
    request_id, at, service, code, details = row
    values = loads(details)
    try:
        return TimelineEntry(
            request_id=request_id,
            at=decode_time(at),
            code=code,
            service=Service(service) if service in _SERVICES else None,
            values=values if isinstance(values, dict) else {},
        )
    except ValueError:
        return None


def text(value: str | None, limit: int | None = None) -> str | None:
    """Return text that SQLite takes: half characters, which JSON can smuggle in, are replaced."""
    if value is None:
        return None
    if limit is not None and len(value) > limit:
        value = value[:limit]
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def integer(value: int | None) -> int | None:
    """Return a number that fits an SQLite integer; a larger one is not known."""
    return value if value is not None and abs(value) <= _LARGEST_INTEGER else None


def dumps(value: JsonValue) -> str:
    """Return JSON; what JSON cannot say (half characters, endless numbers) is replaced."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return orjson.dumps(_sayable(value)).decode()


def loads(raw: str) -> JsonValue:
    """Return what JSON says; None when it is not JSON."""
    try:
        value: JsonValue = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value


def _sayable(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return text(value)
        case bool():
            return value
        case int():
            return integer(value)
        case list():
            return [_sayable(entry) for entry in value]
        case dict():
            return {text(key) or "": _sayable(entry) for key, entry in value.items()}
        case _:
            return value
