"""Another index of the Handbook: built while it is watched, compared, activated, and the former one dropped."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import RULES, page_of_a_pdf

pytestmark = pytest.mark.browser


def test_built_compared_activated_and_dropped(page: Page) -> None:
    page_of_a_pdf(page)  # its documents are ready then
    page.get_by_role("link", name="Index", exact=True).click()
    active = page.get_by_role("region", name="Searched now")
    expect(active).to_contain_text("Split as")
    page.get_by_label("Split as").select_option("narrative")
    page.get_by_role("button", name="Build").click()

    building = page.get_by_role("region", name="Being built")
    expect(building.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("region", name="Build another index")).to_have_count(0)
    assert Axe().run(page, options=RULES).violations_count == 0
    activate = building.get_by_role("button", name="Activate")
    expect(activate).to_be_visible(timeout=90_000)  # without a reload of ours

    compare = page.get_by_role("region", name="Compare")
    compare.get_by_role("searchbox").fill("what happens when a worker is killed?")
    compare.get_by_role("button", name="Compare").click()
    for name in ("Searched now", "Built beside it"):
        side = page.get_by_role("region", name=name)
        expect(side.get_by_role("listitem")).to_have_count(5)
        expect(side.get_by_text("in both").first).to_be_visible()
    assert Axe().run(page, options=RULES).violations_count == 0

    page.go_back()
    activate.click()
    expect(active).to_contain_text("narrative")
    retired = page.get_by_role("region", name="Retired")
    expect(retired).to_contain_text("kept until")
    assert Axe().run(page, options=RULES).violations_count == 0
    retired.get_by_role("link", name="Drop…").click()
    page.get_by_role("button", name="Drop").click()
    expect(retired).to_have_count(0)
    expect(active).to_contain_text("narrative")
