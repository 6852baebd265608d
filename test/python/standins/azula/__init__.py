"""The interface of azula that python/tweedie_prior.py and its page use, for where azula is not installed."""
