import numpy as np
import pytest
import torch

from skaae._plan import Architecture, Block
from skaae.core.data import Batch, Batches, TensorData
from skaae.core.distributed import Shard
from skaae.core.losses import (
    AdversarialLoss,
    BalanceLoss,
    DiscrepancyLoss,
    DiscriminatorLoss,
    DistillationLoss,
    EntropyLoss,
    FlowMatchingLoss,
    GeneratorLoss,
    HeadSeparationLoss,
    ReconstructionLoss,
    SupervisedLoss,
    VirtualAdversarialLoss,
)
from skaae.core.model import AdversarialAutoencoder
from skaae.core.optimizer import PackedAdam
from skaae.core.random import RandomStreams
from skaae.core.training import UpdateStep

ONE = torch.ones(2)
PROBABILITIES = (0.5, 0.3, 0.2)
DISCREPANCIES = [DiscrepancyLoss(ONE, "mmd"), DiscrepancyLoss(ONE, "sliced_wasserstein")]
LOSSES = [ReconstructionLoss(), DiscriminatorLoss(), GeneratorLoss(), AdversarialLoss(ONE), *DISCREPANCIES]
CLASS_LOSSES = [
    SupervisedLoss(ONE),
    DistillationLoss(ONE),
    VirtualAdversarialLoss(ONE),
    EntropyLoss(ONE),
    BalanceLoss(ONE, PROBABILITIES),
]
STYLE, CATEGORY = Block("style", 2, "normal"), Block("category", 3, "one_hot", PROBABILITIES)
CONDITIONAL = Block("style", 2, "mixture", PROBABILITIES, class_conditional=True)


def name_of(loss):
    return type(loss).__name__


def make_model(X, *blocks):
    return make_model_of(Architecture(6, blocks, (8,), "silu"), torch.tensor(X, dtype=torch.float32))


def make_model_of(architecture, x):
    model = AdversarialAutoencoder(architecture, 2)
    model.initialize(RandomStreams([0, 1]), x, None)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(0)))
    return model


def first_batch(X, **parts):
    x = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
    data = TensorData(x, vat_radius=torch.ones(len(x)), **parts)
    return next(Batches(data, 64, RandomStreams([0, 1])).epoch(1))


@pytest.fixture
def model(X):
    return make_model(X, STYLE)


@pytest.fixture
def batch(X):
    return first_batch(X)


@pytest.fixture
def classifier(X):
    return make_model(X, STYLE, CATEGORY)


@pytest.fixture
def labelled_batch(X):
    """Ten labelled rows, and a teacher that prefers the first class."""
    labels = torch.full((len(X),), -1)
    labels[:10] = torch.arange(10) % 3
    return first_batch(X, labels=labels, soft_labels=torch.tensor([0.8, 0.1, 0.1]).expand(len(X), 3))


def assert_trains_its_modules(model, batch, loss):
    step = UpdateStep((loss,))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = PackedAdam(step.parameters(model), [1e-2, 1e-2], [0, 0], can_skip=False)
    values = loss(model, batch).values()
    assert all(value.shape == (2,) for value in values)
    optimizer.step(values, batch.active)
    for name, p in model.named_parameters():
        is_trained = name.split(".")[0] in loss.modules
        changed = (p != before[name]).flatten(1).any(1)
        assert changed.all() if is_trained else not changed.any(), name


@pytest.mark.parametrize("loss", LOSSES, ids=name_of)
def test_a_loss_trains_its_modules_and_no_others(model, batch, loss):
    assert_trains_its_modules(model, batch, loss)


@pytest.mark.parametrize("loss", [*LOSSES, *CLASS_LOSSES], ids=name_of)
def test_a_loss_of_a_classifier_trains_its_modules_and_no_others(classifier, labelled_batch, loss):
    assert_trains_its_modules(classifier, labelled_batch, loss)


@pytest.mark.parametrize("loss", [*LOSSES, FlowMatchingLoss()], ids=name_of)
def test_a_loss_trains_its_modules_with_conditions_one_hot_groups_and_a_flow(X, loss):
    architecture = Architecture(
        6, (STYLE,), (8,), "silu", one_hot_groups=(2,), condition_width=3, flow_layer_sizes=(8, 8)
    )
    x = np.hstack([X[:, :4], np.eye(2)[np.arange(len(X)) % 2]])
    model = make_model_of(architecture, torch.tensor(x, dtype=torch.float32))
    batch = first_batch(X, condition=torch.eye(3)[torch.arange(len(X)) % 3])
    batch.x = batch.encoder_input = torch.tensor(x[:64], dtype=torch.float32).expand(2, -1, -1)
    batch.target_codes = torch.randn(2, 64, 2, generator=torch.Generator().manual_seed(0))
    assert_trains_its_modules(model, batch, loss)


