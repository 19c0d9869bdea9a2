"""Put explanations and what happened into words, in the language of Home Assistant.

The sentences are in the `common` section of the translations, where cards find them too. A
sentence whose key ends in `_partly` or `_unknown` is used when some or all values are not known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from string import Formatter
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations, async_get_translations
from homeassistant.util import dt as dt_util

from .connections.base import Action
from .const import DOMAIN, KIND_NAMES
from .lifecycle.identity_map import Mismatch
from .lifecycle.model import MOVIE, JsonValue
from .lifecycle.request import Explanation, TimelineEntry

_SENTENCES: Final = "common"
_ENTITIES: Final = "entity"
_EXPLANATION: Final = f"component.{DOMAIN}.{_SENTENCES}.explanation_"
_ADVICE: Final = f"component.{DOMAIN}.{_SENTENCES}.advice_"
_HAPPENING: Final = f"component.{DOMAIN}.{_SENTENCES}.timeline_"
_ACTION: Final = f"component.{DOMAIN}.{_SENTENCES}.action_"
_DELETION: Final = f"component.{DOMAIN}.{_SENTENCES}.deletion_"
_MISMATCH: Final = f"component.{DOMAIN}.{_SENTENCES}.mismatch_"
_LIBRARY: Final = f"component.{DOMAIN}.{_SENTENCES}.library_"
_STAGE: Final = f"component.{DOMAIN}.{_ENTITIES}.sensor.request.state."
_FALLBACK_LANGUAGE: Final = "en"
# More episodes than this are named by the first and the last of them.
_MANY_EPISODES: Final = 3


class Texts:
    """Know the sentences; follow changes of the language without being told."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize; the translations must have been loaded (`async_load`)."""
        self._hass = hass

    def sentence(
        self, code: str, values: Mapping[str, str | int], *, is_overdue: bool = False
    ) -> str | None:
        """Return the sentence for an explanation's code, or None for a code without one."""
        found = self._filled(_EXPLANATION, code, values)
        if found is None or not is_overdue:
            return found
        return self._filled(_EXPLANATION, "overdue", {"sentence": found}) or found

    def explanation(
        self, explanation: Explanation, words: Mapping[str, str], *, since: datetime | None
    ) -> str | None:
        """Return an explanation's sentence; `since` is used where it has no moment of its own."""
        values: dict[str, str | int] = {**explanation.values, **words}
        moments = {"since": explanation.since or since, "at": explanation.at}
        values |= {name: _moment(moment) for name, moment in moments.items() if moment is not None}
        return self.sentence(explanation.code, values, is_overdue=explanation.is_overdue)

    def advice(self, code: str, values: Mapping[str, str | int]) -> str | None:
        """Return what a person can do about a reason, or None for a code without advice."""
        return self._filled(_ADVICE, code, values)

    def action(self, action: Action, service: str) -> str | None:
        """Return in one sentence what was done in a service, or None for a code without one."""
        values = {"target": action.target, "service": service}
        return self._filled(_ACTION, action.code, values)

    def deletion(
        self, about: str, code: str, values: Mapping[str, str | int] | None = None
    ) -> str | None:
        """Return a sentence of deletions, about a `step`, its `reason`, or as a `remark`."""
        return self._filled(f"{_DELETION}{about}_", code, values or {})

    def library(
        self, about: str, code: str, values: Mapping[str, str | int] | None = None
    ) -> str | None:
        """Return a sentence of the library: its `progress`, a `finding`, or a `fix` of one."""
        return self._filled(f"{_LIBRARY}{about}_", code, values or {})

    def mismatch(self, mismatch: Mismatch) -> str | None:
        """Return where services do not agree, or None for a code without a sentence."""
        return self._filled(_MISMATCH, mismatch.code, mismatch.values)

    def happening(self, entry: TimelineEntry) -> str | None:
        """Return in one sentence what happened, or None for a code without one."""
        values: dict[str, str | int] = {
            name: value for name, value in entry.values.items() if isinstance(value, str | int)
        }
        if entry.service is not None:
            values["service"] = entry.service.value
        if (stage := entry.values.get("stage")) is not None:
            values["stage"] = self._text(_ENTITIES, f"{_STAGE}{stage}") or str(stage)
        items = entry.values.get("items")
        values["episodes"] = _episodes(items) if isinstance(items, list) else ""
        code = f"decided_{values.get('verdict')}" if entry.code == "decided" else entry.code
        return self._filled(_HAPPENING, code, values)

    def _filled(self, prefix: str, code: str, values: Mapping[str, str | int]) -> str | None:
        known = {name: _word(value) for name, value in values.items() if value != ""}
        for key in (code, f"{code}_partly", f"{code}_unknown"):
            template = self._text(_SENTENCES, f"{prefix}{key}")
            if template is not None and _names(template) <= set(known):
                return template.format_map(known)
        return None

    def _text(self, category: str, key: str) -> str | None:
        for language in (self._hass.config.language, _FALLBACK_LANGUAGE):
            # Home Assistant loads a new language in the background; until then English serves.
            known = async_get_cached_translations(self._hass, language, category, DOMAIN)
            if text := known.get(key):
                return text
        return None


async def async_load(hass: HomeAssistant) -> Texts:
    """Return the sentences, loaded for the language of Home Assistant and for English."""
    for language in {hass.config.language, _FALLBACK_LANGUAGE}:
        for category in (_SENTENCES, _ENTITIES):
            await async_get_translations(hass, language, category, {DOMAIN})
    return Texts(hass)


def _episodes(labels: Sequence[JsonValue]) -> str:
    """Return the episodes as people name them; a film has none."""
    named = [str(label) for label in labels if label != MOVIE.label]
    if len(named) > _MANY_EPISODES:
        return f"{named[0]} … {named[-1]} ({len(named)})"
    return ", ".join(named)


def _moment(moment: datetime) -> str:
    """Return a moment by the clock of the house; a sentence may be read days later."""
    return f"{dt_util.as_local(moment):%Y-%m-%d, %H:%M}"


def _word(value: str | int) -> str:
    """Return a value as people say it: services by their name."""
    return KIND_NAMES.get(value, value) if isinstance(value, str) else str(value)


def _names(template: str) -> set[str]:
    """Return the names of the values that a sentence needs."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}
