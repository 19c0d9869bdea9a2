"""Turn an event of Shoko's hub into facts about files, and doubts about what was read before."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ..clients.shoko import CrossReference
from ..clients.shoko_models import build_queue
from ..lifecycle.facts import Anime, Match, MatchPhase, Observation, Statement
from ..lifecycle.model import JsonObject, Service, Via
from ..lifecycle.paths import tail
from .base import Doorbell, Push, Removed
from .shoko_events import (
    FileWord,
    MetadataWord,
    ReleaseWord,
    Word,
    argument,
    file_word,
    metadata_word,
    release_word,
    unwrapped,
    word_of,
)
from .shoko_memory import UNRESOLVED, Memory, Verdict
from .shoko_words import joined, match_of
from .text import name_text

_SELF = frozenset({Doorbell.SELF})
_SELF_AND_LIBRARY = frozenset({Doorbell.SELF, Doorbell.LIBRARY})
_NONE: frozenset[Doorbell] = frozenset()
_NEW_SEARCH = frozenset({Word.HASHED, Word.MATCHED, Word.DELETED})
_RELEASES = frozenset({Word.RELEASE_SAVED, Word.RELEASE_REMOVED, Word.SEARCHED})


class Interpreter:
    """Understand the events of one Shoko with what is remembered of its files.

    An event about a file states its match by path, so that it finds a request even before the
    first survey about that file; it rings only for files that are waited for. Whatever it says is
    looked up soon after: an event never decides alone.
    """

    def __init__(self, connection_id: str, memory: Memory) -> None:
        """Initialize with the connection's id and memory."""
        self._connection_id = connection_id
        self._memory = memory

    def push(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return what an invocation says; never raise for odd content."""
        target = payload.get("target")
        event = name_text(target) or "unknown"
        word = word_of(target) if isinstance(target, str) else None
        if word is None:
            return Push(event=event, known=False)
        raw = argument(payload)
        if word is Word.METADATA:
            return Push(event=event, doorbells=self._metadata(metadata_word(raw)))
        removed: tuple[Removed, ...] = ()
        if word in _RELEASES:
            said, doorbells = self._release(word, release_word(raw))
        elif word in (Word.QUEUE, Word.FOLDERS, Word.IGNORED):
            self._state(word, payload, seen_at)
            return Push(event=event)
        else:
            file = file_word(raw)
            if word is Word.DELETED:  # before it is forgotten where it was
                removed = tuple(Removed(path=path) for path in self._paths(word, file))
            said, doorbells = self._file(word, file, seen_at)
        observations = tuple(self._observation(path, match, seen_at) for path, match in said)
        return Push(event=event, observations=observations, doorbells=doorbells, removed=removed)

    def _state(self, word: Word, payload: JsonObject, seen_at: datetime) -> None:
        """Take in what concerns Shoko as a whole."""
        if word is Word.FOLDERS:
            self._memory.are_folders_known = False
        if word is Word.QUEUE:
            queue = build_queue(unwrapped(payload))
            if queue is not None:
                self._memory.heard_queue(queue, seen_at)

    def _observation(self, path: str, match: Match, seen_at: datetime) -> Observation:
        said = [Statement(value=match)]
        if match.phase is MatchPhase.MATCHED:
            said.append(Statement(value=Anime(is_anime=True, source="shoko")))
        return Observation(
            connection_id=self._connection_id,
            service=Service.SHOKO,
            via=Via.PUSH,
            seen_at=seen_at,
            statements=tuple(said),
            file_path=path,
        )

    def _file(
        self, word: Word, said: FileWord, seen_at: datetime
    ) -> tuple[list[tuple[str, Match]], frozenset[Doorbell]]:
        """Return what is said about which paths, and who shall look."""
        paths = self._paths(word, said)
        self._note(word, said, paths, seen_at)
        is_ours = any(self._memory.is_wanted(tail(path)) for path in paths)
        phase = self._phase(word, said, paths, is_ours=is_ours)
        if phase is None:
            return [], _SELF if is_ours else _NONE
        doorbells = _NONE
        if is_ours and word not in (Word.DETECTED, Word.HASHED):
            doorbells = _SELF_AND_LIBRARY if phase is MatchPhase.MATCHED else _SELF
        return [
            (path, self._match(phase, path, said.file_id, said.attempts, said.references))
            for path in paths
        ], doorbells

    def _paths(self, word: Word, said: FileWord) -> list[str]:
        """Return where the file is and was; the managers may know only the former place."""
        memory = self._memory
        if any(
            folder is not None and folder not in memory.folders
            for folder in (said.folder, said.previous_folder)
        ):
            memory.are_folders_known = False
        places = [(said.folder, said.path)]
        if word is Word.RELOCATED:
            places.append((said.previous_folder or said.folder, said.previous))
        found = [joined(memory.folders.get(at or 0), path) for at, path in places if path]
        remembered = memory.path_of(said.file_id)
        if not found and remembered is not None:
            found = [remembered]
        return list(dict.fromkeys(found))

    def _note(self, word: Word, said: FileWord, paths: list[str], seen_at: datetime) -> None:
        """Remember where the file is and what was searched, and doubt what was read of it."""
        memory = self._memory
        memory.mark(*(tail(path) for path in paths))
        number = said.file_id
        if word is Word.NOT_MATCHED and said.is_linked is not True:
            memory.banned_at = seen_at if said.is_banned else None
        if number is None:
            return
        memory.mark(("file", number))
        if word is Word.NOT_MATCHED and said.is_linked is not True:
            memory.verdicts.put(
                number, Verdict(is_conclusive=not said.is_banned, attempts=said.attempts)
            )
        elif word in _NEW_SEARCH:
            memory.verdicts.pop(number, None)
        if word is Word.DELETED:
            memory.paths.pop(number, None)
        elif paths:
            memory.paths.put(number, paths[0])
            for former in paths[1:]:
                memory.moved.put(tail(former), number)

    def _phase(
        self, word: Word, said: FileWord, paths: list[str], *, is_ours: bool
    ) -> MatchPhase | None:
        """Return how far an event says Shoko is with the file; None when only a look tells."""
        if word is Word.DELETED:
            # Of a file that nobody waits for: an older one of the same episode, say.
            return MatchPhase.UNSEEN if is_ours else None
        if said.is_linked:
            return MatchPhase.MATCHED
        if word is Word.NOT_MATCHED:
            return MatchPhase.BANNED if said.is_banned else MatchPhase.UNMATCHED
        if word is Word.DETECTED or word is Word.HASHED:
            if any(self._memory.references_of(path) for path in paths):
                return None  # hashed once more, which forgets nothing
            return MatchPhase.HASHING if word is Word.DETECTED else MatchPhase.WAITING
        # "Matched" without a word to what: the links are not there yet, or were just removed.
        return None

    def _match(
        self,
        phase: MatchPhase,
        path: str,
        file_id: int | None,
        attempts: int | None,
        references: Iterable[CrossReference],
    ) -> Match:
        known = self._memory.references_of(path)
        return match_of(
            phase,
            self._memory.wanted_path(path),
            file_id=None if phase is MatchPhase.UNSEEN else file_id,
            attempts=None if phase is MatchPhase.MATCHED else attempts,
            references=_completed(tuple(references) or known, known),
        )

    def _release(
        self, word: Word, said: ReleaseWord
    ) -> tuple[list[tuple[str, Match]], frozenset[Doorbell]]:
        """Return what an event without a path says about the file that it names by number."""
        memory = self._memory
        number = said.file_id
        if number is None:
            return [], _NONE
        memory.mark(("file", number))
        path = memory.path_of(number)
        phase = _released_phase(word, said)
        if phase is MatchPhase.UNMATCHED:
            memory.verdicts.put(number, Verdict(is_conclusive=True, attempts=None))
        elif phase is MatchPhase.MATCHED:
            memory.verdicts.pop(number, None)
        if path is None:
            # It may be one that is waited for, of which nothing else was ever said.
            return [], _SELF if memory.has_open_questions() else _NONE
        memory.mark(tail(path))
        doorbells = _SELF if memory.is_wanted(tail(path)) else _NONE
        if phase is None:
            return [], doorbells
        if doorbells and phase is MatchPhase.MATCHED:
            doorbells = _SELF_AND_LIBRARY
        return [(path, self._match(phase, path, number, None, said.references))], doorbells

    def _metadata(self, said: MetadataWord) -> frozenset[Doorbell]:
        """Doubt what has to do with changed metadata; ring where ids may be there now."""
        if said.reason.startswith("image"):
            return _NONE
        memory = self._memory
        touched = said.series & memory.series
        memory.mark(*(("series", number) for number in touched))
        if said.source == "shoko" and said.reason == "removed" and touched:
            return _SELF
        if said.source == "anidb" and said.own_series in memory.unresolved:
            memory.mark(("anime", said.own_series or 0))
            return _SELF
        if said.source == "shoko" and memory.unresolved:
            # A new series says its own number only, not AniDB's.
            memory.mark(UNRESOLVED)
            return _SELF
        return _NONE


def _released_phase(word: Word, said: ReleaseWord) -> MatchPhase | None:
    """Return how far an event says Shoko is with a file; None when only a look tells."""
    if word is Word.RELEASE_SAVED:
        return MatchPhase.MATCHED if said.references else None
    if word is Word.SEARCHED and said.has_release:
        return MatchPhase.MATCHED if said.is_saved and said.references else None
    if word is Word.SEARCHED and said.is_conclusive:
        return MatchPhase.UNMATCHED
    return None


def _completed(
    stated: Iterable[CrossReference], known: Iterable[CrossReference]
) -> list[CrossReference]:
    """Return references with what is known of the same episodes and was not said this time."""
    by_episode = {reference.anidb_episode: reference for reference in known}
    found: list[CrossReference] = []
    for reference in stated:
        earlier = by_episode.get(reference.anidb_episode, reference)
        found.append(
            replace(
                reference,
                series=reference.series or earlier.series,
                episode=reference.episode or earlier.episode,
                label=reference.label or earlier.label,
                tmdb=reference.tmdb or earlier.tmdb,
            )
        )
    return found
