"""Laplace-optimal mid-rise weights, checked without the quantizer's formulas: the spacing of least squared error by
numerical quadrature and automatic differentiation, and the codes of weights known to 16 bits."""

import functools

import numpy as np
import torch

GAUSS_NODES, GAUSS_WEIGHTS = (torch.from_numpy(a) for a in np.polynomial.legendre.leggauss(12))
LAGUERRE_NODES, LAGUERRE_WEIGHTS = (torch.from_numpy(a) for a in np.polynomial.laguerre.laggauss(6))


def squared_error(spacing, bits):
    """Of 2^bits mid-rise levels on a Laplace density with mean absolute value 1: one side, exp(-y), suffices."""
    cells = torch.arange(2 ** (bits - 1) - 1, dtype=torch.float64).reshape(-1, 1)
    place = 0.5 * (GAUSS_NODES + 1.0)
    distance = (place - 0.5) * spacing
    inner = (0.5 * spacing * GAUSS_WEIGHTS * torch.exp(-(cells + place) * spacing) * distance ** 2).sum()
    last = (2 ** (bits - 1) - 1) * spacing
    outer = torch.exp(-last) * (LAGUERRE_WEIGHTS * (LAGUERRE_NODES - 0.5 * spacing) ** 2).sum()
    return inner + outer


@functools.lru_cache(maxsize=None)
def best_spacing(bits):
    """Where the derivative of the error changes its sign, by bisection."""
    low, high = 1e-5, 4.0
    for _ in range(60):
        middle = torch.tensor((low * high) ** 0.5, dtype=torch.float64, requires_grad=True)
        slope, = torch.autograd.grad(squared_error(middle, bits), middle)
        low, high = (low, middle.item()) if slope.item() > 0 else (middle.item(), high)
    return 0.5 * (low + high)


def weight_errors(fine, coarse, name):
    """What is wrong with the scale and codes of one weight tensor; `fine` holds the same weights at 16 bits."""
    step = fine.entries[name]["scale"]
    fine_codes, codes = fine.members[name], coarse.members[name]
    bits, scale = coarse.entries[name]["bits"], coarse.entries[name]["scale"]
    levels = (fine_codes + 0.5) * step
    mean, slack = levels.abs().mean().item(), 0.5 * step
    wanted = best_spacing(bits) * mean
    if bits > 8:
        # 16-bit weights end at the largest magnitude, or the widest Laplace step.
        wanted = min(wanted, (levels.abs().max().item() + slack) * 2.0 ** (1 - bits))
    errors = []
    if abs(scale / wanted - 1) > slack / mean + 1e-6:
        errors.append(f"{name}: {bits}-bit scale is {scale:.8g}, not {wanted:.8g}")
    low, high = -2.0 ** (bits - 1), 2.0 ** (bits - 1) - 1
    at_least = torch.floor((fine_codes * step) * (1 - 1e-12) / scale - 1e-9).clamp(low, high)
    at_most = torch.floor((fine_codes + 1) * step * (1 + 1e-12) / scale + 1e-9).clamp(low, high)
    at_least[fine_codes == -32768] = low
    at_most[fine_codes == 32767] = high
    wrong = int(((codes < at_least) | (codes > at_most)).sum())
    if wrong:
        errors.append(f"{name}: {wrong} of {codes.numel()} {bits}-bit codes are not floor(weight / scale)")
    return errors
