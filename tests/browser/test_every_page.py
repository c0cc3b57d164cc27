"""Every page: no console errors, fits into 360 pixels, WCAG AA, light and dark, keys."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
NARROW = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture
def paths(page: Page) -> list[str]:
    """Every kind of page, with the handbook's documents."""
    page.goto("/")
    page.get_by_role("link", name="Handbook").click()
    collection = re.sub(r"^https?://[^/]+", "", page.url)
    document = page.locator("#documents .row-main").first.get_attribute("href")
    assert document is not None
    pdf = page_of_a_pdf(page)
    return [
        "/",
        collection,
        f"{collection}?status=failed",
        f"{collection}edit/",
        f"{collection}remove/",
        f"{collection}members/",
        f"{collection}index/",
        "/account/",
        "/account/password/",
        "/account/tokens/new/",
        "/forgot-password/",
        "/collections/new/",
        document,
        f"{document}?start=100&end=300",
        f"{document}remove/",
        f"{document}passages/",
        f"{document}passages/?preset=legal",
        pdf,
        f"{pdf}?start=100&end=300",
        "/search/",
        "/search/?q=worker+killed",
        "/search/?q=文件太大",
        "/search/?q=zzzz",
    ]


def page_of_a_pdf(page: Page) -> str:
    """The address of the first page of the Handbook's PDF, as a picture."""
    page.goto("/")
    page.get_by_role("link", name="Handbook").click()
    row = page.locator("#documents > li", has_text=".pdf").first
    expect(row.locator(".status.ready")).to_be_visible(timeout=90_000)
    document = row.locator(".row-main").get_attribute("href")
    return f"{document}pages/1/"


@pytest.mark.parametrize("context", [NARROW], indirect=True)
def test_nothing_is_wider_than_a_small_telephone(page: Page, paths: list[str]) -> None:
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


@pytest.mark.parametrize("context", [{"color_scheme": "light"}, {"color_scheme": "dark"}, NARROW], indirect=True)
def test_every_page_meets_wcag_aa(page: Page, paths: list[str]) -> None:
    for path in paths:
        page.goto(path)
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, f"{path}: {results.generate_report()}"


def test_the_reader_chooses_dark_and_it_stays(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_label("Account and appearance").click()
    page.get_by_label("Dark").check()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_keys(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("worker killed")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".hit-source").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#passage")).to_be_in_viewport()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Collections")).to_be_visible()


def test_results_come_without_a_reload_and_the_address_follows(page: Page) -> None:
    page.goto("/search/")
    page.evaluate("window.same = true")
    page.get_by_role("searchbox").fill("worker killed")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    assert page.evaluate("window.same") is True
    expect(page).to_have_url(re.compile("q=worker%20killed"))
    expect(page).to_have_title(re.compile("worker killed"))
    page.go_back()
    expect(page.locator(".hit")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_be_visible()


def test_nothing_is_loaded_from_outside(page: Page, paths: list[str]) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for path in paths:
        page.goto(path)
    assert len(hosts) == 1
