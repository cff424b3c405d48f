//! Two posteriors: the straight line through the cars, the funnel of the eight schools.

use anyhow::Result;
use sdml::ch4_langevin::overdamped::{Mala, Ula};
use sdml::ch4_langevin::posterior::{CARS, Coordinates, EIGHT_SCHOOLS, EightSchools, StraightLine};
use sdml::ch4_langevin::sampler::{Chains, Potential, Scheme};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch4_langevin/posterior";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "posterior-means",
        section: SECTION,
        number: None,
        title: "Two posteriors",
        caption: r"First panel: stopping distances of 50 cars, and thirty lines drawn from the posterior by MALA; in their midst, the line of the exact posterior means. Second: the eight schools. Gray: reported effects with one standard error. Orange: posterior means by MALA, with one posterior standard deviation; rings: by quadrature.",
        alt: "First panel: dots rising with speed, and a sheaf of lines through them, narrow in the middle. Second: for each school the posterior mean is pulled from the report towards a common value near 4 to 5; orange dots sit inside rings.",
        seed: 8,
        parameters: &[Parameter {
            name: "steps",
            default: 40_000.0,
            meaning: "steps of each of four chains",
        }],
        data: means,
        draw: draw_means,
    },
    Figure {
        id: "funnel",
        section: SECTION,
        number: None,
        title: "The funnel of the eight schools",
        caption: r"First panel: the effect of school A and $\ln \tau$, sampled in non-centered coordinates (blue) and, with the same number of steps of size 0.05, by the scheme (4.4) in centered ones (orange). Second: the density of $\ln \tau$: exact (dashed), and histograms of both and of MALA in centered coordinates (green).",
        alt: "First panel: blue dots fill a funnel that narrows downwards far below the orange dots, which stay in the wide upper part. Second: the blue histogram lies on the dashed density; the orange one is shifted to the right and lacks the left tail; the green one breaks off at the left.",
        seed: 9,
        parameters: &[Parameter {
            name: "steps",
            default: 40_000.0,
            meaning: "steps of each of four chains",
        }],
        data: funnel,
        draw: draw_funnel,
    },
];

/// Two quantities along four chains, after a tenth of the steps and at every tenth.
fn pairs<U: Potential, S: Scheme>(
    potential: &U,
    scheme: S,
    settings: &Settings,
    start: &[f64],
    measure: impl Fn(&[f64]) -> [f64; 2] + Sync,
) -> Result<[Vec<f64>; 2]> {
    let steps = settings.count("steps");
    let mut chains = Chains::from_point(potential, scheme, Streams::new(settings.seed, "pairs"), 4, start)?;
    chains.advance(steps / 10)?;
    let merge = |mut left: Vec<[f64; 2]>, mut right: Vec<[f64; 2]>| {
        left.append(&mut right);
        left
    };
    let all = chains.fold(steps, 10, Vec::new, |all, visit| all.push(measure(visit.q)), merge)?;
    Ok([0, 1].map(|k| all.iter().map(|pair| pair[k]).collect()))
}

fn means(settings: &Settings) -> Result<Data> {
    let line = StraightLine::new(&CARS)?;
    let measure = |x: &[f64]| {
        let [a, b, _] = line.in_units([x[0], x[1], x[2]]);
        [a, b]
    };
    let [a, b] = pairs(&line, Mala::new(1.0, 0.006)?, settings, &[0.0, 0.8, -0.5], measure)?;
    let few = |values: &[f64]| values.iter().step_by(values.len() / 30).copied().collect::<Vec<_>>();
    let [exact_a, exact_b, _] = line.means();
    let model = EightSchools::new(EIGHT_SCHOOLS, Coordinates::NonCentered)?;
    let streams = Streams::new(settings.seed, "schools");
    let mut chains = Chains::from_point(&model, Mala::new(1.0, 0.25)?, streams, 4, &[0.0; 10])?;
    chains.advance(settings.count("steps") / 10)?;
    let sums = chains.fold(
        settings.count("steps"),
        5,
        || [[0.0; 3]; 8],
        |sums, visit| {
            for (row, theta) in sums.iter_mut().zip(model.effects(visit.q)) {
                row[0] += 1.0;
                row[1] += theta;
                row[2] += theta * theta;
            }
        },
        |left: [[f64; 3]; 8], right| {
            std::array::from_fn(|j| std::array::from_fn(|k| left[j][k] + right[j][k]))
        },
    )?;
    let mean: Vec<f64> = sums.iter().map(|row| row[1] / row[0]).collect();
    let deviation: Vec<f64> =
        sums.iter().zip(&mean).map(|(row, mean)| (row[2] / row[0] - mean * mean).sqrt()).collect();
    Ok(Data::new()
        .column("speed", CARS.map(|car| car.0))
        .column("distance", CARS.map(|car| car.1))
        .column("a", few(&a))
        .column("b", few(&b))
        .column("exact", vec![exact_a, exact_b])
        .column("effect", EIGHT_SCHOOLS.map(|school| school.effect))
        .column("error", EIGHT_SCHOOLS.map(|school| school.error))
        .column("mean", mean)
        .column("deviation", deviation)
        .column("quadrature", model.means(400)?.theta))
}

