"""Tests of Media Status, laid out as the package is."""
