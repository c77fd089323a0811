"""The pass over the rows: whether they keep the rules, how many do not, and which."""
