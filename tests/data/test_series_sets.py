"""Public series by name, files by their path, and what does not go together."""

import gzip
import hashlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ludus.data import datasets, series_sets
from ludus.data.series_load import fetch_series, load_series
from ludus.data.series_sets import SERIES_SETS, find_set, load_set, months, shares
from series_texts import hourly

HERE = {name: datasets.is_at_hand(entry) for name, entry in SERIES_SETS.items()}


def needs(*names):
    return pytest.mark.skipif(
        not all(HERE[name] for name in names), reason="LUDUS_DATA names no folder with the series"
    )


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A public series `toy` in a folder of our own, gzipped as `folder/toy.csv.gz`."""
    text = "\n".join(hourly(300)).encode()
    entry = replace(
        find_set("etth1"),
        title="Toy",
        folders=("folder",),
        urls=("http://localhost/toy.csv",),
        files={"all": {"toy.csv": (hashlib.sha256(text).hexdigest(),)}},
        splits=shares(0.6, 0.2),
    )
    monkeypatch.setitem(series_sets.SERIES_SETS, "toy", entry)
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "toy.csv.gz").write_bytes(gzip.compress(text))
    load_set.cache_clear()
    yield tmp_path / "folder"
    load_set.cache_clear()


def test_a_set_is_read_by_its_name_and_kept(toy):
    series = load_series("toy")
    assert series is load_series("toy") is load_set("toy")
    assert (series.name, series.targets, dict(series.splits)["test"]) == ("toy", ("price", "load"), (240, 300))


def test_targets_columns_and_what_is_left_out_can_be_chosen(toy):
    assert load_series("toy", targets=("load",)).ordered == ("load", "price")
    assert load_series("toy", left_out=("load",)).columns == ("price",)
    assert load_series("toy", columns=("load",)).columns == ("load",)
    with pytest.raises(ValueError, match="toy has no column 'loads'; did you mean 'load'?"):
        load_series("toy", targets=("loads",))
    for said in (
        {"known": ("load",)},
        {"time": ("time",)},
        {"missing": (-9999.0,)},
        {"split": "0.5,0.2"},
        {"uneven": True},
        {"repair": True},
        {"longest_gap": 9},
    ):
        with pytest.raises(ValueError, match="toy is a public set, whose columns, parts and repairs are fixed; only"):
            load_series("toy", **said)
        with pytest.raises(ValueError, match="generated is a series that Ludus makes up, all of which is fixed"):
            load_series("generated", **said)


def test_the_series_that_is_made_up_has_a_name_too():
    series = load_series("generated")
    assert (series.targets, series.step, len(series.known)) == (("price",), "1h", 2)
    assert load_series("generated", targets=("price",), columns=series.ordered) is series
    fetch_series("generated")  # which needs nothing
    with pytest.raises(
        ValueError, match="generated is a series that Ludus makes up, all of which is fixed; say --data"
    ):
        load_series("generated", targets=("load_forecast",))


def test_a_damaged_set_is_refused(toy):
    (toy / "toy.csv.gz").write_bytes(gzip.compress(b"time,x\n"))
    with pytest.raises(ValueError, match=r"toy.csv.gz is damaged or of another edition: its SHA-256 is .*, expected"):
        load_series("toy")
    (toy / "toy.csv.gz").write_bytes(b"\x1f\x8b\x08nothing")
    with pytest.raises(
        ValueError, match=r"toy.csv.gz is damaged: it cannot be unpacked: .*; remove it and get it again"
    ):
        load_series("toy")


def test_names_and_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(ValueError, match="'epf-dee' is neither a file nor a public series; did you mean 'epf-de'?"):
        load_series("epf-dee")
    with pytest.raises(FileNotFoundError, match=r"nowhere.csv does not exist; expected a CSV or Parquet file"):
        load_series(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="is a folder, expected a regular file"):
        load_series(tmp_path)


def test_a_set_that_cannot_be_fetched_says_why_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(OSError, match=".") as said:
        fetch_series("epf-de")
    assert 'DE.csv can be read as it is: --file DE.csv --target Price --known "Exogenous 1,Exogenous 2"' in str(
        said.value
    )
    assert "https://zenodo.org/records/4624805" in str(said.value)


def test_every_set_has_a_title_a_licence_and_an_address_of_a_file_or_a_reason():
    for name, entry in SERIES_SETS.items():
        assert entry.title, name
        assert entry.licence, name
        file = next(iter(entry.files["all"]))
        ends = (".csv", ".txt", ".txt.gz")
        assert entry.by_hand or entry.urls[0].endswith(ends), f"{name}: {entry.urls[0]} is no address of {file}"


def test_parts_of_time_are_those_of_the_literature():
    assert shares(0.7, 0.1)(7588) == {"train": (0, 5311), "validation": (5311, 6071), "test": (6071, 7588)}
    assert months(1)(17420) == {"train": (0, 8640), "validation": (8640, 11520), "test": (11520, 14400)}


# --- The sets themselves ---------------------------------------------------------------------------------------------

SHAPES = {  # name -> rows, columns, step, first target, gaps that were filled
    "etth1": (17420, 7, "1h", "HUFL"),
    "ettm1": (69680, 7, "15min", "HUFL"),
    "exchange": (7588, 8, "1d", "1"),
    "weather": (52704, 21, "10min", "p (mbar)"),
    "illness": (966, 7, "1w", "% WEIGHTED ILI"),
    "seattle": (1461, 4, "1d", "precipitation"),
    "melbourne": (3652, 1, "1d", "Temp"),
    "airline": (144, 1, "1mo", "Passengers"),
    "sunspots": (2820, 1, "1mo", "Sunspots"),
    "sp500": (5105, 5, "1d", "close"),
    "opsd": (2192, 3, "1d", "Consumption"),
    "beijing": (43800, 7, "1h", "pm2.5"),
    **{f"epf-{market}": (52416, 3, "1h", "price") for market in ("np", "pjm", "be", "fr", "de")},
}


@pytest.mark.parametrize("name", SERIES_SETS)
def test_the_sets_are_what_the_table_says(name):
    if not HERE[name]:
        pytest.skip(f"LUDUS_DATA names no folder with {name}")
    series = load_set(name)
    assert (*series.values.shape, series.step, series.targets[0]) == SHAPES[name]
    assert np.isfinite(series.values).all()
    parts = list(series.splits.values())
    assert parts[0][0] == 0
    assert all(a[1] == b[0] and a[0] < a[1] for a, b in pairwise(parts))


@needs("epf-de")
def test_published_forecasts_stand_at_the_hours_they_are_for():
    series = load_set("epf-de")
    start, stop = series.splits["test"]
    errors = {}
    for name, values in series.published.items():
        assert np.isnan(values[:start]).all()
        errors[name] = np.abs(values[start:stop] - series.column("price")[start:stop]).mean()
    assert errors == {"dnn": pytest.approx(3.413, abs=5e-4), "lear": pytest.approx(3.609, abs=5e-4)}


@needs("weather")
def test_codes_and_gaps_of_the_weather_are_filled():
    series = load_set("weather")
    assert series.values.min() > -9999.0
    assert (np.diff(series.times).astype(np.int64) == 600).all()
