"""Test the actions."""

from pathlib import Path
from typing import cast

import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.facts import AskStatus
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component

from .household import SEVERANCE, Household, asked, grabbed, imported, managed, playable, running

SENSOR = "sensor.media_status_dune"

type Answer = dict[str, object]


async def call(
    hass: HomeAssistant, action: str, user_id: str | None = None, **data: object
) -> Answer:
    """Call an action as a person, or as an automation, and return its response."""
    context = Context(user_id=user_id)
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True, context=context
    )
    assert answer is not None
    return cast("Answer", answer)


def rows(answer: Answer, key: str) -> list[Answer]:
    """Return a list of tables out of an answer."""
    found = answer[key]
    assert isinstance(found, list)
    return found


def titles(answer: Answer) -> list[object]:
    """Return the titles of a page."""
    return [row["title"] for row in rows(answer, "requests")]


async def two_requests(home: Household) -> None:
    """Let one film become available and one series wait for approval."""
    await home.hear(
        Service.SEERR,
        asked(),
        asked(
            SEVERANCE,
            number="12",
            by="Bert",
            status=AskStatus.PENDING,
            seasons=frozenset({1}),
        ),
    )
    await home.hear(Service.RADARR, managed(), grabbed(), imported())
    await home.hear(Service.JELLYFIN, playable())


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"Dune", "Severance"}),
        ({"open": True}, {"Severance"}),
        ({"open": False}, {"Dune"}),
        ({"stage": ["available"]}, {"Dune"}),
        ({"stage": "requested"}, {"Severance"}),
        ({"stage": ["available", "requested"]}, {"Dune", "Severance"}),
        ({"stage": ["failed"]}, set()),
        ({"media_type": "series"}, {"Severance"}),
        ({"requested_by": "Anna"}, {"Dune"}),
        ({"search": "sever"}, {"Severance"}),
        ({"search": "%"}, set()),
        ({"offset": 5}, set()),
        ({"offset": 2**31}, set()),
    ],
)
async def test_get_requests_filters(
    hass: HomeAssistant, tmp_path: Path, filters: dict[str, object], found: set[str]
) -> None:
    """Each filter leaves what it says."""
    async with running(hass, tmp_path) as home:
        await two_requests(home)
        answer = await call(hass, "get_requests", None, **filters)
        assert set(titles(answer)) == found
        assert answer["total"] == (2 if filters.get("offset") else len(found))


async def test_get_requests_pages(hass: HomeAssistant, tmp_path: Path) -> None:
    """Pages are disjoint, complete, and say how many there are."""
    async with running(hass, tmp_path) as home:
        await two_requests(home)
        first = await call(hass, "get_requests", limit=1)
        second = await call(hass, "get_requests", limit=1, offset=1)
        assert first["total"] == second["total"] == 2
        assert sorted(map(str, titles(first) + titles(second))) == ["Dune", "Severance"]


@pytest.mark.parametrize(
    "filters",
    [
        {"limit": 0},
        {"limit": 201},
        {"offset": -1},
        {"offset": 2**64},
        {"stage": ["no such stage"]},
        {"media_type": "tv"},
        {"search": "x" * 256},
        {"unknown": 1},
    ],
)
async def test_get_requests_refuses_bad_filters(
    hass: HomeAssistant, tmp_path: Path, filters: dict[str, object]
) -> None:
    """What is no filter is refused before anything is read."""
    async with running(hass, tmp_path):
        with pytest.raises(vol.Invalid):
            await call(hass, "get_requests", None, **filters)


@pytest.mark.parametrize("by", ["request_id", "entity_id"])
@pytest.mark.parametrize("is_over", [False, True])
async def test_get_request_tells_everything(
    hass: HomeAssistant, tmp_path: Path, by: str, is_over: bool
) -> None:
    """Items, facts and timeline come with the request, open or ended."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), grabbed(), imported())
        if is_over:
            await home.hear(Service.JELLYFIN, playable())
        request = home.request
        assert request.is_open is not is_over
        answer = await call(
            hass, "get_request", None, **{by: request.id if by == "request_id" else SENSOR}
        )
        assert answer["title"] == "Dune"
        assert answer["entity_id"] == SENSOR
        assert answer["ids"] == {"tmdb": 438631, "tvdb": None, "imdb": None}
        (item,) = rows(answer, "items")
        assert item["item"] == "movie"
        assert item["stage"] == ("available" if is_over else "syncing_library")
        kinds = {fact["kind"] for fact in rows(answer, "facts")}
        assert {"ask", "title", "wanted", "grab", "file"} <= kinds
        codes = [entry["code"] for entry in rows(answer, "timeline")]
        assert codes[0] == "opened"
        assert "imported" in codes
        told = [entry["sentence"] for entry in rows(answer, "timeline")]
        assert all(told)
        assert "Radarr sorted it in." in told


async def test_get_request_keeps_what_is_long_over(hass: HomeAssistant, tmp_path: Path) -> None:
    """A request without a sensor is still in the history."""
    async with running(hass, tmp_path, options={"history_days": 0}) as home:
        await two_requests(home)
        request_id = next(key for key, request in home.hub.requests.items() if not request.is_open)
        assert await hass.config_entries.async_reload(home.entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert request_id not in home.hub.requests
        answer = await call(hass, "get_request", request_id=request_id)
        assert answer["stage"] == "available"
        assert answer["entity_id"] is None
        assert rows(answer, "facts")


async def test_an_ordinary_user_reads_no_paths(
    hass: HomeAssistant, tmp_path: Path, hass_read_only_user: MockUser
) -> None:
    """Anybody may read; the disks of the household are for administrators."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), imported())
        assert "/media/films" in str(await call(hass, "get_request", entity_id=SENSOR))
        for_others = await call(
            hass, "get_request", user_id=hass_read_only_user.id, entity_id=SENSOR
        )
        assert "/media/films" not in str(for_others)
        assert for_others["title"] == "Dune"


