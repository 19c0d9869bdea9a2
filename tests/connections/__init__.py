"""Test what each service's words become."""
