"""PubMed XML, as E-utilities (`efetch`) and PubMed send it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import Entry, Format, Sheet, at_line, flags_of, nct_in, year_in
from trialpool.formats.records.pubmed_links import flags_said, kind_of, link
from trialpool.formats.records.xml import Element, as_written, elements, has_markup, text_of

_ROOT = re.compile(r"<(?:PubmedArticleSet|PubmedBookArticleSet|MedlineCitationSet|PubmedArticle|MedlineCitation)\b")
_PARTS = ("MedlineCitation", "Article", "PubmedData", "BookDocument", "PubmedBookData", "Journal", "JournalIssue")
_DELETED = "DeleteCitation"
_OWN = frozenset({"Volume", "Issue", "Title", "Language", "ArticleTitle"})
_OWN_WITHIN = frozenset({"Abstract", "Pagination"})


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """A record an article or book; of fields of our own names what a record holds, and as XML whatever is more than that."""
    tags = ("PubmedArticle", "PubmedBookArticle", _DELETED) if "<Pubmed" in text else ("MedlineCitation",)
    for element in elements(text, tags, file, problems):
        if element.tag == _DELETED:
            problems.append(_deleted(element, file))
            continue
        own = tuple((name, value) for name, value in _own(element) if value)
        yield Entry(element.sourceline or 0, (*own, *_further(element, "")))


def _deleted(element: Element, file: str) -> Problem:
    """A list of records that PubMed has taken back; it holds nothing but their numbers."""
    numbers = ", ".join(text_of(number) for number in element.iter("PMID"))
    mend = "They are no records; if an earlier export has them, look why"
    return at_line(file, element.sourceline or 0, f"PubMed has deleted the records {numbers}", mend)


def _own(record: Element) -> Iterator[tuple[str, str]]:
    article = next(record.iter("Article", "BookDocument"), record)
    yield "pmid", text_of(next(record.iter("PMID"), None))
    yield "title", _title(article)
    yield from (("author", name) for name in _names(article))
    yield "year", _year(article)
    yield "journal", text_of(_first(article, "Journal/Title", "Journal/ISOAbbreviation", "Book/BookTitle"))
    yield "volume", text_of(article.find("Journal/JournalIssue/Volume"))
    yield "issue", text_of(article.find("Journal/JournalIssue/Issue"))
    yield "pages", _pages(article)
    yield "doi", _doi(record, article)
    yield "issn", text_of(article.find("Journal/ISSN"))
    yield "isbn", text_of(article.find("Book/Isbn"))
    yield "abstract", _abstract(article)
    yield from (("keyword", text_of(word)) for word in record.iter("Keyword"))
    yield from (("keyword", _heading(heading)) for heading in record.iter("MeshHeading"))
    yield from (("language", text_of(language)) for language in article.findall("Language"))
    yield from (("type", text_of(type_)) for type_ in article.iter("PublicationType"))
    yield from (("link", _link(each)) for each in record.iter("CommentsCorrections"))
    yield from (("registered", text_of(number)) for number in record.iter("AccessionNumber"))


def _first(element: Element, *paths: str) -> Element | None:
    return next((found for path in paths if (found := element.find(path)) is not None), None)


def _title(article: Element) -> str:
    return text_of(_first(article, "ArticleTitle")) or text_of(_first(article, "VernacularTitle", "Book/BookTitle"))


def _names(article: Element) -> Iterator[str]:
    """`Family, Given` of persons, the name of groups; those of a book's editors stay in the XML."""
    for listed in article.findall("AuthorList"):
        if listed.get("Type", "authors") != "editors":
            yield from (name for author in listed.findall("Author") if (name := _name(author)))


def _name(author: Element) -> str:
    family = text_of(author.find("LastName"))
    given = text_of(_first(author, "ForeName", "Initials"))
    suffix = text_of(author.find("Suffix"))
    person = ", ".join(part for part in (family, given, suffix) if part)
    return person or text_of(author.find("CollectiveName"))


