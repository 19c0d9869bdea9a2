"""Shoko's events: order, shapes, feeds, and what becomes of them when something fails."""

from collections.abc import AsyncIterator

import pytest

from simulator import Simulator

from .anime_house import (
    V5,
    V6,
    ask,
    film,
    household,
    import_film,
    import_series,
    joined,
    last,
    show,
    told,
    words,
)
from .shapes import differences, sample

pytestmark = pytest.mark.usefixtures("socket_enabled")


def check(sim: Simulator, target: str, name: str) -> None:
    """Compare the last event of a name with a sample."""
    theirs = sample("shoko", name)
    assert isinstance(theirs, dict)
    assert theirs["target"] == target
    assert differences(last(sim, target), theirs["arguments"][0]) == []


async def until(records: AsyncIterator[dict[str, object]], target: str) -> list[object]:
    """Read records up to an event and return its arguments."""
    async for record in records:
        if record.get("target") == target:
            arguments = record["arguments"]
            assert isinstance(arguments, list)
            return arguments
    raise AssertionError(f"the hub never told {target}")


async def test_the_order_of_a_new_series() -> None:
    """As captured: detected, hashed, matched without Shoko's ids, then the series."""
    async with household() as sim:
        import_series(sim, show(sim), 1)
        await sim.advance(60)
        check(sim, "ShokoEvent:FileDetected", "v5/file-detected")
        check(sim, "ShokoEvent:FileHashed", "v5/file-hashed")
        check(sim, "ShokoEvent:FileMatched", "v5/file-matched-new-series")
        check(sim, "ShokoEvent:EpisodeUpdated", "v5/episode-updated-shoko")
        check(sim, "ShokoEvent:SeriesUpdated", "v5/series-updated-tmdb")
        short = [word.removeprefix("ShokoEvent:") for word in words(sim)]
        assert short == [
            "FileDetected",
            "FileHashed",
            "FileMatched",
            "SeriesUpdated",  # a picture, by AniDB
            "SeriesUpdated",  # added, by AniDB
            "EpisodeUpdated",
            "EpisodeUpdated",
            "SeriesUpdated",  # added, by Shoko
            "EpisodeUpdated",
            "EpisodeUpdated",
            "SeriesUpdated",  # by TMDB
        ]
        matched = last(sim, "ShokoEvent:FileMatched")
        assert matched["CrossReferences"] == [
            {
                "EpisodeID": None,
                "AnidbEpisodeID": 271234,
                "SeriesID": None,
                "AnidbAnimeID": 17617,
                "GroupID": None,
            }
        ]
        assert str(matched["RelativePath"]).startswith("/Frieren")


async def test_the_same_in_version_6() -> None:
    """No event says matched: a release is saved, with AniDB's ids as texts and no path."""
    async with household(V6) as sim:
        import_series(sim, show(sim), 1)
        await sim.advance(60)
        check(sim, "file:detected", "v6/file-detected")
        check(sim, "file:hashed", "v6/file-hashed")
        check(sim, "release:saved", "v6/release-saved")
        check(sim, "release:search.completed", "v6/release-search-completed-matched")
        check(sim, "metadata:series.added", "v6/metadata-series-added")
        check(sim, "metadata:episode.added", "v6/metadata-episode-added")
        assert not any(word.startswith("ShokoEvent") for word in words(sim))
        release = last(sim, "release:saved")["Release"]
        assert isinstance(release, dict)
        assert release["CrossReferences"][0]["ProviderIDs"] == {
            "AniDB_Anime": "17617",
            "AniDB_Episode": "271234",
        }


async def test_a_series_that_is_known_already() -> None:
    """The second file comes with Shoko's own ids, and nothing about the series follows."""
    async with household() as sim:
        title = show(sim)
        import_series(sim, title, 1)
        await sim.advance(60)
        before = len(told(sim))
        entry = sim.sonarr.find(title)
        assert entry is not None
        sim.sonarr.import_by_hand(entry.episodes[1:])
        await sim.advance(60)
        check(sim, "ShokoEvent:FileMatched", "v5/file-matched-known-series")
        assert len(told(sim)) == before + 3


