"""Keep foreign text short and printable before it is remembered or shown."""

import re

from ..lifecycle.model import JsonValue

TITLE_LIMIT = 500
MESSAGE_LIMIT = 300
NAME_LIMIT = 100
PATH_LIMIT = 4096

# C0, C1, line and paragraph separators, direction overrides and lone surrogates.
_UNPRINTABLE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]+"
)


def clean_text(value: JsonValue, limit: int) -> str | None:
    """Return text without control characters and of at most `limit` characters, or None."""
    if not isinstance(value, str):
        return None
    # Cut before cleaning, so that a huge text costs no more than a short one.
    text = " ".join(_UNPRINTABLE.sub(" ", value[: limit * 4]).split())
    if len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    return text or None


def title_text(value: JsonValue) -> str | None:
    """Return a title or a release name."""
    return clean_text(value, TITLE_LIMIT)


def message_text(value: JsonValue) -> str | None:
    """Return a service's message."""
    return clean_text(value, MESSAGE_LIMIT)


def name_text(value: JsonValue) -> str | None:
    """Return a short name: a person, a quality, an indexer, a client, an event."""
    return clean_text(value, NAME_LIMIT)


def path_text(value: JsonValue) -> str | None:
    """Return a file path unchanged, or None when it cannot be one; half a path is no path."""
    if not isinstance(value, str) or not value.strip() or len(value) > PATH_LIMIT:
        return None
    return None if _UNPRINTABLE.search(value) else value
