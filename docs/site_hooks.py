"""What the documentation site adds to docs/: pages from elsewhere in the repository, and a page for each module."""

import posixpath
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "starting_kit/README.md": "starting_kit.md",
    "starting_kit/walkthrough.md": "walkthrough.md",
}
"""Pages by their place in the repository, and their name on the site."""

PACKAGES = {
    "higgs_challenge": "ingestion_program",
    "higgs_scoring": "scoring_program",
    "higgs_inference": "inference",
    "higgs_tools": "tools",
}
REFERENCE = "reference"
LINK = re.compile(r'(\]\(|<img src=")([^)"\s:#]+)(#[^)"\s]*)?(?=[)"])')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/, and the reference."""
    for path, name in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    for package, folder in PACKAGES.items():
        for source in sorted((ROOT / folder / package).rglob("*.py")):
            parts = source.relative_to(ROOT / folder).with_suffix("").parts
            if source.name == "__main__.py" or not source.read_text().strip():
                continue
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            name = f"{REFERENCE}/{'/'.join(parts[:-1])}/{'index' if parts[-1] == '__init__' else parts[-1]}.md"
            files.append(File.generated(config, name, content=f"---\ntitle: {parts[-1]}\n---\n\n::: {module}\n"))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links within the repository into links within the site."""
    name = page.file.src_uri
    source = next((path for path, site_name in PAGES.items() if site_name == name), f"docs/{name}")

    def change(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[2]))
        on_site = PAGES.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if on_site is None:
            return found[0]  # mkdocs warns of a link that leads nowhere
        relative = posixpath.relpath(on_site, str(PurePosixPath(name).parent))
        return found[1] + relative + (found[3] or "")

    return LINK.sub(change, markdown)


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Put the pages that readers want first first, the reference last."""
    order = ["index.md", "participants.md", "starting_kit.md", "walkthrough.md", "organisers.md"]
    rank = {name: number for number, name in enumerate(order)}

    def place(item: object) -> tuple[bool, int]:
        return isinstance(item, Section), rank.get(item.file.src_uri, len(rank)) if isinstance(item, Page) else 0

    nav.items.sort(key=place)
    return nav
