"""Priors and samplers of Tweedie in Python: one file, to be copied where it is wanted.

    from tweedie_prior import Prior, Sampler, as_azula, as_deepinv

    prior = Prior.load("runs/demo/checkpoints/prior.safetensors")
    xhat = prior.denoise(xt, sigma)  # E[x | xt] for xt = x + sigma z, differentiable

    sampler = Sampler.load("runs/fast/checkpoints/sampler.safetensors")
    x, logq = sampler.sample(y, 64, beside={"mask": mask})

NumPy alone reads the files; what computes needs PyTorch, which is imported when it is first used.
A denoiser works in the units of the prior, in which the range of the data is [-2, 2]:
`prior.to_prior` and `prior.to_data` go there and back. A sampler works in the units of the data.

The files hold a few inputs and what Tweedie made of them. This compares, within 1e-4 of the
largest entry of each output, and exits with 0, with 1 where they differ, with 2 for bad files:

    python3 tweedie_prior.py check prior.safetensors
    python3 tweedie_prior.py show prior.safetensors
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from torch import Tensor

Tree = Dict[str, Any]
"""Weights by name, nested: lists have the keys "0", "1" and so on."""

TOLERANCE = 1e-4
"""Of `check`: the largest difference, over the largest entry of the output."""


class TweedieError(ValueError):
    """What goes wrong on purpose: one line that names the file, what was expected, what came."""


STRANGE = (
    *(KeyError, TypeError, ValueError, IndexError, AttributeError),
    *(ArithmeticError, MemoryError, RuntimeError),
)
"""What comes of a header that does not fit the arrays beside it."""


def _imported(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TweedieError(f"{what}, which is not installed here ({error})") from None


class _Lazy:
    """A module that is imported when it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(_imported(self._name, "to compute needs PyTorch"), attribute)


if not TYPE_CHECKING:
    torch = _Lazy("torch")
    F = _Lazy("torch.nn.functional")


