"""Many to many, unequal lengths: an encoder reads numbers in words, a decoder writes them in digits.

    python examples/translate_numbers.py

The decoder begins with a start token, reads what it has written, and ends with an end token. `RNNClassifier` adds both
tokens and takes them off: targets are plain lists of digits, of any length.
"""

import numpy as np

from tsrnn import RNNClassifier

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def spell(number):
    """Return the words of a number below 10,000."""
    words = []
    for value, name in ((1000, "thousand"), (100, "hundred")):
        if number >= value:
            words += [ONES[number // value], name]
            number %= value
            if number == 0:
                return words
    if number >= 20:
        words.append(TENS[number // 10 - 2])
        number %= 10
        if number == 0:
            return words
    return [*words, ONES[number]]


numbers = np.random.default_rng(0).permutation(10_000)
X, y = [spell(number) for number in numbers], [list(str(number)) for number in numbers]
seen, new = slice(0, 3000), slice(3000, 4000)

translator = RNNClassifier(hidden_size=64, head="decoder", categories="auto", max_epochs=30, random_state=0)
translator.fit(X[seen], y[seen])

predicted = translator.predict(X[new])
right = [list(digits) == truth for digits, truth in zip(predicted, y[new], strict=True)]
print(f"numbers never seen that are written without a mistake: {np.mean(right):.3f}")
for words, digits in zip(X[new][:5], predicted, strict=False):
    print(f"{' '.join(words)} -> {''.join(digits)}")
