"""`trialpool extract` on a registry's file: what was posted, listed; or proposed as rows of results/*.csv."""

from __future__ import annotations

from pathlib import Path

import typer

from trialpool.cli.terminal_table import print_table
from trialpool.formats.clinical_trials_gov import read_registration
from trialpool.formats.proposals import Proposals
from trialpool.formats.registry_arms import listed
from trialpool.formats.registry_proposals import Wanted, effects_shown, propose_from_registry
from trialpool.review.registration import Registration


def is_registry_file(path: Path) -> bool:
    """Whether a file is a registry's: by its suffix, or by its beginning, whatever it is called."""
    from trialpool.formats.clinical_trials_gov import looks_like_registration

    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".json" or looks_like_registration(file.read(4096))
    except OSError:
        return False


def proposed(path: Path, wanted: Wanted) -> Proposals:
    """What a registry's file has under the names given."""
    return propose_from_registry(read_registration(path), wanted)


def list_results(path: Path) -> None:
    """Print what a trial has posted, and how to have it proposed."""
    entry = read_registration(path)
    typer.echo(f"{entry.nct}  {entry.title or entry.official_title}")
    about = "; ".join(filter(None, (", ".join(entry.phases), entry.status, _enrolled(entry), _arms(entry))))
    typer.echo(f"{about}\n" if about else "")
    if not entry.outcomes and not entry.adverse.events:
        typer.echo("It has posted no results.")
        return
    if entry.outcomes:
        _outcomes(entry)
    _events(entry)
    typer.echo("Name what you want: --outcome 1 or --outcome PFS=progression, --events diarrhoea, --events serious;")
    typer.echo("and the arms, by a part of their names or their ids: --treatment ... --control ...")


def _enrolled(entry: Registration) -> str:
    return f"{entry.enrolment} participants" if entry.enrolment is not None else ""


def _arms(entry: Registration) -> str:
    return "arms: " + ", ".join(f"{arm.label} ({arm.kind.lower()})" for arm in entry.arms) if entry.arms else ""


def _outcomes(entry: Registration) -> None:
    columns = {
        "#": [str(i) for i, _ in enumerate(entry.outcomes, start=1)],
        "kind": [o.kind.lower() for o in entry.outcomes],
        "outcome": [o.title for o in entry.outcomes],
        "groups": [listed(o.groups) for o in entry.outcomes],
        "analyses": ["; ".join(effects_shown(o)) for o in entry.outcomes],
    }
    print_table(columns, numbers=("#",))
    typer.echo()


def _events(entry: Registration) -> None:
    for kind, name in (("serious", "serious adverse events"), ("other", "other adverse events")):
        terms = [e.term for e in entry.adverse.events if e.kind == kind and e.term != "Total"]
        if terms:
            typer.echo(f"{len(terms)} {name}: {', '.join(terms)}\n")
    if entry.adverse.groups:
        typer.echo(f"Groups of adverse events: {listed(entry.adverse.groups)}\n")
