#!/usr/bin/env python3
"""The peer of the speed benchmarks: the same networks in eager PyTorch on the CPU, tuned.

    python3 bench/peers/peer.py --threads 2          a server: reads requests, one JSON object a line, from stdin
    {"case": "unet-train", "variant": "nhwc", "calls": 5}   ->   {"ms": [83.1, ...], "cpu": [166.0, ...]}
    {"case": "variants"}                                    ->   {"unet-train": ["nhwc", "nchw"], ...}

A case is set up and warmed when it is first asked for. Between requests the process blocks on stdin and uses no CPU, so
that a benchmark can alternate the two sides in short slices. The process replaces itself once, to set what has to be
set before torch is loaded (see `tuned`).
"""
import argparse
import json
import math
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()


def tuned(threads):
    """The environment in which PyTorch is fastest here.

    Freed activations stay in the heap; idle OpenMP workers sleep soon instead of spinning against the OpenBLAS threads;
    kernels use AVX-512 where the CPU has it (Debian's build picks AVX2 on CPUs that it does not know).
    """
    prefixes = ("OPENBLAS_", "OMP_", "GOMP_", "MALLOC_", "ATEN_", "ONEDNN_", "DNNL_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(prefixes)}
    env.update(
        TWEEDIE_PEER="1",
        OMP_NUM_THREADS=str(threads),
        OPENBLAS_NUM_THREADS=str(threads),
        GOMP_SPINCOUNT="1000",
        MALLOC_MMAP_THRESHOLD_=str(1 << 30),
        MALLOC_TRIM_THRESHOLD_=str(1 << 32),
    )
    try:
        with open("/proc/cpuinfo") as f:
            flags = set(f.read().split())
    except OSError:
        flags = set()
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        env["ATEN_CPU_CAPABILITY"] = "avx512"
    return env


if "TWEEDIE_PEER" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], tuned(args.threads))

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    print(json.dumps({"missing": "torch"}), flush=True)
    sys.exit(0)

torch.set_num_threads(args.threads)
torch.set_flush_denormal(True)
torch.manual_seed(0)


# ---- networks: those of src/nn

def features(c, size):
    half = size // 2
    w = 10.0 ** (-4 * torch.arange(half) / (half - 1))
    phase = c[:, None] * w
    return torch.cat((torch.sin(phase), torch.cos(phase)), 1)


