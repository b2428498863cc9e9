"""Does what goes into TableEncoder come back? Every public table, with each way of scaling.

Run ``python benchmarks/round_trip.py`` (half a minute).
"""

import numpy as np
from _data import load_table, table_names
from _results import argument_parser, parse_arguments, write_results

from skaae import TableEncoder

SCALINGS = ("standard", "quantile", None)


def worst_error(X, back):
    """Largest numeric error in standard deviations of a column; infinite where anything else differs."""
    if not (list(X) == list(back) and (X.dtypes == back.dtypes).all() and (X.isna() == back.isna()).all(axis=None)):
        return np.inf
    errors = [0.0]
    for column in X:
        if X[column].dtype.kind in "iuf":
            errors.append((X[column] - back[column]).abs().max() / (X[column].std() or 1))
        elif not X[column].equals(back[column]):
            return np.inf
    return np.nanmax(errors)


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    errors = {str(scaling): [] for scaling in SCALINGS}
    for name in table_names():
        X, _ = load_table(name)
        for scaling in SCALINGS:
            encoder = TableEncoder(scaling).fit(X)
            errors[str(scaling)].append(worst_error(X, encoder.inverse_transform(encoder.transform(X))))
    rows = [
        {"scaling": scaling, "tables": len(values), "largest error": f"{max(values):.0e}"}
        for scaling, values in errors.items()
    ]
    print(*rows, sep="\n")
    write_results("round_trip", rows, arguments)


if __name__ == "__main__":
    main()
