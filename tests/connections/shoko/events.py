"""Events of Shoko's hub, recorded or made, and a connection that waits for a file of theirs."""

import json
from pathlib import Path

from custom_components.media_status.connections.base import Push
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Match
from custom_components.media_status.lifecycle.model import JsonObject, JsonValue

from ..samples import FIXTURES
from .twin import Shelf, context, event, manager_path, shoko, title

FOLDER = "Season 01"
NAME = "[SubsPlease] Sousou no Frieren - 05 (1080p) [0A1B2C3D].mkv"
PATH = manager_path(NAME, "Frieren/Season 01")


def _sample(path: Path) -> JsonObject:
    raw: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    return raw


SAMPLES = {
    f"{version}/{path.stem}": _sample(path)
    for version in ("v5", "v6")
    for path in sorted((FIXTURES / "shoko" / version).glob("*.json"))
}


async def waiting(shelf: Shelf | None = None, *paths: str) -> ShokoConnection:
    """Return a connection that has been asked about a file, or some."""
    connection = shoko(shelf or Shelf())
    await connection.survey(context(title(*(paths or (PATH,)))))
    return connection


def matches(push: Push) -> dict[str, Match]:
    """Return what a push says, by path."""
    return {
        seen.file_path: statement.value
        for seen in push.observations
        if seen.file_path is not None
        for statement in seen.statements
        if isinstance(statement.value, Match)
    }


def sent(target: str, **members: JsonValue) -> JsonObject:
    """Return an event about the file that is waited for."""
    base: JsonObject = {
        "FileID": 812,
        "ImportFolderID": 2,
        "RelativePath": f"/Frieren/{FOLDER}/{NAME}",
        "CrossReferences": [],
    }
    return event(target, {**base, **members})
