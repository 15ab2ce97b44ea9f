"""What of a title identifies a publication, and what in it says that two are different."""

from __future__ import annotations

import re
import unicodedata

NUMBER_WORDS = {
    word: str(value)
    for value, words in enumerate(
        ("one first i", "two second ii", "three third iii", "four fourth iv", "five fifth v", "six sixth vi", "seven seventh vii",
         "eight eighth viii", "nine ninth ix", "ten tenth x"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
CORRECTIONS = frozenset({"erratum", "errata", "corrigendum", "corrigenda", "correction", "addendum"})
NOTICES = CORRECTIONS | {
    "retraction",
    "retracted",
    "reply",
    "rejoinder",
    "response",
    "comment",
    "comments",
    "commentary",
    "editorial",
}
_TAG = re.compile(r"<[^<>]{0,40}>")
_NOT_WORDS = re.compile(r"[\W_]+")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]")
_NOTE = re.compile(
    r"\s*(\[[^\[\]]*\]|\((structured abstract|provisional abstract|abstract|review|letter|author.s transl|cochrane review)\))"
    r"[.\s]*$",
    re.IGNORECASE,
)
_RETRACTED = re.compile(r"^\W*retracted( article)?\W+", re.IGNORECASE)  # the article itself, which has been retracted
_SHORTEST_TITLE = 18


def folded(text: str) -> str:
    """Words in lower case, without accents, marks and mark-up.

    >>> folded("Étude of <i>Apoe</i>-/- mice: Müller's")
    'etude of apoe mice muller s'
    """
    plain = _TAG.sub("", text)
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain).casefold() if not unicodedata.combining(c))
    return _NOT_WORDS.sub(" ", plain.casefold()).strip()


def without_notes(title: str) -> str:
    """A title without what databases add behind it: [Review] [23 refs], (Structured abstract), [Erratum appears in ...].

    >>> without_notes("Colposcopy in 2008. [Review] [57 refs]")
    'Colposcopy in 2008.'
    """
    while (shorter := _NOTE.sub("", title)) != title and len(shorter.strip()) >= _SHORTEST_TITLE:
        title = shorter
    return title


def variants(title: str) -> tuple[str, ...]:
    """The titles that a record gives, folded: its own, and one in another language that stands in brackets.

    >>> variants("[Protective effects of incretin on atherosclerosis]. [Japanese]")
    ('protective effects of incretin on atherosclerosis',)
    >>> variants("Crowd work and theory [Arbeiten in der Crowd und Theorie]")
    ('crowd work and theory', 'arbeiten in der crowd und theorie')
    """
    title = _RETRACTED.sub("", title.strip().strip('"'))
    outside = folded(_BRACKETED.sub(" ", title))
    main = [outside] if len(outside) >= _SHORTEST_TITLE else []
    inside = [folded(part) for part in _BRACKETED.findall(title) if not _is_note(part)]
    found = tuple(dict.fromkeys([*main, *(part for part in inside if len(part) >= _SHORTEST_TITLE)]))
    return found or (folded(without_notes(title)) or folded(title),)


def _is_note(part: str) -> bool:
    start = folded(part).split(" ")[:2]
    return bool({"erratum", "review", "refs", "see", "comment", "abstract", "published", "letter", "clinical"} & set(start)) or (
        len(start) > 1 and start[1] == "refs"
    )


def numbers(folded_title: str) -> tuple[str, ...]:
    """Every number in a folded title, sorted: digits, Roman numerals, and words up to ten.

    >>> numbers("six year follow up of d4 in a phase iii trial")
    ('3', '4', '6')
    """
    words = folded_title.split()
    digits = [digit.lstrip("0") for word in words for digit in re.findall(r"\d+", word)]
    return tuple(sorted([*digits, *(NUMBER_WORDS[word] for word in words if word in NUMBER_WORDS and word not in ("i", "v", "x"))]))


def notices(folded_title: str) -> frozenset[str]:
    """Words at the beginning or end of a folded title that make it a notice about a publication, not the publication.

    >>> sorted(notices("erratum to how do requirements evolve"))
    ['erratum']
    """
    words = folded_title.split()
    return NOTICES & {*words[:2], *words[-1:]}
