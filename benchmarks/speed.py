"""How long does a fit take, beside what people would otherwise run? Seconds of `AAETransformer`, of a plain PyTorch
script of the paper's three phases, of pythae's `Adversarial_AE`, of PyOD's `AutoEncoder` and `VAE`, of an autoencoder
in skorch, and of scikit-learn's `MLPRegressor` fitted to its own input, all with the same layers, epochs and batches,
standardised 32-bit rows and the CPU; and the share of this machine's matrix product rate that skaae reaches, also in
packs. Peers that are not installed are left out. Run `python benchmarks/speed.py`.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
import torch
from _data import split_images
from _measurement import joint_operations, product_operations, seconds_of
from _results import Rows, argument_parser, parse_arguments, write_results
from pyod.models.auto_encoder import AutoEncoder
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import skaae
from skaae._plan import Architecture, Block, TrainingData, TrainingPlan

DISCRIMINATOR_LAYER_SIZES = Architecture.discriminator_layer_sizes
LEARNING_RATE = 1e-3
MAX_OPERATIONS = 1e13  # of an epoch of a pack


@dataclass(frozen=True)
class Task:
    name: str
    X: np.ndarray
    hidden: tuple[int, ...]
    width: int
    batch_size: int
    n_epochs: int


def small_task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 20)) @ rng.standard_normal((20, 20)) / 20**0.5
    return Task("small", X.astype(np.float32), (64,), 8, 128, 50)


def middle_task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50_000, 50)) @ rng.standard_normal((50, 50)) / 50**0.5
    return Task("middle", X.astype(np.float32), (256, 256), 16, 512, 2)


def mnist_task() -> Task:
    X = split_images("mnist", n_train=10_000)[0]
    return Task("MNIST", X, (1000, 1000), 16, 256, 2)


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
        learning_rate_init=LEARNING_RATE,
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
        self.discriminator = perceptron((width, *DISCRIMINATOR_LAYER_SIZES, 1), nn.ReLU)
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.autoencoder_adam = torch.optim.Adam(both, lr=LEARNING_RATE)
        self.discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), lr=LEARNING_RATE)
        self.generator_adam = torch.optim.Adam(self.encoder.parameters(), lr=LEARNING_RATE)
        self.squared_error = nn.MSELoss()
        self.cross_entropy = nn.BCEWithLogitsLoss()

    def step(self, x: Tensor) -> None:
        descend(self.reconstruction_loss(x), self.autoencoder_adam)
        descend(self.discriminator_loss(x), self.discriminator_adam)
        descend(self.generator_loss(x), self.generator_adam)

    def reconstruction_loss(self, x: Tensor) -> Tensor:
        return self.squared_error(self.decoder(self.encoder(x)), x)

    def discriminator_loss(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            code = self.encoder(x)
        real, fake = self.discriminator(torch.randn_like(code)), self.discriminator(code)
        return self.cross_entropy(real, torch.ones_like(real)) + self.cross_entropy(fake, torch.zeros_like(fake))

    def generator_loss(self, x: Tensor) -> Tensor:
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
            autoencoder_learning_rate=LEARNING_RATE,
            discriminator_learning_rate=LEARNING_RATE,
            no_cuda=True,
        )
        rows = BaseDataset(x, torch.zeros(len(x)))
        AdversarialTrainer(model=model, train_dataset=rows, eval_dataset=None, training_config=config).train()


def pyod_options(task: Task, n_epochs: int) -> dict[str, object]:
    return {
        "batch_norm": False,
        "dropout_rate": 0.0,
        "lr": LEARNING_RATE,
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
    """The script's autoencoder, without a discriminator."""
    from skorch import NeuralNetRegressor

    torch.manual_seed(0)
    rows = StandardScaler().fit_transform(task.X)
    script = Script(rows.shape[1], task.hidden, task.width)
    NeuralNetRegressor(
        nn.Sequential(script.encoder, script.decoder),
        max_epochs=n_epochs,
        batch_size=task.batch_size,
        lr=LEARNING_RATE,
        optimizer=torch.optim.Adam,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).fit(rows, rows)


def fit_pyod(task: Task, n_epochs: int) -> None:
    AutoEncoder(
        hidden_neuron_list=[*task.hidden, task.width], hidden_activation_name="relu", **pyod_options(task, n_epochs)
    ).fit(task.X)


