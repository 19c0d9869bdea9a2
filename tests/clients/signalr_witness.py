"""signalrcore, the independent client, in a process of its own: its threads may hang there.

Each line on standard input is a JSON command: `["open", name, url, headers, negotiate]` connects,
`["stop", name]` stops. Each line on standard output is `[name, what, value]`.
"""

import json
import logging
import os
import sys
from threading import Lock, Thread

from signalrcore.hub_connection_builder import HubConnectionBuilder  # type: ignore[import-untyped]  # has no types

_RECONNECT = {"type": "raw", "keep_alive_interval": 1, "reconnect_interval": 0.1}
_LOCK = Lock()


class _Connection:
    """One connection of signalrcore, each call in a thread: any may hang."""

    def __init__(self, name: str, url: str, headers: dict[str, str], negotiate: bool) -> None:
        self._name = name
        options = {"headers": headers, "skip_negotiation": not negotiate}
        # At DEBUG its logger prints the key.
        builder = HubConnectionBuilder().with_url(url, options).configure_logging(logging.CRITICAL)
        self._connection = builder.with_automatic_reconnect(dict(_RECONNECT)).build()

    def open(self, greeting: str, event: str, boom: int) -> None:
        """Connect and tell what is heard."""

        def heard(arguments: list[dict[str, int]]) -> None:
            self._tell("number", arguments[0]["n"])
            if arguments[0]["n"] == boom:
                raise ValueError("the handler was told to fail")

        self._connection.on(greeting, lambda _: self._tell("greeting", None))
        self._connection.on(event, heard)
        for hook in ("on_close", "on_reconnect"):
            getattr(self._connection, hook)(lambda: self._tell("lost", None))
        self._connection.on_error(lambda _: self._tell("lost", None))
        Thread(target=self._connection.start, daemon=True).start()

    def stop(self) -> None:
        """Stop and tell when that is done."""

        def work() -> None:
            self._connection.stop()
            self._tell("stopped", None)

        Thread(target=work, daemon=True).start()

    def _tell(self, what: str, value: object) -> None:
        _tell(self._name, what, value)


def _tell(name: str, what: str, value: object) -> None:
    with _LOCK:
        sys.stdout.write(json.dumps([name, what, value]) + "\n")
        sys.stdout.flush()


def main(greeting: str, event: str, boom: str) -> None:
    """Obey until the input ends; whatever thread still hangs then is left."""
    connections: dict[str, _Connection] = {}
    for line in sys.stdin:
        match json.loads(line):
            case ["open", name, url, headers, negotiate]:
                connections[name] = _Connection(name, url, headers, negotiate)
                connections[name].open(greeting, event, int(boom))
            case ["stop", name]:
                connections[name].stop()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
