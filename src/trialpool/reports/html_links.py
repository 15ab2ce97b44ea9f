"""Addresses that a user wrote, as links: only to the web, and never to anything that a browser would run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from trialpool.reports.html_tables import Link

ADDRESS = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
DOI = re.compile(r"(?:doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
REGISTRIES = (
    (re.compile(r"NCT\d{8}"), "https://clinicaltrials.gov/study/"),
    (re.compile(r"ISRCTN\d{6,10}"), "https://www.isrctn.com/"),
)


def source_link(source: str) -> Link:
    """A source as it was written; a link where it is a web address or a DOI as a whole, and plain text otherwise.

    >>> source_link("https://example.org/a").href, source_link("10.1000/182").href
    ('https://example.org/a', 'https://doi.org/10.1000/182')
    >>> source_link("javascript:alert(1)").href, source_link("Blood 2006;108:3289").href
    ('', '')
    """
    text = source.strip()
    if ADDRESS.fullmatch(text) and _has_host(text):
        return Link(text, text)
    return doi_link(text)


def short_source_link(source: str) -> Link:
    """The same for a table: of a web address the host alone is shown.

    >>> short_source_link("https://www.nature.com/articles/leu2010313").text
    'nature.com'
    """
    link = source_link(source)
    if link.href != link.text or not link.href:
        return link
    return Link((urlsplit(link.href).hostname or link.href).removeprefix("www."), link.href)


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


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
