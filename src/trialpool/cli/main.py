"""`trialpool`: its commands, and the promise that bad input ends in a sentence and not in a traceback."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from trialpool import __version__
from trialpool.cli import bench
from trialpool.errors import BadInput, TrialpoolError

app = typer.Typer(
    name="trialpool",
    help="From the published results of clinical trials to a pooled answer that anyone can trace, check and rebuild.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Folder = Annotated[Path, typer.Argument(help="A review folder", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"trialpool {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")] = False,
) -> None:
    pass


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Where to make it; it must not exist yet", show_default=False)],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A review out of RevMan to make it from (.rm5, CSV or data package)", show_default=False),
    ] = None,
) -> None:
    """Make a commented review folder that builds at once; with --from, out of a RevMan file."""
    from trialpool.cli.new import new_review, review_from_revman

    if source is None:
        new_review(folder)
    else:
        review_from_revman(folder, source)


@app.command()
def check(folder: Folder, json: Json = False) -> None:
    """List every cell that cannot be used and every number that disagrees with others, with the mend."""
    from trialpool.cli.check import check_review

    raise typer.Exit(check_review(folder, as_json=json))


@app.command()
def build(folder: Folder, json: Json = False) -> None:
    """Run the plan of a review and write its report: index.html, findings.json, figures, tables."""
    from trialpool.cli.build import build_review

    raise typer.Exit(build_review(folder, as_json=json))


@app.command()
def extract(
    text: Annotated[
        Path, typer.Argument(help="A text, HTML page, PDF or PubMed XML file, or a study of ClinicalTrials.gov", show_default=False)
    ],
    study: Annotated[str, typer.Option(help="Identifier of the study that it reports")] = "",
    source: Annotated[str, typer.Option(help="Where the text is to be had: an address or a DOI")] = "",
    orientation: Annotated[str, typer.Option(help="treatment_vs_control or control_vs_treatment, for all of its ratios")] = "",
    out: Annotated[
        Path | None, typer.Option(help="File for the proposed rows [default: NAME-proposals.csv here]", show_default=False)
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="A review whose results/ gets the rows as a new file", show_default=False)
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="Of a registry: an outcome, by number or part of its title; NAME=PART names it"),
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option(help="Of a registry: an adverse event, by part of its term; or serious, other, deaths")
    ] = None,
    treatment: Annotated[str, typer.Option(help="Of a registry: the group that is treatment, by part of its name or its id")] = "",
    control: Annotated[str, typer.Option(help="Of a registry: the group that is control")] = "",
) -> None:
    """Propose rows for results/*.csv from what a text or a registry states; a person accepts, changes or drops them."""
    from trialpool.cli.extract import extract_registry, extract_text, said
    from trialpool.cli.extract_registry import is_registry_file
    from trialpool.formats.registry_proposals import Wanted

    if is_registry_file(text):
        named = Wanted(
            outcomes=outcome or (),
            events=events or (),
            treatment=treatment,
            control=control,
            orientation=said(orientation),
            study=study,
            sound=into is not None,
        )
        extract_registry(text, named, out=out, into=into, source=source)
        return
    extract_text(text, out=out, into=into, study=study, source=source, orientation=orientation)


@app.command()
def verify(
    folder: Folder,
    text: Annotated[Path, typer.Argument(help="A text, HTML page or PDF", show_default=False)],
    about: Annotated[str, typer.Option(help="The publication in published.csv that it is about")] = "",
    html: Annotated[Path | None, typer.Option(help="Also write a page with the text marked", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Hold what a text says against itself, the review's findings and what was published; 1 where something is contradicted."""
    from trialpool.cli.verify import verify_text

    raise typer.Exit(verify_text(folder, text, about=about, html=html, as_json=json))


@app.command()
def search(
    folder: Folder,
    database: Annotated[str, typer.Option(help="pubmed, europepmc or clinicaltrials", show_default=False)],
    query: Annotated[str, typer.Option(help="The search, as you would type it on the page of the database", show_default=False)],
    email: Annotated[str, typer.Option(help="Who asks; PubMed and Europe PMC want to know")] = "",
    api_key: Annotated[
        str, typer.Option(help="Key of PubMed; NCBI_API_KEY where left out", envvar="NCBI_API_KEY", show_envvar=False)
    ] = "",
    limit: Annotated[int, typer.Option(help="Refuse a search with more hits")] = 20_000,
    base_url: Annotated[str, typer.Option(help="Another address of the service")] = "",
) -> None:
    """Search PubMed, Europe PMC or ClinicalTrials.gov over the network; save and list what was found."""
    from datetime import UTC, datetime

    from trialpool.cli.search import search_service
    from trialpool.searching.search import Request

    request = Request(database=database, query=query, email=email, key=api_key, limit=limit, address=base_url)
    search_service(folder, request, today=datetime.now(UTC).date())


@app.command(name="import")
def import_(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(help="Exports of searches, as they were downloaded", show_default=False)],
    database: Annotated[str, typer.Option(help="What was searched; told from each file where left out")] = "",
    platform: Annotated[str, typer.Option(help="By which door: Ovid, Embase.com")] = "",
    date: Annotated[str, typer.Option(help="Day of the search, 2026-03-01; today where left out")] = "",
    query: Annotated[str, typer.Option(help="The whole search, as it was sent")] = "",
    hits: Annotated[int | None, typer.Option(help="Number of hits that the database named", show_default=False)] = None,
    source: Annotated[str, typer.Option(help="Sort of source, where it is no database: register, website, ...")] = "",
    note: Annotated[str, typer.Option(help="Anything else: limits, filters")] = "",
) -> None:
    """Take exports of searches into a review: copied to search/, listed in search/searches.csv."""
    from datetime import UTC, datetime

    from trialpool.cli.import_search import import_searches, sort_named
    from trialpool.review.search import DatabaseSearch

    day = date or datetime.now(UTC).date().isoformat()
    sort = sort_named(source)
    about = DatabaseSearch(database=database, platform=platform, date=day, query=query, hits=hits, source=sort, note=note)
    import_searches(folder, files, about, dated=bool(date))


@app.command(name="import-decisions")
def import_decisions_(
    folder: Folder,
    files: Annotated[
        list[Path], typer.Argument(help="Exports of Rayyan, Covidence or ASReview with the decisions in them", show_default=False)
    ],
    stage: Annotated[str, typer.Option(help="title-abstract or full-text, where the export does not say it")] = "",
    reviewer: Annotated[
        list[str] | None,
        typer.Option(help="Who decided, where the export does not say it; or 'Their Name=mk', once for each", show_default=False),
    ] = None,
    reason: Annotated[
        list[str] | None, typer.Option(help="A reason there and the protocol's: 'wrong drug=other treatment'", show_default=False)
    ] = None,
    listed: Annotated[
        str,
        typer.Option("--list", help="List of Covidence: irrelevant, select, excluded, included or extract [default: by its name]"),
    ] = "",
    date: Annotated[str, typer.Option(help="Day of decisions without a time, 2026-03-01; today where left out")] = "",
    conflicts: Annotated[
        Path | None, typer.Option(help="Write the decisions that were kept apart to this CSV file", show_default=False)
    ] = None,
) -> None:
    """Take decisions out of Rayyan, Covidence or ASReview into screening/; what stands there is never changed."""
    from datetime import UTC, datetime

    from trialpool.cli.import_decisions import import_decisions

    day = date or datetime.now(UTC).date().isoformat()
    import_decisions(
        folder, files, stage=stage, reviewers=reviewer or (), reasons=reason or (), listed=listed, date=day, conflicts=conflicts
    )


@app.command()
def dedup(
    folder: Folder,
    unsure: Annotated[Path | None, typer.Option(help="Write the pairs to decide to this CSV file", show_default=False)] = None,
    decide: Annotated[Path | None, typer.Option(help="Take decisions from such a file", show_default=False)] = None,
    reviewer: Annotated[str, typer.Option(help="Who decided")] = "",
) -> None:
    """Find the records of a review that are one publication, and list the pairs that a person must decide."""
    from datetime import UTC, datetime

    from trialpool.cli.dedup import dedup_review

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    dedup_review(folder, unsure=unsure, decide=decide, reviewer=reviewer, now=now)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A review folder, or REVISION:PATH in git", show_default=False)],
    new: Annotated[str | None, typer.Argument(help="Another; left out with --rev", show_default=False)] = None,
    rev: Annotated[
        tuple[str, str] | None, typer.Option("--rev", metavar="OLD NEW", help="Two revisions of the one folder", show_default=False)
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Show what changed between two versions of a review: studies, cells, each pooled result, and which change did it."""
    from trialpool.cli.diff import diff_reviews

    diff_reviews(old, new, revisions=rev, html=html, as_json=json)


@app.command()
def screen(
    folder: Folder,
    reviewer: Annotated[str, typer.Option(help="Who decides; the file screening/decisions-NAME.csv is theirs", show_default=False)],
    stage: Annotated[str, typer.Option(help="title-abstract or full-text [default: the first with something left]")] = "",
    order: Annotated[str, typer.Option(help="ranked (likely ones first), file, or random")] = "ranked",
    seed: Annotated[int | None, typer.Option(help="Seed of the order [default: that of review.toml]", show_default=False)] = None,
    adjudicate: Annotated[bool, typer.Option("--adjudicate", help="Settle conflicts between reviewers")] = False,
) -> None:
    """Decide records in the terminal, by title and abstract or by full text; every decision is kept at once."""
    from trialpool.cli.screen import screen_review

    screen_review(folder, reviewer, stage=stage, order=order, seed=seed, adjudicate=adjudicate)


@app.command()
def progress(folder: Folder, json: Json = False) -> None:
    """Say where screening stands: counts, conflicts, agreement of the reviewers, and whether it may stop."""
    from trialpool.cli.progress import print_progress

    print_progress(folder, as_json=json)


@app.command()
def schema(of: Annotated[str, typer.Option(help="review or certainty, for review.toml or certainty.toml")] = "review") -> None:
    """Print the JSON Schema of review.toml or certainty.toml, by which editors complete and check it."""
    from trialpool.cli.schema import print_schema

    print_schema(of)


@app.command()
def compare(
    folder: Folder,
    extractors: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Folders in extraction/, where there are more than two", show_default=False),
    ] = None,
    prepare: Annotated[bool, typer.Option("--prepare", help="Put what is to be decided into extraction/adjudication.csv")] = False,
    settle: Annotated[bool, typer.Option("--settle", help="Write the agreed rows into results/extraction.csv")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="With --settle: also where the file says something else")] = False,
    json: Json = False,
) -> None:
    """List every cell in which two extractors differ; 1 where a person must still decide."""
    from trialpool.cli.compare import compare_review

    raise typer.Exit(compare_review(folder, extractors=extractors, prepare=prepare, settle=settle, replace=replace, as_json=json))


@app.command()
def prepare(
    folder: Folder,
    what: Annotated[
        Literal["included", "risk-of-bias"],
        typer.Argument(help="Rows of screening/included.csv, or of risk_of_bias.csv", show_default=False),
    ],
    tool: Annotated[
        str,
        typer.Option(
            help="The tool that judges the risk of bias; else that of rows that are there, else RoB 2", show_default=False
        ),
    ] = "",
    reviewer: Annotated[str, typer.Option(help="Who judges, where several do it apart from each other", show_default=False)] = "",
) -> None:
    """Add a row for everything that is still open, for you to fill; rows that are there stay as they are."""
    from trialpool.cli.prepare import prepare_included, prepare_risk_of_bias

    if what == "included":
        prepare_included(folder)
    else:
        prepare_risk_of_bias(folder, tool=tool, reviewer=reviewer)


@app.command()
def template(
    folder: Folder,
    file: Annotated[Path | None, typer.Argument(help="The spreadsheet to make (.xlsx)", show_default=False)] = None,
    read: Annotated[Path | None, typer.Option(help="A filled spreadsheet to bring back", show_default=False)] = None,
    extractor: Annotated[
        str, typer.Option(help="Who extracts: rows go to extraction/NAME/, else to results/", show_default=False)
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite what is there")] = False,
) -> None:
    """Make a spreadsheet for extraction with lists and help from the review, or bring a filled one back."""
    from trialpool.cli.template import read_template, write_template
    from trialpool.errors import TrialpoolError

    if (file is None) == (read is None):
        raise TrialpoolError("Give the spreadsheet to make, or the one to bring back with --read.")
    if read is not None:
        read_template(folder, read, extractor=extractor, replace=replace)
    elif file is not None:
        write_template(folder, file, extractor=extractor, replace=replace)


app.add_typer(bench.app, name="bench")


@app.command()
def digitise(
    figure: Annotated[Path, typer.Argument(help="A figure: SVG, PDF, PNG, JPEG or TIFF", show_default=False)],
    x: Annotated[str | None, typer.Option(help="Times of the first and last tick, as 0,60, or 0@105,60@822 with pixels")] = None,
    y: Annotated[str | None, typer.Option(help="Survival of the lowest and highest tick, as 0,1, 0,100, or with pixels")] = None,
    curve: Annotated[list[str] | None, typer.Option(help="An arm and its look: 'Placebo=#1f77b4', 'Placebo=black dashed'")] = None,
    within: Annotated[str | None, typer.Option(help="The part to read: left,top,right,bottom")] = None,
    page: Annotated[int, typer.Option(help="Page of a PDF")] = 1,
    out: Annotated[Path | None, typer.Option(help="Where to write the coordinates; beside the figure where left out")] = None,
    json: Json = False,
) -> None:
    """Read survival curves out of a figure: coordinates, their calibration, and a picture of both to look at."""
    from trialpool.cli.digitise import digitise_figure

    digitise_figure(figure, x=x, y=y, curves=curve or [], within=within, page=page, out=out, as_json=json)


@app.command()
def simulate(
    records: Annotated[
        Path, typer.Argument(help="A finished screening: a CSV file with a label, or a review folder", show_default=False)
    ],
    label: Annotated[str, typer.Option(help="Column that says what was included [default: label_included, included, ...]")] = "",
    seeds: Annotated[
        int, typer.Option(help="How many simulations, each from another pair of records known at the start", min=1)
    ] = 3,
    model: Annotated[str, typer.Option(help="The model to rank by [default: the one that is used in screening]")] = "",
    retrain: Annotated[
        float, typer.Option(help="0 learns after every decision; 0.05 when there are 5% more, which is faster", min=0, max=1)
    ] = 0.0,
    out: Annotated[
        Path | None, typer.Option(help="File of the recall curve [default: NAME-recall.svg here]", show_default=False)
    ] = None,
) -> None:
    """Screen again what was screened, in the order of the ranking: how soon is what was included found, and when to stop?"""
    from trialpool.cli.simulate import simulate as simulated

    simulated(records, label=label, seeds=seeds, model=model, retrain=retrain, out=out)


@app.command()
def flow(
    folder: Annotated[Path | None, typer.Argument(help="A review folder", show_default=False)] = None,
    counts: Annotated[
        Path | None, typer.Option(help="Counts instead: a CSV of the R package PRISMA2020, or a TOML file with the keys of [flow]")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write the diagram: .svg, .pdf or .png")] = Path("flow.svg"),
    title: Annotated[str, typer.Option(help="A title above it")] = "",
    width: Annotated[float | None, typer.Option(help="Width in points; 241 is a column of a journal")] = None,
    letters: Annotated[bool, typer.Option("--letters", help="In .svg write letters that a drawing program can edit")] = False,
) -> None:
    """Draw the PRISMA 2020 flow diagram of a review, or of counts, and check that they add up."""
    from trialpool.cli.flow import draw_flow

    raise typer.Exit(draw_flow(folder, counts=counts, out=out, title=title, width=width, letters=letters))


@app.command()
def export(
    folder: Folder,
    to: Annotated[Path, typer.Option(help="Folder to write into; files of the same names are replaced", show_default=False)],
    what: Annotated[str, typer.Option(help="revman, r, ris, bibtex, zip or all")] = "all",
) -> None:
    """Write a review for other programs: RevMan Web, an R script, RIS, BibTeX, a zip for a journal's supplement."""
    from trialpool.cli.export import export_review

    export_review(folder, to=to, what=what)


def run() -> None:
    """The entry point: 0 when fine, 1 for problems in the input, 2 for misuse of the command."""
    for stream in (sys.stdout, sys.stderr):  # what a terminal has no letter for is shown as ?
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except BadInput as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        sys.exit(1)
    except TrialpoolError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"{place}{error.strerror or error}.", err=True)
        sys.exit(1)
