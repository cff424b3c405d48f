//! Section 1.3.3: a path of an equation, and a step that is too long.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{EulerMaruyama, GeometricBrownian, Grid, Increments, ItoForm, solve};
use sdml::random::Streams;

use crate::figures::{BLUE, Data, Figure, GREEN, INK, ORANGE, Parameter, Plate, Settings, span};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "euler-paths",
    section: "ch1_preliminaries/sde/equation",
    number: None,
    title: "One outcome, three steps of Euler and Maruyama",
    caption: r"Geometric Brownian motion on one Brownian path: the explicit solution and the paths of Euler–Maruyama with 4, 16 and 64 steps, which see the same outcome ever more finely.",
    alt: "A jagged exact path and three polygons from the same starting point; with four steps the polygon is far off, with sixteen nearer, with sixty-four it follows the exact path closely.",
    seed: 5,
    parameters: &[
        Parameter { name: "alpha", default: 0.3, meaning: "Stratonovich drift" },
        Parameter { name: "sigma", default: 0.9, meaning: "strength of the noise" },
    ],
    data: euler_paths,
    draw: draw_euler_paths,
}];

const FINE: usize = 512;
const COARSE: [usize; 3] = [4, 16, 64];

fn euler_paths(settings: &Settings) -> Result<Data> {
    let gbm = GeometricBrownian::new(settings.get("alpha"), settings.get("sigma"))?;
    let grid = Grid::new(0.0, 1.0, FINE)?;
    let noise = Increments::sample(grid, &mut Streams::new(settings.seed, "euler paths").stream(0));
    let mut b = 0.0;
    let mut exact = vec![1.0];
    for (n, step) in noise.steps().iter().enumerate() {
        b += step.db[0];
        exact.push(gbm.explicit(1.0, grid.time(n + 1), b));
    }
    let t: Vec<f64> = (0..=FINE).map(|n| grid.time(n)).collect();
    let mut data = Data::new().column("t", t).column("exact", exact);
    for steps in COARSE {
        let coarse = noise.coarsen(FINE / steps)?;
        let path = solve(EulerMaruyama, &ItoForm(gbm), [1.0], &coarse)?;
        let t: Vec<f64> = (0..=steps).map(|n| coarse.grid().time(n)).collect();
        let x: Vec<f64> = path.iter().map(|[x]| *x).collect();
        data = data.column(format!("t{steps}"), t).column(format!("X{steps}"), x);
    }
    Ok(data)
}

fn draw_euler_paths(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (t, exact) = (data.get("t")?, data.get("exact")?);
    let paths = COARSE
        .map(|steps| Ok((data.get(&format!("t{steps}"))?, data.get(&format!("X{steps}"))?)))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let heights = paths.iter().map(|(_, x)| *x).chain([exact]);
    let mut plate = Plate::new().x(0.0..=1.0, "time $t$").y(span(heights), "$X(t)$");
    plate.line(t, exact, INK.thin()).keyed("explicit solution");
    for (((t, x), steps), colour) in paths.iter().zip(COARSE).zip([ORANGE, GREEN, BLUE]) {
        plate.line(t, x, colour).keyed(&format!("{steps} steps"));
    }
    Ok(vec![plate])
}
