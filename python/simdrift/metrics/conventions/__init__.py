"""What peers compute, to the digit: a file a peer."""
