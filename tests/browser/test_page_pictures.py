"""From a question to the marked lines on the picture of a page, and to the next hit, using only keys."""

import re
from pathlib import Path

import pytest
from fpdf import FPDF
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import page_of_a_pdf
from tests.browser.test_upload_to_passage import FILLER, make_collection, wait_until_done

pytestmark = pytest.mark.browser

SECRET = "The lamp is kept by Ottilie Brandt"


@pytest.fixture
def asked(page: Page, tmp_path: Path) -> Page:
    """The hits of a question. The first is on the second page of a PDF."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for text in (FILLER * 20, FILLER * 15 + SECRET + ". " + FILLER * 15, FILLER * 20):
        pdf.add_page()
        pdf.multi_cell(0, 6, text)
    pdf.output(str(tmp_path / "lighthouse.pdf"))
    (tmp_path / "note.txt").write_text("Somebody painted the lighthouse.")
    make_collection(page, "Lighthouse")
    page.locator("#files").set_input_files([tmp_path / "lighthouse.pdf", tmp_path / "note.txt"])
    wait_until_done(page, 2)
    page.get_by_label("Search in this collection").fill("Who keeps the lighthouse lamp?")
    page.keyboard.press("Enter")
    expect(page.locator(".hit-document").first).to_have_text("lighthouse.pdf")
    return page


def is_drawn(page: Page) -> bool:
    return bool(page.evaluate("document.querySelector('.page-picture img').naturalWidth > 0"))


def test_from_a_question_to_the_marked_line_and_to_the_next_hit(asked: Page) -> None:
    asked.locator(".hit-source").first.click()
    expect(asked.locator("mark").first).to_be_in_viewport()
    asked.keyboard.press("v")
    expect(asked.locator("#passage")).to_be_in_viewport()
    expect(asked).to_have_url(re.compile("/pages/2/"))
    asked.wait_for_load_state("networkidle")
    assert is_drawn(asked)
    marks = asked.get_by_role("img", name="The passage").bounding_box()
    picture = asked.get_by_role("img", name="lighthouse.pdf, page 2").bounding_box()
    assert marks == picture

    asked.keyboard.press("ArrowRight")
    expect(asked.get_by_text("page 3 of 3")).to_be_visible()
    asked.go_back()
    expect(asked.get_by_text("page 2 of 3")).to_be_visible()

    asked.keyboard.press("v")
    expect(asked.locator("mark").first).to_be_in_viewport()
    asked.keyboard.press("n")
    expect(asked.get_by_text(re.compile("passage 2 of"))).to_be_visible()
    asked.keyboard.press("p")
    expect(asked.get_by_text(re.compile("passage 1 of"))).to_be_visible()
    asked.get_by_role("link", name="All results").click()
    expect(asked.locator(".hit").first).to_be_visible()


def test_a_picture_that_does_not_come_is_said(asked: Page) -> None:
    asked.route("**/picture/**", lambda route: route.fulfill(status=200, body="no picture", content_type="image/jpeg"))
    asked.locator(".hit-source").first.click()
    expect(asked.locator("mark").first).to_be_in_viewport()
    asked.keyboard.press("v")
    expect(asked.get_by_role("alert")).to_contain_text("The picture of this page did not load.")


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_it_works_without_javascript(page: Page) -> None:
    page.goto(f"{page_of_a_pdf(page)}?start=100&end=300")
    expect(page.locator("#passage")).to_be_in_viewport()
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.locator("mark").first).to_be_in_viewport()
    page.get_by_role("link", name="Page", exact=True).click()
    expect(page.locator("#passage")).to_be_in_viewport()
