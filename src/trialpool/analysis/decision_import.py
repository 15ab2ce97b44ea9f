"""Decisions that were made in another program, put onto the records of a review: what is new, what stands there, what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trialpool.errors import BadInput, Problem
from trialpool.formats.quoted import quoted
from trialpool.formats.screening_exports import ScreeningExport, Vote
from trialpool.formats.screening_folder import ScreeningFolder
from trialpool.review.plan import ScreeningPlan
from trialpool.review.record import Place, Record
from trialpool.review.screening import REVIEWER, ScreeningDecision, Stage
from trialpool.screening.publications_of_review import screen_records
from trialpool.screening.state import ScreeningState
from trialpool.screening.votes import votes_of

Key = tuple[str, str, Stage]  # reviewer, publication, stage
LONG = 20  # letters of a title by which a publication may be known
_ELSEWHERE = "\0"  # stands for the export's file among the records of the review, whose files have names


@dataclass(frozen=True, slots=True)
class Naming:
    """How what another program says is called here.

    stage : of decisions whose export does not say it
    reviewer : who decided, where the export does not say it
    reviewers : by the name of a person there, the name here; empty where the decisions are to be left out
    reasons : by a reason there, the protocol's
    day : the time of decisions whose export does not say it
    """

    stage: Stage | None = None
    reviewer: str = ""
    reviewers: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    day: str = ""


@dataclass(frozen=True, slots=True)
class KeptApart:
    """A decision that was not taken, for the same person decided otherwise of that publication at that stage."""

    decision: ScreeningDecision
    other: ScreeningDecision
    record: Record


@dataclass(frozen=True)
class TakenDecisions:
    """What becomes of the decisions of an export.

    new : rows to be added
    there : how many stand there already
    apart : those that differ from what the same person decided here, or elsewhere in the export
    unmatched : records of the export with decisions that the review does not have
    noted : reasons by title and abstract that the protocol does not have, with how often; they went into the notes
    """

    new: tuple[ScreeningDecision, ...]
    there: int
    apart: tuple[KeptApart, ...]
    unmatched: tuple[Record, ...]
    noted: Mapping[str, int]


def take_decisions(
    folder: ScreeningFolder, export: ScreeningExport, same_file: str, naming: Naming, before: Iterable[ScreeningDecision] = ()
) -> TakenDecisions:
    """Put the decisions of an export onto the records of a review; nothing is written.

    Parameters
    ----------
    folder : the review
    export : what the other program wrote
    same_file : the file in `search/` that is this export, byte for byte; empty where none is, and records are compared then as
        duplicates are
    naming : stage, reviewers and reasons where the export does not say them as the review does
    before : decisions besides those of the folder, out of another export

    Raises
    ------
    BadInput
        where a stage, a reviewer or, of a full text, a reason of the protocol is lacking; all of them together
    """
    problems = [*_stages(export, naming), *_reviewers(export, naming)]
    plan = folder.plan.screening
    votes = [vote for vote in export.votes if naming.reviewers.get(vote.reviewer, vote.reviewer) or not vote.reviewer]
    rows = [(vote, _row(vote, export, naming, plan)) for vote in votes]
    problems += _reasons(rows, export, plan)
    if problems:
        raise BadInput(problems)
    of, state = _matched(folder, export, same_file, before)
    unmatched = tuple(export.records[at] for at in dict.fromkeys(vote.at for vote in votes) if at not in of)
    found = [(replace(row, record=of[vote.at]), vote) for vote, row in rows if vote.at in of]
    new, there, apart = _sorted_out(found, state, export)
    lacking = Counter(reason for vote, row in rows if not row.reason for reason in _named(vote, naming))
    return TakenDecisions(tuple(new), there, tuple(apart), unmatched, lacking)


def _stages(export: ScreeningExport, naming: Naming) -> Iterator[Problem]:
    if naming.stage is None and any(vote.stage is None for vote in export.votes):
        what = f"an export of {export.program} does not say whether titles and abstracts or full texts were screened"
        yield Problem(export.records.file, 0, "", what, "Say it with --stage: title-abstract or full-text")


def _reviewers(export: ScreeningExport, naming: Naming) -> Iterator[Problem]:
    file, votes = export.records.file, Counter(vote.reviewer for vote in export.votes)
    if votes[""] and not naming.reviewer:
        what = f"{export.program} does not say who decided"
        yield Problem(file, 0, "", what, "Give the decisions a name with --reviewer, such as --reviewer mk")
    for name, n in votes.items():
        if name and not REVIEWER.fullmatch(naming.reviewers.get(name, name) or "left_out"):
            what = f"{quoted(name)} ({n} decisions) is no name of a reviewer here: it becomes the name of a file"
            mend = f'Give letters, digits, - and _ with --reviewer "{name}=NAME"; "{name}=" leaves them out'
            yield Problem(file, 0, "", what, mend)
    for name in naming.reviewers:
        if name not in votes:
            known = ", ".join(quoted(one) for one in votes if one) or "none at all"
            yield Problem(file, 0, "", f"nobody in it is called {quoted(name)}", f"Its names are {known}")


def _row(vote: Vote, export: ScreeningExport, naming: Naming, plan: ScreeningPlan) -> ScreeningDecision:
    """The decision as a row, but for the record. Where it came from, and what has no column, stands in the note."""
    stage = vote.stage or naming.stage or "title-abstract"
    known = plan.reasons_at(stage)
    named = _named(vote, naming)
    reason = next((one for one in known if one in named), "") if known else next(iter(named), "")
    rest = [one for one in named if one != reason]
    place = f"from {export.program}: {export.records[vote.at].place}"
    note = "; ".join(filter(None, (place, f"reasons there: {', '.join(rest)}" if rest else "", vote.note)))
    return ScreeningDecision(
        record="",
        stage=stage,
        decision=vote.decision,
        reason=reason if vote.decision == "exclude" else "",
        note=note,
        reviewer=(naming.reviewers.get(vote.reviewer, vote.reviewer) if vote.reviewer else naming.reviewer),
        time=vote.time or naming.day,
    )


def _named(vote: Vote, naming: Naming) -> list[str]:
    """The reasons in our words: by `naming`, which has the protocol's own too. One with commas in it was split in the export."""
    ours = {name.casefold(): own for name, own in naming.reasons.items()}
    parts, found, at = vote.reasons or ("",) * (vote.decision == "exclude"), list[str](), 0
    while at < len(parts):
        ends = range(len(parts), at, -1)
        end = next((end for end in ends if ", ".join(parts[at:end]).casefold() in ours), at + 1)
        said = ", ".join(parts[at:end])
        found.append(ours.get(said.casefold(), said))
        at = end
    return [one for one in dict.fromkeys(found) if one]


