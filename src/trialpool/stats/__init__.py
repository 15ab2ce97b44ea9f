"""Numbers in, numbers out: NumPy and SciPy only; no file, clock, network, print or global state."""
