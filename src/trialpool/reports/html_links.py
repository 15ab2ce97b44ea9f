"""Addresses that a user wrote, as links: only to the web, and never to anything that a browser would run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from trialpool.reports.html_tables import Link

ADDRESS = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
DOI = re.compile(r"(?:doi:\s*)?(10\.\d{4,9}/[^\s<>\"'`\\]+)", re.IGNORECASE)
PLACE = re.compile(rf"{ADDRESS.pattern}|\b{DOI.pattern}", re.IGNORECASE)
REGISTRIES = (
    (re.compile(r"NCT\d{8}"), "https://clinicaltrials.gov/study/"),
    (re.compile(r"ISRCTN\d{6,10}"), "https://www.isrctn.com/"),
)


def source_links(source: str) -> tuple[Link, ...]:
    """A source as it was written, in pieces: the web addresses and DOIs in it are links, what stands between is plain text.

    >>> [(link.text, link.href) for link in source_links("Table 2 of https://example.org/a")]
    [('Table 2 of ', ''), ('https://example.org/a', 'https://example.org/a')]
    >>> [link.href for link in source_links("javascript:alert(1)")]
    ['']
    """
    return tuple(_pieces(source.strip()))


def _pieces(text: str) -> Iterator[Link]:
    done = 0
    for found in PLACE.finditer(text):
        written = found[0].rstrip(".,;:)]")
        href = web_address(written)
        if href:
            yield from _plain(text[done : found.start()])
            yield Link(written, href)
            done = found.start() + len(written)
    yield from _plain(text[done:])


def _plain(text: str) -> Iterator[Link]:
    if text:
        yield Link(text)


def short_source_links(source: str) -> tuple[Link, ...]:
    """The same for a table: of a web address the host alone, and nothing of the punctuation between two.

    >>> [link.text for link in short_source_links("https://www.nature.com/articles/leu2010313; 10.1000/182")]
    ['nature.com', '10.1000/182']
    """
    pieces = (_shortened(link) for link in source_links(source))
    return tuple(link for link in pieces if link.text)


def _shortened(link: Link) -> Link:
    return Link(_host(link.href) if link.href == link.text else link.text.strip(" ;,"), link.href)


def web_address(written: str) -> str:
    """The address that a web address or a DOI leads to; empty for anything else.

    >>> web_address("https://example.org/a"), web_address("10.1000/182"), web_address("http://[bad")
    ('https://example.org/a', 'https://doi.org/10.1000/182', '')
    """
    if ADDRESS.fullmatch(written):
        return written if _host(written) else ""
    return doi_link(written).href


def doi_link(doi: str) -> Link:
    """A DOI, with or without `doi:` before it, as a link to doi.org."""
    text = doi.strip()
    found = DOI.fullmatch(text)
    return Link(text, "https://doi.org/" + quote(found[1], safe="/:;()._-") if found else "")


def pubmed_link(pmid: str) -> Link:
    """A PubMed identifier."""
    text = pmid.strip()
    return Link(text, f"https://pubmed.ncbi.nlm.nih.gov/{text}/" if re.fullmatch(r"[0-9]{1,9}", text) else "")


def registry_links(registry: str) -> Iterator[Link]:
    """Registry identifiers, `;` between several; those of registries with a known address are links."""
    for text in filter(None, (part.strip() for part in registry.split(";"))):
        yield Link(text, next((address + text for pattern, address in REGISTRIES if pattern.fullmatch(text)), ""))


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
