"""The child process that draws pages; `kb.parsing.serving` describes the protocol.

The answer to {"path", "name", "page"} is {"picture": the JPEG in base64}. With "text", "start" and "end", it is
{"size": [width, height], "lines": [[left, top, right, bottom], ...]}.
"""

import argparse
from base64 import b64encode
from pathlib import Path
from typing import Any

from kb.parsing.serving import Send, serve
from kb.reading.drawing import pdf


def main() -> None:
    """Answer requests until standard input ends."""
    arguments = argparse.ArgumentParser(prog="python -m kb.reading.drawing", description=__doc__)
    arguments.add_argument("--memory-bytes", type=int, required=True, help="address space it may have")
    serve("kb.reading.drawing", arguments.parse_args().memory_bytes, answer)


def answer(request: dict[str, Any], _send: Send) -> dict[str, Any]:
    path, page = Path(request["path"]), request["page"]
    if "text" in request:
        size, lines = pdf.find_lines(path, page, request["text"], request["start"], request["end"])
        return {"size": size, "lines": lines}
    return {"picture": b64encode(pdf.picture(path, page)).decode()}


if __name__ == "__main__":
    main()
