//! Independent chains, run on all cores.

use std::sync::Mutex;

use ndarray::Array2;

use super::{Batch, Potential, Scheme};
use crate::error::{at_least, finite};
use crate::parallel::in_parallel;
use crate::random::{Stream, Streams};
use crate::statistics::Moments;
use crate::{Error, Result};

/// At least so many batches, if there are as many chains: work for several cores.
const BATCHES: usize = 8;
/// At most so many chains in a batch.
const TOGETHER: usize = 128;
/// How many steps are made between two looks for chains that have escaped.
const UNWATCHED: usize = 64;
/// A coordinate beyond this distance counts as escaped, unless the caller says otherwise.
const REACH: f64 = 1e10;

/// Independent chains of one scheme in one potential. Chain number i draws from stream i: first its start, then its momentum,
/// then its steps.
///
/// ```
/// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
/// let potential = Harmonic::new(&[1.0])?;
/// let mut chains = Chains::from_point(&potential, Ula::new(1.0, 0.1)?, Streams::new(1, "doc"), 100, &[0.0])?;
/// chains.advance(100)?;
/// let [square] = chains.averages(1000, 1, |x| [x[0] * x[0]])?;
/// // The scheme's own stationary variance, 1/(1 − h/2), and not 1.
/// assert!(square.mean()?.z(1.0 / 0.95).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chains<'a, U, S> {
    potential: &'a U,
    scheme: S,
    batches: Vec<Batch>,
    count: usize,
    steps: u64,
    reach: f64,
}

/// What a chain shows when it is looked at.
///
/// ```
/// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
/// let well = Harmonic::new(&[1.0])?;
/// let mut chains = Chains::from_point(&well, Ula::new(1.0, 0.1)?, Streams::new(1, "doc"), 10, &[0.0])?;
/// // Ten chains are shown after the steps 2, 4 and 6.
/// let sum = chains.fold(6, 2, || 0, |sum: &mut usize, visit| *sum += visit.step, |a, b| a + b)?;
/// assert_eq!(sum, 10 * (2 + 4 + 6));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The number of the chain.
    pub chain: usize,
    /// How many steps have been made since the run began.
    pub step: usize,
    /// Its position.
    pub q: &'a [f64],
    /// Its momentum.
    pub p: &'a [f64],
}

