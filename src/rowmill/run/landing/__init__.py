"""Landing: what a run does to a destination, from its beginning over the commit and the publication to a repair."""
