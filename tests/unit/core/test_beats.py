"""A fork waits for the work of a beat, and finds it free."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager

from rowmill.core.beats import Beat, is_forkable


@contextmanager
def beating(beat, seconds):
    found = Beat(beat, seconds)
    found.start()
    try:
        yield
    finally:
        found.end()


def test_something_is_called_now_and_then_until_the_context_ends():
    beats = []
    with beating(lambda: beats.append(time.monotonic()), 0.01):
        while len(beats) < 3:
            time.sleep(0.005)
    count = len(beats)
    time.sleep(0.05)

    assert len(beats) == count


def test_a_thread_that_beats_does_not_keep_this_process_from_forking_and_another_one_does():
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    with beating(lambda: None, 60):
        assert is_forkable()
        other.start()
        assert not is_forkable()
        done.set()
        other.join()
        assert is_forkable()


def test_a_fork_in_the_middle_of_beats_finds_their_lock_free_and_no_lock_of_their_work_taken():
    lock = threading.Lock()

    def work():
        with lock:
            time.sleep(0.002)

    with beating(work, 0.001):
        for _ in range(20):
            child = os.fork()
            if child == 0:
                free = lock.acquire(timeout=1)
                lock.release()
                with beating(work, 0.001):
                    time.sleep(0.005)
                os._exit(0 if free and is_forkable() else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_beat_that_never_began_can_end_twice():
    never = Beat(lambda: None, 1)
    never.end()
    never.end()
