"""The case store: every saved version of every case, its audit log, its backups."""
