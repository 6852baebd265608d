import torch


class DDIMSampler:
    def __init__(self, denoiser, steps):
        self.denoiser, self.times = denoiser, torch.linspace(1, 0, steps + 1)

    def init(self, shape):
        return self.denoiser.schedule(self.times[0])[1] * torch.randn(shape)

    @torch.no_grad()
    def __call__(self, x):
        for t, s in zip(self.times[:-1], self.times[1:]):
            (alpha_t, sigma_t), (alpha_s, sigma_s) = map(self.denoiser.schedule, (t, s))
            mean = self.denoiser(x, t).mean
            x = alpha_s * mean + sigma_s / sigma_t * (x - alpha_t * mean)
        return x
