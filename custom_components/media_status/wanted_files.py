"""Know the files of a request's items: where they are, and how far Shoko is with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .lifecycle.evidence import Evidence
from .lifecycle.facts import Fact, File, Match, MatchPhase, Playable
from .lifecycle.model import ItemKey, Subject, Via
from .lifecycle.paths import is_same_file
from .lifecycle.request import Request
from .lifecycle.stages import matches

# Where Shoko tells what a file is, Shokofin's numbering of its own proves nothing.
_BY_NUMBER: Final = frozenset({None, "series and episode"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """The file that an item has now."""

    path: str | None  # as Radarr/Sonarr know it
    words: tuple[tuple[Fact, Match], ...] = ()  # of every Shoko

    @property
    def match(self) -> Match | None:
        """Return what a Shoko has matched it to."""
        return next((word for _, word in self.words if word.phase is MatchPhase.MATCHED), None)

    def word_of(self, connection_id: str) -> Match | None:
        """Return how far one Shoko is with it."""
        found = (word for fact, word in self.words if fact.connection_id == connection_id)
        return next(found, None)


def known_files(request: Request, items: Iterable[ItemKey]) -> dict[ItemKey, KnownFile]:
    """Return the files of those of the items that have one."""
    evidence = Evidence(
        fact for fact in request.facts.values() if isinstance(fact.value, File | Match)
    )
    files: dict[ItemKey, KnownFile] = {}
    for item in items:
        subject = Subject(item=item)
        present = [value for value in evidence.about(File, subject) if value.present]
        if present:
            files[item] = KnownFile(
                path=next((value.path for value in present if value.path), None),
                words=tuple(matches(evidence, subject)),
            )
    return files


def hearsay(request: Request) -> set[ItemKey]:
    """Return the items of whose present file only a push has told.

    Pushes come late: it may be a file of the past that Jellyfin still shows, and what is called
    available by that would end the request for good. The manager is asked at once, anyway.
    """
    told = {
        key: (fact, fact.value)
        for key, fact in request.facts.items()
        if isinstance(fact.value, File) and fact.value.present
    }
    found: set[ItemKey] = set()
    for (subject, connection_id, kind, via), (fact, file) in told.items():
        if via is not Via.PUSH or subject.item is None:
            continue
        known = told.get((subject, connection_id, kind, Via.SURVEY))
        if known is None or not (
            known[0].seen_at > fact.seen_at or is_same_file(known[1].path, file.path)
        ):
            found.add(subject.item)
    return found


def proven_items(
    request: Request, connection_id: str, *, by_path: bool = False
) -> dict[ItemKey, str]:
    """Return the items that a library showed by more than a number, with its own ids of them.

    With `by_path` it showed none but by its file, too.
    """
    return {
        fact.subject.item: fact.value.item_id
        for fact in request.facts.values()
        if isinstance(fact.value, Playable)
        and fact.value.present
        and fact.value.item_id is not None
        and (by_path or fact.value.proof not in _BY_NUMBER)
        and fact.connection_id == connection_id
        and fact.subject.item is not None
    }


def has_matches(request: Request) -> bool:
    """Return whether a Shoko has said anything about a request's files."""
    return any(isinstance(fact.value, Match) for fact in request.facts.values())
