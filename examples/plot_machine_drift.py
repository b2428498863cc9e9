"""
Outliers in machine data that drift
===================================

Hourly measurements of a pump: a detector learns from two weeks in which nothing was wrong, and watches the next four.
There is a fault in the second of them, and the hall gets warmer towards the end. How many alarms are false, which
sensor is it, and what is to be done when normal is no longer what it was?
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skaae import AAEOutlierDetector

rng = np.random.default_rng(0)
hours = pd.date_range("2026-03-02", periods=6 * 7 * 24, freq="h")
n = len(hours)
load = 60 + 15 * np.sin(2 * np.pi * hours.hour / 24) + 4 * rng.normal(size=n)
flow = 0.8 * load + rng.normal(size=n)
warming = np.clip(np.arange(n) / 24 - 28, 0, 8)  # degrees, one more each day from the fifth week on
X = pd.DataFrame({"load": load, "flow": flow, "temperature": 20 + 0.3 * load + rng.normal(size=n) + warming})
X["pressure"] = 2 + 0.02 * flow + 0.05 * rng.normal(size=n)
X["mode"] = np.where(load > 65, "high", "low")
X.index = hours
fault = (np.arange(n) >= 24 * 24) & (np.arange(n) < 25 * 24)
X.loc[fault, "flow"] -= 12  # a leak: each value has occurred before, but not with this load

# %%
# With ``conformal=True`` each row gets a p-value from rows that the detector did not learn from, so that alarms at 1 %
# are at most one in a hundred ordinary hours.

normal = slice("2026-03-02", "2026-03-15")
detector = AAEOutlierDetector(conformal=True, random_state=0).fit(X[normal])
later = X["2026-03-16":]
alarm = pd.Series(detector.predict(later, false_alarm_rate=0.01) == -1, later.index)
is_fault = pd.Series(fault, hours)[later.index]
weeks = later.index.isocalendar().week.to_numpy() - 11
print("Alarms by week, the fault aside:", alarm[~is_fault].groupby(weeks[~is_fault]).mean().round(3).to_dict())
print(f"Hours of the fault with an alarm: {alarm[is_fault].mean():.2f}")

# %%
# Which sensor? The shares of the columns in the scores of the fault's hours.

print(detector.explain(later[is_fault]).mean().nlargest(2).round(2).to_dict())

# %%
# In the last two weeks there are more and more alarms, all for one reason: normal has changed. Somebody has to say that
# this is harmless; then fit again, to rows that contain the change. The fault is still found in what was recorded.

shares = detector.explain(later["2026-04-06":]).mean()
print(f"In the last week {shares.idxmax()} has {shares.max():.0%} of the scores")
recent = X["2026-03-30":"2026-04-09"]
renewed = AAEOutlierDetector(conformal=True, random_state=0).fit(recent)
last_days = renewed.predict(X["2026-04-10":], false_alarm_rate=0.01) == -1
print(f"Alarms after fitting anew: {last_days.mean():.3f}, before: {alarm['2026-04-10':].mean():.3f}")

# %%
# Alarms as a share of the hours of each day.

figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
daily = alarm.groupby(alarm.index.normalize()).mean()
ax.bar(daily.index, daily, color=np.where(is_fault.groupby(alarm.index.normalize()).any(), "#D55E00", "#0072B2"))
ax.set(title="Hours with an alarm; the day of the fault in red", ylabel="share of the day", ylim=(0, 1))
figure.savefig("machine_drift.png", dpi=110)
print("Saved machine_drift.png")
