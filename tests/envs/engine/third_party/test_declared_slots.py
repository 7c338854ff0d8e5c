"""What a slot, a policy or numbered starts declare wrongly is told in one line."""

from dataclasses import replace

import numpy as np
import pytest

import series_toy
from ludus.envs.engine.mistakes import Mistake
from ludus.envs.engine.records import record_dtype
from ludus.envs.engine.third_party.declaration import check_declaration
from ludus.envs.engine.third_party.declaration_slots import check_slot_fields

SLOT = series_toy.SIMULATION.slots["forecast"]
DTYPE = record_dtype(series_toy.SIMULATION, {"days": 600})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keys": None}, "has one of key and keys without the other"),
        ({"key": ""}, "has one of key and keys without the other"),
        ({"refresh": 3}, "refresh is 3; expected step, reset, or the name"),
        ({"key": "", "keys": None}, "tables is of keyed slots only"),
        ({"key": "", "keys": None, "tables": {}}, "read_table is of keyed slots only"),
        ({"key": "", "keys": None, "tables": {}, "read_table": None}, "noise_correlation is of keyed slots only"),
        ({"noise_correlation": 1.0}, "noise_correlation is 1.0; expected a number between -1 and 1"),
        ({"estimate": 3}, "estimate is 3; expected a function"),
        ({"tables": {"dnn": 3}}, "tables must be a dict"),
        ({"tables": {"yesterday": lambda world: 0}}, "'yesterday' names a table and another filling"),
        ({"measures": ("MEA",)}, "unknown measure 'MEA'; did you mean 'MAE'"),
    ],
)
def test_a_slot_that_declares_something_wrong(changes, message):
    wrong = replace(series_toy.SIMULATION, slots={"forecast": replace(SLOT, **changes)})
    with pytest.raises(Mistake, match=message):
        check_declaration(series_toy, wrong)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "dya"}, "key is 'dya', no integer field of the record; did you mean 'day'"),
        ({"key": "totals"}, "key is 'totals', no integer field of the record"),
        ({"refresh": "scale"}, "refresh is 'scale', no integer field of the record"),
        ({"refresh": "stpe"}, "refresh is 'stpe', no integer field of the record; did you mean 'step'"),
    ],
)
def test_a_slot_that_names_no_integer_field(changes, message):
    wrong = replace(series_toy.SIMULATION, slots={"forecast": replace(SLOT, **changes)})
    with pytest.raises(Mistake, match=message):
        check_slot_fields(series_toy, wrong, DTYPE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policies": {"plan": 3}}, "policy 'plan' is 3; expected a function of a PolicyView"),
        ({"policies": {"heuristic": len}}, "'heuristic' names another policy, too"),
        ({"policies": {"a b": len}}, "policies has the name 'a b'"),
        ({"policies": {"plan": series_toy.step}}, "expected a function of a PolicyView"),
        ({"starts": 3}, "starts is 3; expected a function of the world"),
    ],
)
def test_policies_and_starts_that_are_none(changes, message):
    with pytest.raises(Mistake, match=message):
        check_declaration(series_toy, replace(series_toy.SIMULATION, **changes))


def test_the_toy_itself_is_right():
    check_declaration(series_toy, series_toy.SIMULATION)
    check_slot_fields(series_toy, series_toy.SIMULATION, DTYPE)
    assert DTYPE["day"] == np.int64
