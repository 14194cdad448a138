"""A real browser without a window, for what only a browser can tell of a page."""

import html
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-quic"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
SECONDS = 120

MEASURE = """
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {
  const page = frame.contentDocument, root = page.documentElement;
  const pictures = [...page.querySelectorAll("svg")].map((svg) => svg.getBoundingClientRect());
  const style = frame.contentWindow.getComputedStyle(page.body);
  const measured = {
    width: root.clientWidth, content: root.scrollWidth, height: root.scrollHeight,
    pictures: pictures.filter((box) => box.width > 100 && box.height > 100 && box.right <= root.clientWidth + 1).length,
    background: style.backgroundColor, ink: style.color,
    text: page.body.innerText,
  };
  document.body.textContent = JSON.stringify(measured);
});
frame.srcdoc = document.querySelector("template").content.textContent;
"""


def measure_page(page: str, folder: Path, width: int, *options: str) -> dict[str, Any]:
    """Load a page into a frame of the given width that lets no script run, and measure it there."""
    wrapper = folder / "wrapper.html"
    wrapper.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><body><template>{html.escape(page)}</template>'
        f'<iframe sandbox="allow-same-origin" style="width: {width}px; height: 900px; border: 0"></iframe>'
        f"<script>{MEASURE}</script></body>",
        encoding="utf-8",
    )
    shown = run_browser("--virtual-time-budget=20000", *options, "--dump-dom", wrapper.as_uri())
    body = shown[shown.index("{", shown.index("<body")) : shown.rindex("}") + 1]
    measured: dict[str, Any] = json.loads(html.unescape(body))
    return measured


def run_browser(*arguments: str) -> str:
    """Run the browser to its end with a profile of its own; skips where there is none."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    with tempfile.TemporaryDirectory(prefix="browser_", ignore_cleanup_errors=True) as profile:
        command = [browser, *OPTIONS, f"--user-data-dir={profile}", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
