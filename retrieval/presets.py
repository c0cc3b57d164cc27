"""How documents are cut, by kind of document, as data."""

from dataclasses import dataclass

CONTEXT_TOKENS = 64  # the most that title and headings take of an engine's window
SPECIAL_TOKENS = 2  # what an engine adds by itself


@dataclass(frozen=True)
class Preset:
    """Sizes in tokens of the engine that will embed the passages."""

    passage_tokens: int
    overlap_tokens: int

    def clipped(self, max_tokens: int) -> "Preset":
        """The sizes that leave room for the context line in an engine's window of `max_tokens`."""
        room = max_tokens - SPECIAL_TOKENS - CONTEXT_TOKENS
        size = min(self.passage_tokens, room)
        return Preset(size, min(self.overlap_tokens, size // 4))


PRESETS = {
    "general": Preset(passage_tokens=320, overlap_tokens=32),
}
DEFAULT_PRESET = "general"
