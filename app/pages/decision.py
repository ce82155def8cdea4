import streamlit as st

st.title("decision")
