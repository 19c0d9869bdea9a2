"""Promise 1 at Shoko's own words: a real connection between its hub, its answers and a tracker.

Files are detected, hashed, matched, unlinked, renamed and deleted in a twin; its events are lost,
late, doubled and shuffled. After each survey the stages are what a household without events has.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import given, settings, strategies as st

from custom_components.media_status.connections.base import SurveyContext, WantedItem, WantedTitle
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.evidence import Evidence
from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import AskStatus, File, Match, MatchPhase
from custom_components.media_status.lifecycle.model import (
    ItemKey,
    JsonObject,
    MediaType,
    Service,
    Stage,
    Subject,
)
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.stages import matches
from custom_components.media_status.lifecycle.tracker import TrackerOptions

from ...lifecycle.anime_world import SHOKO, AnimeWorld
from ...lifecycle.world import House, at
from .twin import Shelf, Twin, TwinFile, event

EPISODES = tuple(ItemKey(1, number) for number in range(1, 4))
STEP = 20.0  # minutes from one survey to the next: everything is read anew
CLOSE = 0.4  # so that what was answered a moment ago is said again
VERBS = (
    "import", "upgrade", "detect", "hash", "match", "match", "resolve", "unmatched", "banned",
    "unlink", "rename", "delete", "watch",
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """Something that happens to the file of an item."""

    verb: str
    item: ItemKey


@dataclass
class Home:
    """A title, the Shoko that sees its files, and the integration between them."""

    is_flagged: bool
    world: AnimeWorld = field(init=False)
    shelf: Shelf = field(default_factory=Shelf)
    house: House = field(init=False)
    connection: ShokoConnection = field(init=False)
    numbers: dict[tuple[ItemKey, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let somebody request the title."""
        self.world = AnimeWorld(
            media_type=MediaType.SERIES,
            items=EPISODES,
            seasons=frozenset({1}),
            status=AskStatus.APPROVED,
            managed=True,
            is_flagged=self.is_flagged,
        )
        setup = Setup(services=frozenset(Service))
        self.house = House(self.world, options=TrackerOptions(setup=setup))
        self.connection = ShokoConnection(SHOKO, Twin(self.shelf))

    def happen(self, act: Act) -> list[JsonObject]:
        """Let one thing happen; return what Shoko's hub says about it."""
        world, item = self.world, act.item
        if act.verb == "import":
            world.files.add(item)
        elif item not in world.files:
            return []
        elif act.verb == "upgrade":
            world.edition[item] = world.edition.get(item, 0) + 1
        elif act.verb == "watch":
            file = self.shelf.files.get(self.number(item))
            if file is not None and file.episodes and file.has_series:
                world.playable.add(item)
        else:
            return self._in_shoko(act.verb, item)
        return []

    def number(self, item: ItemKey) -> int:
        """Return Shoko's number of the file that an item has now."""
        key = (item, self.world.edition.get(item, 0))
        return self.numbers.setdefault(key, len(self.numbers) + 1)

    def _in_shoko(self, verb: str, item: ItemKey) -> list[JsonObject]:
        path = self.world.path(item, "").lstrip("/")
        number = self.number(item)
        file = self.shelf.files.get(number)
        if file is None and verb == "detect":
            self.shelf.put(TwinFile(number, path, is_hashed=False))
            return [
                event("ShokoEvent:FileDetected", {"RelativePath": "/" + path, "ImportFolderID": 2})
            ]
        if file is None:
            return []
        before = file.base()
        match verb:
            case "hash":
                file.is_hashed = True
                return [event("ShokoEvent:FileHashed", file.base())]
            case "match" if file.is_hashed:
                file.episodes = ((17617, 1000 + item.number),)
                file.has_series = False
                return [event("ShokoEvent:FileMatched", file.base())]
            case "resolve" if file.episodes:
                file.has_series = True
                said: JsonObject = {
                    "Source": "Shoko", "Reason": "Added", "SeriesID": 18617,
                    "ShokoSeriesIDs": [18617], "Episodes": [],
                }  # fmt: skip
                return [event("ShokoEvent:SeriesUpdated", said)]
            case "unmatched" | "banned" if file.is_hashed and not file.episodes:
                more: JsonObject = {"IsUDPBanned": verb == "banned", "HasCrossReferences": False}
                return [event("ShokoEvent:FileNotMatched", {**more, **file.base()})]
            case "unlink" if file.episodes:
                file.episodes = ()
                return [event("ShokoEvent:FileMatched", file.base())]
            case "rename":
                file.path = f"Renamed/{number}.mkv"
                former: JsonObject = {
                    "PreviousRelativePath": before["RelativePath"], "PreviousImportFolderID": 2
                }  # fmt: skip
                return [event("ShokoEvent:FileMoved", {**former, **file.base()})]
            case "delete":
                del self.shelf.files[number]
                return [event("ShokoEvent:FileDeleted", before)]
        return []

    def hear(self, payload: JsonObject, now: datetime) -> None:
        """Let an event arrive."""
        push = self.connection.translate(payload, now)
        self.house.push(*push.observations, now=now)

    async def survey(self, now: datetime) -> None:
        """Survey everybody, until nothing is left to read; Jellyfin comes last."""
        self.house.survey(now)
        for _ in range(10):
            context = SurveyContext(now=now, wanted=tuple(self._wanted()))
            survey = await self.connection.survey(context)
            self.house.keep(
                self.house.tracker.survey(
                    SHOKO, Service.SHOKO, now, survey.observations, survey.complete, now
                )
            )
            if not survey.backlog:
                return
        raise AssertionError("the backlog never ends")

    def _wanted(self) -> list[WantedTitle]:
        return [
            WantedTitle(
                request_id=request.id,
                media_type=request.media_type,
                ids=request.ids,
                opened_at=request.opened_at,
                stage=request.stage,
                is_anime=request.is_anime,
                items={item: _item(request, item) for item in _with_file(request)},
            )
            for request in self.house.tracker.requests.values()
            if _with_file(request)
        ]

    def check(self) -> None:
        """Compare the stages with what is true in Shoko."""
        request = self.house.of(self.world)
        for item, stage in request.status.items.items() if request.is_open else ():
            file = self.shelf.files.get(self.number(item))
            is_matched = file is not None and bool(file.episodes)
            if stage is Stage.ANIME_MATCHING:
                assert not is_matched
            if stage is Stage.SYNCING_LIBRARY:
                assert is_matched or not request.is_anime


