"""Bytes to review and back."""
