"""Pictures: each builder takes plain data and returns a Figure with sentence, SVG and numbers.

No builder knows where its data come from; app and every report format show the same ones.
"""
