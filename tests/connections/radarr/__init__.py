"""Test what Radarr says."""
