"""The admin panel in a real browser, under its strict content security policy."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import NARROW, RULES

pytestmark = pytest.mark.browser

LISTS = ["kb/collection", "kb/document", "auth/user", "kb/token", "kb/auditentry", "kb/zeroresultsearch"]


@pytest.fixture
def paths(page: Page) -> list[str]:
    """Every kind of page of the panel."""
    rows = []
    for kind in LISTS[:3]:
        page.goto(f"/admin/{kind}/")
        row = page.locator("#result_list th a").first.get_attribute("href")
        assert row is not None
        rows += [row, row.replace("/change/", "/delete/")]
    return ["/admin/", "/admin/auth/user/add/", *(f"/admin/{kind}/" for kind in LISTS), *rows]


@pytest.mark.parametrize("context", [{"color_scheme": "light"}, {"color_scheme": "dark"}, NARROW], indirect=True)
def test_pages_fit_and_load_nothing_from_outside_and_the_browser_does_not_complain(
    page: Page, paths: list[str]
) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for path in paths:
        page.goto(path)
        width = page.evaluate("innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert len(hosts) == 1


@pytest.mark.parametrize("context", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_our_own_page_meets_wcag_aa(page: Page) -> None:
    page.goto("/admin/")
    expect(page.locator(".panel-card .panel-good")).to_have_count(4)
    results = Axe().run(page, context=".panel-grid", options=RULES)
    assert results.violations_count == 0, results.generate_report()


def test_the_speed_of_the_engine_is_measured_in_place(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("button", name="Measure").first.click()
    expect(page.locator("output").first).to_have_text(re.compile("ms per question"))


def test_chosen_documents_are_indexed_again_and_a_removal_is_asked_first(page: Page) -> None:
    page.goto("/admin/kb/document/?q=welcome")
    page.get_by_label("Select record").first.check()
    page.locator("select[name=action]").select_option("reindex")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Indexing 1 document again.")).to_be_visible()
    page.get_by_label("Select record").first.check()
    page.locator("select[name=action]").select_option("remove")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Remove 1 document?")).to_be_visible()
    page.get_by_role("link", name="Go back").click()
    expect(page.get_by_text("welcome.md")).to_be_visible()
