"""Fill what is missing of a request's names; what is known is never overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .model import MediaType, ProviderIds
from .request import Request

_OF_FILMS = ("tmdb", "imdb")  # TVDB's numbers of films mean nothing
_OF_SERIES = ("tmdb", "tvdb", "imdb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What the library knows of a request's title. `service_ids` are by connection."""

    ids: ProviderIds = field(default_factory=ProviderIds)
    title: str | None = None
    year: int | None = None
    service_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A name on which a request and the library do not agree; `name` is a provider or connection.

    The request keeps its own.
    """

    name: str
    known: str
    found: str


def provider_names(media_type: MediaType) -> tuple[str, ...]:
    """Return the providers whose numbers mean something for a kind of title."""
    return _OF_FILMS if media_type is MediaType.MOVIE else _OF_SERIES


def differences(request: Request, filling: Filling) -> list[Difference]:
    """Return where a request says something else."""
    pairs: list[tuple[str, object, object]] = [
        (name, getattr(request.ids, name), getattr(filling.ids, name))
        for name in provider_names(request.media_type)
    ]
    pairs += [(key, request.service_ids.get(key), own) for key, own in filling.service_ids.items()]
    return [
        Difference(name=name, known=str(known), found=str(found))
        for name, known, found in pairs
        if known and found and known != found
    ]


def gaps(request: Request, filling: Filling) -> list[str]:
    """Return the names that the library knows and the request lacks."""
    lacking = [
        name
        for name in provider_names(request.media_type)
        if getattr(filling.ids, name) and not getattr(request.ids, name)
    ]
    lacking += [name for name in ("title", "year") if _lacks(request, filling, name)]
    return lacking + [key for key in filling.service_ids if key not in request.service_ids]


def fill(request: Request, filling: Filling) -> list[str]:
    """Fill the gaps of a request and return their names; nothing else of it changes."""
    found = gaps(request, filling)
    known = {name: getattr(filling.ids, name) for name in found if name in _OF_SERIES}
    if known:
        request.ids = request.ids.filled_from(ProviderIds(**known))
    if "title" in found:
        request.title = filling.title
    if "year" in found:
        request.year = filling.year
    for key, own_id in filling.service_ids.items():
        request.service_ids.setdefault(key, own_id)
    return found


def _lacks(request: Request, filling: Filling, name: str) -> bool:
    return bool(getattr(filling, name)) and not getattr(request, name)
