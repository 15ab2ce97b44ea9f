"""Decisions in exports of Rayyan, Covidence and ASReview: who decided what of which record there, and why."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from trialpool.errors import Problem
from trialpool.formats.rayyan_log import LogEntry, named, read_rayyan_log
from trialpool.formats.records.asreview import MAGIC
from trialpool.formats.records.decoding import bad
from trialpool.formats.records.reading import records_in
from trialpool.review.record import Record
from trialpool.review.records import Records
from trialpool.review.screening import Stage, Verdict

Program = str
LARGEST = 1_000_000_000  # bytes, unpacked
COVIDENCE_LISTS: Mapping[str, tuple[tuple[Stage, Verdict], ...]] = {
    "irrelevant": (("title-abstract", "exclude"),),
    "select": (("title-abstract", "include"),),
    "excluded": (("title-abstract", "include"), ("full-text", "exclude")),
    "included": (("title-abstract", "include"), ("full-text", "include")),
    "extract": (("title-abstract", "include"), ("full-text", "include")),
}  # what stands behind a list of Covidence; `select` is what full texts are still to be read of
_LIST = re.compile(r"(?:^|[_\W])(irrelevant|excluded|included|extract|select|screen)(?=[_\W]|$)", re.IGNORECASE)
_RAYYAN = re.compile(
    r"(RAYYAN-[A-Z-]+|USER-NOTES)\s*:\s*(.*?)(?=\s*\|?\s*(?:RAYYAN-(?:INCLUSION|LABELS|EXCLUSION-REASONS)|USER-NOTES)\s*:|\Z)",
    re.DOTALL,
)
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"((?:[^"\\]|\\.)*)"')
_NOTES = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*\[(.*?)\](?=\s*(?:,\s*"|\}))', re.DOTALL)
_NOTE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_RAYYAN_SAYS: Mapping[str, Verdict] = {"included": "include", "excluded": "exclude", "maybe": "maybe"}
_RAYYAN_UNDECIDED = ("", "undecided", "none")
_REASON = re.compile(r"Exclusion reason:\s*(.*?)\s*(?:;|$)", re.IGNORECASE | re.DOTALL)
_ASREVIEW = re.compile(r"\bASReview_(relevant|irrelevant)\b")
_LABELS: Mapping[str, Verdict] = {"relevant": "include", "1": "include", "irrelevant": "exclude", "0": "exclude"}


@dataclass(frozen=True, slots=True)
class Vote:
    """What was decided of one record elsewhere.

    at : position of the record in the export, 0 being the first
    stage : None where the export does not say
    reviewer : as the other program calls them; empty where it does not say
    reasons : why it was excluded, in the words of the other program
    time : as trialpool writes it; empty where the export does not say
    """

    at: int
    decision: Verdict
    stage: Stage | None = None
    reviewer: str = ""
    reasons: tuple[str, ...] = ()
    note: str = ""
    time: str = ""


@dataclass(frozen=True)
class ScreeningExport:
    """An export of another program with decisions in it.

    program : whose it is
    records : what it lists; problems : what was odd about it
    data : the bytes that the records were read from
    """

    program: Program
    records: Records
    votes: tuple[Vote, ...]
    data: bytes
    problems: tuple[Problem, ...] = ()


def read_screening_export(path: Path, *, listed: str = "") -> ScreeningExport:
    """The decisions in an export of Rayyan (CSV, RIS, BibTeX or its zip file), Covidence (CSV) or ASReview (project, CSV, RIS).

    Parameters
    ----------
    path
        the export, as it was downloaded
    listed
        which list of Covidence it is (one of COVIDENCE_LISTS); by itself told from the name of the file

    Raises
    ------
    BadInput
        where the file cannot be read, or holds no decisions
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise bad(str(path), "there is no such file", "Give the path of an export") from None
    except IsADirectoryError:
        raise bad(str(path), "this is a folder, not an export", "Give the files in it") from None
    except OSError as error:
        raise bad(str(path), f"the file cannot be read ({error.strerror})", "Check its permissions") from None
    data, log = _unpacked(data, path.name)
    found = records_in(data, path.name)
    problems: list[Problem] = []
    logged = read_rayyan_log(log, f"{path.name}, customizations_log.csv", problems) if log else {}
    entries = named(logged, {_key(record): _decisions(_parts(record)) for record in found}) if logged else {}
    for program, votes_of in _programs(found, path.name, listed, entries).items():
        votes = tuple(vote for at, record in enumerate(found) for vote in votes_of(at, record))
        unread = _unread(found, path.name) if program == "Rayyan" else []
        if votes or unread or program == "Covidence":
            return ScreeningExport(program, found, votes, data, (*found.problems, *problems, *unread))
    mend = "Export it from Rayyan with decisions, from Covidence as CSV, or give the project of ASReview"
    raise bad(str(path), f"there are no decisions in it (it was read as {found.label})", mend)


