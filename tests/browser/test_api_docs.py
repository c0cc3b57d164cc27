"""The API documentation, which loads nothing from other hosts."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Product

pytestmark = pytest.mark.browser


def test_a_call_is_read_and_tried(page: Page, product: Product) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto("/api/docs/")
    call = page.locator("#operations-Collections-create_collection")
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("textbox").fill('{"name": "From the docs"}')
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table tbody .response-col_status")).to_have_text("201")
    assert [url for url in asked if not url.startswith((product.url, "data:"))] == []
