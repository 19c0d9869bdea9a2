"""Shokofin as the list of plugins and its configuration page show it, with its member names."""

from typing import TYPE_CHECKING

from .model import JsonObject

if TYPE_CHECKING:
    from .jellyfin import Jellyfin
    from .shokofin import Settings, Shokofin

GUID = "5216ccbfd24a4eb38a7e7da4230b7052"
_MEMBERS = {
    "signalr": "SignalR_AutoConnectEnabled",
    "file_events": "SignalR_FileEvents",
    "filter_movies": "FilterMovieLibraries",
    "separate_movies": "SeparateMovies",
    "add_anidb": "AddAniDBId",
    "add_tmdb": "AddTMDBId",
    "add_tvdb": "AddTvDBId",
    "add_missing": "AddMissingMetadata",
}


def plugin_row(plugin: Shokofin) -> JsonObject:
    """Return the plugin's row in `GET /Plugins`."""
    return {
        "Name": "Shoko",
        "Version": plugin.version,
        "ConfigurationFileName": "Shokofin.xml",
        "Description": "",
        "Id": GUID,
        "CanUninstall": True,
        "HasImage": False,
        "Status": plugin.status,
    }


def settings_json(plugin: Shokofin, server: Jellyfin) -> JsonObject:
    """Return the configuration; like the real one it holds the key of Shoko in clear text."""
    settings, shoko = plugin.settings, plugin.shoko
    body: JsonObject = {
        "Url": shoko.url if shoko else "http://127.0.0.1:8111",
        "PublicUrl": "",
        "Username": "Default",
        "ApiKey": shoko.auth.add_key("Shoko Jellyfin Plugin (Shokofin)") if shoko else "",
        "ServerVersion": None,
    }
    body |= {member: getattr(settings, name) for name, member in _MEMBERS.items()}
    return body | {
        "DefaultLibraryStructure": "Shoko_Groups" if settings.group_shows else "AniDB_Anime",
        "MovieSpecialsAsExtraFeaturettes": False,
        "CollectionGrouping": "None",
        "IgnoredFolders": [".streams", "@recently-snapshot"],
        "VFS_Location": "Default",
        "VFS_AttachRoot": False,
        "MediaFolders": media_folders(plugin, server),
        "SignalR_AutoReconnectInSeconds": [0, 2, 10, 30, 60, 120, 300],
        "SignalR_RefreshEnabled": False,
        "SignalR_EventSources": ["Shoko", "AniDB", "TMDB"],
        "UserList": [],
    }


def media_folders(plugin: Shokofin, server: Jellyfin) -> list[JsonObject]:
    """Return how the folders of the libraries are mapped to Shoko's; before 5 in older words."""
    word = "Import" if int(plugin.version.split(".")[0]) < 5 else "Managed"
    rows: list[JsonObject] = []
    for name, _, places in plugin.libraries():
        library = server.library_id(name)
        for place in places:
            folder = plugin.shoko.shelf.folder_of(f"{place}/x") if plugin.shoko else None
            folder = None if place in plugin.unmapped else folder
            rows.append(
                {
                    "LibraryId": library,
                    "LibraryName": name,
                    "MediaFolderId": server.world.hex(f"media folder:{library}:{place}", 32),
                    "MediaFolderPath": server.library.where(place),
                    f"{word}FolderId": folder.id if folder else 0,
                    f"{word}FolderName": folder.name if folder else None,
                    f"{word}FolderRelativePath": "",
                    "IsVirtualRoot": False,
                    "IsMapped": folder is not None,
                    "IsFileEventsEnabled": plugin.settings.file_events,
                    "IsRefreshEventsEnabled": True,
                    "LibraryOperationMode": "VFS",
                }
            )
    return rows


def apply_settings(settings: Settings, body: JsonObject) -> None:
    """Take over the members that we know."""
    for name, member in _MEMBERS.items():
        if isinstance(value := body.get(member), bool):
            setattr(settings, name, value)
