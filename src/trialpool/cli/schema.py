"""`trialpool schema`: the JSON Schema of review.toml, or of another TOML file of a review."""

from __future__ import annotations

import json

import typer
from pydantic import BaseModel

from trialpool.errors import BadArgument
from trialpool.review.certainty import Certainty
from trialpool.review.plan import Plan

SCHEMAS: dict[str, type[BaseModel]] = {"review": Plan, "certainty": Certainty}


def print_schema(of: str) -> None:
    """Print the schema of a key of SCHEMAS, of JSON Schema's draft 2020-12."""
    if of not in SCHEMAS:
        raise BadArgument(f"There is no schema of {of!r}. Choose one of {', '.join(SCHEMAS)}.")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | SCHEMAS[of].model_json_schema()
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=2))
