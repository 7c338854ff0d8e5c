"""Public sets of any kind, here of series in CSV: found, fetched, read if their SHA-256 is known, refused otherwise."""

import hashlib
import io
import os
import re
import socket
import tarfile
import threading
from dataclasses import dataclass, replace
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from ludus.data import datasets
from ludus.data.datasets import Dataset
from ludus.data.image_sets import IMAGE_SETS
from ludus.scripts.main import run

TIDES = b"hour,height\n0,1.25\n1,1.5\n"
OTHER_EDITION = b"hour;height\n0;1.25\n1;1.5\n"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class SeriesSet(Dataset):
    """A public set of series, all in one split."""

    columns: tuple[str, ...]


SERIES_SETS = {
    "tides": SeriesSet(
        title="Tides (Nobody 2026)",
        licence="ours",
        folders=("tides", "sea/tides"),
        urls=("http://localhost/tides.csv",),
        archive=None,
        files={"all": {"tides.csv": (sha256(TIDES), sha256(OTHER_EDITION))}},
        columns=("hour", "height"),
    )
}
SET = SERIES_SETS["tides"]


@pytest.fixture(autouse=True)
def empty_folders(tmp_path, monkeypatch):
    """Two folders for data and a cache, all of them ours."""
    monkeypatch.setenv("LUDUS_DATA", os.pathsep.join(str(tmp_path / name) for name in ("one", "two")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def put(folder, data):
    folder.mkdir(parents=True)
    (folder / "tides.csv").write_bytes(data)
    return folder


def test_a_set_is_looked_for_in_the_named_folders_and_then_in_the_cache(tmp_path):
    assert datasets.data_folders() == [tmp_path / "one", tmp_path / "two", tmp_path / "cache" / "ludus"]
    assert datasets.locate(SET, "all") is None
    assert not datasets.is_at_hand(SET)
    for folder in (tmp_path / "cache" / "ludus" / "tides", tmp_path / "two" / "sea" / "tides", tmp_path / "one/tides"):
        put(folder, TIDES)
        assert datasets.locate(SET, "all") == folder
        assert datasets.is_at_hand(SET)


def test_without_the_variable_only_the_cache_is_looked_into(tmp_path, monkeypatch):
    monkeypatch.delenv("LUDUS_DATA")
    assert datasets.data_folders() == [tmp_path / "cache" / "ludus"]


@pytest.mark.parametrize("data", [TIDES, OTHER_EDITION])
def test_files_of_a_known_edition_are_read(tmp_path, data):
    folder = put(tmp_path / "one" / "tides", data)
    assert datasets.read_files(SET, "all") == {folder / "tides.csv": data}


def test_a_damaged_file_is_refused_with_both_hashes_and_the_remedy(tmp_path):
    damaged = TIDES.replace(b"1.25", b"1.26")
    folder = put(tmp_path / "one" / "tides", damaged)
    with pytest.raises(ValueError, match=".") as said:
        datasets.read_files(SET, "all")
    assert str(said.value) == (
        f"{folder / 'tides.csv'} is damaged or of another edition: its SHA-256 is {sha256(damaged)} (25 bytes), "
        f"expected {sha256(TIDES)}; remove it and fetch it again from http://localhost/tides.csv"
    )


def test_a_set_that_is_not_here_says_where_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=".") as said:
        datasets.read_files(SET, "all")
    assert str(said.value) == (
        "Tides (Nobody 2026) is not here;\nget it from http://localhost/tides.csv and put its files into "
        f"{tmp_path / 'cache' / 'ludus' / 'tides'}, or let the variable LUDUS_DATA name the folder in which tides lies"
    )


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="unknown split 'al'; did you mean 'all'?"):
        datasets.read_files(SET, "al")


# --- Fetching --------------------------------------------------------------------------------------------------------


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder, and the address of this machine under which its files can be fetched."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "site").mkdir()
    with HTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path / "site"))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield tmp_path / "site", f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_at_hand_is_not_fetched(tmp_path, site):
    put(tmp_path / "one" / "tides", TIDES)
    datasets.fetch(replace(SET, urls=(f"{site[1]}/nowhere.csv",)))
    assert not (tmp_path / "cache").exists()


def test_a_file_is_fetched_into_the_cache(tmp_path, site):
    folder, address = site
    (folder / "tides.csv").write_bytes(TIDES)
    series = replace(SET, urls=(f"{address}/tides.csv",))
    datasets.fetch(series)
    fetched = tmp_path / "cache" / "ludus" / "tides" / "tides.csv"
    assert datasets.read_files(series, "all") == {fetched: TIDES}


def test_of_an_archive_the_files_of_the_set_are_unpacked_and_no_others(tmp_path, site):
    folder, address = site
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in (("deep/tides.csv", TIDES), ("../read.me", b"other")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    (folder / "tides.tar.gz").write_bytes(packed.getvalue())
    series = replace(SET, urls=(f"{address}/tides.tar.gz",), archive=sha256(packed.getvalue()))
    datasets.fetch(series)
    target = tmp_path / "cache" / "ludus" / "tides"
    assert datasets.read_files(series, "all") == {target / "tides.csv": TIDES}
    assert {path.name for path in target.parent.rglob("*") if path.is_file()} == {"tides.csv", "tides.tar.gz"}


def test_what_arrives_damaged_is_refused_and_not_kept(site):
    folder, address = site
    (folder / "tides.csv").write_bytes(TIDES[:-1])
    series = replace(SET, urls=(f"{address}/tides.csv",))
    with pytest.raises(
        datasets.NotAtHand, match=r"^Tides \(Nobody 2026\) is not here, and cannot be downloaded: .*SHA256 .*;\nget it"
    ):
        datasets.fetch(series)
    assert not datasets.is_at_hand(series)


def test_without_a_network_a_set_says_what_is_missing_in_two_lines(tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(IMAGE_SETS, "tides", replace(SET, urls=(f"http://127.0.0.1:{closed_port()}/tides.csv",)))
    status = run(lambda _: datasets.fetch(IMAGE_SETS["tides"]), [])
    said = capfd.readouterr()
    assert (status, said.out) == (1, "")
    first, second = said.err.splitlines()
    assert first == ("ludus: Tides (Nobody 2026) is not here, and cannot be downloaded: no connection to 127.0.0.1;")
    assert re.fullmatch(r"get it from http://127\.0\.0\.1:\d+/tides\.csv and put its files into .*LUDUS_DATA.*", second)


def test_an_address_that_has_nothing_is_named_with_its_answer(site):
    series = replace(SET, urls=(f"{site[1]}/nothing.csv",))
    with pytest.raises(datasets.NotAtHand, match=r"cannot be downloaded: \S+ answers 404 ") as said:
        datasets.fetch(series)
    assert len(str(said.value).splitlines()) == 2


def closed_port():
    """A port of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