def _with_file(request: Request) -> list[ItemKey]:
    found = {Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY, Stage.AVAILABLE}
    return [item for item, stage in request.status.items.items() if stage in found]


def _item(request: Request, item: ItemKey) -> WantedItem:
    evidence = Evidence(request.facts.values())
    subject = Subject(item=item)
    paths = [file.path for file in evidence.about(File, subject) if file.present]
    said: list[Match] = [match for _, match in matches(evidence, subject)]
    return WantedItem(
        stage=request.status.items[item],
        file_path=paths[0] if paths else None,
        has_file=bool(paths),
        match=said[0] if said else None,
    )


async def live(
    life: list[list[Act]],
    arrivals: list[list[tuple[int, int]]] | None,
    *,
    is_flagged: bool,
    minutes: float = STEP,
    is_checked: bool = True,
) -> Home:
    """Live a life. `arrivals` names the events, by step and number, that arrive in each step."""
    home = Home(is_flagged=is_flagged)
    await home.survey(at(-1))
    said: dict[tuple[int, int], JsonObject] = {}
    for step, acts in enumerate(life):
        told: list[JsonObject] = []
        for act in acts:
            payloads = home.happen(act)
            told += payloads
            if act.verb == "rename":
                # Where a file went that nobody ever looked at, only this event can tell.
                for payload in payloads:
                    home.hear(payload, at((step + 0.4) * minutes))
        said |= {(step, number): payload for number, payload in enumerate(told)}
        for key in arrivals[step] if arrivals is not None else ():
            if key in said:
                home.hear(said[key], at((step + 0.5) * minutes))
        await home.survey(at((step + 0.9) * minutes))
        if is_checked:
            home.check()
    # Of what nobody calls anime one more file is looked up each time.
    for settled in range(1, len(EPISODES) + 3):
        await home.survey(at(len(life) * minutes + settled * STEP))
    return home


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[list[Act]], list[list[tuple[int, int]]]]:
    """Return a life and which of its events arrive when: lost, late, doubled, shuffled."""
    acts = st.builds(Act, st.sampled_from(VERBS), st.sampled_from(EPISODES))
    life = draw(st.lists(st.lists(acts, max_size=6), min_size=1, max_size=6))
    life.insert(0, [Act("import", item) for item in EPISODES[: draw(st.integers(1, 3))]])
    arrivals: list[list[tuple[int, int]]] = [[] for _ in life]
    for step, happened in enumerate(life):
        for number in range(len(happened)):
            for _ in range(draw(st.integers(0, 2))):
                arrivals[draw(st.integers(step, len(life) - 1))].append((step, number))
    return life, [draw(st.permutations(found)) for found in arrivals]


