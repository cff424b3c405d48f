//! The checks of Chapter 3: every one measures a statement of the notes and rejects a named wrong version of it.
