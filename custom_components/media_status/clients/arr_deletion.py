"""What deletion needs of Radarr and Sonarr alike: removing by permit, and a look at the disk."""

from collections.abc import Collection, Iterable
from http import HTTPStatus

from .arr import ArrClient
from .arr_disk import (
    GONE,
    ROOT_EMPTY,
    DiskReader,
    FolderView,
    PathState,
    folder_view,
    parts_of,
    separator,
)
from .base import Query
from .errors import Refused, RootFolderTrouble, UnsafeId
from .guard import Permit, Removal, Target, TargetKind
from .readers import JsonObject, JsonValue, as_str
from .safety import safe_number

_API = "api/v3"
# The service first tells everybody who listens, one after another.
_REMOVAL_TIMEOUT = 110.0


class DeletingArrClient(ArrClient):
    """Radarr or Sonarr, with what removes things and what shows that they are gone."""

    async def recycle_bin(self) -> str | None:
        """Return the folder into which files go instead of being deleted, None without one."""
        raw = await self._get_object(f"{_API}/config/mediamanagement")
        return as_str(raw.get("recycleBin"))

    async def folder(self, path: str) -> FolderView:
        """Return what the service sees in a folder; a missing one looks like an empty one."""
        if not path.strip():
            raise UnsafeId("no path was named")
        mark = separator(path)
        query = {
            "path": path if path.endswith(mark) else path + mark,
            "includeFiles": "true",
            "allowFoldersWithoutTrailingSlashes": "false",
        }
        return folder_view(await self._get_object(f"{_API}/filesystem", query))

    async def media_files_below(self, folder: str) -> list[str]:
        """Return the paths of all media files that the service sees in a folder and below it."""
        if not parts_of(folder):
            raise UnsafeId("no folder was named")
        rows = await self._get_objects(f"{_API}/filesystem/mediafiles", {"path": folder})
        return [path for row in rows if (path := as_str(row.get("path")))]

    async def path_states(
        self, paths: Iterable[str], root: str, *, was_alone: bool = False
    ) -> dict[str, PathState]:
        """Return what the service's own view of the disk proves about paths below a root folder.

        `was_alone`: nothing else lay in the root folder before (`lies_alone`), so that an empty one
        is what a deletion leaves; then the service's word that the folder is there is enough.
        """
        reader = DiskReader(root, self.folder)
        states = {path: await reader.state(path) for path in dict.fromkeys(paths)}
        emptied = [path for path, state in states.items() if state.reason == ROOT_EMPTY]
        if emptied and was_alone and await self._is_accessible(root):
            states |= dict.fromkeys(emptied, GONE)
        return states

    async def lies_alone(self, paths: Collection[str], root: str) -> bool:
        """Return whether nothing but what holds these paths lies in their root folder."""
        above = parts_of(root)
        if not above:
            return False
        names: set[str] = set()
        for path in paths:
            own = parts_of(path)
            if own and own[: len(above)] == above and own != above:
                names.add(own[len(above)])
        view = await self.folder(root)
        return not view.is_empty and view.folders | view.files.keys() <= names

    async def _is_accessible(self, root: str) -> bool:
        """Return whether the service itself finds a root folder."""
        wanted = parts_of(root)
        return any(
            folder.accessible and parts_of(folder.path) == wanted
            for folder in await self.root_folders()
        )

    async def _remove(
        self,
        permit: Permit,
        kind: TargetKind,
        path: str,
        number: int,
        *,
        files: bool = False,
        query: Query | None = None,
    ) -> None:
        """Delete one thing below a path by a permit; NotFound when it is gone already."""
        name = safe_number(number)
        removes = Removal(permit=permit, targets=(Target(kind=kind, id=name),), files=files)
        try:
            await self._request(
                "DELETE",
                f"{_API}/{path}/{name}",
                query=query,
                removes=removes,
                timeout=_REMOVAL_TIMEOUT,
            )
        except Refused as err:
            if err.status != HTTPStatus.CONFLICT:
                raise
            raise RootFolderTrouble(err.status, err.message) from None

    async def _unmonitor(
        self, permit: Permit, method: str, path: str, body: JsonObject, targets: Iterable[Target]
    ) -> None:
        """Have things not looked for any more; as part of a deletion it goes by permit too."""
        removes = Removal(permit=permit, targets=tuple(targets))
        json: JsonValue = body
        await self._request(method, f"{_API}/{path}", json=json, mutating=True, removes=removes)
