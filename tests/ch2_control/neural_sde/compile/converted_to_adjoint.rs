use sdml::ch1_preliminaries::brownian::{BrownianTree, DEPTH};
use sdml::ch1_preliminaries::sde::{Grid, Heun, Ito, StratonovichForm};
use sdml::ch2_control::neural_sde::{GeometricFamily, PathGradient};
use sdml::random::Streams;

pub fn main() -> sdml::Result<()> {
    let family = StratonovichForm(GeometricFamily(Ito));
    let problem = PathGradient::new(&family, [0.1, 0.5], [1.0], Grid::new(0.0, 1.0, 10)?)?;
    let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "compile"), 0)?;
    problem.backward(Heun, 10, &mut tree.cursor(), |[x]| (*x, [1.0]))?;
    Ok(())
}