fn draw_means(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut cars =
        Plate::new().x(0.0..=26.0, "speed in miles per hour").y(-20.0..=125.0, "stopping distance in feet");
    let ends = [0.0, 26.0];
    for (a, b) in data.get("a")?.iter().zip(data.get("b")?) {
        cars.line(&ends, &ends.map(|x| a + b * x), ORANGE.weight(0.7).opacity(0.6));
    }
    let exact = data.get("exact")?;
    cars.line(&ends, &ends.map(|x| exact[0] + exact[1] * x), INK);
    cars.points(data.get("speed")?, data.get("distance")?, BLUE);
    let mut schools = Plate::new().x(0.4..=8.6, "school").y(-20.0..=45.0, "effect in points");
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let ticks: Vec<(f64, &str)> = names.iter().enumerate().map(|(k, name)| (k as f64 + 1.0, *name)).collect();
    schools = schools.x_ticks(&ticks);
    let at = |shift: f64| (0..8).map(|k| f64::from(k) + 1.0 + shift).collect::<Vec<_>>();
    schools.estimates(&at(-0.15), data.get("effect")?, data.get("error")?, GREY);
    schools.estimates(&at(0.15), data.get("mean")?, data.get("deviation")?, ORANGE);
    for (x, y) in at(0.15).into_iter().zip(data.get("quadrature")?) {
        schools.circle((x, *y), 4.6, INK.thin());
    }
    Ok(vec![cars.title("a straight line"), schools.title("eight schools")])
}

const LOW: f64 = -5.0;
const HIGH: f64 = 5.0;
const BINS: usize = 50;

fn histogram(values: &[f64]) -> Vec<f64> {
    let width = (HIGH - LOW) / BINS as f64;
    let mut counts = vec![0.0; BINS];
    for value in values.iter().filter(|value| (LOW..HIGH).contains(*value)) {
        counts[((value - LOW) / width) as usize] += 1.0 / (values.len() as f64 * width);
    }
    counts
}

fn funnel(settings: &Settings) -> Result<Data> {
    let mut data = Data::new();
    let edges: Vec<f64> = (0..=BINS).map(|k| LOW + (HIGH - LOW) * k as f64 / BINS as f64).collect();
    for (name, coordinates, unadjusted, h) in [
        ("free", Coordinates::NonCentered, false, 0.25),
        ("ula", Coordinates::Centered, true, 0.05),
        ("mala", Coordinates::Centered, false, 0.05),
    ] {
        let model = EightSchools::new(EIGHT_SCHOOLS, coordinates)?;
        let measure = |x: &[f64]| [model.effects(x)[0], x[1]];
        let start = [0.0; 10];
        let [theta, log_tau] = if unadjusted {
            pairs(&model, Ula::new(1.0, h)?, settings, &start, measure)?
        } else {
            pairs(&model, Mala::new(1.0, h)?, settings, &start, measure)?
        };
        let few = |values: &[f64]| values.iter().step_by(values.len() / 1000).copied().collect::<Vec<_>>();
        data = data
            .column(format!("theta {name}"), few(&theta))
            .column(format!("log tau {name}"), few(&log_tau))
            .column(format!("density {name}"), histogram(&log_tau));
    }
    let fine: Vec<f64> = (0..=200).map(|k| LOW + (HIGH - LOW) * f64::from(k) / 200.0).collect();
    let exact = EightSchools::new(EIGHT_SCHOOLS, Coordinates::Centered)?.log_tau_density(&fine)?;
    Ok(data.column("edges", edges).column("fine", fine).column("exact", exact))
}

fn draw_funnel(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut cloud = Plate::new()
        .x(-20.0..=40.0, "effect of school A")
        .y(-5.0..=4.0, r"$\ln \tau$")
        .legend(Corner::BottomRight);
    for (name, words, colour) in [("free", "non-centered", BLUE), ("ula", "centered, (4.4)", ORANGE)] {
        let (theta, log_tau) = (data.get(&format!("theta {name}"))?, data.get(&format!("log tau {name}"))?);
        cloud.dots(theta, log_tau, 1.2, colour).keyed(words);
    }
    let mut density =
        Plate::new().x(LOW..=HIGH, r"$\ln \tau$").y(0.0..=0.8, "density").legend(Corner::TopLeft);
    let edges = data.get("edges")?;
    for (name, words, colour) in [
        ("free", "non-centered", BLUE),
        ("ula", "centered, (4.4)", ORANGE),
        ("mala", "centered, MALA", GREEN),
    ] {
        density.steps(&edges[..BINS], data.get(&format!("density {name}"))?, colour.weight(1.2)).keyed(words);
    }
    density.line(data.get("fine")?, data.get("exact")?, INK.dashed()).named_at(
        -1.0,
        Side::AboveLeft,
        "exact",
    );
    Ok(vec![cloud.title("the funnel"), density.title("its axis")])
}
