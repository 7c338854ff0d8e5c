"""What reads text or bytes from outside: anything at all gives a result or one ValueError that a person understands."""

import json
import string

import numpy as np
import pytest
import xxhash
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ludus.agents.registry import resolve
from ludus.agents.runs import config
from ludus.agents.runs.config import RunConfig
from ludus.envs.engine import snapshot
from ludus.utils.command_line import key_values

thorough = settings(max_examples=300, deadline=None, derandomize=True, database=None)
# Text that is nearly YAML finds more than text of any characters.
scraps = st.sampled_from(
    [
        *(
            "[",
            "]",
            "{",
            "}",
            ": ",
            ", ",
            "- ",
            "\n",
            "  ",
            "&a ",
            "*a",
            "? ",
            "| ",
            "> ",
            "<<",
            "%",
            "@",
            "'",
            '"',
            "#",
        ),
        *("!!int ", "!!float ", "!!bool ", "!!binary ", "!!timestamp ", "!!set ", "!!python/name:os.system "),
        *("a", "1", "0x", "1e3", ".nan", ".inf", "null", "yes", "2001-99-99", "1:60", "\0", "\u2028", "9" * 5000),
    ]
)
near_yaml = st.lists(st.one_of(scraps, st.text(max_size=3)), max_size=12).map("".join)
words = st.text(string.ascii_letters, min_size=1, max_size=8)
numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False))
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(string.printable, max_size=8)),
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(words, part, max_size=3)),
    max_leaves=8,
)


# --- key=value -------------------------------------------------------------------------------------------------------


@thorough
@given(st.lists(st.one_of(near_yaml, near_yaml.map("a=".__add__)), max_size=3))
@example(["a=!!bool x"])
@example(["a=!!timestamp x"])
@example(["a=2001-99-99"])
@example(["a=" + "[" * 3000])
@example(["a=" + "9" * 5000])
def test_key_values_of_any_text_are_a_dict_or_one_error(pairs):
    try:
        result = key_values(pairs, "--set")
    except ValueError as error:
        message = str(error)
        assert message.startswith("--set ")
        assert "takes key=value, got" in message or "cannot read the value" in message
    else:
        assert set(result) == {pair.partition("=")[0] for pair in pairs}


def without_numbers_as_text(value):
    """``key_values`` reads text that is a number as the number."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


@thorough
@given(st.dictionaries(words, plain, max_size=3))
def test_key_values_gives_back_what_was_written(values):
    pairs = [f"{key}={yaml.safe_dump(value, default_flow_style=True)}" for key, value in values.items()]
    expected = {key: without_numbers_as_text(value) for key, value in values.items()}
    read = key_values(pairs, "--set")
    for key, value in values.items():
        if isinstance(value, str) and isinstance(read[key], int):  # a whole number, which the same number stands for
            read[key] = float(read[key])
    assert json.dumps(read, sort_keys=True) == json.dumps(expected, sort_keys=True)


# --- Snapshots -------------------------------------------------------------------------------------------------------

HEADER = snapshot.header_of({"environment": "some/World-v0", "num_envs": 3, "sizes": {"size": 8}})
BODY = bytes(range(48))
GOOD = snapshot.pack(HEADER, np.frombuffer(BODY, np.uint8))
REFUSALS = ("are no snapshot for this", "another format", "the snapshot is damaged: ", "is of another batch: its ")


def refused(data):
    """Whether the snapshot is refused, with a message that is known; else its body has the right size."""
    try:
        assert len(snapshot.unpack(data, HEADER, len(BODY))) == len(BODY)
    except ValueError as error:
        return any(text in str(error) for text in REFUSALS) and len(str(error)) < 500
    return False


def sealed(rest):
    """What somebody would make who wants ``rest`` to be taken."""
    return snapshot.MAGIC + xxhash.xxh3_128(rest).digest() + rest


def test_header_of_brackets_within_brackets_is_refused():
    depth = 100_000
    assert refused(sealed(depth.to_bytes(8, "little") + b"[" * depth + BODY))


def test_packed_is_unpacked():
    assert snapshot.unpack(GOOD, HEADER, len(BODY)) == BODY
    assert sealed(HEADER + BODY) == GOOD


@thorough
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(snapshot.MAGIC.__add__)))
def test_any_bytes_are_no_snapshot(data):
    assert refused(data)


@thorough
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(position, change):
    assert refused(GOOD[:position] + bytes([GOOD[position] ^ change]) + GOOD[position + 1 :])


@thorough
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_cut_or_longer_snapshots_are_noticed(position, inserted, removed):
    data = GOOD[:position] + inserted + GOOD[position + removed :]
    if len(data) != len(GOOD):
        assert refused(data)
        assert refused(sealed(data[len(snapshot.MAGIC) + snapshot.HASH_BYTES :]))


@thorough
@given(plain, st.integers(0, 2**64 - 1))
def test_any_header_of_any_length_is_refused_unless_it_is_the_batchs(header, length):
    text = json.dumps(header).encode()
    assert refused(sealed(len(text).to_bytes(8, "little") + text + BODY))
    other_length = sealed(length.to_bytes(8, "little") + GOOD[snapshot.START :])
    assert refused(other_length) or length == len(HEADER) - 8


# --- config.yaml -----------------------------------------------------------------------------------------------------

CONFIG = {"format": config.CONFIG_FORMAT, "env": "ludus/Snake-v1", "agent": "pqn", "steps": 1000}
CONFIG["hyperparameters"] = yaml.safe_load(json.dumps(resolve("pqn", {})))
OPTIONAL = ("seed", "environment", "device", "evaluate_every", "evaluation_episodes", "checkpoint_seconds", "versions")
entries = st.sampled_from([*CONFIG, *OPTIONAL])
in_folder = settings(thorough, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder, text):
    """The config, or ``None`` if it was refused."""
    (folder / "config.yaml").write_bytes(text.encode(errors="surrogatepass"))
    try:
        return config.read_config(folder)
    except ValueError:
        return None


def test_the_config_that_the_other_tests_damage_is_a_good_one(tmp_path):
    assert read(tmp_path, yaml.safe_dump(CONFIG)) == RunConfig(
        env="ludus/Snake-v1", steps=1000, hyperparameters=CONFIG["hyperparameters"]
    )


@in_folder
@given(text=near_yaml)
@example(text="2001-99-99")
@example(text="format: !!bool x")
@example(text="[" * 3000)
def test_config_of_any_text_is_refused(text, tmp_path):
    assert read(tmp_path, text) is None


@in_folder
@given(changes=st.dictionaries(entries, plain, min_size=1, max_size=3))
@example(changes={"device": 5})
@example(changes={"steps": "many"})
@example(changes={"agent": ["pqn"]})
def test_config_with_any_values_is_refused_or_has_whole_steps(changes, tmp_path):
    made = read(tmp_path, yaml.safe_dump({**CONFIG, **changes}))
    assert made is None or type(made.steps) is int


@pytest.mark.parametrize("missing", CONFIG)
def test_config_that_lacks_an_entry_is_refused(missing, tmp_path):
    content = {key: value for key, value in CONFIG.items() if key != missing}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=f"lacks the entry '{missing}'" if missing != "format" else "no format entry"):
        config.read_config(tmp_path)
