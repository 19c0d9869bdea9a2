"""Test whom a plan asks, in which order, and how what they say comes together."""

from dataclasses import replace
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.clients.guard import Permit, Target, TargetKind
from custom_components.media_status.deletion.permits import permit
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    Holdings,
    Plan,
    Served,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.model import ItemKey, Service, Stage
from homeassistant.core import HomeAssistant

from .house import HASH, House, a_film, a_series, calls, housed, services_with
from .shelf import ShelfConnection
from .test_aftermath import series_services


async def preview(house: House, options: DeletionOptions | None = None) -> Plan:
    """Preview the deletion of the one film."""
    return await house.deletions.preview([Wish(request_id="film-1")], options or DeletionOptions())


async def test_managers_first(hass: HomeAssistant, tmp_path: Path) -> None:
    """The others are asked with what the managers have; all managers trace all downloads."""
    services = services_with(a_film())
    services["shoko"] = ShelfConnection("shoko")
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film())
        plan = await preview(house)
        (asked,) = services["qbittorrent"].shelf.asked
        assert [title.own_id for title in asked.titles] == ["11"]
        (asked,) = services["radarr"].shelf.asked
        assert asked.titles == ()
        assert services["radarr"].shelf.traced == [frozenset({HASH})]
        assert services["sonarr"].shelf.traced == [frozenset({HASH})]
        assert services["sonarr"].shelf.asked == services["shoko"].shelf.asked == []
        target = plan.targets[0]
        assert target.downloads == {HASH}
        assert target.library_ids == {"j1"}
        assert plan.calls == {
            f"qbittorrent:torrent:{HASH}": f"DELETE api/{HASH}?a=b",
            "radarr:title:11": "DELETE api/11?a=b",
            "jellyfin:refresh:film-1": "DELETE api/j11?a=b",
            "seerr:request:1": "DELETE api/1?a=b",
            "seerr:media:m1": "DELETE api/m1?a=b",
        }
        assert calls(services) == {}


async def test_a_torrent_that_brought_a_series_too_stays(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Sonarr has nothing of the film, but something of its torrent."""
    services = services_with(a_film())
    served = {HASH: frozenset({Served("77", ItemKey(0, 1))})}
    services["sonarr"].shelf.holdings = Holdings(served=served)
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film())
        plan = await preview(house)
        (torrent,) = [step for step in plan.steps if step.verb is Verb.REMOVE_TORRENT]
        assert (torrent.status, torrent.reason) == ("skipped", "torrent_shared")
        services["sonarr"].shelf.error = Unreachable("no answer")
        assert [one.code for one in (await preview(house)).blockers] == ["unknown"]


async def test_an_ended_film_is_known_from_the_journal(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Its downloads and library ids come from its stored facts."""
    services = services_with(a_film())
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film(ended=True))
        plan = await preview(house)
        assert plan.targets[0].downloads == {HASH}
        assert plan.targets[0].library_ids == {"j1"}
        job = await house.deletions.run(plan.id, source="user")
        await house.until_over(freezer)
        assert len(services["radarr"].shelf.calls) == 1
        assert [one.id for one in await house.journal.deletions.jobs()] == [job.id]


async def test_files_can_stay(hass: HomeAssistant, tmp_path: Path) -> None:
    """The film leaves Radarr, its torrent the client, and nothing is taken from a disk."""
    services = services_with(a_film())
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film())
        plan = await preview(house, DeletionOptions(delete_files=False))
        assert not any(step.delete_files for step in plan.steps)
        assert plan.size == 0
        assert {step.service.value: step.status.value for step in plan.steps} == {
            "qbittorrent": "pending",
            "radarr": "pending",
            "sonarr": "not_applicable",
            "shoko": "not_applicable",
            "jellyfin": "skipped",
            "seerr": "pending",
        }


async def test_an_own_instance_that_has_nothing_any_more(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """What another instance has of the same film is somebody else's, and stays."""
    services = services_with(a_film())
    services["radarr-4k"] = ShelfConnection("radarr-4k")
    held = services["radarr"].shelf.holdings
    services["radarr"].shelf.holdings = Holdings()
    services["radarr-4k"].shelf.holdings = held
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film())
        plan = await preview(house)
        assert [one.code for one in plan.warnings if one.code == "kept_in_instance"]
        assert not [step for step in plan.pending if step.service is Service.RADARR]


def a_step(
    verb: Verb = Verb.UNMONITOR, *, service: Service = Service.SONARR, target: str = "7"
) -> Step:
    """Return a step of Sonarr, or another service."""
    return Step(
        id="s",
        connection_id="sonarr",
        service=service,
        verb=verb,
        request_ids=("r",),
        target=target,
    )


def test_a_permit_names_what_the_step_names() -> None:
    """Exactly that, on that instance, and files only when files go."""
    step = replace(a_step(Verb.REMOVE_FILE, target="9"), delete_files=True)
    assert permit(step, dry_run=False) == Permit(
        step_id="s",
        instance="sonarr",
        targets=frozenset({Target(kind=TargetKind.EPISODE_FILE, id="9")}),
        files=True,
        dry_run=False,
    )
    assert permit(a_step(verb=Verb.REFRESH, service=Service.JELLYFIN)).targets == frozenset()
    assert permit(a_step(verb=Verb.REMOVE_FILE, target="")).targets == frozenset()
    assert permit(a_step()).dry_run


async def test_episodes_are_named_by_their_own_ids(hass: HomeAssistant, tmp_path: Path) -> None:
    """And the season as a whole only when all of it was asked for."""
    series = a_series(episodes=2)
    services = series_services(series)
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(series, a_series(season=2))
        for items, seasons in ((None, {"21:1"}), (frozenset({ItemKey(1, 2)}), set())):
            plan = await house.deletions.preview(
                [Wish(request_id=series.id, items=items)], DeletionOptions()
            )
            (step,) = [one for one in plan.steps if one.verb is Verb.UNMONITOR]
            found = permit(step).targets
            assert {one.id for one in found if one.kind is TargetKind.SEASON} == seasons
            assert {one.id for one in found if one.kind is TargetKind.EPISODE} == {
                f"9{item.number}" for item in (items or series.items)
            }


async def test_a_download_of_two_requests_is_nobodys_own(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Until the other request is deleted, or goes along."""
    async with housed(hass, tmp_path / "j.db", services_with(a_film())) as house:
        await house.know(a_film(ended=True), a_film(2, ended=True))
        assert (await preview(house)).targets[0].own_downloads == frozenset()
        both = [Wish(request_id="film-1"), Wish(request_id="film-2")]
        plan = await house.deletions.preview(both, DeletionOptions())
        assert [target.own_downloads for target in plan.targets] == [{HASH}, {HASH}]
        await house.know(a_film(2, ended=True, stage=Stage.DELETED))
        assert (await preview(house)).targets[0].own_downloads == {HASH}
