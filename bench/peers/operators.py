"""A x and A^T y of one operator in NumPy: `python3 operators.py NAME SIDE BATCH`, prints {"ms", "mb"}.

Single precision, the fastest of five calls. Fourier sampling and motion blur by numpy.fft; operators along
the axes by dense matrices; tomography by tables of two pixels and their weights at each crossing.
"""
import json
import resource
import sys
import time

import numpy as np

name, side, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(0)
f32 = np.float32
x = rng.standard_normal((batch, side, side)).astype(f32)


def fourier():
    m = (rng.random((batch, 1, side)) < 0.25).astype(f32)
    y = (rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape)).astype(np.complex64)
    shift = lambda z: np.fft.fftshift(z, axes=(1, 2))
    unshift = lambda z: np.fft.ifftshift(z, axes=(1, 2))
    forward = lambda: m * shift(np.fft.fft2(unshift(x), norm="ortho"))
    back = lambda: shift(np.fft.ifft2(unshift(m * y), norm="ortho")).real
    return forward, back


def motion(size=61):
    half = size // 2
    n = side + size - 1
    spectrum = np.fft.rfft2(rng.random((batch, size, size)).astype(f32), s=(n, n))
    pads = ((0, 0), (half, half), (half, half))
    y = rng.standard_normal(x.shape).astype(f32)

    def forward():
        wide = np.pad(x, pads, mode="reflect")
        return np.fft.irfft2(np.fft.rfft2(wide) * spectrum, s=(n, n))[:, size - 1 :, size - 1 :]

    def fold(z, axis):  # the transpose of the mirrored padding
        z = np.moveaxis(z, axis, 0)
        out = z[half : half + side].copy()
        out[1 : half + 1] += z[:half][::-1]
        out[side - 1 - half : side - 1] += z[half + side :][::-1]
        return np.moveaxis(out, 0, axis)

    def back():
        wide = np.zeros((batch, n, n), f32)
        wide[:, size - 1 :, size - 1 :] = y
        return fold(fold(np.fft.irfft2(np.fft.rfft2(wide) * spectrum.conj(), s=(n, n)), 1), 2)

    return forward, back


def separable(rows):
    L = rng.standard_normal((rows, side)).astype(f32)
    y = rng.standard_normal((batch, rows, rows)).astype(f32)
    return lambda: L @ x @ L.T, lambda: L.T @ y @ L


def radon(angles):
    detectors = int(np.ceil(np.hypot(side, side)))
    y = rng.standard_normal((angles * detectors, batch)).astype(f32)
    flat = np.ascontiguousarray(x.reshape(batch, -1).T)
    centre, t = (side - 1) / 2, np.arange(detectors) - (detectors - 1) / 2
    along = np.arange(side) - centre
    tables = []
    for theta in np.arange(angles) * np.pi / angles:
        cos, sin = np.cos(theta), np.sin(theta)
        by_row = abs(cos) >= abs(sin)
        at = (t[:, None] - along * (sin if by_row else cos)) / (cos if by_row else sin) + centre
        below = np.floor(at).astype(np.int64)
        share = at - below
        length = 1 / max(abs(cos), abs(sin)) / side
        for column, weight in ((below, 1 - share), (below + 1, share)):
            inside = (column >= 0) & (column < side)
            column = np.where(inside, column, 0)
            lines = np.arange(side)[None, :]
            pixel = lines * side + column if by_row else column * side + lines
            tables.append((pixel, np.where(inside, weight * length, 0).astype(f32)))
    def forward():
        pairs = zip(tables[::2], tables[1::2])
        return np.concatenate(
            [sum(np.einsum("dnb,dn->db", flat[p], w) for p, w in pair) for pair in pairs]
        )

    def back():
        out = np.zeros((batch, side * side))
        for i, (p, w) in enumerate(tables):
            rays = y[(i // 2) * detectors : (i // 2 + 1) * detectors]
            for b in range(batch):
                out[b] += np.bincount(p.ravel(), (w * rays[:, b : b + 1]).ravel(), side * side)
        return out

    return forward, back


forward, back = {
    "fourier": fourier,
    "motion": motion,
    "blur": lambda: separable(side),
    "bicubic": lambda: separable(side // 4),
    "pool": lambda: separable(side // 4),
    "radon": lambda: radon(30),
    "radon-180": lambda: radon(180),
}[name]()
best = float("inf")
for _ in range(6):
    start = time.perf_counter()
    forward()
    back()
    best = min(best, time.perf_counter() - start)
print(json.dumps({"ms": 1000 * best, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
