"""Make .torrent files of local data: BEP 3 bencoding and SHA-1 pieces."""

from dataclasses import dataclass
import hashlib
from pathlib import Path

PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Torrent:
    """A torrent file and the hash that names it."""

    name: str
    hash: str
    body: bytes


def bencode(value: object) -> bytes:
    """Encode numbers, bytes, texts, lists and dictionaries (keys in order)."""
    match value:
        case int():
            return b"i%de" % value
        case bytes():
            return b"%d:%s" % (len(value), value)
        case str():
            return bencode(value.encode())
        case list():
            return b"l" + b"".join(map(bencode, value)) + b"e"
        case dict():
            pairs = sorted((str(key).encode(), entry) for key, entry in value.items())
            return b"d" + b"".join(bencode(key) + bencode(entry) for key, entry in pairs) + b"e"
        case _:
            raise TypeError(f"{type(value).__name__} cannot be bencoded")


def make_torrent(file: Path) -> Torrent:
    """Return the torrent of one file; it names no tracker."""
    data = file.read_bytes()
    pieces = b"".join(
        hashlib.sha1(data[start : start + PIECE], usedforsecurity=False).digest()
        for start in range(0, len(data), PIECE)
    )
    info = {"length": len(data), "name": file.name, "piece length": PIECE, "pieces": pieces}
    digest = hashlib.sha1(bencode(info), usedforsecurity=False).hexdigest()
    return Torrent(name=file.name, hash=digest, body=bencode({"info": info}))
