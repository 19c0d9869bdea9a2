"""A whole answer of a service, and what it tells about itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from multidict import CIMultiDictProxy
import orjson

from .errors import BadAnswer, NotJson
from .readers import JsonObject, JsonValue, as_str, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer: the body still in the pieces in which it came."""

    status: int
    headers: CIMultiDictProxy[str]
    cookies: Mapping[str, str]
    chunks: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """Return the body in one piece."""
        return b"".join(self.chunks)

    @property
    def text(self) -> str:
        """Return the body as text; bytes that are no UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def server_time(self) -> datetime | None:
        """Return the service's own clock (header `Date`), to be used for cursors."""
        return _http_date(self.headers.get("Date"))

    @property
    def is_page(self) -> bool:
        """Return whether this is a web page, which none of the services answers to a call."""
        return "html" in self.headers.get("Content-Type", "").lower()

    def json(self) -> JsonValue:
        """Return the parsed body; NotJson when it is something else."""
        try:
            value: JsonValue = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            failure = NotJson("the answer is not JSON")
        else:
            return value
        # Raised outside of the handler: the parser's exception holds the whole body.
        raise failure

    def json_object(self) -> JsonObject:
        """Return the parsed body, which must be an object."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadAnswer("the answer is not an object")
        return value

    def json_list(self) -> list[JsonValue]:
        """Return the parsed body, which must be a list."""
        value = self.json()
        if not isinstance(value, list):
            raise BadAnswer("the answer is not a list")
        return value


def message_text(value: JsonValue) -> str:
    """Return the human text of an error body, whatever of the known shapes it has."""
    if isinstance(value, list):
        return "; ".join(text for entry in value[:5] if (text := message_text(entry)))
    if not isinstance(value, dict):
        return as_text(value)
    keys = ("errorMessage", "message", "error", "title", "detail")
    return next((found for key in keys if (found := as_str(value.get(key)))), "")


def _http_date(text: str | None) -> datetime | None:
    """Return the aware time of an HTTP date."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError, TypeError, IndexError, OverflowError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
