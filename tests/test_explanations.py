"""Test that explanations and what happened become sentences, in the language of Home Assistant."""

import ast
from datetime import UTC, datetime
import re

import pytest

from custom_components.media_status.connections.base import Action
from custom_components.media_status.explanations import async_load
from custom_components.media_status.lifecycle.advice import ADVISED
from custom_components.media_status.lifecycle.facts import Verdict
from custom_components.media_status.lifecycle.identity_map import Mismatch
from custom_components.media_status.lifecycle.model import JsonValue, Service
from custom_components.media_status.lifecycle.request import Explanation, TimelineEntry
from homeassistant.core import HomeAssistant

from .repository import PACKAGE, ROOT, nodes, read_table, under

PREFIX = "explanation_"


def codes() -> set[str]:
    """Return every code that the explanations can give."""
    found = set()
    paths = set((PACKAGE / "lifecycle").glob("explain*.py"))
    for where, node in nodes(ast.Call, PACKAGE / "lifecycle"):
        if where in paths and isinstance(node.func, ast.Name):
            if node.func.id == "Explanation":
                for given in node.keywords:
                    if given.arg == "code":
                        found |= literals(given.value)
            if node.func.id == "_Cause":
                found |= literals(node.args[0])
    for where, table in nodes(ast.Assign, PACKAGE / "lifecycle"):
        if where in paths and isinstance(table.value, ast.Dict):
            found |= set().union(*(literals(value) for value in table.value.values))
    for where, named in nodes(ast.Assign, PACKAGE / "lifecycle"):
        if where in paths and [ast.unparse(target) for target in named.targets] == ["code"]:
            found |= literals(named.value)
    return found


def test_every_reason_is_explained_to_people() -> None:
    """The table of the README knows exactly the codes that there are."""
    section = (ROOT / "README.md").read_text("utf-8").partition("### Why it is not there yet")[2]
    table = section.partition("\n#")[0]
    first = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    texts = read_table(PACKAGE / "translations" / "en.json")
    spoken = {
        key.removesuffix("_unknown").removesuffix("_partly") for key in under(texts, "common")
    }
    reasons = {key.removeprefix(PREFIX) for key in spoken if key.startswith(PREFIX)}
    assert set(re.findall(r"`(\w+)`", " ".join(first))) == reasons - {"overdue"}


def given_codes(folder: str, called: str) -> set[str]:
    """Return every code with which something of a name is made below a folder of ours."""
    return {
        code
        for _, node in nodes(ast.Call, PACKAGE / folder)
        if isinstance(node.func, ast.Name) and node.func.id == called
        for given in node.keywords
        if given.arg == "code"
        for code in literals(given.value)
    }


def literals(expression: ast.expr) -> set[str]:
    """Return the strings that an expression can give."""
    match expression:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=other):
            return literals(body) | literals(other)
        case _:
            return set()


def test_every_code_has_a_sentence() -> None:
    """No explanation is without words, and its words can do without unknown values."""
    common = under(
        read_table(PACKAGE / "translations" / "en.json"),
        "common",
    )
    assert len(codes()) > 30
    for code in codes():
        assert f"{PREFIX}{code}" in common, code


def codes_for_people() -> set[str]:
    """Return every code of an explanation that says it needs a person."""
    found = set()
    for where, node in nodes(ast.Call, PACKAGE / "lifecycle"):
        given = {entry.arg: entry.value for entry in node.keywords}
        if where.name.startswith("explain") and ast.unparse(node.func) == "Explanation":
            if not isinstance(given.get("needs_person"), ast.Constant | None):
                continue
            if "needs_person" in given:
                found |= literals(given["code"])
    return found


async def test_all_advice_is_in_words(hass: HomeAssistant) -> None:
    """Whoever is needed is told what to do, and no advice is for what nobody explains."""
    texts = await async_load(hass)
    assert codes() >= ADVISED
    assert codes_for_people() <= ADVISED
    for code in ADVISED:
        sentence = texts.advice(code, {"service": "Radarr 4K"})
        assert sentence is not None, code
        assert sentence.endswith("."), code
    common = under(read_table(PACKAGE / "translations" / "en.json"), "common")
    spoken = {key.removeprefix("advice_") for key in common if key.startswith("advice_")}
    assert spoken == ADVISED