def _programs(
    found: Records, name: str, listed: str, log: Mapping[tuple[str, str], LogEntry]
) -> dict[Program, Callable[[int, Record], Iterator[Vote]]]:
    """How the votes of each program are read; Covidence's lists are known by their columns alone."""
    if found.format == "covidence-csv":
        return {"Covidence": partial(_covidence, votes=COVIDENCE_LISTS[_list_of(name, listed)])}
    says = any("asreview_label" in dict(record.further) for record in found)
    return {"Rayyan": partial(_rayyan, log=log), "ASReview": partial(_asreview, label="asreview_label" if says else "included")}


def _unpacked(data: bytes, file: str) -> tuple[bytes, bytes]:
    """The articles and the log of a zip file of Rayyan; anything else as it is, without a log."""
    if not data.startswith(MAGIC):
        return data, b""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            sizes = {info.filename: info.file_size for info in packed.infolist()}
            articles = [name for name in sizes if Path(name).stem.lower().startswith("articles") and not name.endswith("/")]
            logs = [name for name in sizes if Path(name).name.lower().startswith("customizations_log")]
            if not articles or "project.json" in sizes:
                return data, b""
            if len(articles) > 1:
                raise bad(file, f"there are several exports in it ({', '.join(articles)})", "Unpack it, and give them one by one")
            if max(sizes[name] for name in [*articles, *logs]) > LARGEST:
                raise bad(file, f"a file in it is larger than {LARGEST // 1_000_000} MB", "Give a smaller export")
            return packed.read(articles[0]), packed.read(logs[0]) if logs else b""
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        raise bad(file, "the file is a zip file that is damaged", "Download it again, and unpack it") from None


# Rayyan


def _rayyan(at: int, record: Record, *, log: Mapping[tuple[str, str], LogEntry]) -> Iterator[Vote]:
    """The votes of a record; reasons are those of the record, unless the log says whose they are."""
    parts = _parts(record)
    reasons = tuple(filter(None, (one.strip() for one in parts.get("RAYYAN-EXCLUSION-REASONS", "").split(","))))
    said = _NOTES.findall(parts.get("USER-NOTES", ""))
    notes = {_plain(name): "; ".join(map(_plain, _NOTE.findall(texts))) for name, texts in said}
    labels = parts.get("RAYYAN-LABELS", "")
    for name, verdict in _decisions(parts).items():
        entry = log.get((_key(record), name))
        own = entry.reasons if entry and entry.reasons else reasons
        note = "; ".join(filter(None, (notes.get(name, ""), f"labels: {labels}" if labels else "")))
        time = time_of(entry.time) if entry else ""
        yield Vote(at, verdict, reviewer=name, reasons=own if verdict == "exclude" else (), note=note, time=time)


def _decisions(parts: Mapping[str, str]) -> dict[str, Verdict]:
    """What everybody decided; those who are undecided left out."""
    said = {name: word.casefold() for name, word in _said(parts)}
    return {name: _RAYYAN_SAYS[word] for name, word in said.items() if word in _RAYYAN_SAYS}


