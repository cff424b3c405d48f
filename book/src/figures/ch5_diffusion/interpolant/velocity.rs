//! The velocity of an interpolant and its flow.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch5_diffusion::interpolant::{ExactVelocity, generate, trajectories};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::statistics::normal;

use super::paths;
use crate::figures::{BLUE, Corner, Data, Figure, GREEN, INK, ORANGE, Plate, SKY, Settings, Shade};

const SECTION: &str = "ch5_diffusion/interpolant/velocity";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "interpolant-velocity",
        section: SECTION,
        number: None,
        title: "Velocities and particle lines",
        caption: r"The velocity $v(x, t)$ (color: orange upwards, blue downwards as $t$ grows) between two modes at $t = 0$ and noise at $t = 1$, with the lines of 21 particles, on the linear (first panel) and the trigonometric path (second).",
        alt: "Two panels in which 21 lines spread at time 1 gather in two bundles at time 0. In the first panel they first draw together, in the second they run side by side before they part. The ends are the same.",
        seed: 0,
        parameters: &[],
        data: velocities,
        draw: draw_velocities,
    },
    Figure {
        id: "interpolant-orders",
        section: SECTION,
        number: None,
        title: "Error of two solvers",
        caption: r"Greatest distance of the ends of [](#eq:5.9) from the quantile map against the number of steps, nine particles, on the linear (first panel) and the trigonometric path (second). Dashed: slopes of $-1$ and $-4$.",
        alt: "On logarithmic axes the dots of Euler's scheme fall along a line of slope minus one, those of the Runge–Kutta scheme along slope minus four.",
        seed: 0,
        parameters: &[],
        data: orders,
        draw: draw_orders,
    },
];

fn data() -> sdml::Result<Mixture<1>> {
    Mixture::new(&[0.4, 0.6], &[[-1.0], [1.25]], &[[[0.09]], [[0.09]]])
}

const COLUMNS: usize = 81;
const ROWS: usize = 91;
const REACH: f64 = 2.7;
const PARTICLES: usize = 21;

fn velocities(_: &Settings) -> Result<Data> {
    let z = Array2::from_shape_fn((PARTICLES, 1), |(i, _)| {
        normal::quantile((i as f64 + 0.5) / PARTICLES as f64).expect("inside (0, 1)")
    });
    let times: Vec<f64> = (0..=100).map(|k| 1.0 - f64::from(k) / 100.0).collect();
    let mut columns = Data::new().column("t", times);
    for (name, path) in paths()? {
        let exact = ExactVelocity::new(data()?, path);
        let mut field = vec![0.0; ROWS * COLUMNS];
        for column in 0..COLUMNS {
            let at = exact.at(column as f64 / (COLUMNS - 1) as f64)?;
            for row in 0..ROWS {
                let x = -REACH + 2.0 * REACH * row as f64 / (ROWS - 1) as f64;
                field[row * COLUMNS + column] = at.velocity(&[x])[0];
            }
        }
        columns = columns.column(format!("{name} v"), field);
        let lines = trajectories(Tableau::RK4, 1.0, 100, z.view(), |t, x, v| exact.write(t, x, v))?;
        for i in 0..PARTICLES {
            columns =
                columns.column(format!("{name} {i}"), lines.iter().map(|y| y[[i, 0]]).collect::<Vec<_>>());
        }
    }
    Ok(columns)
}

fn draw_velocities(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plates = Vec::new();
    for (name, _) in paths()? {
        let mut plate =
            Plate::new().x(0.0..=1.0, "time $t$").y(-REACH..=REACH, "$x$").without_rules().title(name);
        let shade = Shade::Diverging { negative: BLUE, positive: ORANGE, bound: 4.0 };
        plate.heatmap(0.0..=1.0, -REACH..=REACH, data.get(&format!("{name} v"))?, COLUMNS, shade);
        for i in 0..PARTICLES {
            plate.line(data.get("t")?, data.get(&format!("{name} {i}"))?, INK.weight(0.9));
        }
        plates.push(plate);
    }
    Ok(plates)
}

const COUNTS: [usize; 7] = [5, 10, 20, 40, 80, 160, 320];

fn orders(_: &Settings) -> Result<Data> {
    let data = data()?;
    let z = Array2::from_shape_fn((9, 1), |(i, _)| {
        normal::quantile((i as f64 + 0.5) / 9.0).expect("inside (0, 1)")
    });
    let ends = z.iter().map(|z| data.quantile(normal::cdf(*z))).collect::<sdml::Result<Vec<_>>>()?;
    let mut columns = Data::new().column("steps", COUNTS.map(|n| n as f64));
    for (name, path) in paths()? {
        let exact = ExactVelocity::new(data.clone(), path);
        for tableau in [Tableau::EULER, Tableau::RK4] {
            let mut errors = Vec::new();
            for steps in COUNTS {
                let y = generate(tableau, 1.0, steps, z.view(), |t, x, v| exact.write(t, x, v))?;
                errors.push(y.iter().zip(&ends).map(|(y, end)| (y - end).abs()).fold(0.0, f64::max));
            }
            columns = columns.column(format!("{name} {}", tableau.name()), errors);
        }
    }
    Ok(columns)
}

fn draw_orders(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let steps = data.get("steps")?;
    let mut plates = Vec::new();
    for (name, _) in paths()? {
        let mut plate = Plate::new()
            .log_x(4.0..=400.0, "steps")
            .log_y(1e-9..=3.0, "error")
            .legend(Corner::BottomLeft)
            .title(name);
        for (tableau, order, pen) in [(Tableau::EULER, -1.0, BLUE), (Tableau::RK4, -4.0, GREEN)] {
            let errors = data.get(&format!("{name} {}", tableau.name()))?;
            plate.power(order, (steps[6], errors[6]), steps[1], SKY.dashed().thin());
            plate.points(steps, errors, pen).keyed(tableau.name());
        }
        plates.push(plate);
    }
    Ok(plates)
}
