"""The fault matrix: destinations × domains × jobs × kinds of faults, each case with a name by which it is tried again.

``python -m support.matrix CASE`` tries one, such as ``file/payments/overwrite/crash/17``.
"""
