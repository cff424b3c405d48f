//! What one quantity did along several chains, all equally long.

use ndarray::Array2;

use crate::error::finite;
use crate::{Error, Result};

/// What was measured along M chains of N steps each.
///
/// ```
/// use sdml::ch4_langevin::ergodic::Traces;
/// let chains = Traces::new(vec![vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![5.0, 4.0, 3.0, 2.0, 1.0]])?;
/// assert_eq!((chains.count(), chains.length(), chains.mean()), (2, 5, 3.0));
/// // Halves, without the odd one in the middle.
/// assert_eq!(chains.split()?.all()[1], [4.0, 5.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Traces {
    values: Vec<Vec<f64>>,
}

impl Traces {
    /// The chains with these values, one vector each.
    ///
    /// # Errors
    /// No chain, chains of unequal length, fewer than two values in each, or values that are not finite.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// assert!(Traces::new(vec![vec![1.0, 2.0], vec![3.0, 4.0]]).is_ok());
    /// // Of unequal length; too short.
    /// assert!(Traces::new(vec![vec![1.0, 2.0], vec![3.0]]).is_err() && Traces::new(vec![vec![1.0]]).is_err());
    /// ```
    pub fn new(values: Vec<Vec<f64>>) -> Result<Self> {
        let lengths: Vec<usize> = values.iter().map(Vec::len).collect();
        match lengths.first() {
            None => return Err(Error::argument("values", "no chain", "at least one chain")),
            Some(&first) if lengths.iter().any(|length| *length != first) => {
                return Err(Error::argument(
                    "values",
                    format!("chains of lengths {lengths:?}"),
                    "equally long",
                ));
            }
            Some(&first) if first < 2 => {
                return Err(Error::argument(
                    "values",
                    format!("chains of length {first}"),
                    "of length 2 at least",
                ));
            }
            Some(_) => {}
        }
        for &value in values.iter().flatten() {
            finite("values", value)?;
        }
        Ok(Self { values })
    }

    /// The number of chains, M.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// assert_eq!(Traces::new(vec![vec![1.0, 2.0, 3.0]; 2])?.count(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The length of each chain, N.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// assert_eq!(Traces::new(vec![vec![1.0, 2.0, 3.0]; 2])?.length(), 3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn length(&self) -> usize {
        self.values[0].len()
    }

    /// The chains.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// // The rows of a matrix, as a sampler records them.
    /// let chains = Traces::try_from(ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(chains.all(), [[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn all(&self) -> &[Vec<f64>] {
        &self.values
    }

    /// The mean over all chains.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// assert_eq!(Traces::new(vec![vec![1.0, 2.0], vec![5.0, 8.0]])?.mean(), 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self) -> f64 {
        mean(&self.values.iter().map(|chain| mean(chain)).collect::<Vec<_>>())
    }

    /// Every chain cut into its first and its second half: a drift along the chain then looks like a difference between chains.
    ///
    /// # Errors
    /// Traces of fewer than four values.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// // A chain that drifts: its halves disagree.
    /// let halves = Traces::new(vec![vec![0.0, 0.0, 1.0, 1.0]])?.split()?;
    /// assert_eq!((halves.count(), halves.all()), (2, &[vec![0.0, 0.0], vec![1.0, 1.0]][..]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn split(&self) -> Result<Self> {
        let half = crate::error::at_least("chains.length()", self.length(), 4)? / 2;
        let halves = |chain: &Vec<f64>| [chain[..half].to_vec(), chain[chain.len() - half..].to_vec()];
        Ok(Self { values: self.values.iter().flat_map(halves).collect() })
    }

    /// The same chains with `f` applied to every value.
    ///
    /// # Errors
    /// An `f` that returns something not finite.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Traces;
    /// let chains = Traces::new(vec![vec![1.0, -2.0]])?;
    /// assert_eq!(chains.map(|x| x * x)?.all(), [[1.0, 4.0]]);
    /// assert!(chains.map(f64::sqrt).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Result<Self> {
        Self::new(self.values.iter().map(|chain| chain.iter().map(|x| f(*x)).collect()).collect())
    }

    /// Replaces the values, in their order, by as many finite ones.
    pub(super) fn replaced(&self, mut values: impl Iterator<Item = f64>) -> Self {
        let chain = |chain: &Vec<f64>| values.by_ref().take(chain.len()).collect();
        Self { values: self.values.iter().map(chain).collect() }
    }
}

/// A row for each chain, as `record` of the sampler's chains returns them.
impl TryFrom<Array2<f64>> for Traces {
    type Error = Error;

    fn try_from(rows: Array2<f64>) -> Result<Self> {
        Self::new(rows.rows().into_iter().map(|row| row.to_vec()).collect())
    }
}

/// The mean, from the deviations from the first value: of equal values it is that value, to the last bit.
pub(super) fn mean(values: &[f64]) -> f64 {
    values[0] + values.iter().map(|x| x - values[0]).sum::<f64>() / values.len() as f64
}
