"""What a submission can find out by looking around in its own process: frames, objects, all of its memory."""

import struct
from pathlib import Path

import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.experiments import Settings
from higgs_challenge.tasks.higgs.data.store import open_store
from higgs_challenge.tasks.higgs.sampler import draw_features
from tests.helpers.plans import plan_of
from tests.helpers.tiny_submissions import LIMIT, ask, running, write_submission

SEED = 0x5EC2E7_5EC2E7_5EC2E7

DUMP = """
    import gc, sys
    gc.collect()
    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory, open('dump', 'wb') as dump:
        for line in maps.read().splitlines():
            span, rights, _, _, inode = line.split()[:5]
            if rights.startswith('rw') and ('memfd' in line or inode == '0'):
                begin, end = (int(number, 16) for number in span.split('-'))
                try:
                    memory.seek(begin)
                    dump.write(memory.read(end - begin))
                except OSError:
                    continue
"""
WALK = """
    import gc, sys
    frame, names = sys._getframe(), set()
    while frame is not None:
        names |= {f'{name}={value!r}'[:2000] for name, value in [*frame.f_locals.items()]}
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            names |= {f'{value!r}' for value in [*thing.values()] if isinstance(value, (float, int))}
    with open('dump', 'w', errors='replace') as dump:
        dump.write('\\n'.join(sorted(names)))
"""


@pytest.mark.parametrize("snoop", [DUMP, WALK], ids=["whole memory", "frames and objects"])
def test_no_truth_is_in_its(tmp_path: Path, small_store: Path, snoop: str) -> None:
    """The values of its own events are, so that the truth would have been found."""
    settings = Settings(num_of_sets=1, num_pseudo_experiments=1, random_seed=SEED)
    plan = plan_of(settings)
    experiment = plan.experiment(0, 0)
    store = open_store(small_store)
    features = draw_features(store, experiment)
    hidden = [bytes(part.events[0]) for part in store.hidden.values()]
    shifts = [
        value for value in vars(experiment.nuisances).values() if isinstance(value, float) and value not in (0, 1)
    ]
    truth = [plan.mus[0], *shifts]
    assert len(truth) > 3
    folder = write_submission(
        tmp_path / "submission", predict=f"self.seen = seen = 1234.56789012345\n{snoop}".replace("\n    ", "\n")
    )
    with running(folder, small_store / "training") as process:
        process.fit(LIMIT)
        ask(process, features, LIMIT)
    found = (tmp_path / "scratch" / "work" / "dump").read_bytes()
    texts = [repr(float(value)).encode() for value in (1234.56789012345, *truth)]
    numbers = [struct.pack("<d", value) for value in (1234.56789012345, *truth)]
    assert texts[0] in found or numbers[0] in found, "the search finds nothing"
    for secret in [*texts[1:], *numbers[1:], *hidden, str(SEED).encode()]:
        assert secret not in found


def test_the_training_set_does_not_lead_to_the_hidden_one(tmp_path: Path, training: Path) -> None:
    constructor = "print(open(get_train_set._folder.parent / 'hidden' / 'part.json').read())"
    folder = write_submission(tmp_path / "submission", constructor=constructor)
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    assert str(caught.value).startswith("fit failed: PermissionError: [Errno 13] Permission denied: ")
    assert "(a submission can read its own folder, the training data and the Python installation" in str(caught.value)


@pytest.mark.parametrize("rows", ["[-1]", "[10_750]", "[0, 0]", "[2**70]", "['x']", "slice(0, 9)", "[0.5]", "[[1]]"])
def test_only_training_rows_can_be_asked_for(tmp_path: Path, training: Path, rows: str) -> None:
    folder = write_submission(tmp_path / "submission", constructor=f"get_train_set(selected_indices={rows})")
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    assert str(caught.value).startswith("fit failed: get_train_set: selected_indices ")
