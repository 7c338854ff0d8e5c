"""The rules that make the repository's root a safe package: what is in the wheel, and what a clone and `make` do."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from ludus.utils import extras

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = CONFIG["tool"]["setuptools"]["packages"]
NO_PACKAGES = {"tests", "build", "dist", "docs", "runs"}  # folders of the root that are not installed

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHON", "COV_", "MAKE"))}


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command; a failure shows it."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=CLEAN,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{result.stdout}"
    return result.stdout


def python(code: str, *flags: str) -> str:
    return run(sys.executable, *flags, "-c", code, cwd=ROOT.parent)


def borrowing_venv(folder: Path, *install: str | Path) -> Path:
    """A virtual environment with Ludus installed anew and all other libraries borrowed from the running one.

    A .pth file adds the running environment's site-packages; the .pth files in there (the editable Ludus) are then not
    read.
    """
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=ROOT)
    interpreter = folder / "bin" / "python"
    site = run(interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    Path(site, "borrowed.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
    run(interpreter, *pip, *install, cwd=folder)
    return interpreter


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """The committed tree, as in a release; not the working tree, whose build/ setuptools would reuse."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git clone, and this folder has no .git")
    folder = tmp_path_factory.mktemp("export")
    run("git", "archive", "--output", folder / "tree.tar", "HEAD", cwd=ROOT)
    (folder / "tree").mkdir()
    run("tar", "-xf", folder / "tree.tar", "-C", folder / "tree", cwd=ROOT)
    return folder / "tree"


@pytest.fixture(scope="module")
def wheel(export):
    """A wheel built where a run, a virtual environment and a dataset lie about."""
    for litter in ("runs/snake/config.yaml", "runs/snake/plot.py", ".venv/lib/module.py", "data/set.yaml"):
        (export / litter).parent.mkdir(parents=True, exist_ok=True)
        (export / litter).write_text("")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "dist", ".", cwd=export)
    (file,) = (export / "dist").glob("*.whl")
    return file


def test_package_list_equals_the_folders_that_hold_python_files():
    folders = set()
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if name[0] not in "._" and not name.endswith(".egg-info")]
        if Path(folder) == ROOT:
            below[:] = [name for name in below if name not in NO_PACKAGES]
        if any(name.endswith(".py") for name in files):
            folders.add(".".join(("ludus", *Path(folder).relative_to(ROOT).parts)))
            assert "__init__.py" in files, f"{folder} holds Python files but no __init__.py"
    assert sorted(folders) == PACKAGES


def test_data_globs_stand_on_leaf_packages_only():
    for package, names in CONFIG["tool"]["setuptools"].get("package-data", {}).items():
        assert package in PACKAGES
        leaf = not any(other.startswith(package + ".") for other in PACKAGES)
        assert leaf or not any("*" in name for name in names), f"{package} is not a leaf"


def test_wheel_holds_the_packages_files_and_nothing_else(wheel, export):
    config = tomllib.loads((export / "pyproject.toml").read_text())["tool"]["setuptools"]
    expected = set()
    for package in config["packages"]:
        folder = export.joinpath(*package.split(".")[1:])
        for glob in ("*.py", *config["package-data"].get(package, [])):
            files = [file.relative_to(folder).as_posix() for file in folder.glob(glob)]
            expected |= {f"{package.replace('.', '/')}/{file}" for file in files}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected
    assert {
        "ludus/__init__.py",
        "ludus/envs/engine/compile/driver.py",
        "ludus/scripts/main.py",
        "ludus/py.typed",
    } <= found
    presets = {f"ludus/agents/presets/{file.name}" for file in (export / "agents" / "presets").glob("*.yaml")}
    assert presets
    assert presets <= found
    policies = {f"ludus/{path.relative_to(export).as_posix()}" for path in export.glob("agents/zoo/policies/**/*.*")}
    assert any(path.endswith("weights.safetensors") for path in policies)
    assert {path for path in policies if export.joinpath(*path.split("/")[1:]).is_file()} <= found


