"""Dates as Codabench reads them."""

from datetime import UTC, date, datetime

import pytest

from higgs_tools.bundle.moments import Moment, read_moment

READ = {
    "day": (date(2026, 11, 1), datetime(2026, 11, 1)),
    "day in quotes": ("2026-11-01", datetime(2026, 11, 1)),
    "day and time in quotes": ("2026-11-01 13:30", datetime(2026, 11, 1, 13, 30)),
    "month first": ("12-31-2026", datetime(2026, 12, 31)),
    "day first where no month fits": ("31-12-2026", datetime(2026, 12, 31)),
    "time in UTC": ("2026-11-01T13:30:00Z", datetime(2026, 11, 1, 13, 30)),
    "midnight without quotes": (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1)),
}


@pytest.mark.parametrize(("written", "time"), READ.values(), ids=READ.keys())
def test_a_date_that_leaves_no_doubt(written, time):
    assert read_moment(written) == Moment(time)


DOUBTFUL = {
    "time without quotes": (datetime(2026, 11, 1, 13, 30), datetime(2026, 11, 1), "drops the time of day"),
    "offset": ("2026-11-01 13:30+01:00", datetime(2026, 11, 1, 13, 30), "drops the offset"),
    "day and month": ("02-03-2026", datetime(2026, 2, 3), "for 2026-02-03, the month first"),
}


@pytest.mark.parametrize(("written", "time", "doubt"), DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_a_date_that_may_not_be_meant(written, time, doubt):
    moment = read_moment(written)
    assert moment is not None
    assert moment.time == time
    assert doubt in moment.doubt


@pytest.mark.parametrize("written", [None, ""])
def test_an_empty_field_is_no_date(written):
    assert read_moment(written) is None


@pytest.mark.parametrize("written", ["soon", "09-31-2026", "9" * 30, 2026, ["2026-11-01"]])
def test_what_codabench_refuses(written):
    with pytest.raises(ValueError, match="is not a date"):
        read_moment(written)
