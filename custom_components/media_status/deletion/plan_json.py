"""Turn plans and jobs into JSON and back, strictly: a job half understood must not be run.

Unlike the codec of facts, nothing is skipped here: an unknown or unreadable field makes the whole
job unreadable, because what would be missing might be what a step has to wait for. Fields that
hold their default are left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import cast, get_args, get_origin, get_type_hints

from ..lifecycle.codec import decode_time, encode_time
from ..lifecycle.deletion_job import Job
from ..lifecycle.model import ItemKey, JsonObject, JsonValue

type _Reader = Callable[[JsonValue], object]


class UnreadableError(ValueError):
    """Say that a stored plan or job is not one that this version understands whole."""


def encode_job(job: Job) -> tuple[JsonObject, JsonObject]:
    """Return a job's plan, which never changes, and the rest of it."""
    data = cast("JsonObject", encode(job))
    plan = data.pop("plan")
    return cast("JsonObject", plan), data


def decode_job(plan: JsonValue, data: JsonValue) -> Job:
    """Return the job that `encode_job` wrote; raise UnreadableError."""
    if not isinstance(data, dict):
        raise UnreadableError("not an object")
    job = cast("Job", _read(_JOBS, {**data, "plan": plan}))
    if job.states.keys() != {step.id for step in job.plan.steps}:
        raise UnreadableError("steps and states differ")
    return job


def encode(value: object) -> JsonValue:
    """Return a value of a plan as JSON."""
    match value:
        case None | bool() | int() | str():
            return value.value if isinstance(value, StrEnum) else value
        case datetime():
            return encode_time(value)
        case frozenset() | set():
            return [encode(one) for one in sorted(value)]
        case tuple() | list():
            return [encode(one) for one in value]
        case Mapping():
            return {_key(key): encode(one) for key, one in value.items()}
    if is_dataclass(value):
        return {
            part.name: encode(getattr(value, part.name))
            for part in fields(value)
            if getattr(value, part.name) != _default(part)
        }
    raise TypeError(f"no form for {type(value)}")


def _read(reader: _Reader, data: JsonValue) -> object:
    try:
        return reader(data)
    except (ValueError, TypeError, KeyError) as err:
        raise UnreadableError(str(err)) from err


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("only texts name values")
    return key


def _default(part: Field[object]) -> object:
    """Return what a field holds when nothing is said; itself when there is no such thing."""
    if part.default is not MISSING:
        return part.default
    return part if part.default_factory is MISSING else part.default_factory()


def _reader(hint: object) -> _Reader:
    """Return what reads values of an annotation."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return _any_of([_reader(arm) for arm in inner])
    if origin in {tuple, frozenset}:
        make, each = cast("Callable[[list[object]], object]", origin), _reader(inner[0])
        return lambda data: make([each(one) for one in _list(data)])
    if origin is Mapping:
        value = _reader(inner[1])
        return lambda data: {key: value(one) for key, one in _object(data).items()}
    if hint is ItemKey:
        return _item
    if hint is datetime:
        return lambda data: decode_time(_exactly(str, data))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda data: hint(_exactly(str, data))
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    return lambda data: _exactly(cast("type[object]", hint), data)


def _any_of(readers: list[_Reader]) -> _Reader:
    def read(data: JsonValue) -> object:
        for reader in readers:
            try:
                return reader(data)
            except ValueError:
                continue
        raise UnreadableError("of no known form")

    return read


def _record(cls: type) -> _Reader:
    """Return what reads a dataclass, with all its fields and no other."""
    readers = {name: _reader(hint) for name, hint in get_type_hints(cls).items()}
    names = {part.name for part in fields(cls)}
    needed = {part.name for part in fields(cls) if isinstance(_default(part), Field)}

    def read(data: JsonValue) -> object:
        known = _object(data)
        if not needed <= known.keys() <= names:
            raise UnreadableError(f"fields of {cls.__name__}")
        return cls(**{name: readers[name](value) for name, value in known.items()})

    return read


def _exactly[T](cls: type[T], data: JsonValue) -> T:
    """Return a plain value; a bool is no number here."""
    if cls is NoneType and data is None:
        return cast("T", None)
    if type(data) is not cls:
        raise UnreadableError(f"not {cls}")
    return data


def _list(data: JsonValue) -> list[JsonValue]:
    return cast("list[JsonValue]", _exactly(list, data))


def _object(data: JsonValue) -> JsonObject:
    return cast("JsonObject", _exactly(dict, data))


def _item(data: JsonValue) -> ItemKey:
    season, number = _list(data)
    return ItemKey(_exactly(int, season), _exactly(int, number))


# Made once, at import: what a form looks like does not depend on when it is first asked for.
_JOBS = _reader(Job)
