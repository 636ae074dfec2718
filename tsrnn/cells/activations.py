"""Logistic and hyperbolic tangent for kernels, and their derivatives written from the output.

`math.tanh` calls a scalar library function for every element and keeps a loop from being vectorised. In single
precision a rational function, which is arithmetic alone, takes its place: ``x P(x^2) / Q(x^2)`` with P and Q of
degree four, fitted by weighted least squares (Lawson's iteration on the relative error) over ``0 <= x <= 8.8``;
beyond that the hyperbolic tangent is one to single precision. The largest relative error is 3.3e-7. Double
precision calls `math.tanh`.
"""

import math

from numba.extending import register_jitable


@register_jitable
def _scaled_tanh(x, s):
    """``s * tanh(s * x)`` of a scalar; of a power of two as `s`, which the compiler takes into the coefficients."""
    T = type(x)
    if float(T(0.1)) == 0.1:  # only double precision holds it: a constant for the compiler
        return T(s * math.tanh(s * x))
    # Comparisons with NaN are false, so that NaN passes through. At 9 the quotient has passed one.
    limit, v = T(9.0 / s), s * s
    x = limit if x > limit else x
    x = -limit if x < -limit else x
    u = x * x
    p = T(1.37136039e-08 * v**5) * u + T(2.08646555e-05 * v**4)
    p = p * u + T(3.51101082e-03 * v**3)
    p = p * u + T(1.33939852e-01 * v**2)
    p = p * u + T(9.99999984e-01 * v)
    q = T(7.92236104e-07 * v**4) * u + T(3.31092585e-04 * v**3)
    q = q * u + T(2.59355703e-02 * v**2)
    q = q * u + T(4.67273041e-01 * v)
    q = q * u + T(1.0)
    y = x * p / q
    y = T(s) if y > T(s) else y
    return T(-s) if y < T(-s) else y


@register_jitable
def tanh(x):
    """Hyperbolic tangent of a scalar, in the scalar's own precision; NaN gives NaN."""
    return _scaled_tanh(x, 1.0)


@register_jitable
def sigmoid(x):
    """Logistic function of a scalar through `tanh`, which cannot overflow."""
    return _scaled_tanh(x, 0.5) + type(x)(0.5)


@register_jitable
def d_tanh(y):
    """Derivative of the hyperbolic tangent where it takes the value `y`."""
    return type(y)(1.0) - y * y


@register_jitable
def d_sigmoid(y):
    """Derivative of the logistic function where it takes the value `y`."""
    return y * (type(y)(1.0) - y)
