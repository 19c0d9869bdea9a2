"""Test what Seerr says."""
