import streamlit as st

st.title("next_test")
