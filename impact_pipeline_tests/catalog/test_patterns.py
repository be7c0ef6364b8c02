from __future__ import annotations

import re

import duckdb
import pytest

from impact_pipeline.catalog.patterns import PatternFault, portable

TEXTS = ["", "a", "a\n", "ab", "7", "٣", "_", "é", " ", "\u00a0", "a.b", "[", "\\", "a-b", "$", "^", "\t", "x]y"]


@pytest.mark.parametrize(
    ("pattern", "rewritten"),
    [
        (r"^\d+$", r"^[0-9]+\Z"),
        (r"[\w.-]+@\w", r"[0-9A-Za-z_.-]+@[0-9A-Za-z_]"),
        (r"\D\S", r"[^0-9][^ \t\n\r\f\v]"),
        (r"(?:a|b){2,3}", r"(?:a|b){2,3}"),
        (r"\$\.[$]", r"\$\.[$]"),
        (r"[]a]", r"[]a]"),
        (r"[^]a]", r"[^]a]"),
        (r"[\]\[]", r"[\]\[]"),
    ],
)
def test_patterns_are_rewritten(pattern: str, rewritten: str) -> None:
    assert portable(pattern) == rewritten


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(?=a)", "uses '(?...'; of these only '(?:' is portable"),
        (r"(?i)a", "uses '(?...'; of these only '(?:' is portable"),
        (r"\bword", "uses '\\b', which engines read differently; allowed are \\d \\w \\s, \\t \\n and escaped signs"),
        (r"(a)\1", "uses '\\1', which engines read differently; allowed are \\d \\w \\s, \\t \\n and escaped signs"),
        (r"a\Z", "uses '\\Z', which engines read differently; allowed are \\d \\w \\s, \\t \\n and escaped signs"),
        (r"[\D]", "uses '\\D' inside a set; write the set out"),
        (r"[[:alpha:]]", "has an unescaped '[' inside a set; write '\\['"),
        (r"a++", "repeats a repetition ('++' or '*+'); write one repetition"),
        (r"a{2,1001}", "repeats more than 1000 times; write a shorter repetition"),
        (r"(a", "does not parse (missing ), unterminated subpattern); correct it"),
        ("a\\", "does not parse (bad escape (end of pattern)); correct it"),
    ],
)
def test_patterns_that_engines_read_differently_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(PatternFault, match=f"^{re.escape(message)}$"):
        portable(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d+$",
        r"\w",
        r"^\S*$",
        r"\s$",
        r"^.$",
        r"[^\w]",
        r"a?$",
        r"^(?:a|\[)",
        r"\\",
        r"[.$^]",
        r"[]x]{2}|^$",
        r"a{0,2}b",
    ],
)
def test_python_and_duckdb_agree_on_what_matches(pattern: str) -> None:
    rewritten = portable(pattern)
    query = "SELECT regexp_matches(text, ?) FROM unnest(?) AS given(text)"
    found = duckdb.execute(query, [rewritten.replace(r"\Z", r"\z"), TEXTS]).fetchall()
    assert [bool(re.search(rewritten, text)) for text in TEXTS] == [matches for (matches,) in found]
