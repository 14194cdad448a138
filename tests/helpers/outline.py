import re
from html.parser import HTMLParser


class Outline(HTMLParser):
    """The tags of a page and their attributes; every tag is closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline_without_strangers(page: str, data: str = "#") -> Outline:
    """The outline of a page that runs no script and loads nothing; a source may begin with data."""
    outline = Outline(page)
    assert not {"script", "link", "iframe", "img", "object"} & set(outline.tags)
    for name, value in outline.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("#", data))
    assert "@import" not in page
    assert set(re.findall(r"url\((.)", page)) <= {"#"}
    return outline
