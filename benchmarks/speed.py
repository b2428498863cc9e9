"""How long does a fit take, beside what people would otherwise run? Seconds of `AAETransformer`, of a plain PyTorch
script of the paper's three phases, of pythae's `Adversarial_AE`, of PyOD's `AutoEncoder` and `VAE`, of an autoencoder
in skorch, and of scikit-learn's `MLPRegressor` fitted to its own input, all with the same layers, epochs and batches,
standardised 32-bit rows and the CPU; and the share of this machine's matrix product rate that skaae reaches, also in
packs. Peers that are not installed are left out, and named. Run `python benchmarks/speed.py`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median

import numpy as np
import torch
from pyod.models.auto_encoder import AutoEncoder
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import skaae
from skaae._plan import Architecture

DATA = Path(os.environ.get("SKAAE_DATA", "../shared/data"))
ADVERSARY = Architecture.discriminator_layer_sizes
RATE = 1e-3


@dataclass(frozen=True)
class Task:
    name: str
    X: np.ndarray
    hidden: tuple[int, ...]
    width: int
    batch_size: int
    n_epochs: int

    def n_steps(self, *, keeps_last: bool = True) -> int:
        n_batches = len(self.X) / self.batch_size
        return self.n_epochs * (ceil(n_batches) if keeps_last else int(n_batches))


def small_task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 20)) @ rng.standard_normal((20, 20)) / 20**0.5
    return Task("small", X.astype(np.float32), (64,), 8, 128, 50)


def middle_task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50_000, 50)) @ rng.standard_normal((50, 50)) / 50**0.5
    return Task("middle", X.astype(np.float32), (256, 256), 16, 512, 2)


def mnist_task() -> Task | None:
    path = DATA / "mnist.npz"
    if not path.exists():
        print(f"mnist: skipped, for want of {path}.\n")
        return None
    with np.load(path) as arrays:
        X = arrays["X_train"][:10_000]
    return Task("mnist", X.astype(np.float32) / 255, (1000, 1000), 16, 256, 2)


def fit_skaae(task: Task, n_epochs: int) -> None:
    skaae.AAETransformer(
        n_components=task.width,
        hidden_layer_sizes=task.hidden,
        activation="relu",
        prior="normal",
        adversarial_weight=0.1,
        noise=0.0,
        alpha=0.0,
        batch_size=task.batch_size,
        learning_rate_init=RATE,
        max_iter=n_epochs,
        early_stopping=False,
        scaling="standard",
        device="cpu",
        random_state=0,
        verbose=0,
    ).fit(task.X)


def perceptron(widths: tuple[int, ...], activation: type[nn.Module]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_inputs, n_outputs in pairwise(widths):
        layers += [nn.Linear(n_inputs, n_outputs), activation()]
    return nn.Sequential(*layers[:-1])


class Residual(nn.Module):
    """A perceptron beside an affine map, which is the architecture of skaae."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.linear = nn.Linear(widths[0], widths[-1])
        self.perceptron = perceptron(widths, nn.ReLU)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.perceptron(x)


