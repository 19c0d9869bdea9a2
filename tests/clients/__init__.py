"""Tests of the service clients against real sockets."""
