//! Where data come from: a law that is known, or a finite set.

use std::fmt::Debug;

use ndarray::{Array2, ArrayView2};

use crate::Result;
use crate::ch3_flows::data::DataLaw;
use crate::ch5_diffusion::mixture::Mixture;
use crate::error::{at_least, finite};
use crate::random::Stream;

/// Something to draw points of ℝⁿ from. Its `Debug` form tells everything about it.
///
/// ```
/// use sdml::{ch5_diffusion::score::{Recipe, Source}, random::Stream};
/// #[derive(Debug)]
/// struct Coin;
/// // 1 or −1, each with probability ½.
/// impl Source for Coin {
///     fn dimension(&self) -> usize { 1 }
///     fn draw(&self, stream: &mut Stream, point: &mut [f64]) {
///         point[0] = if stream.uniform() < 0.5 { 1.0 } else { -1.0 };
///     }
/// }
/// // A network for its score takes (x, u), n + 1 = 2 numbers, to 1.
/// assert_eq!(Recipe::new(Coin, 0).network()?.sizes(), [2, 64, 64, 64, 1]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Source: Debug + Sync {
    /// n.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::{mixture::Mixture, score::Source}};
    /// assert_eq!((DataLaw::Moons.dimension(), Mixture::gaussian([0.0], [[1.0]])?.dimension()), (2, 1));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn dimension(&self) -> usize;

    /// Overwrites `point`, of length n, with a draw.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::score::Source, random::Streams};
    /// let (streams, mut point) = (Streams::new(1, "doc"), [9.0; 2]);
    /// DataLaw::Moons.draw(&mut streams.stream(0), &mut point);
    /// assert_eq!(point, DataLaw::Moons.sample(&mut streams.stream(0)));
    /// ```
    fn draw(&self, stream: &mut Stream, point: &mut [f64]);
}

impl Source for DataLaw {
    fn dimension(&self) -> usize {
        2
    }

    fn draw(&self, stream: &mut Stream, point: &mut [f64]) {
        point.copy_from_slice(&self.sample(stream));
    }
}

impl<const D: usize> Source for Mixture<D> {
    fn dimension(&self) -> usize {
        D
    }

    fn draw(&self, stream: &mut Stream, point: &mut [f64]) {
        point.copy_from_slice(&Mixture::draw(self, stream));
    }
}

/// Finitely many points, each as likely as the others.
///
/// ```
/// use ndarray::array;
/// use sdml::{ch5_diffusion::score::{Samples, Source}, random::Streams};
/// // Both points come up, and nothing else.
/// let (data, mut stream) = (Samples::new(array![[1.0], [2.0]].view())?, Streams::new(1, "doc").stream(0));
/// let mut drawn = [[0.0]; 40];
/// drawn.iter_mut().for_each(|point| data.draw(&mut stream, point));
/// assert!(drawn.contains(&[1.0]) && drawn.contains(&[2.0]));
/// assert!(drawn.iter().all(|[x]| *x == 1.0 || *x == 2.0));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    points: Array2<f64>,
}

impl Samples {
    /// The rows of `points`.
    ///
    /// # Errors
    /// No points, points without coordinates, or coordinates that are not finite.
    ///
    /// ```
    /// use sdml::{ch5_diffusion::score::{Samples, Source}, random::Streams};
    /// let data = Samples::new(ndarray::array![[1.0, 2.0], [1.0, 3.0]].view())?;
    /// let mut point = [0.0; 2];
    /// data.draw(&mut Streams::new(1, "doc").stream(0), &mut point);
    /// assert!(point == [1.0, 2.0] || point == [1.0, 3.0]);
    /// assert!(Samples::new(ndarray::Array2::zeros((0, 2)).view()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(points: ArrayView2<f64>) -> Result<Self> {
        at_least("points.nrows()", points.nrows(), 1)?;
        at_least("points.ncols()", points.ncols(), 1)?;
        for &value in points {
            finite("points", value)?;
        }
        Ok(Self { points: points.to_owned() })
    }
}

impl Source for Samples {
    fn dimension(&self) -> usize {
        self.points.ncols()
    }

    fn draw(&self, stream: &mut Stream, point: &mut [f64]) {
        let row = self.points.row((stream.uniform() * self.points.nrows() as f64) as usize);
        point.iter_mut().zip(row).for_each(|(place, x)| *place = *x);
    }
}
