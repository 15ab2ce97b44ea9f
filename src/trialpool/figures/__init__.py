"""Results to figures: one drawing serves SVG, PDF and PNG."""
