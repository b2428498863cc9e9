import numpy as np
import pytest
import torch

from skaae.core.batches import Batches, Supervision
from skaae.core.model import AdversarialAutoencoder
from skaae.core.optimizer import PackedAdam
from skaae.core.phases import (
    Balance,
    Certainty,
    Classification,
    Contest,
    Discrepancy,
    Discrimination,
    Distillation,
    Imitation,
    Reconstruction,
    Separation,
    Smoothness,
    Transport,
)
from skaae.core.streams import Streams
from skaae.core.training import Turn
from skaae.plan import Architecture, Block

ONE = torch.ones(2)
SHARES = (0.5, 0.3, 0.2)
DISCREPANT = [Discrepancy(ONE, "mmd"), Discrepancy(ONE, "sliced_wasserstein")]
PHASES = [Reconstruction(), Discrimination(), Imitation(), Contest(ONE), *DISCREPANT]
TAUGHT = [Classification(ONE), Distillation(ONE), Smoothness(ONE), Certainty(ONE), Balance(ONE, SHARES)]
STYLE, CATEGORY = Block("style", 2, "normal"), Block("category", 3, "one_hot", SHARES)
INFORMED = Block("style", 2, "mixture", SHARES, informed=True)


def shaken_model(X, *blocks):
    return shaken(Architecture(6, blocks, (8,), "silu"), torch.tensor(X, dtype=torch.float32))


def first_batch(X, supervision=None, given=None):
    x = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
    batches = Batches(x, None, 64, Streams([0, 1]), supervision, torch.ones(len(x)), given=given)
    return next(batches.epoch(1))


def shaken(architecture, x):
    model = AdversarialAutoencoder(architecture, 2)
    model.initialise(Streams([0, 1]), [x, x])
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(0)))
    return model


@pytest.fixture
def model(X):
    return shaken_model(X, STYLE)


@pytest.fixture
def batch(X):
    return first_batch(X)


@pytest.fixture
def classifier(X):
    return shaken_model(X, STYLE, CATEGORY)


@pytest.fixture
def taught_batch(X):
    """Ten labelled rows, and a teacher that believes in the first class."""
    labels = torch.full((len(X),), -1)
    labels[:10] = torch.arange(10) % 3
    return first_batch(X, Supervision(labels, torch.tensor([0.8, 0.1, 0.1]).expand(len(X), 3)))


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_a_phase_moves_all_of_its_parts_and_nothing_else(model, batch, phase):
    assert_moves_its_parts(model, batch, phase)


@pytest.mark.parametrize("phase", [*PHASES, *TAUGHT], ids=lambda phase: type(phase).__name__)
def test_a_phase_of_a_classifier_moves_all_of_its_parts_and_nothing_else(classifier, taught_batch, phase):
    assert_moves_its_parts(classifier, taught_batch, phase)


@pytest.mark.parametrize("phase", [*PHASES, Transport()], ids=lambda phase: type(phase).__name__)
def test_a_phase_moves_its_parts_where_something_is_given_and_there_is_a_flow(X, phase):
    architecture = Architecture(6, (STYLE,), (8,), "silu", choices=(2,), n_given=3, flow_layer_sizes=(8, 8))
    x = np.hstack([X[:, :4], np.eye(2)[np.arange(len(X)) % 2]])
    model = shaken(architecture, torch.tensor(x, dtype=torch.float32))
    given = torch.eye(3)[torch.arange(len(X)) % 3]
    batch = first_batch(X, given=given)
    batch.x = batch.corrupted = torch.tensor(x[:64], dtype=torch.float32).expand(2, -1, -1)
    batch.settled = torch.randn(2, 64, 2, generator=torch.Generator().manual_seed(0))
    assert_moves_its_parts(model, batch, phase)


@pytest.mark.parametrize("phase", [*PHASES, *TAUGHT, Separation()], ids=lambda phase: type(phase).__name__)
def test_a_phase_moves_its_parts_where_there_are_heads_and_chance(X, taught_batch, phase):
    style = Block("style", 2, "normal", posterior="gaussian")
    model = shaken(Architecture(6, (style, CATEGORY), (8,), "silu", heads=True), torch.tensor(X, dtype=torch.float32))
    with torch.no_grad():
        model.heads.weight.mul_(0.5)  # too near, so that something parts them
    assert_moves_its_parts(model, taught_batch, phase)


