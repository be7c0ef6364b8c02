r"""Regular expressions that mean the same in every engine that checks them (Python's `re` and RE2).

Engines differ in what `\d` and `\w` cover, in whether `$` matches before a last newline, and in what they support at
all. A contract's pattern is therefore read here once: shorthands become explicit ASCII sets, `$` becomes the end of the
text, and what only some engines know is refused. A pattern may match anywhere in the text; anchor it with `^` and `$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTHANDS = {"d": "0-9", "w": "0-9A-Za-z_", "s": " \\t\\n\\r\\f\\v"}
END_OF_TEXT = r"\Z"

_TOKEN = re.compile(r"\\.|\[\^?\]?|\(\?:|\(\?|.", re.DOTALL)
_CONTROL = frozenset("tnrfv")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_LARGEST_REPEAT = 1000


class PatternFault(ValueError):
    """The pattern is not portable; the message says what to write instead."""


def portable(pattern: str) -> str:
    """`pattern` rewritten so that every engine agrees on it; raises `PatternFault`."""
    rewritten = "".join(_rewritten(pattern))
    try:
        re.compile(rewritten)
    except re.error as error:
        raise PatternFault(f"does not parse ({error.msg}); correct it") from None
    return rewritten


def _rewritten(pattern: str) -> Iterator[str]:
    _check_repeats(pattern)
    in_set = False
    for token in _TOKEN.findall(pattern):
        if in_set:
            if token.startswith("["):
                raise PatternFault("has an unescaped '[' inside a set; write '\\['")
            yield _escaped(token, in_set=True) if token.startswith("\\") else token
            in_set = token != "]"
        else:
            yield _outside(token)
            in_set = token.startswith("[")


def _outside(token: str) -> str:
    if token == "(?":
        raise PatternFault("uses '(?...'; of these only '(?:' is portable")
    if token == "$":
        return END_OF_TEXT
    return _escaped(token, in_set=False) if token.startswith("\\") else token


def _escaped(token: str, *, in_set: bool) -> str:
    letter = token[1:]
    if letter.lower() in SHORTHANDS:
        return _shorthand(letter, in_set=in_set)
    if letter in _CONTROL or not letter.isalnum():
        return token
    raise PatternFault(
        f"uses '{token}', which engines read differently; allowed are \\d \\w \\s, \\t \\n and escaped signs"
    )


def _shorthand(letter: str, *, in_set: bool) -> str:
    members = SHORTHANDS[letter.lower()]
    if letter.islower():
        return members if in_set else f"[{members}]"
    if in_set:
        raise PatternFault(f"uses '\\{letter}' inside a set; write the set out")
    return f"[^{members}]"


def _check_repeats(pattern: str) -> None:
    if re.search(r"(?<!\\)(?:[*+?]|\{\d+(?:,\d*)?\})[+*]", pattern):
        raise PatternFault("repeats a repetition ('++' or '*+'); write one repetition")
    bounds = [int(bound) for match in _REPEAT.findall(pattern) for bound in match if bound]
    if any(bound > _LARGEST_REPEAT for bound in bounds):
        raise PatternFault(f"repeats more than {_LARGEST_REPEAT} times; write a shorter repetition")
