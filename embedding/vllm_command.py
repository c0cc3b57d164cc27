"""The `vllm serve` command line for Qwen3-Embedding: `manage.py vllm` prints it.

This is its only source: a test checks docker-compose.yml against it.
Flags: https://docs.vllm.ai/en/stable/cli/serve/
"""

import json
from dataclasses import dataclass

MODEL = "Qwen/Qwen3-Embedding-4B"
REVISION = "5cf2132abc99cad020ac570b19d031efec650f2b"
MODEL_DIMENSIONS = 2560
MAX_TOKENS = 8192
GPU_MEMORY = 0.9


@dataclass(frozen=True)
class Serving:
    """What is served and how. `gpu_memory` is the share of the GPU's memory that vLLM reserves."""

    model: str = MODEL
    revision: str = REVISION
    model_dimensions: int = MODEL_DIMENSIONS
    max_tokens: int = MAX_TOKENS
    gpu_memory: float = GPU_MEMORY

    @property
    def dimensions(self) -> int:
        """As many as an index keeps, which may be fewer than the model has."""
        return min(self.model_dimensions, MODEL_DIMENSIONS)

    @property
    def smallest_dimensions(self) -> int:
        """The shortest truncation that the model was trained for, by its card; 0 if for none or if it is not known."""
        return 32 if "qwen3-embedding" in self.model.lower() else 0

    def environment(self) -> dict[str, str]:
        """The lines of .env with which Compose serves it and Footnote asks it."""
        values = {
            "MODEL": self.model,
            "REVISION": self.revision,
            "MODEL_DIMENSIONS": self.model_dimensions,
            "DIMENSIONS": self.dimensions,
            "MAX_TOKENS": self.max_tokens,
            "GPU_MEMORY": self.gpu_memory,
        }
        return {f"FOOTNOTE_VLLM_{name}": str(value) for name, value in values.items()}


_SMALL = Serving("Qwen/Qwen3-Embedding-0.6B", "c54f2e6e80b2d7b7de06f51cec4959f6b3e03418", 1024)
_LARGE = Serving("Qwen/Qwen3-Embedding-8B", "1d8ad4ca9b3dd8059ad90a75d4983776a23d44af", 4096, 32_768)

# By the GPU's memory in GB. docs/engines.md has the arithmetic: weights, keys and values of one longest text, the rest.
PROFILES = {
    8: _SMALL,
    12: Serving(max_tokens=4096),
    16: Serving(),
    24: Serving(max_tokens=32_768),
    80: _LARGE,
}


def command(serving: Serving, *, host: str = "0.0.0.0", port: int = 8000) -> list[str]:  # noqa: S104
    """The default `host` and `port` are for a container, where ports are private until published."""
    return [
        *("vllm", "serve", serving.model),
        *("--revision", serving.revision),
        *("--served-model-name", serving.model),
        *("--runner", "pooling"),
        # The model's own type on a GPU. Set explicitly so that vectors do not change with vLLM's defaults.
        *("--dtype", "bfloat16"),
        *("--max-model-len", str(serving.max_tokens)),
        # The model was trained for truncation (MRL), but its config.json does not say so, and vLLM insists on it.
        *("--hf-overrides", json.dumps({"is_matryoshka": True})),
        # Questions overtake documents.
        *("--scheduling-policy", "priority"),
        *("--gpu-memory-utilization", str(serving.gpu_memory)),
        *("--host", host),
        *("--port", str(port)),
    ]
