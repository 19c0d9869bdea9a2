"""Sum up what the indexers have for a title, and why nothing of it is taken."""

from collections import Counter
from collections.abc import Sequence
import re

from ..clients.arr import Candidate
from ..lifecycle.facts import Search
from .text import message_text

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def summed_up(releases: Sequence[Candidate]) -> Search:
    """Return how many releases there are, how many are not wanted, and mostly why.

    Reasons that differ by numbers only ("1.2 GB is larger than ...") are one.
    """
    rejected = [release for release in releases if release.is_rejected]
    texts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for release in rejected:
        reasons = {text for said in release.rejections if (text := message_text(said))}
        texts.update(reasons)
        kinds.update({_kind(text) for text in reasons})
    kind = min(kinds, key=lambda found: (-kinds[found], found), default=None)
    mostly = [text for text in texts if _kind(text) == kind]
    return Search(
        found=len(releases),
        rejected=len(rejected),
        reason=min(mostly, key=lambda text: (-texts[text], text), default=None),
        count=kinds[kind] if kind is not None else 0,
    )


def _kind(text: str) -> str:
    return _NUMBER.sub("#", text)
