"""Run the command line as ``python -m rowmill``."""

import sys

from rowmill.cli import main

sys.exit(main())
