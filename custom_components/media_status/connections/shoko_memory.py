"""Remember what Shoko has said of the files that are waited for, and what made that doubtful."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..clients.shoko import CrossReference, ShokoFile, ShokoQueue
from ..lifecycle.facts import Match, MatchPhase
from ..lifecycle.paths import tail
from .shoko_words import BAN_LASTS, file_name, is_resolved, match_of, phase_of

type Tail = tuple[str, ...]
type Key = tuple[str, ...] | tuple[str, int]

# What the events of a rescan of a huge collection may leave behind.
_FILES_KEPT = 4096
_MARKS_KEPT = 20_000
_QUEUE_FOR = timedelta(seconds=30)
UNRESOLVED: Key = ("unresolved", 0)
_EVERYTHING: Key = ("everything", 0)


class Kept[K, V](OrderedDict[K, V]):
    """A dictionary that forgets what was set first."""

    def put(self, key: K, value: V) -> None:
        """Set a value as the newest."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > _FILES_KEPT:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Shoko answered about the file at a path; `mark` is when the question was put.

    `file` is None when there is none. `is_clear` is False for an answer that decides nothing:
    two files end alike, or Shoko refuses to look for such a path.
    """

    file: ShokoFile | None
    read_at: datetime
    mark: int
    keys: tuple[Key, ...]
    is_clear: bool = True

    @property
    def references(self) -> tuple[CrossReference, ...]:
        """Return what the file is, as far as that is known."""
        return (self.file.references or ()) if self.file is not None else ()

    @property
    def is_final(self) -> bool:
        """Return whether only an event can change this answer."""
        return bool(self.references) and is_resolved(self.references)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the last search for a file in AniDB found, when it found nothing."""

    is_conclusive: bool
    attempts: int | None


