"""Scripts against the product: the commands of the README, and a client generated from the schema.

They need no browser, but the running product of this package.
"""

import importlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.browser.conftest import CHECKOUT, Product

INTERPRETER = ".venv/bin/python"


def token(product: Product) -> str:
    command = [sys.executable, "manage.py", "create_token", "admin", "--name", "test"]
    return subprocess.check_output(command, cwd=CHECKOUT, env=product.environment, text=True).strip()


def test_the_lines_of_the_readme_do_what_they_say(product: Product) -> None:
    text = (CHECKOUT / "README.md").read_text()
    found = re.search(r"## From a script\n+```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    lines = found[1].replace("http://127.0.0.1:8000", product.url).replace(INTERPRETER, sys.executable)
    script = f"set -euo pipefail\n{lines}"
    output = subprocess.check_output(
        ["bash", "-c", script], cwd=CHECKOUT, env=product.environment, text=True, timeout=120
    )
    uploaded, end = json.JSONDecoder().raw_decode(output)
    answer = json.loads(output[end:])
    assert uploaded["results"][0]["name"] == "README.md"
    assert any("make run" in hit["passage"]["text"] for hit in answer["hits"])


@pytest.fixture
def client(product: Product, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A Python client, generated from the schema that the product serves."""
    schema = tmp_path / "schema.json"
    schema.write_text(httpx.get(f"{product.url}/api/schema/").text)
    config = tmp_path / "config.yaml"
    config.write_text("post_hooks: []\n")  # it would format the code
    generator = Path(sys.executable).with_name("openapi-python-client")
    options = [f"--path={schema}", f"--output-path={tmp_path / 'footnote_client'}", "--meta=none", f"--config={config}"]
    made = subprocess.run([generator, "generate", *options], capture_output=True, text=True, check=True)
    assert "WARNING" not in made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("footnote_client")


def test_a_client_made_from_the_schema_uploads_and_searches(client: ModuleType, product: Product) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"footnote_client.{name}")

    models, file = part("models"), part("types").File
    api = client.AuthenticatedClient(base_url=product.url, token=token(product), raise_on_unexpected_status=True)
    with api:
        body = models.NewCollectionRequest(name="By a client")
        collection = part("api.collections.create_collection").sync(client=api, body=body)
        files = [file(payload=b"Boil the bones for hours.", file_name="soup.md"), file(b"Tea.", "tea.txt")]
        metadata = models.NewFilesRequestMetadata.from_dict({"year": 2026})
        upload = models.NewFilesRequest(file=files, metadata=metadata)
        accepted = part("api.documents.upload_documents").sync(collection.id, client=api, body=upload)
        assert [one.name for one in accepted.results] == ["soup.md", "tea.txt"]
        for one in accepted.results:
            wait_until_ready(lambda id=one.id: part("api.documents.get_document").sync(id, client=api))
        filters = models.FilterRequest(metadata=models.FilterRequestMetadata.from_dict({"year": 2026}))
        question = models.SearchRequest(query="how long do I boil bones?", collections=[collection.id], filter_=filters)
        answer = part("api.search.search").sync(client=api, body=question)
        assert answer.hits[0].document.name == "soup.md"
        assert answer.hits[0].passage.text == "Boil the bones for hours."
        lost = part("api.documents.get_document").sync("nothing", client=api)
        assert lost.error.code == "not_found"


def wait_until_ready(read: Any) -> None:
    end = time.monotonic() + 60
    while (status := read().status.value) != "ready":
        assert status != "failed"
        assert time.monotonic() < end
        time.sleep(0.2)
