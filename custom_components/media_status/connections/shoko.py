"""Understand Shoko: what it makes of the files that open requests have brought."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
import time
from typing import ClassVar, override

from ..clients.guard import Permit
from ..clients.shoko import ShokoClient
from ..lifecycle.deletion import Holdings, Inspection, Step
from ..lifecycle.deletion_job import Sight
from ..lifecycle.facts import Anime, MatchPhase, Observation, Statement
from ..lifecycle.library import CataloguePage
from ..lifecycle.model import JsonObject, Service, Subject, Via
from ..lifecycle.paths import is_same_file, tail
from .base import (
    Action,
    CatalogueTask,
    Census,
    Connection,
    Push,
    ServiceInfo,
    Survey,
    SurveyContext,
    WantedTitle,
)
from .shoko_catalogue import ShokoCatalogue
from .shoko_deletion import RecordDeletion
from .shoko_memory import Memory
from .shoko_push import Interpreter
from .shoko_round import Asked, Round, asked_of, breathe
from .shoko_words import file_name

_RESCAN_EVERY = 60.0  # seconds, per file: AniDB bans those who ask too often


class ShokoConnection(Connection):
    """One Shoko. Its events tell of files by path; a survey looks up what they leave open."""

    service: ClassVar[Service] = Service.SHOKO
    # The page of Shoko's own web interface (v5 and v6) where files are linked by hand.
    utilities_path: ClassVar[str] = "/webui/utilities/unrecognized/files"

    def __init__(
        self,
        connection_id: str,
        client: ShokoClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialize with the subentry's id and the client that speaks to it."""
        super().__init__(connection_id)
        self.client = client
        self._monotonic = monotonic
        self._memory = Memory()
        self._interpreter = Interpreter(connection_id, self._memory)
        self._rescanned: dict[int, float] = {}
        self._deletion = RecordDeletion(client)
        self._catalogue = ShokoCatalogue(client)

    @override
    async def probe(self) -> ServiceInfo:
        """Return who answers; raise `ClientError`."""
        info = await self.client.info()
        return ServiceInfo(name="Shoko", version=info.version)

    @override
    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return what one invocation of Shoko's hub says: `{"target": ..., "arguments": [...]}`."""
        return self._interpreter.push(payload, seen_at)

    def reconnected(self) -> None:
        """Hear that the hub's connection is new: what happened before it was not told."""
        self._memory.mark_everything()

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        """Return how far Shoko is with the files that wait; raise `ClientError`.

        Calls: at most 16 look-ups, a list of unrecognised files, the queue, the folders when they
        are not known; however many files wait. What was answered a moment ago is said again.
        """
        if context.fresh:
            self._memory.forget()
        asked: list[Asked] = []
        for count, title in enumerate(context.wanted):
            await breathe(count)
            if (found := asked_of(title)) is not None:
                asked.append(found)
        self._memory.want(path for entry in asked for path in entry.paths)
        dropped = self.client.dropped
        reading = Round(client=self.client, memory=self._memory, now=context.now)
        backlog = await reading.read(asked) if asked else False
        if not reading.calls:
            # Nothing to find out but whether it answers.
            await self.client.check_started()
        self._memory.settle()
        observations: list[Observation] = []
        for count, entry in enumerate(asked):
            await breathe(count)
            if statements := self._statements(entry, reading, context.now):
                observations.append(self._observation(entry.title, statements, context.now))
        return Survey(
            started_at=context.now,
            observations=tuple(observations),
            backlog=backlog,
            dropped=self.client.dropped - dropped,
        )

    def _observation(
        self, title: WantedTitle, statements: tuple[Statement, ...], now: datetime
    ) -> Observation:
        return Observation(
            connection_id=self.connection_id,
            service=self.service,
            via=Via.SURVEY,
            seen_at=now,
            statements=statements,
            request_id=title.request_id,
        )

    def _statements(self, asked: Asked, reading: Round, now: datetime) -> tuple[Statement, ...]:
        """Return what is known of a title's files, and whether that makes it anime."""
        said: list[Statement] = []
        is_matched, is_open = False, False
        of_interest = reading.of_interest(asked)
        for path in dict.fromkeys((*of_interest, *asked.files)):
            answer = self._memory.answers.get(path)
            match = None
            if answer is not None and not self._memory.is_doubtful(answer):
                match = self._memory.match(path, now)
            if match is None:
                is_open = is_open or path in of_interest
                continue
            is_matched = is_matched or match.phase is MatchPhase.MATCHED
            said += [
                Statement(value=match, subject=Subject(item=item))
                for item in asked.files.get(path, ())
            ]
        if is_matched or not is_open:
            said.append(Statement(value=Anime(is_anime=is_matched, source="shoko")))
        return tuple(said)

    @override
    async def retry(self, title: WantedTitle, *, dry_run: bool = False) -> tuple[Action, ...]:
        """Let Shoko ask AniDB once more about the files it did not know; raise `ClientError`."""
        actions: list[Action] = []
        for number, path in _unmatched(title).items():
            last = self._rescanned.get(number)
            now = self._monotonic()
            if last is not None and now - last < _RESCAN_EVERY:
                continue
            if not dry_run:
                is_there = await self.client.rescan(number)
                self._rescanned = {
                    key: at for key, at in self._rescanned.items() if now - at < _RESCAN_EVERY
                }
                self._rescanned[number] = now
                self._memory.mark(("file", number), tail(path))
                if not is_there:
                    continue
            actions.append(Action(code="rescan_file", target=file_name(path)))
        return tuple(actions)

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return Shoko's records of the files that shall be deleted."""
        return await self._deletion.inspect(inspection)

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        """Drop the record of a file that is gone."""
        await self._deletion.remove(step, permit)

    @override
    async def look(self, step: Step) -> Sight:
        """Return whether Shoko has a file no more."""
        return await self._deletion.look(step)

    @override
    def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        """Yield all files, or what changed."""
        return self._catalogue.pages(task)

    @override
    async def census(self) -> Census:
        """Return how many files Shoko has."""
        return await self._deletion.census()


def _unmatched(title: WantedTitle) -> dict[int, str]:
    """Return the numbers and paths of the files that a person would have to link."""
    found: dict[int, str] = {}
    for _, item in sorted(title.items.items()):
        match = item.match
        if match is None or match.phase is not MatchPhase.UNMATCHED or not item.file_path:
            continue
        number = match.file_id or ""
        if number.isdecimal() and is_same_file(match.path, item.file_path):
            found[int(number)] = item.file_path
    return found
