"""Many to one: a label for each sentence, read word by word. Sentences differ in length.

    python examples/classify_sentences.py

Whether a review is good depends on the order of its words: "not" turns the next adjective, and what comes after "but"
counts. A bag of words cannot know; a recurrent network can.
"""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tsrnn import RNNClassifier

PRAISE = ["good", "fine", "clever", "funny", "moving"]
BLAME = ["bad", "dull", "silly", "boring", "flat"]


def make_clause(rng):
    """Return the words of a clause, and whether it praises."""
    noun = rng.choice(["film", "plot", "cast", "music", "ending"])
    adverbs = rng.choice(["not", "really", "very", "so"], size=rng.integers(0, 4)).tolist()
    praises = rng.random() < 0.5
    words = ["the", noun, "was", *adverbs, rng.choice(PRAISE if praises else BLAME)]
    return words, praises == (adverbs.count("not") % 2 == 0)


def make_review(rng, n_clauses):
    """Return the words of a review, and its label."""
    words, praises = make_clause(rng)
    for _ in range(n_clauses - 1):
        clause, praises = make_clause(rng)
        words += ["but", *clause]
    return words, "good" if praises else "bad"


def make_reviews(rng, n, most_clauses):
    """Return lists of words and their labels."""
    return zip(*[make_review(rng, rng.integers(1, most_clauses + 1)) for _ in range(n)], strict=True)


rng = np.random.default_rng(0)
X, y = make_reviews(rng, 2000, most_clauses=2)
X_test, y_test = make_reviews(rng, 500, most_clauses=2)
X_long, y_long = make_reviews(rng, 500, most_clauses=5)

network = RNNClassifier(hidden_size=16, categories="auto", max_epochs=20, random_state=0).fit(X, y)
bag_of_words = make_pipeline(CountVectorizer(analyzer=list), LogisticRegression()).fit(X, y)

print("accuracy            new reviews  longer ones than in training")
print(f"bag of words        {bag_of_words.score(X_test, y_test):11.3f}  {bag_of_words.score(X_long, y_long):.3f}")
print(f"recurrent network   {network.score(X_test, y_test):11.3f}  {network.score(X_long, y_long):.3f}")
for review in ("the film was good", "the film was not good", "the plot was dull but the ending was not bad"):
    probability = network.predict_proba([review.split()])[0, network.classes_ == "good"].item()
    print(f"{probability:.2f} good: {review}")
