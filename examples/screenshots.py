"""Makes the README's pictures from a running Footnote, in Debian's Chromium.

    .venv/bin/python examples/screenshots.py PASSWORD [--url http://127.0.0.1:8000]

PASSWORD is admin's. The sample collection must be there.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

OUT = Path(__file__).parent / "screenshots"
QUESTION = "What happens to a document when the worker is killed?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("password")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for appearance in ("light", "dark"):
            page = browser.new_page(
                base_url=options.url,
                viewport={"width": 1200, "height": 760},
                device_scale_factor=1.5,
                color_scheme="dark" if appearance == "dark" else "light",
            )
            page.goto("/sign-in/")
            page.get_by_label("Username").fill("admin")
            page.get_by_label("Password").fill(options.password)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            take(page, appearance)
        browser.close()


def take(page: Page, appearance: str) -> None:
    page.goto("/search/")
    page.get_by_role("searchbox").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".hit").first.wait_for()
    page.get_by_role("searchbox").blur()  # without its ring; Escape would empty it
    page.screenshot(path=OUT / f"search-{appearance}.png")
    page.locator(".hit-source").first.click()
    page.locator("#passage").wait_for()
    page.screenshot(path=OUT / f"passage-{appearance}.png")


if __name__ == "__main__":
    main()
