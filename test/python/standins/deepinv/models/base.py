import torch


class Denoiser(torch.nn.Module):
    pass
