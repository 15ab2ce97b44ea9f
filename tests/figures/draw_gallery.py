"""Draws the images of the documentation by the pages' own code: python -m tests.figures.draw_gallery renews all of them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from trialpool.figures.canvas import Figure

ROOT = Path(__file__).parents[2]
PAGES = {"gallery.md": "images/gallery", "tutorials/robust.md": "images/gallery-robust"}  # page -> folder of its images
REDRAW = "Redraw it: .venv/bin/python -m tests.figures.draw_gallery"
SHOWN = re.compile(r"^!\[([^\]]*)\]\(((?:\.\./)?images/[\w-]+)/([\w-]+)\.svg\)$", re.MULTILINE)


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def shown(page: str) -> dict[str, str]:
    """Alternative text of each image on the page, by its name."""
    return {name: words for words, _, name in SHOWN.findall(text_of(page))}


def drawn(page: str) -> dict[str, Figure]:
    """Every figure that the page's code saves, by the name of its file; examples with a prompt are passed over."""
    found: dict[str, Figure] = {}
    before = Path.cwd()
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(Figure, "save", lambda figure, path: found.update({path[:-4]: figure})),
    ):
        shutil.copytree(ROOT / "src/trialpool/formats/template", Path(folder) / "my-review")  # what `trialpool new` writes
        shutil.copytree(ROOT / "reviews", Path(folder) / "reviews", ignore=shutil.ignore_patterns("report"))
        os.chdir(folder)
        try:
            names: dict[str, object] = {}
            for block in re.findall(r"^```python\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL):
                if ">>>" not in block:
                    exec(block, names)
        finally:
            os.chdir(before)
    return found


def renew(page: str) -> None:
    """Write the page's images, and their descriptions into the page."""
    figures, folder = drawn(page), ROOT / "docs" / PAGES[page]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, figure in figures.items():
        figure.save(folder / f"{name}.svg")

    def with_words(image: re.Match[str]) -> str:
        return f"![{figures[image[3]].description}]({image[2]}/{image[3]}.svg)"

    (ROOT / "docs" / page).write_text(SHOWN.sub(with_words, text_of(page)), encoding="utf-8")


if __name__ == "__main__":
    for each in PAGES:
        renew(each)
