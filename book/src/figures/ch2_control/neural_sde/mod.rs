//! Figures of Section 2.4.

pub mod adjoint;
pub mod evolution;
pub mod reversal;
pub mod training;

/// Parameters of `OneNeuron` at which nothing is small.
const NEURON: [f64; 4] = [0.8, 1.5, 0.4, -1.7];
/// Parameters of `TwoNoises` at which nothing is small.
const PLANE: [f64; 4] = [0.7, 1.2, 0.6, -0.8];
