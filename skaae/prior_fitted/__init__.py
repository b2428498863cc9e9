"""A network that was fitted to synthetic tables, and classifies the rows of a table from few labels."""
