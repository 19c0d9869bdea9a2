"""Test what a survey of Sonarr finds, on the simulator."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.connections.base import SurveyContext, WantedItem
from custom_components.media_status.lifecycle.facts import (
    Anime,
    FactKind,
    File,
    Grab,
    Outcome,
    Queue,
    Result,
    Title,
    Wanted,
)
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, ProviderIds, Stage
from simulator import Title as Show
from tests.connections.house import House, items_with, series, stated, values

SEVERANCE = ProviderIds(tmdb=95396, tvdb=371980)
EPISODES = ("sonarr", "GET /api/v3/episode")


def severance(house: House, *, unaired: int = 0) -> Show:
    """Let the world know a series of two seasons."""
    return house.sim.world.add_title_series(
        title="Severance",
        year=2022,
        tmdb=95396,
        tvdb=371980,
        seasons={0: 2, 1: 9, 2: 10},
        unaired=unaired,
    )


async def requested(house: House, *seasons: int, unaired: int = 0) -> Show:
    """Have seasons of a series requested, approved and handed to Sonarr."""
    show = severance(house, unaired=unaired)
    await house.sim.seerr.request(show, user="alice", seasons=list(seasons))
    await house.settle()
    return show


def many(house: House, count: int) -> tuple[list[int], SurveyContext]:
    """Put many series into Sonarr and want them all."""
    world, sonarr = house.sim.world, house.sim.sonarr
    entries = [
        sonarr.add(
            world.add_title_series(
                title=f"Show {n}", year=2020, tmdb=20_000 + n, tvdb=30_000 + n, seasons={1: 3}
            )
        )
        for n in range(count)
    ]
    wanted = tuple(
        series(n, ids=ProviderIds(tvdb=30_000 + n), now=house.now, own_id=entry.id)
        for n, entry in enumerate(entries)
    )
    return [entry.id for entry in entries], SurveyContext(now=house.now, wanted=wanted, fresh=True)


async def test_a_request_is_followed_to_its_files(house: House) -> None:
    """A pack and single episodes are found by surveys alone, episode by episode."""
    show = severance(house, unaired=3)
    request = await house.sim.seerr.request(show, user="alice", seasons=[1, 2])
    seen = []
    story = house.sim.follow(request)
    while await story.step() is not None:
        await house.settle()
        seen.append(house.request(show.title).status)
    assert [status.counts.total for status in seen[1:]] == [19] * (len(seen) - 1)
    assert all(status.counts.unreleased == 3 for status in seen[1:])
    imported = [status.counts.imported for status in seen]
    assert imported == sorted(imported)
    assert imported[-1] == 16
    assert seen[-1].stage is Stage.SYNCING_LIBRARY


async def test_only_requested_seasons_are_told(house: House) -> None:
    """Specials and other seasons are not part of the wish."""
    show = await requested(house, 2)
    house.forget(house.sonarr)
    survey = await house.survey(house.sonarr)
    items = {statement.subject.item for statement, _ in stated(survey, Wanted)}
    assert items == {ItemKey(2, number) for number in range(1, 11)}
    assert house.request(show.title).items == items


async def test_unaired_episodes_have_their_date(house: House) -> None:
    """What lies ahead is unreleased, with its date, and is never searched."""
    show = await requested(house, 2, unaired=2)
    status = house.request(show.title).status
    ahead = {item for item, stage in status.items.items() if stage is Stage.UNRELEASED}
    assert ahead == {ItemKey(2, 9), ItemKey(2, 10)}


async def test_an_absent_series_is_said_to_be_absent(house: House) -> None:
    """Sonarr's answer that it has no such series is a fact."""
    context = SurveyContext(
        now=house.now, wanted=(series(1, ids=ProviderIds(tvdb=1), now=house.now),)
    )
    survey = await house.sonarr.survey(context)
    assert values(survey, Title) == [Title(present=False)]


async def test_a_wrong_tvdb_id_is_no_obstacle(house: House) -> None:
    """Seerr's TVDB id can be wrong; TMDB and IMDb ids lead to the series too, and not too often."""
    entry = house.sim.sonarr.add(severance(house))
    wanted = (series(1, ids=ProviderIds(tmdb=95396, tvdb=1), now=house.now),)
    survey = await house.sonarr.survey(SurveyContext(now=house.now, wanted=wanted))
    assert [o.title.service_id for o in survey.observations if o.title] == [str(entry.id)]
    stranger = (series(2, ids=ProviderIds(tmdb=1, tvdb=1), now=house.now),)
    house.sim.calls.clear()
    for minutes in range(0, 9, 2):
        now = house.now + timedelta(minutes=minutes)
        survey = await house.sonarr.survey(SurveyContext(now=now, wanted=stranger))
        assert values(survey, Title) == [Title(present=False)]
    # The exact look-up each time, the whole list once.
    assert house.sim.calls["sonarr", "GET /api/v3/series"] == 6


