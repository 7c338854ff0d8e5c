"""The wait for the first picture: what a person is told, what comes back, and what a closed window does."""

import io
import threading

import numba
import pytest
from rich.console import Console

from ludus.envs.rendering import waiting
from ludus.envs.rendering.waiting import Compiling, WaitingWindow, describe, wait_for
from ludus.envs.rendering.window import _windows


def quiet():
    return Console(file=io.StringIO(), width=100)


def test_what_is_ready_at_once_opens_no_window(pygame, monkeypatch):
    monkeypatch.setattr(waiting, "WaitingWindow", None)
    console = quiet()
    assert wait_for(lambda: 7, "ludus/Toy-v0", console, in_window=True, patience=60.0) == 7
    assert console.file.getvalue() == ""


def slow_until(release):
    """Work that compiles a function, then goes on until ``release`` is set."""

    def work():
        @numba.njit
        def render_toy(x):
            return x + 1

        answer = render_toy(1)
        assert release.wait(60.0)
        return answer

    return work


def test_a_window_and_the_console_say_what_is_compiled_once(pygame, monkeypatch):
    release, console, said = threading.Event(), quiet(), []

    def say(window, *lines):
        said.append(lines)
        if len(lines) > 2:
            release.set()
        return plain(window, *lines)

    plain = WaitingWindow.say
    monkeypatch.setattr(WaitingWindow, "say", say)
    assert wait_for(slow_until(release), "ludus/Toy-v0", console, in_window=True, patience=0.0) == 2
    assert said[-1][0] == "Compiling ludus/Toy-v0"
    assert said[-1][2].startswith("kernel 1, render_toy · ")
    assert console.file.getvalue().startswith("Compiling ludus/Toy-v0; the machine code is kept")
    assert console.file.getvalue().count("Compiling") == 1
    assert not _windows  # closed, so that the next one stands alone


def test_the_lines_are_painted(pygame):
    window = WaitingWindow("ludus/Toy-v0")
    window.say("a")
    few = pygame.surfarray.array3d(window._surface)
    window.say("a", "much more, in a second line")
    many = pygame.surfarray.array3d(window._surface)
    assert (many.max(axis=2) > 200).sum() > 3 * (few.max(axis=2) > 200).sum() > 0
    window.close()


def test_what_goes_wrong_is_raised_where_somebody_waits(pygame):
    def work():
        raise ValueError("no such size")

    with pytest.raises(ValueError, match="no such size"):
        wait_for(work, "ludus/Toy-v0", quiet(), in_window=False)


@pytest.mark.parametrize("key", ["q", "escape", "close"])
def test_a_person_who_closes_the_window_waits_no_longer(pygame, monkeypatch, key):
    release = threading.Event()

    def say(window, *lines):
        if key == "close":
            window.close()
        else:
            code = {"q": pygame.K_q, "escape": pygame.K_ESCAPE}[key]
            window._take(pygame.event.Event(pygame.KEYDOWN, key=code, mod=0, unicode=""))
        return not window.closed

    monkeypatch.setattr(WaitingWindow, "say", say)
    with pytest.raises(KeyboardInterrupt):
        wait_for(lambda: release.wait(60.0), "ludus/Toy-v0", quiet(), in_window=True, patience=0.0)
    release.set()


def test_lines_name_the_kernel_only_while_something_is_compiled():
    compiling = Compiling()
    assert describe("ludus/Toy-v0", compiling, 3.2) == ("Starting ludus/Toy-v0", "3 s")
    compiling.count, compiling.kernel = 4, "render_lift"
    assert describe("ludus/Toy-v0", compiling, 7.9)[-1] == "kernel 4, render_lift · 8 s"
