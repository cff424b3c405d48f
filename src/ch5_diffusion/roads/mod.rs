//! Seven roads to one number: E X² under e^{−βU}/Z for the double well U = (x² − 1)², and log Z where a road knows it, by
//! every method of the book. A [`Road`] says what it found, what it would find with endlessly many draws, what it cost and
//! what it had to be told.

mod force;
mod potential;
mod sample;

use std::fmt::Debug;

pub use force::{baoab, fokker_planck, mala, stochastic};
pub use potential::{OdeWell, ode_flow, real_nvp, real_nvp_recipe};
pub use sample::{Velocity, WellSample, diffusion, diffusion_recipe, interpolant};

use crate::Error;
use crate::statistics::Estimate;

/// What a road must be told about the double well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// −U′.
    Force,
    /// U and U′.
    Potential,
    /// Draws from e^{−βU}/Z.
    Samples,
}

impl Needs {
    /// In a word or two, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Force => "force",
            Self::Potential => "U and force",
            Self::Samples => "samples",
        }
    }
}

/// What was evaluated, point by point; training and sampling together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Evaluations of U, of U′, or of both at one point.
    pub well: u64,
    /// Points sent through a network, each stage of a solver and each point of a training batch counted once.
    pub network: u64,
    /// Draws from the target that were given.
    pub samples: u64,
}

/// One road's answer.
// ANCHOR: road
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Road {
    /// The method.
    pub name: &'static str,
    /// What it was told.
    pub needs: Needs,
    /// E X² with the standard error of the draws alone.
    pub square: Estimate,
    /// What `square` tends to with more and more draws, all else being kept: the method's own value.
    pub limit: f64,
    /// log Z, if the road knows it.
    pub log_normalizer: Option<Estimate>,
    /// What it cost.
    pub cost: Cost,
}

impl Road {
    /// What no number of draws removes.
    pub fn bias(&self, exact: f64) -> f64 {
        self.limit - exact
    }

    /// √(bias² + standard error²).
    pub fn error(&self, exact: f64) -> f64 {
        self.bias(exact).hypot(self.square.standard_error)
    }
}
// ANCHOR_END: road

/// Rows of numbers that a training run leaves.
pub type Rows = Vec<Vec<f64>>;

/// All roads at inverse temperature β with the settings of the book, in the order of the chapters. `keep(name, recipe, train)`
/// is asked for the result of each of the four training runs and may call `train` or have it already.
///
/// # Errors
/// A β that is not positive; errors of a road or of `keep`.
pub fn all<E: From<Error>>(
    beta: f64,
    seed: u64,
    mut keep: impl FnMut(&str, &dyn Debug, &dyn Fn() -> crate::Result<Rows>) -> Result<Rows, E>,
) -> Result<Vec<Road>, E> {
    const DRAWS: usize = 40_000;
    let mut roads = vec![
        stochastic(beta, 0.05, 100, DRAWS as u64, seed)?,
        fokker_planck(beta, 40, 80.0, 400)?,
        baoab(beta, 0.3, 400, 2000, seed)?,
        mala(beta, 0.1, 400, 2000, seed)?,
    ];
    let coupling = real_nvp_recipe(beta, seed)?;
    let rows = keep("RealNVP", &coupling, &|| Ok(coupling.train()?.rows()))?;
    roads.push(real_nvp(&coupling, &rows[0], DRAWS, seed)?);
    let flow = OdeWell::new(beta, seed)?;
    let rows = keep("ODE flow", &flow, &|| Ok(flow.train()?.rows()))?;
    roads.push(ode_flow(&flow, &rows[0], DRAWS, seed)?);
    let score = diffusion_recipe(WellSample::new(beta, 20_000, seed)?, seed);
    let rows = keep("diffusion", &score, &|| score.rows())?;
    roads.push(diffusion(&score, &score.from_rows(&rows)?, 40, DRAWS, seed)?);
    let velocity = Velocity::new(WellSample::new(beta, 20_000, seed)?, seed);
    let rows = keep("interpolant", &velocity, &|| Ok(velocity.train()?.rows()))?;
    roads.push(interpolant(&velocity, &rows[0], 20, DRAWS, seed)?);
    Ok(roads)
}