def _year(article: Element) -> str:
    """Of the issue, else of publication on line; `MedlineDate` is a text (`1998 Dec-1999 Jan`)."""
    dates = (_first(article, "Journal/JournalIssue/PubDate", "Book/PubDate"), article.find("ArticleDate"))
    years = (year_in(text_of(date)) for date in dates if date is not None)
    return next((str(year) for year in years if year), "")


def _pages(article: Element) -> str:
    if printed := text_of(article.find("Pagination/MedlinePgn")):
        return printed
    first, last = text_of(article.find("Pagination/StartPage")), text_of(article.find("Pagination/EndPage"))
    return f"{first}-{last}" if last else first


def _doi(record: Element, article: Element) -> str:
    stated = [e for e in article.findall("ELocationID") if e.get("EIdType") == "doi" and e.get("ValidYN", "Y") == "Y"]
    paths = tuple(f"{part}/ArticleIdList/ArticleId" for part in ("PubmedData", "BookDocument", "PubmedBookData"))
    listed = [e for path in paths for e in record.findall(path)]
    return next((text_of(e) for e in [*stated, *(e for e in listed if e.get("IdType") == "doi")]), "")


def _abstract(article: Element) -> str:
    """Parts with their labels, a line each; in the language of the article where there is no other."""
    abstract = _first(article, "Abstract", "OtherAbstract")
    if abstract is None:
        return ""
    parts = ((part.get("Label", ""), text_of(part)) for part in abstract.findall("AbstractText"))
    return "\n".join(f"{label}: {text}" if label and label != "UNLABELLED" else text for label, text in parts if text)


def _heading(heading: Element) -> str:
    """A MeSH heading as MEDLINE writes it: `Multiple Myeloma/*drug therapy`."""
    names = heading.findall("DescriptorName") + heading.findall("QualifierName")
    return "/".join(("*" if name.get("MajorTopicYN") == "Y" else "") + text_of(name) for name in names)


def _link(each: Element) -> str:
    return link(each.get("RefType", ""), text_of(each.find("PMID")), text_of(each.find("RefSource")))


def _further(element: Element, path: str) -> Iterator[tuple[str, str]]:
    """What a record's fields do not hold whole, as XML under its path; attributes of the parts that were opened."""
    for child in element:
        if not isinstance(child.tag, str):
            continue
        here = f"{path}/{child.tag}".lstrip("/")
        if child.tag in _PARTS:
            yield from ((f"{here}@{name}", value) for name, value in child.attrib.items())
            yield from _further(child, here)
        elif not _is_held(child):
            yield here, as_written(child)


def _is_held(child: Element) -> bool:
    """Whether the record's fields say all that it says: a text alone, or one text alone in it."""
    if child.tag in _OWN_WITHIN:
        return not child.attrib and len(child) == 1 and not has_markup(child[0])
    return child.tag in _OWN and not has_markup(child)


def fields(sheet: Sheet) -> dict[str, Any]:
    title, abstract = sheet.take("title"), sheet.take("abstract")
    types, links = sheet.take_every("type"), sheet.take_every("link")
    languages = sheet.take_every("language")
    return {
        **{name: sheet.take(name) for name in ("journal", "volume", "issue", "pages", "pmid", "issn", "isbn")},
        "kind": kind_of(types),
        "title": title,
        "authors": sheet.take_every("author"),
        "year": int(sheet.take("year") or 0) or None,
        "doi": sheet.take("doi").lower(),
        "nct": nct_in(sheet.take_every("registered"), abstract),
        "abstract": abstract,
        "keywords": sheet.take_every("keyword"),
        "language": "; ".join(languages),
        "url": "",
        "database": "PubMed",
        "flags": flags_of(title, flags_said(links, types)),
        "related": links,
    }


PUBMED_XML = Format("pubmed-xml", "PubMed XML", lambda head: bool(_ROOT.search(head)), entries, fields)
