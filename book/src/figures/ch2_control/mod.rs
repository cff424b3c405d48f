//! Figures of Chapter 2.
