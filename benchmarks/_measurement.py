"""Seconds and memory of a call, calls in a process of their own, and operations of a step."""

import multiprocessing
import resource
import threading
import time
from itertools import pairwise

from skaae._plan import Architecture


def seconds_of(function, *arguments):
    """Wall time of a call."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def peak_memory():
    """The most that the process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def allocated_memory():
    """What the process holds that is not a page of a file, in MiB."""
    with open("/proc/self/status") as status:
        return sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon", "RssShmem"))) / 1024


class AllocationMonitor:
    """Samples what is allocated beyond the start; ``peak`` is the most, in MiB."""

    def __enter__(self):
        self.start, self.peak, self.stopped = allocated_memory(), 0.0, threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()
        return self

    def sample(self):
        while not self.stopped.wait(0.005):
            self.peak = max(self.peak, allocated_memory() - self.start)

    def __exit__(self, *error):
        self.stopped.set()
        self.thread.join()


def put_result(queue, function, arguments):
    try:
        queue.put((function(*arguments), None))
    except Exception as error:
        queue.put((None, error))


def run_in_process(function, *arguments, method="spawn", timeout=None):
    """What a function returns in a process of its own; raises queue.Empty after ``timeout`` seconds."""
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    process = context.Process(target=put_result, args=(queue, function, arguments))
    process.start()
    try:
        result, error = queue.get(timeout=timeout)
    finally:
        if timeout is not None:
            process.terminate()
        process.join()
    if error is not None:
        raise error
    return result


def product_operations(*widths: int) -> int:
    """Floating-point operations of one row on its way through layers of these widths, biases aside."""
    return 2 * sum(n_inputs * n_outputs for n_inputs, n_outputs in pairwise(widths))


def joint_operations(n_features: int, hidden: tuple[int, ...], width: int) -> int:
    """Floating-point operations of the products of one joint step of skaae, for each row of the batch.

    A layer costs its product once forward, once for the gradient of its weights, and once for that of its inputs.
    """
    skip = product_operations(n_features, width)
    encoder = product_operations(n_features, *hidden, width) + skip
    decoder = product_operations(width, *hidden[::-1], n_features) + skip
    discriminator = product_operations(width, *Architecture.discriminator_layer_sizes, 1)
    first_of_encoder = product_operations(n_features, hidden[0]) + skip
    reconstruction = 3 * encoder - first_of_encoder + 3 * decoder
    return reconstruction + 2 * 3 * discriminator  # draws beside codes
