"""Recognising the kind of a document from its text."""

import pytest

from retrieval.chunking.kinds import kind_of
from retrieval.chunking.presets import PRESETS

CONTRACT = """12. Term. This Agreement shall commence on the Effective Date and shall continue until terminated.
13. Indemnity. Each party shall indemnify the other party against claims arising hereunder, notwithstanding clause 4.
"""
合同 = """第十二条 甲方应当在本合同签订后十日内向乙方支付首期款项。
第十三条 乙方应当按照本合同的约定交付货物，甲方验收合格后支付余款。
"""
PAPER = """Abstract
We show that retrieval improves with context (Lewis et al., 2020). As Figure 2 shows, dense retrieval [12] helps.
1. Introduction
Smith et al. found that Table 3 of [4] holds for long documents too. We propose a better way (Chen and Wu, 2021).
References
"""
MANUAL = """Run `make install` and set `MAX_FILE_MB` in the file /etc/app.conf. Then call `start_server()`.
Use --no-cache to switch the cache off. The option maxRetries takes a number; see https://example.org/docs.html.
"""
NOVEL = """“You came back,” she said. He nodded. “I said that I would,” he replied, and put the lamp on the table.
The rain had stopped. “Will you stay?” she asked. Nobody answered for a long while.
"""
PROGRAM = """def total(rows: list[int]) -> int:
    result = 0
    for row in rows:
        result += int(row)
    return result


class Table:
    def __init__(self) -> None:
        self.rows = []
"""
LETTER = """The garden behind the house was planted by my grandmother, who loved roses more than anything else.
In spring we used to sit there and drink tea while the neighbours walked by on their way to the market.
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CONTRACT, "legal"),
        (合同, "legal"),
        (PAPER, "paper"),
        (MANUAL, "technical"),
        (NOVEL, "narrative"),
        (PROGRAM, "code"),
        (LETTER, "general"),
    ],
)
def test_a_text_is_known_by_its_words(text: str, kind: str) -> None:
    assert kind_of(text * 20) == kind
    assert kind in PRESETS


def test_a_few_words_prove_nothing() -> None:
    assert kind_of(CONTRACT) == "general"
