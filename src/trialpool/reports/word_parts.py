"""What a Word file has beside its text: styles, properties, the footer, footnotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialpool.figures.svg import NOT_XML
from trialpool.reports import word_markup as markup
from trialpool.reports.word_styles import LIST, STYLES

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

FOOTNOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
SEPARATORS = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)
LANGUAGE = "en-GB"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
DATED = ("{http://purl.org/dc/terms/}created", "{http://purl.org/dc/terms/}modified")


def parsed(text: str) -> list[Any]:
    """The elements that markup says."""
    from docx.oxml import parse_xml

    return list(parse_xml(f"<w:x {markup.NAMESPACES}>{text}</w:x>"))


def set_styles(word: WordDocument) -> None:
    """Our styles in the place of those that python-docx brings, which keep their names only where we use them."""
    styles = word.styles.element
    for style in list(styles):
        if style.tag == f"{{{markup.W}}}style" and style.get(f"{{{markup.W}}}styleId") not in KEPT:
            styles.remove(style)
    for text in STYLES.values():
        styles.extend(parsed(text))
    for language in styles.iter(f"{{{markup.W}}}lang"):
        language.set(f"{{{markup.W}}}val", LANGUAGE)
    numbering: Any = word.part.numbering_part.element
    for element in list(numbering):
        numbering.remove(element)
    numbering.extend(element for text in LIST for element in parsed(text))


KEPT = {"DefaultParagraphFont", "TableNormal", "NoList"}


def set_properties(word: WordDocument, title: str) -> None:
    """The title, and no author, date, program or picture of the first page."""
    properties = word.core_properties
    properties.title, properties.language = NOT_XML.sub("", title)[:255], LANGUAGE
    properties.author = properties.comments = properties.last_modified_by = properties.keywords = ""
    element: Any = properties._element  # noqa: SLF001
    for dated in DATED:
        for found in element.findall(dated):
            element.remove(found)
    relations = word.part.package.rels
    for id_ in [id_ for id_, of in relations.items() if of.reltype.endswith(("/thumbnail", "/extended-properties"))]:
        del relations[id_]


def add_footer(word: WordDocument) -> str:
    """The number of the page below each; returns the id of the footer's relationship."""
    footer = word.sections[0].footer
    footer.is_linked_to_previous = False
    old = footer.paragraphs[0]._p  # noqa: SLF001
    (new,) = parsed(markup.paragraph(markup.page_number(), "Footer"))
    old.getparent().replace(old, new)
    (reference,) = word.element.body.sectPr.xpath("w:footerReference")
    return str(reference.get(f"{{{markup.R}}}id"))


def add_footnotes(word: WordDocument, footnotes: Sequence[str]) -> None:
    """The footnotes as a part of their own, numbered from 1."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    if not footnotes:
        return
    notes = "".join(markup.footnote(i, text) for i, text in enumerate(footnotes, start=1))
    text = f"{DECLARATION}<w:footnotes {markup.NAMESPACES}>{SEPARATORS}{notes}</w:footnotes>"
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES_TYPE, text.encode(), word.part.package)
    word.part.relate_to(part, FOOTNOTES)
    (named,) = parsed('<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>')
    word.settings.element.find(f"{{{markup.W}}}compat").addprevious(named)
