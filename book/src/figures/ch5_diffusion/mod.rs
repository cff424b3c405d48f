//! Figures of Chapter 5.