@dataclass(slots=True)
class Memory:
    """The files that are waited for, by the managers' paths, with Shoko's answers.

    Every event marks what it concerns. An answer counts until something of it is marked after the
    question was put, so an event that overtakes an answer is never lost.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    folders: dict[int, str] = field(default_factory=dict)
    are_folders_known: bool = False
    verdicts: Kept[int, Verdict] = field(default_factory=Kept)
    paths: Kept[int, str] = field(default_factory=Kept)  # where events said files are
    labels: dict[int, str | None] = field(default_factory=dict)  # by AniDB's episode
    moved: Kept[Tail, int] = field(default_factory=Kept)  # files that Shoko has renamed
    series: set[int] = field(default_factory=set)  # Shoko's, of matched files
    unresolved: set[int] = field(default_factory=set)  # AniDB's, of files without Shoko's ids
    banned_at: datetime | None = None
    _wanted: dict[Tail, tuple[str, ...]] = field(default_factory=dict)
    _files: dict[int, str] = field(default_factory=dict)
    _queue: tuple[ShokoQueue, datetime] | None = None
    _clock: int = 0
    _marks: dict[Key, int] = field(default_factory=dict)

    def forget(self) -> None:
        """Trust nothing that was read; what events said of moved files stays true."""
        self.answers.clear()
        self.are_folders_known = False
        self._queue = None

    def want(self, paths: Iterable[str]) -> None:
        """Let go of the answers about files that nobody waits for any more."""
        wanted = set(paths)
        self.answers = {path: found for path, found in self.answers.items() if path in wanted}
        by_tail: dict[Tail, list[str]] = {}
        for path in sorted(wanted):
            by_tail.setdefault(tail(path), []).append(path)
        self._wanted = {key: tuple(found) for key, found in by_tail.items()}

    def settle(self) -> None:
        """Index the answers after a survey, for the events to come."""
        self.series, self.unresolved, self._files = set(), set(), {}
        labels: dict[int, str | None] = {}
        for path, answer in self.answers.items():
            if answer.file is not None:
                self._files[answer.file.id] = path
            for reference in answer.references:
                if reference.anidb_episode in self.labels:
                    labels[reference.anidb_episode] = self.labels[reference.anidb_episode]
                if reference.series is not None:
                    self.series.add(reference.series)
                if reference.series is None or reference.episode is None:
                    self.unresolved.add(reference.anidb_anime)
        self.labels = labels

    def now_marked(self) -> int:
        """Return the mark of a question that is put now."""
        return self._clock

    def mark(self, *keys: Key) -> None:
        """Doubt every answer that has to do with one of these keys."""
        self._clock += 1
        if len(self._marks) > _MARKS_KEPT:
            self._marks = {_EVERYTHING: self._clock}
        for key in keys:
            self._marks[key] = self._clock

    def mark_everything(self) -> None:
        """Doubt all answers: events may have been missed."""
        self.mark(_EVERYTHING)
        self.are_folders_known = False
        self._queue = None

    def is_doubtful(self, answer: Answer) -> bool:
        """Return whether something happened since the question was put."""
        return any(self._marks.get(key, -1) > answer.mark for key in (*answer.keys, _EVERYTHING))

    def learn(
        self, path: str, file: ShokoFile | None, now: datetime, mark: int, *, is_clear: bool = True
    ) -> Answer:
        """Remember an answer to a question that was put at `mark`."""
        if file is not None and file.references:
            file = replace(file, references=tuple(map(self._labelled, file.references)))
        answer = Answer(
            file=file, read_at=now, mark=mark, keys=_keys(path, file), is_clear=is_clear
        )
        self.answers[path] = answer
        return answer

    def _labelled(self, reference: CrossReference) -> CrossReference:
        """Return a reference with the numbering that only lists of episodes tell."""
        label = reference.label or self.labels.get(reference.anidb_episode)
        return reference if label == reference.label else replace(reference, label=label)

    def learn_labels(self, labels: Mapping[int, str | None]) -> None:
        """Remember how AniDB numbers episodes, for the answers that are known, too."""
        self.labels.update(labels)
        for path, answer in self.answers.items():
            if answer.file is not None and any(
                reference.anidb_episode in labels for reference in answer.references
            ):
                references = tuple(map(self._labelled, answer.references))
                file = replace(answer.file, references=references)
                self.answers[path] = replace(answer, file=file)

    def is_wanted(self, key: Tail) -> bool:
        """Return whether somebody waits for a file with this end of its path."""
        return key in self._wanted

    def wanted_path(self, path: str) -> str:
        """Return a path as the manager says it, where that is known."""
        found = self._wanted.get(tail(path), ())
        return found[0] if len(found) == 1 else path

    def path_of(self, file_id: int | None) -> str | None:
        """Return where a file is, as an answer or an event has said."""
        return None if file_id is None else self._files.get(file_id) or self.paths.get(file_id)

    def references_of(self, path: str) -> tuple[CrossReference, ...]:
        """Return what the file at a path is known to be."""
        return tuple(
            reference
            for known in self._wanted.get(tail(path), ())
            if known in self.answers
            for reference in self.answers[known].references
        )

    def has_open_questions(self) -> bool:
        """Return whether some file that is waited for is not matched, or not known yet."""
        return any(
            path not in self.answers or not self.answers[path].is_final
            for paths in self._wanted.values()
            for path in paths
        )

    def heard_queue(self, queue: ShokoQueue, now: datetime) -> None:
        """Remember how much Shoko has to do."""
        self._queue = (queue, now)

    def queue(self, now: datetime) -> ShokoQueue | None:
        """Return how much Shoko had to do a moment ago."""
        if self._queue is None or not timedelta() <= now - self._queue[1] < _QUEUE_FOR:
            return None
        return self._queue[0]

    def is_banned(self, now: datetime) -> bool:
        """Return whether AniDB does not answer Shoko for a while."""
        return self.banned_at is not None and now - self.banned_at < BAN_LASTS

    def match(self, path: str, now: datetime) -> Match | None:
        """Return what is to be said about the file at a path, from the last answer about it."""
        answer = self.answers[path]
        file = answer.file
        verdict = self.verdicts.get(file.id) if file is not None else None
        queue = self.queue(now)
        phase = phase_of(
            file,
            now,
            searched=verdict is not None and verdict.is_conclusive,
            is_banned=self.is_banned(now),
            is_busy=queue is not None and queue.is_busy,
        )
        if phase is None or not answer.is_clear:
            return None
        return match_of(
            phase,
            path,
            file_id=file.id if file is not None else None,
            name=_name_in_shoko(file),
            attempts=verdict.attempts if verdict and phase is not MatchPhase.MATCHED else None,
            references=answer.references,
        )


def _keys(path: str, file: ShokoFile | None) -> tuple[Key, ...]:
    keys: set[Key] = {tail(path)}
    if file is not None:
        keys.add(("file", file.id))
        for reference in file.references or ():
            keys.add(("anime", reference.anidb_anime))
            if reference.series is None or reference.episode is None:
                keys.add(UNRESOLVED)
            else:
                keys.add(("series", reference.series))
    return tuple(keys)


def _name_in_shoko(file: ShokoFile | None) -> str | None:
    """Return the name under which people find a file in Shoko."""
    places: Collection[str] = [place.path for place in file.locations] if file else ()
    return file_name(min(places)) if places else None
