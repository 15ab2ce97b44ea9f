"""Exports of bibliographic databases and reference managers, one format a file."""
