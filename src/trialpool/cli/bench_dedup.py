"""`trialpool bench dedup`: labelled sets of duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from trialpool.errors import BadInput, Problem
from trialpool.formats.labelled_duplicates import LabelledDuplicates, read_labelled_duplicates
from trialpool.screening.deduplication.deduplicate import deduplicate
from trialpool.screening.deduplication.scoring import score

BIBDEDUPE = {"cytology_screening": 99.22, "respiratory": 93.58, "digital_work": 99.73, "diabetes": 100.0}  # 0.11.0, no false merge


def bench_dedup(data: Path) -> None:
    """Print the table; sensitivity is in percent of the removable records, a false merge is a publication lost."""
    table = Table(
        "Set", "Records", "Duplicates", "Found, %", "False merges", "To decide", "of them same", "Seconds", "BibDedupe, %"
    )
    for labelled in _sets(data):
        table.add_row(labelled.name, *_measured(labelled), f"{BIBDEDUPE[labelled.name]:.2f}" if labelled.name in BIBDEDUPE else "")
    Console(width=132).print(table)


def _measured(labelled: LabelledDuplicates) -> Iterator[str]:
    start = perf_counter()
    found = deduplicate(labelled.records)
    seconds = perf_counter() - start
    result = score([record.id for record in labelled.records], found.groups, labelled.clusters)
    cluster = {record: n for n, members in enumerate(labelled.clusters) for record in members}
    true = sum(match.record in cluster and cluster[match.record] == cluster.get(match.other) for match in found.unsure)
    yield f"{len(labelled.records)}"
    yield f"{result.true_positives + result.false_negatives}"
    yield f"{100 * result.sensitivity:.2f}"
    yield f"{result.false_positives}"
    yield f"{len(found.unsure)}"
    yield f"{true}"
    yield f"{seconds:.1f}"


def _sets(data: Path) -> Iterator[LabelledDuplicates]:
    folders = sorted(path for path in data.iterdir() if path.is_dir()) if data.is_dir() else []
    labelled = [folder for folder in folders if (folder / "merged_record_ids.csv").is_file()]
    if not labelled:
        raise BadInput(
            [Problem(str(data), 0, "", "no folder in it has a merged_record_ids.csv", "Give the folder that holds the sets")]
        )
    yield from map(read_labelled_duplicates, labelled)