@given(lives(), st.booleans(), st.sampled_from((STEP, CLOSE)))
@settings(max_examples=300, deadline=None)
def test_events_change_nothing_in_the_end(
    schedule: tuple[list[list[Act]], list[list[tuple[int, int]]]], is_flagged: bool, minutes: float
) -> None:
    """However the events were treated, it ends where surveys alone end."""
    life, arrivals = schedule
    alone = asyncio.run(live(life, None, is_flagged=is_flagged))
    pushed = asyncio.run(
        live(life, arrivals, is_flagged=is_flagged, minutes=minutes, is_checked=minutes == STEP)
    )
    assert pushed.house.stages(pushed.world) == alone.house.stages(alone.world)


@given(lives(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_with_every_event_each_survey_is_true(
    schedule: tuple[list[list[Act]], list[list[tuple[int, int]]]], is_flagged: bool
) -> None:
    """While the hub tells everything, an answer is never older than what happened."""
    life, _ = schedule
    told = [[(step, number) for number in range(len(acts))] for step, acts in enumerate(life)]
    asyncio.run(live(life, told, is_flagged=is_flagged, minutes=CLOSE))


async def test_an_event_shows_at_once_and_a_survey_confirms() -> None:
    """The match is visible before anybody asked, and stays when Shoko is asked."""
    home = Home(is_flagged=True)
    item = EPISODES[0]
    home.happen(Act("import", item))
    await home.survey(at(0))
    assert home.house.of(home.world).status.items[item] is Stage.ANIME_MATCHING
    for minute, verb in enumerate(("detect", "hash", "match"), 1):
        for payload in home.happen(Act(verb, item)):
            home.hear(payload, at(minute))
    request = home.house.of(home.world)
    assert request.status.items[item] is Stage.SYNCING_LIBRARY
    await home.survey(at(5))
    assert request.status.items[item] is Stage.SYNCING_LIBRARY
    match = _item(request, item).match
    assert match is not None
    assert (match.phase, match.file_id) == (MatchPhase.MATCHED, "1")


async def test_the_file_of_another_title_changes_nothing() -> None:
    """Its events, with paths nearly alike, reach nobody."""
    home = Home(is_flagged=True)
    item = EPISODES[0]
    home.happen(Act("import", item))
    await home.survey(at(0))
    before = home.house.stages(home.world)
    name = home.world.path(item, "").lstrip("/")
    folder, _, file = name.partition("/")
    for path in (f"Other/{file}", f"{folder}/x{file}", f"x{folder}/{file}", file, f"{name}/x"):
        other = TwinFile(90, path, episodes=((1, 1),))
        home.hear(event("ShokoEvent:FileMatched", other.base()), at(1))
        home.hear(event("ShokoEvent:FileDeleted", other.base()), at(2))
    assert home.house.stages(home.world) == before
