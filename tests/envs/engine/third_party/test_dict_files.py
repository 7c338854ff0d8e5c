"""Mistakes in a file whose observation is a Dict: told in one line that names the part."""

import gymnasium
import numpy as np
import pytest

from hopper import HOPPER_OF_PARTS
from ludus.envs.engine.mistakes import Mistake

# name, what stands in the file, what is written instead, what the line says
MISTAKES = [
    ("unknown-key", "out.track[0] =", "out.trak[0] =", "reads out.trak, and the observation has no such field"),
    ("bare-index", "out.track[0] =", "out[2] =", "observe uses out[2]; a field is written out.NAME"),
    ("whole-array", "out.at[0] = s.x", "out.at = s.track", "observe replaces the array out.at as a whole"),
    (
        "outside-the-space",
        "out.at[0] = s.x",
        "out.at[0] = 11.0",
        "observe leaves 11 in out.at[0] of environment 0",
    ),
    ("outside-the-array", "out.track[0] =", "out.track[s.hops + 1] =", "index 1 is outside `out.track[s.hops + 1]`"),
    ("invariant", "shown.at[0] != shown.at[0]", "shown.af[0] != 0.0", "invariant reads shown.af, and the observation"),
]


@pytest.mark.parametrize(("name", "before", "after", "message"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_told_with_the_part(name, before, after, message, third_party_file):
    assert HOPPER_OF_PARTS.count(before) == 1
    id = third_party_file(name, HOPPER_OF_PARTS.replace(before, after))
    with pytest.raises(Mistake) as raised:
        gymnasium.make_vec(id, num_envs=2).reset(seed=0)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_file_without_a_mistake_plays_checked(third_party_file):
    env = gymnasium.make_vec(third_party_file("right-parts", HOPPER_OF_PARTS), num_envs=2)
    env.reset(seed=0)
    seen, *_ = env.step(np.array([0, 1]))
    np.testing.assert_allclose(seen["at"][:, 1], np.sin(seen["at"][:, 0]), rtol=1e-6)
