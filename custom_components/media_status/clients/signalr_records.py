"""What goes over a SignalR connection: JSON records, each ended by the byte 0x1E."""

import orjson

from .errors import BadAnswer
from .readers import JsonValue

HANDSHAKE = '{"protocol":"json","version":1}\x1e'
PING = '{"type":6}\x1e'
GOODBYE = '{"type":7}\x1e'
RECORD_END = b"\x1e"


class Records:
    """Cut frames into records and keep the part of one that is still to come."""

    def __init__(self, limit: int) -> None:
        """Begin without a part; `limit` is the size of the largest record."""
        self.partial = False
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the records that a frame completes."""
        records = data.split(RECORD_END)
        tail = records.pop()
        if self._parts and records:
            self._parts.append(records[0])
            records[0] = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
        if tail:
            self._parts.append(tail)
            self._size += len(tail)
            if self._size > self._limit:
                raise BadAnswer("a message is too large")
        self.partial = bool(self._parts)
        return records


def parsed(data: bytes) -> JsonValue:
    """Return parsed JSON, None when it is none."""
    try:
        value: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value