def _said(parts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Everybody's name and word."""
    return [(_plain(name), word.strip()) for name, word in _PAIR.findall(parts.get("RAYYAN-INCLUSION", ""))]


def _unread(found: Records, file: str) -> list[Problem]:
    """A warning for each word that is no decision of Rayyan."""
    mend = "Correct it in the file and import it again, where it was meant as Included, Excluded or Maybe"
    return [
        Problem(file, 0, "", f"record {record.place.position}: {name!r} said {word!r}, which is no decision", mend, "warning")
        for record in found
        for name, word in _said(_parts(record))
        if word.casefold() not in (*_RAYYAN_SAYS, *_RAYYAN_UNDECIDED)
    ]


def _key(record: Record) -> str:
    """Rayyan's number of an article."""
    return next((value.removeprefix("rayyan-") for name, value in record.further if name.casefold() in ("key", "id")), "")


def _parts(record: Record) -> dict[str, str]:
    """What Rayyan put into the notes of a record, by its own headings."""
    text = " | ".join(value for _, value in record.further if "RAYYAN-" in value or "USER-NOTES" in value)
    text = text.replace("=\\>", "=>").replace("&quot;", '"').replace("=&gt;", "=>")
    text = text.replace('\\"', '"') if '\\"=>' in text else text  # as BibTeX quotes all of it
    return {name: value.strip().removesuffix("|").strip() for name, value in _RAYYAN.findall(text)}


def _plain(text: str) -> str:
    return " ".join(text.replace('\\"', '"').split())


# Covidence


def _list_of(name: str, listed: str) -> str:
    if listed:
        return listed
    found = _LIST.search(Path(name).stem)
    known = ", ".join(COVIDENCE_LISTS)
    if found is None:
        what = "a list of Covidence does not say itself which list it is, and the name of the file does not either"
        raise bad(name, what, f"Say it with --list: {known}")
    if found[1].lower() == "screen":
        raise bad(name, "these are the records that Covidence still has to screen", f"Export one of the lists {known}")
    return found[1].lower()


def _covidence(at: int, record: Record, *, votes: tuple[tuple[Stage, Verdict], ...]) -> Iterator[Vote]:
    """What the list says of a record. Covidence exports what the team agreed on, and no single votes."""
    further = dict(record.further)
    notes, tags = " ".join(further.get("Notes", "").split()), " ".join(further.get("Tags", "").split())
    found = _REASON.search(notes)
    rest = _REASON.sub("", notes).strip(" ;") if found else notes.strip(" ;")
    note = "; ".join(filter(None, (rest, f"tags: {tags}" if tags else "")))
    last = len(votes) - 1
    for n, (stage, verdict) in enumerate(votes):
        reasons = (found[1],) if found and found[1] and verdict == "exclude" else ()
        yield Vote(at, verdict, stage, reasons=reasons, note=note if n == last else "")


# ASReview


def _asreview(at: int, record: Record, *, label: str) -> Iterator[Vote]:
    further = {name.casefold(): value for name, value in record.further}
    noted = next((found[1] for value in further.values() if (found := _ASREVIEW.search(value))), "")
    verdict = _LABELS.get((further.get(label, "") or noted).strip().removesuffix(".0"))
    if verdict is None:
        return
    user = further.get("asreview_user_name", "") or further.get("asreview_user_email", "")
    if not user and further.get("asreview_user_id"):
        user = f"user {further['asreview_user_id']}"
    tags = further.get("asreview_tags", "")
    note = "; ".join(filter(None, (" ".join(further.get("asreview_note", "").split()), f"tags: {tags}" if tags else "")))
    yield Vote(at, verdict, reviewer=user, note=note, time=time_of(further.get("asreview_time", "")))


def time_of(text: str) -> str:
    """A time as trialpool writes it, out of seconds (or milli- or microseconds) since 1970 or a date with a time; else empty.

    >>> time_of("1719824400.25"), time_of("2024-07-01 09:00:00.123456"), time_of("2024-07-01 11:00:00 +0200"), time_of("soon")
    ('2024-07-01T09:00:00Z', '2024-07-01T09:00:00Z', '2024-07-01T09:00:00Z', '')
    """
    text = text.strip().removesuffix("UTC").strip()
    try:
        seconds = float(text)
        while seconds > 1e11:
            seconds /= 1000
        when = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        try:
            when = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d)", "", text))
        except ValueError:
            return ""
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when.year >= 1990 else ""
