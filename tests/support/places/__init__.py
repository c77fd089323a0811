"""Where each kind of destination can be tried: a module of the name of its scheme, with a ``place``."""
