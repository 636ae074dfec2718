"""Pictures of recurrent networks, unrolled over time: what is in them, and how far back they learn.

    python examples/visual_guide.py [FOLDER]

Writes six PNGs to FOLDER, by default `pictures` in the current directory.

The networks learn to remember. A step brings a number and, now and then, a mark; the output is the number that was
marked last.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from tsrnn import RNNRegressor
from tsrnn.network import Network
from tsrnn.plotting import StatesDisplay
from tsrnn.sequences import Sequences

CELLS = {"rnn": "tab:red", "lstm": "tab:blue", "gru": "tab:green"}
WEIGHTS = {"weight_ih_l0": "tab:orange", "weight_hh_l0": "tab:blue", "readout.weight": "tab:green"}
RAW = {"standardize_inputs": False, "standardize_targets": False}
SEEDS = (0, 1, 2)


def make_sequences(rng, n, steps, share_marked):
    """Return numbers and marks (n, steps, 2), and what was marked last (n, steps, 1)."""
    numbers, marks = rng.uniform(-1, 1, (n, steps)), rng.random((n, steps)) < share_marked
    marks[:, 0] = True
    return np.stack([numbers, marks], axis=2).astype("float32"), remember(numbers, marks)


def remember(numbers, marks):
    """Return what was marked last, at each step: the output that is to be learned."""
    last = np.maximum.accumulate(np.where(marks, np.arange(marks.shape[1]), 0), axis=1)
    return np.take_along_axis(numbers, last, axis=1)[:, :, None].astype("float32")


def save(figure, name):
    """Write a picture to the folder."""
    figure.savefig(folder / name, dpi=120)
    plt.close(figure)


# ------------------------------------------------------------------------------ one network, drawn at every step


def draw_unrolled():
    """Draw an Elman network once for each step, and the weights that all steps share."""
    X, y = make_sequences(np.random.default_rng(0), 1000, 6, share_marked=0.4)
    model = RNNRegressor(4, cell="rnn", max_epochs=40, random_state=1, **RAW).fit(X, y)
    X = np.float32([[[0.6, 1], [-0.9, 0], [0.3, 0], [-0.5, 1], [0.8, 0], [0.1, 0]]])
    states, outputs = model.network_.unroll(Sequences.from_dense(X))["l0"]["h"][0], model.predict(X)[0, :, 0]

    figure, axes = plt.subplots(1, 4, figsize=(14, 4.5), width_ratios=[9, 1, 2, 2], layout="constrained")
    for t, state in enumerate(states):
        box = (t - 0.15, t + 0.15, 0, 1)
        axes[0].imshow(state[:, None], cmap="RdBu_r", vmin=-1, vmax=1, extent=box, aspect="auto")
        axes[0].add_patch(plt.Rectangle((t - 0.15, 0), 0.3, 1, fill=False))
        axes[0].text(t + 0.2, 0.96, f"$h_{t}$", va="top", fontsize=14)
    for t, (number, mark) in enumerate(X[0], start=1):
        draw_arrow(axes[0], (t, -0.5), (t, 0), WEIGHTS["weight_ih_l0"])
        draw_arrow(axes[0], (t - 0.85, 0.5), (t - 0.15, 0.5), WEIGHTS["weight_hh_l0"])
        draw_arrow(axes[0], (t, 1), (t, 1.5), WEIGHTS["readout.weight"])
        axes[0].text(t, -0.55, f"{number:.1f}{', mark' if mark else ''}", ha="center", va="top", fontsize=12)
        axes[0].text(t, 1.55, f"{outputs[t - 1]:.2f}", ha="center", va="bottom", fontsize=12)
    axes[0].text(-0.15, -0.55, "inputs", va="top", fontsize=12)
    axes[0].text(-0.15, 1.55, "outputs", va="bottom", fontsize=12)
    axes[0].set(xlim=(-0.3, len(states) - 0.4), ylim=(-0.8, 1.8), aspect="auto")
    for ax, (name, color) in zip(axes[1:], WEIGHTS.items(), strict=True):
        weight = model.parameters_[name]
        ax.imshow(weight, cmap="PiYG", vmin=-2, vmax=2)
        ax.add_patch(plt.Rectangle((-0.5, -0.5), *weight.shape[::-1], fill=False))
        ax.set_title(f"{name}\n{weight.shape}", color=color, fontsize=11)
        ax.set(ylim=(3.7, -0.7))
    for ax in axes:
        ax.axis("off")
    figure.suptitle(
        "An Elman network unrolled over six steps: arrows of one colour are one and the same matrix", fontsize=14
    )
    save(figure, "unrolled.png")


def draw_arrow(ax, start, end, color="black", gap=0):
    """Draw an arrow between two points, `gap` points away from both."""
    style = {"arrowstyle": "-|>", "linewidth": 2, "color": color, "mutation_scale": 15, "shrinkA": gap, "shrinkB": gap}
    ax.annotate("", end, start, arrowprops=style)


def draw_kinds():
    """Draw the four ways in which outputs belong to inputs."""
    # For each kind: the steps with an input, the states of the encoder, those of the decoder, the steps with an output.
    kinds = {
        "many to one\ny: (n,) or (n, k)": (range(4), range(4), (), (3,)),
        "many to many\ny: (n, steps, k)": (range(4), range(4), (), range(4)),
        "encoder and decoder\ny: (n, other steps, k)": (range(3), range(3), range(3, 6), range(3, 6)),
        "one to many\nX: (n, 1, features)": (range(1), range(1), range(1, 5), range(1, 5)),
    }
    colors = ("tab:orange", "tab:blue", "tab:purple", "tab:green")
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.4), width_ratios=[5, 4, 6, 5], layout="constrained")
    for ax, (title, (inputs, encoder, decoder, outputs)) in zip(axes, kinds.items(), strict=True):
        places = (inputs, encoder, decoder, outputs)
        for row, steps, color in zip((0, 1, 1, 2), places, colors, strict=True):
            ax.scatter(steps, [row] * len(steps), s=420, marker="s", color=color)
        n_states = len(encoder) + len(decoder)
        arrows = [((t, 0), (t, 1)) for t in inputs] + [((t, 1), (t, 2)) for t in outputs]
        arrows += [((t, 1), (t + 1, 1)) for t in range(n_states - 1)]
        arrows += [((t, 2), (t + 1, 1)) for t in decoder[:-1]]
        for start, end in arrows:
            draw_arrow(ax, start, end, gap=11)
        ax.set(title=title, xlim=(-0.5 - 1.2 * (ax is axes[0]), n_states - 0.5), ylim=(-0.4, 2.4))
        ax.axis("off")
    for row, name in enumerate(("inputs", "states", "outputs")):
        axes[0].text(-0.5, row, name, ha="right", va="center", fontsize=12)
    save(figure, "kinds.png")


# ------------------------------------------------------------------------------------------------ states and gates


def draw_sequence(ax, X, y):
    """Draw one sequence, what is marked in it, and what is to be remembered."""
    steps, marked = np.arange(1, len(X) + 1), X[:, 1] == 1
    ax.step(steps, y[:, 0], where="post", color="0.85", linewidth=6, label="to be remembered")
    ax.plot(steps[~marked], X[~marked, 0], ".", color="0.5", markersize=4, label="number")
    ax.plot(steps[marked], X[marked, 0], "o", color="black", label="marked number")
    ax.set(ylim=(-1.2, 1.2))


def draw_states(models, X, y):
    """Draw the states of three cells that read the same sequence."""
    figure, axes = plt.subplots(4, 1, figsize=(11, 8), sharex=True, layout="constrained")
    draw_sequence(axes[0], X[0], y[0])
    for (cell, model), ax in zip(models.items(), axes[1:], strict=True):
        axes[0].plot(range(1, X.shape[1] + 1), model.predict(X)[0], color=CELLS[cell], label=f"output of {cell}")
        display = StatesDisplay.from_estimator(model, X, ax=ax)
        ax.set(title=f"states h of {cell}", ylabel="unit", xlabel="step" if cell == "gru" else "")
    figure.legend(loc="outside upper center", ncols=6, frameon=False)
    figure.colorbar(display.image_, ax=axes[1:], aspect=40)
    save(figure, "states.png")


def draw_gates(models, X, y):
    """Draw the gates of an LSTM and a GRU: open where something is written, and keeping it elsewhere."""
    shown = {
        "lstm": {"i": "i: write", "f": "f: keep", "g": "g: what to write", "o": "o: show", "c": "c: the memory"},
        "gru": {"r": "r: look at the memory", "z": "z: keep", "n": "n: what to write", "h": "h: the memory"},
    }
    figure, axes = plt.subplots(6, 2, figsize=(14, 10), sharex=True, layout="constrained")
    for column, (cell, names) in zip(axes.T, shown.items(), strict=True):
        draw_sequence(column[0], X[0], y[0])
        column[0].set_title(cell.upper(), weight="bold")
        for ax, (name, label) in zip(column[1:], names.items(), strict=False):
            display = StatesDisplay.from_estimator(models[cell], X, values=name, ax=ax)
            ax.set(title=label, ylabel="unit", xlabel="step" if name in "ch" else "")
            figure.colorbar(display.image_, ax=ax)
    axes[4, 1].tick_params(labelbottom=True)
    axes[5, 1].axis("off")
    axes[5, 1].legend(*axes[0, 0].get_legend_handles_labels(), loc="center", ncols=3, frameon=False)
    save(figure, "gates.png")


# ------------------------------------------------------------------------------------------ padding and gradients


def draw_padding(network):
    """Draw a batch of sequences of different length, and that nothing behind their ends counts."""
    lengths = np.array([24, 17, 11, 5])
    X, y = make_sequences(np.random.default_rng(4), 4, lengths.max(), share_marked=0.15)
    padded = np.arange(lengths.max()) >= lengths[:, None]
    X[padded] = np.nan
    batch = Sequences.from_dense(X, y, lengths, lengths)
    outputs, (_, _, gradient) = network.predict(batch), network.loss_and_gradient(batch)
    print(f"Padding: largest output {np.abs(outputs[padded]).max()}, largest gradient {np.abs(gradient[padded]).max()}")

    parts = {"inputs": X, "outputs": outputs, "gradient of the loss with respect to the inputs": gradient}
    figure, axes = plt.subplots(3, 1, figsize=(10, 7), sharex=True, layout="constrained")
    for ax, (title, values) in zip(axes, parts.items(), strict=True):
        inside = np.ma.masked_array(values[:, :, 0], padded)
        largest, box = np.abs(inside).max(), (0.5, lengths.max() + 0.5, 4.5, 0.5)
        image = ax.imshow(inside, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto", extent=box)
        ax.set(title=title, ylabel="sequence", yticks=range(1, 5), facecolor="0.92")
        figure.colorbar(image, ax=ax)
        for i, length in enumerate(lengths[1:], start=2):
            ax.text((length + lengths.max()) / 2, i, "NaN" if ax is axes[0] else "exactly 0", ha="center", va="center")
    axes[-1].set_xlabel("step")
    save(figure, "padding.png")


def measure_fading(network, lags):
    """Return the size of d(last output) / d(number marked so many steps before it): means over 20 sequences."""
    lengths = np.repeat(lags + 1, 20)
    X, _ = make_sequences(np.random.default_rng(0), len(lengths), lengths.max(), share_marked=0)
    targets = network.predict(Sequences.from_dense(X, lengths=lengths, output_steps=lengths.max()))
    # With an error of 1 at the last step and of 0 before, the loss has the gradient of the last output.
    targets[np.arange(len(X)), lengths - 1] -= 1
    _, _, gradient = network.loss_and_gradient(Sequences.from_dense(X, targets, lengths, lengths))
    return np.abs(gradient[:, 0, 0] * lengths.sum() / 2).reshape(len(lags), 20).mean(axis=1)


def draw_fading(networks, steps):
    """Draw how the gradient fades with the lag, before and after training.

    It fades in every new network: slowest in the RNN, whose first weights are orthogonal, while the gates of LSTM and
    GRU begin half open. Training opens the gates for as long as there is something to be remembered; the RNN has none.
    """
    lags = np.unique(np.geomspace(1, 2 * steps + 1, 30).astype(int)) - 1
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), sharey=True, layout="constrained")
    for cell, color in CELLS.items():
        for seed, network in zip(SEEDS, networks[cell], strict=True):
            new = Network(input_size=2, hidden_size=8, output_size=1, cell=cell, head="every")
            new.initialize(np.random.default_rng(seed))
            label = cell if seed == SEEDS[0] else None
            axes[0].semilogy(lags, measure_fading(new, lags), color=color, label=label)
            axes[1].semilogy(lags, measure_fading(network, lags), color=color, label=label)
    axes[1].axvline(steps, color="0.6", linestyle=":", label="longest in training")
    axes[0].set(title="new networks", ylabel="d output now / d number at the mark", ylim=(1e-9, 4))
    axes[1].set(title="networks that have learned to remember, as well as they can")
    for ax in axes:
        ax.set(xlabel="steps since the mark")
        ax.legend(loc="lower left")
    save(figure, "fading.png")


folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
folder.mkdir(parents=True, exist_ok=True)
draw_unrolled()
draw_kinds()

X, y = make_sequences(np.random.default_rng(0), 1000, 100, share_marked=0.03)
X_test, y_test = make_sequences(np.random.default_rng(1), 200, 100, share_marked=0.03)
print("medians of three networks      R2  gradient over 100 steps")
models = {}
for cell in CELLS:
    models[cell] = [RNNRegressor(8, cell=cell, max_epochs=30, random_state=seed, **RAW).fit(X, y) for seed in SEEDS]
    score = np.median([model.score(X_test, y_test) for model in models[cell]])
    gradient = np.median([measure_fading(model.network_, np.array([100])) for model in models[cell]])
    print(f"{cell:<4} with {models[cell][0].n_parameters_} parameters {score:12.3f}  {gradient:.2g}")

X, y = X_test[:1].copy(), y_test[:1].copy()
X[0, :, 1] = 0
X[0, [0, 20, 55, 80]] = [[0.8, 1], [-0.7, 1], [0.3, 1], [-0.4, 1]]
y = remember(X[:, :, 0], X[:, :, 1] == 1)
shown = {cell: trained[1] for cell, trained in models.items()}
draw_states(shown, X, y)
draw_gates(shown, X, y)
draw_padding(shown["gru"].network_)
draw_fading({cell: [model.network_ for model in trained] for cell, trained in models.items()}, steps=100)
print(f"Six pictures are in {folder}.")
