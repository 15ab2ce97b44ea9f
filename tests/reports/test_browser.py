"""The page as a browser has it: on a desk and a phone, in the dark, printed, without a script, and never over the network."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import contextmanager

import pytest
from tests.reports.test_html import bare_findings

from trialpool.analysis.run import analyse
from trialpool.figures.from_results import figures_of
from trialpool.formats.review_folder import read_review
from trialpool.reports.html import html_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium is installed", allow_module_level=True)

DESK, PHONE = 1280, 390
PLACE = "pfs-morgan-2012-intensive"
# the thousands of outlines that are a figure's letters, and what is shut, mean nothing to axe, and all cost it time
WITHOUT_WHAT_AXE_PASSES_BY = """
    for (const box of document.querySelectorAll("details.more")) box.open = true;
    for (const part of document.querySelectorAll("svg > :not(title, desc), details:not([open]) > :not(summary)")) part.remove();
"""


@pytest.fixture(scope="session")
def browser():
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def findings():
    return analyse(read_review("reviews/imid-maintenance"))


@pytest.fixture(scope="session")
def addresses(findings, tmp_path_factory):
    """The page of the flagship review, and that of a review with next to nothing in it, as files."""
    folder = tmp_path_factory.mktemp("pages")
    for name, found in (("full", findings), ("bare", bare_findings())):
        (folder / f"{name}.html").write_text(html_report(found, figures_of(found)), encoding="utf-8", newline="\n")
    return {name: (folder / f"{name}.html").as_uri() for name in ("full", "bare")}


@contextmanager
def opened(browser, address, **looks):
    """The page in a context of its own, in which every request but that for the page itself is stopped and written down."""
    context = browser.new_context(**looks)
    page = context.new_page()
    page.asked, page.said = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))

    def stop(route):
        page.asked.append(route.request.url)
        route.abort()

    context.route(lambda url: url.partition("#")[0] != address.partition("#")[0], stop)
    page.goto(address)
    try:
        yield page
    finally:
        context.close()


def size(width):
    return {"viewport": {"width": width, "height": 900}}


@pytest.mark.parametrize("name", ["full", "bare"])
def test_the_page_never_scrolls_sideways_and_asks_for_nothing(browser, addresses, name):
    with opened(browser, addresses[name], **size(DESK)) as page:
        page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
        for width in (DESK, PHONE, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.asked == []
        assert page.said == []


@pytest.mark.parametrize(("name", "place"), [("full", PLACE), ("bare", "death-a-1")])
def test_axe_finds_nothing_on_a_desk_and_on_a_phone_in_the_dark(browser, addresses, name, place):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed").Axe()
    with opened(browser, f"{addresses[name]}#{place}", **size(DESK)) as page:
        page.locator(f"[id='{place}']").wait_for(state="visible")
        page.evaluate(WITHOUT_WHAT_AXE_PASSES_BY)
        assert violations(axe, page) == []
        page.set_viewport_size({"width": PHONE, "height": 900})
        page.emulate_media(color_scheme="dark")
        assert violations(axe, page) == []


def violations(axe, page):
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in axe.run(page).response["violations"]]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_choosing_a_study_opens_its_derivation(browser, addresses, script):
    with opened(browser, addresses["full"], java_script_enabled=script, **size(DESK)) as page:
        body = page.locator(f"#{PLACE}")
        assert not body.is_visible()
        page.get_by_role("region", name="Table: Effects that were pooled: Progression-free survival").get_by_role(
            "link", name="Morgan 2012 (intensive)"
        ).click()
        body.wait_for(state="visible")
        assert page.url.endswith(f"#{PLACE}")
        top = body.bounding_box()["y"]
        assert 0 < top < 200


def test_an_address_with_a_hash_opens_the_derivation(browser, addresses):
    with opened(browser, f"{addresses['full']}#{PLACE}", **size(PHONE)) as page:
        page.locator(f"#{PLACE}").wait_for(state="visible")


def test_wide_tables_scroll_by_keyboard(browser, addresses):
    with opened(browser, addresses["full"], **size(PHONE)) as page:
        region = page.get_by_role("region", name="Table: Studies of the review")
        region.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("region => region.scrollLeft > 0", arg=region.element_handle(), timeout=3000)


def test_the_first_stop_of_the_keyboard_skips_to_the_report(browser, addresses):
    with opened(browser, addresses["full"], **size(DESK)) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_what_is_shut_opens_for_printing_and_shuts_again(browser, addresses):
    with opened(browser, f"{addresses['full']}#{PLACE}", **size(DESK)) as page:
        shut = "document.querySelectorAll('details:not([open])').length"
        before = page.evaluate(shut)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(shut) == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(shut) == before > 0


def test_the_printed_page_holds_the_derivations_even_without_script(browser, addresses, findings, tmp_path):
    with opened(browser, addresses["full"], java_script_enabled=False) as page:
        page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
        assert page.asked == []
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed, so the words of the printed page were not read")
    text = subprocess.run(["pdftotext", "-raw", tmp_path / "report.pdf", "-"], capture_output=True, check=True).stdout.decode()
    letters = re.sub(r"\s", "", text)
    for effect in findings["pfs"].selection.effects[:3]:
        assert re.sub(r"\s", "", effect.derivation.worked) in letters