async def test_one_file_with_two_episodes() -> None:
    """Both references stand in one event."""
    async with household() as sim:
        entry = sim.sonarr.add(show(sim))
        sim.sonarr.import_file(entry.episodes)
        await sim.advance(60)
        check(sim, "ShokoEvent:FileMatched", "v5/file-matched-two-episodes")
        references = last(sim, "ShokoEvent:FileMatched")["CrossReferences"]
        assert isinstance(references, list)
        assert [row["AnidbEpisodeID"] for row in references] == [271234, 271235]


async def test_unmatched_banned_and_linked() -> None:
    """Attempts count; a ban is told as such; a rescan that finds the same says so."""
    async with household() as sim:
        sim.shoko.unmatched("Frieren")
        import_series(sim, show(sim), 1)
        await sim.advance(20)
        check(sim, "ShokoEvent:FileNotMatched", "v5/file-not-matched")
        sim.shoko.ban()
        sim.shoko.rescan("E01")
        await sim.advance(20)
        check(sim, "ShokoEvent:FileNotMatched", "v5/file-not-matched-udp-banned")
        answer = last(sim, "ShokoEvent:FileNotMatched")
        assert (answer["AutoMatchAttempts"], answer["IsUDPBanned"]) == (2, True)
        sim.shoko.matched_again("Frieren")
        sim.shoko.unban()
        await sim.advance(60)
        assert words(sim).count("ShokoEvent:FileMatched") == 1
        sim.shoko.rescan("E01")
        await sim.advance(20)
        check(sim, "ShokoEvent:FileNotMatched", "v5/file-not-matched-already-linked")
        assert last(sim, "ShokoEvent:FileNotMatched")["HasCrossReferences"] is True


async def test_nothing_found_and_links_in_version_6() -> None:
    """A search without a release, then a link by hand, then none again."""
    async with household(V6) as sim:
        sim.shoko.unmatched("Frieren")
        import_series(sim, show(sim), 1)
        await sim.advance(20)
        name = "v6/release-search-completed-not-matched"
        check(sim, "release:search.completed", name)
        sim.shoko.link("E01")
        sim.shoko.unlink("E01")
        await sim.settle()
        check(sim, "release:removed", "v6/release-removed")
        saved = last(sim, "release:saved")["Release"]
        assert isinstance(saved, dict)
        assert saved["ProviderName"] == "User"


@pytest.mark.parametrize("version", [V5, V6])
async def test_renamed_moved_and_deleted(version: str) -> None:
    """Each is told with what was before; the arrs know nothing of the new name."""
    async with household(version) as sim:
        import_series(sim, show(sim), 1)
        await sim.advance(60)
        file = sim.shoko.files[0]
        old = file.source
        sim.shoko.relocate(file, file.relative.replace("Chapter", "Part"))
        sim.shoko.relocate(file, "Frieren.mkv", folder=sim.shoko.shelf.folders[1])
        assert old not in sim.world.disk
        sim.world.remove_file(file.source)
        await sim.advance(30)
        if version == V6:
            check(sim, "file:relocated", "v6/file-relocated")
            check(sim, "file:deleted", "v6/file-deleted")
            moves = [body for word, body in told(sim) if word == "file:relocated"]
            assert [(row["Moved"], row["Renamed"]) for row in moves] == [
                (False, True),
                (True, True),
            ]
        else:
            check(sim, "ShokoEvent:FileRenamed", "v5/file-renamed")
            check(sim, "ShokoEvent:FileMoved", "v5/file-moved")
            check(sim, "ShokoEvent:FileDeleted", "v5/file-deleted")
        assert sim.shoko.files == []


async def test_a_file_that_was_known_before_is_never_told_as_matched() -> None:
    """Imported again, it is hashed with its references, and that is all."""
    async with household() as sim:
        title = show(sim)
        import_series(sim, title, 1)
        await sim.advance(60)
        entry = sim.sonarr.find(title)
        assert entry is not None
        sim.sonarr.delete_file(entry.episodes[0])
        await sim.advance(10)
        import_series(sim, title, 1)
        await sim.advance(60)
        assert words(sim).count("ShokoEvent:FileMatched") == 1
        assert words(sim).count("ShokoEvent:FileHashed") == 2
        assert last(sim, "ShokoEvent:FileHashed")["CrossReferences"]


