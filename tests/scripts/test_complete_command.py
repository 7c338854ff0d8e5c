"""`ludus complete`: texts that a seed decides, printed as they come, and refusals in one line."""

import json

import pytest

from commands_stage import said
from language_toy import make_language_model
from ludus.components.component import Component
from ludus.nlp.writing import Choosing, check_beginning, write
from vision_toy import as_it_was  # noqa: F401


@pytest.fixture
def model(tmp_path):
    make_language_model().save(tmp_path / "lm")
    return tmp_path / "lm"


def expected(text, length, choosing, number=0):
    net = make_language_model()
    return text + net.tokenizer.decode(write(net, check_beginning(net.tokenizer, text), length, choosing, number))


def test_texts_are_those_of_the_seed_whatever_the_count(model, capsys):
    from ludus.scripts.main import main

    asked = ["complete", str(model), "To be", "--length", "20", "--seed", "5"]
    assert main([*asked, "--count", "3"]) == 0
    out = capsys.readouterr().out
    texts = [expected("To be", 20, Choosing(seed=5), number) for number in range(3)]
    assert out == "".join(f"--- {number + 1} ---\n{text}\n" for number, text in enumerate(texts))
    assert main(asked) == 0
    assert capsys.readouterr().out == f"{texts[0]}\n"
    assert main([*asked, "--temperature", "0"]) == 0
    assert capsys.readouterr().out == expected("To be", 20, Choosing(temperature=0.0)) + "\n"


def test_a_long_beginning_is_read_from_its_end_and_that_is_said(model, capsys):
    status, fault = said(capsys, "complete", model, "To be, or not to be", "--length", "5")
    assert (status, fault.strip()) == (0, "Note: the text has 19 tokens, of which the model reads the last 8")


def test_what_a_terminal_would_obey_is_written_out(tmp_path, capsys):
    from ludus.scripts.main import main

    net = make_language_model("lstm", tokens="bpe")
    net.head.weight.data.zero_()
    net.head.bias.data[net.tokenizer.encode("\x1b")[0]] = 99.0
    net.save(tmp_path / "lm")
    assert main(["complete", str(tmp_path / "lm"), "To be\x07", "--length", "2"]) == 0
    assert capsys.readouterr().out == "To be\\x07\\x1b\\x1b\n"


def test_bytes_that_are_no_text_count_as_an_unknown_letter_and_that_is_said(tmp_path, capsys):
    from ludus.scripts.main import main

    make_language_model("lstm", tokens="bpe").save(tmp_path / "lm")
    asked = [str(tmp_path / "lm"), "To be \udcff", "--length", "5"]
    assert main(["complete", *asked]) == 0
    shown = capsys.readouterr()
    assert shown.err == "Note: the text has bytes that are no UTF-8, each of which counts as an unknown letter\n"
    assert main(["complete", asked[0], "To be \ufffd", *asked[2:]]) == 0
    assert capsys.readouterr().out == shown.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "the text is empty"),
        (["Tö"], "never seen 'ö'"),
        (["T\udcff"], "never seen '\ufffd'"),
        (["a" * 100_001], "at most 100,000 are read"),
        (["To be", "--temperature", "-1"], "temperature must be 0 … 100"),
        (["To be", "--top-p", "0"], "top-p must be above 0"),
        (["To be", "--length", "0"], "--length must be 1 … 100,000, got 0"),
        (["To be", "--count", "1001"], "--count must be 1 … 1,000, got 1,001"),
    ],
)
def test_what_cannot_be_gone_on_with_is_said_in_a_line(arguments, message, model, capsys):
    status, fault = said(capsys, "complete", model, *arguments)
    assert status == 1
    assert message in fault
    assert fault.count("\n") == 1


def test_another_folder_is_refused_in_a_line(tmp_path, model, capsys):
    from generator_toy import make_generator

    make_generator().save(tmp_path / "gen")
    for folder, message in (
        (tmp_path, "holds no config.json"),
        (tmp_path / "gen", "is a Generator, which goes on with no text"),
    ):
        status, fault = said(capsys, "complete", folder, "To be")
        assert (status, fault.count("\n")) == (1, 1)
        assert message in fault


def test_a_tokenizer_that_was_swapped_damaged_or_lost_is_one_line(model, capsys):
    own = (model / "tokenizer.json").read_bytes()
    other = make_language_model(tokens="bpe").tokenizer.as_json()
    for data, message in ((other, "tokenizer.json is damaged or that of another model"), (own[:-3], "is damaged or")):
        (model / "tokenizer.json").write_bytes(data)
        status, fault = said(capsys, "complete", model, "To be")
        assert (status, fault.count("\n")) == (1, 1)
        assert message in fault
    (model / "tokenizer.json").unlink()
    assert "holds no tokenizer.json; restore the folder" in said(capsys, "complete", model, "To be")[1]


def test_a_tokenizer_of_another_vocabulary_is_one_line_even_where_the_sum_is_right(model, capsys):
    """As somebody makes who swaps it and writes its sum into config.json, too."""
    import hashlib

    for data, message in (
        (make_language_model(tokens="bpe").tokenizer.as_json(), "its tokenizer has 290 tokens, the model knows"),
        (b"{}", "does not describe a tokenizer; restore the folder"),
    ):
        (model / "tokenizer.json").write_bytes(data)
        config = json.loads((model / "config.json").read_text())
        config["files"]["tokenizer.json"] = hashlib.sha256(data).hexdigest()
        (model / "config.json").write_text(json.dumps(config))
        status, fault = said(capsys, "complete", model, "To be")
        assert (status, fault.count("\n")) == (1, 1)
        assert message in fault
        with pytest.raises(ValueError, match=message):
            Component.load(model)


def test_a_config_that_asks_for_more_than_its_weights_is_refused_at_once(model, capsys):
    config = json.loads((model / "config.json").read_text())
    for change in ({"layers": 10**9}, {"width": 10**7}, {"heads": 0}):
        changed = {**config, "config": {**config["config"], **change}}
        (model / "config.json").write_text(json.dumps(changed))
        status, fault = said(capsys, "complete", model, "To be")
        assert (status, fault.count("\n")) == (1, 1)


def test_a_chain_refuses_a_part_with_files_of_its_own(tmp_path):
    from ludus.components.composition import Chain

    net = make_language_model()
    chain = Chain(net.input_space, net.output_space, [net])
    with pytest.raises(TypeError, match="has files of its own .tokenizer.json., which a chain does not hold"):
        chain.save(tmp_path / "chain")