def test_a_wheel_from_the_source_distribution_is_the_same(wheel, export, tmp_path):
    build = f"from setuptools.build_meta import build_sdist; print(build_sdist({str(tmp_path)!r}))"
    run(sys.executable, "-c", build, cwd=export)
    (packed,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    litter = [name for name in ("runs", "data/set.yaml", ".venv", "results", "docs") if (source / name).exists()]
    assert litter == []
    run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, ".", cwd=source
    )
    (other,) = tmp_path.glob("*.whl")
    assert other.name == wheel.name
    names = [sorted(zipfile.ZipFile(path).namelist()) for path in (wheel, other)]
    assert names[0] == names[1]


def test_the_name_of_the_distribution_stands_once():
    name = CONFIG["project"]["name"]
    assert name != "ludus"  # which is another project's on PyPI
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("Makefile"), *ROOT.glob(".ci/*")]
    texts += [path for package in PACKAGES for path in ROOT.joinpath(*package.split(".")[1:]).glob("*.py")]
    assert [path for path in texts if re.search(rf"\b{name}\b|ludus\[", path.read_text())] == []


def test_a_message_about_an_extra_names_the_distribution(monkeypatch):
    monkeypatch.setattr(extras.metadata, "packages_distributions", lambda: {"ludus": ["some-name"]})
    extras.distribution.cache_clear()
    assert extras.install("nlp") == "pip install 'some-name[nlp]'"
    monkeypatch.setattr(extras.metadata, "packages_distributions", dict)
    extras.distribution.cache_clear()
    assert extras.install("nlp") == "pip install '.[nlp]'"
    extras.distribution.cache_clear()


def test_every_extra_that_a_message_names_exists():
    known = set(CONFIG["project"]["optional-dependencies"])
    named = set()
    for package in PACKAGES:
        for path in ROOT.joinpath(*package.split(".")[1:]).glob("*.py"):
            named |= set(re.findall(r"\binstall\(['\"](\w+)['\"]\)", path.read_text()))
    for path in ROOT.glob("docs/**/*.md"):
        for extras_of_page in re.findall(r"pip install '\.\[([\w,]+)\]'", path.read_text()):
            named |= set(extras_of_page.split(","))
    assert {"nlp", "plots", "tune", "parquet"} <= named <= known


