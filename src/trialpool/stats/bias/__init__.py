"""Small-study effects."""
