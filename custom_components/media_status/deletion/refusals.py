"""Put into words why nothing is deleted."""

from typing import Final

from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN
from .brakes import GIGABYTE, DeletionRefused

_SIZES: Final = frozenset({"too_much_data", "too_much_data_today"})


def refusal(err: DeletionRefused) -> ServiceValidationError:
    """Return the error that tells people why nothing is deleted."""
    values = {
        name: str(value // GIGABYTE if err.code in _SIZES and isinstance(value, int) else value)
        for name, value in err.values.items()
    }
    key = err.code if err.code.startswith("deletion_") else f"deletion_{err.code}"
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=values
    )