# Files: .safetensors is the length of a header (8 bytes, little-endian), the header in JSON, the
# elements. https://github.com/huggingface/safetensors#format

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "i1", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
LONGEST_HEADER = 100_000_000


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _header(data: bytes, path: str) -> Tuple[Dict[str, Any], int]:
    """The header as JSON, and where the elements begin."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LONGEST_HEADER, len(data) - 8):
        raise TweedieError(f"{path}: truncated or not .safetensors ({len(data)} bytes)")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise TweedieError(f"{path}: the header is not JSON in UTF-8 ({error})") from None
    if not isinstance(header, dict):
        raise TweedieError(f"{path}: the header must be a JSON object")
    return header, 8 + length


def _is_natural(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _placed(name: str, entry: Any, size: int, path: str) -> Tuple[int, int, str, List[int]]:
    """Begin, end, dtype and shape of an array, within `size` bytes."""
    where = f"{path}: field '{name}'"
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        fits = all(map(_is_natural, [*shape, begin, end])) and begin <= end <= size
        needed = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
    except (KeyError, TypeError, ValueError):
        raise TweedieError(f"{where}: expected a known dtype, shape and data_offsets") from None
    if not fits or needed != end - begin:
        raise TweedieError(f"{where}: shape {shape} of {dtype} does not fit its data_offsets")
    return begin, end, dtype, shape


def read_safetensors(path: Union[str, Path]) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    """Arrays and metadata of a `.safetensors` file, whose digests are checked where it has them.

    float16 and bfloat16 become float32; Tweedie itself writes float32, float64 and integers.

    Raises:
        TweedieError: the file is missing, truncated, damaged or no such file.
    """
    name = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise TweedieError(f"{name}: {error.strerror}") from None
    header, start = _header(data, name)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise TweedieError(f"{name}: __metadata__ must be an object of strings")
    size = len(data) - start
    entries = {key: _placed(key, entry, size, name) for key, entry in header.items()}
    order = sorted(entries, key=lambda key: entries[key][:2])
    reached = 0
    for key in order:
        if entries[key][0] != reached:
            raise TweedieError(f"{name}: field '{key}' overlaps another or leaves a gap")
        reached = entries[key][1]
    if reached != size:
        raise TweedieError(f"{name}: nothing claims the last {size - reached} bytes")
    digests = metadata.get("tweedie.sha256")
    if digests is not None and len(digests) != 64 * len(order):
        raise TweedieError(f"{name}: expected a SHA-256 for each of {len(order)} arrays")
    arrays = {}
    for i, key in enumerate(order):
        begin, end, dtype, shape = entries[key]
        raw = data[start + begin : start + end]
        if digests is not None and hashlib.sha256(raw).hexdigest() != digests[64 * i :][:64]:
            raise TweedieError(f"{name}: field '{key}' is damaged: it has another SHA-256")
        array = np.frombuffer(raw, DTYPES[dtype]).reshape(shape)
        if dtype == "BF16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays[key] = array.astype(np.float32) if dtype == "F16" else array
    return arrays, metadata


def _checkpoint(path: Union[str, Path], kind: str) -> Tuple[Dict[str, np.ndarray], Dict[str, Any]]:
    """Arrays and state of a checkpoint of a kind."""
    arrays, metadata = read_safetensors(path)
    if metadata.get("format") != "tweedie-checkpoint" or "state" not in metadata:
        raise TweedieError(f"{path}: not a checkpoint of tweedie")
    if metadata.get("version") != "1":
        raise TweedieError(f"{path}: version {metadata.get('version')}, this file reads 1")
    try:
        state = json.loads(metadata["state"])
        found = state["kind"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TweedieError(f"{path}: its state is not that of a checkpoint") from None
    if found != kind:
        raise TweedieError(f"{path}: holds a {found}, not a {kind}")
    return arrays, state


def _below(arrays: Dict[str, np.ndarray], prefix: str) -> Dict[str, np.ndarray]:
    """The arrays whose names begin with a prefix, without it."""
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}


class Weights:
    """Arrays by dotted name, as nested tensors on the device and in the dtype of an input."""

    def __init__(self, arrays: Dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self._made: Dict[Any, Tree] = {}

    def like(self, x: Tensor) -> Tree:
        key = (x.device, x.dtype)
        if key not in self._made:
            tree: Tree = {}
            for name, array in self.arrays.items():
                *path, last = name.split(".")
                node = tree
                for part in path:
                    node = node.setdefault(part, {})
                node[last] = _tensor(array, x)
            self._made[key] = tree
        return self._made[key]


def _tensor(values: Any, like: Tensor) -> Tensor:
    """Numbers as a tensor of the dtype and on the device of another."""
    return torch.tensor(np.asarray(values), dtype=like.dtype, device=like.device)


def _listed(tree: Tree, name: str) -> List[Any]:
    """A list of a tree: [] where it has none."""
    held = tree.get(name, {})
    return [held[str(i)] for i in range(len(held))]


# Random numbers that belong to the structure of a network: Philox4x32-10 (Salmon et al. 2011),
# keyed by a seed and the name of a purpose, as in src/random.


def _philox(counter: Tuple[Any, ...], key: Tuple[int, int]) -> np.ndarray:
    """Words [N, 4] of counters (c0 [N], c1, c2, c3)."""
    c = [np.atleast_1d(np.asarray(v, np.uint64)) for v in counter]
    low = np.uint64(0xFFFFFFFF)
    k0, k1 = key
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        high_a, high_b = a >> np.uint64(32), b >> np.uint64(32)
        c = [high_b ^ c[1] ^ np.uint64(k0), b & low, high_a ^ c[3] ^ np.uint64(k1), a & low]
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack(np.broadcast_arrays(*c), axis=1)


def _stream(seed: int, purpose: str) -> Tuple[int, int]:
    """The key of a seed and a purpose."""
    h = 0xCBF29CE484222325
    for byte in purpose.encode():  # FNV-1a
        h = (h ^ byte) * 0x100000001B3 % 2**64
    words = _philox((h % 2**32, h >> 32, 0, 0), (seed % 2**32, seed >> 32))
    return int(words[0, 0]), int(words[0, 1])


def _bernoulli(seed: int, purpose: str, p: float, shape: List[int]) -> np.ndarray:
    """1 with probability p, else 0."""
    n = math.prod(shape)
    words = _philox((np.arange(-(-n // 4)), 0, 0, 0), _stream(seed, purpose)).ravel()[:n]
    return (words < p * 2**32).astype(np.float32).reshape(shape)


def _random_order(n: int, step: int) -> np.ndarray:
    """The fixed order of the entries in a step of a flow: Fisher and Yates, from the end."""
    key = _stream(0, "flow permutation")
    first = _philox((16 * np.arange(n), 0, step, 0), key)[:, 0]
    order = np.arange(n)
    for i in range(n - 1, 0, -1):
        limit = 2**32 - 2**32 % (i + 1)
        word = int(first[i])
        if word >= limit:  # rare: the next words of the entry
            words = _philox((16 * i + np.arange(16), 0, step, 0), key).ravel()
            word = next(int(w) for w in words if w < limit)
        j = word % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


# Layers.


def _linear(x: Tensor, w: Tree) -> Tensor:
    return F.linear(x, w["weight"], w["bias"])


def _conv(x: Tensor, w: Tree, stride: Any = 1) -> Tensor:
    """Convolution with zeros around the image, which keeps its size or divides it."""
    kh, kw = w["weight"].shape[2:]
    return F.conv2d(x, w["weight"], w["bias"], stride, (kh // 2, kw // 2))


def _layer_norm(x: Tensor, axis: int = -1, eps: float = 1e-5) -> Tensor:
    centred = x - x.mean(axis, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(axis, keepdim=True) + eps)


def _embed(c: Tensor, features: int) -> Tensor:
    """[sin(w_j c), ..., cos(w_j c), ...], w_j = 10^(-4j/(F/2 - 1)): [B] to [B, F]."""
    half = features // 2
    phase = c[:, None] * _tensor(10.0 ** (-4 * np.arange(half) / (half - 1)), c)
    return torch.cat([phase.sin(), phase.cos()], 1)


def _attention(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """[B, L, C] each; heads are contiguous groups of channels."""
    b, n, c = q.shape

    def per_head(t: Tensor) -> Tensor:
        return t.reshape(b, n, heads, c // heads).transpose(1, 2)

    scores = (per_head(q) * (c // heads) ** -0.5) @ per_head(k).transpose(2, 3)
    return (scores.softmax(-1) @ per_head(v)).transpose(1, 2).reshape(b, n, c)


def _unshuffle(x: Tensor, r: int) -> Tensor:
    """Space to channels in the order (h w C): [B, C, H, W] to [B, r r C, H/r, W/r]."""
    b, c, h, w = x.shape
    cells = x.reshape(b, c, h // r, r, w // r, r).permute(0, 3, 5, 1, 2, 4)
    return cells.reshape(b, r * r * c, h // r, w // r)


def _shuffle(x: Tensor, r: int) -> Tensor:
    """The inverse of `_unshuffle`."""
    b, k, h, w = x.shape
    cells = x.reshape(b, r, r, k // (r * r), h, w).permute(0, 3, 4, 1, 5, 2)
    return cells.reshape(b, k // (r * r), h * r, w * r)


def _repeated(x: Tensor, factors: Tuple[int, int]) -> Tensor:
    """Every pixel so many times along H and W."""
    return x.repeat_interleave(factors[0], 2).repeat_interleave(factors[1], 3)


def _on_multiples(x: Tensor, folds: List[int], run: Callable[[Tensor], Tensor]) -> Tensor:
    """A network over sides that its levels divide: zeros behind x, the output cut again."""
    space = list(x.shape[2:])
    more = [-side % fold for side, fold in zip(space, folds)]
    out = run(F.pad(x, [v for side in reversed(more) for v in (0, side)]) if any(more) else x)
    for axis, side in enumerate(space):
        out = out.narrow(2 + axis, 0, side)
    return out


# U-Nets of DiEM's form (Rozet et al. 2024): modulated blocks on levels, over [B, C, H, W].


def _modulated(w: Tree, x: Tensor, e: Tensor, f: Callable[[Tensor], Tensor]) -> Tensor:
    """(x + c f((a + 1) x + b))/sqrt(1 + c^2), with a, b and c of the noise level."""
    abc = _linear(F.silu(_linear(e, w["mod1"])), w["mod2"])[:, :, None, None]
    a, b, c = abc.chunk(3, 1)
    y = f(_layer_norm(x * (a + 1) + b, 1))
    return (x + c * y) * torch.rsqrt(1 + c * c)


def _level(blocks: List[Tree], heads: int, x: Tensor, e: Tensor) -> Tensor:
    """The blocks of a level: residual ones, and attention behind each where there is any."""

    def residual(w: Tree, y: Tensor) -> Tensor:
        return _conv(F.silu(_conv(y, w["conv1"])), w["conv2"])

    def attend(w: Tree, y: Tensor) -> Tensor:
        q, k, v = _linear(y.flatten(2).transpose(1, 2), w["qkv"]).chunk(3, 2)
        mixed = _attention(q, k, v, heads) @ w["proj"]["weight"].T
        return mixed.transpose(1, 2).reshape(y.shape)

    for block in blocks:
        x = _modulated(block["res"], x, e, lambda y: residual(block["res"], y))
        for w in _listed(block, "att"):
            x = _modulated(w, x, e, lambda y: attend(w, y))
    return x


def _unet_body(w: Tree, x: Tensor, c: Tensor, config: Tree, factors: Tuple[int, int]) -> Tensor:
    """Down and up again over levels, each coarser by factors along H and W; c [B] is log sigma."""
    levels = range(len(config.get("channels", [32, 64])))
    heads = config.get("heads") or [0 for _ in levels]
    e = _embed(c, config.get("emb", 256))
    skips: List[Tensor] = []
    x = _conv(x, w["head"])
    for i in levels:
        if i > 0:
            x = _layer_norm(_conv(x, w["down"][str(i - 1)], factors), 1)
        x = _level(_listed(w["descent"], str(i)), heads[i], x, e)
        skips.append(x)
    for i in reversed(levels):
        if i < levels[-1]:
            x = _conv(torch.cat([skips[i], x], 1), w["merge"][str(i)])
        x = _level(_listed(w["ascent"], str(i)), heads[i], x, e)
        if i > 0:
            x = _repeated(_layer_norm(x, 1), factors)
    return _conv(x, w["tail"])


Apply = Callable[[Tree, "Tensor", "Tensor"], "Tensor"]
"""Of a network: (weights, x [B, ...event], log sigma [B]) to [B, ...event]."""


def _mlp(config: Tree) -> Apply:
    def apply(w: Tree, x: Tensor, c: Tensor) -> Tensor:
        h = torch.cat([x, _embed(c, config.get("emb", 64))], 1)
        for i in range(len(config.get("hidden", [256] * 3))):
            h = _layer_norm(F.silu(_linear(h, w["hidden"][str(i)])))
        return _linear(h, w["out"])

    return apply


def _unet(config: Tree) -> Apply:
    r = config.get("unshuffle", 1)
    fold = r * 2 ** (len(config.get("channels", [32, 64])) - 1)

    def apply(w: Tree, image: Tensor, c: Tensor) -> Tensor:
        def run(x: Tensor) -> Tensor:
            return _shuffle(_unet_body(w, _unshuffle(x, r), c, config, (2, 2)), r)

        return _on_multiples(image, [fold, fold], run)

    return apply


def _unet1d(config: Tree) -> Apply:
    r = config.get("unshuffle", 1)
    fold = r * 2 ** (len(config.get("channels", [32, 64])) - 1)

    def apply(w: Tree, signal: Tensor, c: Tensor) -> Tensor:
        def run(x: Tensor) -> Tensor:
            b, io, v = x.shape
            row = x.reshape(b, io, v // r, r).permute(0, 3, 1, 2).reshape(b, r * io, 1, v // r)
            out = _unet_body(w, row, c, config, (1, 2)).reshape(b, r, io, v // r)
            return out.permute(0, 2, 3, 1).reshape(b, io, v)

        return _on_multiples(signal, [fold], run)

    return apply


# NCSN++ (Song et al. 2021): BigGAN blocks, resampling through the filter (1, 3, 3, 1)/8.


def _filtered(x: Tensor, kernel: Any, padding: int, stride: int = 1) -> Tensor:
    """A filter for every channel alone: [B, C, H, W] to [B, C O, H', W']."""
    b, c, h, w = x.shape
    out = F.conv2d(x.reshape(b * c, 1, h, w), _tensor(kernel, x), None, stride, padding)
    return out.reshape(b, -1, *out.shape[2:])


_TAPS = np.array([1, 3, 3, 1]) / 8
_BLUR = np.outer(_TAPS, _TAPS)[None, None]
_HALVES = [np.array([0.25, 0.75, 0]), np.array([0, 0.75, 0.25])]
_PHASES = np.stack([np.outer(a, b) for a in _HALVES for b in _HALVES])[:, None]


def _fir_up(x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    phases = _filtered(x, _PHASES, 1).reshape(b * c, 4, h, w)
    return _shuffle(phases, 2).reshape(b, c, 2 * h, 2 * w)


_RESIZED: Dict[str, Callable[[Any], Any]] = {
    "up": _fir_up,
    "down": lambda x: _filtered(x, _BLUR, 1, 2),
    "none": lambda x: x,
}


def _group_norm(x: Tensor, w: Tree) -> Tensor:
    return F.group_norm(x, min(x.shape[1] // 4, 32), w["scale"], w["shift"], 1e-6)


def _biggan(w: Tree, x: Tensor, e: Tensor, change: str = "none") -> Tensor:
    resize = _RESIZED[change]
    h = _conv(resize(F.silu(_group_norm(x, w["norm1"]))), w["conv1"])
    h = h + _linear(F.silu(e), w["time"])[:, :, None, None]
    y = _conv(F.silu(_group_norm(h, w["norm2"])), w["conv2"])
    x = resize(x)
    for skip in _listed(w, "skip"):
        x = _conv(x, skip)
    return (x + y) * math.sqrt(0.5)


def _pixel_attention(w: Tree, x: Tensor) -> Tensor:
    pixels = _group_norm(x, w["norm"]).flatten(2).transpose(1, 2)
    mixed = _attention(*(_linear(pixels, w[name]) for name in "qkv"), heads=1)
    return (x + _linear(mixed, w["out"]).transpose(1, 2).reshape(x.shape)) * math.sqrt(0.5)


def _ncsnpp(config: Tree) -> Apply:
    fold = 2 ** (len(config.get("multipliers", [1, 2, 2, 2])) - 1)

    def run(w: Tree, image: Tensor, c: Tensor) -> Tensor:
        e = _linear(F.silu(_linear(_embed(c, config.get("width", 64)), w["time1"])), w["time2"])
        x, pyramid = _conv(image, w["head"]), image
        stack = [x]
        for level in _listed(w, "down"):
            attention = _listed(level, "attention")
            for j, block in enumerate(_listed(level, "blocks")):
                x = _biggan(block, x, e)
                x = _pixel_attention(attention[j], x) if attention else x
                stack.append(x)
            for block, coarser in zip(_listed(level, "change"), _listed(level, "pyramid")):
                blurred = _filtered(pyramid, _BLUR, 2)
                pyramid = F.conv2d(blurred, coarser["weight"], coarser["bias"], 2)
                x = pyramid = (pyramid + _biggan(block, x, e, "down")) * math.sqrt(0.5)
                stack.append(x)
        middle = w["middle"]
        x = _pixel_attention(middle["attention"], _biggan(middle["first"], x, e))
        x = _biggan(middle["last"], x, e)
        for level in _listed(w, "up"):
            for block in _listed(level, "blocks"):
                x = _biggan(block, torch.cat([x, stack.pop()], 1), e)
            for attend in _listed(level, "attention"):
                x = _pixel_attention(attend, x)
            for block in _listed(level, "change"):
                x = _biggan(block, x, e, "up")
        return _conv(F.silu(_group_norm(x, w["norm"])), w["tail"])

    return lambda w, x, c: _on_multiples(x, [fold, fold], lambda image: run(w, image, c))


NETWORKS: Dict[str, Callable[[Tree], Apply]] = {
    "mlp": _mlp,
    "unet": _unet,
    "unet1d": _unet1d,
    "ncsnpp": _ncsnpp,
}


def network(config: Tree) -> Apply:
    """A network from its configuration, as files hold it."""
    kind = config["kind"]
    if kind not in NETWORKS:
        raise TweedieError(
            f"network '{kind}' is not read in Python, which has {', '.join(NETWORKS)}"
        )
    return NETWORKS[kind](config)


# Priors.


class Units(NamedTuple):
    """The range of the data as [-2, 2]: x' = scale x + offset."""

    scale: float
    offset: float

    @staticmethod
    def of(data_range: List[float]) -> "Units":
        low, high = data_range
        scale = 4 / (high - low)
        return Units(scale, -2 - scale * low)

    def to_prior(self, x: Any) -> Any:
        return x * self.scale + self.offset

    def to_data(self, x: Any) -> Any:
        return (x - self.offset) / self.scale


