"""Define the constants of the integration."""

from typing import Final

DOMAIN: Final = "media_status"