impl<'a, U: Potential, S: Scheme> Chains<'a, U, S> {
    /// `count` chains; `start(chain, stream, q)` writes where a chain starts, and may draw from its stream. Momenta, if the
    /// scheme has any, are drawn from their equilibrium.
    ///
    /// # Errors
    /// No chains; a step at which the scheme is not stable in this potential; a start that is not finite, or at which the
    /// gradient is not.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::{Stream, Streams}};
    /// let well = Harmonic::new(&[1.0])?;
    /// let start = |chain: usize, _: &mut Stream, q: &mut [f64]| q[0] = chain as f64;
    /// let chains = Chains::new(&well, Ula::new(1.0, 0.1)?, Streams::new(1, "doc"), 3, start)?;
    /// assert_eq!(chains.positions(), ndarray::array![[0.0], [1.0], [2.0]]);
    /// // A step beyond 2/κ is refused.
    /// assert!(Chains::new(&well, Ula::new(1.0, 2.5)?, Streams::new(1, "doc"), 3, start).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(
        potential: &'a U,
        scheme: S,
        streams: Streams,
        count: usize,
        start: impl Fn(usize, &mut Stream, &mut [f64]),
    ) -> Result<Self> {
        if let Some(stiffness) = potential.stiffness() {
            let limit = scheme.limit(stiffness);
            if scheme.h() >= limit {
                return Err(Error::argument(
                    "h",
                    scheme.h(),
                    format!(
                        "less than {limit}, the limit of stability of {} for curvature {stiffness}, unless \
                         instability is asked for",
                        scheme.name()
                    ),
                ));
            }
        }
        Self::beyond_stability(potential, scheme, streams, count, start)
    }

    /// The same with any step, for those who want to see the instability.
    ///
    /// # Errors
    /// As [`Self::new`], but for the step.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // Every step of h = 4 multiplies x by 1 − 4 = −3, at so low a temperature without a visible noise.
    /// let well = Harmonic::new(&[1.0])?;
    /// let (scheme, streams) = (Ula::new(1e30, 4.0)?, Streams::new(1, "doc"));
    /// let mut chains = Chains::beyond_stability(&well, scheme, streams, 1, |_, _, q| q[0] = 1.0)?;
    /// chains.advance(3)?;
    /// assert!((chains.positions()[[0, 0]] + 27.0).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn beyond_stability(
        potential: &'a U,
        scheme: S,
        streams: Streams,
        count: usize,
        start: impl Fn(usize, &mut Stream, &mut [f64]),
    ) -> Result<Self> {
        at_least("count", count, 1)?;
        let d = at_least("potential.dimension()", potential.dimension(), 1)?;
        let number = count.min(BATCHES).max(count.div_ceil(TOGETHER));
        let first = |batch: usize| count * batch / number;
        let batches = (0..number).map(|k| {
            let mut batch = Batch::new(streams.bundle(first(k) as u64..first(k + 1) as u64), d);
            for (row, chain) in (first(k)..first(k + 1)).enumerate() {
                let mut q = batch.q.row_mut(row);
                let q = q.as_slice_mut().expect("rows are contiguous");
                batch.streams.with(row, |stream| start(chain, stream, q));
                for &coordinate in &*q {
                    finite("start", coordinate)?;
                }
                let deviation = scheme.momentum_deviation();
                if deviation > 0.0 {
                    let mut p = batch.p.row_mut(row);
                    batch.streams.with(row, |stream| p.mapv_inplace(|_| deviation * stream.normal()));
                }
            }
            if let Some(bad) = batch.gradient(potential).iter().find(|gradient| !gradient.is_finite()) {
                return Err(Error::argument(
                    "potential",
                    format!("a function with gradient {bad} at the start"),
                    "differentiable there, with a finite gradient",
                ));
            }
            Ok(batch)
        });
        let batches = batches.collect::<Result<_>>()?;
        Ok(Self { potential, scheme, batches, count, steps: 0, reach: REACH })
    }

    /// `count` chains that all start from `point`.
    ///
    /// # Errors
    /// As [`Self::new`]; a point of another dimension than the potential's.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// let (well, scheme) = (Harmonic::new(&[1.0])?, Ula::new(1.0, 0.1)?);
    /// assert!(Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0]).is_ok());
    /// assert!(Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0, 4.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_point(
        potential: &'a U,
        scheme: S,
        streams: Streams,
        count: usize,
        point: &[f64],
    ) -> Result<Self> {
        dimension("point.len()", point.len(), potential)?;
        Self::new(potential, scheme, streams, count, |_, _, q| q.copy_from_slice(point))
    }

    /// The same chains, of which one counts as escaped when a coordinate leaves [−reach, reach]; 10¹⁰ unless set.
    ///
    /// # Errors
    /// A reach that is not greater than 0.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// let (well, scheme) = (Harmonic::new(&[1.0])?, Ula::new(1.0, 0.1)?);
    /// let chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0])?;
    /// // Nobody stays within a thousandth of the origin.
    /// assert!(chains.clone().within(1e-3)?.advance(10).is_err() && chains.within(1e3)?.advance(10).is_ok());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn within(self, reach: f64) -> Result<Self> {
        if reach.is_nan() || reach <= 0.0 {
            return Err(Error::argument("reach", reach, "greater than 0"));
        }
        Ok(Self { reach, ..self })
    }

    /// Sets the momenta: `momentum(chain, p)` writes them.
    ///
    /// ```
    /// use sdml::ch4_langevin::{sampler::{Chains, Harmonic}, underdamped::{Bath, Splitting, Word}};
    /// use sdml::random::Streams;
    /// let (well, scheme) = (Harmonic::new(&[1.0])?, Splitting::new(Word::Baoab, Bath::new(1.0, 1.0)?, 0.1)?);
    /// let chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0])?
    ///     .with_momenta(|chain, p| p[0] = 10.0 + chain as f64);
    /// assert_eq!(chains.momenta(), ndarray::array![[10.0], [11.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[must_use]
    pub fn with_momenta(mut self, momentum: impl Fn(usize, &mut [f64])) -> Self {
        let rows = self.batches.iter_mut().flat_map(|batch| batch.p.rows_mut());
        for (chain, mut p) in rows.enumerate() {
            momentum(chain, p.as_slice_mut().expect("rows are contiguous"));
        }
        self
    }

    /// Goes on with another scheme, or the same at another step or temperature.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// let well = Harmonic::new(&[1.0])?;
    /// let mut chains = Chains::from_point(&well, Ula::new(1e30, 0.5)?, Streams::new(1, "doc"), 1, &[8.0])?;
    /// chains.advance(1)?;
    /// // From 4 on, at a step of ¼: 4 (1 − ¼).
    /// chains.set_scheme(Ula::new(1e30, 0.25)?);
    /// chains.advance(1)?;
    /// assert!((chains.positions()[[0, 0]] - 3.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn set_scheme(&mut self, scheme: S) {
        self.scheme = scheme;
    }

    /// Puts a chain elsewhere.
    ///
    /// # Errors
    /// A chain that does not exist; a position of another dimension or not finite.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// let (well, scheme) = (Harmonic::new(&[1.0])?, Ula::new(1.0, 0.1)?);
    /// let mut chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0])?;
    /// chains.set_position(1, &[7.0])?;
    /// assert_eq!(chains.positions(), ndarray::array![[3.0], [7.0]]);
    /// assert!(chains.set_position(2, &[7.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn set_position(&mut self, chain: usize, position: &[f64]) -> Result<()> {
        dimension("position.len()", position.len(), self.potential)?;
        for &coordinate in position {
            finite("position", coordinate)?;
        }
        let mut row = chain;
        for batch in &mut self.batches {
            if row < batch.q.nrows() {
                batch.q.row_mut(row).as_slice_mut().expect("rows are contiguous").copy_from_slice(position);
                batch.moved();
                return Ok(());
            }
            row -= batch.q.nrows();
        }
        Err(Error::argument("chain", chain, format!("less than the number of chains, {}", self.count)))
    }

    /// The potential.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic, Potential}}, random::Streams};
    /// let (well, scheme) = (Harmonic::new(&[4.0])?, Ula::new(1.0, 0.1)?);
    /// let chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0])?;
    /// assert_eq!(chains.potential().value(&[3.0]), 18.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn potential(&self) -> &'a U {
        self.potential
    }

    /// How many chains there are.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// let (well, scheme) = (Harmonic::new(&[1.0])?, Ula::new(1.0, 0.1)?);
    /// let chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 300, &[3.0])?;
    /// assert_eq!((chains.count(), chains.positions().nrows()), (300, 300));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn count(&self) -> usize {
        self.count
    }

    /// The positions, one row for each chain.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // A row for each chain, a column for each coordinate.
    /// let (well, scheme) = (Harmonic::new(&[1.0, 4.0])?, Ula::new(1.0, 0.1)?);
    /// let chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0, 5.0])?;
    /// assert_eq!(chains.positions(), ndarray::array![[3.0, 5.0], [3.0, 5.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn positions(&self) -> Array2<f64> {
        self.gather(|batch| &batch.q)
    }

    /// The momenta, one row for each chain.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // An overdamped scheme has none.
    /// let (well, scheme) = (Harmonic::new(&[1.0])?, Ula::new(1.0, 0.1)?);
    /// let chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 2, &[3.0])?;
    /// assert_eq!(chains.momenta(), ndarray::array![[0.0], [0.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn momenta(&self) -> Array2<f64> {
        self.gather(|batch| &batch.p)
    }

    fn gather(&self, part: impl Fn(&Batch) -> &Array2<f64>) -> Array2<f64> {
        let views: Vec<_> = self.batches.iter().map(|batch| part(batch).view()).collect();
        ndarray::concatenate(ndarray::Axis(0), &views).expect("batches have the same number of columns")
    }

    /// The share of proposals accepted so far; not a number before the first step, and of no meaning for a scheme that does not propose.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Mala, sampler::{Chains, Harmonic}}, random::Streams};
    /// // Short steps are nearly always accepted, long ones hardly ever.
    /// let well = Harmonic::new(&[1.0])?;
    /// let rate = |h: f64| -> sdml::Result<f64> {
    ///     let mut chains = Chains::from_point(&well, Mala::new(1.0, h)?, Streams::new(1, "doc"), 10, &[1.0])?;
    ///     chains.advance(100)?;
    ///     Ok(chains.acceptance())
    /// };
    /// assert!(rate(1e-3)? > 0.99 && rate(100.0)? < 0.1);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn acceptance(&self) -> f64 {
        let accepted: u64 = self.batches.iter().map(|batch| batch.accepted).sum();
        accepted as f64 / (self.steps as f64 * self.count as f64)
    }

    /// Makes `steps` steps.
    ///
    /// # Errors
    /// A chain that escapes, with the step and the place ([`Error::Escaped`]).
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // At a temperature near 0, three steps of x ← x − x/2.
    /// let well = Harmonic::new(&[1.0])?;
    /// let mut chains = Chains::from_point(&well, Ula::new(1e30, 0.5)?, Streams::new(1, "doc"), 1, &[8.0])?;
    /// chains.advance(3)?;
    /// assert!((chains.positions()[[0, 0]] - 1.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn advance(&mut self, steps: usize) -> Result<()> {
        self.each_batch(steps, steps.max(1), |_| (), |(), _, _| ()).map(|_| ())
    }

    /// Makes `steps` steps and returns f after each `every`-th of them: a row for each chain, a column for each time.
    ///
    /// # Errors
    /// As [`Self::fold`].
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // At a temperature near 0 both chains halve x in every step; seen after the steps 2 and 4.
    /// let well = Harmonic::new(&[1.0])?;
    /// let mut chains = Chains::from_point(&well, Ula::new(1e30, 0.5)?, Streams::new(1, "doc"), 2, &[8.0])?;
    /// let seen = chains.record(4, 2, |q| q[0])?;
    /// assert!((seen - ndarray::array![[2.0, 0.5], [2.0, 0.5]]).iter().all(|error| error.abs() < 1e-12));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn record(
        &mut self,
        steps: usize,
        every: usize,
        f: impl Fn(&[f64]) -> f64 + Sync,
    ) -> Result<Array2<f64>> {
        let visit = |values: &mut Vec<f64>, _, visit: Visit| values.push(f(visit.q));
        let parts = self.each_batch(steps, every, |_| Vec::new(), visit)?;
        let mut all = Array2::zeros((self.count, steps / every));
        let mut rows = all.rows_mut().into_iter();
        for (batch, values) in self.batches.iter().zip(parts) {
            let n = batch.q.nrows();
            for (row, mut into) in rows.by_ref().take(n).enumerate() {
                into.iter_mut()
                    .zip(values.iter().skip(row).step_by(n))
                    .for_each(|(into, value)| *into = *value);
            }
        }
        Ok(all)
    }

    /// Makes `steps` steps and averages K functions along each chain, over every `every`-th of its positions; returns the
    /// moments of these averages over the chains, which are independent, so that the standard error is right.
    ///
    /// # Errors
    /// As [`Self::fold`]; fewer steps than `every`.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // At a temperature near 0: the mean of 4 and 2 on every chain.
    /// let well = Harmonic::new(&[1.0])?;
    /// let mut chains = Chains::from_point(&well, Ula::new(1e30, 0.5)?, Streams::new(1, "doc"), 5, &[8.0])?;
    /// let [mean] = chains.averages(2, 1, |q| [q[0]])?;
    /// assert!(mean.count() == 5 && (mean.mean()?.mean - 3.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn averages<const K: usize>(
        &mut self,
        steps: usize,
        every: usize,
        measure: impl Fn(&[f64]) -> [f64; K] + Sync,
    ) -> Result<[Moments; K]> {
        let samples = at_least("steps / every", steps / at_least("every", every, 1)?, 1)? as f64;
        let parts = self.each_batch(
            steps,
            every,
            |rows| vec![[0.0; K]; rows],
            |sums: &mut Vec<[f64; K]>, row, visit| {
                sums[row].iter_mut().zip(measure(visit.q)).for_each(|(sum, value)| *sum += value);
            },
        )?;
        let mut moments = [Moments::default(); K];
        for sums in parts.iter().flatten() {
            moments.iter_mut().zip(sums).for_each(|(moments, sum)| moments.push(sum / samples));
        }
        Ok(moments)
    }

    /// Makes `steps` steps and shows every chain after each `every`-th of them to accumulators, which are merged in a fixed
    /// order.
    ///
    /// # Errors
    /// A chain that escapes, with the step and the place ([`Error::Escaped`]); an `every` of 0.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // At a temperature near 0: the largest position after the steps 1, 2 and 3 is that after the first.
    /// let well = Harmonic::new(&[1.0])?;
    /// let mut chains = Chains::from_point(&well, Ula::new(1e30, 0.5)?, Streams::new(1, "doc"), 5, &[8.0])?;
    /// let largest = chains.fold(3, 1, || 0.0, |top: &mut f64, visit| *top = top.max(visit.q[0]), f64::max)?;
    /// assert!((largest - 4.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn fold<A: Send>(
        &mut self,
        steps: usize,
        every: usize,
        new: impl Fn() -> A + Sync,
        visit: impl Fn(&mut A, Visit) + Sync,
        merge: impl Fn(A, A) -> A,
    ) -> Result<A> {
        let parts =
            self.each_batch(steps, every, |_| new(), |accumulator, _, shown| visit(accumulator, shown))?;
        Ok(parts.into_iter().reduce(merge).expect("there are batches"))
    }

    /// Runs the batches on whatever threads there are, each with an accumulator of its own; `visit` is also told the row of the
    /// chain in its batch.
    fn each_batch<A: Send>(
        &mut self,
        steps: usize,
        every: usize,
        new: impl Fn(usize) -> A + Sync,
        visit: impl Fn(&mut A, usize, Visit) + Sync,
    ) -> Result<Vec<A>> {
        at_least("every", every, 1)?;
        let firsts: Vec<usize> = self
            .batches
            .iter()
            .scan(0, |first, batch| {
                *first += batch.q.nrows();
                Some(*first - batch.q.nrows())
            })
            .collect();
        let (potential, scheme, reach, before) = (self.potential, self.scheme, self.reach, self.steps);
        let batches: Vec<_> = self.batches.iter_mut().map(Mutex::new).collect();
        let run = |k: usize| -> Result<A> {
            let (mut batch, first) = (batches[k].lock().expect("nobody panicked"), firsts[k]);
            let batch = &mut **batch;
            let mut accumulator = new(batch.q.nrows());
            let mut last_good = batch.clone();
            let mut step = 0;
            while step < steps {
                let stop = (step + UNWATCHED.min(every - step % every)).min(steps);
                last_good.clone_from(batch);
                for _ in step..stop {
                    scheme.step(potential, batch);
                }
                if batch.outside(reach).is_some() {
                    let mut at = before as usize + step;
                    return Err(loop {
                        match escape(potential, scheme, &mut last_good, reach) {
                            None => at += 1,
                            Some(found) => break found.error(first, at),
                        }
                    });
                }
                step = stop;
                if step.is_multiple_of(every) {
                    for (row, (q, p)) in batch.q.rows().into_iter().zip(batch.p.rows()).enumerate() {
                        let (q, p) = (q.to_slice(), p.to_slice());
                        let (q, p) = (q.expect("rows are contiguous"), p.expect("rows are contiguous"));
                        visit(&mut accumulator, row, Visit { chain: first + row, step, q, p });
                    }
                }
            }
            Ok(accumulator)
        };
        let parts = in_parallel(batches.len(), run);
        self.steps += steps as u64;
        // Of several chains that escape, the first to do so.
        let when = |error: &&Error| match error {
            Error::Escaped { step, .. } => *step,
            _ => 0,
        };
        if let Some(first) = parts.iter().filter_map(|part| part.as_ref().err()).min_by_key(when) {
            return Err(first.clone());
        }
        parts.into_iter().collect()
    }
}

/// How a chain left.
struct Escape {
    row: usize,
    coordinate: usize,
    from: f64,
    to: f64,
}

impl Escape {
    fn error(self, first: usize, step: usize) -> Error {
        Error::Escaped {
            chain: first + self.row,
            coordinate: self.coordinate,
            step,
            from: self.from,
            to: self.to,
        }
    }
}

/// Makes one step and says which chain escapes in it, if any does.
fn escape<U: Potential, S: Scheme>(
    potential: &U,
    scheme: S,
    batch: &mut Batch,
    reach: f64,
) -> Option<Escape> {
    let before = batch.q.clone();
    scheme.step(potential, batch);
    let (row, coordinate) = batch.outside(reach)?;
    Some(Escape { row, coordinate, from: before[[row, coordinate]], to: batch.q[[row, coordinate]] })
}

/// Passes if `length` is the dimension of `potential`.
fn dimension<U: Potential>(name: &'static str, length: usize, potential: &U) -> Result<()> {
    if length == potential.dimension() {
        Ok(())
    } else {
        Err(Error::argument(
            name,
            length,
            format!("the dimension of the potential, {}", potential.dimension()),
        ))
    }
}
