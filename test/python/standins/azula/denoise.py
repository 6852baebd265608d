import torch


class Denoiser(torch.nn.Module):
    pass


class DiracPosterior:
    def __init__(self, mean):
        self.mean = mean
