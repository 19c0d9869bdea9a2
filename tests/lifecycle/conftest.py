"""Run the tests of the lifecycle without Home Assistant, which it knows nothing of."""

from hypothesis import HealthCheck, Phase, settings
import pytest

# For scripts/mutate, which runs them thousands of times: the same few examples, none shrunk.
settings.register_profile(
    "mutation",
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant, as every other test does."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put cases before properties: they fail sooner, and say more."""
    items.sort(key=lambda item: getattr(getattr(item, "obj", None), "is_hypothesis_test", False))
