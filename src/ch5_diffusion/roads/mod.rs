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
///
/// ```
/// use sdml::ch5_diffusion::roads::Needs;
/// let names = [Needs::Force, Needs::Potential, Needs::Samples].map(Needs::name);
/// assert_eq!(names, ["force", "U and force", "samples"]);
/// ```
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
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::Needs;
    /// assert_eq!(Needs::Potential.name(), "U and force");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Force => "force",
            Self::Potential => "U and force",
            Self::Samples => "samples",
        }
    }
}

/// What was evaluated, point by point; training and sampling together.
///
/// ```
/// use sdml::ch5_diffusion::roads::{Cost, fokker_planck};
/// // Three values of the force at each of the 39 faces between 40 cells, and U once.
/// assert_eq!(fokker_planck(1.0, 40, 80.0, 400)?.cost, Cost { well: 3 * 39 + 1, network: 0, samples: 0 });
/// # Ok::<(), sdml::Error>(())
/// ```
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
///
/// ```
/// use sdml::{ch5_diffusion::roads::{Cost, Needs, Road}, statistics::Estimate};
/// let square = Estimate { mean: 1.2, standard_error: 0.3, count: 100 };
/// let (name, needs, cost) = ("a draft", Needs::Force, Cost::default());
/// let road = Road { name, needs, square, limit: 1.4, log_normalizer: None, cost };
/// // If the exact value is 1, the bias is 0.4 and the error √(0.4² + 0.3²).
/// assert!((road.bias(1.0) - 0.4).abs() < 1e-15 && (road.error(1.0) - 0.5).abs() < 1e-15);
/// ```
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
    ///
    /// ```
    /// use sdml::{ch5_diffusion::roads::{Cost, Needs, Road}, statistics::Estimate};
    /// // The limit counts, not what the draws gave: ½ − 1 is too little by a half.
    /// let square = Estimate { mean: 1.0, standard_error: 0.25, count: 100 };
    /// let (name, needs, cost) = ("a draft", Needs::Force, Cost::default());
    /// assert_eq!(Road { name, needs, square, limit: 0.5, log_normalizer: None, cost }.bias(1.0), -0.5);
    /// ```
    pub fn bias(&self, exact: f64) -> f64 {
        self.limit - exact
    }

    /// √(bias² + standard error²).
    ///
    /// ```
    /// use sdml::{ch5_diffusion::roads::{Cost, Needs, Road}, statistics::Estimate};
    /// // A bias of −3 and a standard error of 4.
    /// let square = Estimate { mean: 1.0, standard_error: 4.0, count: 100 };
    /// let (name, needs, cost) = ("a draft", Needs::Force, Cost::default());
    /// assert_eq!(Road { name, needs, square, limit: -2.0, log_normalizer: None, cost }.error(1.0), 5.0);
    /// ```
    pub fn error(&self, exact: f64) -> f64 {
        self.bias(exact).hypot(self.square.standard_error)
    }
}
// ANCHOR_END: road

/// Rows of numbers that a training run leaves.
///
/// ```
/// use sdml::ch5_diffusion::roads::{Rows, Velocity, WellSample};
/// // A trained velocity: its parameters, and the loss of each step.
/// let recipe = Velocity { width: 2, batch: 8, steps: 3, ..Velocity::new(WellSample::new(1.0, 10, 0)?, 0) };
/// let rows: Rows = recipe.train()?.rows();
/// assert_eq!((rows[0].len(), rows[1].len()), (recipe.network()?.parameters(), 3));
/// # Ok::<(), sdml::Error>(())
/// ```
pub type Rows = Vec<Vec<f64>>;

/// All roads at inverse temperature β with the settings of the book, in the order of the chapters. `keep(name, recipe, train)`
/// is asked for the result of each of the four training runs and may call `train` or have it already.
///
/// # Errors
/// A β that is not positive; errors of a road or of `keep`.
///
/// ```
/// use sdml::ch5_diffusion::roads;
/// // Keeps nothing and trains all four models afresh; a β of 0 is refused before.
/// let found = roads::all::<sdml::Error>(0.0, 1, |_name, _recipe, train| train());
/// assert!(found.unwrap_err().to_string().starts_with("`beta` is 0,"));
/// ```
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
