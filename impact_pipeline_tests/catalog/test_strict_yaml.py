from __future__ import annotations

import pytest

from impact_pipeline.catalog.strict_yaml import YamlFault, parse


def test_values_come_with_the_lines_they_are_written_on() -> None:
    parsed = parse("# note\nname: a\nwindow:\n  days: 7\nlist:\n  - {x: 1}\n  - {x: 2}\n")
    assert parsed.value == {"name": "a", "window": {"days": 7}, "list": [{"x": 1}, {"x": 2}]}
    assert {path: parsed.line_of(path) for path in [("name",), ("window", "days"), ("list", 1, "x")]} == {
        ("name",): 2,
        ("window", "days"): 4,
        ("list", 1, "x"): 7,
    }


def test_a_missing_path_has_the_line_of_its_nearest_ancestor() -> None:
    parsed = parse("name: a\nwindow:\n  days: 7\n")
    assert parsed.line_of(("window", "start_day")) == 2
    assert parsed.line_of(("nope", 1)) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("12:30:45", "12:30:45"),
        ("2026-03-02", "2026-03-02"),
        ("017", "017"),
        ("0x1f", "0x1f"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("True", "True"),
        ("true", True),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("null", None),
        ("~", None),
        ("'1'", "1"),
        ('"true"', "true"),
    ],
)
def test_scalars_follow_the_json_core_types(text: str, value: object) -> None:
    found = parse(f"v: {text}\n").value["v"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands twice; keep one of the two"),
        ("a: {b: 1, b: 2}\n", 1, "the key 'b' stands twice; keep one of the two"),
        ("a: 1\nb: &x 1\n", 2, "anchors and aliases are not allowed; write the value out"),
        ("a: *x\n", 1, "anchors and aliases are not allowed; write the value out"),
        ("a: !!python/name:os.system x\n", 1, "tags are not allowed; write plain text, numbers, lists and maps"),
        ("a: !!str 1\n", 1, "tags are not allowed; write plain text, numbers, lists and maps"),
        ("a: 1\n<<: {b: 1}\n", 2, "merge keys are not allowed; write the fields out"),
        ("a: 1\n---\nb: 1\n", 2, "one file holds one document; move the second to a file of its own"),
        ("a: " + "[" * 25 + "]" * 25, 1, "nested deeper than 20 levels"),
        ("? [a]\n: 1\n", 1, "a key is plain text"),
        ("- a\n", 1, "a document is a map of fields; write `name: ...`"),
        ("", 1, "a document is a map of fields; write `name: ...`"),
        ("a: [1\nb: 2\n", 2, "not YAML: expected ',' or ']', but got ':'"),
        ("a: \x01\n", 1, "not YAML: a character that YAML does not allow"),
        ("a: x\n" * 20_000, 1, "the file is larger than 65536 bytes; split it"),
    ],
)
def test_what_is_not_strict_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(YamlFault) as raised:
        parse(text)
    assert (raised.value.line, str(raised.value)) == (line, message)


def test_deep_nesting_ends_in_a_fault_and_not_in_a_crash() -> None:
    with pytest.raises(YamlFault):
        parse("a: " + "[" * 30_000)
    with pytest.raises(YamlFault):
        parse("".join(f"{' ' * depth}a:\n" for depth in range(300)))
