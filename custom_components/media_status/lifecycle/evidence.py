"""Read a request's facts: pushed and surveyed layers resolved, grouped by subject."""

from collections.abc import Iterable, Iterator

from .facts import Fact, FactKind, FactValue, Grab
from .merge import merged
from .model import REQUEST, ItemKey, Subject


class Evidence:
    """Answer what is known about each subject of one request, over all connections."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Resolve the layers: of a pushed and a surveyed fact the later one counts."""
        resolved: dict[tuple[Subject, str, FactKind], Fact] = {}
        for fact in facts:
            key = (fact.subject, fact.connection_id, fact.kind)
            resolved[key] = merged(resolved.get(key), fact)
        self._by_subject: dict[Subject, list[Fact]] = {}
        for (subject, _, _), fact in resolved.items():
            self._by_subject.setdefault(subject, []).append(fact)
        self.downloads: dict[str, frozenset[ItemKey]] = {}
        self._serving: dict[ItemKey, list[str]] = {}
        self._link_downloads()

    def _link_downloads(self) -> None:
        for subject in self._by_subject:
            if subject.download is None:
                continue
            items: frozenset[ItemKey] = frozenset()
            for grab in self.about(Grab, subject):
                items |= grab.items
            self.downloads[subject.download] = items
            for item in items:
                self._serving.setdefault(item, []).append(subject.download)

    def facts[T: FactValue](self, cls: type[T], subject: Subject) -> Iterator[tuple[Fact, T]]:
        """Yield the facts of one kind about a subject, with their values."""
        for fact in self._by_subject.get(subject, ()):
            if isinstance(fact.value, cls):
                yield fact, fact.value

    def about[T: FactValue](self, cls: type[T], subject: Subject = REQUEST) -> list[T]:
        """Return the values of one kind about a subject, one per connection."""
        return [value for _, value in self.facts(cls, subject)]

    def serving(self, item: ItemKey) -> list[str]:
        """Return the downloads that were grabbed for an item."""
        return self._serving.get(item, [])
