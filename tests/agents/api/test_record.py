"""Videos from a program: whoever plays, in the three kinds of files."""

import pytest
from PIL import Image

import ludus
from blinker import ID
from ludus.agents.api import players, recording
from ludus.envs.make import watched_with


def test_a_policy_by_name_is_recorded(tmp_path):
    seen = ludus.record("random", tmp_path / "a.gif", ID, seed=1)
    assert (seen.episodes, seen.steps, seen.lengths) == (1, 4, [4])
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.size == (32, 24)
        assert picture.n_frames >= 4
        assert picture.convert("RGB").getpixel((5, 5)) == (200, 200, 200)  # four steps are left
    assert ludus.record("random", tmp_path / "a.webp", ID, seed="1", envs="2", steps=3.0).steps == 3
    with Image.open(tmp_path / "a.webp") as picture:
        assert picture.size[0] > 2 * 32
    seen = ludus.record(lambda batch: [1] * batch.num_envs, str(tmp_path / "a.mp4"), ID, bonus=5.0)
    assert seen.returns[0] > 20.0
    assert (tmp_path / "a.mp4").stat().st_size > 0
    with pytest.raises(ValueError, match=r"a video must be an \.mp4, \.gif or \.webp file"):
        ludus.record("random", tmp_path / "a.avi", "ludus/Nowhere-v0")  # before anything else is looked at
    for keywords in ({"steps": 0}, {"episodes": "x"}, {"seed": None}, {"envs": 1.5}):
        with pytest.raises(ValueError, match=f"^{next(iter(keywords))}"):
            ludus.record("random", tmp_path / "b.gif", ID, **keywords)


@pytest.mark.parametrize(
    ("given", "bonus", "fps"),
    [({}, 2.0, 7), ({"bonus": 5.0}, 5.0, None), ({"fps": 3.0}, 2.0, 3.0), ({"bonus": 5.0, "fps": 3.0}, 5.0, 3.0)],
)
def test_who_sets_what_rollouts_are_shown_with_sees_just_that(given, bonus, fps, tmp_path, monkeypatch):
    """As `ludus watch` does: a pace made for other parameters goes with them."""
    shown = []
    monkeypatch.setattr(
        recording, "watched_with", lambda id, given: ({}, None) if "bonus" in given else ({"bonus": 2.0}, 7)
    )
    monkeypatch.setattr(recording, "watch", lambda batch, *_, **how: shown.append((batch, how["fps"])))
    made = []
    make_batch = players.make_batch
    monkeypatch.setattr(
        players, "make_batch", lambda *_, **keywords: made.append(keywords) or make_batch(*_, **keywords)
    )
    ludus.record(lambda batch: [1] * batch.num_envs, tmp_path / "a.gif", ID, **given)
    assert (made[-1]["bonus"], shown[0][1]) == (bonus, fps)


def test_an_environment_says_how_it_is_watched_unless_that_was_said():
    shown, pace = watched_with("ludus/Elevator-v0")
    (name,) = shown
    assert pace is not None
    assert watched_with("ludus/Elevator-v0", {name: 2.0}) == ({}, None)
    assert watched_with("ludus/Elevator-v0", {"another": 2.0}) == (shown, pace)
    assert watched_with(ID) == ({}, None)
