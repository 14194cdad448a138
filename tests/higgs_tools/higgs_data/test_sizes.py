import pytest

from higgs_challenge import InputError
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.higgs_data.sizes import MOST, SIZES, Size, in_proportion, parse_size


def test_a_size_has_a_name_or_is_a_number() -> None:
    assert parse_size("large") == SIZES["large"]
    assert parse_size("25000000") == parse_size("2.5e7") == SIZES["large"]
    assert parse_size("30_000").hidden == {"htautau": 600, "ztautau": 30_000, "diboson": 600, "ttbar": 3900}
    assert parse_size("30_000").training == {"htautau": 9000, "ztautau": 30_000, "diboson": 600, "ttbar": 3900}


@pytest.mark.parametrize("text", ["", "hug", "9999", "1e30", "nan", "inf", "-25000000", "10000.5", "small dense"])
def test_any_other_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"tiny, small, large, huge, or how many .* from 10000 to 500000000"):
        parse_size(text)


@pytest.mark.parametrize("size", [*SIZES.values(), in_proportion(MOST, MOST)])
def test_ztautau_is_what_a_data_set_has_least_of(size: Size) -> None:
    """Compared with a pseudo-experiment; and fewer rows than the mixture of the processes can be drawn for."""
    for part in (size.hidden, size.training):
        multiples = {name: rows / NOMINAL_YIELDS[name] for name, rows in part.items()}
        assert min(multiples, key=lambda name: multiples[name]) == "ztautau"
        assert sum(part.values()) < 10**9


def test_huge_is_as_large_as_the_official_file() -> None:
    assert (SIZES["huge"].hidden["ztautau"], SIZES["huge"].training["ztautau"]) == (86_000_000, 190_000_000)