def _reasons(rows: Sequence[tuple[Vote, ScreeningDecision]], export: ScreeningExport, plan: ScreeningPlan) -> Iterator[Problem]:
    """Full texts that would be excluded without a reason of the protocol, which no review may have."""
    known = plan.reasons_at("full-text")
    lacking = Counter(
        ", ".join(vote.reasons)
        for vote, row in rows
        if known and row.stage == "full-text" and row.decision == "exclude" and not row.reason
    )
    for said, n in lacking.items():
        other = f"for {quoted(said)}, a reason that review.toml does not have" if said else "without a reason"
        which = f'--reason "{said}=REASON", with one of {", ".join(known)}'
        mend = f"Add it to `reasons` of [screening], or say which it is: {which}" if said else f"Say which it is: {which}"
        yield Problem(export.records.file, 0, "", f"{n} full texts are excluded {other}", mend)


def _matched(
    folder: ScreeningFolder, export: ScreeningExport, same_file: str, before: Iterable[ScreeningDecision]
) -> tuple[dict[int, str], ScreeningState]:
    """By position in the export the identifier of the record in the review; and the state of the review's screening."""
    records, decisions = folder.search.records, (*folder.decisions, *before)
    state = screen_records(records, decisions, folder.plan.screening, duplicates=folder.duplicates).state
    if same_file:
        known = folder.search.by_id
        at_place = {at: str(replace(record.place, file=same_file)) for at, record in enumerate(export.records)}
        return {at: id_ for at, id_ in at_place.items() if id_ in known}, state
    decided = dict.fromkeys(vote.at for vote in export.votes)
    theirs = {f"{_ELSEWHERE}#{at + 1}": at for at in decided}
    copies = [replace(export.records[at], place=Place(_ELSEWHERE, at + 1)) for at in decided]
    groups = screen_records([*records, *copies], duplicates=folder.duplicates).state.publications
    found = {
        theirs[id_]: next(own for own in group.records if own not in theirs)
        for group in groups
        if not all(one in theirs for one in group.records)
        for id_ in group.records
        if id_ in theirs
    }
    return _by_title(export, [at for at in decided if at not in found], state, folder) | found, state


