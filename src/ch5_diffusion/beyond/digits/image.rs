//! The law of the images. A glyph of the font is a function g on the plane, 1 on its ink and 0 elsewhere, interpolated
//! linearly between the centres of its cells. An image of it has at the place q the ink g(A⁻¹(q − m)), with a random map A
//! and a random shift m, averaged over each pixel, and then noise:
//!
//! pixel = 2 · ink − 1 + σξ,  A = R(angle) (1, shear; 0, 1) diag(stretch_x, stretch_y).

use font8x8::legacy::BASIC_LEGACY;
use ndarray::Array2;

use super::LABELS;
use crate::ch5_diffusion::score::Source;
use crate::error::{at_least, positive};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// Pixels along an edge.
///
/// ```
/// use sdml::{ch5_diffusion::beyond::digits::{DigitLaw, SIDE}, random::Streams};
/// let image = DigitLaw::default().image(3, &mut Streams::new(1, "doc").stream(0))?;
/// assert_eq!(image.chunks(SIDE).count(), SIDE);
/// # Ok::<(), sdml::Error>(())
/// ```
pub const SIDE: usize = 8;
/// Pixels of an image, the dimension of the law.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::digits::{DigitLaw, PIXELS}, score::Source};
/// assert_eq!((DigitLaw::default().dimension(), PIXELS), (64, 64));
/// ```
pub const PIXELS: usize = SIDE * SIDE;

/// Where the ink of a digit is centred: it fills seven columns and seven rows of its cell.
const MIDDLE: f64 = 3.5;
/// Places along an edge of a pixel at which the ink is looked up.
const FINE: usize = 2;

/// The law of an image of a digit; every label is as likely as the others.
///
/// ```
/// use sdml::{ch5_diffusion::beyond::digits::{DigitLaw, PIXELS}, random::Streams};
/// let image = DigitLaw::default().image(7, &mut Streams::new(1, "doc").stream(0))?;
/// // The rows from the top; the bar of a seven has more ink than its foot.
/// let row = |k: usize| image[8 * k..8 * k + 8].iter().sum::<f64>();
/// assert!(image.len() == PIXELS && row(1) > row(5));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DigitLaw {
    /// The angle is uniform on (−turn, turn), in radians.
    pub turn: f64,
    /// Both factors of stretching are uniform between these.
    pub stretch: [f64; 2],
    /// The shear is uniform on (−shear, shear).
    pub shear: f64,
    /// Both coordinates of the shift are uniform on (−shift, shift), in pixels.
    pub shift: f64,
    /// σ.
    pub noise: f64,
}

impl Default for DigitLaw {
    /// Up to 0.25 radians, factors from 0.8 to 1.05, a shear up to 0.2, a shift up to 0.6 pixels, σ = 0.05.
    fn default() -> Self {
        Self { turn: 0.25, stretch: [0.8, 1.05], shear: 0.2, shift: 0.6, noise: 0.05 }
    }
}

