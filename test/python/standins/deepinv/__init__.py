"""The interface of deepinv that the page on Python uses, for where it is not installed."""
