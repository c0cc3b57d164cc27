"""The `vllm serve` command line for the recommended model: `python -m embedding.vllm_command` prints it.

This is its only source: a test checks docker-compose.yml against it.
Flags: https://docs.vllm.ai/en/stable/cli/serve/
"""

import argparse
import json
import shlex
import sys
from dataclasses import dataclass

MODEL = "Qwen/Qwen3-Embedding-4B"
REVISION = "5cf2132abc99cad020ac570b19d031efec650f2b"
MODEL_DIMENSIONS = 2560
MAX_TOKENS = 8192
GPU_MEMORY = 0.9


@dataclass(frozen=True)
class Serving:
    """`gpu_memory` is the share of GPU memory that vLLM reserves; the weights need 8 GB of it."""

    model: str = MODEL
    revision: str = REVISION
    max_tokens: int = MAX_TOKENS
    gpu_memory: float = GPU_MEMORY
    host: str = "0.0.0.0"  # noqa: S104  (in a container, where ports are private until published)
    port: int = 8000


def command(serving: Serving) -> list[str]:
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
        *("--gpu-memory-utilization", str(serving.gpu_memory)),
        *("--host", serving.host),
        *("--port", str(serving.port)),
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Print the `vllm serve` command line.")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--revision", default=REVISION)
    parser.add_argument("--max-tokens", type=int, default=MAX_TOKENS)
    parser.add_argument("--gpu-memory", type=float, default=GPU_MEMORY, help="share of the GPU's memory, 0 to 1")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    sys.stdout.write(shlex.join(command(Serving(**vars(parser.parse_args(arguments))))) + "\n")


if __name__ == "__main__":
    main()
