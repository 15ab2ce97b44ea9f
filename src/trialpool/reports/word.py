"""A document as a Word file: real headings, tables, captions and footnotes, figures with their words; the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from trialpool.figures.printed import PNG_DPI
from trialpool.formats.reproducible_zip import reproducible_zip
from trialpool.reports import word_markup as markup
from trialpool.reports.column_widths import column_widths
from trialpool.reports.document import Block, Contents, Document, FigureBlock, Heading, Paragraph, Reference, TableBlock, Turn
from trialpool.reports.word_parts import add_footer, add_footnotes, parsed, set_properties, set_styles

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from PIL.Image import Image as Picture

PAGE = (595.3, 841.9)  # A4, in points
MARGIN = 56.7  # 2 cm
TEXT_WIDTH, TEXT_HEIGHT = PAGE[0] - 2 * MARGIN, PAGE[1] - 2 * MARGIN
LYING_WIDTH = PAGE[1] - 2 * MARGIN
FIGURE_HEIGHT = 0.86  # of the page that a figure takes at most, so that its caption stands below it
TABLE_SIZE = 8.0
EMUS = 12_700  # to a point
COLOURS = 128
WHITE, NEARLY_WHITE = (255, 255, 255), 250  # paper, and what a palette makes of it
STYLE_OF = {"": "", "lead": "Lead", "question": "Question", "item": "ListBullet", "note": "Note"}


def word_file(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """The document as .docx.

    Parameters
    ----------
    document : what `document_of` made
    pictures : figures by name, as PNG (see `with_fewer_colours`); a figure that is lacking is left out
    """
    return reproducible_zip(_Writer(document).written(pictures))


class _Writer:
    """A Word file that is being written, block by block."""

    def __init__(self, document: Document) -> None:
        import docx

        self.document = document
        self.word: WordDocument = docx.Document()
        self.footnotes: list[str] = []
        self.headings = 0
        self.landscape = False
        self.pictures = 0
        set_styles(self.word)
        set_properties(self.word, document.title)
        self.footer = add_footer(self.word)

    def written(self, pictures: Mapping[str, bytes]) -> bytes:
        blocks = [self._block(block, pictures) for block in self.document.blocks]
        end = self.word.element.body.sectPr
        for text in (*self._opening(), *blocks):
            for element in parsed(text):
                end.addprevious(element)
        (last,) = parsed(markup.section(PAGE, MARGIN, self.footer, landscape=self.landscape))
        end.getparent().replace(end, last)
        add_footnotes(self.word, self.footnotes)
        written = io.BytesIO()
        self.word.save(written)
        return written.getvalue()

    def _opening(self) -> Iterator[str]:
        yield markup.paragraph(markup.run(self.document.kind), "Subtitle")
        yield markup.paragraph(markup.run(self.document.title), "Title")
        if self.document.question:
            yield markup.paragraph(markup.run(self.document.question), "Question")

    def _block(self, block: Block, pictures: Mapping[str, bytes]) -> str:
        match block:
            case Heading():
                self.headings += 1
                return markup.heading(block.text, block.level, self.headings)
            case Paragraph():
                return markup.paragraph(markup.runs(block.runs, self._linked, self.footnotes), STYLE_OF[block.style])
            case Reference():
                return markup.paragraph(markup.numbered(block.number, block.text), "Bibliography")
            case TableBlock():
                return self._table(block)
            case FigureBlock():
                return self._figure(block, pictures[block.name]) if block.name in pictures else ""
            case Contents():
                return "".join(markup.contents(self._contents()))
            case Turn():
                return self._turn(block)

    def _contents(self) -> list[tuple[str, int]]:
        """The headings of the first level, those to come too, each with its number among all."""
        headings = (block for block in self.document.blocks if isinstance(block, Heading))
        return [(heading.text, number) for number, heading in enumerate(headings, start=1) if heading.level == 1]

    def _table(self, block: TableBlock) -> str:
        widths = column_widths(block.table, LYING_WIDTH if self.landscape else TEXT_WIDTH, size=TABLE_SIZE)
        said = markup.caption("Table", block.number, f"{block.table.caption}.", keep=True)
        note = markup.paragraph(markup.run(block.table.note), "Note")  # which also keeps two tables apart
        return said + markup.table(block.table, widths, self._linked) + note

    def _figure(self, block: FigureBlock, picture: bytes) -> str:
        self.pictures += 1
        relation, _ = self.word.part.get_or_add_image(io.BytesIO(picture))
        scale = min(1.0, TEXT_WIDTH / block.width, FIGURE_HEIGHT * TEXT_HEIGHT / block.height)
        size = (round(block.width * scale * EMUS), round(block.height * scale * EMUS))
        drawn = markup.picture(self.pictures, relation, size, title=block.title, description=block.description)
        said = markup.caption("Figure", block.number, f"{block.title}.", block.note, keep=False)
        return markup.paragraph(drawn, more="<w:keepNext/>") + said

    def _turn(self, block: Turn) -> str:
        """The end of a section, whose pages stand as they did until here."""
        ended = markup.section(PAGE, MARGIN, self.footer, landscape=self.landscape)
        self.landscape = block.landscape
        return markup.paragraph("", more=ended)

    def _linked(self, href: str) -> str:
        from docx.opc.constants import RELATIONSHIP_TYPE

        return self.word.part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)


def with_fewer_colours(picture: Picture) -> bytes:
    """The picture as a PNG with a palette, which takes a quarter of the room and shows no difference in drawings of few colours."""
    from PIL import Image

    few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    shades = few.getpalette() or []
    colours = [shades[i : i + 3] for i in range(0, len(shades), 3)]
    few.putpalette([level for colour in colours for level in (WHITE if min(colour) >= NEARLY_WHITE else colour)])
    made = io.BytesIO()
    few.save(made, "png", dpi=(PNG_DPI, PNG_DPI))
    return made.getvalue()
