"""Tests of the pure part: facts in, stage out."""
