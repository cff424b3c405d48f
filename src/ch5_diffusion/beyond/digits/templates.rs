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
    ///
    /// ```
    /// use sdml::{ch5_diffusion::beyond::digits::{DigitLaw, Templates}, random::Streams};
    /// let (law, streams) = (DigitLaw::default(), Streams::new(1, "templates"));
    /// // The noise of the law makes no difference: templates have none.
    /// let loud = DigitLaw { noise: 1.0, ..law };
    /// assert_eq!(Templates::new(&law, 2, &streams)?, Templates::new(&loud, 2, &streams)?);
    /// assert!(Templates::new(&law, 0, &streams).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(law: &DigitLaw, each: usize, streams: &Streams) -> Result<Self> {
        let clean = DigitLaw { noise: 0.0, ..law.valid()? };
        Ok(Self { images: clean.images(LABELS * at_least("each", each, 1)?, streams)? })
    }

    /// For each row the digit of the nearest template, and the distance to it.
    ///
    /// # Errors
    /// As [`squared_distances`].
    ///
    /// ```
    /// use sdml::{ch5_diffusion::beyond::digits::{DigitLaw, Templates}, random::Streams};
    /// let (law, streams) = (DigitLaw { noise: 0.0, ..DigitLaw::default() }, Streams::new(1, "templates"));
    /// let templates = Templates::new(&law, 2, &streams)?;
    /// // The fourth template itself.
    /// let (label, distance) = templates.nearest(law.images(4, &streams)?.view())?[3];
    /// assert!(label == 3 && distance < 1e-6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
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
    ///
    /// ```
    /// use ndarray::{Axis, Slice};
    /// use sdml::{ch5_diffusion::beyond::digits::{DigitLaw, Templates}, random::Streams};
    /// let (law, streams) = (DigitLaw { noise: 0.0, ..DigitLaw::default() }, Streams::new(1, "templates"));
    /// let (templates, images) = (Templates::new(&law, 2, &streams)?, law.images(20, &streams)?);
    /// assert_eq!(templates.agreement(images.view())?, 1.0);
    /// // Moved up by a row, no image is what it is asked for as.
    /// assert_eq!(templates.agreement(images.slice_axis(Axis(0), Slice::from(1..)))?, 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn agreement(&self, images: ArrayView2<f64>) -> Result<f64> {
        let found = self.nearest(images)?;
        let right = found.iter().enumerate().filter(|(i, (label, _))| i % LABELS == *label).count();
        Ok(right as f64 / found.len() as f64)
    }
}
