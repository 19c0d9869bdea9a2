"""Check what a survey costs, and that half a picture states nothing."""

from datetime import timedelta

import pytest

from custom_components.media_status.clients.errors import AuthError, ClientError, ServerBusy
from custom_components.media_status.connections.base import WantedItem, WantedTitle
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Stage

from .asking import THERE, about, absent, film, present, read, series
from .twin import START, Twin

E1, E2 = ItemKey(1, 1), ItemKey(1, 2)


def many_films(twin: Twin, count: int) -> list[WantedTitle]:
    """Add films to the library and want them all."""
    for number in range(1, count + 1):
        twin.add_movie(f"/data/{number}/{number}.mkv", Tmdb=str(number))
    twin.settle()
    return [film(f"film{number}", tmdb=number) for number in range(1, count + 1)]


def many_series(twin: Twin, count: int) -> list[WantedTitle]:
    """Add series with one of two episodes to the library and want both of all."""
    for number in range(1, count + 1):
        twin.add_episode(twin.add_series(f"/{number}", Tvdb=str(number)), 1, 1, path=f"/{number}/e")
    twin.settle()
    return [series(f"series{number}", [E1, E2], tvdb=number) for number in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 20, 200])
async def test_calls_do_not_grow_with_wanted_films(
    connection: JellyfinConnection, twin: Twin, count: int
) -> None:
    """First the library, afterwards the changes and one look-up: for 200 films as for one."""
    titles = many_films(twin, count)
    assert len(present(await connection.survey(about(*titles)))) == count
    assert twin.paths() == ["/Items"]
    survey = await connection.survey(about(*titles, now=twin.advance(minutes=5)))
    assert twin.paths() == ["/Items", "/Items"]
    assert len(present(survey)) == min(count, 50)
    assert absent(survey) == set()
    assert survey.backlog is (count > 50)


async def test_a_backlog_ends(connection: JellyfinConnection, twin: Twin) -> None:
    """Every film is looked up in turn; then nothing asks for another survey at once."""
    titles = many_films(twin, 120)
    await connection.survey(about(*titles))
    now = twin.advance(minutes=5)
    seen: set[tuple[str, ItemKey]] = set()
    rounds = 0
    backlog = True
    while backlog:
        survey = await connection.survey(about(*titles, now=now))
        seen |= present(survey)
        backlog = survey.backlog
        now = twin.advance(seconds=1)
        rounds += 1
    assert rounds == 3
    assert len(seen) == 120


