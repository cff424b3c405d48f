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
pub const LABELS: usize = 10;
