"""A drawn chart: Vega-Lite turned into static SVG for pages and PNG for metadata, without a network or a script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, MUTED, GRID = "#1f2933", "#5b6673", "#e4e7eb"
THEME: dict[str, Any] = {
    "background": "#ffffff", "font": FONT, "aria": False, "padding": 4, "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal",
        "gridColor": GRID, "domainColor": GRID, "tickColor": GRID, "titlePadding": 8,
    },
    "legend": {"labelColor": MUTED, "labelFontSize": 11, "title": None, "orient": "top", "symbolSize": 70},
    "title": {"anchor": "start", "color": INK, "fontSize": 12, "fontWeight": "bold", "offset": 8},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """`name` is unique on a page; `description` stands for the picture where it cannot be seen."""

    name: str
    spec: dict[str, Any]
    description: str
    points: int

    def svg(self) -> Markup:
        """An `<svg>` element to be placed in HTML: no namespace address, ids that cannot meet those of another."""
        import vl_convert

        drawn = vl_convert.vegalite_to_svg(self.spec, config=THEME, allowed_base_urls=[])
        bare = re.sub(r' xmlns(:\w+)?="[^"]*"', "", self._with_own_ids(drawn), count=2)
        return Markup(bare.replace("<svg", f'<svg role="img" aria-label="{escape(self.description)}"', 1))

    def _with_own_ids(self, svg: str) -> str:
        """Ids count on over all drawings of a process: number them anew, under the name of this one."""
        for place, identity in enumerate(dict.fromkeys(re.findall(r'<clipPath id="(\w+)"', svg))):
            own = f"{self.name}-{place}"
            svg = svg.replace(f'id="{identity}"', f'id="{own}"').replace(f"url(#{identity})", f"url(#{own})")
        return svg

    def png(self, scale: float = 2.0) -> bytes:
        """The same picture as an image."""
        import vl_convert

        image: bytes = vl_convert.vegalite_to_png(self.spec, config=THEME, scale=scale, allowed_base_urls=[])
        return image