def fit_sklearn(task: Task, n_epochs: int) -> None:
    rows = StandardScaler().fit_transform(task.X)
    regressor = MLPRegressor(
        hidden_layer_sizes=(*task.hidden, task.width, *task.hidden[::-1]),
        activation="relu",
        solver="adam",
        alpha=0.0,
        batch_size=task.batch_size,
        learning_rate_init=LEARNING_RATE,
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
    "AAETransformer": fit_skaae,
    "plain PyTorch script": fit_script,
    "pythae Adversarial_AE": fit_pythae,
    "PyOD AutoEncoder, no discriminator": fit_pyod,
    "PyOD VAE, no discriminator": fit_pyod_vae,
    "skorch, no discriminator": fit_skorch,
    "scikit-learn MLPRegressor, no discriminator": fit_sklearn,
}


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


def fit_rows(results: dict[str, dict[str, float]]) -> Rows:
    """A row for each fit; the first is skaae's."""
    rows: dict[str, dict[str, object]] = {}
    for task, seconds in results.items():
        for name, value in seconds.items():
            row = rows.setdefault(name, {"fit": name})
            row[f"{task}, seconds"] = round(value, 2)
            ratio = round(value / seconds["AAETransformer"], 2)
            row[f"{task}, times skaae"] = None if name == "AAETransformer" else ratio
    return list(rows.values())


def product_rate(n: int, n_inputs: int, n_outputs: int, n_repeats: int = 50) -> float:
    """GFLOP/s of one float32 matrix product on this machine."""
    a, b = torch.randn(n, n_inputs), torch.randn(n_inputs, n_outputs)
    out = torch.empty(n, n_outputs)
    seconds = [seconds_of(lambda: torch.mm(a, b, out=out)) for _ in range(10 + n_repeats)]
    return n * product_operations(n_inputs, n_outputs) / median(seconds[10:]) / 1e9


def product_row(task: Task, n_repeats: int) -> dict[str, object]:
    """GFLOP/s of packs, and the percentage of those of torch's product of the widest layer; they take turns."""
    from skaae.core.training import train

    X = StandardScaler().fit_transform(task.X)
    n, n_features = X.shape
    architecture = Architecture(n_features, (Block("style", task.width, "normal"),), task.hidden, "relu")
    per_row = joint_operations(n_features, task.hidden, task.width)
    row: dict[str, object] = {"task": task.name}
    for n_members in (1, 8, 64):
        if n_members * per_row * n > MAX_OPERATIONS:
            continue
        n_epochs = max(1, task.n_epochs // n_members)
        plan = TrainingPlan(
            seeds=tuple(range(n_members)),
            n_epochs=n_epochs,
            batch_size=task.batch_size,
            learning_rate=LEARNING_RATE,
            adversarial_weight=0.1,
        )
        work = per_row * n * n_epochs * n_members / 1e9
        pairs = [
            (
                product_rate(task.batch_size, task.hidden[0], task.hidden[0]),
                work / seconds_of(train, architecture, plan, TrainingData(X)),
            )
            for _ in range(n_repeats)
        ]
        title = f"{n_members} member{'s' if n_members > 1 else ''}"
        row[f"{title}, GFLOP/s"] = float(f"{median(rate for _, rate in pairs):.3g}")
        row[f"{title}, %"] = round(100 * median(rate / product for product, rate in pairs))
    return row


TASKS: dict[str, Callable[[], Task]] = {"small": small_task, "middle": middle_task, "MNIST": mnist_task}


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--repeats", type=int, default=3, help="fits of which the median is taken")
    parser.add_argument("--threads", type=int, help="threads of torch and of numpy; left as they are if not given")
    arguments = parse_arguments(parser)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
        threadpool_limits(arguments.threads, user_api="blas")
    tasks = [TASKS[name]() for name in arguments.tasks]
    rows = fit_rows({task.name: measure(task, arguments.repeats) for task in tasks})
    write_results("speed", rows, arguments, packages=("pyod", "pythae", "skorch"))
    rows = [product_row(task, arguments.repeats) for task in tasks]
    write_results("speed_products", rows, arguments)


if __name__ == "__main__":
    main()
