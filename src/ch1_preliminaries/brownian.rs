//! Section 1.3, in the making.
