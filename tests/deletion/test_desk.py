"""Test what is refused: by the household's choice, by the brakes, and because things changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.deletion.brakes import DeletionRefused
from custom_components.media_status.deletion.desk import MOST_PLANS
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import DeletionOptions, Plan
from custom_components.media_status.lifecycle.model import ItemKey
from custom_components.media_status.lifecycle.request import Request
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .house import ON, House, a_film, calls, housed, services_with
from .shelf import Fault, ShelfConnection

OPTIONS = DeletionOptions()


def films(count: int) -> list[Request]:
    """Return films with a torrent each."""
    found = []
    for number in range(1, count + 1):
        film = a_film(number)
        name = f"{number:040x}"
        film.download_names = {name: name}
        film.facts = {key: one for key, one in film.facts.items() if key[0].download is None}
        found.append(film)
    return found


async def preview(house: House, *numbers: int, source: str = "user") -> Plan:
    """Preview the deletion of films."""
    wishes = [Wish(request_id=f"film-{number}") for number in numbers]
    return await house.deletions.preview(wishes, OPTIONS, source=source)


async def refused(
    house: House, plan: Plan, source: str = "user"
) -> tuple[str, Mapping[str, str | int]]:
    """Return why a plan is not run, and with which values."""
    with pytest.raises(DeletionRefused) as raised:
        await house.deletions.run(plan.id, source=source)
    return raised.value.code, raised.value.values


async def test_off_is_off(hass: HomeAssistant, tmp_path: Path) -> None:
    """Not even a plan is made; whatever is no known choice is off, too."""
    services = services_with(a_film())
    for mode in ("off", "sometimes"):
        path = tmp_path / f"{mode}.db"
        async with housed(hass, path, services, {"deletion_mode": mode}) as house:
            await house.know(a_film())
            with pytest.raises(DeletionRefused, match="deletion_off"):
                await preview(house, 1)
    assert services["radarr"].shelf.asked == []


async def test_automations_need_leave(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Only with the option for it may an automation delete, or run what a person previewed."""
    services = services_with(a_film())
    async with housed(hass, tmp_path / "a.db", services) as house:
        await house.know(a_film())
        with pytest.raises(DeletionRefused, match="automations_not_allowed"):
            await preview(house, 1, source="automation")
        plan = await preview(house, 1)
        assert (await refused(house, plan, "automation"))[0] == "automations_not_allowed"
    async with housed(
        hass, tmp_path / "b.db", services, {**ON, "deletion_automations": True}
    ) as house:
        await house.know(a_film())
        plan = await preview(house, 1, source="automation")
        await house.deletions.run(plan.id, source="automation")
        await house.until_over(freezer)
    assert len(services["radarr"].shelf.calls) == 1


@pytest.mark.parametrize(
    ("option", "code", "values"),
    [
        ({"deletion_max_items": 2}, "too_many_items", {"found": 3, "limit": 2}),
        (
            {"deletion_max_gigabytes": 2},
            "too_much_data",
            {"found": 3 * 10**9, "limit": 2 * 10**9},
        ),
        ({"deletion_max_items_day": 2}, "too_many_items_today", {"found": 3, "limit": 2}),
        (
            {"deletion_max_gigabytes_day": 2},
            "too_much_data_today",
            {"found": 3 * 10**9, "limit": 2 * 10**9},
        ),
    ],
)
async def test_brakes(
    hass: HomeAssistant,
    tmp_path: Path,
    option: dict[str, object],
    code: str,
    values: dict[str, int],
) -> None:
    """Too much at once is refused as a whole; what is allowed exactly goes."""
    services = services_with(*films(3))
    async with housed(hass, tmp_path / "j.db", services, {**ON, **option}) as house:
        await house.know(*films(3))
        assert await refused(house, await preview(house, 1, 2, 3)) == (code, values)
        assert calls(services) == {}
        plan = await preview(house, 1, 2)
        await house.deletions.run(plan.id, source="user")
        await house.idle()
        assert len(services["radarr"].shelf.calls) == 2


async def test_the_day_counts_what_really_went(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Also what is under way; a day later there is room again, and dry runs count nothing."""
    services, path = services_with(*films(3)), tmp_path / "j.db"
    options = {**ON, "deletion_max_items_day": 2}
    async with housed(hass, path, services, options) as house:
        await house.know(*films(3))
        for number in (1, 2):
            plan = await preview(house, number)
            await house.deletions.run(plan.id, source="user", dry_run=True)
            await house.idle()
        services["radarr"].shelf.faults = [None, Fault.BEFORE]
        first = await preview(house, 1)
        second, third = await preview(house, 2), await preview(house, 3)
        await house.deletions.run(first.id, source="user")
        await house.deletions.run(second.id, source="user")
        assert (await refused(house, third))[0] == "too_many_items_today"
        await house.until_over(freezer)
        assert (await refused(house, third))[0] == "too_many_items_today"
    async with housed(hass, path, services, options) as house:  # nor does a restart make room
        third = await preview(house, 3)
        assert (await refused(house, third))[0] == "too_many_items_today"
        freezer.tick(timedelta(days=1, seconds=1))
        third = await preview(house, 3)
        await house.deletions.run(third.id, source="user")


async def test_one_deletion_at_a_time_for_an_item(hass: HomeAssistant, tmp_path: Path) -> None:
    """The second order for the same film is refused, and the first goes on."""
    services = services_with(a_film())
    options = {**ON, "grace_minutes": 5}
    async with housed(hass, tmp_path / "j.db", services, options) as house:
        await house.know(a_film())
        first, second = await preview(house, 1), await preview(house, 1)
        job = await house.deletions.run(first.id, source="user")
        assert await refused(house, second) == ("already_running", {"job_id": job.id})
        assert await refused(house, first) == ("plan_unknown", {})


async def test_a_plan_holds_for_a_while(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Not longer than a quarter of an hour, and not when it would do something else now."""
    services = services_with(a_film())
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film())
        plan = await preview(house, 1)
        freezer.tick(timedelta(minutes=16))
        assert (await refused(house, plan))[0] == "plan_unknown"
        plan = await preview(house, 1)
        holdings = services["radarr"].shelf.holdings
        (title,) = holdings.titles
        larger = replace(title.files[0], size=title.files[0].size + 1)
        services["radarr"].shelf.holdings = replace(
            holdings, titles=(replace(title, files=(larger,)),)
        )
        assert (await refused(house, plan))[0] == "plan_outdated"
        services["radarr"].shelf.holdings = holdings
        services["seerr"].shelf.error = Unreachable("no answer")
        assert (await refused(house, plan))[0] == "plan_outdated"
        assert calls(services) == {}


