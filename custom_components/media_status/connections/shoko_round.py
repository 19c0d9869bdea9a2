"""Ask Shoko, in few calls, about the files that are waited for."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from ..clients.errors import Forbidden, Refused
from ..clients.shoko import CrossReference, ShokoClient, ShokoFile
from ..lifecycle.facts import MatchPhase
from ..lifecycle.model import ItemKey, MediaType, Stage
from ..lifecycle.paths import is_same_file, tail
from .base import WantedItem, WantedTitle
from .shoko_memory import Answer, Memory
from .shoko_words import best_of, parts

_LOOK_UPS = 16
_CALLS_PER_LOOK_UP = 2  # by number, then by path
# Fewer files are asked about one by one.
_WORTH_A_LIST = 3
_BREATH = 20
_SOON = timedelta(seconds=20)
_HINT = timedelta(minutes=1)
_LATER = timedelta(minutes=5)
# Names may have 255 letters of four bytes, folder and file: what is longer is no path.
_LONGEST_SUFFIX = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A wanted title with its files that have not reached Jellyfin, and the items of each.

    The `witness` is a file that has: it can tell that the title is anime where no other does.
    """

    title: WantedTitle
    files: Mapping[str, tuple[ItemKey, ...]]
    witness: str | None = None

    @property
    def paths(self) -> list[str]:
        """Return all files that may be asked about."""
        return [*self.files, *((self.witness,) if self.witness else ())]


def asked_of(title: WantedTitle) -> Asked | None:
    """Return what to ask about a title, None when it has no file that Shoko may know."""
    files: dict[str, tuple[ItemKey, ...]] = {}
    witness: str | None = None
    for key, item in sorted(title.items.items()):
        path = _path_of(item)
        if path is None:
            continue
        if item.stage is Stage.AVAILABLE:
            witness = witness or path
        else:
            files[path] = (*files.get(path, ()), key)
    if not files:
        return None
    return Asked(title=title, files=files, witness=None if witness in files else witness)


def _path_of(item: WantedItem) -> str | None:
    if item.has_file is False or not item.file_path:
        return None
    return item.file_path if len(tail(item.file_path)) == 2 else None


def known_file_id(asked: Asked, path: str) -> int | None:
    """Return Shoko's number of a file, as an earlier look has told it."""
    for key in asked.files.get(path, ()):
        match = asked.title.items[key].match
        if match is None or match.phase is MatchPhase.UNSEEN or match.file_id is None:
            continue
        if is_same_file(match.path, path) and match.file_id.isdecimal():
            return int(match.file_id)
    return None


