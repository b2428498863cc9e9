"""Private. Estimators are public names of ``skaae``."""
