"""Private. The torch floor: models with a leading axis of members, and the one loop that trains them."""
