"""Whatever a registry's file holds, it is read, or refused in a sentence."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadInput
from trialpool.formats.clinical_trials_gov import record_of, registrations_of
from trialpool.formats.registry_proposals import Wanted, propose_from_registry
from trialpool.review.record import Place

STUDY = json.loads((Path(__file__).parent / "registry/trial.json").read_text(encoding="utf-8"))
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=5))
JUNK = st.one_of(VALUES, st.sampled_from([[], {}, [{}], ["x"]]))
WANTED = Wanted(outcomes=["survival", "response", "1"], events=["serious", "thrombosis"], treatment="Examplumab", control="Placebo")


def paths(data, path=()):
    """The path of every part of parsed JSON."""
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in items:
        yield from paths(part, (*path, key))


PATHS = [path for path in paths(STUDY) if path]


@given(st.sampled_from(PATHS), JUNK)
def test_any_part_of_a_study_may_be_anything(path, junk):
    study = copy.deepcopy(STUDY)
    part = study
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = junk
    try:
        (entry,) = registrations_of(json.dumps(study).encode(), "x.json")
    except BadInput:
        assert path[-1] in ("nctId", "identificationModule", "protocolSection")
        return
    record_of(entry, Place("x.json", 1))
    for row in propose_from_registry(entry, WANTED).rows:
        assert set(map(type, row.values())) == {str}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    for content in (data, b"<clinical_study>" + data, b'{"nctId": "' + data + b'"}'):
        with suppress(BadInput):
            assert registrations_of(content, "x")[0].nct
