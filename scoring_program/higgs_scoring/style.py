"""The look of the report: one set of colours by meaning, light and dark, for the page and the pictures alike.

Pictures are drawn in stand-in colours, and `follow_page` turns these into the page's CSS variables, so that a picture
inside the page changes with it. The two colours of data are told apart by every common form of colour blindness.
"""

COLOURS = {
    # name: (stand-in in pictures, light, dark)
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
    """Replace every stand-in colour of a drawn picture by the page's variable of that name.

    >>> follow_page("stroke: #010203")
    'stroke: var(--ink)'
    """
    for name, (drawn, _, _) in COLOURS.items():
        svg = svg.replace(drawn, f"var(--{name})")
    return svg


def _variables(column: int) -> str:
    return " ".join(f"--{name}: {colours[column]};" for name, colours in COLOURS.items())


CSS = f"""
:root {{ color-scheme: light dark; {_variables(1)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_variables(2)} }} }}
@media print {{ :root {{ color-scheme: light; {_variables(1)} }} }}
* {{ box-sizing: border-box; }}
body {{
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif;
}}
h1 {{ margin: 0; font-size: .95rem; font-weight: 500; color: var(--quiet); }}
h2 {{ margin: 3rem 0 .25rem; font-size: 1.2rem; font-weight: 600; }}
p {{ margin: .4rem 0; max-width: 44rem; overflow-wrap: anywhere; }}
.verdict {{
  margin: .6rem 0 1rem; max-width: 56rem; font-size: 1.45rem; line-height: 1.35; font-weight: 500; text-wrap: pretty;
}}
.quiet, figcaption {{ color: var(--quiet); }}
.covers {{ color: var(--covers); }} .misses {{ color: var(--misses); }}
table {{ margin: 1rem 0; border-collapse: collapse; width: 100%; }}
th, td {{ padding: .5rem .9rem .5rem 0; text-align: left; vertical-align: baseline; }}
tr {{ border-top: 1px solid var(--rule); }}
tr:last-child {{ border-bottom: 1px solid var(--rule); }}
th {{ font-weight: 500; white-space: nowrap; }}
td.value {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
td.error {{ padding-left: 0; color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; }}
td.found {{ font-weight: 600; color: var(--misses); }}
td.meaning {{ width: 70%; padding-left: 1rem; color: var(--quiet); padding-right: 0; }}
.pictures {{
  display: grid; gap: 1.4rem 1.6rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr));
}}
figure {{ margin: .8rem 0 0; break-inside: avoid; }}
table.times {{ width: auto; min-width: min(20rem, 100%); }}
figure h3 {{ margin: 0 0 .3rem; font-size: 1rem; font-weight: 600; }}
figcaption {{ margin-top: .3rem; font-size: .875rem; line-height: 1.45; }}
svg {{ display: block; width: 100%; height: auto; }}
svg text {{ font-family: inherit !important; }}
ul.advice {{ max-width: 56rem; }}
tr.head th {{ padding-left: 0; color: var(--quiet); font-weight: 400; font-size: .875rem; }}
table.tests {{ width: auto; }}
table.tests .meaning {{ width: auto; white-space: nowrap; }}
ul {{ margin: .6rem 0; padding-left: 1.2rem; }}
li {{ margin: .3rem 0; overflow-wrap: anywhere; white-space: pre-line; }}
@media (max-width: 52rem) {{
  table.tests .meaning {{ display: none; }}
  body {{ padding-top: 1.5rem; }}
  .verdict {{ font-size: 1.2rem; }}
  table.scores tr.head {{ display: none; }}
  table.scores tr {{ display: grid; grid-template-columns: 1fr auto; }}
  table.scores td.found {{ font-weight: 600; color: var(--misses); }}
td.meaning {{ grid-column: 1 / -1; width: auto; padding: 0 0 .5rem; font-size: .875rem; }}
  table.scores th, table.scores td.value {{ padding-bottom: .1rem; padding-right: 0; }}
  table.scores td.error:empty {{ display: none; }}
  table.scores td.error {{ grid-column: 1 / -1; padding: 0 0 .1rem; text-align: right; font-size: .875rem; }}
  table.scores td.error::after {{ content: " over " attr(data-unit); }}
}}
"""


def html_page(title: str, css: str, body: str) -> str:
    """Put a report's content into a self-contained page.

    Args:
        title: of the page, plain text.
        css: style rules.
        body: HTML.

    Returns:
        The page.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
{body}
</body>
</html>
"""