@pytest.mark.parametrize("loss", [*LOSSES, *CLASS_LOSSES, HeadSeparationLoss()], ids=name_of)
def test_a_loss_trains_its_modules_with_cluster_heads_and_a_gaussian_posterior(X, labelled_batch, loss):
    style = Block("style", 2, "normal", posterior="gaussian")
    architecture = Architecture(6, (style, CATEGORY), (8,), "silu", cluster_heads=True)
    model = make_model_of(architecture, torch.tensor(X, dtype=torch.float32))
    with torch.no_grad():
        model.cluster_heads.weight.mul_(0.5)  # too near, so that the separation loss is not zero
    assert_trains_its_modules(model, labelled_batch, loss)


def test_reconstruction_errors_are_squares_of_numeric_columns_and_cross_entropies_of_one_hot_groups():
    model = AdversarialAutoencoder(Architecture(7, (STYLE,), (8,), "silu", one_hot_groups=(2, 3)), 1)
    output = torch.randn(1, 5, 7, generator=torch.Generator().manual_seed(0))
    categories = torch.tensor([0, 1, 2, 0, 1])
    x = torch.cat([torch.ones(5, 2), torch.eye(2)[categories % 2], torch.eye(3)[categories]], 1)[None]
    errors = model.reconstruction_errors(output, x)
    assert errors.shape == (1, 5, 4)
    torch.testing.assert_close(errors[0, :, :2], (output[0, :, :2] - 1) ** 2)
    cross_entropy = torch.nn.functional.cross_entropy
    torch.testing.assert_close(errors[0, :, 2], cross_entropy(output[0, :, 2:4], categories % 2, reduction="none"))
    torch.testing.assert_close(errors[0, :, 3], cross_entropy(output[0, :, 4:], categories, reduction="none"))
    torch.testing.assert_close(model.to_rows(output)[0, :, 4:], output[0, :, 4:].softmax(-1))


def test_reconstruction_loss_is_the_mean_squared_error(model, batch):
    expected = (model.decode(model.encode(batch.x)) - batch.x).square().mean((1, 2))
    torch.testing.assert_close(ReconstructionLoss()(model, batch)["reconstruction"], expected)


def test_a_discriminator_that_knows_nothing_has_the_known_losses(model, batch):
    with torch.no_grad():
        for p in model.discriminators.parameters():
            p.zero_()
    joint = AdversarialLoss(ONE)(model, batch)
    for losses in (DiscriminatorLoss()(model, batch), joint):
        np.testing.assert_allclose(losses["discriminator"].detach(), 2 * np.log(2), rtol=1e-6)
    for losses in (GeneratorLoss()(model, batch), joint):
        np.testing.assert_allclose(losses["generator"].detach(), np.log(2), rtol=1e-6)


def test_the_adversarial_loss_has_the_gradients_of_discriminator_and_generator_loss(model, batch):
    encoder, discriminators = list(model.encoder.parameters()), list(model.discriminators.parameters())
    batch.streams.restart(0)
    losses = AdversarialLoss(ONE)(model, batch)
    found = torch.autograd.grad(sum(losses.values()).sum(), encoder + discriminators)
    batch.streams.restart(0)
    batch.clear_code()
    generator = torch.autograd.grad(GeneratorLoss()(model, batch)["generator"].sum(), encoder)
    batch.streams.restart(0)
    discriminator = torch.autograd.grad(DiscriminatorLoss()(model, batch)["discriminator"].sum(), discriminators)
    for gradient, expected in zip(found, (*generator, *discriminator), strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-6)


