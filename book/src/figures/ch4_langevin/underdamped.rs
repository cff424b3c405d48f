//! Underdamped Langevin dynamics: phase portraits, and the laws its schemes leave invariant.

use std::f64::consts::{PI, SQRT_2};

use anyhow::Result;
use sdml::ch1_preliminaries::fokker_planck::double_well;
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic, Scheme};
use sdml::ch4_langevin::underdamped::{
    Bath, EulerMaruyama, Splitting, Word, euler_maruyama_covariance, splitting_covariance,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Pen, Plate, Settings,
};

const SECTION: &str = "ch4_langevin/underdamped";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "phase-portraits",
        section: SECTION,
        number: None,
        title: "Phase portraits",
        caption: r"Underdamped Langevin dynamics in the double well at $\beta = 3$, by BAOAB, from rest at $q = 1.3$: weak friction $\gamma = 0.1$ (first panel), strong friction $\gamma = 5$ (second). Gray: lines of equal energy; the one through the saddle separates the wells.",
        alt: "First panel: the path winds along the lines of equal energy around one well, many times. Second: the path jitters in the direction of the momentum and drifts slowly in position.",
        seed: 3,
        parameters: &[
            Parameter { name: "beta", default: 3.0, meaning: "inverse temperature" },
            Parameter { name: "time", default: 40.0, meaning: "duration" },
        ],
        data: portraits,
        draw: draw_portraits,
    },
    Figure {
        id: "invariant-variances",
        section: SECTION,
        number: None,
        title: "What each scheme leaves invariant",
        caption: r"Variances of position (first panel) and momentum (second) in a harmonic well, relative to those of the dynamics, against the step in units of the oscillator's time, $\gamma = \omega = 1$. Lines: closed forms, dashed for ABOBA and O–Suzuki–O. Dots: chains, larger for BAOAB.",
        alt: "First panel: BAOAB and ABOBA stay at one, OBABO rises towards infinity at step two, the Suzuki scheme bends away late, Euler–Maruyama diverges at step one. Second: OBABO and the Suzuki scheme stay at one, BAOAB falls, ABOBA rises, Euler–Maruyama diverges.",
        seed: 0,
        parameters: &[Parameter { name: "chains", default: 20_000.0, meaning: "chains of each simulation" }],
        data: variances,
        draw: draw_variances,
    },
];

const REACH: f64 = 1.8;
const MOMENTUM: f64 = 2.4;
const FRICTIONS: [f64; 2] = [0.1, 5.0];

fn portraits(settings: &Settings) -> Result<Data> {
    let well = DoubleWell::new(1)?;
    let h = 0.02;
    let steps = (settings.get("time") / h) as usize;
    let mut data = Data::new();
    for (i, friction) in FRICTIONS.into_iter().enumerate() {
        let scheme = Splitting::new(Word::Baoab, Bath::new(friction, settings.get("beta"))?, h)?;
        let streams = Streams::new(settings.seed, "portrait");
        let mut chains =
            Chains::from_point(&well, scheme, streams, 1, &[1.3])?.with_momenta(|_, p| p.fill(0.0));
        let (mut q, mut p) = (vec![1.3], vec![0.0]);
        for _ in 0..steps / 2 {
            chains.advance(2)?;
            q.push(chains.positions()[[0, 0]]);
            p.push(chains.momenta()[[0, 0]]);
        }
        data = data.column(format!("q{i}"), q).column(format!("p{i}"), p);
    }
    let axis = |end: f64| -> Vec<f64> { (0..=60).map(|k| end * (f64::from(k) / 30.0 - 1.0)).collect() };
    let (xs, ys) = (axis(REACH), axis(MOMENTUM));
    let energy: Vec<f64> =
        ys.iter().flat_map(|p| xs.iter().map(move |&q| double_well::potential(q) + 0.5 * p * p)).collect();
    // The line of energy 1 in closed form: level lines on a grid miss its crossing at the saddle.
    let angles: Vec<f64> = (0..=240).map(|k| PI * f64::from(k) / 120.0).collect();
    Ok(data
        .column("x", xs)
        .column("y", ys)
        .column("energy", energy)
        .column("saddle_q", angles.iter().map(|angle| SQRT_2 * angle.sin()).collect::<Vec<_>>())
        .column("saddle_p", angles.iter().map(|angle| SQRT_2 * (2.0 * angle).sin()).collect::<Vec<_>>()))
}

fn draw_portraits(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let plate = |i: usize, title: &str| -> Result<Plate> {
        let mut plate = Plate::new()
            .x(-REACH..=REACH, "position $q$")
            .y(-MOMENTUM..=MOMENTUM, "momentum $p$")
            .without_rules()
            .title(title);
        let (xs, ys, energy) = (data.get("x")?, data.get("y")?, data.get("energy")?);
        plate.contours(xs, ys, energy, &[0.25, 0.5, 1.75, 2.5], GREY.thin());
        plate.line(data.get("saddle_q")?, data.get("saddle_p")?, GREY.thin());
        plate.line(
            data.get(&format!("q{i}"))?,
            data.get(&format!("p{i}"))?,
            [BLUE, ORANGE][i].thin().opacity(0.8),
        );
        Ok(plate)
    };
    Ok(vec![plate(0, r"weak friction, $\gamma = 0.1$")?, plate(1, r"strong friction, $\gamma = 5$")?])
}

