"""Decode huge JSON lists element by element, so that no single step holds the interpreter long."""

import codecs
from collections.abc import Iterable, Iterator
from json import JSONDecoder
import re
import time

from .errors import BadAnswer, NotJson
from .readers import JsonObject, JsonValue

# Whole-document parsers keep the interpreter lock for the entire text; one film is a few kB.
_WINDOW = 256 * 1024
# How long a worker thread works before it lets the event loop in, and for how long (seconds):
# without a real pause a thread that needs the interpreter waits 5 ms for each of its steps.
_STINT = 0.001
_PAUSE = 0.0002
_MAX_ELEMENT = 8 * 1024 * 1024
_DELIMITERS = frozenset(" \t\n\r,]}")
_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = JSONDecoder()


class _Window:
    """The part of the text that is in memory as text, refilled from the chunks."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """Start before the first chunk."""
        self._chunks = iter(chunks)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._finished = False
        self.text = ""
        self.position = 0

    def refill(self) -> bool:
        """Append the next chunk; return False at the end of the data."""
        if self._finished:
            return False
        chunk = next(self._chunks, None)
        self._finished = chunk is None
        try:
            more = self._decoder.decode(chunk or b"", final=self._finished)
        except UnicodeDecodeError:
            raise BadAnswer("the answer is cut off or not UTF-8") from None
        self.text = self.text[self.position :] + more
        self.position = 0
        return not self._finished or bool(more)

    def peek(self) -> str:
        """Return the next character that is not blank, or the empty string at the end."""
        while True:
            match = _BLANK.match(self.text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self.text):
                return self.text[self.position]
            if not self.refill():
                return ""

    def element(self) -> JsonValue:
        """Decode one whole value, fetching as much text as it needs."""
        while True:
            try:
                value: JsonValue
                value, end = _DECODER.raw_decode(self.text, self.position)
            except RecursionError:
                raise BadAnswer("the answer is nested too deeply") from None
            except ValueError:
                self._grow()
                continue
            # A number may go on in the next chunk ("1" of "1.5e3") unless something ends it.
            if isinstance(value, int | float) and not self._ends_at(end) and self.refill():
                continue
            self.position = min(end, len(self.text))
            return value

    def _ends_at(self, end: int) -> bool:
        """Tell whether a value that was read up to `end` is followed by a delimiter."""
        return self.text[end : end + 1] in _DELIMITERS

    def _grow(self) -> None:
        """Fetch more text for an element that is not complete, or give up."""
        if len(self.text) - self.position > _MAX_ELEMENT or not self.refill():
            raise BadAnswer("the answer is cut off or not valid JSON") from None


def iter_json_array(body: str | bytes | Iterable[bytes]) -> Iterator[JsonValue]:
    """Yield the elements of a JSON array one at a time.

    Raises NotJson when the text does not start as an array, and BadAnswer when it is cut off
    or malformed: the caller never mistakes half a list for a list.
    """
    window = _Window(_chunks(body))
    if window.peek() != "[":
        raise _not_a(window, "list")
    window.position += 1
    if window.peek() == "]":
        window.position += 1
    else:
        yield from _elements(window)
    if window.peek():
        raise BadAnswer("the list is followed by something else")


def iter_json_member(
    body: str | bytes | Iterable[bytes], member: str, others: JsonObject
) -> Iterator[JsonValue]:
    """Yield the elements of the array in an object's member; the rest goes to `others`.

    The rest is only complete when the last element was taken. Raises as iter_json_array does.
    """
    window = _Window(_chunks(body))
    if window.peek() != "{":
        raise _not_a(window, "object")
    found = False
    for key in _keys(window):
        if key != member or window.peek() != "[":
            others[key] = window.element()
            continue
        found = True
        window.position += 1
        if window.peek() == "]":
            window.position += 1
        else:
            yield from _elements(window)
    if window.peek():
        raise BadAnswer("the object is followed by something else")
    if not found:
        raise BadAnswer("the answer has no list")


def load_json_object(body: str | bytes | Iterable[bytes], large: str) -> JsonObject:
    """Return a JSON object whose member `large` is a big object, decoded member by member.

    For worker threads only: it pauses now and then. Raises as iter_json_array does.
    """
    window = _Window(_chunks(body))
    if window.peek() != "{":
        raise _not_a(window, "object")
    found: JsonObject = {}
    for key in _keys(window):
        if key == large and window.peek() == "{":
            found[key] = {inner: window.element() for inner in paced(_keys(window))}
        else:
            found[key] = window.element()
    if window.peek():
        raise BadAnswer("the object is followed by something else")
    return found


def paced[T](elements: Iterable[T]) -> Iterator[T]:
    """Yield elements in a worker thread, leaving the interpreter to the event loop in between."""
    since = time.perf_counter()
    for element in elements:
        yield element
        if time.perf_counter() - since > _STINT:
            time.sleep(_PAUSE)
            since = time.perf_counter()


def _keys(window: _Window) -> Iterator[str]:
    """Yield the names of an object's members; the caller takes each value from the window."""
    window.position += 1
    if window.peek() == "}":
        window.position += 1
        return
    while True:
        window.peek()
        key = window.element()
        if not isinstance(key, str) or window.peek() != ":":
            raise BadAnswer("the object is cut off or not valid JSON")
        window.position += 1
        window.peek()
        yield key
        mark = window.peek()
        window.position += 1
        if mark == "}":
            return
        if mark != ",":
            raise BadAnswer("the object is cut off or not valid JSON")


def _elements(window: _Window) -> Iterator[JsonValue]:
    """Yield the elements of a non-empty array up to its closing bracket."""
    while True:
        window.peek()
        yield window.element()
        mark = window.peek()
        window.position += 1
        if mark == "]":
            return
        if mark != ",":
            raise BadAnswer("the list is cut off or not valid JSON")


def _not_a(window: _Window, shape: str) -> BadAnswer:
    """Tell another JSON value from no JSON at all."""
    try:
        window.element()
    except BadAnswer:
        return NotJson("the answer is not JSON")
    return BadAnswer(f"the answer is not a {shape}")


def _chunks(body: str | bytes | Iterable[bytes]) -> Iterable[bytes]:
    """Cut whole bodies into windows."""
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if not isinstance(body, bytes):
        return body
    return (body[start : start + _WINDOW] for start in range(0, len(body), _WINDOW))
