"""The demo organisation: Halyard, a payments company on a bad night. Loaded on the first start unless DEMO=0.

`load` makes everything through the work functions, dated back from now. Nothing of it is sent: its
facts count as told, and its history is marked as demo.
"""
