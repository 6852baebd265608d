"""What python/tweedie_prior.py makes of files, for the tests beside this one; one process for many.

evaluate.py values FOLDER: of each NAME.safetensors with inputs NAME.npz writes NAME.out.npz:
    of a prior `xhat` and `gradient`, J^T v; of a sampler `x` and `logq`.
evaluate.py mains COMMAND FILE...: runs the command of each, prints JSON {FILE: [code, out, err]}.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import tweedie_prior  # noqa: E402


def of_prior(prior, inputs):
    import torch

    xt = torch.tensor(inputs["xt"], requires_grad=True)
    xhat = prior.denoise(xt, torch.tensor(inputs["sigma"]))
    (gradient,) = torch.autograd.grad(xhat, xt, torch.tensor(inputs["v"]))
    return {"xhat": xhat.detach().numpy(), "gradient": gradient.numpy()}


def of_sampler(sampler, inputs):
    import torch

    given = {name: torch.tensor(array) for name, array in inputs.items()}
    y, z = given.pop("y"), given.pop("z")
    noise = given.pop("noise", None)
    with torch.no_grad():
        x, logq = sampler.sample(y, z.shape[1], beside=given, noise=noise, z=z)
    return {"x": x.numpy(), "logq": logq.numpy()}


def values(folder):
    for path in sorted(Path(folder).glob("*.safetensors")):
        inputs = dict(np.load(path.with_suffix(".npz")))
        made = tweedie_prior.load(path)
        of = of_prior if isinstance(made, tweedie_prior.Prior) else of_sampler
        np.savez(path.with_suffix(".out.npz"), **of(made, inputs))


def mains(command, files):
    said = {}
    for file in files:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = tweedie_prior.main([command, file])
        said[file] = [code, out.getvalue(), err.getvalue()]
    print(json.dumps(said))


if __name__ == "__main__":
    _, mode, *rest = sys.argv
    if mode == "values":
        values(*rest)
    else:
        mains(rest[0], rest[1:])
