"""Building blocks of one self-contained HTML page: nothing in it is loaded, and no value in it can be markup."""