def _by_title(export: ScreeningExport, left: Sequence[int], state: ScreeningState, folder: ScreeningFolder) -> dict[int, str]:
    """Records with too little in them to be compared, by a long title and a year that one publication alone has here, and there.

    What comes out of a screening program often has lost everything else.
    """
    known = folder.search.by_id
    ours: dict[tuple[str, int | None], set[str]] = {}
    for publication in state.publications:
        for id_ in publication.records:
            ours.setdefault(_title_and_year(known[id_]), set()).add(publication.id)
    theirs = Counter(_title_and_year(record) for record in export.records)
    keys = {at: _title_and_year(export.records[at]) for at in left}
    alone = {at: ours[key] for at, key in keys.items() if theirs[key] == 1 and len(ours.get(key, ())) == 1}
    return {at: next(iter(ids)) for at, ids in alone.items() if len(keys[at][0]) >= LONG}


def _title_and_year(record: Record) -> tuple[str, int | None]:
    return "".join(letter for letter in record.title.casefold() if letter.isalnum()), record.year


def _sorted_out(
    found: Sequence[tuple[ScreeningDecision, Vote]], state: ScreeningState, export: ScreeningExport
) -> tuple[list[ScreeningDecision], int, list[KeptApart]]:
    """The rows that are new, how many stand there, and those that contradict what the same person decided."""
    standing = _standing(state)
    by_key: dict[Key, list[tuple[ScreeningDecision, Vote]]] = {}
    for row, vote in found:
        by_key.setdefault((row.reviewer, state.publication_of(row.record).id, row.stage), []).append((row, vote))
    new, there, apart = list[ScreeningDecision](), 0, list[KeptApart]()
    for key, rows in by_key.items():
        first, here = rows[0][0], standing.get(key)
        differ = [(row, vote) for row, vote in rows if row.decision != (here or first).decision]
        if here is None and differ:  # two copies that were decided otherwise: neither is taken, as everywhere
            apart += [KeptApart(row, first if row is not first else differ[0][0], export.records[vote.at]) for row, vote in rows]
        elif here is None:
            new.append(first)
        else:
            there += len(rows) - len(differ)
            apart += [KeptApart(row, here, export.records[vote.at]) for row, vote in differ]
    return new, there, apart


def _standing(state: ScreeningState) -> dict[Key, ScreeningDecision]:
    """What each reviewer decided of a publication at a stage."""
    rows: dict[tuple[str, Stage], list[ScreeningDecision]] = {}
    for row in state.decisions:
        rows.setdefault((state.publication_of(row.record).id, row.stage), []).append(row)
    return {(vote.reviewer, id_, stage): vote for (id_, stage), mine in rows.items() for vote in votes_of(mine).reviewers}
