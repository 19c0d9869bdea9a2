"""Test, whatever services answer and whenever, that only two healthy looks far apart delete."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.deletion.census import APART
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .estate import DOWN, ELEVEN_MINUTES, Home, a_film, at_home

# What tells that the film is gone, that it is there, and nothing at all.
GONE = ("gone", "file gone")
THERE = ("there", "added anew", "forgotten but on disk")
UNKNOWN = ("no answer", "empty", "blind", "one moment without disk")
STEPS = 30


class World:
    """One film in one Radarr with many, in ever other states."""

    def __init__(self, home: Home) -> None:
        """Initialize with everything in order."""
        self.home = home
        self.film = a_film()
        self.radarr = home[Service.RADARR]
        self.others = dict(self.radarr.titles)

    def become(self, state: str) -> None:
        """Let Radarr and its disk be in a state."""
        radarr, film = self.radarr, self.film
        radarr.trouble, radarr.is_blind = None, False
        radarr.titles = dict(self.others)
        radarr.add(film)
        self.home[Service.JELLYFIN].trouble = DOWN
        match state:
            case "gone":
                radarr.lose(film)
            case "file gone":
                radarr.lose(film, MOVIE)
            case "added anew":
                radarr.lose(film)
                radarr.hold(film, "77", frozenset({MOVIE}))
            case "forgotten but on disk":
                radarr.lose(film)
                radarr.add(film)
                del radarr.titles["1"]
            case "no answer":
                radarr.lose(film)
                radarr.trouble = DOWN
            case "empty":
                radarr.titles, radarr.disk = {}, set()
            case "blind":
                radarr.lose(film)
                radarr.is_blind = True
            case "one moment without disk":
                radarr.titles = {}
                for number in range(20):
                    radarr.hold(a_film(1000 + number), str(1000 + number), frozenset({MOVIE}))
                radarr.disk = set()


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_unknown_ever_deletes(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, seed: int
) -> None:
    """Errors, empty lists, blindness and restarts change nothing; two real losses do."""
    random = Random(seed)
    options = {"follow_external_deletions": "off"}
    async with at_home(hass, tmp_path, freezer, options=options) as home:
        world = World(home)
        await home.know(world.film)
        world.others = {key: one for key, one in world.radarr.titles.items() if key != "1"}
        await home.look()
        missed_since: datetime | None = None
        for _ in range(STEPS):
            state = random.choice((*GONE, *GONE, *THERE, *UNKNOWN))
            world.become(state)
            if random.random() < 0.2:
                await hass.config_entries.async_reload(home.entry.entry_id)
            await home.look(timedelta(minutes=random.randint(0, 7)))
            now = dt_util.utcnow()
            if state in GONE:
                missed_since = missed_since or now
            elif state in THERE:
                missed_since = None
            if await home.stage(world.film) is Stage.DELETED:
                assert state in GONE, state
                assert missed_since is not None
                assert now - missed_since >= APART
                return
        world.become("gone")
        await home.look(timedelta(days=2))
        await home.look(ELEVEN_MINUTES)
        assert await home.stage(world.film) is Stage.DELETED


@pytest.mark.parametrize("state", [*THERE, *UNKNOWN])
async def test_never_by_one_state_alone(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, state: str
) -> None:
    """However long it lasts."""
    async with at_home(hass, tmp_path, freezer) as home:
        world = World(home)
        await home.know(world.film)
        world.others = {key: one for key, one in world.radarr.titles.items() if key != "1"}
        await home.look()
        world.become(state)
        for _ in range(6):
            await home.look(timedelta(hours=7))
        assert await home.stage(world.film) is Stage.AVAILABLE
        assert await home.hub.journal.watches.sightings() == []
