"""The Dockerfile, as far as it can be tested without a container engine: each RUN line works on plain Debian."""

import re
import subprocess
from fnmatch import fnmatch

import pytest
import yaml

from kb.local.supervision import CHECKOUT
from kb.parsing.recognition import LANGUAGES, ORIENTATION
from tests.deployment import compose

TEXT = (CHECKOUT / "Dockerfile").read_text()
LINES = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines()
STEPS = [(word, rest.strip()) for word, _space, rest in (line.partition(" ") for line in LINES if line)]


def said(word: str) -> list[str]:
    return [rest for step, rest in STEPS if step == word]


def committed(path: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", path], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def sources() -> list[str]:
    return [source for line in said("COPY") for source in line.split()[:-1]]


@pytest.mark.parametrize("line", said("RUN"))
def test_every_run_line_is_valid_shell_and_leaves_no_compiler(line: str) -> None:
    subprocess.run(["bash", "-n", "-c", line], check=True)
    subprocess.run(["sh", "-n", "-c", line], check=True)
    assert not re.search(r"\b(gcc|make|build-essential|curl|wget)\b", line)
    if "apt-get" in line:
        assert "--no-install-recommends" in line
        assert line.endswith("rm -rf /var/lib/apt/lists/*")
    if "pip install" in line:
        assert "--only-binary :all:" in line


@pytest.mark.parametrize("source", sources())
def test_what_is_copied_is_in_git_and_not_ignored(source: str) -> None:
    assert committed(source)
    let_in = [line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(fnmatch(f"{source}/", f"{pattern}/*") for pattern in let_in)


def test_everything_that_runs_is_copied() -> None:
    """All code in git, and the files it reads: fails for a new folder that is not copied."""
    needed = {"manage.py", "embedding", "retrieval", "kb", "templates", "static", "examples/handbook"}
    assert needed < set(sources())
    beside = {".ci", "benchmarks", "docs", "examples", "tests"}
    folders = {path.split("/")[0].strip('"') for path in committed(".") if "/" in path}
    assert folders - beside <= {source.split("/")[0] for source in sources()}


def test_secrets_and_state_stay_outside() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!") and (".env" in line or "var" in line)]
    assert not re.search(r"PASSWORD|SECRET|TOKEN", TEXT)


def test_it_runs_as_an_unprivileged_user_who_owns_only_the_data() -> None:
    (account,) = re.findall(r"useradd .* (\w+)$", said("RUN")[0])
    assert said("USER") == [account]
    users = [place for place, (step, _rest) in enumerate(STEPS) if step == "USER"]
    assert users[0] > max(place for place, (step, _rest) in enumerate(STEPS) if step in ("COPY", "RUN"))
    assert not [line for line in said("COPY") if "--chown" in line]


def test_its_default_command_is_the_web_server_of_the_compose_file() -> None:
    (command,) = said("CMD")
    assert sorted(yaml.safe_load(command)) == sorted(compose.read()["services"]["web"]["command"])
    assert "PYTHONUNBUFFERED=1" in said("ENV")[0]


def test_its_python_is_supported_by_the_packages() -> None:
    (base,) = said("FROM")
    version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", base)
    assert version is not None
    assert version[1] in ("3.11", "3.12", "3.13")


def test_it_reads_scans_in_english_and_both_chinese_scripts() -> None:
    (line,) = [line for line in said("RUN") if "apt-get" in line]
    languages = {f"tesseract-ocr-{name.replace('_', '-')}" for name in (*LANGUAGES, ORIENTATION)}
    assert languages <= set(line.split())
    assert [line for line in said("RUN") if "pip install" in line and "'.[ocr]'" in line]
