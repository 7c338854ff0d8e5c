"""The clerk's sentences in the picture, one for each thing that it does; for a person see `clerk_sentences.py`."""

# By what the clerk does. {value} is what its form has of the slot; the others are those of a venue.
SENTENCES = {
    "greet": "hello, what are you looking for?",
    "request food": "what kind of food would you like?",
    "request area": "in which part of town?",
    "request pricerange": "what price range do you have in mind?",
    "confirm food": "{value} food, is that right?",
    "confirm area": "{value} part of town, is that right?",
    "confirm pricerange": "{value} price, is that right?",
    "offer": "how about {name}?",
    "nothing": "i am sorry, there is no such place.",
    "inform address": "its address is {address}.",
    "inform phone": "its phone number is {phone}.",
    "inform postcode": "its postcode is {postcode}.",
    "inform food": "it serves {food} food.",
    "inform area": "it is in the {area} part of town.",
    "inform pricerange": "it is in the {pricerange} price range.",
}
UNKNOWN, ANY = "unknown", "any"  # what a venue does not say; what is left open
