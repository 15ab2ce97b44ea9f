"""Draw docs/images/screen.svg, the picture of `trialpool screen`: python -m tests.cli.draw_screen."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from trialpool.cli.screen_app.app import ScreeningApp
from trialpool.cli.screen_app.background_ranking import BackgroundRanking
from trialpool.review.plan import ScreeningPlan
from trialpool.review.record import Place, Record
from trialpool.screening.session import ScreeningSession
from trialpool.screening.state import screening_state

IMAGE = Path(__file__).parents[2] / "docs/images/screen.svg"
PLAN = ScreeningPlan.model_validate(
    {
        "include": ["Adults with newly diagnosed multiple myeloma", "Maintenance against none or placebo", "Random allocation"],
        "exclude": ["Relapsed disease only"],
        "title_abstract_reasons": ["animals", "not randomised", "another disease"],
        "include_words": ["random*", "maintenance", "thalidomide", "lenalidomide"],
        "exclude_words": ["mice", "case report", "retrospective*", "relapsed"],
    }
)
ABSTRACT = (
    "BACKGROUND: Whether maintenance after transplantation prolongs survival is not settled. METHODS: Patients were randomly "
    "assigned to the drug or to placebo until relapse. No retrospective data were used. The primary end point was progression-free "
    "survival. RESULTS: Progression came later with maintenance. CONCLUSIONS: An invented abstract, made for this picture."
)


def record(n: int, title: str, abstract: str = ABSTRACT) -> Record:
    """An invented record."""
    return Record(
        Place("pubmed.nbib", n),
        title=title,
        authors=("Example A", "Sample BC", "Other D"),
        year=2012,
        journal="Journal of Examples",
        volume="36",
        pages=f"{n}770-81",
        doi=f"10.1000/example.{n}",
        abstract=abstract,
        database="PubMed",
    )


RECORDS = [
    record(1, "Lenalidomide maintenance after transplantation: a randomised trial"),
    record(2, "A case report of knee pain", "One patient is described."),
    record(3, "Thalidomide maintenance in older patients with myeloma: a randomised trial"),
    *(record(n, f"Vaccination schedules, part {n}", "Schedules are compared.") for n in range(4, 240)),
]


async def draw() -> None:
    """Decide two records, and draw the third."""
    ids = [one.id for one in RECORDS]
    session = ScreeningSession(
        screening_state(ids, [], PLAN), "mk", "title-abstract", write=lambda row: row, now=lambda: "2026-03-01T09:30:00Z"
    )
    app = ScreeningApp(
        session,
        dict(zip(ids, RECORDS, strict=True)),
        "Maintenance therapy in myeloma",
        learner=lambda deliver: BackgroundRanking(RECORDS, criteria="", seed=1, deliver=deliver),
        advise=True,
    )
    app.title = "trialpool screen"
    async with app.run_test(size=(112, 26)) as pilot:
        for key in ("i", "2"):
            before = app.basis
            await pilot.press(key)
            while app.basis == before:  # which comes from another process
                await pilot.pause(0.1)
        svg = app.export_screenshot()
    fonts = r"@font-face \{.*?\}\s*"  # which would be fetched from elsewhere
    IMAGE.write_text(re.sub(fonts, "", svg, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(draw())
