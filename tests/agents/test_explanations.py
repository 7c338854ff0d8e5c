"""Explanations of a running batch: the panel shows what the model saw, what it believed and why, beside each frame."""

import io

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from PIL import Image
from rich.console import Console
from torch import nn

from explain_stage import PANEL, SIDE, has, make_items, pictures_of
from ludus.agents import registry
from ludus.agents.evaluation import greedy_policy
from ludus.agents.explanations import make_explanations
from ludus.agents.explanations.picture_policies import find_picture_policy
from ludus.components.component import Component
from ludus.components.composition import adapt
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.human.watch import Rollout, watch
from ludus.envs.make import make_batch
from ludus.envs.rendering.window import Window
from ludus.envs.rendering.window_commands import Command
from ludus.explain import panel
from ludus.explain.attribution import METHODS, explain
from ludus.explain.heat_maps import overlay
from ludus.vision.models.classifier import spaces_of

WIDE = 40  # pixels of a third party's: SB3's CNN takes none below 36
FRAME = (480, 720)  # of Sorter, height and width


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    return make_items(tmp_path_factory.mktemp("items"))


class Quarter(nn.Module):
    """Class 0 is believed, the more so the brighter the upper left quarter is; nothing else of the picture counts."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, x):
        bright = self.conv(x.permute(0, 3, 1, 2) / 765.0)[..., : SIDE // 2, : SIDE // 2].mean(dim=(1, 2, 3))
        return torch.stack([0.5 + 0.4 * bright, 0.3 - 0.2 * bright, 0.2 - 0.2 * bright], dim=1)


@pytest.fixture(scope="module")
def quarter():
    return adapt(Quarter(), *spaces_of(np.empty((1, SIDE, SIDE, 3)), 3))


def sorter(items, filling, count=1):
    batch = make_batch("ludus/Sorter-v0", count, rendered=True, images=items, perception=filling)
    batch.seed_from(0)
    return batch


def always_first(batch):
    return np.zeros(batch.num_envs, np.int64)


# --- What the panel shows --------------------------------------------------------------------------------------------


def test_panel_shows_what_was_seen_and_heat_where_the_answer_comes_from(items, quarter):
    batch = sorter(items, quarter)
    drawn = make_explanations(batch, None, "integrated-gradients").render(np.array([0]), PANEL)[0]
    seen, hot = pictures_of(drawn)
    picture = batch.fillings["perception"].seen[0]
    large = Image.fromarray(picture).resize((len(seen), len(seen)), Image.Resampling.NEAREST)
    assert np.array_equal(seen, large)
    half = len(seen) // 2
    assert (seen[:half, :half] != hot[:half, :half]).mean() > 0.9
    assert np.array_equal(seen[half:], hot[half:])
    assert np.array_equal(seen[:, half:], hot[:, half:])


@pytest.mark.parametrize("method", METHODS)
def test_heat_is_that_of_the_model_for_what_it_believes(items, method):
    torch.manual_seed(0)
    from ludus.vision.models.convnet import ConvNet

    net = ConvNet(*spaces_of(np.empty((1, SIDE, SIDE, 3)), 3), widths=[4, 8], dense=8)
    batch = sorter(items, net, 3)
    rows = np.array([0, 2])
    drawn = make_explanations(batch, None, method).render(rows, PANEL)
    for i, row in enumerate(rows):
        picture, belief = batch.fillings["perception"].seen[row], batch.buffers.observation["perception"][row]
        heat = panel.visible(explain(net, picture[None], method, int(belief.argmax()))[0])
        _, hot = pictures_of(drawn[i])
        large = Image.fromarray(overlay(picture, heat)).resize((len(hot), len(hot)), Image.Resampling.NEAREST)
        assert np.array_equal(hot, large)


def test_right_is_green_and_wrong_is_red_with_a_frame_for_the_truth(items, quarter):
    batch = sorter(items, quarter)
    explanations = make_explanations(batch, None, "grad-cam")
    found = set()
    for _ in range(20):
        below = explanations.render(np.array([0]), PANEL)[0][220:]
        right = int(batch.records["label"][0]) == 0
        assert has(below, panel.GOOD) == right
        assert has(below, panel.BAD) != right
        assert has(below, panel.GOOD_INK)  # the true class is framed in any case
        found.add(right)
        batch.step(always_first(batch))
    assert found == {True, False}


def test_length_of_a_bar_is_the_probability(items, quarter):
    batch = sorter(items, quarter)
    drawn = make_explanations(batch, None, "grad-cam").render(np.array([0]), PANEL)[0]
    p = batch.buffers.observation["perception"][0, 0]
    row = drawn[236 + 2]  # within the first bar, above its letters
    length = int((row == panel.GOOD).all(axis=1).sum() + (row == panel.BAD).all(axis=1).sum())
    assert length == pytest.approx(p * (360 - 32), abs=5)


def test_nothing_is_explained_twice(items, quarter):
    batch = sorter(items, quarter, 2)
    explanations, rows = make_explanations(batch, None, "grad-cam"), np.arange(2)
    before = explanations.render(rows, PANEL)
    assert np.array_equal(before, explanations.render(rows, PANEL))
    assert explanations.explained == 2
    small = explanations.render(rows, (240, 180))  # a window of another size
    assert small.shape == (2, 240, 180, 3)
    assert explanations.explained == 2
    picture = batch.fillings["perception"].seen.copy()
    while (batch.fillings["perception"].seen == picture).all(axis=(1, 2, 3)).any():
        batch.step(always_first(batch))
    after = explanations.render(rows, PANEL)
    assert explanations.explained == 4
    assert (before != after).any(axis=(1, 2, 3)).all()


def test_drawing_leaves_the_world_as_it_is(items, quarter):
    one, other = sorter(items, quarter, 2), sorter(items, quarter, 2)
    explanations = make_explanations(one, None, "integrated-gradients")
    for _ in range(5):
        explanations.render(np.arange(2), PANEL)
        for batch in (one, other):
            batch.step(always_first(batch))
    assert one.snapshot() == other.snapshot()


def test_estimate_that_is_no_class_is_shown_beside_the_truth():
    net = adapt(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), spaces.Box(0, 255, (4, 4, 1), np.uint8), BOX_OF_TWO)
    batch = open_batch("slots_toy", 1, camera=net, order=None)
    batch.seed_from(0)
    explanations = make_explanations(batch, None, "integrated-gradients")
    explanations.render(np.array([0]), PANEL)
    view = explanations.onlookers[0].view(explanations.onlookers[0].looks(np.array([0]))[0], np.zeros((4, 4)))
    true = batch.records["value"][0] / 10.0
    assert view.answers[0].figure.endswith(f"(true {true:.3g})")
    assert not view.judged


BOX_OF_TWO = spaces.Box(0, 1, (2,), np.float32)


# --- The policy ------------------------------------------------------------------------------------------------------


def sighted(name, batch, **values):
    torch.manual_seed(0)
    return registry.make(name, batch, registry.resolve(name, values), seed=0, acting=True)


@pytest.mark.parametrize("method", METHODS)
def test_action_of_a_policy_that_sees_raw_pictures_is_explained(items, method):
    batch = sorter(items, "raw", 2)
    policy = greedy_policy(sighted("pqn", batch, conv=[[4, 5, 4]], hidden=[8]))
    explanations = make_explanations(batch, policy, method)
    (choice,) = explanations.onlookers
    looks = choice.looks(np.arange(2))
    assert [look.chosen for look in looks] == policy(batch).tolist()
    assert np.array_equal(looks[1].picture, batch.buffers.observation["perception"][1])
    heat = choice.heat(looks)
    assert heat.shape == (2, SIDE, SIDE)
    assert np.isfinite(heat).all()
    view = choice.view(looks[0], heat[0])
    assert [answer.name for answer in view.answers if answer.chosen] == [f"action {looks[0].chosen}"]
    assert has(explanations.render(np.arange(2), PANEL)[0], panel.CHOSEN)


def test_heat_of_a_policy_follows_its_convolution(items):
    """With a dense layer that looks at one place of the convolution's map alone, the heat is there."""
    batch = sorter(items, "raw")
    agent = sighted("pqn", batch, conv=[[1, 1, 1]], hidden=[])
    with torch.no_grad():
        conv, out = agent.network.features.encoders[0].convolutions[0], agent.network.head[-1]
        conv.weight.fill_(1.0)
        conv.bias.zero_()
        out.weight.zero_()
        out.bias.zero_()
        out.weight[3, 5 * SIDE + 7] = 1.0  # row 5, column 7 of the picture
    explanations = make_explanations(batch, greedy_policy(agent), "integrated-gradients")
    (look,) = explanations.onlookers[0].looks(np.array([0]))
    assert look.chosen == 3
    heat = explanations.onlookers[0].heat([look])[0]
    assert heat[5, 7] == 1.0
    assert heat.sum() == pytest.approx(1.0)


