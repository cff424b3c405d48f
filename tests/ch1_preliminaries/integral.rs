//! Checks of the section.
