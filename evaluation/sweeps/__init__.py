"""Every checkpoint of a run judged by entities on dev, and the best one tested once."""
