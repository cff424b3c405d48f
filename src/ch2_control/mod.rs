//! Chapter 2: control by gradients.
