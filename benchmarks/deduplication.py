"""Time and memory of finding duplicates among simulated records, and of the same pairs made by a table engine (Polars).

python benchmarks/deduplication.py 100000
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from time import perf_counter

import numpy as np
import polars as pl

from trialpool.review.record import Place, Record
from trialpool.screening.deduplication.blocking import candidate_pairs, key_columns
from trialpool.screening.deduplication.deduplicate import deduplicate
from trialpool.screening.deduplication.fields import Fields, fields_of

SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "xo",
    "zu",
    "tra",
    "plo",
    "ster",
    "mab",
    "one",
)


def simulated_records(n: int, *, duplicated: float = 0.25, seed: int = 1) -> list[Record]:
    """Records with titles of 8 to 16 made-up words, a share of them a second time as another database would write them."""
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(SYLLABLES, rng.integers(2, 5))) for _ in range(30_000)]
    records: list[Record] = []
    while len(records) < n:
        place, many = Place("simulated.ris", len(records) + 1), rng.integers(8, 17)
        names = [f"{words[i].title()} {'ABCDEFGHIJKLM'[i % 13]}" for i in rng.integers(0, 3000, 4)]
        first = int(rng.integers(1, 3000))
        record = Record(
            place,
            title=" ".join(words[i] for i in np.minimum(rng.zipf(1.3, many), 29_999)),
            authors=tuple(names),
            year=int(rng.integers(1980, 2026)),
            journal=f"Journal of {words[rng.integers(0, 800)].title()} Research",
            volume=str(rng.integers(1, 400)),
            pages=f"{first}-{first + 8}",
            doi=f"10.1000/{len(records)}",
            abstract=" ".join(words[i] for i in rng.integers(0, 30_000, 60)),
        )
        records.append(record)
        if rng.random() < duplicated:
            other = replace(record, place=Place("simulated.ris", len(records) + 1), title=record.title.upper(), pages=f"{first}-")
            records.append(
                replace(other, doi="" if rng.random() < 0.5 else record.doi, journal=record.journal.replace("Journal", "J"))
            )
    return records


def pairs_by_polars(fields: Fields) -> pl.DataFrame:
    """The candidate pairs as a self-join of the table of keys."""
    keys = pl.concat(
        pl.DataFrame(
            {"record": rows, "key": [f"{column}:{value}" for value in values]}, schema={"record": pl.Int64, "key": pl.String}
        )
        for column, (rows, values) in enumerate(key_columns(fields))
    ).lazy()
    usual = keys.filter(pl.len().over("key").is_between(2, 200))
    pairs = usual.join(usual, on="key").filter(pl.col("record") < pl.col("record_right"))
    return pairs.select("record", "record_right").unique().collect()


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    records = simulated_records(n)
    start = perf_counter()
    found = deduplicate(records)
    seconds = perf_counter() - start
    print(f"{found}\n{seconds:.1f} s, at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    fields = fields_of(records)
    for name, make in (("NumPy", candidate_pairs), ("Polars", pairs_by_polars)):
        start = perf_counter()
        pairs = make(fields)
        print(f"candidate pairs by {name}: {len(pairs)} in {perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
