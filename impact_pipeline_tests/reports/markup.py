"""What a browser would make of a page: elements, attributes and text, read with the standard library's parser."""

from __future__ import annotations

from html.parser import HTMLParser

STYLE = "style"


class Markup(HTMLParser):
    """Elements in order, with their attributes, and all text outside the style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._inside_style = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside_style = tag == STYLE

    def handle_endtag(self, tag: str) -> None:
        self._inside_style = False

    def handle_data(self, data: str) -> None:
        if not self._inside_style:
            self.words.append(data)

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def live(self) -> list[str]:
        """What could run or call out: scripts, frames, handlers, and addresses that are not of this site."""
        bad_tags = sorted(self.tags & {"script", "iframe", "object", "embed", "form", "link", "img", "base", "video"})
        handlers = [name for _, attributes in self.elements for name in attributes if name.startswith("on")]
        targets = [a[name] for _, a in self.elements for name in ("href", "src", "action", "xlink:href") if name in a]
        return [*bad_tags, *handlers, *(t for t in targets if ":" in t or t.startswith("//"))]
