"""Find the requests that an observation is about, by dictionary look-ups only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
import re
import unicodedata

from .facts import Observation
from .model import Service, TitleRef
from .paths import tail
from .request import Request

_NOT_A_WORD = re.compile(r"[\W_]+")


def normalised(title: str) -> str:
    """Return a title without case, accents and punctuation, for equality only."""
    decomposed = unicodedata.normalize("NFKD", title[:500].casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_A_WORD.sub(" ", plain).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The requests found, and whether only a title led there."""

    request_ids: tuple[str, ...] = ()
    is_guess: bool = False


NOTHING = Match()


@dataclass(slots=True)
class Index:
    """Map everything that can name a request to the open requests it may mean."""

    _keys: dict[tuple[str, ...], set[str]] = field(default_factory=dict)
    _of_request: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    _files: dict[str, int] = field(default_factory=dict)  # how many of a request's are indexed

    def add(self, request: Request) -> None:
        """Index a request under all its present names; call again when it gained some."""
        known = self._of_request.setdefault(request.id, set())
        names = set(_names(request))
        # Hundreds of episodes have hundreds of files, and each observation comes by here.
        if len(request.file_items) != self._files.get(request.id, 0):
            self._files[request.id] = len(request.file_items)
            names.update(("file", *file) for file in request.file_items)
        for key in names - known:
            known.add(key)
            self._keys.setdefault(key, set()).add(request.id)

    def discard(self, request_id: str) -> None:
        """Forget a request."""
        self._files.pop(request_id, None)
        for key in self._of_request.pop(request_id, set()):
            found = self._keys[key]
            found.discard(request_id)
            if not found:
                del self._keys[key]

    def find(self, observation: Observation) -> Match:
        """Return what an observation is about, in the order of DESIGN section 5."""
        if observation.request_id is not None:
            known = observation.request_id in self._of_request
            return Match(request_ids=(observation.request_id,)) if known else NOTHING
        title = observation.title
        if observation.file_path is not None:
            return Match(request_ids=self._first([[("file", *tail(observation.file_path))]]))
        if title is None:
            names: list[tuple[str, ...]] = [
                ("download", name) for name in sorted(observation.download_ids)
            ]
            return Match(request_ids=self._first([names]))
        own: tuple[str, ...] = ()
        if title.service_id is not None:
            own = self.by_service_id(observation.connection_id, title.service_id)
            if observation.service is Service.SEERR:
                return Match(request_ids=own)  # its id names one request, not a title
            own = tuple(found for found in own if not self._is_another(found, title))
        # A second request for the same title may not be linked to the service's id yet.
        found = tuple(sorted({*own, *self.by_title(title)}))
        if found:
            return Match(request_ids=found)
        found = self._first(_guessed_names(title))
        return Match(request_ids=found, is_guess=True) if found else NOTHING

    def by_service_id(self, connection_id: str, service_id: str) -> tuple[str, ...]:
        """Return the open requests that a service knows under its own id."""
        return tuple(sorted(self._keys.get(("service", connection_id, service_id), ())))

    def by_title(self, title: TitleRef) -> tuple[str, ...]:
        """Return the open requests with one of these provider ids, of the same media type."""
        return self._first(_provider_names(title))

    def _is_another(self, request_id: str, title: TitleRef) -> bool:
        """Return whether the provider ids contradict the service's own id.

        Own ids are given anew when a manager's database is rebuilt.
        """
        names = self._of_request[request_id]
        stated = [key for keys in _provider_names(title) for key in keys]
        if any(key in names for key in stated):
            return False
        known = {key[:3] for key in names if key[0] == "provider"}
        return any(key[:3] in known for key in stated)

    def _first(self, groups: Iterable[list[tuple[str, ...]]]) -> tuple[str, ...]:
        for group in groups:
            found = {request_id for key in group for request_id in self._keys.get(key, ())}
            if found:
                return tuple(sorted(found))
        return ()


def _names(request: Request) -> Iterable[tuple[str, ...]]:
    media_type = request.media_type.value
    for connection_id, service_id in request.service_ids.items():
        yield ("service", connection_id, service_id)
    for name in request.download_names:
        yield ("download", name)
    for provider, number in request.ids.pairs():
        yield ("provider", media_type, provider, number)
    for title in (request.title, request.original_title):
        if title and request.year:
            yield ("title", media_type, normalised(title), str(request.year))


def _provider_names(title: TitleRef) -> Iterable[list[tuple[str, ...]]]:
    for provider, number in title.ids.pairs():
        yield [("provider", title.media_type.value, provider, number)]


def _guessed_names(title: TitleRef) -> Iterable[list[tuple[str, ...]]]:
    if title.year and not title.ids.pairs():
        names = [name for name in (title.title, title.original_title) if name]
        yield [
            ("title", title.media_type.value, normalised(name), str(title.year)) for name in names
        ]