async def test_a_film_is_told_like_everything_else() -> None:
    """It is matched as a series of one episode; TMDB's record follows if it is linked."""
    async with household() as sim:
        import_film(sim, film(sim))
        await sim.advance(60)
        assert "ShokoEvent:FileMatched" in words(sim)
        check(sim, "ShokoEvent:MovieUpdated", "v5/movie-updated-tmdb")
        assert last(sim, "ShokoEvent:MovieUpdated")["MovieID"] == 1052946


async def test_greetings_and_feeds() -> None:
    """Each feed greets by itself, and who did not join it hears nothing of it."""
    async with household() as sim, joined(sim, "queue") as quiet, joined(sim) as all_ears:
        assert await until(all_ears, "ShokoEvent:OnConnected") == [None]
        (state,) = await until(all_ears, "Queue:OnConnected")
        theirs = sample("shoko", "v5/queue-on-connected")
        assert isinstance(theirs, dict)
        assert differences(state, theirs["arguments"][0]) == []
        await until(quiet, "Queue:OnConnected")
        import_series(sim, show(sim), 1)
        await sim.advance(60)
        (matched,) = await until(all_ears, "ShokoEvent:FileMatched")
        assert isinstance(matched, dict)
        assert matched["FileID"] == 812
        first = await anext(quiet)
        assert first["target"] == "Queue:QueueStateChanged"


async def test_the_hub_of_version_6_wants_a_key() -> None:
    """The old one asked nobody; the new one can be switched off."""
    async with household(V6) as sim:
        async with joined(sim) as records:
            (state,) = await until(records, "queue:connected")
            theirs = sample("shoko", "v6/queue-connected")
            assert isinstance(theirs, dict)
            assert differences(state, theirs["arguments"][0]) == []
        sim.shoko.auth.open_hub = False
        with pytest.raises(AssertionError, match="401"):
            await _refused(sim)
        sim.shoko.signalr = False
        with pytest.raises(AssertionError, match="404"):
            await _refused(sim, sim.api_key("shoko"))


async def _refused(sim: Simulator, key: str = "") -> None:
    await ask(sim, "/signalr/aggregate", key=key)


@pytest.mark.parametrize(("fault", "expected"), [("drop", 0), ("duplicate", 2)])
async def test_the_dial_works_on_events(fault: str, expected: int) -> None:
    """Lost and doubled events, as with webhooks; what Shoko knows stays right."""
    async with household() as sim:
        setattr(sim.faults("shoko"), fault, 1.0)
        import_series(sim, show(sim), 1)
        await sim.advance(60)
        assert words(sim).count("ShokoEvent:FileMatched") == expected
        assert sim.shoko.files[0].links


async def test_late_and_shuffled_events() -> None:
    """They come in another order, and all of them."""
    told_in: list[list[str]] = []
    for reorder in (0.0, 1.0):
        async with household() as sim:
            sim.faults("shoko").reorder = reorder
            import_series(sim, show(sim), 1)
            await sim.advance(60)
            await sim.settle()
            told_in.append([push.url for push, _ in sim.shoko.courier.sent])
    plain, shuffled = told_in
    assert shuffled != plain
    assert sorted(shuffled) == sorted(plain)


async def test_what_happens_while_it_is_down_is_never_told() -> None:
    """Files are found after the start; what was removed meanwhile is gone."""
    async with household() as sim:
        title = show(sim)
        import_series(sim, title, 1)
        await sim.advance(5)
        await sim.down("shoko")
        await sim.advance(600)
        assert words(sim) == ["ShokoEvent:FileDetected"]
        entry = sim.sonarr.find(title)
        assert entry is not None
        sim.sonarr.import_by_hand(entry.episodes[1:])
        await sim.up("shoko")
        await sim.advance(120)
        assert [bool(file.links) for file in sim.shoko.files] == [True, True]
        assert words(sim).count("ShokoEvent:FileMatched") == 2


async def test_references_may_be_missing() -> None:
    """Some servers told FileMatched without any (E8)."""
    async with household() as sim:
        sim.shoko.events.bare_matches = True
        import_series(sim, show(sim), 1)
        await sim.advance(60)
        assert last(sim, "ShokoEvent:FileMatched")["CrossReferences"] == []
        assert sim.shoko.files[0].links
