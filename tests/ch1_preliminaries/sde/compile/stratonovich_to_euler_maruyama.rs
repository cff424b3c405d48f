use sdml::ch1_preliminaries::sde::{Circle, EulerMaruyama, Grid, Increments, solve_end};
use sdml::random::Streams;

pub fn main() -> sdml::Result<()> {
    let noise = Increments::sample(Grid::new(0.0, 1.0, 10)?, &mut Streams::new(1, "compile").stream(0));
    solve_end(EulerMaruyama, &Circle, [1.0, 0.0], &noise)?;
    Ok(())
}
