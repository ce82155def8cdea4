"""`python -m cds` is `cds`."""

from cds.cli import main

if __name__ == "__main__":
    main()
