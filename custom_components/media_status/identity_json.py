"""Turn a request's identity map into JSON: what each service calls the same film or episode."""

from .explanations import Texts
from .lifecycle.facts import AnimeEpisode, File, Match, Playable
from .lifecycle.identity_map import ItemIdentity, Mismatch, identity_map
from .lifecycle.model import MOVIE, JsonObject, JsonValue
from .lifecycle.request import Request
from .serialize import MAX_MESSAGE, MAX_SENTENCE, MAX_TITLE, MAX_WORD, clean, clean_or_none, scrub


def identity_json(request: Request, texts: Texts, *, is_admin: bool) -> JsonObject:
    """Return the items under all their names, and where the services do not agree.

    The request must hold its facts; paths are for administrators.
    """
    found = identity_map(request)
    rows: list[JsonValue] = [_row(row, is_admin=is_admin) for row in found.items]
    mismatches: list[JsonValue] = [
        _mismatch(mismatch, texts, is_admin=is_admin) for mismatch in found.mismatches
    ]
    return {"identity": rows, "mismatches": mismatches}


def _row(row: ItemIdentity, *, is_admin: bool) -> JsonObject:
    is_movie = row.item == MOVIE
    return {
        "item": row.item.label,
        "season": None if is_movie else row.item.season,
        "number": None if is_movie else row.item.number,
        "title": clean_or_none(row.title, MAX_TITLE),
        "file": None if row.file is None else _file(row.file, is_admin=is_admin),
        "shoko": None if row.match is None else _match(row.match, is_admin=is_admin),
        "anime": [_episode(episode) for episode in row.episodes],
        "jellyfin": None if row.playable is None else _playable(row.playable, is_admin=is_admin),
    }


def _file(file: File, *, is_admin: bool) -> JsonObject:
    answer: JsonObject = {
        "file_id": clean_or_none(file.file_id, MAX_WORD),
        "size": file.size,
        "quality": clean_or_none(file.quality, MAX_WORD),
    }
    return answer | ({"path": clean_or_none(file.path, MAX_MESSAGE)} if is_admin else {})


def _match(match: Match, *, is_admin: bool) -> JsonObject:
    return {
        "phase": match.phase.value,
        "file_id": clean_or_none(match.file_id, MAX_WORD),
        "name": _name(match.name, is_admin=is_admin),
        "attempts": match.attempts,
    }


def _episode(episode: AnimeEpisode) -> JsonObject:
    return {
        "anidb_anime": episode.anidb_anime,
        "anidb_episode": episode.anidb_episode,
        "label": clean_or_none(episode.label, MAX_WORD),
        "shoko_series": episode.shoko_series,
        "shoko_episode": episode.shoko_episode,
        "tmdb": list[JsonValue](episode.tmdb),
    }


def _playable(playable: Playable, *, is_admin: bool) -> JsonObject:
    """Return the item with what proves it, or one of the same title, which proves nothing."""
    answer: JsonObject = {
        "is_playable": playable.present,
        "item_id": clean_or_none(playable.item_id, MAX_WORD),
        "proof": clean_or_none(playable.proof, MAX_WORD),
        "guess": _name(playable.guess, is_admin=is_admin),
    }
    paths: list[JsonValue] = [clean(path, MAX_MESSAGE) for path in playable.paths]
    return answer | ({"paths": paths} if is_admin else {})


def _mismatch(mismatch: Mismatch, texts: Texts, *, is_admin: bool) -> JsonObject:
    return {
        "code": mismatch.code,
        "values": {
            key: _name(value, is_admin=is_admin) if isinstance(value, str) else value
            for key, value in mismatch.values.items()
        },
        "sentence": _name(texts.mismatch(mismatch), is_admin=is_admin),
    }


def _name(text: str | None, *, is_admin: bool) -> str | None:
    """Return a service's words; addresses and paths in them are for administrators."""
    if text is None:
        return None
    return clean_or_none(text if is_admin else scrub(text[:MAX_MESSAGE]), MAX_SENTENCE)
