"""Another index of a collection: its progress is shown, it is compared and activated, and the previous one dropped."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import RULES
from tests.browser.test_upload_to_passage import make_collection, wait_until_done

pytestmark = pytest.mark.browser

SENTENCE = "The keeper of the lighthouse writes down what the night brings. "


def test_built_compared_activated_and_dropped(page: Page, tmp_path: Path) -> None:
    logbook = tmp_path / "logbook.md"
    logbook.write_text("\n\n".join(f"## Night {night}\n\n{SENTENCE * 30}" for night in range(1, 7)))
    make_collection(page, "Two indexes")
    page.locator("#files").set_input_files(logbook)
    wait_until_done(page, 1)
    page.get_by_role("link", name="Index", exact=True).click()
    active = page.get_by_role("region", name="Searched now")
    expect(active).to_contain_text("Split as")
    page.get_by_label("Split as").select_option("narrative")
    page.get_by_role("button", name="Build").click()

    building = page.get_by_role("region", name="Being built")
    expect(building.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("region", name="Build another index")).to_be_visible()  # several can be built at a time
    assert Axe().run(page, options=RULES).violations_count == 0
    activate = building.get_by_role("button", name="Activate")
    expect(activate).to_be_visible(timeout=90_000)  # without a reload of ours

    compare = page.get_by_role("region", name="Compare")
    compare.get_by_role("searchbox").fill("what does the keeper write down?")
    compare.get_by_role("button", name="Compare").click()
    for name in ("Searched now", "Being built"):
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