def test_reconstruction_is_squares_of_values_and_cross_entropies_of_choices():
    model = AdversarialAutoencoder(Architecture(7, (STYLE,), (8,), "silu", choices=(2, 3)), 1)
    outputs = torch.randn(1, 5, 7, generator=torch.Generator().manual_seed(0))
    chosen = torch.tensor([0, 1, 2, 0, 1])
    x = torch.cat([torch.ones(5, 2), torch.eye(2)[chosen % 2], torch.eye(3)[chosen]], 1)[None]
    errors = model.errors(outputs, x)
    assert errors.shape == (1, 5, 4)
    torch.testing.assert_close(errors[0, :, :2], (outputs[0, :, :2] - 1) ** 2)
    entropy = torch.nn.functional.cross_entropy
    torch.testing.assert_close(errors[0, :, 2], entropy(outputs[0, :, 2:4], chosen % 2, reduction="none"))
    torch.testing.assert_close(errors[0, :, 3], entropy(outputs[0, :, 4:], chosen, reduction="none"))
    torch.testing.assert_close(model.rows_of(outputs)[0, :, 4:], outputs[0, :, 4:].softmax(-1))


def assert_moves_its_parts(model, batch, phase):
    turn = Turn((phase,))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = PackedAdam(turn.parameters(model), [1e-2, 1e-2], [0, 0], together=True)
    losses = phase(model, batch).values()
    assert all(loss.shape == (2,) for loss in losses)
    optimizer.step(losses, batch.active)
    for name, p in model.named_parameters():
        mine = name.split(".")[0] in phase.parts
        moved = (p != before[name]).flatten(1).any(1)
        assert moved.all() if mine else not moved.any(), name


def test_reconstruction_is_the_mean_squared_error(model, batch):
    expected = (model.decode(model.encode(batch.x)) - batch.x).square().mean((1, 2))
    torch.testing.assert_close(Reconstruction()(model, batch)["reconstruction"], expected)


def test_a_blind_adversary_is_at_its_known_losses(model, batch):
    with torch.no_grad():
        for p in model.adversaries.parameters():
            p.zero_()
    both = Contest(ONE)(model, batch)
    for losses in (Discrimination()(model, batch), both):
        np.testing.assert_allclose(losses["discrimination"].detach(), 2 * np.log(2), rtol=1e-6)
    for losses in (Imitation()(model, batch), both):
        np.testing.assert_allclose(losses["imitation"].detach(), np.log(2), rtol=1e-6)


def test_the_contest_has_the_gradients_of_discrimination_and_of_imitation(model, batch):
    encoder, adversary = list(model.encoder.parameters()), list(model.adversaries.parameters())
    batch.streams.restart(0)
    losses = Contest(ONE)(model, batch)
    contest = torch.autograd.grad(sum(losses.values()).sum(), encoder + adversary)
    batch.streams.restart(0)
    batch.forget()
    imitation = torch.autograd.grad(Imitation()(model, batch)["imitation"].sum(), encoder)
    batch.streams.restart(0)
    discrimination = torch.autograd.grad(Discrimination()(model, batch)["discrimination"].sum(), adversary)
    for mine, expected in zip(contest, (*imitation, *discrimination), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-6)