@pytest.mark.parametrize(
    "action", ["get_request", "mark_available", "mark_failed", "set_anime", "forget"]
)
@pytest.mark.parametrize(
    ("target", "error"),
    [
        ({}, "request_missing"),
        ({"entity_id": "sensor.nowhere"}, "not_a_request"),
        ({"entity_id": "sensor.media_status_stuck"}, "not_a_request"),
        ({"entity_id": "event.media_status_request"}, "not_a_request"),
    ],
)
async def test_a_target_must_be_a_request(
    hass: HomeAssistant, tmp_path: Path, action: str, target: dict[str, str], error: str
) -> None:
    """Without a request, or with something else, the action says so."""
    async with running(hass, tmp_path):
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, action, None, **target)
        assert raised.value.translation_key == error


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("get_request", "request_not_found"),
        ("forget", "request_not_found"),
        ("mark_available", "request_not_open"),
        ("mark_failed", "request_not_open"),
        ("set_anime", "request_not_open"),
    ],
)
async def test_an_unknown_request_is_refused(
    hass: HomeAssistant, tmp_path: Path, action: str, error: str
) -> None:
    """An id that no request has is named in the error."""
    async with running(hass, tmp_path):
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, action, request_id="nothing")
        assert raised.value.translation_key == error
        assert raised.value.translation_placeholders == {"request_id": "nothing"}


async def test_both_targets_at_once_are_refused(hass: HomeAssistant, tmp_path: Path) -> None:
    """Two targets could mean two requests."""
    async with running(hass, tmp_path):
        with pytest.raises(vol.Invalid):
            await call(hass, "get_request", request_id="a", entity_id=SENSOR)


async def test_mark_available_ends_the_wait(
    hass: HomeAssistant, tmp_path: Path, hass_admin_user: MockUser
) -> None:
    """The request counts as there, and the reason stays with it."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        request_id = home.request.id
        answer = await call(
            hass,
            "mark_available",
            user_id=hass_admin_user.id,
            entity_id=SENSOR,
            reason="it is on a disc",
        )
        changed = answer["request"]
        assert isinstance(changed, dict)
        assert changed["request_id"] == request_id
        assert changed["stage"] == "available"
        shown = hass.states.get(SENSOR)
        assert shown is not None
        assert shown.state == "available"
        details = await call(hass, "get_request", request_id=request_id)
        assert "it is on a disc" in str(details["timeline"])


async def test_set_anime_overrides_and_lets_go(hass: HomeAssistant, tmp_path: Path) -> None:
    """A person's word counts until it is taken back."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        for given, counts in ((True, True), (False, False), (None, False)):
            answer = await call(hass, "set_anime", entity_id=SENSOR, is_anime=given)
            changed = answer["request"]
            assert isinstance(changed, dict)
            assert changed["is_anime"] is counts
            shown = hass.states.get(SENSOR)
            assert shown is not None
            assert shown.attributes["is_anime"] is counts
        assert home.request.anime_override is None


@pytest.mark.parametrize("action", ["mark_available", "set_anime"])
async def test_changing_is_for_administrators(
    hass: HomeAssistant, tmp_path: Path, hass_read_only_user: MockUser, action: str
) -> None:
    """Others are refused, and nothing changes."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        before = home.request.stage
        with pytest.raises(Unauthorized):
            await call(hass, action, user_id=hass_read_only_user.id, entity_id=SENSOR)
        assert home.request.stage is before


async def test_survey_says_how_each_answered(hass: HomeAssistant, tmp_path: Path) -> None:
    """All are asked; each has its result, an error by its code."""
    async with running(hass, tmp_path) as home:
        home.services["seerr"].words = (asked(),)
        home.services["radarr"].error = Unreachable()
        answer = await call(hass, "survey")
        results = {row["connection_id"]: row["result"] for row in rows(answer, "connections")}
        assert results == {
            "seerr": "ok",
            "radarr": "cannot_connect",
            "sonarr": "ok",
            "qbittorrent": "ok",
            "jellyfin": "ok",
        }
        assert home.request.title == "Dune"
        home.services["radarr"].error = None
        await home.hear(Service.RADARR)


@pytest.mark.parametrize("names", ["seerr", ["Seerr"], ["SEERR", "seerr"]])
async def test_survey_asks_only_who_is_named(
    hass: HomeAssistant, tmp_path: Path, names: str | list[str]
) -> None:
    """A connection is named by its id or its title."""
    async with running(hass, tmp_path):
        answer = await call(hass, "survey", connections=names)
        assert [row["name"] for row in rows(answer, "connections")] == ["Seerr"]


async def test_survey_refuses_unknown_names(hass: HomeAssistant, tmp_path: Path) -> None:
    """A name that no connection has is an error, not silence."""
    async with running(hass, tmp_path):
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, "survey", connections=["Seerr", "Plex"])
        assert raised.value.translation_placeholders == {"name": "Plex"}


@pytest.mark.parametrize("action", ["get_requests", "survey"])
async def test_actions_exist_without_the_tracker(hass: HomeAssistant, action: str) -> None:
    """Before the set-up an action explains itself instead of being unknown."""
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError):
        await call(hass, action)
