"""Taking docs/report.png: the top of a run's report as a browser shows it."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from higgs_challenge.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync")
WIDTH, HEIGHT = 1100, 1590  # down to the first row of pictures
COLOURS = 128
SECONDS = 120


def photograph(report: Path, output: Path) -> None:
    """Write a picture of the top of a report, with few colours so that it stays small.

    Raises:
        InputError: there is no browser, or no report.
        subprocess.CalledProcessError: the browser fails.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError(f"There is no browser: install one of {', '.join(BROWSERS)}.")
    if not report.is_file():
        raise InputError(f"{report}: is missing; make run writes it.")
    with tempfile.TemporaryDirectory(prefix="picture_", ignore_cleanup_errors=True) as folder:
        picture = Path(folder) / "report.png"
        options = (f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}")
        command = [browser, *OPTIONS, *options, report.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        with Image.open(picture) as image:
            image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(output, optimize=True)
