"""One set of colours by meaning, light and dark, for pages and the plots in them.

Plots are drawn in stand-in colours, which `follow_page` turns into the page's CSS variables, so that a plot changes
with its page. The two colours of data can be distinguished with every common form of colour blindness.
"""

from typing import Literal

COLOURS = {
    # name: (stand-in in plots, light, dark)
    "paper": ("#fe0001", "#fbfbf9", "#14171b"),
    "ink": ("#010203", "#1c2127", "#e4e7ea"),
    "quiet": ("#010204", "#5b646d", "#9ba5af"),
    "rule": ("#010205", "#d9dcdf", "#343b43"),
    "zone": ("#010206", "#e9ecea", "#232a2c"),
    "covers": ("#010207", "#0072b2", "#56b4e9"),
    "misses": ("#010208", "#d55e00", "#f39b4a"),
}


def stand_in(name: str) -> str:
    """Return the colour to draw with.

    >>> stand_in("ink")
    '#010203'
    """
    return COLOURS[name][0]


def follow_page(svg: str) -> str:
    """Replace every stand-in colour of a plot by the page's variable of that name.

    >>> follow_page("stroke: #010203")
    'stroke: var(--ink)'
    """
    for name, (drawn, _, _) in COLOURS.items():
        svg = svg.replace(drawn, f"var(--{name})")
    return svg


def css_variables(scheme: Literal["light", "dark"]) -> str:
    """Return the declarations of the page's variables.

    >>> css_variables("dark")[:43]
    '--paper: #14171b; --ink: #e4e7ea; --quiet: '
    """
    column = {"light": 1, "dark": 2}[scheme]
    return " ".join(f"--{name}: {colours[column]};" for name, colours in COLOURS.items())
