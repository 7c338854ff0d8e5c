"""The grammar of a guest: templates for every act, of which a corpus labels only some.

Those of affirm, negate, another and bye are written one by one; those that say values or ask for wishes are made of
sentences and of phrases, so that there are some for any slots and any wishes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations, count, product

from .terms import OPENING, Template
from .venues import SLOTS, WISHES

Phrases = Mapping[str, Sequence[str]]  # by slot

AFFIRM = (
    "yes", "yes please", "yeah", "yep", "yes, that's right", "yes, that is correct", "that's right", "correct",
    "right", "exactly", "exactly right", "yes exactly", "sure", "yes, sure", "of course", "yes of course", "indeed",
    "that is right", "you got it", "that's it", "yes, that's what i said", "yes i do", "yes, that's what i want",
    "that's what i'm looking for", "yup", "yup, that's right", "uh huh", "that would be right", "absolutely",
    "definitely", "yes, definitely", "certainly", "ok yes", "okay, yes", "yes, you understood me", "that's correct",
    "yes that's correct", "right, please go on", "yes, go ahead", "that is what i meant", "yes, i meant that",
    "spot on", "yes, perfect", "that's true", "true", "yes it is", "yes, i think so", "you heard me right",
)  # fmt: skip
NEGATE = (
    "no", "nope", "no, that's not right", "no, that is wrong", "that's not right", "that's wrong", "not really",
    "no, sorry", "sorry, no", "no thank you", "no thanks", "no, not that", "not that one", "no, you got that wrong",
    "that's not what i said", "that is not what i want", "no, that's not what i asked for", "i'm afraid not",
    "no, i'm afraid that's not it", "no way", "wrong", "incorrect", "that's incorrect", "no, that is a mistake",
    "hmm, no", "well, no", "oh no", "nah", "no, that's not it", "you misunderstood me", "no, you misunderstood",
    "i did not say that", "i didn't say that", "no, i said something else", "that won't do", "that doesn't work for me",
    "no, that doesn't fit", "that isn't it", "actually no", "no, listen", "please listen, no", "no no",
    "not at all", "that's no good", "no, i don't want that", "i don't want that one", "that's not what i had in mind",
)  # fmt: skip
ANOTHER = (
    "is there anything else", "is there another one", "anything else", "what else do you have", "another one please",
    "do you have another restaurant", "can you suggest something else", "how about another one",
    "i would like a different one", "could you find me a different restaurant", "are there any others",
    "are there any other options", "do you have other options", "any other suggestions", "what other places are there",
    "can i hear another option", "what about another place", "show me another one", "give me another suggestion",
    "next one please", "i've been there before, what else is there", "i was there last week, is there another one",
    "hmm, anything else like that", "something else like this", "is there a second one", "do you know another place",
    "could you recommend another one", "let me hear another one", "one more suggestion please", "any alternatives",
    "what are the alternatives", "is that the only one", "do you have any more", "tell me about another one",
    "i'd rather have another one", "can we try a different one", "please look for another one",
    "what other restaurants do you have", "is there any other restaurant", "maybe another one",
    "not that one again, what else is there",
    "i'd like to hear about other places", "are there more of them", "what is the next one",
    "do you have something else for me", "i don't fancy that one, any others",
)  # fmt: skip
BYE = (
    "bye", "goodbye", "thank you, goodbye", "thanks, bye", "thank you very much, goodbye", "that's all, thank you",
    "that is all i need, thanks", "great, thanks", "thank you", "thanks", "thanks a lot", "thank you so much",
    "thank you for your help", "thanks for your help, bye", "perfect, thank you", "ok thank you, good bye",
    "okay, thanks", "that will be all", "that'll be all, thanks", "that's everything, goodbye",
    "that's all i wanted to know", "i have all i need", "i've got everything, thank you", "no, that's all, thank you",
    "nothing else, thanks", "great, that's it", "wonderful, thanks, bye bye", "bye bye", "good bye", "see you",
    "have a nice day", "have a good day, bye", "thank you, have a nice day", "cheers, bye", "cheers",
    "ok, that's it then", "alright, thank you", "lovely, thank you", "brilliant, thanks a lot", "many thanks",
    "thank you kindly", "i am done, thank you", "we're done, thanks", "excellent, goodbye", "that helps, thank you",
    "super, thanks, goodbye", "good, that's all", "thanks for everything",
)  # fmt: skip

# Of each of these, one word or none is a guest's own: a noun phrase takes those of its slots that are said.
FIRST_WORDS = (
    "i am looking for", "i'm looking for", "i want", "i need", "i would like", "i'd like", "can you find me",
    "please find me", "could you recommend", "do you know", "is there", "we are looking for", "find me",
    "hello, i want to find", "hi, i need", "i'm searching for", "can you help me find", "what about", "how about",
    "let's try", "then i'd like", "maybe", "i'd rather have",
)  # fmt: skip
OPENINGS = FIRST_WORDS[:17]  # the others only make sense once something has been said
PHRASES = (
    ("{a} {priced}", "a", " {food}", " restaurant", " in the {area}"),
    ("something {priced}", "something", " with {food} food", "", " in the {area} part of town"),
    ("{a} {priced} place", "a place", " serving {food} food", "", " in the {area}"),
    ("somewhere {priced}", "somewhere", " with {food} cuisine", "", " in the {area} of town"),
)
SHORT = {
    "food": ("{food}", "{food} food", "{food} please", "{food} food please", "{food} would be nice", "serving {food}"),
    "area": ("the {area}", "in the {area}", "{area} please", "the {area} of town", "the {area} part", "{area}"),
    "pricerange": ("{pricerange}", "{pricerange} please", "something {priced}", "in the {pricerange} price range",
                   "{priced} would be good", "it should be {priced}"),
}  # fmt: skip
OPEN_SLOT = {
    "food": ("any food", "any kind of food is fine", "i don't care about the food", "the food doesn't matter",
             "any cuisine will do", "i have no preference for the food", "whatever food there is",
             "i'll eat any type of food"),
    "area": ("any area", "any part of town is fine", "i don't care about the area", "the area doesn't matter",
             "anywhere in town will do", "i have no preference for the area", "whatever area it is in",
             "i can go to any part of town"),
    "pricerange": ("any price", "any price range is fine", "i don't care about the price", "the price doesn't matter",
                   "i have no preference for the price", "whatever it costs", "money is no problem",
                   "i take any price range"),
}  # fmt: skip
OPEN_ANY = (
    "i don't care", "it doesn't matter", "i don't mind", "anything", "any", "no preference", "whatever",
    "anything is fine",
    "i have no preference", "it does not matter to me", "i'm open to anything", "you choose", "all the same to me",
)  # fmt: skip
# Behind a no, and what may follow.
TURNED = ("i said", "i meant", "i want", "please look for", "i asked for")
NOUNS = {
    "food": ("{food}", "{food} food", "somewhere with {food} food", "{a} {food} restaurant"),
    "area": ("the {area}", "somewhere in the {area}", "the {area} part of town", "a place in the {area}"),
    "pricerange": ("something {priced}", "{a} {priced} place", "the {pricerange} price range", "somewhere {priced}"),
}
OPEN_NOUNS = {
    "food": ("any food", "any kind of food", "any cuisine", "whatever food"),
    "area": ("any area", "any part of town", "anywhere", "whatever area"),
    "pricerange": ("any price", "any price range", "whatever price", "any cost"),
}
WISHED = {
    "address": "address",
    "phone": "phone number",
    "postcode": "postcode",
    "food": "type of food",
    "area": "area",
    "pricerange": "price range",
}
ASK_FOR = (
    "what is the {}", "what's the {}", "can i have the {}", "could i get the {} please", "may i have the {}",
    "please tell me the {}", "i need the {}", "i would like the {}", "give me the {} please", "and the {}",
    "do you have the {}", "i'd also like to know the {}", "tell me the {}", "could you tell me the {} please",
    "great, what is the {}", "sounds good, what's the {}", "yes, may i have the {}", "i'll need the {}",
    "i want to know the {}", "do you know the {}", "the {} please", "can you give me the {}", "could i have the {}",
    "please give me the {}",
)  # fmt: skip
MOST_WISHES = 3  # that are asked for at once


ANSWERS = 6
HOP = 7  # in NEGATE, from one answer to the next; prime to its length, so that all come
FIXED = {"affirm": AFFIRM, "negate": NEGATE, "another": ANOTHER, "bye": BYE}


@lru_cache(maxsize=1)
def grammar() -> tuple[Template, ...]:
    """All templates of the grammar, each once, in a fixed order."""
    made = [Template(text, act) for act, texts in FIXED.items() for text in texts]
    for slots in _subsets(SLOTS, len(SLOTS)):
        made += [Template(text, "inform", slots, context=OPENING) for text in _sentences(OPENINGS, slots)]
        made += [
            Template(text, "inform", slots)
            for text in (*_sentences(FIRST_WORDS, slots), *_bodies(slots, (), SHORT, OPEN_SLOT))
        ]
    for slot in SLOTS:
        made += [Template(text, "inform", (), (slot,)) for text in (*OPEN_SLOT[slot], *OPEN_ANY)]
        others = tuple(other for other in SLOTS if other != slot)
        for slots in _subsets(others, len(others)):
            pairs = product((*OPEN_SLOT[slot], *OPEN_ANY), _bodies(slots, (), SHORT, OPEN_SLOT))
            texts = [f"{free}, but {said}" for free, said in pairs]
            made += [Template(text, "inform", slots, (slot,)) for text in texts[::3]]
    for said in _subsets(SLOTS, len(SLOTS)):
        for dontcare in ((), *_subsets(said, len(said))):
            slots = tuple(slot for slot in said if slot not in dontcare)
            bodies = _bodies(slots, dontcare, SHORT, OPEN_SLOT)
            bodies += [f"{turn} {body}" for turn, body in product(TURNED, _bodies(slots, dontcare, NOUNS, OPEN_NOUNS))]
            heads = (NEGATE[HOP * i % len(NEGATE)] for i in count())
            texts = [f"{no}, {body}" for no, body in zip(heads, 2 * bodies, strict=False)]
            made += [Template(text, "negate", slots, dontcare) for text in texts]
    for wishes in _subsets(WISHES, MOST_WISHES):
        nouns = [WISHED[wish] for wish in wishes]
        for *most, last in (nouns, nouns[::-1]):
            noun = f"{', '.join(most)} and {last}" if most else last
            made += [Template(text.format(noun), "request", wishes=wishes) for text in ASK_FOR]
    return tuple(dict.fromkeys(made))


def _subsets(of: Sequence[str], most: int) -> Iterator[tuple[str, ...]]:
    """Those of 1 … ``most``, each in its order."""
    return chain.from_iterable(combinations(of, size) for size in range(1, most + 1))


def _sentences(beginnings: Sequence[str], slots: tuple[str, ...]) -> list[str]:
    """Each beginning with each noun phrase that says ``slots``."""
    phrases = []
    for priced, plain, food, noun, area in PHRASES:
        start = priced if "pricerange" in slots else plain
        if food.startswith(" {food}") and "food" in slots and start == plain:
            start = "{a}"
        elif start == "a" and noun == "":
            start = "a place"
        phrases.append(start + (food if "food" in slots else "") + noun + (area if "area" in slots else ""))
    return [f"{beginning} {phrase}" for beginning, phrase in product(beginnings, phrases)]


def _bodies(slots: tuple[str, ...], dontcare: tuple[str, ...], said: Phrases, free: Phrases) -> list[str]:
    """``ANSWERS`` short answers that say ``slots`` in the words of ``said``, and ``dontcare`` in those of ``free``."""
    parts = [*(said[slot] for slot in slots), *(free[slot] for slot in dontcare)]
    return [" and ".join(part[(i + j) % len(part)] for j, part in enumerate(parts)) for i in range(ANSWERS)]
