"""The README's first picture: where the tiles lie, and what the file holds."""

import io

import numpy as np
import pytest
from PIL import Image

from ludus.envs import collage
from ludus.envs.collage import GAP, WIDTH, film, lay_out


def test_rows_are_as_wide_as_the_picture_and_tiles_keep_their_proportions():
    rows = lay_out([[1.5, 1.5], [1.0, 1.0, 1.5]])
    for places, proportions in zip(rows, [[1.5, 1.5], [1.0, 1.0, 1.5]], strict=True):
        ends = [left + width for _, left, _, width in places]
        assert ends[-1] == WIDTH
        assert [left for _, left, _, _ in places[1:]] == [end + GAP for end in ends[:-1]]
        assert len({(top, height) for top, _, height, _ in places}) == 1
        assert [width / height for _, _, height, width in places] == pytest.approx(proportions, abs=0.02)
    assert rows[1][0][0] == rows[0][0][2] + GAP


def test_the_film_moves_in_full_colour_and_is_the_same_again(tmp_path, monkeypatch):
    monkeypatch.setattr(collage, "ROWS", ((("ludus/CartPole-v1", 0.0), ("ludus/CartPole-v1", 1.0)),))
    monkeypatch.setattr(collage, "SECONDS", 0.5)
    data = []
    for name in ("one.webp", "two.webp"):
        assert film(tmp_path / name) == (tmp_path / name).stat().st_size
        data.append((tmp_path / name).read_bytes())
    assert data[0] == data[1]
    picture = Image.open(io.BytesIO(data[0]))
    assert picture.n_frames == round(0.5 * collage.FPS)
    first = np.asarray(picture.convert("RGB"))
    picture.seek(picture.n_frames - 1)
    last = np.asarray(picture.convert("RGB"))
    assert first.shape[1] == WIDTH
    assert (first != last).any()
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 256  # a GIF has no more


def test_another_ending_and_a_file_too_large_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"name it .*film\.webp"):
        film(tmp_path / "film.gif")
    monkeypatch.setattr(collage, "ROWS", ((("ludus/CartPole-v1", 0.0),),))
    monkeypatch.setattr(collage, "SECONDS", 0.2)
    monkeypatch.setattr(collage, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match="bytes, expected 100"):
        film(tmp_path / "film.webp")
    assert not list(tmp_path.iterdir())
