"""Put explanations into words, in the language of Home Assistant.

The sentences are in the `common` section of the translations, where cards find them too. A
sentence whose key ends in `_unknown` is used when a value of the other is not known.
"""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations, async_get_translations

from .const import DOMAIN, KIND_NAMES

_CATEGORY: Final = "common"
_PREFIX: Final = f"component.{DOMAIN}.{_CATEGORY}.explanation_"
_FALLBACK_LANGUAGE: Final = "en"


class Texts:
    """Know the sentences; follow changes of the language without being told."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize; the translations must have been loaded (`async_load`)."""
        self._hass = hass

    def sentence(self, code: str, values: Mapping[str, str | int]) -> str | None:
        """Return the sentence for a code, or None for a code without one."""
        known = {name: _word(value) for name, value in values.items() if value != ""}
        for key in (code, f"{code}_unknown"):
            template = self._template(key)
            if template is not None and _names(template) <= set(known):
                return template.format_map(known)
        return None

    def _template(self, key: str) -> str | None:
        for language in (self._hass.config.language, _FALLBACK_LANGUAGE):
            # Home Assistant loads a new language in the background; until then English serves.
            known = async_get_cached_translations(self._hass, language, _CATEGORY, DOMAIN)
            if template := known.get(f"{_PREFIX}{key}"):
                return template
        return None


async def async_load(hass: HomeAssistant) -> Texts:
    """Return the sentences, loaded for the language of Home Assistant and for English."""
    for language in {hass.config.language, _FALLBACK_LANGUAGE}:
        await async_get_translations(hass, language, _CATEGORY, {DOMAIN})
    return Texts(hass)


def _word(value: str | int) -> str:
    """Return a value as people say it: services by their name."""
    return KIND_NAMES.get(value, value) if isinstance(value, str) else str(value)


def _names(template: str) -> set[str]:
    """Return the names of the values that a sentence needs."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}
