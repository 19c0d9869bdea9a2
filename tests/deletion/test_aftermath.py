"""Test what a deletion leaves of requests: history that says so, and no way back for old news."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.deletion.aftermath import end_deleted
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    HeldFile,
    HeldTitle,
    Holdings,
)
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Statement,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Stage,
    Subject,
    TitleRef,
    Via,
)
from custom_components.media_status.lifecycle.request import Changes, Request
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .house import ON, House, a_film, a_series, housed, services_with
from .shelf import ShelfConnection


def asked(title: TitleRef, number: str) -> Observation:
    """Return Seerr's word that somebody asked."""
    now = dt_util.utcnow()
    return Observation(
        connection_id="seerr",
        service=Service.SEERR,
        via=Via.SURVEY,
        seen_at=now,
        title=replace(title, service_id=number),
        statements=(Statement(value=Ask(status=AskStatus.APPROVED)),),
        opening=Opening(origin=Origin.SEERR, created_at=now),
    )


def grabbed(title: TitleRef, own_id: str, *, ago: timedelta) -> Observation:
    """Return Radarr's history of a grab."""
    at = dt_util.utcnow() - ago
    return Observation(
        connection_id="radarr",
        service=Service.RADARR,
        via=Via.PUSH,
        seen_at=dt_util.utcnow(),
        title=replace(title, service_id=own_id),
        statements=(
            Statement(
                value=Grab(items=frozenset({MOVIE}), at=at), subject=Subject(download="ff" * 20)
            ),
        ),
        opening=Opening(origin=Origin.RADARR, created_at=at, items=frozenset({MOVIE})),
        download_ids=frozenset({"ff" * 20}),
    )


FILM = TitleRef(media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=101), title="Film 1")


def observe(house: House, *words: Observation) -> Changes:
    """Let the tracker hear words."""
    return house.tracker.observe(words, dt_util.utcnow())


async def delete(house: House, freezer: FrozenDateTimeFactory, *wishes: Wish) -> None:
    """Delete, and wait until that is over."""
    plan = await house.deletions.preview(wishes, DeletionOptions())
    assert plan.blockers == ()
    await house.deletions.run(plan.id, source="user", user="Anna")
    await house.until_over(freezer)


@pytest.mark.parametrize("ended", [False, True], ids=["open", "ended"])
@pytest.mark.parametrize("restarted", [False, True])
async def test_old_news_open_nothing(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    ended: bool,
    restarted: bool,
) -> None:
    """Seerr may go on to list it, Radarr may tell its history: only a new wish is a new request."""
    path, services = tmp_path / "j.db", services_with(a_film())
    film = a_film(ended=ended)
    async with housed(hass, path, services) as house:
        await house.know(film)
        freezer.tick(timedelta(minutes=5))
        await delete(house, freezer, Wish(request_id="film-1"))
        if not restarted:
            _nothing_but_a_new_wish_counts(house)
        found = await house.journal.request("film-1")
        assert found is not None
        assert found.stage is Stage.DELETED
        assert found.status.items == {MOVIE: Stage.DELETED}
        assert found.ended_at is not None
        assert found.ended_at > film.opened_at
        codes = [one.code for one in await house.journal.timeline("film-1")]
        assert codes.count("deleted") == 1
    if restarted:
        async with housed(hass, path, services) as house:
            start = await house.journal.requests()
            house.tracker.restore((), (), dt_util.utcnow(), start.items)
            _nothing_but_a_new_wish_counts(house)


def _nothing_but_a_new_wish_counts(house: House) -> None:
    observe(house, asked(FILM, "1"))
    observe(house, grabbed(FILM, "11", ago=timedelta(hours=2)))
    assert house.tracker.requests == {}
    observe(house, asked(FILM, "2"))
    (request,) = house.tracker.requests.values()
    assert request.id == "new"
    assert request.stage is Stage.APPROVED


