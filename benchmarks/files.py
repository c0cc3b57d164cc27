"""Uploads every file of a folder through the API, and reports which become ready and which fail, by class.

    python -m benchmarks.files FOLDER --token TOKEN [--url http://127.0.0.1:8000] [--json OUT]

FOLDER contains files at any depth, and optionally a `manifest.jsonl` of {"file", "class"} that names the class of each.
Without it, a file's class is its suffix. The files go into a new collection, which is kept.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

ENDINGS = {".pdf", ".docx", ".md", ".txt"}


@dataclass(frozen=True)
class Outcome:
    file: str
    kind: str  # from the manifest, or the suffix
    result: str  # "ready", or the error class
    detail: str
    passages: int


class Patient(httpx.HTTPTransport):
    """Waits and retries when the server asks for it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        while (response := super().handle_request(request)).status_code == httpx.codes.TOO_MANY_REQUESTS:
            response.close()
            time.sleep(int(response.headers["Retry-After"]))
        return response


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--token", required=True)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--timeout", type=float, default=900, help="seconds until all must be done")
    options = parser.parse_args()
    kinds = dict(kinds_of(options.folder))
    headers = {"Authorization": f"Bearer {options.token}"}
    begun = time.monotonic()
    with httpx.Client(base_url=f"{options.url}/api/v1", headers=headers, timeout=120, transport=Patient()) as api:
        outcomes = list(run(api, options.folder, kinds, options.timeout))
    show(outcomes, time.monotonic() - begun)
    if options.json:
        options.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1, ensure_ascii=False))


def kinds_of(folder: Path) -> Iterator[tuple[str, str]]:
    """The classes of the files below `folder`, by name."""
    manifest = folder / "manifest.jsonl"
    told = {}
    if manifest.exists():
        told = {line["file"]: line.get("class") for line in map(json.loads, manifest.read_text().splitlines())}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and path.suffix in ENDINGS and (not told or name in told):
            yield name, f"{path.suffix[1:]} {told.get(name) or ''}".strip()


def run(api: httpx.Client, folder: Path, kinds: dict[str, str], timeout: float) -> Iterator[Outcome]:
    made = api.post("/collections/", json={"name": f"Files of {folder.name}"}).raise_for_status().json()
    documents: dict[str, str] = {}
    for name in kinds:
        with (folder / name).open("rb") as file:
            answer = api.post(f"/collections/{made['id']}/documents/", files={"file": (Path(name).name, file)})
        documents[name] = answer.raise_for_status().json()["results"][0]["id"]
    end = time.monotonic() + timeout
    for name, id in documents.items():
        while (document := api.get(f"/documents/{id}/").raise_for_status().json())["status"] not in ("ready", "failed"):
            if time.monotonic() > end:
                break
            time.sleep(0.2)
        error = document["error"] or {"code": document["status"], "detail": ""}
        result = "ready" if document["status"] == "ready" else error["code"]
        yield Outcome(name, kinds[name], result, error["detail"], document["passage_count"])


def show(outcomes: list[Outcome], seconds: float) -> None:
    results = sorted({outcome.result for outcome in outcomes}, key=lambda result: (result != "ready", result))
    kinds = Counter(outcome.kind for outcome in outcomes)
    counts = Counter((outcome.kind, outcome.result) for outcome in outcomes)
    print(f"{len(outcomes)} files in {seconds:.0f} s")
    print(f"{'kind':44}{'files':>6}" + "".join(f"{result:>13}" for result in results))
    for kind in sorted(kinds):
        print(f"{kind:44}{kinds[kind]:6}" + "".join(f"{counts[kind, result] or '·':>13}" for result in results))
    print()
    for outcome in outcomes:
        if outcome.result != "ready":
            print(f"{outcome.result:12} {outcome.kind:40} {outcome.file}: {outcome.detail}")


if __name__ == "__main__":
    main()
