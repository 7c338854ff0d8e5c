"""The plant of Maintenance: its splits, the generated and the real one, and which files are refused."""

import numpy as np
import pytest

from ludus.data.datasets import is_at_hand
from ludus.data.plant.generated import generate_plant
from ludus.data.series_load import load_series
from ludus.data.series_sets import find_set
from ludus.envs.automation.maintenance.rules_plant import count_weeks, make_plant, pin
from ludus.envs.make import make_batch

ID = "ludus/Maintenance-v0"
needs_ett = pytest.mark.skipif(
    not is_at_hand(find_set("etth1")), reason="ETTh1 is not here; set LUDUS_DATA to a folder with it"
)


def test_the_splits_of_the_generated_plant_are_apart_and_leave_nothing_out():
    series = generate_plant()
    train, test = (make_plant("generated", split, 4) for split in ("train", "test"))
    assert count_weeks(test) == 104
    assert count_weeks(train) == 156
    assert (np.concatenate([train.load, test.load]) == series.column("load")).all()
    assert (np.concatenate([train.ambient, test.ambient]) == series.column("ambient")).all()
    assert train.mean_load == test.mean_load == train.load.mean()


def test_the_generated_plant_has_shifts_a_winter_and_the_numbers_of_every_machine():
    series = generate_plant()
    load, air = series.column("load").reshape(-1, 7, 24), series.column("ambient")
    assert load[:, :5, 8:20].mean() > 2.5 * load[:, :5, 0:4].mean()
    assert load[:, 6].mean() < 0.5 * load[:, :5, 8:20].mean()
    assert 0.05 <= load.min() < load.max() <= 1.0
    months = series.times.astype("datetime64[M]").astype(int) % 12
    assert air[months == 6].mean() > air[months == 0].mean() + 10.0
    assert (np.round(series.values, 3) == series.values).all()


@needs_ett
def test_a_transformer_stands_for_a_plant_by_what_its_training_split_says():
    series = load_series("etth1")
    first, stop = series.splits["test"]
    train, test = (make_plant("etth1", split, 4) for split in ("train", "test"))
    assert (len(train.load), len(test.load)) == (first, stop - first)
    assert count_weeks(test) == 17
    assert (test.ambient == series.column("OT")[first:stop]).all()
    low, high = np.percentile(series.column("HUFL")[:first], [1.0, 99.0])
    share = np.clip((series.column("HUFL")[first:stop] - low) / (high - low), 0.0, 1.0)
    assert test.load == pytest.approx(share, abs=1e-4)
    assert 0.4 < train.load.mean() < 0.8
    name, sha = pin("etth1")
    assert name == "etth1"
    assert len(sha) == 64


def table(
    tmp_path,
    rows=1000,
    load=lambda i: 0.5 + 0.1 * (i % 2),
    air=lambda i: 20.0 + i % 3,
    header="time,load,ambient",
    skip=(),
):
    lines = [header]
    for i in range(rows):
        if i not in skip:
            time = np.datetime64("2026-01-05T00", "s") + i * np.timedelta64(3600, "s")
            lines.append(f"{time},{load(i)},{air(i)}")
    path = tmp_path / "plant.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_file_is_a_plant_whose_last_fifth_is_the_test(tmp_path):
    path = table(tmp_path, load=lambda i: 0.25 + 0.5 * (i >= 800), air=lambda i: i / 100.0)
    train, test = (make_plant(path, split, 4) for split in ("train", "test"))
    assert (len(train.load), len(test.load)) == (800, 200)
    assert test.load.tolist() == [0.75] * 200
    assert test.mean_load[0] == 0.25
    assert test.ambient[0] == 8.0
    batch = make_batch(ID, 2, data=path, split="test")
    batch.reset(starts=[0, 0])
    assert batch.buffers.observation["state"][0, 3:5].tolist() == [0.75, 0.75]
    table(tmp_path, load=lambda i: 1.5 - (i % 2))
    assert make_plant(path, "test", 4).load[0] == 1.5, "a file that was written anew is read anew"
    assert pin(path)[0] == path


def test_a_week_begins_at_any_hour_from_the_first_to_the_last_that_has_a_whole_week(tmp_path):
    batch = make_batch(ID, 200, data=table(tmp_path, rows=845), split="test")  # 169 hours: two weeks can begin
    batch.reset(seeds=range(200))
    assert sorted(set(batch.store["hour"].tolist())) == [0, 1]


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        (
            {"load": lambda i: 2.0 if i == 7 else 0.5 + 0.1 * (i % 2)},
            "row 8, column load holds 2, expected a number from 0 to 1.5",
        ),
        ({"load": lambda i: -0.1 - 0.1 * (i % 2)}, "column load holds -0.1"),
        ({"load": lambda i: 0.5 * (i > 900)}, "load of plant.csv is 0 throughout its training split"),
        ({"air": lambda i: 95.0 + i % 2}, "column ambient holds 95, expected a number from -60 to 80"),
        ({"rows": 600}, "test split of plant.csv has 120 hours, expected 168 or more"),
        ({"header": "time,load,temperature"}, "ambient"),
        ({"skip": (5,)}, "2026-01-05"),
    ],
)
def test_what_is_no_plant_is_refused_in_a_line(tmp_path, how, refusal):
    with pytest.raises(ValueError, match=refusal) as told:
        make_plant(table(tmp_path, **how), "test", 4)
    assert "--" not in str(told.value)
    assert "\n" not in str(told.value)


def test_an_unknown_plant_gets_a_hint():
    with pytest.raises(ValueError, match="neither a file nor a plant of Maintenance; did you mean 'etth1'"):
        make_batch(ID, 1, data="eth1")
    with pytest.raises(FileNotFoundError, match="no-such.csv does not exist"):
        make_batch(ID, 1, data="no-such.csv")
