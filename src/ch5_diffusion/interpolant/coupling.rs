//! Which noise goes with which data, and how straight the particles of a flow run. (5.6) leaves the coupling of X and Z open.
//! Independent pairs cross one another; pairs that are optimal within a minibatch (Pooladian and others 2023, Tong and others
//! 2024) cross less; the pairs (Z, Y(T)) that a flow itself makes never cross (rectification, Liu, Gong and Liu 2023).

use ndarray::{Array2, ArrayView2};

use crate::ch3_flows::transport::{action, optimal_assignment, squared_distances};
use crate::{Error, Result};

/// How data are paired with noise.
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::interpolant::Pairing;
/// // The best pairs of equal samples are the equal ones.
/// let (x, z) = (array![[0.0], [1.0], [2.0]], array![[2.0], [0.0], [1.0]]);
/// assert_eq!(Pairing::Optimal.partners(x.view(), z.view())?, [1, 2, 0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Each Z independent of its X.
    Independent,
    /// The assignment of least mean squared distance within each part of a batch.
    Optimal,
}

impl Pairing {
    /// The number of the noise that goes with data point i, for samples of one law each.
    ///
    /// # Errors
    /// Samples that do not fit each other, as [`optimal_assignment`].
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::interpolant::Pairing;
    /// let (x, z) = (array![[-2.0], [2.0]], array![[0.3], [-0.1]]);
    /// assert_eq!(Pairing::Optimal.partners(x.view(), z.view())?, [1, 0]);
    /// assert_eq!(Pairing::Independent.partners(x.view(), z.view())?, [0, 1]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: partners
    pub fn partners(self, x: ArrayView2<f64>, z: ArrayView2<f64>) -> Result<Vec<usize>> {
        if x.dim() != z.dim() {
            return Err(Error::argument("z", format!("{:?}", z.dim()), format!("{:?}, as x", x.dim())));
        }
        match self {
            Self::Independent => Ok((0..x.nrows()).collect()),
            Self::Optimal => Ok(optimal_assignment(squared_distances(x, z)?.view())?.partner),
        }
    }
    // ANCHOR_END: partners
}

/// What the particles of a flow spend on their way, and what they had to.
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::interpolant::Motion;
/// // Straight, but not at constant speed: 2 (¼² + ¾²) against 1.
/// let motion = Motion::of(&[array![[0.0]], array![[0.25]], array![[1.0]]])?;
/// assert_eq!(motion, Motion { action: 1.25, displacement: 1.0 });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// The mean of ∫ |Ẏ|² ds, the time being scaled to [0, 1].
    pub action: f64,
    /// The mean of |Y(1) − Y(0)|².
    pub displacement: f64,
}

impl Motion {
    /// The motion through these positions at equally spaced times.
    ///
    /// # Errors
    /// Fewer than two times, or shapes that differ.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::interpolant::Motion;
    /// // Round the corner instead of across.
    /// let corner = Motion::of(&[array![[0.0, 0.0]], array![[1.0, 0.0]], array![[1.0, 1.0]]])?;
    /// assert_eq!((corner.action, corner.displacement, corner.detour()), (4.0, 2.0, 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: motion
    pub fn of(path: &[Array2<f64>]) -> Result<Self> {
        Ok(Self {
            action: action(path)?,
            displacement: action(&[path[0].clone(), path[path.len() - 1].clone()])?,
        })
    }

    /// action/displacement − 1: 0 for straight lines at constant speed and for particles at rest,
    /// and for nothing else; +∞ if all of them return to where they started.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::interpolant::Motion;
    /// let detour = |y: [f64; 3]| Motion::of(&y.map(|y| array![[y]])).map(|motion| motion.detour());
    /// // Straight at constant speed; hastening; there and back; at rest.
    /// assert_eq!([detour([0.0, 0.5, 1.0])?, detour([0.0, 0.25, 1.0])?], [0.0, 0.25]);
    /// assert_eq!([detour([0.0, 1.0, 0.0])?, detour([1.0, 1.0, 1.0])?], [f64::INFINITY, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn detour(&self) -> f64 {
        if self.action == 0.0 { 0.0 } else { self.action / self.displacement - 1.0 }
    }
    // ANCHOR_END: motion
}
