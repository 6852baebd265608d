"""The interface of azula that the page on Python uses, for where azula is not installed."""
