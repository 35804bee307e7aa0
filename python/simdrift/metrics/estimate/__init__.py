"""Performance without targets: what scores, calibrated on a reference, let expect."""