def test_console_command_and_environments_work_from_the_installed_wheel(wheel, tmp_path):
    interpreter = borrowing_venv(tmp_path / "venv", wheel)
    where = run(interpreter, "-c", "import ludus; print(ludus.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path)
    text = run(interpreter.with_name("ludus"), "--help", cwd=tmp_path)
    for command in ("train", "watch", "evaluate", "benchmark", "envs"):
        assert command in text
    play = (  # interpreted: it takes a second, where the compiler would take half a minute
        "import os; os.environ['NUMBA_DISABLE_JIT'] = '1'\n"
        "import gymnasium, ludus\n"
        "for id in ludus.ENVIRONMENTS:\n"
        "    env = gymnasium.make(id); env.reset(seed=0); env.action_space.seed(0)\n"
        "    print(id, env.step(env.action_space.sample())[2:4])"
    )
    assert "ludus/Snake-v1 (" in run(interpreter, "-c", play, cwd=tmp_path)


def test_tests_run_in_a_clone_whose_folder_has_a_hyphen_and_a_space(export, tmp_path):
    clone = tmp_path / "my-ludus clone"
    run("git", "clone", "--quiet", ROOT, clone, cwd=tmp_path)
    interpreter = borrowing_venv(clone / ".venv", "--editable", clone)
    where = run(interpreter, "-c", "import ludus; print(ludus.__file__)", cwd=tmp_path)
    assert Path(where.strip()).parent == clone
    few = "import_guard or registering or data_globs"
    text = run(interpreter, "-m", "pytest", "-q", "tests/test_package.py", "-k", few, cwd=clone)
    assert re.search(r"^3 passed", text, re.MULTILINE), text


def test_pytest_cannot_take_the_tests_or_the_root_for_test_packages():
    # With an __init__.py in tests/, pytest would import the tests as part of a package named after the clone's folder.
    assert not list((ROOT / "tests").rglob("__init__.py"))
    assert not (ROOT / "conftest.py").exists()


def test_import_guard_keeps_a_second_import_under_another_name_inert():
    loads = (
        "import importlib.util, sys, gymnasium\n"
        f"spec = importlib.util.spec_from_file_location('my_clone', {str(ROOT / '__init__.py')!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "assert 'ludus' not in sys.modules and 'ludus.envs' not in sys.modules\n"
        "print([id for id in gymnasium.registry if id.startswith('ludus/')])"
    )
    assert python(loads, "-W", "error").strip() == "[]"


def test_registering_again_does_not_warn():
    again = (
        "import importlib, gymnasium, ludus\n"
        "before = dict(gymnasium.registry)\n"
        "importlib.reload(ludus)\n"
        "assert gymnasium.registry == before\n"
        "print([id for id in before if id.startswith('ludus/')])"
    )
    assert "ludus/Snake-v1" in python(again, "-W", "error")


def test_importing_ludus_imports_no_heavy_library():
    # 0.2 s of a processor, most of it NumPy's and Gymnasium's; counted are modules, because no test may depend on time.
    count = python(
        "import sys; import gymnasium; before = len(sys.modules); import ludus; print(len(sys.modules) - before)"
    )
    assert int(count) <= 30
    names = ["torch", "pygame", "stable_baselines3", "tensorboard", "numba", "matplotlib", "yaml", "rich", "tyro"]
    loaded = python(f"import ludus, sys; print([name for name in {names} if name in sys.modules])")
    assert loaded.strip() == "[]"


@pytest.mark.parametrize(
    ("interpreter", "expected"),
    [
        ("no-such-python", 'no program "no-such-python" found; install Python 3.11 or newer'),
        (
            'case "$*" in --version) echo Python 3.9.2;; *version_info*) exit 1;; esac',
            "is Python 3.9.2, Ludus needs Python 3.11 or newer",
        ),
        ('case "$*" in *venv*) exit 1;; esac', "lacks the module venv or ensurepip"),
    ],
    ids=["missing", "too old", "without venv"],
)
def test_make_says_in_one_line_what_is_wrong_with_the_python(interpreter, expected, tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    if " " in interpreter:  # the body of a shell script that plays an unfit interpreter
        script = tmp_path / "a python"
        script.write_text(f"#!/bin/sh\n{interpreter}\n")
        script.chmod(0o755)
        interpreter = str(script)
    result = subprocess.run(
        ["make", "setup", f"PYTHON={interpreter}"], cwd=tmp_path, env=CLEAN, text=True, capture_output=True
    )
    assert result.returncode != 0
    errors = [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert expected in errors[0]
    assert not (tmp_path / ".venv").exists()


def test_make_alone_prints_every_target(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    text = run("make", cwd=tmp_path)
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE).group(1).split()
    assert {"setup", "demo", "test", "test-all", "check", "benchmark", "clean"} <= set(targets)
    for target in targets:
        assert re.search(rf"^  make {target} +\S", text, re.MULTILINE), f"make help does not explain {target}"


def test_constraints_pin_everything_that_pyproject_asks_for():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    assert all("+" not in version for version in pins.values()), (
        "a local version such as 2.13.0+cpu fits one machine only"
    )
    pins = {re.sub("[-_.]+", "-", name).lower(): version for name, version in pins.items()}
    assert pins["torch"] == "2.13.0"
    project = CONFIG["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name, _, low = requirement.partition(">=")
        assert re.sub("[-_.]+", "-", name).lower() in pins, f"{requirement} is not pinned"
        version = pins[re.sub("[-_.]+", "-", name).lower()]
        if low:
            assert Version(version) >= Version(low), f"{requirement} asks for more than {version}"
