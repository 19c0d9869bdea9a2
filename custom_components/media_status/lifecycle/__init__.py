"""Think: facts in, stage out. Pure Python without Home Assistant, I/O, clock or logging."""
