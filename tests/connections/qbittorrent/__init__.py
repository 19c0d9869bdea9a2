"""Test what qBittorrent's words become."""
