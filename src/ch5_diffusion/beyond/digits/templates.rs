//! A judge that has learned nothing: many images of every digit without noise, and the nearest of them. With noise
//! N(0, σ² I) on the data, and enough templates, the nearest one belongs to the most likely digit.

use ndarray::{Array2, ArrayView2};

use super::LABELS;
use super::image::DigitLaw;
use crate::Result;
use crate::ch3_flows::transport::squared_distances;
use crate::error::at_least;
use crate::random::Streams;

/// Images without noise; template i shows the digit i mod 10.
///
/// ```
/// use sdml::{ch5_diffusion::beyond::digits::{DigitLaw, Templates}, random::Streams};
/// let law = DigitLaw::default();
/// let templates = Templates::new(&law, 40, &Streams::new(1, "templates"))?;
/// let images = law.images(10, &Streams::new(2, "images"))?;
/// let (found, _): (Vec<_>, Vec<_>) = templates.nearest(images.view())?.into_iter().unzip();
/// assert!(found.iter().enumerate().filter(|(i, label)| i == *label).count() >= 8);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Templates {
    images: Array2<f64>,
}

impl Templates {
    /// `each` templates of every digit, drawn from `law` without its noise.
    ///
    /// # Errors
    /// No templates; as [`DigitLaw::valid`].
    pub fn new(law: &DigitLaw, each: usize, streams: &Streams) -> Result<Self> {
        let clean = DigitLaw { noise: 0.0, ..law.valid()? };
        Ok(Self { images: clean.images(LABELS * at_least("each", each, 1)?, streams)? })
    }

    /// For each row the digit of the nearest template, and the distance to it.
    ///
    /// # Errors
    /// As [`squared_distances`].
    // ANCHOR: nearest
    pub fn nearest(&self, images: ArrayView2<f64>) -> Result<Vec<(usize, f64)>> {
        let squares = squared_distances(images, self.images.view())?;
        let nearest = |row: ndarray::ArrayView1<f64>| {
            let best =
                (0..row.len()).min_by(|i, j| row[*i].total_cmp(&row[*j])).expect("there are templates");
            (best % LABELS, row[best].sqrt())
        };
        Ok(squares.outer_iter().map(nearest).collect())
    }
    // ANCHOR_END: nearest

    /// The share of rows whose nearest template shows the digit they are asked for as, row i as i mod 10.
    ///
    /// # Errors
    /// As [`Self::nearest`].
    pub fn agreement(&self, images: ArrayView2<f64>) -> Result<f64> {
        let found = self.nearest(images)?;
        let right = found.iter().enumerate().filter(|(i, (label, _))| i % LABELS == *label).count();
        Ok(right as f64 / found.len() as f64)
    }
}
