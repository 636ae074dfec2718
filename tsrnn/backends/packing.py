"""Weights in the layout of the products; done anew whenever they have changed."""

from tsrnn.backends.compilation import inline
from tsrnn.backends.products import pack


@inline
def pack_weights(layers, packings, theta, panels, thread, n_threads):
    """Pack this thread's share of the weights into panels, and sum the biases of coupled gates."""
    for n in range(thread, layers.shape[0], n_threads):
        layer = layers[n]
        size = layer["hidden_size"]
        coupled, rest = layer["n_coupled"] * size, (layer["n_gates"] - layer["n_coupled"]) * size
        bias = layer["panels_bias"]
        for i in range(coupled):
            panels[bias + i] = theta[layer["bias_ih"] + i] + theta[layer["bias_hh"] + i]
        for i in range(coupled, coupled + rest):
            panels[bias + i] = theta[layer["bias_ih"] + i]
            panels[bias + rest + i] = theta[layer["bias_hh"] + i]
    for n in range(thread, packings.shape[0], n_threads):
        p = packings[n]
        pack(theta, p["start"], p["row"], p["column"], p["rows"], p["columns"], panels, p["panels"])
