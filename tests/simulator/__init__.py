"""Tests of the simulated household."""
