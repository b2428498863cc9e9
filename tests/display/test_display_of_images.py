"""Displays whose rows are images: reconstructions, samples, grids of codes and transfers."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skaae import AAETransformer
from skaae.display import ManifoldDisplay, ReconstructionDisplay, SampleDisplay, TransferDisplay


def darkness(display, row, column, size=8, gap=1, offset=0):
    """How dark the pixels of one image are, from 0 to 1, (size, size)."""
    canvas = display.ax_.images[0].get_array()
    top, left = row * (size + gap) + offset, column * (size + gap)
    return 1 - np.asarray(canvas[top : top + size, left : left + size, 0], dtype=float)


def texts(labels):
    return [label.get_text() for label in labels]


def assert_shows(pixels, row, low, high):
    """Whether an image shows a row, but for the rounding of a colour map."""
    np.testing.assert_allclose(pixels.ravel(), ((row - low) / (high - low)).clip(0, 1), atol=0.01)


class TestReconstruction:
    def test_rows_are_above_their_reconstructions(self, flat, digits):
        X = digits[0][:5]
        display = ReconstructionDisplay.from_estimator(flat, X, image_shape=(8, 8))
        assert_shows(darkness(display, 0, 3), X[3], 0, 16)
        assert_shows(darkness(display, 1, 3), flat.inverse_transform(flat.transform(X))[3], 0, 16)
        assert texts(display.ax_.get_yticklabels()) == ["original", "reconstruction"]

    def test_more_images_continue_in_further_rows(self, digits):
        X = digits[0][:15]
        display = ReconstructionDisplay.from_rows(X, X[::-1], image_shape=(8, 8), max_images=15)
        assert texts(display.ax_.get_yticklabels()) == ["original", "reconstruction"] * 2
        assert_shows(darkness(display, 2, 1, offset=2), X[13], 0, 16)
        assert_shows(darkness(display, 3, 1, offset=2), X[1], 0, 16)
        assert not display.ax_.images[0].get_array()[-8:, 3 * 9 :, 3].any()

    def test_of_many_images_some_are_drawn_in_order(self, digits):
        display = ReconstructionDisplay.from_rows(
            digits[0], digits[0], image_shape=(8, 8), max_images=3, random_state=0
        )
        indices = [np.flatnonzero((digits[0] == row).all(1))[0] for row in display.X]
        assert len(indices) == 3
        assert indices == sorted(indices) != [0, 1, 2]

    def test_a_classifier_reconstructs_in_the_predicted_class(self, classifier, digits):
        X = digits[0][:2]
        display = ReconstructionDisplay.from_estimator(classifier, X, image_shape=(8, 8))
        np.testing.assert_array_equal(display.X_reconstructed, classifier.transfer(X, classifier.predict(X)))

    def test_a_denoiser_reconstructs_by_transform(self, denoiser, digits):
        noisy = digits[0][:4] + 50 * np.random.default_rng(0).standard_normal((4, 64))
        display = ReconstructionDisplay.from_estimator(denoiser, noisy, image_shape=(8, 8))
        clean = denoiser.transform(noisy)
        assert texts(display.ax_.get_yticklabels()) == ["given", "cleaned"]
        low, high = np.quantile(clean, [0.005, 0.995])
        assert_shows(darkness(display, 1, 2), clean[2], low, high)

    def test_an_estimator_that_cannot_reconstruct_is_refused(self, detector, iris):
        with pytest.raises(TypeError, match="Got AAEOutlierDetector"):
            ReconstructionDisplay.from_estimator(detector, iris[0])

    def test_missing_pixels_are_orange(self):
        rows = np.array([[0.0, 1.0, np.nan, 1.0]])
        display = ReconstructionDisplay.from_rows(rows, np.nan_to_num(rows), image_shape=(2, 2))
        canvas = display.ax_.images[0].get_array()
        np.testing.assert_allclose(canvas[1, 0, :3], np.array([0xD5, 0x5E, 0x00]) / 255)
        np.testing.assert_allclose(canvas[4, 0, :3], 1.0)
        assert display.ax_.get_xlabel() == "orange pixels are missing"

    def test_images_of_missing_pixels_only_are_refused(self):
        rows = np.full((1, 4), np.nan)
        with pytest.raises(ValueError, match="a pixel that is not missing"):
            ReconstructionDisplay.from_rows(rows, rows, image_shape=(2, 2))

    def test_lengths_are_checked(self, digits):
        with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[200, 3\]"):
            ReconstructionDisplay.from_rows(digits[0], digits[0][:3], image_shape=(8, 8))

    def test_image_shape_is_the_estimators_by_default(self, digits):
        model = AAETransformer(2, image_shape=(8, 8), scaling=None, max_iter=1, random_state=0).fit(digits[0][:40] / 16)
        display = ReconstructionDisplay.from_estimator(model, digits[0][:2] / 16)
        assert display.image_shape == (8, 8)
        assert len(display.ax_.images) == 1


class TestSamples:
    def test_draws_what_the_estimator_samples(self, flat):
        display = SampleDisplay.from_estimator(flat, 14, image_shape=(8, 8), random_state=3)
        rows = flat.sample(14, random_state=3)
        low, high = np.quantile(rows, [0.005, 0.995])
        assert_shows(darkness(display, 0, 5), rows[5], low, high)
        assert_shows(darkness(display, 1, 1), rows[13], low, high)
        assert texts(display.ax_.get_yticklabels()) == []

    def test_each_class_has_a_line(self, classifier):
        y = np.array([2, 0, 2, 0, 1])
        display = SampleDisplay.from_estimator(classifier, y=y, image_shape=(8, 8), random_state=0)
        rows = classifier.sample(5, y, random_state=0)
        low, high = np.quantile(rows, [0.005, 0.995])
        assert texts(display.ax_.get_yticklabels()) == ["0", "1", "2"]
        assert_shows(darkness(display, 2, 1), rows[2], low, high)
        assert_shows(darkness(display, 1, 0), rows[4], low, high)

    def test_one_class_for_all_rows(self, classifier):
        display = SampleDisplay.from_estimator(classifier, 3, 1, image_shape=(8, 8), random_state=0)
        np.testing.assert_array_equal(display.samples, classifier.sample(3, 1, random_state=0))

    def test_of_many_images_some_are_drawn(self, digits):
        X, y = digits
        display = SampleDisplay.from_samples(X, y, image_shape=(8, 8), max_images=5, random_state=0)
        true_labels = [y[np.flatnonzero((row == X).all(1))[0]] for row in display.samples]
        assert list(display.y) == true_labels
        assert len(true_labels) == 5

    def test_colours_of_three_channels(self):
        row = np.array([[0, 128, 255] * 4])
        row[0, 9:] = [255, 0, 0]
        canvas = SampleDisplay.from_samples(row, image_shape=(2, 2, 3)).ax_.images[0].get_array()
        np.testing.assert_allclose(canvas[0, 0], [0, 128 / 255, 1, 1])
        np.testing.assert_allclose(canvas[1, 1], [1, 0, 0, 1])

    def test_colours_of_images_are_as_asked_for(self, digits):
        default = SampleDisplay.from_samples(digits[0][:1], image_shape=(8, 8)).ax_.images[0].get_array()
        other = SampleDisplay.from_samples(digits[0][:1], image_shape=(8, 8), cmap="gray").ax_.images[0].get_array()
        np.testing.assert_allclose(default[..., 0], 1 - other[..., 0], atol=0.01)

    def test_labels_go_with_rows(self, digits):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            SampleDisplay.from_samples(digits[0], [1], image_shape=(8, 8))


class TestManifold:
    def test_first_component_grows_rightwards_and_second_upwards(self, flat):
        display = ManifoldDisplay.from_estimator(flat, n_steps=3, image_shape=(8, 8))
        np.testing.assert_allclose(display.positions, [-2.0537, 0, 2.0537], atol=1e-3)
        low, high = np.quantile(display.X_decoded, [0.005, 0.995])
        corner = flat.inverse_transform([[display.positions[2], display.positions[0]]])[0]
        assert_shows(darkness(display, 2, 2), corner, low, high)
        assert texts(display.ax_.get_xticklabels()) == ["-2.1", "0.0", "2.1"]
        assert texts(display.ax_.get_yticklabels()) == ["2.1", "0.0", "-2.1"]

    def test_other_components_stay_at_their_mean(self, X):
        model = AAETransformer(3, max_iter=1, random_state=0).fit(X)
        display = ManifoldDisplay.from_estimator(model, X[:20] + 5, components=(2, 0), n_steps=2)
        mean = model.transform(X[:20] + 5).mean(0)[1]
        one, other = display.positions
        np.testing.assert_allclose(display.X_decoded[1], model.inverse_transform([[one, mean, other]])[0], rtol=1e-5)
        without_X = ManifoldDisplay.from_estimator(model, components=(2, 0), n_steps=2)
        np.testing.assert_allclose(without_X.X_decoded[1], model.inverse_transform([[one, 0, other]])[0], rtol=1e-5)
        assert without_X.ax_.get_xlabel() == "component 2"

    def test_components_are_checked(self, flat):
        with pytest.raises(ValueError, match="code of 2 columns"):
            ManifoldDisplay.from_estimator(flat, components=(0, 2))

    def test_there_is_a_row_for_each_pair_of_positions(self):
        with pytest.raises(ValueError, match=r"Got 5 rows and positions of shape \(2,\)"):
            ManifoldDisplay.from_rows(np.ones((5, 1)), [0, 1])


class TestTransfer:
    def test_each_row_is_beside_itself_in_every_class(self, classifier, digits):
        X, y = digits
        display = TransferDisplay.from_estimator(classifier, X, y, image_shape=(8, 8), max_rows=3, random_state=0)
        assert_shows(darkness(display, 2, 0), display.X[2], 0, 16)
        assert_shows(darkness(display, 2, 3), classifier.transfer(display.X, 2)[2], 0, 16)
        assert texts(display.ax_.get_xticklabels()) == ["original", "0", "1", "2"]
        true_labels = [str(y[np.flatnonzero((row == X).all(1))[0]]) for row in display.X]
        assert texts(display.ax_.get_yticklabels()) == true_labels

    def test_classes_are_those_asked_for(self, classifier, digits):
        display = TransferDisplay.from_estimator(classifier, digits[0][:2], classes=[2, 0], image_shape=(8, 8))
        assert texts(display.ax_.get_xticklabels()) == ["original", "2", "0"]
        np.testing.assert_array_equal(display.X_transferred[1], classifier.transfer(digits[0][:2], 0))

    def test_classes_are_needed_without_classes_of_the_estimator(self, generator, table):
        with pytest.raises(ValueError, match=r"without `classes_`\. Got AAEGenerator"):
            TransferDisplay.from_estimator(generator, table)
        with pytest.raises(ValueError, match=r"one class at least\. Got none"):
            TransferDisplay.from_estimator(generator, table, classes=[])

    def test_tables_go_with_classes_and_rows(self, digits):
        X = digits[0]
        with pytest.raises(ValueError, match="Got 1 tables and 2 classes"):
            TransferDisplay.from_rows(X, [X], ["a", "b"])
        with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[200, 3\]"):
            TransferDisplay.from_rows(X, [X[:3]], ["a"])


@pytest.mark.parametrize(("inches", "n_written"), [(9.0, 15), (3.0, 5)])
def test_tick_labels_are_left_out_where_they_would_overlap(inches, n_written):
    figure, ax = plt.subplots(figsize=(inches, inches), layout="constrained")
    positions = np.linspace(-2, 2, 15)
    display = ManifoldDisplay.from_rows(np.zeros((225, 4)), positions, image_shape=(2, 2), ax=ax)
    figure.canvas.draw()
    labels = [label for label in display.ax_.get_xticklabels() if label.get_text()]
    assert len(labels) == n_written
    assert labels[0].get_text() == "-2.0"
    boxes = [label.get_window_extent() for label in labels]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_ends_of_the_colour_scale_are_those_asked_for():
    images = np.array([[0.0, 1.0, 2.0, 4.0]] * 4)
    for display in (
        SampleDisplay.from_samples(images, image_shape=(2, 2), limits=(1, 3)),
        ManifoldDisplay.from_rows(images, [-1, 1], image_shape=(2, 2), limits=(1, 3)),
        ReconstructionDisplay.from_rows(images, images, image_shape=(2, 2)).plot(limits=(1, 3)),
        TransferDisplay.from_rows(images, [images], "a", image_shape=(2, 2)).plot(limits=(1, 3)),
    ):
        np.testing.assert_allclose(darkness(display, 0, 0, size=2), [[0, 0], [0.5, 1]], atol=0.01)
