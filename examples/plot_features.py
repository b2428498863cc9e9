"""
Codes as features
=================

Latent codes replace many columns by a few, as principal components do, but are not linear. Here logistic regression
classifies digits from codes, from as many principal components, and from all pixels. Every step is fitted within the
folds of a cross-validation, so the scores are of held-out rows.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer
from skaae.display import LatentDisplay

X, y = load_digits(return_X_y=True)

# %%
# The transformer is a step of a pipeline. Pixels are standardised for all; so are codes and components, because the
# classifier has a penalty on its coefficients.


def accuracy(*steps):
    """Mean accuracy in percent over three folds, of logistic regression after these steps."""
    pipeline = make_pipeline(StandardScaler(), *steps, LogisticRegression(max_iter=500))
    return 100 * cross_val_score(pipeline, X, y, cv=3).mean()


print("Accuracy of logistic regression, mean of three folds")
print(f"  all 64 pixels: {accuracy():.1f} %")
for width in (4, 8):
    components = accuracy(PCA(width, random_state=0), StandardScaler())
    codes = accuracy(AAETransformer(width, max_iter=50, random_state=0), StandardScaler())
    print(f"  {width} principal components: {components:.1f} %, codes of width {width}: {codes:.1f} %")

# %%
# Codes of width 2 can be plotted. The adversarial loss makes their distribution close to the prior, a normal one: the
# circles contain a half and 95 % of its draws.

flat = AAETransformer(2, adversarial_weight=1, max_iter=120, random_state=0).fit(X)
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5), layout="compressed")
LatentDisplay.from_codes(PCA(2, random_state=0).fit_transform(X), y, ax=left, s=8)
left.set_title("Two principal components")
LatentDisplay.from_estimator(flat, X, y, random_state=0, ax=right, s=8)
right.set_title("A code of width 2")
figure.savefig("features.png", dpi=110)
print("Saved features.png")
