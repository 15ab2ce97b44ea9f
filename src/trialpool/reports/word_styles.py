"""How a Word file looks: every style that its paragraphs and tables name, to be changed in Word at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialpool.figures import style

BULLETS = 90  # number of the list of bullets
FONT = "Calibri"
DARK, QUIET = style.OVERALL.removeprefix("#").upper(), style.QUIET.removeprefix("#").upper()
FONTS = f'<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:cs="{FONT}" w:eastAsia="{FONT}"/>'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    """What a style of paragraphs says; sizes and distances in points, the rest as markup."""

    size: float
    before: float = 0
    after: float = 0
    letters: str = ""
    keep: bool = False
    numbers: str = ""
    indent: str = ""
    right: str = ""
    next_: str = ""
    based: str = "Normal"


def _paragraph(id_: str, name: str, **given: Any) -> str:
    """A style of paragraphs, its parts in the order that the format asks for."""
    of = _Looks(**given)
    first = id_ == "Normal"
    default = ' w:default="1"' if first else ""
    opening = f'<w:style w:type="paragraph" w:styleId="{id_}"{default}><w:name w:val="{name}"/>'
    on = "" if first else f'<w:basedOn w:val="{of.based}"/>'
    then = f'<w:next w:val="{of.next_}"/>' if of.next_ else ""
    spacing = f'<w:spacing w:before="{round(20 * of.before)}" w:after="{round(20 * of.after)}" w:line="259" w:lineRule="auto"/>'
    keep = "<w:keepNext/><w:keepLines/>" if of.keep else ""
    return (
        f"{opening}{on}{then}<w:qFormat/><w:pPr>{keep}{of.numbers}{spacing}{of.indent}{of.right}</w:pPr>"
        f"<w:rPr>{FONTS}{of.letters}{_size(of.size)}</w:rPr></w:style>"
    )


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(2 * points)}"/><w:szCs w:val="{round(2 * points)}"/>'


def _colour(hexadecimal: str) -> str:
    return f'<w:color w:val="{hexadecimal}"/>'


def _heading(level: int, size: float, before: float) -> str:
    outline = f'<w:outlineLvl w:val="{level - 1}"/>'
    id_, name, letters = f"Heading{level}", f"heading {level}", f"<w:b/>{_colour(DARK)}"
    return _paragraph(id_, name, size=size, before=before, after=4, letters=letters, keep=True, right=outline, next_="Normal")


def _rule(side: str, points: float) -> str:
    return f'<w:{side} w:val="single" w:sz="{round(8 * points)}" w:space="0" w:color="{DARK}"/>'


HAIR = '<w:insideH w:val="single" w:sz="2" w:space="0" w:color="C8CED6"/>'
TABLE = (
    '<w:style w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="Report Table"/>'
    '<w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr>'
    f"<w:tblBorders>{_rule('top', 1)}{_rule('bottom', 1)}{HAIR}</w:tblBorders>"
    '<w:tblCellMar><w:top w:w="30" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="30" w:type="dxa"/>'
    '<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>{_rule("bottom", 1)}</w:tcBorders></w:tcPr></w:tblStylePr></w:style>'
)
INDENT = '<w:ind w:left="{left}" w:hanging="{hanging}"/>'
BULLET = (
    f'<w:abstractNum w:abstractNumId="{BULLETS}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    '<w:numFmt w:val="bullet"/><w:lvlText w:val="\u2022"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>'
)
LIST = (BULLET, f'<w:num w:numId="{BULLETS}"><w:abstractNumId w:val="{BULLETS}"/></w:num>')
STYLES: dict[str, str] = {
    "Normal": _paragraph("Normal", "Normal", size=10.5, after=6),
    "Title": _paragraph("Title", "Title", size=22, before=0, after=6, letters=f"<w:b/>{_colour(DARK)}", next_="Normal"),
    "Subtitle": _paragraph("Subtitle", "Subtitle", size=10.5, after=2, letters=f"<w:caps/>{_colour(QUIET)}", next_="Normal"),
    "Heading1": _heading(1, 16, 18),
    "Heading2": _heading(2, 13, 14),
    "Heading3": _heading(3, 11, 10),
    "Caption": _paragraph("Caption", "caption", size=9, before=8, after=4, next_="Normal"),
    "Question": _paragraph("Question", "Question", size=10.5, after=8, letters=f"<w:i/>{_colour(QUIET)}", next_="Normal"),
    "Lead": _paragraph("Lead", "Lead", size=10.5, before=4, after=4, letters="<w:b/>", next_="Normal"),
    "Note": _paragraph("Note", "Note", size=9, before=3, after=8, letters=_colour(QUIET)),
    "TableText": _paragraph("TableText", "Table Text", size=8),
    "TableHead": _paragraph("TableHead", "Table Head", size=8, letters="<w:b/>", keep=True, based="TableText"),
    "ListBullet": _paragraph(
        "ListBullet",
        "List Bullet",
        size=10.5,
        after=3,
        numbers=f'<w:numPr><w:numId w:val="{BULLETS}"/></w:numPr>',
        indent=INDENT.format(left=360, hanging=360),
    ),
    "Bibliography": _paragraph("Bibliography", "Bibliography", size=9.5, after=3, indent=INDENT.format(left=480, hanging=480)),
    "TOC1": _paragraph("TOC1", "toc 1", size=10.5, before=3, after=1),
    "FootnoteText": _paragraph("FootnoteText", "footnote text", size=8.5),
    "Footer": _paragraph("Footer", "footer", size=8.5, letters=_colour(QUIET), right='<w:jc w:val="center"/>'),
    "FootnoteReference": (
        '<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/>'
        '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'
    ),
    "Hyperlink": (
        '<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/>'
        f'<w:rPr>{_colour("1F4E79")}<w:u w:val="single"/></w:rPr></w:style>'
    ),
    "ReportTable": TABLE,
}
