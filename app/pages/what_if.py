import streamlit as st

st.title("what_if")
