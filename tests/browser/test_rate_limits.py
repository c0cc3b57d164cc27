"""A person who searches too often sees the reason in place of results, and can continue afterwards."""

from playwright.sync_api import BrowserContext, Page, Route, expect

SENTENCE = "Wait 42 seconds, then try again."


def test_a_refused_search_says_when_to_try_again(context: BrowserContext) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=429, headers={"Retry-After": "42"}, body=f'<p class="problem" role="alert">{SENTENCE}</p>')

    page: Page = context.new_page()
    page.goto("/search/")
    page.route("**/search/?q=*", refuse)
    question = page.get_by_label("What are you looking for?")
    question.fill("tea")
    question.press("Enter")
    expect(page.locator("#results").get_by_role("alert")).to_have_text(SENTENCE)
    page.unroute("**/search/?q=*")
    question.fill("nothing like it")
    question.press("Enter")
    expect(page.locator("#results")).to_contain_text("found")
    expect(page.locator("#results").get_by_role("alert")).to_have_count(0)
