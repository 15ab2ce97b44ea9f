"""`read_records`: an export of any known format, recognised by what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.records import asreview
from trialpool.formats.records.bibtex import BIBTEX
from trialpool.formats.records.decoding import AGAIN, bad, text_of
from trialpool.formats.records.embase_rows import EMBASE_ROWS
from trialpool.formats.records.endnote_xml import ENDNOTE_XML
from trialpool.formats.records.entry import Format, Sheet, WholeFormat, at_line
from trialpool.formats.records.europe_pmc import EUROPE_PMC
from trialpool.formats.records.medline import MEDLINE
from trialpool.formats.records.pubmed_xml import PUBMED_XML
from trialpool.formats.records.refer import REFER
from trialpool.formats.records.registrations import CLINICAL_TRIALS_GOV
from trialpool.formats.records.ris import RIS
from trialpool.formats.records.spreadsheets import SPREADSHEETS
from trialpool.formats.records.web_of_science import WEB_OF_SCIENCE
from trialpool.review.record import Place, Record
from trialpool.review.records import Records

FORMATS: Sequence[Format | WholeFormat] = (
    PUBMED_XML, ENDNOTE_XML, EUROPE_PMC, CLINICAL_TRIALS_GOV, MEDLINE, WEB_OF_SCIENCE, REFER, RIS, BIBTEX, EMBASE_ROWS,
    *SPREADSHEETS,
)  # fmt: skip
_HEAD = 100_000  # characters within which an export says what it is
_IDS = re.compile(r"<Id>\d+</Id>")
_OTHER_XML = {
    "<pmc-articleset": ("full texts of PubMed Central (JATS)", "Export the records of these articles from PubMed"),
    "<article ": ("a full text (JATS)", "Export the record of this article from PubMed"),
    "<COCHRANE_REVIEW": ("a review of RevMan 5", "Make a review of it with `trialpool new FOLDER --from`"),
    "<eSummaryResult": ("summaries of PubMed (esummary), without abstracts", "Export from PubMed as 'PubMed' or XML"),
}


def read_records(path: str | Path, *, name: str = "") -> Records:
    """Read the records of an export: RIS, MEDLINE (.nbib), PubMed XML, EndNote XML, .enw, BibTeX, .ciw, CSV, an ASReview project.

    The format is told from what the file holds, not from its suffix. What is odd about it is listed with its line in
    `problems`, and the rest is read; fields that a record has no place for stand in its `further`, as they were written.

    Parameters
    ----------
    path
        the file, as it was downloaded
    name
        what the records' identifiers call the file; by itself its name

    Raises
    ------
    BadInput
        where there are no records to be had: no such file, an empty one, a web page, a zip file, an unknown format
    """
    path = Path(path)
    file = name or path.name.encode(errors="replace").decode()
    return records_in(_bytes(path, file), file)


def _bytes(path: Path, file: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise bad(str(path), "there is no such file", "Give the path of an export") from None
    except IsADirectoryError:
        raise bad(str(path), "this is a folder, not an export", "Give the files in it") from None
    except OSError as error:
        raise bad(str(path), f"the file cannot be read ({error.strerror})", "Check its permissions") from None


def records_in(data: bytes, file: str) -> Records:
    """The records in the bytes of an export."""
    problems: list[Problem] = []
    project = data if data.startswith(asreview.MAGIC) else b""
    text = text_of(asreview.data_set_in(project, file) if project else data, file, problems)
    format_ = format_of(text, file)
    records = _records(format_, text, file, problems)
    if project:
        records = asreview.labelled(records, project, file, problems)
    if not records:
        what = f"there is no record in it (it was read as {format_.label})"
        raise BadInput([*(p for p in problems if p.severity == "error"), Problem(file, 0, "", what, AGAIN)])
    return Records(tuple(records), tuple(problems), file, format_.name, _label(format_, bool(project)))


def _label(format_: Format | WholeFormat, project: bool) -> str:
    return f"ASReview project ({format_.label})" if project else format_.label


def format_of(text: str, file: str) -> Format | WholeFormat:
    """The format that a text is in.

    Raises
    ------
    BadInput
        where it is none that is known; other kinds of XML and JSON are called by their names
    """
    head = text[:_HEAD]
    found = next((format_ for format_ in FORMATS if format_.recognises(head)), None)
    if found is None:
        raise _unknown(text, head, file)
    return found


def _unknown(text: str, head: str, file: str) -> BadInput:
    if "<eSearchResult" in head or '"esearchresult"' in head:
        n = len(_IDS.findall(text))
        what = f"this is a list of {n} PubMed numbers (esearch), without the records"
        return bad(file, what, "Export from PubMed as 'PubMed' or XML, or fetch them with `trialpool search`")
    for tag, (what, mend) in _OTHER_XML.items():
        if tag in head:
            return bad(file, f"this is {what}, not an export of records", mend)
    labels = ", ".join(dict.fromkeys(format_.label for format_ in FORMATS if format_.name != "csv"))
    return bad(file, "this is no export of a known format", f"{AGAIN}. Known are {labels}, and CSV files with a column 'title'")


def _records(format_: Format | WholeFormat, text: str, file: str, problems: list[Problem]) -> list[Record]:
    """The records; an entry that could not be read has its position all the same, so that identifiers never change."""
    if isinstance(format_, WholeFormat):
        return list(format_.records(text, file))
    records = []
    for position, entry in enumerate(format_.entries(text, file, problems), start=1):
        if not entry.pairs:
            continue
        sheet = Sheet(entry.pairs)
        values = format_.fields(sheet)
        records.append(Record(Place(file, position, entry.line), **values, further=sheet.rest(), format=format_.name))
        if not values["title"]:
            mend = "It was read; look whether the export is whole"
            problems.append(at_line(file, entry.line, f"record {position} has no title", mend))
    return records
