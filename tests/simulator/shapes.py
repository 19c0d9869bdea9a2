"""Comparing the shape of our answers with recorded and constructed samples."""

from collections.abc import Iterable
from functools import cache
import json
from pathlib import Path

_OWN = Path(__file__).parent / "samples"
_SHARED = Path(__file__).parents[1] / "fixtures"


@cache
def _text(service: str, name: str) -> str:
    for root in (_OWN / service, _SHARED / service):
        for path in sorted(root.rglob(f"{name}.json")):
            return path.read_text(encoding="utf-8")
    raise LookupError(f"no sample {service}/{name}")


def sample(service: str, name: str) -> object:
    """Return a sample; recordings with a frame around them give the body."""
    loaded = json.loads(_text(service, name))
    if isinstance(loaded, dict) and "seerr" in loaded:
        return loaded["response"]["body"] if "response" in loaded else loaded.get("body", loaded)
    return loaded


def differences(ours: object, theirs: object, *, free: Iterable[str] = ()) -> list[str]:
    """Return where the keys, their order or the types differ.

    `free` names keys that may be missing on either side, or dotted paths that are not compared.
    """
    found: list[str] = []
    _compare(ours, theirs, "", frozenset(free), found)
    return found


def _compare(
    ours: object, theirs: object, path: str, free: frozenset[str], found: list[str]
) -> None:
    if path in free:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        _compare_keys(ours, theirs, path, free, found)
    elif isinstance(theirs, list) and isinstance(ours, list):
        if theirs and ours:
            _compare(ours[0], theirs[0], path, free, found)
    elif _kind(ours) != _kind(theirs) and None not in {_kind(ours), _kind(theirs)}:
        found.append(f"{path}: {_kind(ours)} instead of {_kind(theirs)}")


def _compare_keys(
    ours: dict[str, object],
    theirs: dict[str, object],
    path: str,
    free: frozenset[str],
    found: list[str],
) -> None:
    found += [f"{path}.{key}: missing" for key in theirs if key not in ours and key not in free]
    found += [f"{path}.{key}: invented" for key in ours if key not in theirs and key not in free]
    common = [key for key in theirs if key in ours]
    order = [key for key in ours if key in theirs]
    if common != order:
        found.append(f"{path}: order {order} instead of {common}")
    for key in common:
        _compare(ours[key], theirs[key], f"{path}.{key}", free, found)


def _kind(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__
