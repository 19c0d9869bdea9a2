"""Delete what was asked for: plan, brakes, permits, and the runner that carries plans out."""
