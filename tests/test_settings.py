"""Every setting in the code is in .env.example with its default, and the reverse."""

import re
from pathlib import Path

from tests.deployment import compose

CHECKOUT = Path(__file__).resolve().parents[1]
READ_ELSEWHERE = {"FOOTNOTE_ADMIN_PASSWORD", "FOOTNOTE_WORKERS"}  # by first_start and kb.local


def documented() -> dict[str, str]:
    lines = (CHECKOUT / ".env.example").read_text().splitlines()
    return dict(line.removeprefix("#").split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))


def read() -> dict[str, str]:
    """Names that kb/settings.py reads, with their defaults as written there."""
    source = (CHECKOUT / "kb" / "settings.py").read_text()
    return dict(re.findall(r'env\.\w+\("([A-Z_]+)", ([^)\n]*)\)', source))


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    assert set(documented()) == set(read()) | READ_ELSEWHERE | compose.variables()


def test_what_the_compose_file_assumes_is_what_is_documented() -> None:
    told = documented()
    assumed = {match[1]: match[3] for match in compose.VARIABLE.finditer(compose.FILE.read_text()) if match[2] == "-"}
    # There the engine is the server that the file itself starts, and something collects the logs.
    own = {"FOOTNOTE_ENGINE", "FOOTNOTE_VLLM_URL", "FOOTNOTE_LOG_FORMAT"}
    assert {name: told[name] for name in assumed.keys() - own} == {name: assumed[name] for name in assumed.keys() - own}


def test_numbers_and_switches_are_documented_with_their_defaults() -> None:
    told = documented()
    for name, default in read().items():
        if default in ("True", "False") or default.replace("_", "").isdecimal():
            assert told[name] == default.replace("_", "").lower(), name
