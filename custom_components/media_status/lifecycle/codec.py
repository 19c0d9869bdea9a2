"""Turn facts, requests and statuses into JSON and back.

The form is compact (defaults are left out) and forward compatible: unknown kinds, fields and words
are skipped when read, so an older version can read what a newer one wrote. Times are ISO 8601 in
UTC, enums their values, items `[season, number]` pairs in order.

How a field is written follows from its annotation, once, at import: a new field of a fact or of a
request needs no change here.
"""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from types import NoneType, UnionType
from typing import NamedTuple, cast, get_args, get_origin, get_type_hints

from .facts import Fact, FactValue
from .model import ItemKey, JsonObject, JsonValue, Service, Stage, Subject, Via
from .request import Request, Status


class FactRow(NamedTuple):
    """Hold a fact as the journal stores it; `value` is the JSON object of its kind."""

    subject: str
    connection_id: str
    kind: str
    service: str
    value: JsonObject
    seen_at: str
    since: str
    via: str


class _UnreadableError(ValueError):
    """Say that a stored value does not have the form that its field needs."""


type _Encode = Callable[[object], JsonValue]
type _Decode = Callable[[JsonValue], object]


class _Coder(NamedTuple):
    """Write and read one type; `encode` is None where the value is its own JSON."""

    encode: _Encode | None
    decode: _Decode


def encode_time(value: datetime) -> str:
    """Return a moment as text in UTC; such texts sort as the moments do."""
    if value.tzinfo is UTC:
        return value.isoformat()
    try:
        return value.astimezone(UTC).isoformat()
    except OverflowError:  # year 1 or 9999, which services send for "never"
        return value.isoformat()


def decode_time(text: str) -> datetime:
    """Return the moment that a text names; raise ValueError when it names none."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def encode_items(items: Iterable[ItemKey]) -> list[JsonValue]:
    """Return items as `[season, number]` pairs in order."""
    return [[season, number] for season, number in sorted(items)]


def decode_items(data: JsonValue) -> frozenset[ItemKey]:
    """Return the items that the pairs name; raise ValueError when they are not pairs."""
    return frozenset(map(_item, _list(data)))


def _list(data: JsonValue) -> list[JsonValue]:
    if not isinstance(data, list):
        raise _UnreadableError
    return data


def _object(data: JsonValue) -> JsonObject:
    if not isinstance(data, dict):
        raise _UnreadableError
    return data


def _item(data: JsonValue) -> ItemKey:
    pair = _list(data)
    if len(pair) != 2:
        raise _UnreadableError
    return ItemKey(_int(pair[0]), _int(pair[1]))


def _int(data: JsonValue) -> int:
    if not isinstance(data, int) or isinstance(data, bool):
        raise _UnreadableError
    return data


def _float(data: JsonValue) -> float:
    if isinstance(data, float):
        return data
    try:
        return float(_int(data))
    except OverflowError as err:
        raise _UnreadableError from err


def _bool(data: JsonValue) -> bool:
    if not isinstance(data, bool):
        raise _UnreadableError
    return data


def _str(data: JsonValue) -> str:
    if not isinstance(data, str):
        raise _UnreadableError
    return data


_PLAIN: dict[object, _Coder] = {
    bool: _Coder(None, _bool),
    int: _Coder(None, _int),
    float: _Coder(None, _float),
    str: _Coder(None, _str),
    datetime: _Coder(cast("_Encode", encode_time), lambda data: decode_time(_str(data))),
    set[ItemKey]: _Coder(cast("_Encode", encode_items), lambda data: set(decode_items(data))),
    frozenset[ItemKey]: _Coder(cast("_Encode", encode_items), decode_items),
    frozenset[int]: _Coder(
        lambda value: cast("list[JsonValue]", sorted(cast("frozenset[int]", value))),
        lambda data: frozenset(map(_int, _list(data))),
    ),
    dict[str, str]: _Coder(
        lambda value: dict(cast("dict[str, str]", value)),
        lambda data: {key: _str(text) for key, text in _object(data).items()},
    ),
    dict[str, str | int]: _Coder(
        lambda value: dict(cast("JsonObject", value)),
        lambda data: {key: _str_or_int(entry) for key, entry in _object(data).items()},
    ),
    dict[ItemKey, str]: _Coder(
        lambda value: [
            [season, number, text]
            for (season, number), text in sorted(cast("dict[ItemKey, str]", value).items())
        ],
        lambda data: dict(map(_item_text, _list(data))),
    ),
}


def _str_or_int(data: JsonValue) -> str | int:
    return data if isinstance(data, str) else _int(data)


def _item_text(data: JsonValue) -> tuple[ItemKey, str]:
    entry = _list(data)
    if len(entry) != 3:
        raise _UnreadableError
    return _item(entry[:2]), _str(entry[2])


def _coder(hint: object) -> _Coder:
    """Return how values of an annotation are written and read."""
    plain = _PLAIN.get(hint)
    if plain is not None:
        return plain
    if get_origin(hint) is tuple:
        return _sequence(_coder(get_args(hint)[0]))
    if get_origin(hint) is UnionType:
        (inner,) = (arm for arm in get_args(hint) if arm is not NoneType)
        return _coder(inner)  # None is never written, so never read
    if issubclass(cls := cast("type", hint), StrEnum):
        return _Coder(attrgetter("value"), cls)
    record = _Record(cls)  # refuses what is no dataclass
    return _Coder(record.encode, record.decode)


def _sequence(entry: _Coder) -> _Coder:
    """Return how tuples of any length are written and read."""
    encode = entry.encode

    def write(value: object) -> JsonValue:
        values = cast("tuple[JsonValue, ...]", value)
        return list(values) if encode is None else [encode(one) for one in values]

    return _Coder(write, lambda data: tuple(map(entry.decode, _list(data))))


_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of a record: its name, its default (`_REQUIRED` for none) and its coder."""

    name: str
    default: object
    coder: _Coder


