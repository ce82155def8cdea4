"""The commands of `cds`. Heavy libraries are imported inside the commands that use them."""
