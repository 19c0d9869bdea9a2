"""Check that no event breaks anything, however odd."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.media_status.connections.base import Push
from custom_components.media_status.lifecycle.model import JsonObject, JsonValue

from ..samples import JSON_VALUES, spoiled
from .events import SAMPLES, sent, waiting
from .twin import NOW, Shelf, context, event, matches_of, shoko, title


@pytest.mark.parametrize(
    "target",
    ["AniDB:BanStateUpdate", "AVDump:Event", "user:added", "plugin:loaded", "group:updated",
     "configuration:saved", "network:availability.changed", "feed:joined", "anidb:connected"],
)  # fmt: skip
async def test_other_feeds_are_ignored_on_purpose(target: str) -> None:
    """They are known, and say nothing to us."""
    push = shoko(Shelf()).translate(event(target, {"FileID": 812}), NOW)
    assert push == Push(event=target)


@pytest.mark.parametrize("target", ["ShokoEvent:Brandnew", "file:matched", "x", "", None, 5, []])
async def test_unknown_events_are_named(target: JsonValue) -> None:
    """What no version has is not understood, and nothing else."""
    push = shoko(Shelf()).translate({"target": target, "arguments": []}, NOW)
    assert not push.known
    assert not push.observations
    assert push.event


@pytest.mark.parametrize("size", [255, 4000, 4096, 5000, 200_000])
async def test_paths_of_any_length(size: int) -> None:
    """What is too long to be a path is none; half a path is no path, either."""
    name = "é" * (size - 5) + ".mkv"
    path = f"/data/X/{name}"
    shelf = Shelf()
    connection = await waiting(shelf, path)
    push = connection.translate(sent("ShokoEvent:FileHashed", RelativePath=f"/X/{name}"), NOW)
    assert bool(push.observations) is (len(f"/X/{name}") <= 4096)
    survey = await connection.survey(context(title(path), fresh=True))
    assert bool(matches_of(survey)) is (size <= 255)  # more cannot be asked, so nothing is known


@given(spoiled(SAMPLES), st.booleans())
@settings(max_examples=400, deadline=None)
def test_no_event_breaks_anything(payload: JsonObject, is_known: bool) -> None:
    """Whatever comes, the answer is a push, and no statement lacks its path."""
    connection = shoko(Shelf())
    if is_known:
        connection.translate(SAMPLES["v6/file-hashed"], NOW)
    push = connection.translate(payload, NOW)
    for seen in push.observations:
        assert seen.file_path
        assert seen.statements


@given(st.sampled_from(sorted({str(raw["target"]) for raw in SAMPLES.values()})), JSON_VALUES)
@settings(max_examples=300, deadline=None)
def test_any_argument_is_survived(target: str, argument: JsonValue) -> None:
    """An argument may be anything that JSON can be."""
    connection = shoko(Shelf())
    assert connection.translate(event(target, argument), NOW).event == target
    assert connection.translate({"target": target, "arguments": argument}, NOW).event == target
