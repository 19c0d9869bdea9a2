"""Listen where a service can push over a socket: Jellyfin's says when a library scan is through."""

from .clients.jellyfin_socket import (
    JellyfinSocket,
    LibraryChanged,
    LibraryScanFinished,
    Reconnected,
)
from .connections.jellyfin import JellyfinConnection
from .coordinator import ConnectionCoordinator


def start_listener(coordinator: ConnectionCoordinator) -> None:
    """Start the connection's listener, if its kind has one; it ends with the entry."""
    connection = coordinator.connection
    if not isinstance(connection, JellyfinConnection):
        return

    def on_event(event: LibraryScanFinished | LibraryChanged | Reconnected) -> None:
        coordinator.ring()

    socket = JellyfinSocket(connection.client)
    coordinator.config_entry.async_create_background_task(
        coordinator.hass, socket.run(on_event), f"socket of {coordinator.name}"
    )