def _levels(sigma: Any, x: Tensor) -> Tensor:
    """A noise level for each row: [B] of a number, of one in a tensor, or of B of them."""
    return torch.as_tensor(sigma, dtype=x.dtype, device=x.device).reshape(-1).expand(len(x))


def _aligned(sigma: Tensor, x: Tensor) -> Tensor:
    return sigma.reshape(-1, *[1] * (x.ndim - 1))


class _Gaussian:
    """N(mean, D + U U^T), where D may be one number and U absent."""

    def __init__(self, state: Tree, arrays: Dict[str, np.ndarray]) -> None:
        self.kind, self.variance = state["kind"], state["variance"]
        self.weights = Weights(arrays)

    def denoise(self, xt: Tensor, sigma: Tensor) -> Tensor:
        """mean + S (S + sigma^2 I)^-1 (xt - mean), S = D + U U^T: by Woodbury, in float64."""
        if self.kind == "cosine":
            raise TweedieError("the Gaussian of cosine coefficients is not read in Python")
        w = self.weights.like(xt.double())
        mean = w["mean"].reshape(-1)
        s2, v = sigma.double()[:, None] ** 2, xt.double().flatten(1) - mean
        d = w["variance"].reshape(-1) if "variance" in w else self.variance
        e = s2 + d
        gained = v * (d / e)
        if "factor" in w:
            U = w["factor"]
            K = torch.eye(U.shape[1]).to(U) + U.T @ (U / e.expand_as(v)[..., None])
            shared = torch.linalg.solve(K, ((v / e) @ U)[..., None])[..., 0]
            gained = gained + s2 / e * (shared @ U.T)
        return (mean + gained).to(xt).reshape(xt.shape)


