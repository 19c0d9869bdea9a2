"""Tests of the library: what all services have, joined up."""
