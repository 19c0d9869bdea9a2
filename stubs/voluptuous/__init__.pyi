# Home Assistant serves probatio under this name since 2026.9; types must follow.
from probatio import *  # noqa: F403 - all of it is served
