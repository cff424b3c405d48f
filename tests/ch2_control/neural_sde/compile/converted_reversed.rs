use sdml::ch1_preliminaries::sde::{
    GeometricBrownian, Grid, Heun, Increments, Ito, Reading, StratonovichForm, solve_end,
};
use sdml::ch2_control::neural_sde::{Reversed, reversed};
use sdml::random::Streams;

pub fn main() -> sdml::Result<()> {
    let equation = StratonovichForm(Reading(Ito, GeometricBrownian::new(0.1, 0.5)?));
    let noise = Increments::<1>::sample(Grid::new(0.0, 1.0, 10)?, &mut Streams::new(1, "compile").stream(0));
    solve_end(Heun, &Reversed::new(equation, 1.0)?, [1.0], &reversed(&noise)?)?;
    Ok(())
}