async def test_added_by_hand_again_is_a_new_request(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A grab after the deletion is a new wish."""
    async with housed(hass, tmp_path / "j.db", services_with(a_film())) as house:
        await house.know(a_film())
        await delete(house, freezer, Wish(request_id="film-1"))
        freezer.tick(timedelta(minutes=5))
        observe(house, grabbed(FILM, "12", ago=timedelta(minutes=1)))
        (request,) = house.tracker.requests.values()
        assert request.id == "new"


def series_services(series: Request) -> dict[str, ShelfConnection]:
    """Return services that have a series, with one file for each episode."""
    services = services_with()
    files = tuple(
        HeldFile(
            file_id=f"e{item.number}",
            path=f"/tv/{item.label}.mkv",
            size=1000,
            items=frozenset({item}),
        )
        for item in sorted(series.items)
    )
    title = HeldTitle(
        request_id=series.id,
        own_id="21",
        ids=series.ids,
        title=series.name,
        files=files,
        monitored=frozenset(series.items),
        item_ids={item: f"9{item.number}" for item in series.items},
    )
    services["sonarr"].shelf.holdings = Holdings(titles=(title,))
    services["sonarr"].shelf.present = {file.file_id for file in files}
    return services


@pytest.mark.parametrize("ended", [False, True], ids=["open", "ended"])
async def test_some_episodes(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, ended: bool
) -> None:
    """Only they go; the request stays and says so."""
    series = a_series(ended=ended)
    services = series_services(series)
    chosen = frozenset({ItemKey(1, 1), ItemKey(1, 2)})
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(series)
        freezer.tick(timedelta(minutes=5))
        await delete(house, freezer, Wish(request_id=series.id, items=chosen))
        assert services["sonarr"].shelf.calls == ["sonarr:file:e1", "sonarr:file:e2"]
        found = await house.journal.request(series.id)
        assert found is not None
        (entry,) = [one for one in await house.journal.timeline(series.id) if one.code == "deleted"]
        assert entry.values["items"] == ["S01E01", "S01E02"]
        if ended:
            assert found.stage is Stage.PARTIALLY_AVAILABLE
            assert {item for item, stage in found.status.items.items() if stage == "deleted"} == (
                chosen
            )
            assert found.status.counts.available == 1


async def test_a_deleted_episode_can_be_wanted_again(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Its open request says deleted while nothing newer is known."""
    series = a_series()
    async with housed(hass, tmp_path / "j.db", {}) as house:
        await house.know(series)
        freezer.tick(timedelta(minutes=5))
        item = ItemKey(1, 1)
        changes = await end_deleted(
            house,
            series.id,
            frozenset({item}),
            source="sonarr",
            user=None,
            now=dt_util.utcnow(),
        )
        await house.record(changes)
        request = house.tracker.requests[series.id]

        def sonarr_says(monitored: bool, present: bool) -> Stage:
            freezer.tick(timedelta(minutes=5))
            words = (
                Statement(
                    value=Wanted(monitored=monitored, released=True), subject=Subject(item=item)
                ),
                Statement(value=File(present=present), subject=Subject(item=item)),
            )
            seen = Observation(
                connection_id="sonarr",
                service=Service.SONARR,
                via=Via.SURVEY,
                seen_at=dt_util.utcnow(),
                request_id=series.id,
                statements=words,
            )
            house.tracker.observe((seen,), dt_util.utcnow())
            return request.status.items[item]

        assert sonarr_says(monitored=False, present=False) is Stage.DELETED
        assert sonarr_says(monitored=False, present=True) is Stage.SYNCING_LIBRARY
        assert sonarr_says(monitored=False, present=False) is Stage.DELETED
        assert sonarr_says(monitored=True, present=False) is not Stage.DELETED


async def test_nothing_becomes_of_what_nobody_knows(hass: HomeAssistant, tmp_path: Path) -> None:
    """A request that was forgotten meanwhile is no matter; what was told is not told again."""
    async with housed(hass, tmp_path / "j.db", {}) as house:
        now = dt_util.utcnow()
        assert await end_deleted(house, "x", None, source="user", user=None, now=now) == []
        film = a_film(ended=True)
        await house.know(film)
        for times in (1, 0):
            changes = await end_deleted(
                house, film.id, None, source="radarr", user=None, now=dt_util.utcnow()
            )
            assert len(changes) == times
            await house.record(changes)
        (entry,) = await house.journal.timeline(film.id)
        assert (entry.code, entry.service) == ("deleted", Service.RADARR)


async def test_what_others_hold_is_known(hass: HomeAssistant, tmp_path: Path) -> None:
    """Another season of the same series, open or there, is kept; another series is not heard of."""
    first, second, other = a_series(), a_series(season=2, ended=True), a_series(number=2)
    services = series_services(first)
    async with housed(hass, tmp_path / "j.db", services, ON) as house:
        await house.know(first, second, other)
        plan = await house.deletions.preview([Wish(request_id=first.id)], DeletionOptions())
        (target,) = plan.targets
        assert target.kept_items == frozenset(second.items)
        assert {step.verb.value for step in plan.pending} == {"unmonitor", "remove_file"}
        both = [Wish(request_id=first.id), Wish(request_id=second.id)]
        plan = await house.deletions.preview(both, DeletionOptions())
        assert [target.kept_items for target in plan.targets] == [frozenset(), frozenset()]
