"""The product as `make run` starts it, and a real browser.

For this package only: Playwright keeps an event loop running in the main thread while it is in use.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.services import PREFIX

CHECKOUT = Path(__file__).resolve().parents[2]
PASSWORD = "a password for browsers"
START_SECONDS = 120
LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
OURS = ("DATABASE_URL", "REDIS_URL", "FOOTNOTE_")


@dataclass(frozen=True)
class Product:
    url: str
    environment: dict[str, str]  # for commands of manage.py


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Footnote on a free port with a data folder of its own, ready to use."""
    data = Path(subprocess.check_output(["mktemp", "-d", "-t", f"{PREFIX}XXXXXX"], text=True).strip())
    data.chmod(0o711)  # as root, the database's user passes through it
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment |= {"FOOTNOTE_DATA": str(data / "data"), "PORT": str(port), "FOOTNOTE_ADMIN_PASSWORD": PASSWORD}
    log = data / "starter.log"
    with log.open("w") as output:
        starter = subprocess.Popen(
            [sys.executable, "-m", "kb.local"], cwd=CHECKOUT, env=environment, stdout=output, stderr=output
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", starter, log)
        yield Product(f"http://127.0.0.1:{port}", environment)
    finally:
        starter.terminate()
        starter.wait(timeout=60)
        shutil.rmtree(data)


def wait_until_ready(url: str, starter: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_ready(url):
        assert starter.poll() is None, f"it ended: {log.read_text()}"
        assert time.monotonic() < end, f"not ready after {START_SECONDS} s: {log.read_text()}"
        time.sleep(0.3)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz?all=1", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("FOOTNOTE_CHROMIUM") or shutil.which("chromium")
    if program is None:
        reason = "no browser: install Debian's chromium, or name one in FOOTNOTE_CHROMIUM"
        if os.environ.get("FOOTNOTE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=LAUNCH)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def signed_in(chromium: Browser, product: Product) -> StorageState:
    """The cookies of the administrator after signing in with the form."""
    context = chromium.new_context(base_url=product.url)
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(
    chromium: Browser, product: Product, signed_in: StorageState, request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """Options of the browser may be given by `@pytest.mark.parametrize("context", [{...}], indirect=True)`."""
    options = {"viewport": {"width": 1280, "height": 900}, "locale": "en", **getattr(request, "param", {})}
    context = chromium.new_context(base_url=product.url, storage_state=signed_in, **options)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """The library. Any error in the browser's console fails the test."""
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/")
    yield page
    assert complaints == []
