"""Name what goes wrong in services, in one vocabulary over all of them and their versions."""

from dataclasses import dataclass
from enum import StrEnum


class Hindrance(StrEnum):
    """Say what in Shokofin's settings keeps a matched file out of Jellyfin."""

    SIGNALR_OFF = "signalr_off"  # it does not listen to Shoko: only a library scan finds files
    UNMAPPED = "unmapped"  # a library's folder belongs to no folder of Shoko
    FILTERED = "filtered"  # a library of films leaves out what is not a film for Shoko


class Hitch(StrEnum):
    """Say what a download client lacks to go on."""

    DISK_FULL = "disk_full"
    OFFLINE = "offline"  # no connection to anybody who shares


class Block(StrEnum):
    """Say why a finished download is not sorted in, where the manager's words tell."""

    NO_SPACE = "no_space"
    PATH_UNSEEN = "path_unseen"  # the client's folder does not exist for the manager
    NO_FILES = "no_files"  # nothing there to sort in, or nothing that the manager can see


class Ailment(StrEnum):
    """Say what a manager complains about that can keep a title waiting."""

    PROFILE_MISSING = "profile_missing"  # the title's quality profile does not exist any more
    FOLDER_MISSING = "folder_missing"  # the title's root folder is not there
    NO_CLIENT = "no_client"  # no download client is set up
    CLIENTS_DOWN = "clients_down"  # none of them answers the manager
    NO_INDEXER = "no_indexer"  # nothing is set up to search with
    INDEXERS_DOWN = "indexers_down"  # none of them answers the manager
    PATH_UNSEEN = "path_unseen"  # the manager cannot see where a client puts its files


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One ailment, with what it is about: a folder, or the manager's own words."""

    ailment: Ailment
    detail: str | None = None
