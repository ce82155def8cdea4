"""The tumour-board app: pages and components. What is decided is decided in `cds`."""
