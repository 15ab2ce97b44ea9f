"""`trialpool schema`: the JSON Schema of review.toml."""

from __future__ import annotations

import json

import typer

from trialpool.review.plan import Plan


def print_schema() -> None:
    """Print the schema, of JSON Schema's draft 2020-12."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Plan.model_json_schema()
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=2))
