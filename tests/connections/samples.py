"""Webhook bodies to read, and ways to spoil them."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from custom_components.media_status.lifecycle.model import JsonObject, JsonValue

FIXTURES = Path(__file__).parents[1] / "fixtures"

ODD_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "1e400",
        "9" * 60,
        "x" * 65536,
        "{{request_id}}",
        "<b>bold</b>",
        "\x00\x1b[31m",
        "\ud800",
        "\u202egnp.exe",
        "S99999E99999",
        "tt",
        "null",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | ODD_TEXTS
)


def _nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(children, max_size=4) | st.dictionaries(
        st.text(max_size=8), children, max_size=4
    )


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(SCALARS, _nested, max_leaves=12)


def bodies(service: str) -> dict[str, JsonObject]:
    """Return all recorded and constructed webhook bodies of a service by name."""
    folder = FIXTURES / service / "webhook"
    return {
        str(path.relative_to(folder).with_suffix("")): body(path)
        for path in sorted(folder.rglob("*.json"))
        if path.stem != "all-variables"
    }


def body(path: Path) -> JsonObject:
    """Return the body of a sample; recordings carry it with the request around it."""
    raw: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    inner = raw.get("body", raw)
    assert isinstance(inner, dict)
    return inner


@st.composite
def spoiled(draw: st.DrawFn, samples: dict[str, JsonObject]) -> JsonObject:
    """Draw a sample of which some members are replaced, emptied or dropped."""
    name = draw(st.sampled_from(sorted(samples)))
    copy: JsonObject = json.loads(json.dumps(samples[name]))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(copy))
        holder, key = draw(st.sampled_from(places)) if places else (copy, "x")
        if draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(str(key), None)
        elif isinstance(holder, dict):
            holder[str(key)] = draw(JSON_VALUES)
        elif isinstance(key, int):
            holder[key] = draw(JSON_VALUES)
    return copy


def _places(
    value: JsonValue,
) -> list[tuple[dict[str, JsonValue] | list[JsonValue], str | int]]:
    """Return where in a document something can be replaced, never the event's name."""
    found: list[tuple[dict[str, JsonValue] | list[JsonValue], str | int]] = []
    if isinstance(value, dict):
        for key, child in value.items():
            if key not in {"eventType", "notification_type"}:
                found.append((value, key))
            found += _places(child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            found.append((value, index))
            found += _places(child)
    return found
