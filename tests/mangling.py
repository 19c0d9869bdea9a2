"""Let simulated services answer and push what no contract allows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
import re

from aiohttp import web
import orjson

from custom_components.media_status.lifecycle.model import JsonValue
from simulator import Simulator
from simulator.service import Service
from simulator.webhooks import Push

type Change = Callable[[JsonValue], JsonValue]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)


@contextmanager
def answering(sim: Simulator, name: str, change: Change) -> Iterator[None]:
    """Change every JSON answer of a service."""

    def inspect(service: Service, request: web.Request, response: web.Response) -> None:
        if response.content_type == "application/json" and isinstance(response.body, bytes):
            response.body = orjson.dumps(change(orjson.loads(response.body)))

    service = sim[name]
    before, service.inspector = service.inspector, inspect
    try:
        yield
    finally:
        service.inspector = before


@contextmanager
def pushing(sim: Simulator, name: str, change: Change) -> Iterator[None]:
    """Change every webhook of a service."""
    courier = sim[name].courier
    post = courier.post

    def changed(push: Push) -> None:
        post(replace(push, body=orjson.dumps(change(orjson.loads(push.body)))))

    setattr(courier, "post", changed)  # noqa: B010 - a method is replaced, which mypy refuses
    try:
        yield
    finally:
        del courier.post


def keys(value: JsonValue) -> set[str]:
    """Return the names of all members at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def without(*names: str) -> Change:
    """Return what makes the members of these names null, at any depth."""

    def change(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {key: None if key in names else change(item) for key, item in value.items()}
        return [change(item) for item in value] if isinstance(value, list) else value

    return change


def texts(of: Callable[[str, str], str]) -> Change:
    """Return what changes texts, by the name of their member and themselves."""

    def change(value: JsonValue, name: str = "") -> JsonValue:
        if isinstance(value, dict):
            return {key: change(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item, name) for item in value]
        return of(name, value) if isinstance(value, str) else value

    return change


def times(of: Callable[[str], str]) -> Change:
    """Return what changes every time."""
    return texts(lambda _, text: of(text) if _TIME.fullmatch(text) else text)


def worded(name: str, word: str) -> Change:
    """Return what gives the texts of one member another value."""
    return texts(lambda key, text: word if key == name else text)


def numbered(name: str, number: int) -> Change:
    """Return what gives the numbers of one member another value."""

    def change(value: JsonValue, key: str = "") -> JsonValue:
        if isinstance(value, dict):
            return {key: change(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        return number if key == name and isinstance(value, int) else value

    return change


ODD_TIMES: dict[str, Callable[[str], str]] = {
    "no zone": lambda text: text.removesuffix("Z"),
    "future": lambda text: "2099" + text[4:],
    "1970": lambda text: "1970-01-01T00:00:00Z",
    "year 1": lambda text: "0001-01-01T00:00:00Z",
    "words": lambda text: "yesterday",
}