async def breathe(count: int) -> None:
    """Let others run now and then while thousands of titles are gone through."""
    if count % _BREATH == 0:
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A file that must be looked up."""

    asked: Asked
    path: str


@dataclass(slots=True, kw_only=True)
class Round:
    """The reading of one survey: how much is asked does not grow with what is waited for.

    A file that turns out to belong to a series brings the answers for all others of that series;
    what AniDB does not know comes as one list.
    """

    client: ShokoClient
    memory: Memory
    now: datetime
    calls: int = 0
    _left: int = _LOOK_UPS
    _done: set[str] = field(default_factory=set)
    _series: set[int] = field(default_factory=set)

    async def read(self, asked: list[Asked]) -> bool:
        """Look up what is not known or doubtful; return whether some of it is left."""
        await self._read_folders()
        waiting = deque(await self._due(asked))
        await self._read_unrecognised(waiting)
        while waiting and self._left >= _CALLS_PER_LOOK_UP:
            question = waiting.popleft()
            if question.path in self._done:
                continue
            answer = await self._look_up(question)
            if answer.references:
                self._add_siblings(question.asked, waiting)
                await self._read_siblings(answer, question, waiting)
        await self._read_labels(asked)
        await self._read_queue(asked)
        return any(self._is_urgent(question.path) for question in waiting)

    async def _due(self, asked: list[Asked]) -> list[Question]:
        """Return the files to ask about, what was never answered first, then the oldest."""
        due: list[Question] = []
        for count, entry in enumerate(asked):
            await breathe(count)
            paths = self._due_of(entry) if self._is_anime(entry) else self._hint_of(entry)
            due += [Question(asked=entry, path=path) for path in paths]
        return sorted(due, key=lambda question: self._age(question.path))

    def of_interest(self, asked: Asked) -> list[str]:
        """Return the files that together tell whether a title is anime.

        Where Shoko has matched none of those that wait, one that can be watched already counts.
        """
        if self._is_anime(asked) and any(self._is_matched(path) for path in asked.files):
            return list(asked.files)
        return asked.paths

    def _is_anime(self, asked: Asked) -> bool:
        return asked.title.is_anime or any(self._is_matched(path) for path in asked.paths)

    def _is_matched(self, path: str) -> bool:
        answer = self.memory.answers.get(path)
        return answer is not None and bool(answer.references)

    def _due_of(self, asked: Asked) -> list[str]:
        """Return the files of an anime that must be looked up."""
        return [path for path in self.of_interest(asked) if self._is_due(path)]

    def _hint_of(self, asked: Asked) -> list[str]:
        """Return one file of what nobody calls anime, another each minute: does Shoko know it?"""
        answers = [
            (path, self.memory.answers[path]) for path in asked.paths if path in self.memory.answers
        ]
        doubtful = [path for path, answer in answers if self.memory.is_doubtful(answer)]
        if doubtful or any(not self._is_older(answer, _HINT) for _, answer in answers):
            return doubtful
        return [min(asked.paths, key=self._age)]

    def _is_due(self, path: str) -> bool:
        answer = self.memory.answers.get(path)
        if answer is None or self.memory.is_doubtful(answer):
            return True
        return self._is_older(answer, _LATER if answer.is_final else _SOON)

    def _is_older(self, answer: Answer, age: timedelta) -> bool:
        # A clock that was set back makes an answer old, not eternal.
        return not timedelta() <= self.now - answer.read_at < age

    def _age(self, path: str) -> tuple[int, datetime]:
        answer = self.memory.answers.get(path)
        if answer is None:
            return 0, self.now
        return (1 if self.memory.is_doubtful(answer) else 2), answer.read_at

    def _is_urgent(self, path: str) -> bool:
        """Return whether nothing can be said of a file without another survey."""
        if path in self._done:
            return False
        answer = self.memory.answers.get(path)
        return answer is None or self.memory.is_doubtful(answer)

    async def _read_folders(self) -> None:
        if self.memory.are_folders_known:
            return
        self.calls += 1
        self.memory.are_folders_known = True
        try:
            folders = await self.client.folders()
        except Forbidden:
            return  # paths below the folders are enough nearly always
        except BaseException:  # cancelled, too: they were not read
            self.memory.are_folders_known = False
            raise
        self.memory.folders = {folder.id: folder.path for folder in folders}

    async def _read_unrecognised(self, waiting: Iterable[Question]) -> None:
        """Take the files that AniDB does not know from one list."""
        open_paths = [
            question.path
            for question in waiting
            if question.path not in self.memory.answers
            or not self.memory.answers[question.path].references
        ]
        if len(open_paths) < _WORTH_A_LIST:
            return
        mark = self.memory.now_marked()
        self.calls += 1
        listed = await self.client.unrecognised()
        # Such a list need not say that these files are nothing.
        files = [replace(file, references=()) for file in listed.files if not file.references]
        self._take(open_paths, files, mark)

    async def _look_up(self, question: Question) -> Answer:
        """Look up one file: by Shoko's number, where that is known, else by its path."""
        memory = self.memory
        path = question.path
        mark = memory.now_marked()
        number = self._number(question)
        by_number = await self._by_number(number) if number is not None else None
        if by_number is not None and best_of(path, [by_number], memory.folders)[0] is not None:
            return self._learn(path, by_number, mark)
        found, is_clear = await self._by_path(path)
        if found is None and is_clear and by_number is not None:
            # Shoko has renamed it; the manager does not know the new name.
            if any(location.is_accessible for location in by_number.locations):
                found = by_number
        return self._learn(path, found, mark, is_clear=is_clear)

    def _number(self, question: Question) -> int | None:
        answer = self.memory.answers.get(question.path)
        if answer is not None and answer.file is not None:
            return answer.file.id
        moved = self.memory.moved.get(tail(question.path))
        return moved or known_file_id(question.asked, question.path)

    async def _by_number(self, number: int) -> ShokoFile | None:
        self._count()
        return await self.client.file(number)

    async def _by_path(self, path: str) -> tuple[ShokoFile | None, bool]:
        """Return the file at a path and whether that is certain."""
        suffix = path_suffix(path)
        if suffix is None:
            return None, False
        self._count()
        dropped = self.client.dropped
        try:
            hits = await self.client.files_by_path(suffix)
        except Refused as err:
            if not HTTPStatus.BAD_REQUEST <= err.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return None, False  # of such a path it will never say anything
        found, is_clear = best_of(path, hits, self.memory.folders)
        # One that could not be read may have been it.
        return found, is_clear and self.client.dropped == dropped

    def _add_siblings(self, asked: Asked, waiting: deque[Question]) -> None:
        """Ask about all files of a title once one of them turned out to be anime."""
        queued = {question.path for question in waiting if question.asked is asked}
        for path in asked.files:
            if path not in queued and path not in self._done and self._is_due(path):
                waiting.append(Question(asked=asked, path=path))

    async def _read_siblings(
        self, answer: Answer, question: Question, waiting: Iterable[Question]
    ) -> None:
        """Read the series of a file when it answers for others of the same title, too."""
        if not any(
            other.asked is question.asked and other.path not in self._done for other in waiting
        ):
            return
        for number in sorted({found.series for found in answer.references if found.series}):
            if number not in self._series and self._left > 0:
                mark = self.memory.now_marked()
                files = await self._read_series(number)
                self._take((other.path for other in waiting), files, mark)

    async def _read_series(self, number: int) -> list[ShokoFile]:
        """Read a series: how AniDB numbers its episodes, and the files that it has."""
        self._series.add(number)
        self._count()
        episodes = await self.client.series_episodes(number) or []
        self.memory.learn_labels({episode.anidb: episode.label for episode in episodes})
        # A file of which the list does not say what it holds is left to a look-up of its own.
        files = {file.id: file for episode in episodes for file in episode.files}
        return [file for file in files.values() if file.references]

    async def _read_labels(self, asked: list[Asked]) -> None:
        """With what is left, learn how AniDB numbers the episodes of matched files."""
        for count, entry in enumerate(asked):
            await breathe(count)
            if entry.title.media_type is MediaType.MOVIE:
                continue
            for found in self._references(entry):
                if self._left <= 0:
                    return
                if found.series and found.anidb_episode not in self.memory.labels:
                    if found.series not in self._series:
                        await self._read_series(found.series)
                    self.memory.labels.setdefault(found.anidb_episode, None)  # it has none

    def _references(self, asked: Asked) -> list[CrossReference]:
        answers = [self.memory.answers.get(path) for path in asked.files]
        return [found for answer in answers if answer for found in answer.references]

    async def _read_queue(self, asked: list[Asked]) -> None:
        """Learn how busy Shoko is where that decides what a file waits for."""
        matters = any(
            answer is not None and answer.file is not None and answer.file.references == ()
            for entry in asked
            for answer in map(self.memory.answers.get, entry.files)
        )
        if matters and self.memory.queue(self.now) is None:
            self.calls += 1
            self.memory.heard_queue(await self.client.queue(), self.now)

    def _take(self, paths: Iterable[str], files: list[ShokoFile], mark: int) -> None:
        """Take the answers for files out of a list; what is not in it stays open."""
        by_name: dict[str, list[ShokoFile]] = {}
        for file in files:
            for name in {parts(location.path)[-1] for location in file.locations if location.path}:
                by_name.setdefault(name, []).append(file)
        for path in paths:
            if path in self._done:
                continue
            found, is_clear = best_of(path, by_name.get(parts(path)[-1], ()), self.memory.folders)
            if found is not None and is_clear:
                self._learn(path, found, mark)

    def _learn(
        self, path: str, file: ShokoFile | None, mark: int, *, is_clear: bool = True
    ) -> Answer:
        self._done.add(path)
        return self.memory.learn(path, file, self.now, mark, is_clear=is_clear)

    def _count(self) -> None:
        self.calls += 1
        self._left -= 1


def path_suffix(path: str) -> str | None:
    """Return folder and name with a separator in front, so that no longer name ends alike."""
    names = [part for part in path.replace("\\", "/").split("/") if part][-2:]
    suffix = "/" + "/".join(names)
    return suffix if len(suffix.encode("utf-8", "replace")) <= _LONGEST_SUFFIX else None
