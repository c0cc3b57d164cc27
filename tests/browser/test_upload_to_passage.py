"""The main story: upload four kinds of file, watch progress, search, and open the passage."""

from pathlib import Path

import pytest
from docx import Document
from fpdf import FPDF
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

FILLER = "The committee met again and wrote down what had been said the week before. "
READY_SECONDS = 90

# What each kind hides among its filler: a question, and the words of the passage that answers it.
SECRETS = {
    "lighthouse.pdf": ("Who keeps the lighthouse lamp?", "The lamp is kept by Ottilie Brandt"),
    "orchard.docx": ("When are quinces picked?", "Quinces are picked in late October"),
    "harbour.md": ("How deep is the harbour basin?", "The basin is eleven metres deep"),
    "ferry.txt": ("What does the night ferry carry?", "The night ferry carries salt and mail"),
}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "outbox"
    folder.mkdir()
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for text in (FILLER * 20, FILLER * 10 + SECRETS["lighthouse.pdf"][1] + ". " + FILLER * 10, FILLER * 20):
        pdf.add_page()
        pdf.multi_cell(0, 6, text)
    pdf.output(str(folder / "lighthouse.pdf"))
    docx = Document()
    docx.add_heading("Fruit", 1)
    docx.add_paragraph(FILLER * 20)
    docx.add_heading("Quinces", 2)
    docx.add_paragraph(SECRETS["orchard.docx"][1] + ".")
    docx.save(str(folder / "orchard.docx"))
    long = "\n\n".join(f"## Year {year}\n\n{FILLER * 8}" for year in range(1800, 2000))
    (folder / "harbour.md").write_text(f"# Harbour\n\n{long}\n\n## Depth\n\n{SECRETS['harbour.md'][1]}.\n")
    (folder / "ferry.txt").write_text(f"{FILLER * 30}\n\n{SECRETS['ferry.txt'][1]}.\n")
    return [folder / name for name in SECRETS]


def make_collection(page: Page, name: str) -> None:
    page.goto("/collections/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def remember_states(page: Page) -> None:
    """Records every state that the list shows, including short-lived ones."""
    page.evaluate(
        """() => {
            window.states = new Set();
            const look = () => {
                for (const state of document.querySelectorAll('.status, .batch-text')) {
                    window.states.add(state.textContent.replace(/\\s+/g, ' ').trim());
                }
            };
            new MutationObserver(look).observe(document.body, {subtree: true, childList: true});
        }"""
    )


def wait_until_done(page: Page, documents: int) -> None:
    ready = page.locator("#documents .status.ready")
    expect(ready).to_have_count(documents, timeout=READY_SECONDS * 1000)


def test_four_kinds_from_upload_to_the_highlighted_passage(page: Page, files: list[Path]) -> None:
    make_collection(page, "Four kinds")
    remember_states(page)
    page.locator("#files").set_input_files(files)
    wait_until_done(page, 4)
    expect(page.locator(".batch-text")).to_have_text("All 4 documents done")

    states: list[str] = page.evaluate("[...window.states]")
    embedding = [state for state in states if state.startswith("Embedding ")]
    whole = [state for state in states if " of 4 documents done" in state]
    assert len(embedding) >= 2, f"progress of a document was not seen moving: {states}"
    assert len(whole) >= 2, f"progress of the whole was not seen moving: {states}"

    for name, (question, words) in SECRETS.items():
        page.goto("/search/")
        page.get_by_role("searchbox").fill(question)
        page.keyboard.press("Enter")
        first = page.locator(".hit").first
        expect(first.locator(".hit-document")).to_have_text(name)
        expect(first.locator(".hit-text")).to_contain_text(words)
        expect(first.locator("mark").first).to_be_visible()
        first.locator(".hit-source").click()
        expect(page.locator("#passage")).to_be_in_viewport()
        highlighted = " ".join(page.locator("article mark").all_inner_texts())
        assert words in " ".join(highlighted.split())


def test_a_pdf_hit_names_its_page(page: Page, files: list[Path]) -> None:
    make_collection(page, "Pages")
    page.locator("#files").set_input_files(files[0])
    wait_until_done(page, 1)
    page.get_by_label("Search in this collection").fill(SECRETS["lighthouse.pdf"][0])
    page.keyboard.press("Enter")
    expect(page.locator(".hit-page").first).to_have_text("page 2")


def test_a_folder_goes_in_whole(page: Page, files: list[Path]) -> None:
    make_collection(page, "Folder")
    (files[0].parent / "deeper").mkdir()
    (files[0].parent / "deeper" / "note.txt").write_text("A note in a folder in a folder.")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(files[0].parent)
    expect(page.locator("#documents > li")).to_have_count(5)
    wait_until_done(page, 5)


def test_files_can_be_dropped(page: Page) -> None:
    make_collection(page, "Dropped")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(['Tea from Hangzhou.'], 'tea.txt', {type: 'text/plain'}));
            data.items.add(new File(['Milk from Jersey.'], 'milk.txt', {type: 'text/plain'}));
            for (const type of ['dragenter', 'dragover', 'drop']) {
                const options = {dataTransfer: data, bubbles: true, cancelable: true};
                document.querySelector('#upload').dispatchEvent(new DragEvent(type, options));
            }
        }"""
    )
    wait_until_done(page, 2)


def test_a_bad_file_says_what_to_do_and_can_be_removed(page: Page, tmp_path: Path) -> None:
    make_collection(page, "Bad")
    (tmp_path / "scan.txt").write_text(" ")
    page.locator("#files").set_input_files(tmp_path / "scan.txt")
    row = page.locator("#documents > li")
    expect(row).to_contain_text("The file holds no text", timeout=READY_SECONDS * 1000)
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text("Waiting")
    expect(row).to_contain_text("The file holds no text", timeout=READY_SECONDS * 1000)
    page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("link", name="Remove scan.txt").click()
    expect(row).to_have_count(0)


def test_a_file_over_the_limit_is_refused_before_it_is_sent(page: Page) -> None:
    make_collection(page, "Large")
    page.evaluate("document.querySelector('#upload').dataset.maxMegabytes = '0'")
    page.locator("#files").set_input_files({"name": "big.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.get_by_role("alert")).to_contain_text("big.txt is larger than")
    expect(page.locator("#documents > li")).to_have_count(0)


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_all_of_it_works_without_javascript(page: Page, files: list[Path]) -> None:
    make_collection(page, "Plain")
    page.locator("#files").set_input_files(files[2:])
    page.get_by_role("button", name="Upload").click()
    wait_until_done(page, 2)
    page.goto("/search/?q=" + SECRETS["harbour.md"][0])
    page.locator(".hit-source").first.click()
    expect(page.locator("#passage")).to_be_in_viewport()
