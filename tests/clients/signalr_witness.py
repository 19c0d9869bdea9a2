"""signalrcore, the independent client, in a process of its own: its threads may hang there.

`python -m tests.clients.signalr_witness URL KEY NEGOTIATE` prints what it hears as JSON lines and
stops when a line comes on its standard input, printing `{"stopped": null}` when that is done.
"""

import json
import logging
import os
import sys

from signalrcore.hub_connection_builder import HubConnectionBuilder  # type: ignore[import-untyped]  # it has no types

from .signalr_process import BOOM, EVENT, GREETING


def _tell(kind: str, value: object) -> None:
    sys.stdout.write(json.dumps({kind: value}) + "\n")
    sys.stdout.flush()


def _heard(arguments: list[dict[str, int]]) -> None:
    _tell("number", arguments[0]["n"])
    if arguments[0]["n"] == BOOM:
        raise ValueError("the handler was told to fail")


def main(url: str, key: str, negotiate: str) -> None:
    """Connect, tell what is heard, stop when told to."""
    options = {"headers": {"apikey": key}, "skip_negotiation": negotiate != "True"}
    reconnect = {"type": "raw", "keep_alive_interval": 1, "reconnect_interval": 0.1}
    # At DEBUG its logger prints the key.
    builder = HubConnectionBuilder().with_url(url, options).configure_logging(logging.CRITICAL)
    connection = builder.with_automatic_reconnect(reconnect).build()
    connection.on(GREETING, lambda _: _tell("greeting", None))
    connection.on(EVENT, _heard)
    connection.on_close(lambda: _tell("lost", None))
    connection.start()
    sys.stdin.readline()
    connection.stop()
    _tell("stopped", None)
    # Whatever thread still hangs: this process has done its part.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
