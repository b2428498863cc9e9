"""
Outliers, and why
=================

`AAEOutlierDetector` is fitted to measurements of benign tumours only, without labels. It then scores other tumours,
benign and malignant, and says which columns make a row an outlier.
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
is_malignant = malignant[X_test.index]

# %%
# Scores are lower for more abnormal rows, as in scikit-learn. The area under the ROC curve is the probability that a
# malignant row has a lower score than a benign one, and needs no threshold. Here an isolation forest does as well,
# but does not explain its scores.

detector = AAEOutlierDetector(random_state=0).fit(X_train)
detectors = {
    "AAEOutlierDetector": detector,
    "IsolationForest": IsolationForest(random_state=0).fit(X_train),
    "LocalOutlierFactor": make_pipeline(StandardScaler(), LocalOutlierFactor(novelty=True)).fit(X_train),
}
print(
    f"Trained on {len(X_train)} benign rows; area under the ROC curve, {is_malignant.sum()} of {len(X_test)} malignant"
)
for name, model in detectors.items():
    print(f"  {name:<20} {100 * roc_auc_score(is_malignant, -model.score_samples(X_test)):.1f} %")

# %%
# ``predict`` has a threshold, below which are 5 % of the training rows unless ``contamination`` says otherwise. With
# a few hundred training rows it is a rough one, and more of the new benign rows are below it.

predicted = detector.predict(X_test) == -1
print(f"Predicted outliers: {100 * predicted[is_malignant].mean():.0f} % of malignant rows", end="")
print(f", and {100 * predicted[~is_malignant].mean():.0f} % of benign ones")

# %%
# ``explain`` returns the share of each column in the score of each row. The mean over the malignant rows shows the
# columns in which these tumours differ from benign ones.

shares = detector.explain(X_test[is_malignant])
print("Columns with the largest shares in the scores of malignant rows")
for name, share in shares.mean().nlargest(3).items():
    print(f"  {name:<24} {100 * share:.0f} %")

# %%
# Left, scores of benign and malignant rows, and the threshold. Right, the most abnormal rows, and the columns with
# the largest shares in their scores.

display = OutlierDisplay.from_estimator(detector, X_test, is_malignant)
display.figure_.savefig("outliers.png", dpi=110)
print("Saved outliers.png")
