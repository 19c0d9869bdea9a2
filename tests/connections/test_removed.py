"""Test which pushes say that something was removed: reasons to look, and nothing more."""

from datetime import UTC, datetime
import json
from typing import cast

import pytest

from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.connections.base import Push, Removed
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.connections.radarr import RadarrPush
from custom_components.media_status.connections.sonarr import SonarrPush
from custom_components.media_status.lifecycle.model import JsonObject, MediaType
from tests.connections.samples import FIXTURES

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FILMS = ("movie-delete-with-files", "movie-delete-keep-files", "movie-file-delete-manual")
SERIES = ("series-delete-with-files", "series-delete-keep-files", "episode-file-delete-manual")


def pushed(service: str, name: str) -> tuple[Push, JsonObject]:
    """Return what a service's sample says, and the sample."""
    payload = json.loads((FIXTURES / service / "webhook" / f"{name}.json").read_text())
    push = RadarrPush("radarr") if service == "radarr" else SonarrPush("sonarr")
    return push.read(payload, NOW), payload


@pytest.mark.parametrize(
    ("service", "name"),
    [
        *(("radarr", name) for name in (*FILMS, "movie-file-delete-missing-from-disk")),
        *(("sonarr", name) for name in (*SERIES, "episode-file-delete-missing-from-disk")),
    ],
)
def test_deletions_name_their_title(service: str, name: str) -> None:
    """By the service's own id and the provider's."""
    push, payload = pushed(service, name)
    raw = payload["movie" if service == "radarr" else "series"]
    assert isinstance(raw, dict)
    (removed,) = push.removed
    assert removed.own_id == str(raw["id"])
    kind = MediaType.MOVIE if service == "radarr" else MediaType.SERIES
    assert removed.media_type is kind
    assert ("tmdb", str(raw["tmdbId"])) in removed.ids.pairs()


@pytest.mark.parametrize(
    ("service", "name"),
    [("radarr", "movie-file-delete-upgrade"), ("sonarr", "episode-file-delete-upgrade")],
)
def test_what_makes_room_is_no_loss(service: str, name: str) -> None:
    """An upgrade replaces a file."""
    push, _ = pushed(service, name)
    assert push.removed == ()


@pytest.mark.parametrize("event", ["ItemAdded", "PlaybackStop", "Whatever"])
def test_jellyfin_tells_only_of_what_it_deleted(event: str) -> None:
    """Everything else is no removal."""
    connection = JellyfinConnection("jellyfin", cast("JellyfinClient", None))
    body: JsonObject = {"ItemType": "Movie", "ItemId": "0af1"}
    assert connection.translate({**body, "NotificationType": event}, NOW).removed == ()
    deleted = connection.translate({**body, "NotificationType": "ItemDeleted"}, NOW)
    assert deleted.removed == (Removed(own_id="0af1"),)
