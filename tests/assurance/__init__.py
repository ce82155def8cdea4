"""Evidence that the software does what it says: hazards, traces, mutants, relations, privacy, digests."""