class _Record[T]:
    """Write and read one dataclass; fields that hold their default are left out."""

    __slots__ = ("_cls", "_get", "_parts")

    def __init__(self, cls: type[T], *, without: frozenset[str] = frozenset()) -> None:
        hints = get_type_hints(cls)
        self._cls = cls
        self._parts = [
            _Part(part.name, _default(part), _coder(hints[part.name]))
            for part in fields(cast("type", cls))
            if part.name not in without
        ]
        self._get = attrgetter(*(part.name for part in self._parts))

    def encode(self, value: object) -> JsonObject:
        """Return the object's fields that differ from their defaults."""
        data: JsonObject = {}
        found = self._get(value)
        for part, entry in zip(
            self._parts, found if len(self._parts) > 1 else (found,), strict=True
        ):
            if entry != part.default:
                encode = part.coder.encode
                data[part.name] = entry if encode is None else encode(entry)
        return data

    def decode(self, data: JsonValue) -> T:
        """Return the object; raise ValueError when a field without default is unreadable."""
        known = _object(data)
        values: dict[str, object] = {}
        for part in self._parts:
            entry = known.get(part.name)
            if entry is None:
                continue
            try:
                values[part.name] = part.coder.decode(entry)
            except ValueError:
                continue
        if any(part.default is _REQUIRED and part.name not in values for part in self._parts):
            raise _UnreadableError
        return self._cls(**values)


def _default(part: Field[object]) -> object:
    if part.default is not MISSING:
        return part.default
    return _REQUIRED if part.default_factory is MISSING else part.default_factory()


_VALUES: dict[str, _Record[FactValue]] = {
    cls.kind.value: _Record(cls) for cls in get_args(FactValue.__value__)
}
_REQUESTS = _Record(Request, without=frozenset({"facts", "status", "file_items", "item_since"}))
_STATUSES = _Record(Status, without=frozenset({"items", "speed"}))


def encode_value(value: FactValue) -> JsonObject:
    """Return a fact's value as JSON; its kind is kept beside it."""
    return _VALUES[value.kind].encode(value)


def decode_value(kind: str, data: JsonValue) -> FactValue | None:
    """Return the value, or None when the kind or the form is not known."""
    record = _VALUES.get(kind)
    if record is None:
        return None
    try:
        return record.decode(data)
    except ValueError:
        return None


def encode_fact(fact: Fact) -> FactRow:
    """Return a fact as a row."""
    value = fact.value
    return FactRow(
        fact.subject.key,
        fact.connection_id,
        value.kind.value,
        fact.service.value,
        encode_value(value),
        encode_time(fact.seen_at),
        encode_time(fact.since),
        fact.via.value,
    )


def framed(row: FactRow, value: FactValue) -> Fact | None:
    """Return a value as the fact that its row makes of it, or None when that is unreadable."""
    try:
        return Fact(
            subject=Subject.parse(row.subject),
            connection_id=row.connection_id,
            service=Service(row.service),
            value=value,
            seen_at=decode_time(row.seen_at),
            since=decode_time(row.since),
            via=Via(row.via),
        )
    except ValueError:
        return None


def encode_request(request: Request) -> JsonObject:
    """Return a request's own fields: everything but its facts and what follows from them."""
    return _REQUESTS.encode(request)


def decode_request(data: JsonValue) -> Request | None:
    """Return a request without facts, or None when the form is not understood."""
    try:
        return _REQUESTS.decode(data)
    except ValueError:
        return None


def encode_status(status: Status) -> JsonObject:
    """Return a status without its items' stages and its speed, which only the moment knows."""
    return _STATUSES.encode(status)


def decode_status(data: JsonValue, items: dict[ItemKey, Stage] | None = None) -> Status | None:
    """Return a status with these items' stages, or None when the form is not understood."""
    try:
        status = _STATUSES.decode(data)
    except ValueError:
        return None
    status.items.update(items or {})
    return status
