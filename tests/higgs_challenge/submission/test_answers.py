"""What predict may return, and what it may not; one process answers for every case."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.submission.answer import Interval, check_answer
from higgs_challenge.submission.process import SubmissionProcess
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from tests.helpers.tiny_submissions import ANSWER, LIMIT, ask, model_source, running, write_submission

KEYS = "predict must return a dict with mu_hat, delta_mu_hat, p16, p84"

GOOD = [
    ("mu_hat=0.9", Interval(0.9, 0.2, 0.8, 1.2)),
    ("p16=numpy.float32(0.5)", Interval(1.0, 0.2, 0.5, 1.2)),
    ("p16=numpy.int64(0), p84=3", Interval(1.0, 0.2, 0.0, 3.0)),
    ("p16=numpy.array(0.5)", Interval(1.0, 0.2, 0.5, 1.2)),
    ("p16=float(numpy.array([0.5]))", Interval(1.0, 0.2, 0.5, 1.2)),
    ("p84=1e30", Interval(1.0, 0.2, 0.8, 1e30)),
    ("p16=Scalar(0.5)", Interval(1.0, 0.2, 0.5, 1.2)),
    ("p16=0.7, p84=0.7", Interval(1.0, 0.2, 0.7, 0.7)),
    ("mu_hat=fractions.Fraction(1, 2)", Interval(0.5, 0.2, 0.8, 1.2)),
    ("extra='ignored'", Interval(1.0, 0.2, 0.8, 1.2)),
]
WRONG = [
    ("p16=float('nan')", "predict returned p16 = nan; expected a finite number."),
    ("p84=float('inf')", "predict returned p84 = inf; expected a finite number."),
    ("mu_hat=numpy.float32('-inf')", "predict returned mu_hat = -inf; expected a finite number."),
    ("delta_mu_hat=numpy.nan", "predict returned delta_mu_hat = nan; expected a finite number."),
    ("p16=1.3", "predict returned p16 = 1.3 above p84 = 1.2; expected p16 <= p84."),
    ("p16='0.8'", "predict returned p16 = a str; expected a number."),
    ("delta_mu_hat=None", "predict returned delta_mu_hat = a NoneType; expected a number."),
    ("p16=False", "predict returned p16 = a bool; expected a number."),
    ("p16=numpy.bool_(False)", "predict returned p16 = a bool; expected a number."),
    ("p16=1j", "predict returned p16 = a complex; expected a number."),
    ("p16=[0.8]", "predict returned p16 = a list; expected a number."),
    ("p16=numpy.array([0.8])", "predict returned p16 = a ndarray; expected a number."),
]
NO_DICT = [
    ("None", f"{KEYS}; it returned a NoneType."),
    ("(0.8, 1.2)", f"{KEYS}; it returned a tuple."),
    ("0.8", f"{KEYS}; it returned a float."),
    ("{}", f"{KEYS}; mu_hat, delta_mu_hat, p16, p84 is missing."),
    ("{'mu_hat': 1, 'p16': 1, 'p84': 1}", f"{KEYS}; delta_mu_hat is missing."),
]
ANSWERS = [*(f"dict({ANSWER}, {changes})" for changes, _ in [*GOOD, *WRONG]), *(answer for answer, _ in NO_DICT)]

SCALAR = """\
import fractions
import numpy

class Scalar:
    '''Behaves like a tensor of no dimension.'''
    ndim = 0
    def __init__(self, value):
        self.value = value
    def item(self):
        return self.value

"""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, training: Path) -> Iterator[SubmissionProcess]:
    """A submission that answers number n where the first event's first feature is n."""
    listed = ",\n".join(f"    lambda: {answer}" for answer in ANSWERS)
    model = model_source(answer="ANSWERS[round(float(test_set['data'].iloc[0, 0]))]()")
    text = f"{SCALAR}ANSWERS = [\n{listed}\n]\n\n{model}"
    folder = write_submission(tmp_path_factory.mktemp("answers") / "submission", {"model.py": text})
    with running(folder, training) as started:
        started.fit(LIMIT)
        yield started


def ask_number(process: SubmissionProcess, number: int) -> Interval:
    return ask(process, np.full((len(FEATURES), 3), number, dtype=np.float32), LIMIT)[0]


@pytest.mark.parametrize(("changes", "interval"), GOOD)
def test_an_interval_of_any_numbers_is_taken(process: SubmissionProcess, changes: str, interval: Interval) -> None:
    assert ask_number(process, ANSWERS.index(f"dict({ANSWER}, {changes})")) == interval


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_an_interval_that_is_none_is_refused(process: SubmissionProcess, changes: str, sentence: str) -> None:
    with pytest.raises(SubmissionError) as caught:
        ask_number(process, ANSWERS.index(f"dict({ANSWER}, {changes})"))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("answer", "sentence"), NO_DICT)
def test_what_is_no_dict_of_the_four_is_refused(process: SubmissionProcess, answer: str, sentence: str) -> None:
    with pytest.raises(SubmissionError) as caught:
        ask_number(process, ANSWERS.index(answer))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("answer", ["no number", 10**400, True, None, [1.0]])
def test_our_side_trusts_no_value_that_it_receives(answer: object) -> None:
    with pytest.raises(SubmissionError, match=r"predict returned p84 = .*; expected a"):
        check_answer({"mu_hat": 1.0, "delta_mu_hat": 0.2, "p16": 0.8, "p84": answer})


def test_a_refused_answer_does_not_spoil_the_next(process: SubmissionProcess) -> None:
    with pytest.raises(SubmissionError):
        ask_number(process, ANSWERS.index("None"))
    assert ask_number(process, 0) == GOOD[0][1]