def _tiled(rows: np.ndarray, event: List[int]) -> np.ndarray:
    """Inputs of parity: rows [R, m] over and over, as [R, ...event]."""
    n = math.prod(event)
    return rows[:, np.arange(n) % max(1, rows.shape[1])].reshape(len(rows), *event)


def _kept(out: Tensor, m: int) -> np.ndarray:
    """The entries of outputs [R, ...] that parity keeps, [R, m]."""
    flat = out.detach().flatten(1).cpu().numpy()
    return flat[:, np.arange(m) * flat.shape[1] // m]


class Difference(NamedTuple):
    """What Python and Tweedie make of one stored row."""

    name: str
    largest: float
    scale: float

    @property
    def relative(self) -> float:
        return self.largest / self.scale


def _differences(label: Callable[[int], str], ours: Any, theirs: np.ndarray) -> List[Difference]:
    gaps = np.abs(ours.astype(np.float64) - theirs).reshape(len(theirs), -1).max(1)
    scales = np.abs(theirs).reshape(len(theirs), -1).max(1)
    return [
        Difference(label(i), float(gap), float(scale) or 1.0)
        for i, (gap, scale) in enumerate(zip(gaps, scales))
    ]


# How a network stands for a denoiser. Of each: (the network as a function of what it is shown and
# of the label of the noise level [B], xt, sigma [B], the linear part if there is one) to E[x | xt].

Denoise = Callable[[Callable[..., "Tensor"], "Tensor", "Tensor", Optional["Tensor"]], "Tensor"]


def _edm(net: Callable[..., Tensor], xt: Tensor, sigma: Tensor, linear: Optional[Tensor]) -> Tensor:
    """q^2 xt, or the linear part, + sigma q F(q xt, log sigma), q = 1/sqrt(sigma^2 + 1)."""
    s = _aligned(sigma, xt)
    q = torch.rsqrt(s * s + 1)
    return (xt * q * q if linear is None else linear) + s * q * net(xt * q, sigma.log())


def _vp_levels(betas: str, low: float, high: float, n: int) -> np.ndarray:
    """The noise levels sqrt((1 - a)/a) of n discrete steps, a the running product of 1 - beta."""
    i = np.arange(n)
    if betas == "cosine":
        shares = np.cos((np.arange(n + 1) / n + 0.008) / 1.008 * math.pi / 2) ** 2
        beta = np.minimum(1 - shares[1:] / shares[:-1], 0.999)
    elif betas == "scaled":
        beta = (low**0.5 + (high**0.5 - low**0.5) * i / (n - 1)) ** 2
    else:
        beta = low + (high - low) * i / (n - 1)
    kept = np.cumprod(1 - beta)
    return np.sqrt((1 - kept) / kept)


def _vp(settings: Tree) -> Denoise:
    """xt - sigma eps(u, label), u = a (k xt + shift), a = 1/sqrt(1 + (k sigma)^2)."""
    betas, clip = settings["betas"], settings["clip"]
    usual = {"continuous": (0.1, 20.0), "scaled": (0.00085, 0.012)}.get(betas, (1e-4, 0.02))
    low, high = settings["betaMin"] or usual[0], settings["betaMax"] or usual[1]
    k, shift = {"prior": (1, 0), "signed": (0.5, 0), "unit": (0.25, 0.5)}[settings["data"]]
    discrete = betas != "continuous"
    if discrete and not 2 <= settings["steps"] <= 10**6:
        raise TweedieError(f"vp: expected 2 to 1000000 steps, got {settings['steps']}")
    logs = np.log(_vp_levels(betas, low, high, settings["steps"])) if discrete else None

    def label_of(sigma: Tensor) -> Tensor:
        if logs is None:  # the time at which exp(B) - 1 is the variance
            B = torch.log1p(sigma**2)
            root = torch.sqrt(2 * (high - low) * B + low**2)
            return 2 * B / (root + low) * settings["scale"]
        table = _tensor(logs, sigma)
        s = sigma.log().clamp(logs[0], logs[-1])
        lower = (torch.searchsorted(table, s) - 1).clamp(0, len(logs) - 2)
        return lower + (s - table[lower]) / (table[lower + 1] - table[lower])

    def denoise(net: Any, xt: Tensor, sigma: Tensor, linear: Optional[Tensor]) -> Tensor:
        s = _aligned(sigma, xt)
        u = torch.rsqrt(1 + (k * s) ** 2) * (k * xt + shift)
        xhat = xt - s * net(u, label_of(k * sigma))
        return xhat.clamp(-clip, clip) if clip > 0 else xhat

    return denoise


def _parameterized(spec: Optional[Tree]) -> Denoise:
    if spec is None or spec["name"] == "edm":
        return _edm
    if spec["name"] == "vp":
        return _vp(spec["settings"])
    raise TweedieError(f"parameterization '{spec['name']}' is not read in Python, only edm and vp")


class Prior:
    """A learned prior: the denoiser E[x | xt] for xt = x + sigma z, in the units of the prior.

    Attributes:
        event: shape of one x.
        range: lowest and highest value of the data, which are -2 and 2 to the prior.
        sigma_min, sigma_max: noise levels that it was trained on, in the units of the prior.
        mean: mean of x, of that shape, in the units of the prior.
    """

    def __init__(self, state: Tree, arrays: Dict[str, np.ndarray]) -> None:
        if state.get("imported") or state["net"]["kind"] == "onnx":
            raise TweedieError("an imported network: use the .onnx file that it came from")
        self.state = state
        self._denoiser = _parameterized(state.get("parameterization"))
        self.event: List[int] = state["event"]
        self.range: Tuple[float, float] = tuple(state["range"])
        self.sigma_min: float = state["sigmaMin"]
        self.sigma_max: float = state["sigmaMax"]
        self.units = Units.of(state["range"])
        self.parity = _below(arrays, "parity.")
        self._weights = Weights(_below(arrays, "params."))
        self._gaussian = _Gaussian(state["gaussian"], _below(arrays, "gaussian."))
        self.mean: np.ndarray = arrays["gaussian.mean"].reshape(self.event)
        self._apply = network(state["net"])
        self._domain = arrays.get("domain")
        ambient = state.get("ambient")
        if ambient and ambient["shape"] not in (self.event, [1, *self.event[1:]]):
            raise TweedieError(f"the mask has shape {ambient['shape']}, the event {self.event}")
        self._mask = ambient and _bernoulli(
            ambient["seed"], "ambient mask", ambient["keep"], [1, *ambient["shape"]]
        )

    @staticmethod
    def load(path: Union[str, Path]) -> "Prior":
        """A prior from its `.safetensors` file. Raises TweedieError for other files."""
        return _made(Prior, path, "prior")

    def to_prior(self, x: Any) -> Any:
        """From the units of the data to those of the prior."""
        return self.units.to_prior(x)

    def to_data(self, x: Any) -> Any:
        """From the units of the prior to those of the data."""
        return self.units.to_data(x)

    def denoise(self, xt: Tensor, sigma: Union[float, Tensor]) -> Tensor:
        """E[x | xt], differentiable, on the device and in the dtype of xt.

        Args:
            xt: [B, ...event], in the units of the prior.
            sigma: a number, or [B].
        """
        if list(xt.shape[1:]) != self.event:
            raise TweedieError(f"expected xt [B, {self.event}], got {list(xt.shape)}")
        sigma = _levels(sigma, xt)
        if self._domain is None:
            return self._denoise(xt, sigma)
        low, high = self.range
        outside = self.to_prior(0 if low <= 0 <= high else (low + high) / 2)
        there = _tensor(self._domain, xt) > 0
        elsewhere = torch.full_like(xt, outside)
        xhat = self._denoise(torch.where(there, xt, elsewhere), sigma)
        return torch.where(there, xhat, elsewhere)

    def score(self, xt: Tensor, sigma: Union[float, Tensor]) -> Tensor:
        """The gradient of log p(xt): (E[x | xt] - xt)/sigma^2, of the shape of xt."""
        level = _levels(sigma, xt)
        return (self.denoise(xt, level) - xt) / _aligned(level, xt) ** 2

    def _denoise(self, xt: Tensor, sigma: Tensor) -> Tensor:
        if self.state.get("start"):
            return self._gaussian.denoise(xt, sigma)
        w, s = self._weights.like(xt), _aligned(sigma, xt)
        if self._mask is None:
            skipped = self.state.get("skip") == "gaussian"
            linear = self._gaussian.denoise(xt, sigma) if skipped else None
            return self._denoiser(lambda u, label: self._apply(w, u, label), xt, sigma, linear)
        # AmbientDiffusion: what the mask hides the network says directly.
        q = torch.rsqrt(s * s + 1)
        mask = _tensor(self._mask, xt).expand_as(xt)
        seen = xt * mask
        said = self._apply(w, torch.cat([seen * q, mask], 1), sigma.log())[:, : xt.shape[1]]
        return seen * q * q + said * torch.where(mask > 0, s * q, torch.ones_like(xt))

    def check(self) -> List[Difference]:
        """What Python makes of the inputs in the file, beside what Tweedie made of them."""
        xt, sigma, xhat = (_row(self.parity, name) for name in ("xt", "sigma", "xhat"))
        ours = self.denoise(torch.tensor(_tiled(xt, self.event)), torch.tensor(sigma))
        return _differences(
            lambda i: f"E[x | xt] at sigma {sigma[i]:.4g}", _kept(ours, xhat.shape[1]), xhat
        )


def _row(parity: Dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in parity:
        raise TweedieError("holds no rows to check with: an earlier version has written it")
    return parity[name]


def _made(make: Callable[..., Any], path: Union[str, Path], kind: str) -> Any:
    """A prior or a sampler from its file, with the file's name before what is wrong."""
    arrays, state = _checkpoint(path, kind)
    try:
        return make(state, arrays)
    except TweedieError as error:
        raise TweedieError(f"{path}: {error}") from None
    except STRANGE as error:
        raise TweedieError(f"{path}: its header does not fit its arrays ({error!r})") from None


# Flows, from z to x. Each gives (x, log|det dx/dz|), of rows of a condition and of z.

Moved = Tuple["Tensor", "Tensor"]
Sample = Callable[[Tree, "Tensor", "Tensor"], Moved]
"""Of a flow: (parameters, condition [B, ...], z [B, ...event]) to x and its volume [B]."""


def _rows(x: Tensor) -> Tensor:
    """Sums over all but the first axis."""
    return x.flatten(1).sum(1)


def _each(t: Tensor, rows: int) -> Tensor:
    """Rows of observations for as many rows of draws, those of one observation in sequence."""
    return t.repeat_interleave(rows // len(t), 0)


def _affine(h: Tensor, raw: Tensor) -> Moved:
    s, shift = raw.chunk(2, 1)
    log_scale = torch.tanh(s)
    return h * torch.exp(-log_scale) - shift, -_rows(log_scale)


def _spline(bins: int, bound: float) -> Callable[[Tensor, Tensor], Moved]:
    """The inverse of a rational-quadratic spline (Durkan et al. 2019), the identity outside."""
    least = 1e-2

    def positions(raw: Tensor) -> Tensor:
        shares = raw.softmax(1) * (1 - least * bins) + least
        edges = F.pad(shares.cumsum(1), (1, 0))
        return edges * (2 * bound) - bound

    def moved(h: Tensor, raw: Tensor) -> Moved:
        flat, p = h.reshape(-1), 3 * bins - 1
        raw = raw.reshape(len(h), p, -1).transpose(1, 2).reshape(-1, p)
        x, y = positions(raw[:, :bins]), positions(raw[:, bins : 2 * bins])
        inner = F.softplus(raw[:, 2 * bins :] + math.log(math.expm1(1 - least))) + least
        slope = F.pad(inner, (1, 1), value=1.0)
        within = flat.abs() < bound
        v = torch.where(within, flat, torch.zeros_like(flat)).clamp(
            -bound * (1 - 1e-6), bound * (1 - 1e-6)
        )[:, None]
        at = ((v >= y[:, 1:-1]).sum(1, keepdim=True)).clamp(max=bins - 1)

        def chosen(t: Tensor, k: int) -> Tensor:
            return t.gather(1, at + k)

        x0, y0, d0, d1 = chosen(x, 0), chosen(y, 0), chosen(slope, 0), chosen(slope, 1)
        width, height = chosen(x, 1) - x0, chosen(y, 1) - y0
        s, risen = height / width, v - y0
        bend = risen * (d0 + d1 - 2 * s)
        a, b, c = height * (s - d0) + bend, height * d0 - bend, -s * risen
        xi = -2 * c / (b + torch.sqrt(b * b - 4 * a * c))
        both = xi * (1 - xi)
        top = d1 * xi**2 + 2 * s * both + d0 * (1 - xi) ** 2
        below = s + (d0 + d1 - 2 * s) * both
        log_slope = 2 * s.log() + top.log() - 2 * below.log()
        value = torch.where(within, (x0 + xi * width)[:, 0], flat)
        volume = torch.where(within, -log_slope[:, 0], torch.zeros_like(flat))
        return value.reshape(h.shape), _rows(volume.reshape(h.shape))

    return moved


def _act_norm(h: Tensor, w: Tree) -> Moved:
    n = math.prod(h.shape[1:])
    return h * w["logScale"].exp() - w["loc"], (n * w["logScale"].sum()).expand(len(h))


def _coupled(h: Tensor, transform: Callable[..., Moved], choose: Callable[..., Tensor]) -> Moved:
    stays, moves = h.tensor_split([-(-h.shape[1] // 2)], 1)
    moved, volume = transform(moves, choose(stays))
    return torch.cat([stays, moved], 1), volume


def _batch_norm(x: Tensor, w: Tree, running: Tree) -> Tensor:
    a = w["scale"] * torch.rsqrt(running["variance"] + 1e-2)
    return x * a + (w["shift"] - running["mean"] * a)


def _conditioned(w: Tree, running: Tree, h: Tensor, y: Tensor) -> Tensor:
    mixed = h @ w["signal"].T + y @ w["condition"].T + w["bias"]
    first = _batch_norm(F.leaky_relu(mixed), w["firstNorm"], running["first"])
    deeper = F.leaky_relu(_linear(first, w["hidden"]))
    second = _batch_norm(deeper, w["secondNorm"], running["second"])
    return _linear(second, w["out"]) * torch.exp(3 * w["scale"])


def _real_nvp(config: Tree) -> Sample:
    n, steps = config["size"] - len(config.get("outside", [])), config.get("steps", 32)
    kind = config.get("transform", {"kind": "affine"})
    spline = kind["kind"] == "spline"
    transform = _spline(kind.get("bins", 8), kind.get("bound", 5)) if spline else _affine
    reversal = np.arange(n)[::-1]
    orders = [order for i in range(steps) for order in (reversal, reversal[_random_order(n, i)])]
    back = [np.argsort(order) for order in orders]

    def sample(params: Tree, y: Tensor, z: Tensor) -> Moved:
        x, volume, y = z, torch.zeros_like(z[:, 0]), _each(y, len(z))
        for j in reversed(range(len(back))):
            w, running = params["weights"][str(j)], params["statistics"][str(j)]
            x = x[:, torch.as_tensor(back[j].copy(), device=x.device)]
            x, a = _coupled(x, transform, lambda h: _conditioned(w["net"], running, h, y))
            x, b = _act_norm(x, w["norm"])
            volume = volume + a + b
        return x, volume

    return sample


def _condition_at(y: Tensor, height: int) -> Tensor:
    """y at the resolution of x: pixels to channels when it is finer, repeated when coarser."""
    if y.shape[2] >= height:
        return _unshuffle(y, y.shape[2] // height)
    return _repeated(y, (height // y.shape[2],) * 2)


def _gaussian_flow(config: Tree) -> Sample:
    def sample(params: Tree, y: Tensor, z: Tensor) -> Moved:
        w = params["weights"]
        scaled = z * w["logDiagonal"].exp()
        centre = _each(y @ w["gain"].T + w["bias"], len(z))
        x = scaled + scaled @ w["lower"].tril(-1).T + centre
        return x, w["logDiagonal"].sum().expand(len(z))

    return sample


def _told_variance(y: Tensor, noise: Tree) -> Tensor:
    """The variance of each observation, from the last channel of its condition: [Y, 1]."""
    low, high = noise["from"], noise["to"]
    place = y[:, -1].flatten(1)[:, :1]
    return torch.exp(place * math.log(high / low) + math.log(low * high))


def _gaussian_base(base: Tree, event: List[int], fit: Tree, y: Tensor, row: Tensor) -> Any:
    """Where couplings begin, given y: the mean [Y, n], and how z [B, n] is moved around it.

    Of the fit N(mu, s^2 I + U U^T), or of that given y = m x + noise. With N = m/(noise^2 + s^2 m),
    K = I + U^T N U = L L^T and I + U^T U/s^2 = L0 L0^T, V[x | y] is g R R^T g with
    R = I + P L^-T (L + L0)^-1 P^T and P = g U/s^2. `row` [1, n] is 1 for entries that are there.
    """
    s2, observed, c = base["variance"], base.get("observed"), event[0]
    U, mu = fit["factor"] * row.T, fit["mean"].reshape(1, -1)
    eye = torch.eye(U.shape[1]).to(U)[None]
    L0, L = torch.linalg.cholesky(eye + U.T @ U / s2), eye
    mean, g2 = mu, torch.full_like(mu, s2)
    if observed is not None:
        noise, m = observed["noise"], torch.ones_like(mu)
        told = isinstance(noise, dict)
        if observed["masked"]:
            m = y[:, c : y.shape[1] - told].expand(-1, *event).flatten(1)
        variance = _told_variance(y, noise) if told else noise**2
        total = m * s2 + variance
        N, e, g2 = m / total, y[:, :c].flatten(1) - mu, s2 * variance / total
        K = eye + U.T @ (N[..., None] * U)
        L = torch.linalg.cholesky(K)
        shared = torch.linalg.solve(K, ((N * e) @ U)[..., None])[..., 0] @ U.T
        mean = mu + shared + s2 * N * (e - shared)
    volume = (row * g2.log()).sum(1) / 2 + L0.diagonal(0, 1, 2).log().sum(1)
    volume = volume - L.diagonal(0, 1, 2).log().sum(1)

    def move(z: Tensor) -> Moved:
        g, lower = _each(g2.sqrt(), len(z)), _each(L, len(z))
        along = ((z * g) @ U / s2**2)[..., None]
        turned = torch.linalg.solve(lower.transpose(1, 2), torch.linalg.solve(lower + L0, along))
        moved = g * (z + g * (turned[..., 0] @ U.T))
        return torch.where(row > 0, moved, z), _each(volume, len(z))

    return torch.where(row > 0, mean, torch.zeros_like(mean)).expand(len(y), -1), move


def _pattern(space: List[int], k: int) -> np.ndarray:
    """1 at the points that coupling k leaves alone: half of them at random, by turns."""
    points = math.prod(space)
    values = np.full(points, k % 2)
    values[_random_order(points, k // 2)[: points // 2]] = 1 - k % 2
    return values.reshape(1, 1, *space)


def _network_flow(config: Tree) -> Sample:
    event, steps, base = config["event"], config.get("steps", 4), config.get("base")
    space = event[1:]
    encode, choose = network(config["encoder"]), network(config["coupling"])
    patterns = [_pattern(space, k) for k in range(steps + steps % 2)]
    inside = np.ones(math.prod(event))
    inside[config.get("outside", [])] = 0

    def parameters(output: Tensor, tail: Tree) -> Tensor:
        raw = torch.einsum("oi,bip->bop", tail["weight"][:, :, 0, 0], output.flatten(2))
        return (raw + tail["bias"][:, None]).reshape(len(output), -1, *space)

    def sample(params: Tree, y: Tensor, z: Tensor) -> Moved:
        w, rows = params["weights"], len(z)
        row = _tensor(inside[None], z)
        there = row.reshape(1, *event)
        both = torch.cat([there, there], 1)
        seen = _condition_at(y, space[0]) if len(space) == 2 else y
        h, volume = z, torch.zeros_like(row[:, 0]).expand(rows)
        mean = torch.zeros_like(there)
        if base:
            mean, move = _gaussian_base(base, event, params["statistics"]["0"], y, row)
            mean = mean.reshape(-1, *event)
            seen = torch.cat([seen, mean], 1)
            h, volume = move(z.flatten(1))
            h = h.reshape(z.shape)
        more = config["encoder"]["io"] - seen.shape[1]
        widened = F.pad(seen, (0, 0) * len(space) + (0, more))
        features = encode(w["encoder"], widened, torch.zeros_like(widened.flatten(1)[:, 0]))
        draft, given = _each(parameters(features, w["tail"]) * both, rows), _each(features, rows)
        level = torch.zeros_like(volume)
        for k in reversed(range(steps)):
            stays, moves = _tensor(patterns[k], z), _tensor(patterns[k ^ 1], z)
            coupling = w["couplings"][str(k)]
            output = choose(coupling["net"], torch.cat([h * stays * there, given], 1), level)
            h, change = _affine(h, parameters(output, coupling["tail"]) * moves * both)
            volume = volume + change
        h, change = _affine(h, draft)
        scaled, _ = _act_norm(h, w["norm"])
        h = torch.where(there > 0, scaled, h)
        volume = volume + change + w["norm"]["logScale"].sum() * float(inside.sum())
        return h + _each(mean.expand(len(y), *event), rows), volume

    return sample


FLOWS: Dict[str, Callable[[Tree], Sample]] = {
    "realNvp": _real_nvp,
    "gaussian": _gaussian_flow,
    "network": _network_flow,
}


def _in_range(h: Tensor, kept: Optional[Tree]) -> Moved:
    """A last layer that keeps x positive or in an interval; its volume is [B]."""
    if kept is None:
        return h, torch.zeros_like(h.flatten(1)[:, 0])
    if kept["kind"] == "positive":
        return F.softplus(h), _rows(F.logsigmoid(h))
    low, high = kept["lo"], kept["hi"]
    slope = F.logsigmoid(h) + F.logsigmoid(-h) + math.log(high - low)
    return low + (high - low) * torch.sigmoid(h), _rows(slope)


def flow(config: Tree) -> Sample:
    """A flow from its configuration, as files hold it."""
    kind = config["kind"]
    if kind not in FLOWS:
        raise TweedieError(
            f"sampler '{kind}' is not read in Python, which has {', '.join(FLOWS)}; "
            "use its .onnx file"
        )
    within = FLOWS[kind](config)
    apart = config.get("outside", []) if "size" in config else []
    order = np.array([i for i in range(config.get("size", 0)) if i not in set(apart)] + apart, int)

    def sample(params: Tree, y: Tensor, z: Tensor) -> Moved:
        n = z.shape[1] - len(apart)
        kept, rest = (z[:, order[:n]], z[:, order[n:]]) if apart else (z, None)
        x, volume = within(params, y, kept)
        x, more = _in_range(x, config.get("range"))
        if rest is not None:
            x = torch.cat([x, rest], 1)[:, np.argsort(order)]
        return x, volume + more

    return sample


def _log_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I): [B]."""
    return -_rows(z**2) / 2 - math.prod(z.shape[1:]) / 2 * math.log(2 * math.pi)


class Sampler:
    """A distilled sampler: draws of q(x | y) by one pass of a flow, in the units of the data.

    Attributes:
        event: shape of one x.
        y: shape of one observation.
        beside: shapes of what it is told beside y, by name: the mask of masked images.
        noise: None, or the range of standard deviations within which it is told that of y.
        range: lowest and highest value of the data.
    """

    def __init__(self, state: Tree, arrays: Dict[str, np.ndarray]) -> None:
        condition = state["condition"]
        self.state = state
        self.event: List[int] = state["event"]
        self.y: List[int] = condition["y"]
        self.beside: Dict[str, List[int]] = condition["beside"]
        self.noise: Optional[Tree] = condition.get("noise")
        self.range: Tuple[float, float] = tuple(state["range"])
        self.units = Units.of(state["range"])
        self.parity = _below(arrays, "parity.")
        entries, steps = math.prod(self.event), state["flow"].get("steps", 1)
        held = sum(array.size for array in arrays.values())
        if steps > len(arrays) or entries * steps > max(held, 2**26):  # loops that come first
            raise TweedieError("its flow is larger than its arrays are for")
        self._flow = flow(state["flow"])
        self._params = Weights({**_below(arrays, "params."), **_crossing(arrays)})

    @staticmethod
    def load(path: Union[str, Path]) -> "Sampler":
        """A sampler from its `.safetensors` file. Raises TweedieError for other files."""
        return _made(Sampler, path, "sampler")

    def sample(
        self,
        y: Tensor,
        n: int = 1,
        *,
        beside: Optional[Dict[str, Tensor]] = None,
        noise: Optional[Tensor] = None,
        z: Optional[Tensor] = None,
        generator: Optional[torch.Generator] = None,
    ) -> Moved:
        """n draws of each observation: x [Y, n, ...event] and log q(x | y) [Y, n], in nats.

        Args:
            y: observations [Y, ...], in the units of the data.
            beside: what the sampler is told beside them by name, [Y, ...] each.
            noise: standard deviation of their noise [Y], where the sampler is told.
            z: standard normal [Y, n, ...event]; drawn with `generator` by default.
        """
        beside, rows = beside or {}, len(y)
        wanted = {"y": self.y, **self.beside}
        for name, value in {"y": y, **beside}.items():
            if list(value.shape) != [rows, *wanted.get(name, [])]:
                raise TweedieError(
                    f"expected {name} [Y, {wanted.get(name)}], got {list(value.shape)}"
                )
        if missing := [name for name in self.beside if name not in beside]:
            raise TweedieError(f"the sampler has to be told {', '.join(missing)} beside y")
        if z is None:
            z = torch.randn(rows, n, *self.event, generator=generator, dtype=y.dtype).to(y.device)
        params, config = self._params.like(y), self.state["flow"]
        own = config["event"] if "event" in config else [config["size"]]
        latent = z.reshape(rows * n, *own)
        x, volume = self._flow(params, self._condition(params, y, beside, noise), latent)
        logq = _log_normal(latent) - volume
        outside = self.state.get("outside", [])
        if outside:  # standard normals of their own, which count for nothing
            logq = logq - _log_normal(x.flatten(1)[:, outside])
        logq = logq + (math.prod(self.event) - len(outside)) * math.log(self.units.scale)
        return self.units.to_data(x).reshape(rows, n, *self.event), logq.reshape(rows, n)

    def _condition(self, params: Tree, y: Tensor, beside: Any, noise: Optional[Tensor]) -> Tensor:
        """y in the units of the prior, with what the flow is told beside it."""
        shape = self.state["flow"]["condition"]
        if self.state["condition"].get("nothing"):
            return y.new_zeros(len(y), *(shape if isinstance(shape, list) else [shape]))
        parts = [self._crossed(params, y, beside), *(beside[name] for name in self.beside)]
        if self.noise:
            if noise is None:
                raise TweedieError("the sampler has to be told the noise of each observation")
            low, high = self.noise["from"], self.noise["to"]
            place = (noise / low).log() * (2 / math.log(high / low)) - 1
            space = shape[1:] if isinstance(shape, list) else []
            parts.append(_aligned(place, torch.empty(1, 1, *space)).expand(-1, 1, *space))
        if isinstance(shape, list):
            return torch.cat(parts, 1)
        return torch.cat([part.flatten(1) for part in parts], 1)

    def _crossed(self, params: Tree, y: Tensor, beside: Dict[str, Tensor]) -> Tensor:
        """s y + o A 1, and 0 where nothing was observed; s y + o where the sampler sees y alone."""
        operator, (scale, offset) = self.state["operator"]["name"], self.units
        if self.state["condition"]["crossing"] == "entries" or operator == "identity":
            return y * scale + offset
        if operator == "mask":
            mask = beside["mask"].expand_as(y)
            return torch.where(mask > 0, y * scale + offset * mask, torch.zeros_like(y))
        if operator == "projection" and "matrix" in beside:
            return y * scale + offset * beside["matrix"].sum(-1)
        if "crossing" in params:
            return y * scale + offset * params["crossing"]
        raise TweedieError(f"operator '{operator}' is not known in Python; use the .onnx file")

    def check(self) -> List[Difference]:
        """What Python makes of the inputs in the file, beside what Tweedie made of them."""
        z, x = _row(self.parity, "z"), _row(self.parity, "x")
        y = torch.tensor(_tiled(_row(self.parity, "y"), self.y))
        beside = {
            name: torch.tensor(_tiled(_row(self.parity, f"beside.{name}"), shape))
            for name, shape in self.beside.items()
        }
        noise = torch.tensor(_row(self.parity, "noise")) if self.noise else None
        latent = torch.tensor(_tiled(z, self.event))[:, None]
        ours, logq = self.sample(y, beside=beside, noise=noise, z=latent)
        found = _differences(lambda i: f"x of observation {i}", _kept(ours, x.shape[1]), x)
        theirs = _row(self.parity, "logq")[:, None]
        return found + _differences(
            lambda i: f"log q of observation {i}", logq.detach().numpy(), theirs
        )


def _crossing(arrays: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """A 1 of an operator that is the same in all observations, where the file has it."""
    return {"crossing": arrays["crossing"]} if "crossing" in arrays else {}


# Other libraries.


def as_azula(prior: Prior, schedule: Any = None) -> Any:
    """The prior as a `Denoiser` of azula (https://github.com/probabilists/azula).

    x_t = alpha_t x + sigma_t z in the units of the prior. A prior is of noise levels, so every
    schedule of azula serves.

    Args:
        prior: the prior.
        schedule: default `VESchedule` over the levels that the prior was trained on.
    """
    azula = _imported("azula.denoise", "as_azula needs the package azula")
    noise = _imported("azula.noise", "as_azula needs the package azula")

    class TweedieDenoiser(azula.Denoiser):
        def __init__(self) -> None:
            super().__init__()
            self.prior = prior
            self.schedule = schedule or noise.VESchedule(prior.sigma_min, prior.sigma_max)

        def forward(self, x_t: Tensor, t: Tensor, **kwargs: Any) -> Any:
            alpha, sigma = (v.to(x_t) for v in self.schedule(t))
            xt = x_t / _aligned(alpha, x_t)
            return azula.DiracPosterior(mean=self.prior.denoise(xt, sigma / alpha))

    return TweedieDenoiser()


def as_deepinv(prior: Prior) -> Any:
    """The prior as a `Denoiser` of deepinv (https://github.com/deepinv/deepinv).

    x and sigma are in the units of the data, which for the images that deepinv expects are [0, 1].
    """
    deepinv = _imported("deepinv.models.base", "as_deepinv needs the package deepinv")

    class TweedieDenoiser(deepinv.Denoiser):
        def __init__(self) -> None:
            super().__init__()
            self.prior = prior

        def forward(self, x: Tensor, sigma: Any, **kwargs: Any) -> Tensor:
            level = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
            xhat = self.prior.denoise(self.prior.to_prior(x), level * self.prior.units.scale)
            return self.prior.to_data(xhat)

    return TweedieDenoiser()


# The command line.


def load(path: Union[str, Path]) -> Union[Prior, Sampler]:
    """A prior or a sampler, whichever the file holds."""
    try:
        return Prior.load(path)
    except TweedieError as error:
        if str(error).endswith("holds a sampler, not a prior"):
            return Sampler.load(path)
        raise


def _show(path: str) -> int:
    made = load(path)
    kind = made.state["net" if isinstance(made, Prior) else "flow"]["kind"]
    words = f"x {made.event}, range {list(made.range)}"
    if isinstance(made, Prior):
        print(f"{path}: prior, {kind}, {words}, levels {made.sigma_min:g} to {made.sigma_max:g}")
    else:
        told = [*made.beside, *(["noise"] if made.noise else [])]
        print(f"{path}: sampler, {kind}, {words}, y {made.y}, told {told}")
    return 0


def _check(path: str) -> int:
    made = load(path)
    try:
        with torch.no_grad():
            found = made.check()
    except TweedieError as error:
        raise TweedieError(f"{path}: {error}") from None
    except STRANGE as error:
        line = repr(error).splitlines()[0]
        raise TweedieError(f"{path}: its weights do not fit its header ({line})") from None
    for difference in found:
        print(f"{difference.name}: {difference.relative:.2e} of {difference.scale:.4g}")
    worst = max((difference.relative for difference in found), default=math.nan)
    agrees = worst <= TOLERANCE  # false for what is not a number
    print(
        f"{path}: {'agrees' if agrees else 'DIFFERS'}, at most {worst:.2e}, {TOLERANCE:g} allowed"
    )
    return 0 if agrees else 1


def main(arguments: List[str]) -> int:
    commands = {"check": _check, "show": _show}
    if len(arguments) < 2 or arguments[0] not in commands:
        print("usage: tweedie_prior.py check|show FILE...", file=sys.stderr)
        return 2
    try:
        return max([commands[arguments[0]](path) for path in arguments[1:]])
    except TweedieError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
