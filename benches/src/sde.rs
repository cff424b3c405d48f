//! Stochastic differential equations: W2 (an ensemble by Euler–Maruyama) and W3 (strong errors of three schemes).

use rayon::prelude::*;
use sdml::Result;
use sdml::ch1_preliminaries::sde::{
    Ensemble, EulerMaruyama, GeometricBrownian, Grid, Heun, Increment, ItoForm, Milstein, OrnsteinUhlenbeck,
    Step,
};
use sdml::random::{LANES, Streams};

/// Paths of W2.
pub const PATHS: u64 = 100_000;
/// Steps of each path of W2.
pub const STEPS: usize = 1000;

/// W2: dX = −X dt + √2 dB from X_0 = 1 to T = 1; returns the 10⁵ positions at the end.
///
/// # Errors
/// None, unless a path leaves the finite numbers.
pub fn em_ou(seed: u64) -> Result<Vec<[f64; 1]>> {
    let ou = OrnsteinUhlenbeck::new(-1.0, 2f64.sqrt())?;
    let grid = Grid::new(0.0, 1.0, STEPS)?;
    Ensemble::new(EulerMaruyama, &ou, [1.0], grid, Streams::new(seed, "W2"), PATHS)?.ends()
}

/// The normal variables of W2 alone, eight paths at once: returns their sums.
pub fn normals(seed: u64) -> Vec<[f64; LANES]> {
    let streams = Streams::new(seed, "W2");
    let sums = |block| {
        let mut values = vec![[0.0; LANES]; STEPS];
        streams.lanes(block * LANES as u64).fill_normal(&mut values);
        values.iter().fold([0.0; LANES], |sums, row| std::array::from_fn(|lane| sums[lane] + row[lane]))
    };
    (0..PATHS / LANES as u64).into_par_iter().map(sums).collect()
}

/// Paths of W3.
pub const STRONG_PATHS: u64 = 10_000;
/// The finest of W3's steps is 2⁻ᴸ.
pub const FINEST: usize = 10;
/// The coarsest.
pub const COARSEST: usize = 4;

/// W3: E|X_N − X(1)| for Euler–Maruyama, Milstein and Heun (rows) at steps 2⁻⁴, …, 2⁻¹⁰ (columns) on shared increments,
/// for dX = X dt + ½X dB read by Itô.
///
/// # Errors
/// None.
pub fn gbm_strong(seed: u64) -> Result<[[f64; FINEST - COARSEST + 1]; 3]> {
    let gbm = GeometricBrownian::new(1.0 - 0.125, 0.5)?;
    let streams = Streams::new(seed, "W3");
    let sums = streams.map_reduce(
        STRONG_PATHS / TOGETHER as u64,
        || {
            let room = (vec![[0.0; TOGETHER]; 1 << FINEST], vec![[0.0; LANES]; 1 << FINEST]);
            ([[0.0; FINEST - COARSEST + 1]; 3], room)
        },
        |(sums, (db, normals)), block, _| {
            let deviation = (-(FINEST as f64)).exp2().sqrt();
            for start in (0..TOGETHER).step_by(LANES) {
                streams.lanes(block * TOGETHER as u64 + start as u64).fill_normal(normals);
                for (db, normals) in db.iter_mut().zip(&*normals) {
                    db[start..start + LANES].iter_mut().zip(normals).for_each(|(db, z)| *db = deviation * z);
                }
            }
            let mut end = [0.0; TOGETHER];
            for db in &*db {
                end.iter_mut().zip(db).for_each(|(end, db)| *end += db);
            }
            let exact = end.map(|b| gbm.explicit(1.0, 1.0, b));
            for level in (COARSEST..=FINEST).rev() {
                let steps = 1 << level;
                let h = 1.0 / steps as f64;
                let ito = ItoForm(gbm);
                let errors = [
                    error(EulerMaruyama, &ito, &db[..steps], h, &exact),
                    error(Milstein, &ito, &db[..steps], h, &exact),
                    error(Heun, &gbm, &db[..steps], h, &exact),
                ];
                sums.iter_mut().zip(errors).for_each(|(sums, error)| sums[level - COARSEST] += error);
                for n in 0..steps / 2 {
                    db[n] = std::array::from_fn(|lane| db[2 * n][lane] + db[2 * n + 1][lane]);
                }
            }
            Ok(())
        },
        |(mut left, buffer), (right, _)| {
            left.iter_mut().flatten().zip(right.iter().flatten()).for_each(|(left, right)| *left += right);
            (left, buffer)
        },
    )?;
    Ok(sums.0.map(|row| row.map(|sum| sum / STRONG_PATHS as f64)))
}

/// How many paths W3 steps together.
const TOGETHER: usize = 16;

/// Σ |X_N − exact| over the lanes.
fn error<S, E>(scheme: S, equation: &E, db: &[[f64; TOGETHER]], h: f64, exact: &[f64; TOGETHER]) -> f64
where
    S: Step<E, 1, 1, State<1> = [f64; 1]>,
{
    let mut x = [[1.0]; TOGETHER];
    for (n, db) in db.iter().enumerate() {
        for (x, db) in x.iter_mut().zip(db) {
            *x = scheme.step(equation, *x, n as f64 * h, h, &Increment { db: [*db], dz: [0.0] });
        }
    }
    x.iter().zip(exact).map(|(x, exact)| (x[0] - exact).abs()).sum()
}
