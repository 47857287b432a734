"""Use cases, one function each: open the transaction, read, decide in the pure parts, write."""
