"""Make the custom integration loadable in every test."""

import pytest

# Imported before the plugin's `hass` fixture exists: otherwise the plugin's own package of the
# name custom_components wins and Home Assistant does not find the integration.
import custom_components.media_status  # noqa: F401 - imported for the effect above


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load custom integrations."""
