use sdml::ch1_preliminaries::sde::{
    Equation, General, Grid, Increments, Ito, Milstein, Number, solve_end,
};
use sdml::random::Streams;

struct Area;

impl Equation<2, 2> for Area {
    type Calculus = Ito;
    type Noise = General;
    fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] {
        [0.0, 0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        [[S::from(1.0), S::from(0.0)], [S::from(0.0), x[0]]]
    }
}

fn main() -> sdml::Result<()> {
    let noise = Increments::sample(Grid::new(0.0, 1.0, 10)?, &mut Streams::new(1, "compile").stream(0));
    solve_end(Milstein, &Area, [0.0, 0.0], &noise)?;
    Ok(())
}
