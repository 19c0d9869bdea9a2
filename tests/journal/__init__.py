"""Test what the journal remembers, and what it survives."""
