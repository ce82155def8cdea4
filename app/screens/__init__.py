"""One module for each page.

The folder is not called `pages`: Streamlit would run its files without the frame of `main.py`.
"""
