"""A worker in a fresh interpreter: ``python -m rowmill.run.making.worker HANDLE``, started by the pool alone."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

from rowmill.run.making.pool import obey_the_driver_alone, serve
from rowmill.run.making.relay import relay_records


def main() -> None:
    """Read the job from the socket of the driver, build its dataset, and serve."""
    obey_the_driver_alone()
    link = Connection(int(sys.argv[1]))
    job, level = link.recv()
    relay_records(link, level)
    serve(link, job, job.dataset())


if __name__ == "__main__":
    main()
