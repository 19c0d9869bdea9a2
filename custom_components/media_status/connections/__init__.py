"""Understand: turn each service's words into ours. One module per kind of connection."""
