"""Keep secrets out of texts, and dangerous ids out of calls."""

import re

from yarl import URL

from .errors import AuthError, BadAddress, UnsafeId

_MESSAGE_LIMIT = 200
_SHORTEST_SECRET = 4
_LARGEST_ID = 2**31 - 1
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\]\)\"'<>,]+", re.IGNORECASE)
_SECRET_LIKE = re.compile(r"\b(?:qbt_)?[0-9A-Za-z_-]{28,}\b")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TORRENT_ID = re.compile(r"[0-9a-f]{40}")
_GUID = re.compile(r"[0-9a-f]{32}")


def base_url(address: str | URL) -> URL:
    """Return the address to build calls on: http(s), base path kept, nothing after it."""
    try:
        url = URL(str(address).strip())
        if url.scheme not in {"http", "https"} or not url.host or url.port is None:
            raise BadAddress("the address must start with http:// or https://")
        return (
            url.with_user(None)
            .with_query(None)
            .with_fragment(None)
            .with_path(url.raw_path.rstrip("/") or "/", encoded=True)
        )
    except ValueError:
        failure = BadAddress("the address is not valid")
    raise failure


def origin_text(url: URL) -> str:
    """Return scheme, host and port: the part of an address that is safe to show."""
    try:
        return str(url.origin())
    except ValueError:
        return "another address"


def clean_message(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a service's message as one short line without addresses' paths, keys or tokens."""
    for secret in secrets:
        # A password of two letters would turn any text to stars.
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    text = _ADDRESS.sub(lambda match: _bare(match[0]), text)
    text = _SECRET_LIKE.sub("***", _UNPRINTABLE.sub(" ", text))
    text = " ".join(text.split())
    return text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"


def _bare(address: str) -> str:
    """Return the origin of an address inside a text."""
    try:
        return origin_text(URL(address))
    except ValueError:
        return "…"


def clean_secret(secret: str) -> str:
    """Return a key without the blanks of a careless paste; refuse what no header can carry."""
    secret = secret.strip()
    if not secret.isascii() or not secret.isprintable():
        raise AuthError("the key has characters that no key has")
    return secret


def safe_number(value: int) -> str:
    """Return a database id (a positive number) for a path.

    A larger one than the services know is "not found" to them, and must not pass for "gone".
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
        raise UnsafeId("not a usable id")
    return str(value)


def safe_season(value: int) -> str:
    """Return the number of a season; 0 holds the specials."""
    return "0" if type(value) is int and value == 0 else safe_number(value)


def safe_torrent_id(value: str) -> str:
    """Return the id that qBittorrent gives a torrent: 40 hex digits in lower case, no more."""
    text = value.lower() if isinstance(value, str) else ""
    if not _TORRENT_ID.fullmatch(text):
        raise UnsafeId("not a torrent's id")
    return text


def safe_guid(value: str) -> str:
    """Return a GUID as 32 lower-case hex digits."""
    text = value.lower().replace("-", "")
    if not _GUID.fullmatch(text):
        raise UnsafeId("not an item id")
    return text
