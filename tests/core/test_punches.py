"""Many punches at once: what goes in comes out."""

from hypothesis import given, strategies as st

from custom_components.syncid.core.records import (
    DIRECTIONS,
    METHODS,
    NO_PUNCHES,
    Punch,
    Punches,
)

codes = st.none() | st.integers(0, 255)
punch = st.builds(
    Punch,
    st.text(max_size=9),
    st.integers(0, 2**33),
    st.sampled_from(DIRECTIONS),
    st.sampled_from(METHODS),
    codes,
    codes,
    codes,
)


@given(st.lists(punch, max_size=20), st.data())
def test_as_they_came(told: list[Punch], data: st.DataObject) -> None:
    """They are told in their order, all or a part, as often as somebody asks."""
    punches = Punches.of(iter(told))
    first, last = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(told))])))
    for _ in range(2):
        assert [*punches] == [*map(Punch._make, punches.rows())] == told
        assert [*punches.part(first, last)] == told[first:last]
    assert all(isinstance(one, Punch) for one in punches)
    assert len(punches) == len(told) and bool(punches) == bool(told)
    assert [*punches.users] == [one.user_id for one in told]
    assert [*punches.seconds] == [one.local_second for one in told]


@given(st.lists(punch, min_size=1, max_size=20))
def test_columns(told: list[Punch]) -> None:
    """They are the same, whether told one by one or column by column."""
    assert Punches.of_columns(*zip(*told, strict=True)) == Punches.of(told)


def test_none() -> None:
    """There may be none."""
    assert not NO_PUNCHES and not [*NO_PUNCHES] and not NO_PUNCHES.users