async def test_what_waits_is_looked_up_before_what_is_there(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A new film does not queue behind 100 that are known to be there."""
    many_films(twin, 100)
    twin.add("Movie", "/data/new.mkv", ProviderIds={"Tmdb": "999"}, Id="f" * 32)
    twin.settle()
    known = [film(f"film{number}", item=THERE, tmdb=number) for number in range(1, 101)]
    await connection.survey(about(*known))
    now = twin.advance(minutes=5)
    survey = await connection.survey(about(*known, film("new", tmdb=999), now=now))
    assert ("new", MOVIE) in present(survey)
    assert not survey.backlog


@pytest.mark.parametrize("count", [1, 8, 20, 40])
async def test_episode_lists_are_read_a_few_at_a_time(
    connection: JellyfinConnection, twin: Twin, count: int
) -> None:
    """At most 8 lists per survey; a series that was not read yet is unknown, not missing."""
    titles = many_series(twin, count)
    found: set[tuple[str, ItemKey]] = set()
    rounds = 0
    backlog = True
    while backlog:
        survey = await connection.survey(about(*titles, now=twin.clock))
        lists = [path for path in twin.paths() if path.startswith("/Shows/")]
        assert len(lists) <= 8
        found |= present(survey)
        rounds += 1
        backlog = survey.backlog
        assert {key for _, key in absent(survey)} <= {E2}
        assert {key for _, key in present(survey)} <= {E1}
    assert rounds == (count + 7) // 8
    assert len(found) == count


async def test_known_lists_are_not_read_again_at_once(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The changes tell what is new; while waiting, a list is read now and then all the same."""
    titles = many_series(twin, 3)
    await connection.survey(about(*titles))
    twin.paths()
    await connection.survey(about(*titles, now=START + timedelta(minutes=1)))
    assert twin.paths() == ["/Items", "/Items"]
    await connection.survey(about(*titles, now=START + timedelta(minutes=10)))
    assert len([path for path in twin.paths() if path.startswith("/Shows/")]) == 3


async def test_nothing_waiting_reads_no_list(connection: JellyfinConnection, twin: Twin) -> None:
    """Episodes that are there, or that Sonarr has no file for, need no second look."""
    twin.add_episode(twin.add_series(Tvdb="1"), 1, 1)
    twin.settle()
    items = {E1: THERE, E2: WantedItem(stage=Stage.UNRELEASED, has_file=False)}
    title = series(items=items, tvdb=1)
    await connection.survey(about(title))
    twin.paths()
    survey = await connection.survey(about(title, now=START + timedelta(minutes=30)))
    assert twin.paths() == ["/Items", "/Items"]
    assert present(survey) == {("series", E1)}


@pytest.mark.parametrize(
    "payload",
    [
        {"NotificationType": "ItemAdded", "ItemType": "Episode", "SeriesId": "{series}"},
        {"NotificationType": "ItemDeleted", "ItemType": "Episode", "ItemId": "{episode}"},
        {"NotificationType": "ItemDeleted", "ItemType": "Series", "ItemId": "{series}"},
    ],
)
async def test_a_push_has_the_list_read_again(
    connection: JellyfinConnection, twin: Twin, payload: dict[str, str]
) -> None:
    """Also one that only names the episode, as when its series is deleted with it."""
    number = twin.add_series(Tvdb="1")
    names = {"series": number, "episode": twin.add_episode(number, 1, 1)}
    title = series(items={E1: THERE}, tvdb=1)
    await connection.survey(about(title))
    twin.paths()
    connection.translate({key: text.format(**names) for key, text in payload.items()}, START)
    await connection.survey(about(title, now=twin.advance(minutes=1)))
    assert f"/Shows/{number}/Episodes" in twin.paths()


async def test_the_servers_clock_counts(connection: JellyfinConnection, twin: Twin) -> None:
    """A server an hour behind us loses nothing between two surveys."""
    title = film(tmdb=1)
    ours = START + timedelta(hours=1)
    assert absent(await connection.survey(about(title, now=ours))) == {("film", MOVIE)}
    twin.advance(minutes=1)
    twin.add_movie(Tmdb="1")
    twin.advance(minutes=1)
    survey = await connection.survey(about(title, now=ours + timedelta(minutes=2)))
    assert present(survey) == {("film", MOVIE)}
    # Nothing to remember over a restart: the library is read anew then.
    assert survey.cursor == {}


async def test_saved_in_the_second_of_the_last_survey(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """What was saved just before the last answer, and not in it, is not missed."""
    title = film(tmdb=1)
    await connection.survey(about(title))
    number = twin.add_movie(Tmdb="1")
    twin.saved[number] -= timedelta(seconds=30)
    assert present(await connection.survey(about(title))) == {("film", MOVIE)}


async def test_changes_that_shift_while_they_are_read(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """What slipped between two pages is neither missing nor lost."""
    title = film("first", tmdb=1)
    await connection.survey(about(title))
    twin.advance(minutes=5)
    many = [twin.add_movie(f"/{number}/f.mkv", Tmdb=str(number)) for number in range(2, 1002)]
    slipped = sorted(many)[500]
    wanted = film("slipped", tmdb=many.index(slipped) + 2)
    twin.shift_during_paging = 1
    survey = await connection.survey(about(wanted, now=twin.advance(minutes=5)))
    assert read(survey) == {}
    survey = await connection.survey(about(wanted, now=twin.advance(minutes=5)))
    assert present(survey) == {("slipped", MOVIE)}


@pytest.mark.parametrize("path", ["/Items", "/Shows"])
@pytest.mark.parametrize(("status", "error"), [(503, ServerBusy), (401, AuthError)])
async def test_half_a_picture_states_nothing(
    connection: JellyfinConnection, twin: Twin, path: str, status: int, error: type[ClientError]
) -> None:
    """Any call that fails fails the survey; the next one starts where this one should have."""
    titles = many_series(twin, 2)
    twin.failing[path] = status
    with pytest.raises(error):
        await connection.survey(about(*titles))
    twin.failing.clear()
    assert len(present(await connection.survey(about(*titles)))) == 2


async def test_a_failed_look_at_changes_loses_none(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The next survey asks from the same moment on."""
    title = film(tmdb=1)
    await connection.survey(about(title))
    twin.advance(minutes=5)
    twin.add_movie(Tmdb="1")
    twin.advance(minutes=5)
    twin.failing["/Items"] = 503
    with pytest.raises(ServerBusy):
        await connection.survey(about(title, now=twin.clock))
    twin.failing.clear()
    twin.advance(minutes=5)
    assert present(await connection.survey(about(title, now=twin.clock))) == {("film", MOVIE)}


async def test_one_series_that_cannot_be_listed_does_not_stop_the_others(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Jellyfin answers 500 for a damaged series: that one stays unknown."""
    titles = many_series(twin, 2)
    damaged = min(number for number, item in twin.items.items() if item["Type"] == "Series")
    twin.failing[f"/Shows/{damaged}"] = 500
    survey = await connection.survey(about(*titles))
    assert len(present(survey)) == len(absent(survey)) == 1
    assert not survey.backlog
    twin.failing.clear()
    survey = await connection.survey(about(*titles, now=START + timedelta(minutes=10)))
    assert len(present(survey)) == 2


async def test_a_library_that_shifts_while_it_is_read(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Once: it is read again. All the time: it proves what is there, not what is missing."""
    many_films(twin, 1100)
    last = film("there", tmdb=1100)
    twin.shift_during_paging = 1
    survey = await connection.survey(about(last, film("never", tmdb=5000)))
    assert len(twin.paths()) > 3
    assert absent(survey) == {("never", MOVIE)}
    twin.shift_during_paging = 50
    survey = await connection.survey(about(film("never", tmdb=5000), fresh=True))
    assert read(survey) == {}


async def test_a_fresh_survey_trusts_nothing(connection: JellyfinConnection, twin: Twin) -> None:
    """After a reconnect the whole library is read anew, also what no change tells."""
    number = twin.add_movie(Tmdb="1")
    title = film(tmdb=1)
    assert present(await connection.survey(about(title))) == {("film", MOVIE)}
    twin.remove(number)
    survey = await connection.survey(about(title, fresh=True))
    assert absent(survey) == {("film", MOVIE)}


async def test_the_library_is_read_anew_every_day(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """An entry that changed while a clock was wrong heals by itself."""
    title = film(tmdb=1)
    await connection.survey(about(title))
    twin.add_movie(Tmdb="1")
    twin.settle()
    twin.advance(hours=23)
    assert absent(await connection.survey(about(title, now=twin.clock))) == {("film", MOVIE)}
    twin.advance(hours=2)
    assert present(await connection.survey(about(title, now=twin.clock))) == {("film", MOVIE)}


async def test_episodes_are_read_anew_with_the_library(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """After days without a question, nothing known about episodes counts any more."""
    number = twin.add_series(Tvdb="1")
    title = series(items={E1: WantedItem(stage=Stage.SEARCHING, has_file=False)}, tvdb=1)
    assert absent(await connection.survey(about(title))) == {("series", E1)}
    twin.add_episode(number, 1, 1)
    now = twin.advance(days=3)
    assert present(await connection.survey(about(title, now=now))) == {("series", E1)}


async def test_a_scan_that_saves_everything_anew(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Thousands of changed episodes are not read one by one, and hide nothing."""
    number = twin.add_series(Tvdb="1")
    for episode in range(1, 2500):
        twin.add_episode(number, 2, episode)
    twin.settle()
    titles = (film("new", tmdb=9), film("never", tmdb=10), series(items=[E1], tvdb=1))
    assert present(await connection.survey(about(*titles))) == set()
    now = twin.advance(minutes=10)
    twin.saved = dict.fromkeys(twin.saved, now)
    twin.add_movie(Tmdb="9")
    twin.add_episode(number, 1, 1)
    twin.paths()
    survey = await connection.survey(about(*titles, now=now))
    assert present(survey) == {("new", MOVIE), ("series", E1)}
    assert absent(survey) == {("never", MOVIE)}
    assert len(twin.paths()) <= 4
    # Still in the minute that is always asked for twice: nothing is read, nothing is missing.
    now = twin.advance(seconds=15)
    survey = await connection.survey(about(*titles, now=now))
    assert absent(survey) == set()
    assert len(twin.paths()) <= 2
    # Afterwards all is as usual.
    for _ in range(2):
        now = twin.advance(minutes=3)
        survey = await connection.survey(about(*titles, now=now))
    assert present(survey) == {("new", MOVIE), ("series", E1)}
    assert absent(survey) == {("never", MOVIE)}


async def test_a_film_that_vanishes_is_missed(connection: JellyfinConnection, twin: Twin) -> None:
    """A film that was found is looked up before it is called available again."""
    number = twin.add_movie(Tmdb="1")
    title = film(tmdb=1, item=THERE)
    assert present(await connection.survey(about(title))) == {("film", MOVIE)}
    twin.remove(number)
    survey = await connection.survey(about(title, now=twin.advance(minutes=5)))
    assert absent(survey) == {("film", MOVIE)}


async def test_nothing_wanted_reads_no_library(connection: JellyfinConnection, twin: Twin) -> None:
    """Only a sign of life is asked for, and its failure is told."""
    survey = await connection.survey(about())
    assert survey.observations == ()
    assert twin.paths() == ["/System/Info"]
    twin.failing["/System"] = 503
    with pytest.raises(ServerBusy):
        await connection.survey(about())


async def test_probe(connection: JellyfinConnection, twin: Twin) -> None:
    """The server says who it is."""
    info = await connection.probe()
    assert info.identity
    assert info.version
    assert info.name
