"""Typed clients for the services: they know URLs, signing in, paging and errors, nothing else."""
