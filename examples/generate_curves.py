"""One to many: a whole curve from a single starting point.

    python examples/generate_curves.py [FOLDER]

A pendulum is let go at some angle and speed. The network is given these two numbers and draws the next 50 angles.
Writes `curves.png` to FOLDER, by default `pictures` in the current directory.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression

from tsrnn import RNNRegressor


def swing(angle, speed, n_steps=50, parts=10, duration=0.15):
    """Return the angles of a damped pendulum, shape (n, n_steps): Euler's method with small parts of a step."""
    angles = []
    for _ in range(n_steps):
        for _ in range(parts):
            speed = speed - (np.sin(angle) + 0.1 * speed) * duration / parts
            angle = angle + speed * duration / parts
        angles.append(angle)
    return np.stack(angles, axis=1)


rng = np.random.default_rng(0)
starts = np.column_stack([rng.uniform(-2.5, 2.5, 1000), rng.uniform(-1, 1, 1000)])
curves = swing(*starts.T)
seen, new = slice(0, 800), slice(800, None)

# One step in and 50 steps out: that is how the estimator knows that this is one to many.
network = RNNRegressor(hidden_size=32, cell="lstm", max_epochs=60, random_state=0)
network.fit(starts[seen, None, :], curves[seen, :, None])
generated = network.predict(starts[new, None, :])[:, :, 0]
linear = LinearRegression().fit(starts[seen], curves[seen]).predict(starts[new])

for name, predicted in {"recurrent network": generated, "linear regression": linear}.items():
    print(f"{name}: mean error of an angle {np.abs(predicted - curves[new]).mean():.3f} radians")

figure, axes = plt.subplots(2, 2, figsize=(10, 5.5), sharex=True, sharey=True, layout="constrained")
for ax, i in zip(axes.flat, (0, 1, 2, 5), strict=True):
    angle, speed = starts[new][i]
    ax.plot(curves[new][i], color="0.75", linewidth=5, label="pendulum")
    ax.plot(generated[i], color="C0", label="network")
    ax.set_title(f"starts at angle {angle:.1f}, speed {speed:.1f}", fontsize=10)
axes[0, 0].legend(frameon=False)
figure.supxlabel("step")
figure.supylabel("angle (radians)")
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
folder.mkdir(parents=True, exist_ok=True)
figure.savefig(folder / "curves.png", dpi=120)
print(f"The picture is {folder / 'curves.png'}.")
