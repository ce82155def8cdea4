import streamlit as st

st.title("saved")
