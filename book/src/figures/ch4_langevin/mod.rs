//! Figures of Chapter 4.
