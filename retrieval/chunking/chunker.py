"""Builds a tree of spans: document > sections > passages. A passage never leaves its section. Pure."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.chunking.packing import Packing
from retrieval.chunking.tree import Kind, Node, Section


@dataclass(frozen=True)
class Chunker:
    """Makes the nodes of a text; `packing` decides where passages begin and end."""

    packing: Packing

    def tree(self, text: str, sections: Sequence[Section]) -> list[Node]:
        """The tree of `text`: parents before children, passages in the order of the text.

        `sections` are in order and nested. All text is in some passage, except white space and headings. A heading with
        nothing below it becomes a passage, so that it can be found.
        """
        nodes = [Node(Kind.DOCUMENT, None, 0, len(text), ())]
        self._branch(text, nodes, 0, deque(sections), 0)
        return nodes

    def _branch(self, text: str, nodes: list[Node], parent: int, sections: deque[Section], position: int) -> None:
        end, path = nodes[parent].end, nodes[parent].heading_path
        while sections and sections[0].start < end:
            section = sections.popleft()
            nodes += self._passages(text, position, section.start, parent, path)
            nodes.append(Node(Kind.SECTION, parent, section.start, section.end, (*path, section.title)))
            here = len(nodes) - 1
            self._branch(text, nodes, here, sections, section.body)
            if here == len(nodes) - 1:
                nodes += self._passages(text, section.start, section.end, here, path)
            position = section.end
        nodes += self._passages(text, position, end, parent, path)

    def _passages(self, text: str, start: int, end: int, parent: int, path: tuple[str, ...]) -> Iterator[Node]:
        return (Node(Kind.PASSAGE, parent, *span, path) for span in self.packing.spans(text, start, end))
