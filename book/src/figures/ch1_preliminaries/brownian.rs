//! Stand-ins from formulas, until the section has its own.

use anyhow::Result;

use crate::figures::{BLUE, Data, Figure, GREY, ORANGE, Plate, Settings};

/// The figures of this section.
pub const FIGURES: &[Figure] = &[Figure {
    id: "sine-fan",
    section: "ch1_preliminaries/brownian",
    number: None,
    title: "A fan of sines",
    caption: r"Twelve curves $a \sin 2 \pi t$ inside the envelope $\pm 2 \sqrt t$.",
    alt: "Twelve sine curves of growing amplitude between two dashed branches of a parabola.",
    seed: 0,
    parameters: &[],
    data,
    draw,
}];

fn data(_: &Settings) -> Result<Data> {
    let t: Vec<f64> = (0..=200).map(|k| k as f64 / 200.0).collect();
    let sine = |a: f64| t.iter().map(|t| a * (2.0 * std::f64::consts::PI * t).sin()).collect::<Vec<_>>();
    let envelope: Vec<f64> = t.iter().map(|t| 2.0 * t.sqrt()).collect();
    let fan: Vec<_> = (1..=12).map(|k| sine(k as f64 / 6.0)).collect();
    Ok(Data::new().column("t", t).columns("sine", fan).column("envelope", envelope))
}

fn draw(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (t, envelope) = (data.get("t")?, data.get("envelope")?);
    let lower: Vec<f64> = envelope.iter().map(|e| -e).collect();
    let mut plate = Plate::new().x(0.0..=1.0, "$t$").y(-2.5..=2.5, "$X_t$");
    plate.band(t, &lower, envelope, GREY.opacity(0.1));
    for sine in data.family("sine") {
        plate.line(t, sine, BLUE.opacity(0.6).weight(1.2));
    }
    plate.line(t, envelope, ORANGE.dashed()).named(r"$2\sqrt t$");
    plate.line(t, &lower, ORANGE.dashed()).named(r"$-2\sqrt t$");
    Ok(vec![plate])
}
