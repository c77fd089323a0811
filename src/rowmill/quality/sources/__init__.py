"""Tables to look at: of a destination of ours, of files, and of databases that somebody else filled."""
