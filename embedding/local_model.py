"""What built-in engines share: files that a package brings, files made of them once, and ONNX Runtime's sessions."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from embedding.engine import EngineMisconfigured


def package_file(package: str, name: str, sha256: str, *, otherwise: str) -> Path:
    """The file `name` of an installed package, which is found without being imported.

    Raises EngineMisconfigured: with the sentence `otherwise` if the package is not there, or if the file is not the one
    that was published.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineMisconfigured(otherwise)
    file = Path(spec.origin).parent / name
    if not file.exists():
        raise EngineMisconfigured(f"{file} is missing. {otherwise}")
    found = _sha256(file)
    if found != sha256:
        raise EngineMisconfigured(
            f"{file} differs from the published file: its SHA-256 is {found}, expected {sha256}. "
            f"Remove the package {package} and install it again."
        )
    return file


def made_once(file: Path, make: Callable[[], bytes]) -> Path:
    """`file`, which is made if it is missing or a crash left it incomplete."""
    digest = file.with_name(f"{file.name}.sha256")
    if not (file.exists() and digest.exists() and _sha256(file) == digest.read_text()):
        content = make()
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file, content)
        _replace(digest, hashlib.sha256(content).hexdigest().encode())
    return file


def session(graph: Path, without_optimizers: Sequence[str] = ()) -> Any:
    """An onnxruntime.InferenceSession, which threads can share but which must not be used across a fork."""
    # Since 1.29 ONNX Runtime sends telemetry unless this is set before it is loaded.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # takes 0.2 s, so only processes that embed load it

    options = onnxruntime.SessionOptions()
    # More threads gain little for such small models, and spinning threads take cores from other workers.
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without_optimizers)
    )


def _replace(file: Path, content: bytes) -> None:
    """Safe when several processes do this at once: each writes its own file, and the last rename wins."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    os.replace(name, file)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