def test_the_contest_weighs_imitation_by_weight_ramp_and_error(model, batch):
    encoder = list(model.encoder.parameters())
    batch.streams.restart(0)
    plain = torch.autograd.grad(Contest(ONE)(model, batch)["discrimination"].sum(), encoder)
    batch.streams.restart(0)
    batch.forget()
    batch.ramp, batch.error = 0.5, torch.tensor([1.0, 3.0])
    weighted = torch.autograd.grad(Contest(torch.tensor([1.0, 4.0]))(model, batch)["discrimination"].sum(), encoder)
    for one, other in zip(plain, weighted, strict=True):
        torch.testing.assert_close(other, one * torch.tensor([0.5, 6.0])[:, None, None], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("phase", DISCREPANT, ids=lambda phase: phase.name)
def test_an_encoder_that_follows_a_discrepancy_comes_nearer_to_the_prior(model, batch, phase):
    turn = Turn((phase,))
    optimizer = PackedAdam(turn.parameters(model), [1e-2, 1e-2], [0, 0], together=True)
    with torch.no_grad():
        model.encoder.linear.bias.add_(2)
    shown = []
    for _ in range(100):
        losses = turn.losses(model, batch)
        optimizer.step(losses.values(), batch.active)
        shown.append(losses[phase.name].detach())
    assert (shown[-1] < 0.3 * shown[0]).all()


def test_codes_are_encoded_once_until_forgotten(model, batch):
    code = batch.encode(model)
    Reconstruction()(model, batch), Imitation()(model, batch), Discrimination()(model, batch)
    assert batch.code is code
    Turn((Imitation(),)).losses(model, batch)
    assert batch.code is not code


def test_classification_is_the_cross_entropy_of_the_labelled_rows(classifier, taught_batch):
    p = classifier.encode(taught_batch.x)[..., 2:]
    known = taught_batch.labels >= 0
    expected = torch.stack([-p[k, known[k], taught_batch.labels[k, known[k]]].log().mean() for k in (0, 1)])
    torch.testing.assert_close(Classification(ONE)(classifier, taught_batch)["classification"], expected)


def test_distillation_is_the_cross_entropy_of_the_guesses(classifier, taught_batch):
    p = classifier.encode(taught_batch.x)[..., 2:]
    expected = -(taught_batch.guesses * p.log()).sum(-1).mean(-1)
    torch.testing.assert_close(Distillation(ONE)(classifier, taught_batch)["distillation"], expected)


def test_certainty_is_the_entropy_and_balance_its_guard(classifier, taught_batch):
    p = classifier.encode(taught_batch.x)[..., 2:].detach()
    entropy = Certainty(ONE)(classifier, taught_batch)["certainty"]
    torch.testing.assert_close(entropy, -(p * p.log()).sum(-1).mean(-1))
    share = p.mean(1)
    balance = Balance(ONE, SHARES)(classifier, taught_batch)["balance"]
    torch.testing.assert_close(balance, (share * (share / torch.tensor(SHARES)).log()).sum(-1))


def test_smoothness_finds_a_worse_step_than_chance(classifier, taught_batch):
    worst = Smoothness(ONE)(classifier, taught_batch)["smoothness"].detach()
    here = taught_batch.classify(classifier).detach()
    steps = torch.nn.functional.normalize(torch.randn(50, *taught_batch.x.shape), dim=-1)
    with torch.no_grad():
        there = [classifier.log_probabilities_of(classifier.encoder(taught_batch.x + step)) for step in steps]
    chance = torch.stack([(here.exp() * (here - t)).sum(-1).mean(-1) for t in there]).mean(0)
    assert (worst > 2 * chance).all()


def test_a_weight_changes_the_gradient_and_not_what_is_shown(classifier, taught_batch):
    encoder = list(classifier.encoder.parameters())
    one, three = (Certainty(w)(classifier, taught_batch)["certainty"] for w in (ONE, 3 * ONE))
    torch.testing.assert_close(one, three)
    plain, tripled = (torch.autograd.grad(loss.sum(), encoder, retain_graph=True) for loss in (one, three))
    for first, second in zip(plain, tripled, strict=True):
        torch.testing.assert_close(second, 3 * first)


def test_an_informed_adversary_is_shown_the_labels(X, taught_batch):
    model = shaken_model(X, INFORMED)
    code = taught_batch.encode(model)
    told, untold = (
        next(model.judge(code, labels)) for labels in (taught_batch.labels, -torch.ones_like(taught_batch.labels))
    )
    known = taught_batch.labels >= 0
    assert torch.equal(told[~known], untold[~known])
    assert (told[known] != untold[known]).all()
    assert_moves_its_parts(model, taught_batch, Contest(ONE))