def drawn(layer):
    """Weights uniform within 1/sqrt(fan in), no bias."""
    nn.init.uniform_(layer.weight, -layer.weight[0].numel() ** -0.5, layer.weight[0].numel() ** -0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def conv(i, o, k, stride=1):
    return drawn(nn.Conv2d(i, o, k, stride=stride, padding=k // 2))


def linear(i, o):
    return drawn(nn.Linear(i, o))


class Mlp(nn.Module):
    def __init__(self, size=5, emb=64, width=256, depth=3):
        super().__init__()
        self.emb = emb
        self.layers = nn.ModuleList(linear(size + emb if j == 0 else width, width) for j in range(depth))
        self.out = linear(width, size)

    def forward(self, x, c):
        h = torch.cat((x, features(c, self.emb)), 1)
        for layer in self.layers:
            h = F.silu(layer(h))
            h = F.layer_norm(h, (h.shape[1],))
        return self.out(h)


def norm(x):
    """Over the channels of each pixel; on channels-last images the fused kernel applies."""
    if x.is_contiguous(memory_format=torch.channels_last):
        return F.layer_norm(x.permute(0, 2, 3, 1), (x.shape[1],)).permute(0, 3, 1, 2)
    var, mean = torch.var_mean(x, 1, unbiased=False, keepdim=True)
    return (x - mean) * torch.rsqrt(var + 1e-5)


class Block(nn.Module):
    def __init__(self, channels, emb):
        super().__init__()
        self.mod1, self.mod2 = linear(emb, emb), linear(emb, 3 * channels)
        with torch.no_grad():
            self.mod2.weight.mul_(0.1)
        self.conv1, self.conv2 = conv(channels, channels, 3), conv(channels, channels, 3)

    def forward(self, x, e):
        a, b, c = self.mod2(F.silu(self.mod1(e)))[:, :, None, None].chunk(3, 1)
        y = self.conv2(F.silu(self.conv1(norm(torch.addcmul(b, x, a + 1)))))
        r = torch.rsqrt(c * c + 1)
        return torch.addcmul(x * r, y, c * r)


class Unet(nn.Module):
    def __init__(self, io=1, fine=32, coarse=64, blocks=2, emb=64):
        super().__init__()
        self.emb = emb
        stack = lambda channels: nn.ModuleList(Block(channels, emb) for _ in range(blocks))
        self.head, self.tail = conv(io, fine, 3), conv(fine, io, 1)
        self.down, self.merge = conv(fine, coarse, 3, stride=2), conv(fine + coarse, fine, 3)
        self.stacks = nn.ModuleList((stack(fine), stack(coarse), stack(coarse), stack(fine)))

    def forward(self, x, c):
        e = features(c, self.emb)
        first, second, third, last = self.stacks
        x = self.head(x)
        for block in first:
            x = block(x, e)
        skip = x
        x = norm(self.down(x))
        for block in (*second, *third):
            x = block(x, e)
        x = F.interpolate(norm(x), scale_factor=2.0, mode="nearest")
        x = self.merge(torch.cat((skip, x), 1))
        for block in last:
            x = block(x, e)
        return self.tail(x)


# ---- diffusion: preconditioning, loss, posterior step

def per_sample(v, like):
    return v.reshape(-1, *[1] * (like.dim() - 1))


def denoise(net, xt, sigma):
    s = per_sample(sigma, xt)
    q = torch.rsqrt(s * s + 1)
    return xt * (q * q) + (s * q) * net(xt * q, sigma.log())


def sigma_at(t, top):
    return torch.exp((1 - t) * math.log(1e-3) + t * math.log(top))


def training(net, x, top, lr):
    """One step: Beta(3, 3) times, loss, gradients, clipping, Adam."""
    params = list(net.parameters())
    adam = torch.optim.Adam(params, lr=lr)

    def step():
        sigma = sigma_at(torch.rand(5, len(x)).median(0).values, top)
        s = per_sample(sigma, x)
        error = denoise(net, x + s * torch.randn_like(x), sigma) - x
        loss = ((1 + 1 / (s * s)) * error.square()).mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        adam.step()

    return step


def cg(apply, b, iterations):
    """Per-sample conjugate gradients from 0."""
    dot = lambda u, v: per_sample((u * v).flatten(1).sum(1).clamp_min(1e-30), b)
    x, r, p = torch.zeros_like(b), b, b
    rr = dot(r, r)
    for i in range(iterations):
        q = apply(p)
        step = rr / dot(p, q)
        x = x + step * p
        if i + 1 < iterations:
            r = r - step * q
            before, rr = rr, dot(r, r)
            p = r + (rr / before) * p
    return x


def ancestral(xt, d, t, s):
    low, high = per_sample(s, xt), per_sample(t, xt)
    tau = 1 - (low / high) ** 2
    return xt - tau * (xt - d) + low * tau.sqrt() * torch.randn_like(d)


def mmps_step(net, xt, y, mask, t, s, iterations, variance=1e-6):
    """MMPS posterior mean at noise level t (CG in float64), then an ancestral step to level s."""
    xt = xt.detach().requires_grad_()
    with torch.enable_grad():
        xhat = denoise(net, xt, t)
    s2 = per_sample(t * t, xt)
    covariance = lambda u: s2 * torch.autograd.grad(xhat, xt, mask * u.to(xt.dtype), retain_graph=True)[0]
    known = xhat.detach()
    u = cg(lambda v: variance * v + mask * covariance(v), (y - mask * known).double(), iterations)
    return ancestral(xt.detach(), (known + covariance(u)).float(), t, s)


def guided_step(net, xt, y, mask, t, s, shift):
    """An ancestral step, and the shift of the next state that one vector-Jacobian product gives."""
    xt = xt.detach().requires_grad_()
    with torch.enable_grad():
        xhat = denoise(net, xt, t)
    known = xhat.detach()
    cotangent, weight = shift(mask * (y - mask * known), t, s)
    (g,) = torch.autograd.grad(xhat, xt, cotangent)
    return ancestral(xt.detach(), known, t, s) + weight * g


def dps_shift(e, t, s, zeta=1.0):
    """VP state, gradient of the norm of the residual: in VE coordinates both bring a factor sqrt(1 + sigma^2)."""
    norm = per_sample(e.flatten(1).norm(dim=1).clamp_min(1e-30), e)
    return e / norm, zeta * per_sample(((1 + s * s) * (1 + t * t)).sqrt(), e)


def pigdm_shift(e, t, s, variance=1e-6):
    """r A^T (Sy + r A A^T)^-1 e; for a mask the solve is a division."""
    r = per_sample(t * t / (1 + t * t), e)
    return r * e / (variance + r), 1.0


# ---- conditional RealNVP and the objective of amortized sampling: src/flows, src/amortize

class Coupling(nn.Module):
    """h_a and y choose log-scale and shift of h_b; from z to x."""

    def __init__(self, size, condition, hidden):
        super().__init__()
        self.first, self.second = linear(size // 2 + condition, hidden), linear(hidden, hidden)
        self.last = linear(hidden, size)
        with torch.no_grad():
            self.first.weight.normal_(std=0.05)
            self.second.weight.normal_(std=0.05)
            self.last.weight.zero_()
        self.norm1, self.norm2 = (nn.BatchNorm1d(hidden, eps=1e-2, momentum=0.1) for _ in range(2))
        self.scale = nn.Parameter(torch.zeros(size))

    def mixed(self, a, y):
        if len(y) == len(a):
            return self.first(torch.cat((a, y), 1))
        signal, condition = self.first.weight.split((a.shape[1], y.shape[1]), 1)  # y is projected once
        return F.linear(a, signal) + F.linear(y, condition, self.first.bias)

    def forward(self, h, y):
        a, b = h.chunk(2, 1)
        g = self.norm1(F.leaky_relu(self.mixed(a, y)))
        g = self.norm2(F.leaky_relu(self.second(g)))
        s, t = (self.last(g) * torch.exp(3 * self.scale)).chunk(2, 1)
        s = torch.tanh(s)
        return torch.cat((a, b * torch.exp(-s) - t), 1), -s.sum(1)


class Flow(nn.Module):
    """z -> x and the log-determinant; a reversal after each coupling, and a fixed permutation after each second one."""

    def __init__(self, size=784, condition=784, steps=8, hidden=256):
        super().__init__()
        self.couplings = nn.ModuleList(Coupling(size, condition, hidden) for _ in range(2 * steps))
        self.loc, self.log = nn.Parameter(torch.zeros(2 * steps)), nn.Parameter(torch.zeros(2 * steps))
        flip = torch.arange(size).flip(0)
        self.register_buffer("order", torch.stack([flip[torch.randperm(size)] if k % 2 else flip for k in range(2 * steps)]))

    def forward(self, h, y):
        logdet = h.shape[1] * self.log.sum()
        for k, coupling in enumerate(self.couplings):
            h, moved = coupling(h.index_select(1, self.order[k]), y)
            h = h * torch.exp(self.log[k]) - self.loc[k]
            logdet = logdet + moved
        return h, logdet


LOW = math.log(math.expm1(0.1 * 1e-3 + 19.9 * 1e-6 / 2))
Z = math.log(math.expm1(0.1 + 19.9 / 2)) - LOW


def amortized_loss(flow, prior, y, mask, variance):
    """Data fidelity + the bound's score term - log-determinant, one draw of each measurement."""
    x, logdet = flow(torch.randn_like(y), y)
    data = (mask * (y - x).square()).sum(1) / (2 * variance)
    sigma = torch.exp(0.5 * (LOW + Z * torch.rand(len(y))))
    z = torch.randn_like(x)
    u = x + sigma[:, None] * z
    d = denoise(prior, u.view(-1, 1, 28, 28), sigma).reshape(len(y), -1)
    return (data + Z / 2 * ((u - d) / sigma[:, None] - z).square().sum(1) - logdet).mean()


# ---- cases: name -> variant -> a function that sets up and returns the timed call

def channels_last(layout):
    return torch.channels_last if layout.startswith("nhwc") else torch.contiguous_format


def images(layout, net, batch=32):
    to = channels_last(layout)
    return net.to(memory_format=to), (torch.rand(batch, 1, 28, 28) * 4 - 2).to(memory_format=to)


def matmul(n):
    def setup(_):
        a, b, out = (torch.randn(n, n) for _ in range(3))
        return lambda: torch.mm(a, b, out=out)

    return setup


def conv_forward(layout):
    to = channels_last(layout)
    x, layer = torch.randn(16, 64, 32, 32).to(memory_format=to), frozen(conv(64, 64, 3)).to(memory_format=to)
    return torch.no_grad()(lambda: layer(x))


def mlp_train(_):
    return training(Mlp(), torch.rand(1024, 5) * 4 - 2, 1e1, 1e-3)


def unet_train(layout):
    net, x = images(layout, Unet())
    return training(net, x, 1e2, 2e-4)


def frozen(net):
    return net.eval().requires_grad_(False)


def unet_forward(layout):
    net, x = images(layout, frozen(Unet()))
    sigma = sigma_at(torch.full((32,), 0.5), 1e2)
    if layout.endswith("jit"):
        net = torch.jit.freeze(torch.jit.trace(net, (x, sigma.log())).eval())
    return torch.no_grad()(lambda: denoise(net, x, sigma))


def posterior(step):
    """One step of a posterior sampler: a quarter of the pixels seen, noise 1e-3."""

    def setup(layout):
        net, x = images(layout, frozen(Unet()))
        mask = (torch.rand_like(x) > 0.75).float()
        y = mask * (x + 1e-3 * torch.randn_like(x))
        t, s = (sigma_at(torch.full((32,), v), 1e2) for v in (0.5, 0.5 - 1 / 256))
        xt = x + per_sample(t, x) * torch.randn_like(x)
        return torch.no_grad()(lambda: step(net, xt, y, mask, t, s))

    return setup


def mmps(iterations):
    return posterior(lambda *args: mmps_step(*args, iterations))


def guided(shift):
    return posterior(lambda *args: guided_step(*args, shift))


def flow_train(layout):
    flow, (prior, _) = Flow(), images(layout, frozen(Unet()))
    mask = (torch.rand(64, 784) > 0.3).float()
    y = mask * torch.rand(64, 784) + 0.1 * torch.randn(64, 784)
    params = list(flow.parameters())
    adam = torch.optim.Adam(params, lr=1e-5)

    def step():
        loss = amortized_loss(flow, prior, y, mask, 1e-2)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        adam.step()

    return step


def flow_sample(draws):
    """K draws for one observation."""

    def setup(variant):
        flow, y = frozen(Flow()), torch.rand(1, 784)
        seen = y.expand(draws, -1) if variant == "eager" and draws > 1 else y
        if variant == "jit":
            flow = torch.jit.freeze(torch.jit.trace(flow, (torch.randn(draws, 784), y)).eval())
        return torch.no_grad()(lambda: flow(torch.randn(draws, 784), seen))

    return setup


CASES = {
    **{f"matmul-{n}": (matmul(n), [""]) for n in (256, 512, 1024)},
    "conv": (conv_forward, ["nhwc", "nchw"]),
    "mlp-train": (mlp_train, [""]),
    "unet-train": (unet_train, ["nhwc", "nchw"]),
    "unet-forward": (unet_forward, ["nhwc", "nhwc jit", "nchw jit"]),
    "mmps-cg1": (mmps(1), ["nhwc", "nchw"]),
    "mmps-cg3": (mmps(3), ["nhwc", "nchw"]),
    "dps": (guided(dps_shift), ["nhwc", "nchw"]),
    "pigdm": (guided(pigdm_shift), ["nhwc", "nchw"]),
    "flow-train": (flow_train, ["nhwc", "nchw"]),
    "flow-sample-1": (flow_sample(1), ["jit", "eager"]),
    "flow-sample-128": (flow_sample(128), ["jit", "shared y", "eager"]),
}


def serve():
    ready = {}
    answer = lambda value: print(json.dumps(value), flush=True)
    answer({"torch": torch.__version__, "threads": args.threads})
    for line in sys.stdin:
        request = json.loads(line)
        case, variant = request["case"], request.get("variant", "")
        if case == "variants":
            answer({name: variants for name, (_, variants) in CASES.items()})
            continue
        if (case, variant) not in ready:
            ready[case, variant] = CASES[case][0](variant)
            for _ in range(3):
                ready[case, variant]()
        call, times, cpu = ready[case, variant], [], []
        call()  # threads awake, caches warm
        for _ in range(request.get("calls", 1)):
            start, used = time.perf_counter(), time.process_time()
            call()
            times.append(1e3 * (time.perf_counter() - start))
            cpu.append(1e3 * (time.process_time() - used))
        answer({"ms": times, "cpu": cpu})


serve()
