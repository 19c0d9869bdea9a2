"""Measure what the design promises about speed: `python -m benchmarks webhooks|survey|startup|convergence`."""
