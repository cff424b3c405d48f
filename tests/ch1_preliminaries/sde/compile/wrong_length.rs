use sdml::ch1_preliminaries::sde::{Equation, General, Ito, Number};

struct Plane;

impl Equation<2, 1> for Plane {
    type Calculus = Ito;
    type Noise = General;
    fn drift(&self, x: &[f64; 2], _t: f64) -> [f64; 2] {
        [x[0], x[1], 0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 1]; 2] {
        [[x[0]], [x[1]]]
    }
}

fn main() {}
