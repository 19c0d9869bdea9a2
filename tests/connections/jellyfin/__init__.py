"""Test what Jellyfin's words become."""
