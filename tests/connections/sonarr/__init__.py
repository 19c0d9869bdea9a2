"""Test what Sonarr says."""
