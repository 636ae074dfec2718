"""Many to many: a tag for each word of a sentence.

    python examples/tag_words.py

What a word is depends on its neighbours: "her" is a pronoun in "I saw her", and a determiner in "I saw her duck".
Only a bidirectional network sees the word after it.
"""

import numpy as np

from tsrnn import RNNClassifier

NOUNS = ["duck", "watch", "fish", "play", "dog", "letter"]
VERBS = ["watch", "fish", "play", "duck", "see", "want"]


def make_subject(rng):
    """Return (word, tag) pairs of a subject."""
    if rng.random() < 0.5:
        return [(rng.choice(["we", "they", "you"]), "PRON")]
    return [(rng.choice(["the", "my", "her"]), "DET"), (rng.choice(NOUNS), "NOUN")]


def make_object(rng):
    """Return (word, tag) pairs of an object."""
    if rng.random() < 0.4:
        return [(rng.choice(["her", "him", "it"]), "PRON")]
    adjective = [(rng.choice(["old", "red", "new"]), "ADJ")] if rng.random() < 0.4 else []
    return [(rng.choice(["the", "my", "her"]), "DET"), *adjective, (rng.choice(NOUNS), "NOUN")]


def make_sentences(rng, n):
    """Return lists of words and lists of their tags."""
    sentences = []
    for _ in range(n):
        verb = [(rng.choice(["can", "will", "must"]), "AUX")] if rng.random() < 0.5 else []
        verb += [(rng.choice(VERBS), "VERB")]
        ending = [("often", "ADV")] if rng.random() < 0.3 else []
        sentences.append(make_subject(rng) + verb + make_object(rng) + ending)
    return [[word for word, _ in pairs] for pairs in sentences], [[tag for _, tag in pairs] for pairs in sentences]


rng = np.random.default_rng(0)
X, y = make_sentences(rng, 1000)
X_test, y_test = make_sentences(rng, 300)
words, truth = np.concatenate(X_test), np.concatenate(y_test)

print("share of tags that are right     all words  'her'")
for bidirectional in (False, True):
    tagger = RNNClassifier(16, bidirectional=bidirectional, categories="auto", max_epochs=15, random_state=0).fit(X, y)
    right = np.concatenate(tagger.predict(X_test)) == truth
    name = "reads both ways" if bidirectional else "reads forwards"
    print(f"{name:<30} {right.mean():11.3f}  {right[words == 'her'].mean():.3f}")

sentences = [sentence.split() for sentence in ("her dog will watch her", "they watch her old watch often")]
for sentence, tags in zip(sentences, tagger.predict(sentences), strict=True):
    print(" ".join(f"{word}/{tag}" for word, tag in zip(sentence, tags, strict=True)))