class Script:
    """The adversarial autoencoder as one would write it by hand."""

    def __init__(self, n_features: int, hidden: tuple[int, ...], width: int) -> None:
        self.encoder = Residual((n_features, *hidden, width))
        self.decoder = Residual((width, *hidden[::-1], n_features))
        self.discriminator = perceptron((width, *ADVERSARY, 1), nn.ReLU)
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.autoencoder_adam = torch.optim.Adam(both, lr=RATE)
        self.discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), lr=RATE)
        self.generator_adam = torch.optim.Adam(self.encoder.parameters(), lr=RATE)
        self.squared_error = nn.MSELoss()
        self.cross_entropy = nn.BCEWithLogitsLoss()

    def step(self, x: Tensor) -> None:
        descend(self.reconstruction(x), self.autoencoder_adam)
        descend(self.discrimination(x), self.discriminator_adam)
        descend(self.imitation(x), self.generator_adam)

    def reconstruction(self, x: Tensor) -> Tensor:
        return self.squared_error(self.decoder(self.encoder(x)), x)

    def discrimination(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            code = self.encoder(x)
        drawn, coded = self.discriminator(torch.randn_like(code)), self.discriminator(code)
        real, fake = torch.ones_like(drawn), torch.zeros_like(coded)
        return self.cross_entropy(drawn, real) + self.cross_entropy(coded, fake)

    def imitation(self, x: Tensor) -> Tensor:
        logits = self.discriminator(self.encoder(x))
        return self.cross_entropy(logits, torch.ones_like(logits))


def descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def fit_script(task: Task, n_epochs: int) -> None:
    torch.manual_seed(0)
    x = torch.from_numpy(StandardScaler().fit_transform(task.X))
    loader = DataLoader(TensorDataset(x), batch_size=task.batch_size, shuffle=True)
    script = Script(x.shape[1], task.hidden, task.width)
    for _ in range(n_epochs):
        for (batch,) in loader:
            script.step(batch)


def fit_pythae(task: Task, n_epochs: int) -> None:
    """Its own loop and losses around the script's networks; it writes a folder for each fit."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import Adversarial_AE, Adversarial_AE_Config
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseDiscriminator, BaseEncoder
    from pythae.trainers import AdversarialTrainer, AdversarialTrainerConfig

    def part(kind: type, network: nn.Module, *names: str) -> nn.Module:
        class Part(kind):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                super().__init__()
                self.network = network

            def forward(self, x: Tensor) -> ModelOutput:
                return ModelOutput(**dict.fromkeys(names, self.network(x)))

        return Part()

    torch.manual_seed(0)
    x = torch.from_numpy(StandardScaler().fit_transform(task.X))
    script = Script(x.shape[1], task.hidden, task.width)
    model = Adversarial_AE(
        Adversarial_AE_Config(input_dim=(x.shape[1],), latent_dim=task.width, deterministic_posterior=True),
        part(BaseEncoder, script.encoder, "embedding", "log_covariance"),
        part(BaseDecoder, script.decoder, "reconstruction"),
    )
    model.set_discriminator(part(BaseDiscriminator, nn.Sequential(script.discriminator, nn.Sigmoid()), "embedding"))
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        config = AdversarialTrainerConfig(
            output_dir=folder,
            per_device_train_batch_size=task.batch_size,
            num_epochs=n_epochs,
            autoencoder_learning_rate=RATE,
            discriminator_learning_rate=RATE,
            no_cuda=True,
        )
        rows = BaseDataset(x, torch.zeros(len(x)))
        AdversarialTrainer(model=model, train_dataset=rows, eval_dataset=None, training_config=config).train()


def pyod_options(task: Task, n_epochs: int) -> dict[str, object]:
    return {
        "batch_norm": False,
        "dropout_rate": 0.0,
        "lr": RATE,
        "epoch_num": n_epochs,
        "batch_size": task.batch_size,
        "preprocessing": True,
        "device": "cpu",
        "random_state": 0,
        "verbose": 0,
    }


def fit_pyod_vae(task: Task, n_epochs: int) -> None:
    from pyod.models.vae import VAE

    VAE(
        encoder_neuron_list=list(task.hidden),
        decoder_neuron_list=list(task.hidden[::-1]),
        latent_dim=task.width,
        **pyod_options(task, n_epochs),
    ).fit(task.X)


def fit_skorch(task: Task, n_epochs: int) -> None:
    """The script's autoencoder, without an adversary."""
    from skorch import NeuralNetRegressor

    torch.manual_seed(0)
    rows = StandardScaler().fit_transform(task.X)
    script = Script(rows.shape[1], task.hidden, task.width)
    NeuralNetRegressor(
        nn.Sequential(script.encoder, script.decoder),
        max_epochs=n_epochs,
        batch_size=task.batch_size,
        lr=RATE,
        optimizer=torch.optim.Adam,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).fit(rows, rows)


def fit_pyod(task: Task, n_epochs: int) -> None:
    AutoEncoder(
        hidden_neuron_list=[*task.hidden, task.width],
        hidden_activation_name="relu",
        **pyod_options(task, n_epochs),
    ).fit(task.X)


def fit_sklearn(task: Task, n_epochs: int) -> None:
    rows = StandardScaler().fit_transform(task.X)
    regressor = MLPRegressor(
        hidden_layer_sizes=(*task.hidden, task.width, *task.hidden[::-1]),
        activation="relu",
        solver="adam",
        alpha=0.0,
        batch_size=task.batch_size,
        learning_rate_init=RATE,
        max_iter=n_epochs,
        tol=0,
        n_iter_no_change=10**9,
        early_stopping=False,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regressor.fit(rows, rows)


FITS: dict[str, Callable[[Task, int], None]] = {
    "skaae `AAETransformer`": fit_skaae,
    "plain PyTorch script": fit_script,
    "pythae `Adversarial_AE`": fit_pythae,
    "PyOD `AutoEncoder`": fit_pyod,
    "PyOD `VAE`": fit_pyod_vae,
    "skorch, no adversary": fit_skorch,
    "scikit-learn `MLPRegressor`": fit_sklearn,
}


def seconds_of(function: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measure(task: Task, n_repeats: int) -> dict[str, float]:
    """Median seconds of each fit; they take turns, so that a busy spell of the machine falls on all."""
    present = {}
    for name, fit in FITS.items():
        try:
            fit(task, 1)
            present[name] = fit
        except ImportError as error:
            print(f"{name} is left out: {error}.")
    seconds: dict[str, list[float]] = {name: [] for name in present}
    for _ in range(n_repeats):
        for name, fit in present.items():
            seconds[name].append(seconds_of(fit, task, task.n_epochs))
    return {name: median(values) for name, values in seconds.items()}


def table_rows(task: Task, seconds: dict[str, float]) -> list[str]:
    first = seconds["skaae `AAETransformer`"]
    rows = []
    for name, value in seconds.items():
        step = 1000 * value / task.n_steps(keeps_last=FITS[name] is not fit_pyod)
        rows.append(f"| {task.name} | {name} | {value:.2f} | {step:.2f} | {value / first:.2f} |")
    return rows


def print_table(results: list[tuple[Task, dict[str, float]]]) -> None:
    if results:
        print("| task | fit | seconds | ms per step | times skaae |\n|---|---|---|---|---|")
        print("\n".join(row for result in results for row in table_rows(*result)), end="\n\n")


def product_operations(*widths: int) -> int:
    """Floating-point operations of one row on its way through layers of these widths, biases aside."""
    return 2 * sum(n_inputs * n_outputs for n_inputs, n_outputs in pairwise(widths))


def joint_operations(n_features: int, hidden: tuple[int, ...], width: int, adversary: tuple[int, ...]) -> int:
    """Floating-point operations of the products of one joint step of skaae, for each row of the batch.

    A layer costs its product once forward, once for the gradient of its weights, and once for that of its inputs.
    """
    skip = product_operations(n_features, width)
    encoder = product_operations(n_features, *hidden, width) + skip
    decoder = product_operations(width, *hidden[::-1], n_features) + skip
    judge = product_operations(width, *adversary, 1)
    first_of_encoder = product_operations(n_features, hidden[0]) + skip
    reconstruction = 3 * encoder - first_of_encoder + 3 * decoder
    contest = 2 * 3 * judge  # draws beside codes
    return reconstruction + contest


def product_rate(n: int, n_inputs: int, n_outputs: int, n_repeats: int = 50) -> float:
    """GFLOP/s of one float32 matrix product on this machine."""
    a, b = torch.randn(n, n_inputs), torch.randn(n_inputs, n_outputs)
    out = torch.empty(n, n_outputs)
    seconds = [seconds_of(lambda: torch.mm(a, b, out=out)) for _ in range(10 + n_repeats)]
    return n * product_operations(n_inputs, n_outputs) / median(seconds[10:]) / 1e9


def print_share(task: Task, n_repeats: int) -> None:
    """Products and fits take turns here too, and the share is the median of those of each turn."""
    n, n_features = task.X.shape
    per_row = joint_operations(n_features, task.hidden, task.width, ADVERSARY)
    shapes = [(task.batch_size, n_inputs, task.hidden[0]) for n_inputs in (task.hidden[0], n_features)]
    rates: list[float] = []
    largest: list[list[float]] = []
    for _ in range(n_repeats):
        largest.append([product_rate(*shape) for shape in shapes])
        rates.append(per_row * n * task.n_epochs / seconds_of(fit_skaae, task, task.n_epochs) / 1e9)
    print(
        f"skaae on {task.name}: {per_row * task.batch_size / 1e9:.2f} GFLOP a full step, {median(rates):.1f} GFLOP/s.\n"
    )
    print("| matrix product | GFLOP/s | share that skaae reaches |\n|---|---|---|")
    for (rows, n_inputs, n_outputs), product in zip(shapes, zip(*largest, strict=True), strict=True):
        share = median(rate / peak for rate, peak in zip(rates, product, strict=True))
        name = f"{rows} x {n_inputs} by {n_inputs} x {n_outputs}"
        print(f"| {name} | {median(product):.1f} | {share:.0%} |")
    print()


def print_packs(task: Task, n_repeats: int) -> None:
    """Share of the same products' rate that packs of members reach, each trained on all rows."""
    from skaae._plan import Block, TrainingData, TrainingPlan
    from skaae.core.training import train

    X = StandardScaler().fit_transform(task.X)
    n, n_features = X.shape
    architecture = Architecture(n_features, (Block("style", task.width, "normal"),), task.hidden, "relu")
    per_row = joint_operations(n_features, task.hidden, task.width, ADVERSARY)
    print("| members | GFLOP/s | share of the first product |\n|---|---|---|")
    for n_members in (1, 8, 64):
        if n_members * per_row * n > 1e13:
            continue
        n_epochs = max(1, task.n_epochs // n_members)
        plan = TrainingPlan(tuple(range(n_members)), n_epochs, task.batch_size, adversarial_weight=0.1)
        work = per_row * n * n_epochs * n_members / 1e9
        pairs = [
            (
                product_rate(task.batch_size, task.hidden[0], task.hidden[0]),
                seconds_of(train, architecture, plan, TrainingData(X)),
            )
            for _ in range(n_repeats)
        ]
        rate = median(work / seconds for _, seconds in pairs)
        print(f"| {n_members} | {rate:.1f} | {median(work / s / product for product, s in pairs):.0%} |", flush=True)
    print()


def print_machine() -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "scikit-learn", "pyod"))
    print(f"{torch.get_num_threads()} torch threads, {os.cpu_count()} CPUs; skaae {skaae.__version__}, {versions}.\n")


MAKERS: dict[str, Callable[[], Task | None]] = {"small": small_task, "middle": middle_task, "mnist": mnist_task}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Seconds to fit, side by side.")
    parser.add_argument("--tasks", nargs="+", choices=list(MAKERS), default=list(MAKERS))
    parser.add_argument("--repeats", type=int, default=3, help="fits of which the median is taken")
    parser.add_argument("--threads", type=int, help="threads of torch and of numpy; left as they are if not given")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
        threadpool_limits(arguments.threads, user_api="blas")
    print_machine()
    tasks = [task for name in arguments.tasks if (task := MAKERS[name]())]
    results = [(task, measure(task, arguments.repeats)) for task in tasks]
    print_table(results)
    for task in tasks:
        print_share(task, arguments.repeats)
        print_packs(task, arguments.repeats)


if __name__ == "__main__":
    main()
