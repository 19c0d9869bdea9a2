"""Test what Shoko's words become."""
