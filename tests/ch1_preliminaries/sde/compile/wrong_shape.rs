use sdml::ch1_preliminaries::sde::{Equation, Ito, Number, Scalar};

struct TwoNoises;

impl Equation<1, 2> for TwoNoises {
    type Calculus = Ito;
    type Noise = Scalar;
    fn drift(&self, _x: &[f64; 1], _t: f64) -> [f64; 1] {
        [0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64) -> [[S; 2]; 1] {
        [[x[0], x[0]]]
    }
}

fn main() {}
