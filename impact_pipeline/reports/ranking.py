"""Texts ranked by how well they match some words: Okapi BM25 (Robertson and Zaragoza, 2009)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SATURATION, LENGTH = 1.2, 0.75
_WORD = re.compile(r"[^\W_]+")
_LONGER_THAN_ITS_PLURAL = 3


def scores(texts: Sequence[str], words: Sequence[str]) -> list[float]:
    """The score of each text, in their order; 0 where it holds none of the words.

    >>> [round(score, 3) for score in scores(["stop the ramp", "a holiday"], ["ramps"])]
    [0.641, 0.0]
    """
    counts = [Counter(tokens(text)) for text in texts]
    lengths = [sum(count.values()) for count in counts]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    wanted = dict.fromkeys(token for word in words for token in tokens(word))
    weights = {token: _rarity(sum(token in count for count in counts), len(counts)) for token in wanted}
    return [
        sum(weights[token] * _saturated(count[token], length / (usual or 1.0)) for token in wanted)
        for count, length in zip(counts, lengths, strict=True)
    ]


def tokens(text: str) -> list[str]:
    """Words in small letters, parts of names apart, and a plural as its singular.

    >>> tokens("Orders_per_user, 2 ramps")
    ['order', 'per', 'user', '2', 'ramp']
    """
    return [_singular(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def _singular(word: str) -> str:
    plural = len(word) > _LONGER_THAN_ITS_PLURAL and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


def _rarity(holding: int, texts: int) -> float:
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))


def _saturated(times: int, length: float) -> float:
    return times * (SATURATION + 1) / (times + SATURATION * (1 - LENGTH + LENGTH * length))
