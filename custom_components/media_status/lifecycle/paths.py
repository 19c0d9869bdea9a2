"""Compare paths that two programs see through different mounts."""

from functools import lru_cache

# Longer than any file system allows: such a text is not a path.
_MAX_TEXT = 8192


@lru_cache(maxsize=8192)
def tail(path: str) -> tuple[str, ...]:
    """Return folder and file name without case: what programs with different mounts agree on."""
    parts = [part for part in path[-_MAX_TEXT:].replace("\\", "/").split("/") if part]
    return tuple([part.casefold() for part in parts[-2:]])


def is_same_file(one: str | None, other: str | None) -> bool:
    """Return whether two paths lead to the same file, mounted elsewhere or not."""
    if not one or not other:
        return False
    return len(tail(one)) == 2 and tail(one) == tail(other)
