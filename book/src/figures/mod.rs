//! Figures: a function returning data, and a drawing of that data.
//!
//! The path is the key: the figures of `chapters/ch1_preliminaries/brownian.md` are in
//! `figures/ch1_preliminaries/brownian.rs`, and [`ALL`] lists every figure of the book. They are checked from outside, in
//! `tests/cli/figures.rs`: the unit tests are compiled without them, in half the time.

mod axis;
pub mod cache;
#[cfg(not(test))]
mod ch1_preliminaries;
#[cfg(not(test))]
mod ch2_control;
#[cfg(not(test))]
mod ch3_flows;
#[cfg(not(test))]
mod ch4_langevin;
#[cfg(not(test))]
mod ch5_diffusion;
mod contour;
mod cores;
mod data;
pub mod drawing;
mod emission;
pub mod export;
mod faults;
#[cfg(test)]
mod figure_tests;
mod geometry;
mod ink;
mod layout;
mod plate;
mod style;
pub(crate) mod whole;

use anyhow::Result;

pub use axis::span;
pub use cache::Cache;
pub use cores::{both, on_all_cores};
pub use data::Data;
pub use drawing::{Drawing, Event, draw, draw_all};
pub use emission::{Inline, inline, standalone};
pub use faults::faults;
pub use plate::{At, Corner, Mark, Plate, Shade, Side, unit};
pub use style::{
    BLUE, CYCLE, Colour, Dash, GOLD, GREEN, GREY, INK, ORANGE, PAPER, PURPLE, Palette, Pen, SKY,
};

/// Every figure of the book, in the order of its pages.
#[cfg(not(test))]
pub static ALL: &[&[Figure]] = &[
    ch1_preliminaries::evolution::FIGURES,
    ch1_preliminaries::brownian::FIGURES,
    ch1_preliminaries::integral::FIGURES,
    ch1_preliminaries::sde::equation::FIGURES,
    ch1_preliminaries::sde::conversion::FIGURES,
    ch1_preliminaries::sde::ito_formula::FIGURES,
    ch1_preliminaries::sde::ornstein_uhlenbeck::FIGURES,
    ch1_preliminaries::sde::geometric_brownian::FIGURES,
    ch1_preliminaries::sde::schemes::FIGURES,
    ch1_preliminaries::fokker_planck::FIGURES,
    ch1_preliminaries::learning::networks::FIGURES,
    ch1_preliminaries::learning::poisson::FIGURES,
    ch1_preliminaries::learning::sgd::FIGURES,
    ch2_control::backprop::FIGURES,
    ch2_control::neural_ode::FIGURES,
    ch2_control::qubit::FIGURES,
    ch2_control::neural_sde::reversal::FIGURES,
    ch2_control::neural_sde::evolution::FIGURES,
    ch2_control::neural_sde::adjoint::FIGURES,
    ch2_control::neural_sde::training::FIGURES,
    ch3_flows::transport::maps::FIGURES,
    ch3_flows::transport::optimal::FIGURES,
    ch3_flows::coupling::flow::FIGURES,
    ch3_flows::coupling::potential::FIGURES,
    ch3_flows::coupling::likelihood::FIGURES,
    ch3_flows::ode_flow::FIGURES,
    ch4_langevin::generalized::FIGURES,
    ch4_langevin::underdamped::FIGURES,
    ch4_langevin::overdamped::FIGURES,
    ch4_langevin::relaxation::FIGURES,
    ch4_langevin::ergodic::FIGURES,
    ch4_langevin::barriers::FIGURES,
    ch4_langevin::posterior::FIGURES,
    ch5_diffusion::score::path::FIGURES,
    ch5_diffusion::score::reverse::FIGURES,
    ch5_diffusion::score::training::FIGURES,
    ch5_diffusion::score::sampling::FIGURES,
    ch5_diffusion::score::budget::FIGURES,
    ch5_diffusion::interpolant::velocity::FIGURES,
    ch5_diffusion::interpolant::matching::FIGURES,
    ch5_diffusion::beyond::guidance::FIGURES,
    ch5_diffusion::beyond::consistency::FIGURES,
    ch5_diffusion::beyond::memory::FIGURES,
    ch5_diffusion::beyond::quality::FIGURES,
    ch5_diffusion::beyond::digits::FIGURES,
    ch5_diffusion::roads::FIGURES,
];

#[cfg(test)]
static ALL: &[&[Figure]] = &[];

/// One figure: its words, its parameters, the computation of its data and the drawing of them.
pub struct Figure {
    /// The name used in `{{figure id}}`, on the command line and in file names: `brownian-paths`.
    pub id: &'static str,
    /// The section it belongs to: `ch1_preliminaries/brownian`.
    pub section: &'static str,
    /// The number it has in the notes, `1.1`, if it is one of theirs.
    pub number: Option<&'static str>,
    /// What it shows, in a few words; becomes the SVG's `<title>`.
    pub title: &'static str,
    /// The caption, in Markdown with `$…$`.
    pub caption: &'static str,
    /// What a reader who cannot see it should know; becomes `<desc>` and the alternative text.
    pub alt: &'static str,
    /// The seed used unless the reader gives another.
    pub seed: u64,
    /// Numbers a reader may change.
    pub parameters: &'static [Parameter],
    /// The computation. Calls `sdml`; draws nothing.
    pub data: fn(&Settings) -> Result<Data>,
    /// The drawing. Computes nothing but positions. One [`Plate`] per panel.
    pub draw: fn(&Data, &Settings) -> Result<Vec<Plate>>,
}

/// A number of a figure that a reader may change with `--set name=value`.
pub struct Parameter {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its value unless changed.
    pub default: f64,
    /// What it means.
    pub meaning: &'static str,
}

/// The seed and the parameters a figure is drawn with.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The seed of every random stream of the figure.
    pub seed: u64,
    values: Vec<(&'static str, f64)>,
}

impl Figure {
    /// The settings the book is built with.
    pub fn settings(&self) -> Settings {
        Settings { seed: self.seed, values: self.parameters.iter().map(|p| (p.name, p.default)).collect() }
    }
}

impl Settings {
    /// The value of the parameter `name`.
    pub fn get(&self, name: &str) -> f64 {
        self.values.iter().find(|(known, _)| *known == name).expect("a figure asks for its own parameters").1
    }

    /// The names and values of all parameters.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.values.iter().copied()
    }

    /// The parameter `name` as a count.
    pub fn count(&self, name: &str) -> usize {
        self.get(name).round() as usize
    }

    /// Changes the parameter `name`; says which there are if there is none of that name.
    pub fn set(&mut self, name: &str, value: f64) -> Result<()> {
        anyhow::ensure!(value.is_finite(), "{name} = {value}: a parameter is a finite number");
        let known: Vec<_> = self.values.iter().map(|(known, _)| *known).collect();
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None if known.is_empty() => anyhow::bail!("no parameter `{name}`: this figure has none"),
            None => anyhow::bail!("no parameter `{name}`: this figure has {}", known.join(", ")),
        }
        Ok(())
    }
}

/// All figures of the book in one row.
pub fn all() -> impl Iterator<Item = &'static Figure> {
    ALL.iter().copied().flatten()
}

/// The figure called `name`: by its id, `brownian-paths`, or by its number in the notes, `1.1`.
pub fn find(name: &str) -> Option<&'static Figure> {
    all().find(|figure| figure.id == name).or_else(|| all().find(|figure| figure.number == Some(name)))
}
