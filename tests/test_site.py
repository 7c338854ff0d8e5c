"""The documentation's site: built without a warning, every page opened in a browser, every link followed."""

import html.parser
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import gymnasium
import pytest

import ludus
from browser import browser, find_browser
from house import ROOT
from ludus.agents import zoo
from ludus.envs import ENVIRONMENTS
from ludus.envs.cards import cards, read_card
from ludus.scripts.main import COMMANDS, main
from ludus.scripts.site import environment_pictures
from ludus.scripts.site.api_pages import public_names
from ludus.scripts.site.command_pages import command_page, help_of
from ludus.scripts.site.environment_pages import environment_page, environments_index, sections, short_name
from ludus.scripts.site.environment_pictures import MOST_BYTES, encode, play, write_picture, zoo_or_heuristic
from ludus.scripts.site.sources import ROOT_PAGES, bend_links, copy_pages


class Page(html.parser.HTMLParser):
    """The links, the pictures and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.targets += [value for name in ("href", "src") if (value := given.get(name)) is not None]
        self.anchors |= {value for name in ("id", "name") if (value := given.get(name))}


def test_links_are_bent_to_where_things_lie(tmp_path):
    for name in ("docs/a.md", "docs/deep/b.md", "README.md", "DATA.md", "results/x.png", "envs/cards.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    places = {"docs/a.md": "a.md", "docs/deep/b.md": "deep/b.md"}
    places |= {name: name for name in ("DATA.md", "results/x.png")}

    def bent(text: str, name: str = "docs/a.md") -> str:
        return bend_links(text, name, places, tmp_path)

    assert bent("![p](../results/x.png) [d](../DATA.md#here)") == "![p](results/x.png) [d](DATA.md#here)"
    assert bent("[up](../a.md)", "docs/deep/b.md") == "[up](../a.md)"
    assert bent("[read](../README.md)") == "[read](index.md)"
    assert bent("[docs](docs/a.md)", "DATA.md") == "[docs](a.md)"
    assert bent("[`cards.py`](../envs/cards.py)") == "`cards.py`"
    assert bent("[web](https://x.y/z) [here](#below)") == "[web](https://x.y/z) [here](#below)"
    assert bent("```\n[x](nowhere.md)\n```") == "```\n[x](nowhere.md)\n```"
    with pytest.raises(ValueError, match=r"the link \[x\]\(nowhere.md\) leads nowhere"):
        bent("[x](nowhere.md)")


def test_only_pages_that_were_written_here_are_removed(tmp_path):
    for name in ("docs/a.md", "results/mutation.md", *ROOT_PAGES):
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text("")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.md").write_text("dear diary")
    with pytest.raises(ValueError, match="mine holds other files, and pages are removed there; choose an empty"):
        copy_pages(tmp_path / "root", tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["diary.md"]
    copy_pages(tmp_path / "root", tmp_path / "site")
    (tmp_path / "root" / "docs" / "a.md").rename(tmp_path / "root" / "docs" / "b.md")
    copy_pages(tmp_path / "root", tmp_path / "site")
    assert not (tmp_path / "site" / "a.md").exists()
    assert (tmp_path / "site" / "b.md").exists()


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_the_page_of_an_environment_has_all_of_its_card(id):
    card = read_card(id)
    page = environment_page(card, ROOT, has_picture=False)
    for part in ("Actions", "Observation by name", "Parameters and sizes", "Scores"):
        assert f"\n## {part}\n" in page
    said = re.sub(r"\W+", "", "".join(text for _, text in sections(card.text)))
    own = re.sub(r"\W+", "", "".join(line[14:] for line in card.text.splitlines()[1:]))
    assert sorted(said) == sorted(own), "no word of the card is lost"
    for key in (*card.simulation.parameters, *card.simulation.sizes, *card.simulation.choices, *card.simulation.slots):
        assert f"`{key}`" in page
    for policy in card.simulation.scores:
        assert f"| `{policy}` |" in page


def test_sections_of_a_card_become_markdown():
    found = dict(sections(read_card("ludus/Snake-v1").text))
    wrapped = "| 4 | body age: until the cell is free if nothing is eaten, tail = 1, head = length;"
    assert wrapped in found["Observation"]
    assert "\n\n| plane | what |" in found["Observation"]
    assert "- `sorted`" not in found["Reward"]
    breakout = dict(sections(read_card("ludus/Breakout-v0").text))["World"]
    assert "\n\n- side, ceiling or brick" in breakout
    assert "\n\n      max_angle * (ball x" in breakout, "a formula stands by itself"
    assert "- lunch: `--set incoming=0.45" in dict(sections(read_card("ludus/Elevator-v0").text))["Profiles"]


def test_the_index_lists_every_environment_once():
    index = environments_index(cards())
    assert [index.count(f"[**{short_name(id)}**]({short_name(id)}.md)") for id in ENVIRONMENTS] == [1] * len(
        ENVIRONMENTS
    )


def test_the_page_of_a_command_is_its_help():
    page = command_page("envs")
    assert help_of("envs") in page
    assert "--markdown" in page
    assert "\x1b" not in page
    assert "## ludus tune resume" in command_page("tune")
    assert "COLUMNS" not in os.environ or os.environ["COLUMNS"] != "100", "the terminal is as it was"


def test_public_names_are_those_that_a_module_lists_or_defines():
    from ludus.envs import names
    from ludus.envs.engine import kernels

    assert public_names(names) == ["observation_names", "names_of_batch", "names_by_key", "grouped"]
    assert "uniform_in" in public_names(kernels)
    assert not any(name.startswith("_") for name in public_names(kernels))


# MultiDiscrete and a Dict, MultiBinary. Ids of this file's own: others need what conftest registers.
OWN = {"site/Painter-v0": "painter", "site/Lamps-v0": "lamps"}


@pytest.fixture(params=OWN)
def own(request):
    ludus.register(request.param, OWN[request.param])
    yield request.param
    del gymnasium.registry[request.param]


def test_actions_and_observations_of_parts_have_a_page_and_a_card(own, capsys):
    page = environment_page(read_card(own), ROOT, has_picture=False)
    assert main(["envs", own]) == 0
    shown = capsys.readouterr().out
    if own == "site/Lamps-v0":
        assert "| 3 | fourth | 0 | 1 |" in page
        assert "Numbers without names, 0 … 1." in page
    else:
        assert "| 0 | way | 0 | 2 |\n| 1 | colour | 0 | 4 |" in page
        assert "### `cells`: uint8 (5,)\n\nNumbers without names, 0 … 4." in page
        assert "### `brush`: float32 (2,)\n\n| # | name" in page
        assert "| 1 | paint |  | 0 | 1 |" in page
        assert "Observation, brush" in shown
        assert "place on the strip" in shown
    assert "World: a strip of cells, a brush" in page or "Actions: MultiBinary(4), which" in page


@pytest.mark.parametrize("id", ["ludus/Taxi-v4", "ludus/Bandit-v0"])
def test_the_picture_is_of_the_policy_that_the_page_names(id):
    entry = zoo.entry(id)
    assert zoo_or_heuristic(id) == ("heuristic" if entry is None else "zoo")
    page = environment_page(read_card(id), ROOT, has_picture=True)
    assert f"Played by {entry.said if entry else 'the reference policy'}." in page
    assert "Played by the reference policy." in environment_page(read_card(id), ROOT, has_picture=False)


def test_a_picture_is_made_anew_when_its_policy_is(tmp_path, monkeypatch):
    played = []
    monkeypatch.setattr(environment_pictures, "play", lambda id: (played.append(id), 1.0))
    monkeypatch.setattr(environment_pictures, "encode", lambda *_: b"x")
    policy = tmp_path / "policy" / "weights"
    policy.parent.mkdir()
    policy.write_bytes(b"")
    monkeypatch.setattr(environment_pictures, "place_of", lambda _: policy.parent)
    picture = tmp_path / "a.webp"
    write_picture("ludus/Taxi-v4", picture)
    write_picture("ludus/Taxi-v4", picture)
    assert len(played) == 1
    os.utime(policy, (picture.stat().st_mtime + 1,) * 2)
    write_picture("ludus/Taxi-v4", picture)
    assert len(played) == 2


def test_a_moving_picture_moves_and_is_small():
    from io import BytesIO

    from PIL import Image

    frames, fps = play("ludus/CliffWalking-v1")
    data = encode(frames, fps)
    assert len(data) <= MOST_BYTES
    with Image.open(BytesIO(data)) as picture:
        assert picture.n_frames > 5
        assert picture.size == (frames[0].shape[1], frames[0].shape[0])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site as `make docs` builds it, but for the moving pictures."""
    pytest.importorskip("furo", reason="needs the extra docs: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    lay = [sys.executable, "-m", "ludus.scripts.site", "--no-pictures", "--out", str(folder / "source")]
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", str(ROOT / "docs")]
    for command in (lay, [*build, str(folder / "source"), str(folder / "html")]):
        done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=1200)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(site):
    pages = {path: Page(path.read_text()) for path in site.rglob("*.html")}
    assert len(pages) > len(ENVIRONMENTS) + len(COMMANDS) + 20
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or (path.name in ("search.html", "genindex.html") and not parts.path):
                continue
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not place.is_file():
                broken.append(f"{path.relative_to(site)}: {target}")
            elif parts.fragment and place in pages and unquote(parts.fragment) not in pages[place].anchors:
                broken.append(f"{path.relative_to(site)}: {target} has no such heading")
    assert broken == []


@pytest.mark.slow
def test_every_page_opens_in_a_browser_without_an_error(site):
    path = find_browser()
    if path is None:
        pytest.skip("needs a browser: apt-get install chromium")
    pages = sorted(site.rglob("*.html"))
    with browser(path) as tab:
        for page in pages:
            tab.open(page.as_uri())
            assert tab.faults == [], f"{page.relative_to(site)}: {tab.faults}"
            wide = tab.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{page.relative_to(site)} is wider than the window"
            empty = tab.value("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
            assert empty == [], f"{page.relative_to(site)} shows no {empty}"


@pytest.mark.slow
def test_the_browser_hears_what_goes_wrong(tmp_path):
    path = find_browser()
    if path is None:
        pytest.skip("needs a browser: apt-get install chromium")
    page: Path = tmp_path / "page.html"
    page.write_text("<img src='nowhere.png'><script>console.error('oh'); throw new Error('dear')</script>")
    with browser(path) as tab:
        tab.open(page.as_uri())
        said = " ".join(tab.faults)
    assert "oh" in said
    assert "dear" in said
    assert "nowhere.png" in said or "did not load" in said
