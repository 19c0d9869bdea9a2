"""Test that lost, repeated, delayed and shuffled pushes end as surveys alone do."""

import random

import pytest

from custom_components.media_status.lifecycle.model import JsonObject, MediaType, ProviderIds, Stage
from custom_components.media_status.lifecycle.request import Request
from simulator.scenario import Story
from tests.connections.house import House

type Standing = tuple[MediaType, ProviderIds, Stage, dict[str, Stage]]


class Chaos:
    """Hold back what the managers push, and deliver it as bad luck would have it."""

    def __init__(self, house: House, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of both managers' senders."""
        self._house = house
        self._dice = random.Random(seed)
        self._pool: list[tuple[str, JsonObject]] = []
        self.delivered = 0
        for name in ("radarr", "sonarr"):
            book = getattr(house.sim, name).notifications

            def hold(payload: JsonObject, *_: str, name: str = name) -> None:
                self._pool.append((name, payload))

            monkeypatch.setattr(book, "send", hold)

    def deliver(self) -> None:
        """Deliver some of the pushes, in any order, some twice, some never."""
        self._dice.shuffle(self._pool)
        for entry in list(self._pool):
            luck = self._dice.random()
            if luck < 0.3:
                continue  # later
            self._pool.remove(entry)
            for _ in range((luck > 0.45) + (luck > 0.9)):
                name, payload = entry
                connection = self._house.radarr if name == "radarr" else self._house.sonarr
                push = connection.translate(payload, self._house.now)
                self._house.tracker.observe(push.observations, self._house.now)
                self.delivered += 1


def standing(request: Request) -> Standing:
    """Return where a request stands, without its id."""
    items = {item.label: stage for item, stage in request.status.items.items()}
    return (request.media_type, request.ids, request.stage, items)


def standings(house: House) -> list[Standing]:
    """Return where all requests stand."""
    found = [standing(request) for request in house.tracker.requests.values()]
    return sorted(found, key=lambda entry: (entry[0], str(entry[1]), str(entry[3])))


async def crowd(house: House, size: int) -> None:
    """Have so many more films and series requested that not all are read in each survey."""
    world = house.sim.world
    for n in range(size):
        title = world.add_title_movie(title=f"Other film {n}", year=2020, tmdb=1000 + n)
        await house.sim.seerr.request(title, user="alice")
        show = world.add_title_series(
            title=f"Other show {n}", year=2020, tmdb=2000 + n, tvdb=3000 + n, seasons={1: 1}
        )
        await house.sim.seerr.request(show, user="alice", seasons=[1])


@pytest.mark.parametrize("others", [0, 9])
@pytest.mark.parametrize("seed", range(6))
async def test_bad_luck_with_pushes_changes_nothing(
    house: House, seed: int, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each survey both houses agree: the one that hears pushes and the one that does not.

    The one that hears them is also restarted now and then.
    """
    dice = random.Random(seed)
    chaos = Chaos(house, seed, monkeypatch)
    world = house.sim.world
    film = world.add_title_movie(title="Film", year=2024, tmdb=1)
    other = world.add_title_movie(title="Second", year=2024, tmdb=2)
    by_hand = world.add_title_movie(title="By hand", year=2020, tmdb=3)
    show = world.add_title_series(
        title="Show", year=2022, tmdb=4, tvdb=5, seasons={1: 3, 2: 3}, unaired=1
    )
    await crowd(house, others)
    async with House(house.sim) as quiet:
        await quiet.settle()
        requests = [
            await house.sim.seerr.request(title, user="alice", seasons=None)
            for title in (film, other, show)
        ]
        stories: list[Story] = [
            house.sim.follow(requests[0]),
            house.sim.stories.failed_then_regrabbed(requests[1]),
            house.sim.stories.series(requests[2], packs=(1,)),
            house.sim.stories.hand_added_film(by_hand),
        ]
        while stories:
            story = dice.choice(stories)
            if await story.step() is None:
                stories.remove(story)
            chaos.deliver()
            await house.sim.advance(1)
            if dice.random() < 0.2:
                house.forget(house.sonarr)
                house.forget(house.radarr)
            await house.settle()
            await quiet.settle()
            for each in (house, quiet):
                each.tracker.tick(house.now)
            assert standings(house) == standings(quiet)
        stages = [entry[2] for entry in standings(house)]
        assert stages.count(Stage.SYNCING_LIBRARY) == 4
        assert stages.count(Stage.SEARCHING) == len(stages) - 4 == 2 * others
        assert chaos.delivered