@pytest.mark.parametrize("count", [1, 8, 9, 20, 200])
async def test_calls_do_not_grow_with_the_number_of_requests(house: House, count: int) -> None:
    """A bounded number of calls per cycle; the rest follows in the next cycles, each once."""
    ids, context = many(house, count)
    await house.sim.settle()
    seen: list[str] = []
    for cycle in range((count + 7) // 8):
        house.sim.calls.clear()
        survey = await house.sonarr.survey(context)
        calls = house.sim.calls
        assert calls[EPISODES] <= 8
        titles = count if count <= 8 else int(cycle == 0)
        # Once in five minutes three calls tell what ails it.
        assert sum(calls.values()) - calls[EPISODES] == 2 + titles + (3 if cycle == 0 else 0)
        assert survey.backlog == ((cycle + 1) * 8 < count)
        seen += [
            o.title.service_id
            for o in survey.observations
            if o.title and o.title.service_id and any(s.subject.item for s in o.statements)
        ]
        context = SurveyContext(now=house.now, wanted=context.wanted, cursor=survey.cursor)
    assert sorted(map(int, seen)) == sorted(ids)
    house.sim.calls.clear()
    survey = await house.sonarr.survey(
        SurveyContext(now=house.now, wanted=context.wanted, cursor=survey.cursor)
    )
    assert house.sim.calls[EPISODES] == 0
    assert not survey.backlog


async def test_episodes_are_read_again_only_when_something_happened(house: House) -> None:
    """A change, an import, a push or an airing each cause one reading."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None

    async def readings() -> int:
        house.sim.calls.clear()
        await house.settle(house.sonarr)
        return house.sim.calls[EPISODES]

    assert await readings() == 0
    house.sim.sonarr.find_existing(entry.season(1)[:2])
    assert await readings() == 1
    assert await readings() == 0
    house.sonarr.translate(
        {"eventType": "Rename", "series": {"id": entry.id, "tvdbId": 371980}}, house.now
    )
    assert await readings() == 1
    assert await readings() == 0


async def test_an_episode_that_airs_is_noticed(house: House) -> None:
    """When an air date passes, the episodes are read again."""
    show = await requested(house, 2, unaired=1)
    await house.sim.advance(90 * 86400)
    house.sim.calls.clear()
    await house.settle(house.sonarr)
    assert house.sim.calls[EPISODES] == 1
    house.tracker.tick(house.now)
    assert house.request(show.title).status.counts.unreleased == 0


async def test_a_pack_is_one_download_with_its_size_once(house: House) -> None:
    """The queue lists each episode with the whole size; it is one download."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    download = house.sim.sonarr.grab(entry, entry.season(1), size=9_000_000_000)
    survey = await house.survey(house.sonarr)
    (queue,) = values(survey, Queue)
    assert queue.size == 9_000_000_000
    (grab,) = values(survey, Grab)
    assert grab.items == {ItemKey(1, number) for number in range(1, 10)}
    keys = [s.subject.download for s, _ in stated(survey, Grab)]
    assert keys == [(download.client_id or "").lower()]
    assert set(house.request(show.title).status.items.values()) == {Stage.DOWNLOADING}


async def test_a_download_serves_every_request_of_the_series(house: House) -> None:
    """A pack over two seasons concerns the requests of both."""
    show = severance(house)
    await house.sim.seerr.request(show, user="alice", seasons=[1])
    await house.sim.seerr.request(show, user="alice", seasons=[2])
    await house.settle()
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sim.sonarr.grab(entry, [*entry.season(1), *entry.season(2)])
    await house.settle()
    requests = list(house.tracker.requests.values())
    assert [request.stage for request in requests] == [Stage.DOWNLOADING, Stage.DOWNLOADING]
    assert [len(request.items) for request in requests] == [9, 10]


async def test_a_failed_pack_and_its_successor(house: House) -> None:
    """A failure concerns all its episodes until the next grab."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sim.sonarr.fail(house.sim.sonarr.grab(entry, entry.season(1)), "par2 failed")
    await house.sim.advance(30)
    survey = await house.survey(house.sonarr)
    assert [(o.result, o.message) for o in values(survey, Outcome)] == [
        (Result.FAILED, "par2 failed")
    ]
    assert house.stage(show.title) is Stage.FAILED
    house.sim.sonarr.grab(entry, entry.season(1))
    await house.settle()
    assert house.stage(show.title) is Stage.DOWNLOADING


async def test_a_deleted_file_is_absent_again(house: House) -> None:
    """Sonarr's word about files goes both ways."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sim.sonarr.find_existing(entry.season(1))
    survey = await house.survey(house.sonarr)
    assert items_with(survey, File, present=True) == {ItemKey(1, n) for n in range(1, 10)}
    house.sim.sonarr.delete_file(entry.season(1)[0])
    survey = await house.survey(house.sonarr)
    assert items_with(survey, File, present=False) == {ItemKey(1, 1)}


async def test_an_episode_that_vanished_is_no_longer_wanted(house: House) -> None:
    """Renumbered or removed upstream: nobody waits for it for ever."""
    house.sim.sonarr.add(severance(house))
    gone = ItemKey(1, 77)
    wanted = replace(
        series(1, ids=SEVERANCE, now=house.now), items={gone: WantedItem(stage=Stage.SEARCHING)}
    )
    survey = await house.sonarr.survey(SurveyContext(now=house.now, wanted=(wanted,)))
    facts = {s.value for o in survey.observations for s in o.statements if s.subject.item == gone}
    assert facts == {Wanted(monitored=False, released=False), File(present=False)}


async def test_signs_of_anime_are_read(house: House) -> None:
    """The series type is the surest sign."""
    show = house.sim.world.add_title_series(
        title="Frieren",
        year=2023,
        tmdb=209867,
        tvdb=424536,
        seasons={1: 3},
        anime=True,
    )
    house.sim.sonarr.add(show)
    wanted = (series(1, ids=ProviderIds(tvdb=424536), now=house.now),)
    survey = await house.sonarr.survey(SurveyContext(now=house.now, wanted=wanted))
    assert values(survey, Anime) == [Anime(is_anime=True, source="series type")]


@pytest.mark.parametrize("fault", ["status", "half"])
async def test_a_survey_that_fails_says_nothing_and_forgets_nothing(
    house: House, fault: str
) -> None:
    """Trouble is an error; what was pushed before is still looked at afterwards."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sonarr.translate(
        {"eventType": "Rename", "series": {"id": entry.id, "tvdbId": 371980}}, house.now
    )
    faults = house.sim.faults("sonarr")
    setattr(faults, fault, 503 if fault == "status" else True)
    with pytest.raises(ClientError):
        await house.sonarr.survey(house.context(house.sonarr))
    faults.clear()
    survey = await house.survey(house.sonarr)
    assert len(values(survey, File)) == 9


async def test_a_survey_that_was_not_kept_is_made_again(house: House) -> None:
    """If the journal did not take a survey's cursor, nothing it read counts as told."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sim.sonarr.find_existing(entry.season(1))
    lost = await house.sonarr.survey(house.context(house.sonarr))
    assert values(lost, File)
    await house.settle(house.sonarr)
    assert house.stage(show.title) is Stage.SYNCING_LIBRARY


async def test_a_repeated_survey_says_the_same(house: House) -> None:
    """Nothing new upstream, nothing new here: the cursor settles."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sim.sonarr.grab(entry, entry.season(1))
    await house.settle(house.sonarr)
    first = await house.survey(house.sonarr)
    second = await house.survey(house.sonarr)
    assert second.cursor == first.cursor
    assert second.observations == first.observations
    assert FactKind.QUEUE in second.complete


async def test_pushed_imports_agree_with_the_survey(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Import Complete says by itself is what Sonarr answers when asked."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    pushed: list[JsonObject] = []
    monkeypatch.setattr(
        house.sim.sonarr.notifications, "send", lambda payload, *_: pushed.append(payload)
    )
    download = house.sim.sonarr.grab(entry, entry.season(1))
    house.sim.sonarr.complete(download)
    house.sim.sonarr.import_download(download)
    told: dict[ItemKey, File] = {}
    for payload in pushed:
        for observation in house.sonarr.translate(payload, house.now).observations:
            for statement in observation.statements:
                if isinstance(statement.value, File) and statement.subject.item:
                    told[statement.subject.item] = statement.value
    survey = await house.survey(house.sonarr)
    asked = {s.subject.item: value for s, value in stated(survey, File)}
    assert told == asked
