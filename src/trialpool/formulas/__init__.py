"""Moderators named in a formula, from a data frame of any kind, to the matrix that a meta-regression is computed from."""
