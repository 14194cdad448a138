"""State that a submission keeps between pseudo-experiments is found by repeating some in fresh processes."""

import json
from typing import Any

import pytest

from tests.helpers.runs import Runs, assert_contained, assert_harmless

pytestmark = pytest.mark.slow

ANSWER = "dict(mu_hat=1 + seen / 100, delta_mu_hat=0.2, p16=0.8, p84=1.2)"
FILE = """
    import os
    path = {path}
    seen = int(open(path).read()) + 1 if os.path.exists(path) else 0
    with open(path, 'w') as file:
        file.write(str(seen))
"""
KEEPING: dict[str, dict[str, str]] = {
    "in memory": {"fit": "self.seen = 0", "predict": "self.seen += 1\nseen = self.seen"},
    "in a module": {"predict": "import math\nmath.seen = seen = getattr(math, 'seen', 0) + 1"},
    "in the environment": {
        "predict": "import os\nseen = int(os.environ.get('SEEN', 0)) + 1\nos.environ['SEEN'] = str(seen)"
    },
    "in a file in the working directory": {"predict": FILE.format(path="'seen'")},
    "in a file next to model.py": {"predict": FILE.format(path="os.path.join(os.path.dirname(__file__), 'seen')")},
    "in a file in its home": {"predict": FILE.format(path="os.path.expanduser('~/.cache-seen')")},
}
NOT_KEEPING: dict[str, dict[str, str]] = {
    "nothing": {"predict": "seen = len(test_set['data'])"},
    "what fit left in a file": {"fit": "open('left', 'w').write('7')", "predict": "seen = int(open('left').read())"},
}


def check(run: Runs, methods: dict[str, Any]) -> tuple[dict[str, Any], str]:
    ended = run("--check-order", 3, answer=ANSWER, **methods)
    assert_harmless(ended)
    return json.loads((ended.output / "ingestion_summary.json").read_text())["order_check"], ended.text


@pytest.mark.parametrize("methods", KEEPING.values(), ids=KEEPING)
def test_state_is_found(run: Runs, methods: dict[str, str]) -> None:
    order_check, text = check(run, methods)
    assert order_check["repeated"] == 3
    assert len(order_check["different"]) >= 2  # the first one was asked of a fresh process already
    assert order_check["by_chance"] == []
    assert "interval widths: answers depend on earlier ones." in text


def test_answers_by_chance_are_told_apart(run: Runs) -> None:
    order_check, text = check(run, {"predict": "import random\nseen = random.random()"})
    assert len(order_check["by_chance"]) == len(order_check["different"]) == 3
    assert "answers depend on chance" in text
    assert "seed the random numbers" in text


@pytest.mark.parametrize("methods", NOT_KEEPING.values(), ids=NOT_KEEPING)
def test_no_state_is_found_where_none_is(run: Runs, methods: dict[str, str]) -> None:
    order_check, text = check(run, methods)
    assert order_check == {"repeated": 3, "different": [], "by_chance": [], "largest_difference": 0.0}
    assert "answers depend" not in text


def test_a_model_that_only_its_process_has_cannot_be_repeated(run: Runs) -> None:
    ended = run("--check-order", 1, fit="import threading\nself.guard = threading.Lock()")
    assert ended.code in (0, 2), ended.text
    assert "Traceback" not in ended.text


def test_deep_folders_are_refused_before_they_are_copied(run: Runs) -> None:
    fit = "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')"
    assert_contained(run("--check-order", 1, fit=fit), "fit made folders more than 100 deep.")


def test_a_file_with_holes_counts_as_what_its_copy_takes(run: Runs) -> None:
    fit = "for number in range(4):\n    open(str(number), 'w').truncate(190_000_000)"
    ended = run("--check-order", 1, fit=fit, limits="disk_gigabytes: 0.2")
    assert_contained(ended, "fit made files of more than 0.2 GB.")