impl DigitLaw {
    /// The law, if its numbers make sense.
    ///
    /// # Errors
    /// A turn, shear, shift or noise that is negative or not finite; factors of stretching that are not positive or out of
    /// order.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitLaw;
    /// assert!(DigitLaw::default().valid().is_ok());
    /// assert!(DigitLaw { stretch: [1.0, 0.8], ..DigitLaw::default() }.valid().is_err());
    /// assert!(DigitLaw { noise: -0.1, ..DigitLaw::default() }.valid().is_err());
    /// ```
    pub fn valid(self) -> Result<Self> {
        let [low, high] = self.stretch;
        positive("stretch", low)?;
        if !(high >= low && high.is_finite()) {
            return Err(Error::argument("stretch", format!("{:?}", self.stretch), "two numbers in order"));
        }
        for (name, value) in
            [("turn", self.turn), ("shear", self.shear), ("shift", self.shift), ("noise", self.noise)]
        {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::argument(name, value, "a finite number, at least 0"));
            }
        }
        Ok(self)
    }

    /// An image of the digit `label`, rows from the top.
    ///
    /// # Errors
    /// A label above 9; as [`Self::valid`].
    ///
    /// ```
    /// use sdml::{ch5_diffusion::beyond::digits::DigitLaw, random::Streams};
    /// // Without noise a pixel lies between no ink and all ink.
    /// let (law, mut stream) = (DigitLaw { noise: 0.0, ..DigitLaw::default() }, Streams::new(1, "doc").stream(0));
    /// assert!(law.image(8, &mut stream)?.iter().all(|pixel| pixel.abs() < 1.0 + 1e-12));
    /// assert!(law.image(10, &mut stream).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn image(&self, label: usize, stream: &mut Stream) -> Result<[f64; PIXELS]> {
        let mut image = [0.0; PIXELS];
        self.valid()?.draw_digit(digit(label)?, stream, &mut image);
        Ok(image)
    }

    /// `count` images, one a row: image i shows the digit i mod 10 and uses stream i.
    ///
    /// # Errors
    /// No images; as [`Self::valid`].
    ///
    /// ```
    /// use sdml::{ch5_diffusion::beyond::digits::DigitLaw, random::Streams};
    /// // Row 13 shows a three, from stream 13.
    /// let (law, streams) = (DigitLaw::default(), Streams::new(1, "doc"));
    /// assert_eq!(law.images(14, &streams)?.row(13).to_vec(), law.image(3, &mut streams.stream(13))?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn images(&self, count: usize, streams: &Streams) -> Result<Array2<f64>> {
        let law = self.valid()?;
        let mut images = Array2::zeros((at_least("count", count, 1)?, PIXELS));
        for (i, mut image) in images.outer_iter_mut().enumerate() {
            let place = image.as_slice_mut().expect("a row");
            law.draw_digit(i % LABELS, &mut streams.stream(i as u64), place);
        }
        Ok(images)
    }

    // ANCHOR: draw
    fn draw_digit(&self, label: usize, stream: &mut Stream, image: &mut [f64]) {
        let mut between = |low: f64, high: f64| low + (high - low) * stream.uniform();
        let (sin, cos) = between(-self.turn, self.turn).sin_cos();
        let [across, along] = [0, 1].map(|_| between(self.stretch[0], self.stretch[1]));
        let shear = between(-self.shear, self.shear);
        let shift = [0, 1].map(|_| between(-self.shift, self.shift));
        let step = 1.0 / FINE as f64;
        for (pixel, value) in image.iter_mut().enumerate() {
            let mut ink = 0.0;
            for fine in 0..FINE * FINE {
                let place = |pixel: usize, fine: usize| pixel as f64 + (fine as f64 + 0.5) * step;
                let x = place(pixel % SIDE, fine % FINE) - 0.5 * SIDE as f64 - shift[0];
                let y = place(pixel / SIDE, fine / FINE) - 0.5 * SIDE as f64 - shift[1];
                // A⁻¹: turn back, shear back, and stretch back.
                let (u, v) = (cos * x + sin * y, cos * y - sin * x);
                ink += step * step * glyph(label, (u - shear * v) / across + MIDDLE, v / along + MIDDLE);
            }
            *value = 2.0 * ink - 1.0 + self.noise * stream.normal();
        }
    }
    // ANCHOR_END: draw
}

impl Source for DigitLaw {
    fn dimension(&self) -> usize {
        PIXELS
    }

    fn draw(&self, stream: &mut Stream, point: &mut [f64]) {
        let label = (LABELS as f64 * stream.uniform()) as usize;
        self.draw_digit(label, stream, point);
    }
}

/// Passes `label` on if it is a digit.
pub(super) fn digit(label: usize) -> Result<usize> {
    if label < LABELS { Ok(label) } else { Err(Error::argument("label", label, "a digit, below 10")) }
}

/// g at (x, y), in cells from the upper left corner of the glyph.
// ANCHOR: glyph
fn glyph(label: usize, x: f64, y: f64) -> f64 {
    let rows = &BASIC_LEGACY['0' as usize + label];
    let cell = |column: f64, row: f64| {
        let inside = (0.0..SIDE as f64).contains(&column) && (0.0..SIDE as f64).contains(&row);
        // The lowest bit is the leftmost cell.
        if inside { f64::from(rows[row as usize] >> column as u32 & 1) } else { 0.0 }
    };
    let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (p, q) = (x - 0.5 - left, y - 0.5 - top);
    (1.0 - q) * ((1.0 - p) * cell(left, top) + p * cell(left + 1.0, top))
        + q * ((1.0 - p) * cell(left, top + 1.0) + p * cell(left + 1.0, top + 1.0))
}
// ANCHOR_END: glyph
