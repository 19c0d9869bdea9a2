"""Test planning and carrying out deletions."""
