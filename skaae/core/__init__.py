"""Private. The part that uses torch: packed models, whose parameters have a leading axis of members, and training."""
