//! Chapter 4: Langevin dynamics and sampling.