def test_the_generator_gradient_is_weighted_by_weight_ramp_and_reconstruction_error(model, batch):
    encoder = list(model.encoder.parameters())
    batch.streams.restart(0)
    plain = torch.autograd.grad(AdversarialLoss(ONE)(model, batch)["discriminator"].sum(), encoder)
    batch.streams.restart(0)
    batch.clear_code()
    batch.ramp, batch.reconstruction_error = 0.5, torch.tensor([1.0, 3.0])
    loss = AdversarialLoss(torch.tensor([1.0, 4.0]))
    weighted = torch.autograd.grad(loss(model, batch)["discriminator"].sum(), encoder)
    for first, second in zip(plain, weighted, strict=True):
        torch.testing.assert_close(second, first * torch.tensor([0.5, 6.0])[:, None, None], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("loss", DISCREPANCIES, ids=lambda loss: loss.name)
def test_an_encoder_that_minimizes_a_discrepancy_approaches_the_prior(model, batch, loss):
    step = UpdateStep((loss,))
    optimizer = PackedAdam(step.parameters(model), [1e-2, 1e-2], [0, 0], can_skip=False)
    with torch.no_grad():
        model.encoder.linear.bias.add_(2)
    curve = []
    for _ in range(100):
        losses = step.compute_losses(model, batch)
        optimizer.step(losses.values(), batch.active)
        curve.append(losses[loss.name].detach())
    assert (curve[-1] < 0.3 * curve[0]).all()


def test_the_code_is_computed_once_until_it_is_cleared(model, batch):
    code = batch.encode(model)
    ReconstructionLoss()(model, batch), GeneratorLoss()(model, batch), DiscriminatorLoss()(model, batch)
    assert batch.code is code
    UpdateStep((GeneratorLoss(),)).compute_losses(model, batch)
    assert batch.code is not code


def test_supervised_loss_is_the_cross_entropy_of_the_labelled_rows(classifier, labelled_batch):
    p, labels = classifier.encode(labelled_batch.x)[..., 2:], labelled_batch.labels
    known = labels >= 0
    expected = torch.stack([-p[k, known[k], labels[k, known[k]]].log().mean() for k in (0, 1)])
    torch.testing.assert_close(SupervisedLoss(ONE)(classifier, labelled_batch)["supervised"], expected)


def test_distillation_loss_is_the_cross_entropy_of_the_soft_labels(classifier, labelled_batch):
    p = classifier.encode(labelled_batch.x)[..., 2:]
    expected = -(labelled_batch.soft_labels * p.log()).sum(-1).mean(-1)
    torch.testing.assert_close(DistillationLoss(ONE)(classifier, labelled_batch)["distillation"], expected)


def test_entropy_and_balance_loss_are_what_their_definitions_say(classifier, labelled_batch):
    p = classifier.encode(labelled_batch.x)[..., 2:].detach()
    entropy = EntropyLoss(ONE)(classifier, labelled_batch)["entropy"]
    torch.testing.assert_close(entropy, -(p * p.log()).sum(-1).mean(-1))
    mean = p.mean(1)
    balance = BalanceLoss(ONE, PROBABILITIES)(classifier, labelled_batch)["balance"]
    torch.testing.assert_close(balance, (mean * (mean / torch.tensor(PROBABILITIES)).log()).sum(-1))


def test_the_virtual_adversarial_perturbation_is_worse_than_a_random_one(classifier, labelled_batch):
    adversarial = VirtualAdversarialLoss(ONE)(classifier, labelled_batch)["vat"].detach()
    log_p = labelled_batch.predict_log_proba(classifier).detach()
    steps = torch.nn.functional.normalize(torch.randn(50, *labelled_batch.x.shape), dim=-1)
    with torch.no_grad():
        log_q = [classifier.predict_log_proba(labelled_batch.x + step) for step in steps]
    random = torch.stack([(log_p.exp() * (log_p - q)).sum(-1).mean(-1) for q in log_q]).mean(0)
    assert (adversarial > 2 * random).all()


def test_a_weight_changes_the_gradient_and_not_the_value(classifier, labelled_batch):
    encoder = list(classifier.encoder.parameters())
    one, three = (EntropyLoss(weight)(classifier, labelled_batch)["entropy"] for weight in (ONE, 3 * ONE))
    torch.testing.assert_close(one, three)
    plain, tripled = (torch.autograd.grad(loss.sum(), encoder, retain_graph=True) for loss in (one, three))
    for first, second in zip(plain, tripled, strict=True):
        torch.testing.assert_close(second, 3 * first)


def test_the_discriminator_of_a_class_conditional_block_depends_on_the_labels(X, labelled_batch):
    model = make_model(X, CONDITIONAL)
    code, labels = labelled_batch.encode(model), labelled_batch.labels
    conditional, unconditional = (next(model.discriminate(code, y, None)) for y in (labels, -torch.ones_like(labels)))
    known = labels >= 0
    assert torch.equal(conditional[~known], unconditional[~known])
    assert (conditional[known] != unconditional[known]).all()
    assert_trains_its_modules(model, labelled_batch, AdversarialLoss(ONE))


def test_only_masked_cells_count_where_they_are_to_be_told():
    architecture = Architecture(3, (STYLE,), (8,), "silu", mask_indices=(0, 1, 2))
    x = torch.randn(1, 5, 3, generator=torch.Generator().manual_seed(0))
    rows, mask = torch.cat([x, torch.zeros_like(x)], -1), torch.zeros(2, 5, 3)
    mask[:, :, 1] = 1
    model = make_model_of(architecture, rows[0])
    encoder_input = torch.cat([x * (1 - mask), mask], -1)
    batch = Batch(rows.expand(2, -1, -1), encoder_input, None, [True, True], Shard(5, 5), RandomStreams([0, 1]))
    error = (model.decode(model.encode(encoder_input)) - x)[..., 1].square().sum(1) / 15
    torch.testing.assert_close(ReconstructionLoss(masked_only=True)(model, batch)["reconstruction"], error)