async def test_only_so_many_plans_are_kept(hass: HomeAssistant, tmp_path: Path) -> None:
    """The oldest goes first."""
    async with housed(hass, tmp_path / "j.db", services_with(a_film())) as house:
        await house.know(a_film())
        plans = [await preview(house, 1) for _ in range(MOST_PLANS + 1)]
        assert house.deletions.plan(plans[0].id) is None
        assert house.deletions.plan(plans[1].id) == plans[1]


async def test_who_cannot_be_asked_blocks(hass: HomeAssistant, tmp_path: Path) -> None:
    """Unknown is not nothing, of whichever service, and of one that lost much at once."""
    services = services_with(a_film())
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(a_film())
        for key in ("qbittorrent", "radarr", "sonarr", "jellyfin", "seerr"):
            services[key].shelf.error = Unreachable("no answer")
            plan = await preview(house, 1)
            assert [(one.code, one.values) for one in plan.blockers][:1] == [
                ("unknown", {"name": key.title()})
            ]
            assert (await refused(house, plan))[0] == "plan_blocked"
            services[key].shelf.error = None
        house.deletions.frozen.add("radarr")
        plan = await preview(house, 1)
        assert [one.code for one in plan.blockers] == ["frozen"]
        house.deletions.frozen.clear()
        services["radarr"].shelf.faults = [Fault.CHANGED]
        plan = await preview(house, 1)
        assert [one.code for one in plan.blockers] == ["target_changed"]


async def test_what_is_not_known_is_refused(hass: HomeAssistant, tmp_path: Path) -> None:
    """Requests, episodes and jobs that do not exist; and nothing at all."""
    async with housed(hass, tmp_path / "j.db", services_with(a_film())) as house:
        await house.know(a_film())
        for wishes, code in (
            ([Wish(request_id="film-9")], "request_unknown"),
            ([Wish(request_id="film-1", items=frozenset({ItemKey(1, 1)}))], "items_unknown"),
            ([Wish(request_id="film-1", items=frozenset())], "items_unknown"),
            ([Wish(request_id="film-1")] * 2, "nothing_chosen"),
            ([], "nothing_chosen"),
        ):
            with pytest.raises(DeletionRefused, match=code):
                await house.deletions.preview(wishes, OPTIONS)
        for order in (house.deletions.cancel, house.deletions.retry):
            with pytest.raises(DeletionRefused, match="job_unknown"):
                await order("nothing")


async def test_nothing_goes_on_while_switched_off(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A job under way stops when the household changes its mind, and goes on when it does again."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    async with housed(hass, path, services, {**ON, "grace_minutes": 1}) as house:
        await house.know(a_film())
        plan = await preview(house, 1)
        job = await house.deletions.run(plan.id, source="user")
    async with housed(hass, path, services, {"deletion_mode": "off"}) as house:
        await house.pass_to(freezer, dt_util.utcnow().timestamp() + 600)
        assert calls(services) == {}
        (waiting,) = house.deletions.jobs
        assert {state.reason for state in waiting.states.values()} >= {"switched_off"}
    async with housed(hass, path, services) as house:
        await house.until_over(freezer)
        found = await house.journal.deletions.job(job.id)
        assert found is not None
        assert "failed" not in {state.status for state in found.states.values()}
        with pytest.raises(DeletionRefused, match="nothing_to_retry"):
            await house.deletions.retry(job.id)


async def test_several_jobs_take_turns(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """One that waits for a service does not hold the others up."""
    services: dict[str, ShelfConnection] = services_with(*films(2))
    async with housed(hass, tmp_path / "j.db", services) as house:
        await house.know(*films(2))
        plans = [await preview(house, 1), await preview(house, 2)]
        services["qbittorrent"].shelf.faults = [Fault.BEFORE]
        services["qbittorrent"].shelf.hidden = {f"{1:040x}"}
        for plan in plans:
            await house.deletions.run(plan.id, source="user")
        await house.idle()
        assert services["radarr"].shelf.calls == ["radarr:title:12"]
        services["qbittorrent"].shelf.hidden.clear()
        await house.until_over(freezer)
        assert services["radarr"].shelf.calls == ["radarr:title:12", "radarr:title:11"]
