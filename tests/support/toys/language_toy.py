"""Models of language for tests: never trained, of a few weights that are large enough to tell texts apart."""

import torch

from ludus.nlp.models.language_model import LanguageModel, RecurrentLM, TransformerLM, spaces_of
from ludus.nlp.tokenizer import Tokenizer

TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n" * 5
TOKENIZERS = {"bpe": Tokenizer.learn([TEXT], "bpe", 290), "char": Tokenizer.learn([TEXT], "char", 100)}
MODELS = ("transformer", "rnn", "gru", "lstm")


def make_language_model(model="transformer", context=8, tokens="char", seed=0) -> LanguageModel:
    tokenizer = TOKENIZERS[tokens]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        ends = spaces_of(context, tokenizer.size)
        if model == "transformer":
            net = TransformerLM(*ends, width=16, layers=2, heads=2)
        else:
            net = RecurrentLM(*ends, cell=model, width=16, layers=2)
        for parameter in net.parameters():
            parameter.data.add_(0.3 * torch.randn_like(parameter))
    net.tokenizer = tokenizer
    return net.eval()