/// The step up to which each scheme's curves are drawn.
fn last(word: Word) -> f64 {
    0.99 * word.limit()
}

fn variances(settings: &Settings) -> Result<Data> {
    let bath = Bath::new(1.0, 1.0)?;
    let well = Harmonic::new(&[1.0])?;
    let mut data = Data::new();
    for (i, word) in Word::ALL.into_iter().enumerate() {
        let h: Vec<f64> = (1..=100).map(|n| last(word) * f64::from(n) / 100.0).collect();
        let laws = h
            .iter()
            .map(|&h| Ok(splitting_covariance(&Splitting::new(word, bath, h)?, 1.0)))
            .collect::<sdml::Result<Vec<_>>>()?;
        let steps: Vec<f64> = (1..=5).map(|n| word.limit() * f64::from(n) / 6.0).collect();
        let measured = steps
            .iter()
            .map(|&h| measured(&well, Splitting::new(word, bath, h)?, settings))
            .collect::<Result<Vec<_>>>()?;
        data = data
            .column(format!("h{i}"), h)
            .column(format!("q{i}"), laws.iter().map(|law| law.qq).collect::<Vec<_>>())
            .column(format!("p{i}"), laws.iter().map(|law| law.pp).collect::<Vec<_>>())
            .column(format!("steps{i}"), steps)
            .column(format!("squares{i}"), measured.iter().map(|m| m[0]).collect::<Vec<_>>())
            .column(format!("heats{i}"), measured.iter().map(|m| m[1]).collect::<Vec<_>>());
    }
    let h: Vec<f64> = (1..=95).map(|n| f64::from(n) / 100.0).collect();
    let laws = h
        .iter()
        .map(|&h| Ok(euler_maruyama_covariance(&EulerMaruyama::new(bath, h)?, 1.0)))
        .collect::<sdml::Result<Vec<_>>>()?;
    let steps = vec![0.2, 0.4, 0.6];
    let measured = steps
        .iter()
        .map(|&h| measured(&well, EulerMaruyama::new(bath, h)?, settings))
        .collect::<Result<Vec<_>>>()?;
    Ok(data
        .column("h4", h)
        .column("q4", laws.iter().map(|law| law.qq).collect::<Vec<_>>())
        .column("p4", laws.iter().map(|law| law.pp).collect::<Vec<_>>())
        .column("steps4", steps)
        .column("squares4", measured.iter().map(|m| m[0]).collect::<Vec<_>>())
        .column("heats4", measured.iter().map(|m| m[1]).collect::<Vec<_>>()))
}

/// The mean squares of position and momentum after a time in which the start is forgotten.
fn measured<S: Scheme>(well: &Harmonic, scheme: S, settings: &Settings) -> Result<[f64; 2]> {
    let streams = Streams::new(settings.seed, "variances");
    let mut chains = Chains::from_point(well, scheme, streams, settings.count("chains"), &[0.0])?;
    chains.advance((25.0 / scheme.h()) as usize)?;
    let (q, p) = (chains.positions(), chains.momenta());
    let mean = |sum: f64| sum / chains.count() as f64;
    Ok([mean(q.iter().map(|q| q * q).sum()), mean(p.iter().map(|p| p * p).sum())])
}

fn draw_variances(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    // Dashed over another line, and larger dots under others, where two schemes are exact.
    let styles: [(&str, Pen, f64); 5] = [
        ("BAOAB", BLUE.into(), 4.4),
        ("OBABO", ORANGE.into(), 2.6),
        ("ABOBA", GREEN.dashed(), 2.6),
        ("O–Suzuki–O", PURPLE.dashed(), 2.6),
        ("Euler–Maruyama", INK.into(), 2.6),
    ];
    let plate = |curve: &str, dots: &str, label: &str| -> Result<Plate> {
        let mut plate =
            Plate::new().x(0.0..=2.8, r"step $h\omega$").y(0.0..=2.5, label).legend(Corner::TopRight);
        for (i, (name, pen, radius)) in styles.into_iter().enumerate() {
            plate.line(data.get(&format!("h{i}"))?, data.get(&format!("{curve}{i}"))?, pen);
            let (steps, measured) = (data.get(&format!("steps{i}"))?, data.get(&format!("{dots}{i}"))?);
            let marks = plate.dots(steps, measured, radius, pen.colour);
            if curve == "q" {
                marks.keyed(name);
            }
        }
        Ok(plate)
    };
    Ok(vec![
        plate("q", "squares", r"$\beta k\, \mathrm{Var}\, q$")?.title("position"),
        plate("p", "heats", r"$\beta\, \mathrm{Var}\, p$")?.title("momentum"),
    ])
}
