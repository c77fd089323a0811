"""Rules in the words of other tools."""
