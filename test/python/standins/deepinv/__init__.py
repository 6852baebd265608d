"""The interface of deepinv that python/tweedie_prior.py uses, for where deepinv is not installed."""
