"""Test that people see under which name each service knows an episode, and where they disagree."""

from dataclasses import replace
from pathlib import Path

from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.media_status.lifecycle.facts import (
    AnimeEpisode,
    Match,
    MatchPhase,
    Statement,
    Wanted,
)
from custom_components.media_status.lifecycle.model import ItemKey, Service, Subject
from homeassistant.core import HomeAssistant

from .household import (
    FILM_PATH,
    SEVERANCE,
    WITH_SHOKO,
    Household,
    anime,
    asked,
    imported,
    managed,
    playable,
    recognized,
    running,
    says,
)
from .test_services import call, rows

FIRST, SECOND = ItemKey(1, 1), ItemKey(1, 2)
MATCHED = Match(
    phase=MatchPhase.MATCHED,
    path=FILM_PATH,
    file_id="77",
    name="[Group] Severance - 01.mkv",
    episodes=(
        AnimeEpisode(
            anidb_anime=1, anidb_episode=2, shoko_series=3, shoko_episode=4, label="1", tmdb=(9,)
        ),
    ),
)
UNKNOWN = Match(
    phase=MatchPhase.UNMATCHED, path=FILM_PATH, file_id="78", name="Severance - 02.mkv", attempts=3
)


async def half_matched(home: Household) -> None:
    """Let Shoko know the first episode of two, and Jellyfin play it."""
    await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
    files = imported(SEVERANCE, FIRST, SECOND)
    await home.hear(Service.SONARR, managed(SEVERANCE, FIRST, SECOND), anime(SEVERANCE), files)
    await home.hear(
        Service.SHOKO,
        recognized(home.request, MATCHED, FIRST),
        recognized(home.request, UNKNOWN, SECOND),
    )
    await home.hear(Service.JELLYFIN, playable(SEVERANCE, FIRST))


async def test_every_name_of_an_episode(hass: HomeAssistant, tmp_path: Path) -> None:
    """As asked for, as a file, for AniDB and Shoko, in Jellyfin; paths for administrators."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        await half_matched(home)
        answer = await call(hass, "get_request", request_id=home.request.id)
        first, second = rows(answer, "identity")
        assert first == {
            "item": "S01E01",
            "season": 1,
            "number": 1,
            "title": None,
            "file": {"file_id": None, "size": None, "quality": "WEBDL-1080p", "path": FILM_PATH},
            "shoko": {
                "phase": "matched",
                "file_id": "77",
                "name": "[Group] Severance - 01.mkv",
                "attempts": None,
            },
            "anime": [
                {
                    "anidb_anime": 1,
                    "anidb_episode": 2,
                    "label": "1",
                    "shoko_series": 3,
                    "shoko_episode": 4,
                    "tmdb": [9],
                }
            ],
            "jellyfin": {
                "is_playable": True,
                "item_id": "f00d",
                "proof": "tmdb",
                "guess": None,
                "paths": [],
            },
        }
        assert (second["anime"], second["jellyfin"]) == ([], None)
        assert {
            "code": "unmatched_files",
            "values": {"count": 1},
            "sentence": "Files that Shoko does not know: 1.",
        } in rows(answer, "mismatches")


async def test_paths_are_for_administrators(
    hass: HomeAssistant, tmp_path: Path, hass_read_only_user: MockUser
) -> None:
    """Everybody else sees the same without where the files are."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        await half_matched(home)
        request_id = home.request.id
        answer = await call(hass, "get_request", hass_read_only_user.id, request_id=request_id)
        assert len(rows(answer, "identity")) == 2
        assert "/media" not in str(answer["identity"])
        assert "Severance - 02.mkv" in str(answer["identity"])


async def test_a_card_sees_the_names(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """The details over the websocket hold the same."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        await half_matched(home)
        client = await hass_ws_client(hass)
        command = {"type": "media_status/request", "request_id": home.request.id}
        await client.send_json_auto_id(command)
        found = (await client.receive_json())["result"]
        assert [row["item"] for row in found["identity"]] == ["S01E01", "S01E02"]
        assert [row["code"] for row in found["mismatches"]] == ["unmatched_files"]


async def test_what_was_watched_and_let_go_is_no_mismatch(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Sonarr stops looking for what it has: of an ended request that says nothing."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
        ignored = Statement(value=Wanted(monitored=False), subject=Subject(item=FIRST))
        words = says(Service.SONARR, replace(SEVERANCE, service_id="7"), ignored)
        files = imported(SEVERANCE, FIRST, SECOND)
        await home.hear(Service.SONARR, managed(SEVERANCE, FIRST, SECOND), words, files)
        await home.hear(Service.JELLYFIN, playable(SEVERANCE, FIRST, SECOND))
        assert not home.request.is_open
        answer = await call(hass, "get_request", request_id=home.request.id)
        assert rows(answer, "mismatches") == []


async def test_names_of_an_ended_request(hass: HomeAssistant, tmp_path: Path) -> None:
    """They are read from the history, as the facts are."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), anime(), imported())
        await home.hear(Service.SHOKO, recognized(home.request, MATCHED))
        await home.hear(Service.JELLYFIN, playable())
        assert not home.request.is_open
        answer = await call(hass, "get_request", request_id=home.request.id)
        (film,) = rows(answer, "identity")
        assert film["item"] == "movie"
        assert film["season"] is None
        assert film["anime"]
        assert rows(answer, "mismatches") == []
