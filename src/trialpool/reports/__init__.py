"""Results to documents: HTML, JSON, tables, methods text."""
