//! Figures of Chapter 3.
