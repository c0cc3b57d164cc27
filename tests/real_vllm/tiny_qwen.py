"""A tiny random model of Qwen3-Embedding's architecture: its files, and its vectors computed by numpy.

The last token's state is the vector, and every text ends with <|endoftext|>, as in https://huggingface.co/Qwen.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from embedding.engine import Vectors

HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD, INNER = 128, 2, 4, 2, 32, 256
THETA, EPSILON = 1_000_000.0, 1e-6
END = "<|endoftext|>"
TEXTS = [
    "Green tea is steeped at seventy to eighty degrees.",
    "绿茶用八十度的水冲泡，红茶可以用沸水。",
    "def f(x): return x",
]


class TinyQwen:
    """Writes the model to a folder, from which vLLM serves it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._tokenizer = _tokenizer()
        self._weights = _weights(self._tokenizer.get_vocab_size())
        self._tokenizer.save(str(folder / "tokenizer.json"))
        save_file(self._weights, folder / "model.safetensors", metadata={"format": "pt"})
        for name, content in _files(self._tokenizer).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(json.dumps(content))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), HIDDEN), each of length 1."""
        states = np.stack([self._last_state(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))])
        unit: Vectors = (states / np.linalg.norm(states, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def _last_state(self, ids: list[int]) -> Any:
        x = self._weights["model.embed_tokens.weight"][ids]
        for layer in range(LAYERS):
            x = x + self._attention(layer, self._norm(x, f"layers.{layer}.input_layernorm"))
            x = x + self._mlp(layer, self._norm(x, f"layers.{layer}.post_attention_layernorm"))
        return self._norm(x, "norm")[-1]

    def _attention(self, layer: int, x: Any) -> Any:
        name = f"layers.{layer}.self_attn"
        n = len(x)
        q = self._rotated(self._norm(self._linear(x, f"{name}.q_proj").reshape(n, HEADS, HEAD), f"{name}.q_norm"))
        k = self._rotated(self._norm(self._linear(x, f"{name}.k_proj").reshape(n, KV_HEADS, HEAD), f"{name}.k_norm"))
        v = self._linear(x, f"{name}.v_proj").reshape(n, KV_HEADS, HEAD)
        k, v = (np.repeat(one, HEADS // KV_HEADS, axis=1) for one in (k, v))
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(HEAD)
        scores = np.where(np.tri(n, dtype=bool), scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return self._linear(np.einsum("hqk,khd->qhd", weights, v).reshape(n, HEADS * HEAD), f"{name}.o_proj")

    def _mlp(self, layer: int, x: Any) -> Any:
        name = f"layers.{layer}.mlp"
        gate = self._linear(x, f"{name}.gate_proj")
        return self._linear(gate / (1 + np.exp(-gate)) * self._linear(x, f"{name}.up_proj"), f"{name}.down_proj")

    def _norm(self, x: Any, name: str) -> Any:
        return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + EPSILON) * self._weights[f"model.{name}.weight"]

    def _linear(self, x: Any, name: str) -> Any:
        return x @ self._weights[f"model.{name}.weight"].T

    def _rotated(self, x: Any) -> Any:
        """Rotary positions: https://arxiv.org/abs/2104.09864, in the half-and-half layout of Llama and Qwen."""
        frequencies = THETA ** (-np.arange(0, HEAD, 2) / HEAD)
        angles = np.arange(len(x))[:, None] * frequencies
        cos, sin = (np.concatenate([f(angles)] * 2, axis=1)[:, None] for f in (np.cos, np.sin))
        first, second = x[..., : HEAD // 2], x[..., HEAD // 2 :]
        return x * cos + np.concatenate([-second, first], axis=-1) * sin


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    end = tokenizer.token_to_id(END)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, end)])
    return tokenizer


def _weights(vocabulary: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"embed_tokens": (vocabulary, HIDDEN), "norm": (HIDDEN,)}
    for layer in range(LAYERS):
        attention, mlp = f"layers.{layer}.self_attn", f"layers.{layer}.mlp"
        shapes |= {
            f"layers.{layer}.input_layernorm": (HIDDEN,),
            f"layers.{layer}.post_attention_layernorm": (HIDDEN,),
            f"{attention}.q_proj": (HEADS * HEAD, HIDDEN),
            f"{attention}.k_proj": (KV_HEADS * HEAD, HIDDEN),
            f"{attention}.v_proj": (KV_HEADS * HEAD, HIDDEN),
            f"{attention}.o_proj": (HIDDEN, HEADS * HEAD),
            f"{attention}.q_norm": (HEAD,),
            f"{attention}.k_norm": (HEAD,),
            f"{mlp}.gate_proj": (INNER, HIDDEN),
            f"{mlp}.up_proj": (INNER, HIDDEN),
            f"{mlp}.down_proj": (HIDDEN, INNER),
        }
    return {
        f"model.{name}.weight": (
            random.normal(1, 0.1, shape) if len(shape) == 1 else random.normal(0, 0.1, shape)
        ).astype(np.float32)
        for name, shape in shapes.items()
    }


def _files(tokenizer: Tokenizer) -> dict[str, Any]:
    end = tokenizer.token_to_id(END)
    module = "sentence_transformers.models"
    return {
        "config.json": {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            "hidden_size": HIDDEN,
            "intermediate_size": INNER,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS,
            "head_dim": HEAD,
            "hidden_act": "silu",
            "rms_norm_eps": EPSILON,
            "rope_theta": THETA,
            "max_position_embeddings": 8192,
            "vocab_size": tokenizer.get_vocab_size(),
            "tie_word_embeddings": True,
            "attention_bias": False,
            "bos_token_id": end,
            "eos_token_id": end,
            "torch_dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": END,
            "pad_token": END,
            "model_max_length": 8192,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": HIDDEN,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": False,
            "pooling_mode_max_tokens": False,
            "pooling_mode_lasttoken": True,
        },
        "2_Normalize/config.json": {},
    }
