//! Images of 8 × 8 pixels: digits of a bitmap font under random affine maps ([`DigitLaw`]), a diffusion model that is told
//! the label ([`DigitRecipe`], [`DigitModel`]), and a judge of what it makes ([`Templates`]).

mod image;
mod model;
mod templates;
mod training;

pub use image::{DigitLaw, PIXELS, SIDE};
pub use model::{DigitModel, Told};
pub use templates::Templates;
pub use training::DigitRecipe;

/// How many labels there are.
///
/// ```
/// use sdml::ch5_diffusion::beyond::digits::{DigitModel, DigitRecipe, LABELS};
/// let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network()?;
/// let theta = vec![0.0; network.parameters()];
/// let model = DigitModel::new(network, theta, [1e-3, 4.0], [64.0, 20.0])?;
/// // 9 is the last digit that can be asked for.
/// assert!(model.told(Some(LABELS - 1), 0.0).is_ok() && model.told(Some(LABELS), 0.0).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
pub const LABELS: usize = 10;
