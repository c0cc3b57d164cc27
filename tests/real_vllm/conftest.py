"""Two real servers: MiniLM from its package, and a tiny random model of Qwen3-Embedding's architecture.

Only `make test-vllm` collects these tests.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from embedding.minilm import TOKENIZER_SHA256, MiniLM, _package_file
from embedding.server import connection
from embedding.vllm_command import Serving, command
from tests.real_vllm.tiny_qwen import HIDDEN, TinyQwen

PYTHON = os.environ.get("FOOTNOTE_TEST_VLLM", "")
SECONDS = 400  # to start: most of it is imports, in three processes each

collect_ignore_glob = [] if PYTHON else ["test_*.py"]


@dataclass
class Server:
    """vLLM in a process group of its own. Started with the flags that `manage.py vllm` prints, but for the CPU."""

    folder: Path  # of the model
    name: str  # under which it is served
    model: dict[str, int]  # what the settings say of it
    window: int
    log: Path
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        serving = Serving(str(self.folder), max_tokens=self.window, gpu_memory=0.1)
        flags = command(serving, host="127.0.0.1", port=self.port)[3:]
        program = [PYTHON, "-m", "vllm.entrypoints.openai.api_server", "--model", str(self.folder)]
        for_cpu = ["--served-model-name", self.name, "--dtype", "float32", "--enforce-eager"]
        told = {
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CACHE_ROOT": str(self.log.parent / "cache"),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*program, *flags, *for_cpu],
                env={**os.environ, **told},
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                start_new_session=True,
            )

    def wait(self) -> None:
        end = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).is_success:
                    return
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-5000:]
            assert time.monotonic() < end, self.log.read_text()[-5000:]
            time.sleep(0.5)

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyQwen:
    return TinyQwen(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    """The built-in engine, with the same weights."""
    return MiniLM(tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, tiny: TinyQwen) -> Iterator[tuple[Server, Server]]:
    logs = tmp_path_factory.mktemp("logs")
    weights = _package_file("model/tokenizer.json", TOKENIZER_SHA256).parent
    both = (
        Server(weights, "all-MiniLM-L6-v2", sizes(384, 256), 256, logs / "minilm.log"),
        Server(tiny.folder, "tests/tiny-qwen3-embedding", sizes(HIDDEN, 512), 8192, logs / "qwen.log"),
    )
    try:
        for server in both:
            server.start()
        for server in both:
            server.wait()
        yield both
    finally:
        for server in both:
            server.kill()


@pytest.fixture
def minilm_server(servers: tuple[Server, Server]) -> Server:
    return servers[0]


@pytest.fixture
def qwen_server(servers: tuple[Server, Server]) -> Server:
    return servers[1]


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LONGEST_WAIT_SECONDS", 0.3)


def sizes(dimensions: int, max_tokens: int) -> dict[str, int]:
    return {"model_dimensions": dimensions, "dimensions": dimensions, "max_tokens": max_tokens}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
