"""
Outliers, and why
=================

A detector is trained on cells of benign tumours only, and then shown others, benign and malignant. It has
never seen a malignant one, nor a label. It says which rows are strange, and which columns make them so.
"""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAEOutlierDetector
from skaae.display import OutlierDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
malignant = y == 0
X_train, X_benign = train_test_split(X[~malignant], test_size=0.5, random_state=0)
X_test = X.drop(X_train.index)
strange = malignant[X_test.index]

# %%
# Scores are lower for stranger rows, as everywhere in scikit-learn. The area under the ROC curve asks how often a
# malignant row scores below a benign one, and so needs no threshold. Here an isolation forest does as well, without
# saying why.

detector = AAEOutlierDetector(random_state=0).fit(X_train)
peers = {
    "AAEOutlierDetector": detector,
    "IsolationForest": IsolationForest(random_state=0).fit(X_train),
    "LocalOutlierFactor": make_pipeline(StandardScaler(), LocalOutlierFactor(novelty=True)).fit(X_train),
}
print(f"Trained on {len(X_train)} benign rows; area under the ROC curve, {strange.sum()} of {len(X_test)} malignant")
for name, model in peers.items():
    print(f"  {name:<20} {100 * roc_auc_score(strange, -model.score_samples(X_test)):.1f} %")

# %%
# ``predict`` has a threshold: 5 % of the training rows are beyond it, unless ``contamination`` says otherwise. On
# some hundred training rows it is a rough one, and new benign rows pass it more often.

outlier = detector.predict(X_test) == -1
print(f"Found: {100 * outlier[strange].mean():.0f} % of malignant rows", end="")
print(f", and {100 * outlier[~strange].mean():.0f} % of benign ones by mistake")

# %%
# ``explain`` gives the share of each column in the score of each row. Their mean over the malignant rows says what
# these tumours have in common: in what they differ from benign ones.

shares = detector.explain(X_test[strange])
print("Columns with the largest shares in the scores of malignant rows")
for name, share in shares.mean().nlargest(3).items():
    print(f"  {name:<24} {100 * share:.0f} %")

# %%
# Left, scores of known benign and malignant rows, and the threshold. Right, the strangest rows, and what it is about
# each of them.

display = OutlierDisplay.from_estimator(detector, X_test, strange)
display.figure_.savefig("outliers.png", dpi=110)
print("Saved outliers.png")
