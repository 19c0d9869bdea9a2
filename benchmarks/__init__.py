"""Measure what the design promises: `python -m benchmarks webhooks|survey|startup|convergence`."""
