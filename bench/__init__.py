"""Figures, each measured against its reference in the same run: `python -m bench [NAME]`."""