class Camera(gymnasium.Env):
    """A third party's environment whose observation is a picture, with ``clock`` a picture and a number."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 30}

    def __init__(self, render_mode=None, clock=False, buttons=False):
        self.render_mode, self.clock = render_mode, clock
        picture = spaces.Box(0, 255, (WIDE, WIDE, 3), np.uint8)
        self.observation_space = spaces.Dict({"a": spaces.Box(0, 1, (1,)), "b": picture}) if clock else picture
        self.action_space = spaces.Discrete(3) if buttons else spaces.Box(-1, 1, (2,))

    def observe(self):
        return {"a": self.np_random.random(1, np.float32), "b": self.render()} if self.clock else self.render()

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return self.observe(), {}

    def step(self, action):
        return self.observe(), 0.0, False, False, {}

    def render(self):
        return self.np_random.integers(0, 256, (WIDE, WIDE, 3)).astype(np.uint8)


@pytest.fixture
def camera(monkeypatch):
    def make(count=1, **keywords):
        batch = make_batch("Camera-v0", count, rendered=True, **keywords)
        batch.seed_from(0)
        return batch

    monkeypatch.setitem(gymnasium.registry, "Camera-v0", EnvSpec("Camera-v0", entry_point=Camera))
    return make


@pytest.mark.parametrize("clock", [False, True])
@pytest.mark.parametrize("name", ["ppo", "a2c", "dqn"])
def test_action_of_a_policy_of_sb3_is_explained(camera, name, clock):
    batch = camera(2, clock=clock, buttons=True)
    policy = greedy_policy(sighted(name, batch, policy="MultiInputPolicy" if clock else "CnnPolicy"))
    for method in METHODS:
        explanations = make_explanations(batch, policy, method)
        (choice,) = explanations.onlookers
        looks = choice.looks(np.arange(2))
        assert [look.chosen for look in looks] == policy(batch).tolist()
        seen = batch.buffers.observation["b"] if clock else batch.buffers.observation
        assert np.array_equal(looks[1].picture, seen[1])
        heat = choice.heat(looks)
        assert heat.shape == (2, WIDE, WIDE)
        if method == "integrated-gradients":  # nothing may speak for it in the map of an untrained network
            assert (heat.max(axis=(1, 2)) == 1.0).all()
        if name != "dqn":
            assert sum(answer.share for answer in choice.view(looks[0], heat[0]).answers) == pytest.approx(1.0)
        assert has(explanations.render(np.arange(2), PANEL)[0], panel.CHOSEN)
    batch.close()


@pytest.mark.parametrize("name", ["ppo", "sac", "td3"])
def test_action_that_is_numbers_is_explained_by_the_largest(camera, name):
    batch = camera()
    policy = greedy_policy(sighted(name, batch, policy="CnnPolicy"))
    explanations = make_explanations(batch, policy, "grad-cam")
    (look,) = explanations.onlookers[0].looks(np.array([0]))
    assert np.allclose(look.belief.clip(-1, 1), policy(batch)[0], atol=1e-5)
    assert look.chosen == np.abs(look.belief).argmax()
    assert explanations.render(np.array([0]), PANEL).shape == (1, *PANEL, 3)
    batch.close()


def test_policy_without_a_convolution_over_a_picture_sees_nothing(items):
    assert find_picture_policy(sighted("pqn", sorter(items, "raw"), hidden=[8])) is None
    assert find_picture_policy(sighted("ppo", sorter(items, "truth"))) is None


def test_board_is_explained_as_the_network_sees_it():
    batch = make_batch("ludus/Snake-v1", 2, rendered=True)
    batch.seed_from(0)
    agent = sighted("pqn", batch, conv=[[4, 3, 1]], hidden=[8], center=1, view_radius=3)
    while batch.buffers.mask[1].all():  # at its first moves a snake may go everywhere
        batch.step(batch.heuristic())
    illegal = int(batch.buffers.mask[1].argmin())
    with torch.no_grad():
        agent.network.head[-1].bias[illegal] = 100.0
    explanations = make_explanations(batch, greedy_policy(agent), "grad-cam")
    looks = explanations.onlookers[0].looks(np.arange(2))
    assert batch.buffers.mask[1, illegal] == 0
    assert looks[1].belief.argmax() == illegal
    assert np.array_equal(looks[1].picture, agent.view(batch.buffers.observation)[1])
    assert [look.chosen for look in looks] == greedy_policy(agent)(batch).tolist()  # of those that are legal
    assert explanations.onlookers[0].heat(looks).shape == (2, 7, 7)


# --- In the window and in a video ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 4])
def test_each_frame_has_its_panel_to_the_right(items, quarter, count):
    batch = sorter(items, quarter, count)
    explanations = make_explanations(batch, None, "grad-cam")
    rollout = Rollout(batch, always_first, 0, explanations)
    assert rollout.frame_size == (FRAME[0], FRAME[1] + PANEL[1])
    frames = rollout.render((240, 540))
    assert frames.shape == (count, 240, 540, 3)
    bare = Rollout(batch, always_first, 0).render((240, 360))
    assert np.array_equal(frames[:, :, :360], bare)
    assert np.array_equal(frames[:, :, 360:], explanations.render(np.arange(count), (240, 180)))


def test_window_shows_the_panel(items, quarter, pygame, monkeypatch):
    shown, looks = [], iter(range(3))
    monkeypatch.setattr(Window, "poll", lambda self: [] if next(looks, None) is not None else [Command.QUIT])
    monkeypatch.setattr(Window, "show", lambda self, frames, **rest: shown.append((self.tile_size, frames)))
    batch = sorter(items, quarter)
    explanations = make_explanations(batch, None, "grad-cam")
    watch(batch, always_first, seed=0, console=Console(file=io.StringIO()), beside=explanations)
    (height, width), frames = shown[-1]
    assert frames.shape == (1, height, width, 3)
    room = round(0.75 * height)
    assert np.array_equal(frames[0, :, -room:], explanations.render(np.array([0]), (height, room))[0])


class Dense(Component):
    """Sees pictures, without a convolution."""

    def __init__(self, input_space, output_space, memory=()):
        super().__init__(input_space, output_space, memory=memory)
        self.out = nn.Linear(3 * SIDE * SIDE, 3)

    def forward(self, x, memory=()):
        y = self.out(x.flatten(1) / 255.0).softmax(dim=1)
        return (y, memory) if self.has_memory else y


def test_component_without_convolution_is_explained_by_gradients_alone(items):
    ends = spaces_of(np.empty((1, SIDE, SIDE, 3)), 3)
    batch = sorter(items, Dense(*ends))
    with pytest.raises(ValueError, match="Dense in slot perception has no convolution.*take --explain integrated"):
        make_explanations(batch, None, "grad-cam")
    drawn = make_explanations(batch, None, "integrated-gradients").render(np.array([0]), PANEL)
    assert drawn.shape == (1, *PANEL, 3)
    with pytest.raises(ValueError, match="Dense in slot perception has a memory"):
        make_explanations(sorter(items, Dense(*ends, memory=((2,),))), None, "grad-cam")


def test_number_without_bounds_has_no_bar_and_is_shown_all_the_same():
    torch.manual_seed(0)
    raw, truth = make_batch("ludus/CartPole-v1", 1, vision="raw"), make_batch("ludus/CartPole-v1", 1)
    module = nn.Sequential(nn.Conv2d(3, 4, 8, 8), nn.Flatten(), nn.Linear(400, 4))
    model = adapt(module, raw.observation_space, truth.observation_space, before=lambda x: x.permute(0, 3, 1, 2) / 255)
    batch = make_batch("ludus/CartPole-v1", 2, rendered=True, vision=model)
    batch.seed_from(0)
    assert make_explanations(batch, None, "grad-cam").render(np.arange(2), PANEL).shape == (2, *PANEL, 3)


@pytest.mark.parametrize("name", ["pqn", "ppo"])
@pytest.mark.parametrize("freeze", [True, False])
def test_policy_that_sees_through_an_encoder_is_explained(items, tmp_path, name, freeze):
    from ludus.vision.models.convnet import ConvNet

    torch.manual_seed(0)
    ConvNet(*spaces_of(np.empty((1, SIDE, SIDE, 3)), 3), widths=[4, 8], dense=8).save(tmp_path / "net")
    batch = sorter(items, "raw", 2)
    values = registry.resolve(name, {"num_envs": 2, "encoder": str(tmp_path / "net"), "freeze": freeze})
    policy = greedy_policy(registry.make(name, batch, values, seed=0))
    explained = make_explanations(batch, policy, "grad-cam")
    seen, hot = pictures_of(explained.render(np.arange(2), PANEL)[0])
    assert not np.array_equal(seen, hot)