async def test_moments_are_told_by_the_clock_of_the_house(hass: HomeAssistant) -> None:
    """With the day: the sentence may be read much later."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    texts = await async_load(hass)
    asked, searched = (datetime(2026, 11, day, 20, 40, tzinfo=UTC) for day in (20, 21))
    explanation = Explanation(code="searching", service=Service.RADARR, at=searched)
    words = {"service": "Radarr"}
    assert texts.explanation(explanation, words, since=asked) == (
        "Looking for a good release since 2026-11-20, 21:40. "
        "Radarr searched last on 2026-11-21, 21:40."
    )
    bare = Explanation(code="searching", since=searched)
    assert texts.explanation(bare, words, since=asked) == (
        "Looking for a good release since 2026-11-21, 21:40."
    )
    assert texts.explanation(Explanation(code="searching"), words, since=None) == (
        "Looking for a good release."
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seeds": 0, "hours": 7}, "Nobody has shared the download for 7 h (0 sources connected)."),
        (
            {"seeds": 1},
            "The download is waiting for others to share it (1 sources connected).",
        ),
        ({"hours": 7}, "The download is waiting for others to share it."),
    ],
)
async def test_what_is_known_in_part_is_said(
    hass: HomeAssistant, values: dict[str, str | int], sentence: str
) -> None:
    """Of several sentences the one that says most without a gap."""
    texts = await async_load(hass)
    assert texts.sentence("stalled", values) == sentence


async def test_everything_done_in_a_service_has_a_sentence(hass: HomeAssistant) -> None:
    """Whoever tries again reads what that does."""
    texts = await async_load(hass)
    found = given_codes("connections", "Action") | {"look_for_releases"}
    assert "rescan_file" in found
    for code in found:
        sentence = texts.action(Action(code=code, target="One Piece"), "Shoko")
        assert sentence is not None, code
        assert "One Piece" in sentence


async def test_every_mismatch_has_a_sentence(hass: HomeAssistant) -> None:
    """Where services do not agree is said in words."""
    texts = await async_load(hass)
    found = given_codes("lifecycle", "Mismatch")
    assert len(found) > 4
    values: dict[str, str | int] = {
        "count": 2,
        "requested": 25,
        "monitored": 12,
        "season": 1,
        "name": "Ghost",
    }
    for code in found:
        assert texts.mismatch(Mismatch(code=code, values=values)) is not None, code


async def test_sentences_fill_in_values(hass: HomeAssistant) -> None:
    """Values stand in the sentence; services are called by their name."""
    texts = await async_load(hass)
    assert texts.sentence("queued", {"position": 3}) == (
        "The download waits for its turn, at place 3."
    )
    assert "qBittorrent" in (texts.sentence("connection_down", {"service": "qbittorrent"}) or "")
    assert "Radarr 4K" in (texts.sentence("connection_down", {"service": "Radarr 4K"}) or "")


@pytest.mark.parametrize("values", [{}, {"reason": ""}])
async def test_unknown_values_leave_no_gap(hass: HomeAssistant, values: dict[str, str]) -> None:
    """Without its value a sentence gives way to the one that needs none."""
    texts = await async_load(hass)
    assert texts.sentence("failed_download", values) == "The download failed."


async def test_values_are_no_templates(hass: HomeAssistant) -> None:
    """Braces in a service's message are text."""
    texts = await async_load(hass)
    sentence = texts.sentence("failed_download", {"reason": "{reason.__class__}"})
    assert sentence == "The download failed: {reason.__class__}"


async def test_an_unknown_code_has_no_sentence(hass: HomeAssistant) -> None:
    """Nothing is better than a code that nobody understands."""
    texts = await async_load(hass)
    assert texts.sentence("no_such_code", {}) is None


async def test_another_language_falls_back_to_english(hass: HomeAssistant) -> None:
    """A language without our texts, or one not loaded yet, reads English."""
    texts = await async_load(hass)
    hass.config.language = "nl"
    assert texts.sentence("paused", {}) == "The download is paused."


def happenings() -> set[str]:
    """Return every code that a timeline can give."""
    # That something was deleted has an entry of its own.
    found = {f"decided_{one.value}" for one in Verdict if one is not Verdict.DELETED}
    path = PACKAGE / "lifecycle" / "timeline.py"
    for where, node in nodes(ast.Call, path.parent):
        if where == path and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in {"add", "_gather"}:
                found |= literals(node.args[0])
    for where, table in nodes(ast.Assign, path.parent):
        if where == path and isinstance(table.value, ast.Dict):
            found |= set().union(*(literals(value) for value in table.value.values))
    return found - {"decided"}


def happened(code: str, service: Service | None = None, **values: JsonValue) -> TimelineEntry:
    """Return an entry of a timeline."""
    return TimelineEntry(
        request_id="r1",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        code=code,
        service=service,
        values=values,
    )


async def test_everything_that_happens_has_a_sentence(hass: HomeAssistant) -> None:
    """Nobody reads a code, even when nothing but the service is known."""
    texts = await async_load(hass)
    assert len(happenings()) > 12
    for code in happenings():
        name, _, verdict = code.partition("_") if code.startswith("decided_") else (code, "", "")
        values = {"verdict": verdict} if verdict else {}
        if code == "stage":
            values = {"before": "searching", "stage": "downloading"}
        assert texts.happening(happened(name, Service.SONARR, **values)), code


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (happened("opened", Service.SEERR, requested_by="Alice"), "Alice asked for it."),
        (happened("imported", Service.RADARR, items=["movie"], count=1), "Radarr sorted it in."),
        (
            happened("imported", Service.SONARR, items=["S01E01", "S01E02"], count=2),
            "Sonarr sorted in S01E01, S01E02.",
        ),
        (
            happened("playable", Service.JELLYFIN, items=[f"S01E0{n}" for n in range(1, 9)]),
            "Jellyfin can play S01E01 … S01E08 (8).",
        ),
        (happened("stage", before="searching", stage="available"), "Now: Ready to watch."),
    ],
)
async def test_what_happened_reads_like_a_sentence(
    hass: HomeAssistant, entry: TimelineEntry, sentence: str
) -> None:
    """People, services, episodes and stages are called by their names."""
    assert (await async_load(hass)).happening(entry) == sentence


async def test_what_an_unknown_code_tells_is_left_out(hass: HomeAssistant) -> None:
    """An entry of a newer version has no words here."""
    assert (await async_load(hass)).happening(happened("no_such_code")) is None
