"""Markdown as a renderer with HTML, tables and links switched on would read it."""

from __future__ import annotations

import base64

import pytest
from markdown_it import MarkdownIt

from impact_pipeline.reports import markdown
from impact_pipeline.reports.charts import forest
from impact_pipeline_tests.reports.examples import HOSTILE, look, scorecard
from impact_pipeline_tests.reports.markup import Markup

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def test_summary_is_a_headline_and_a_table() -> None:
    read = Markup(READER.render(markdown.summary(look())))
    assert read.text.startswith(
        "Ship: orders per user rose by 10.2 % (95 % interval 7.1 % to 13.3 %) Final look: every window has closed. "
        "Orders per user is superior. Next: Roll out to all users."
    )
    assert "Orders per user success +10.2 % +7.1 % to +13.3 % < 0.001 A" in read.text
    assert "Revenue per order guardrail not estimable The denominator is too close to zero" in read.text
    assert [tag for tag, _ in read.elements].count("table") == 2


@pytest.mark.parametrize("value", HOSTILE)
def test_values_of_data_never_become_markup(value: str) -> None:
    read = Markup(READER.render(markdown.summary(look(scorecard(segment_values=(value,))))))
    assert read.live() == []
    assert read.tags == {"p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
    assert [tag for tag, _ in read.elements].count("td") == 3 * 6 + 5


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# a\n- b", r"\# a \- b"),
        ("see http://evil.example", "see http\u2060\\://evil\\.example"),
        ("www.evil.example", "www\u2060\\.evil\\.example"),
        ("a@b.c", "a\\@\u2060b\\.c"),
        ("a & <b>", "a &amp; &lt;b&gt;"),
        ("1 | 2", r"1 \| 2"),
    ],
)
def test_escaped_shows_text_as_it_is(text: str, written: str) -> None:
    assert markdown.escaped(text) == written


def test_picture_is_a_data_address() -> None:
    figure = forest(look())
    assert figure is not None
    written = markdown.png_markdown(figure.png(), "forest [plot]")
    assert written.startswith("![forest \\[plot\\]](data:image/png;base64,iVBOR")
    encoded = written.removesuffix(")").split("base64,")[1]
    assert base64.b64decode(encoded) == figure.png()
