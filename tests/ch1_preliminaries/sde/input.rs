use super::problems::{Brownian, Cube};
use sdml::ch1_preliminaries::brownian::BrownianPath;
use sdml::ch1_preliminaries::sde::{
    Additive, Diagonal, Ensemble, Equation, EulerMaruyama, GeometricBrownian, Grid, Increment, Increments,
    Ito, Noise, Number, OrnsteinUhlenbeck, Stratonovich, check_noise, ito_terms, solve, stratonovich_terms,
};
use sdml::random::Streams;
use std::marker::PhantomData;

fn says<T: std::fmt::Debug>(result: sdml::Result<T>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn grids() {
    says(Grid::new(0.0, 1.0, 0), "`steps` is 0, but it must be at least 1");
    says(Grid::new(0.0, -1.0, 4), "`end` is -1, but it must be later than the start, 0");
    says(Grid::new(0.0, 0.0, 4), "`end` is 0, but it must be later than the start, 0");
    says(Grid::new(f64::NAN, 1.0, 4), "`start` is NaN, but it must be a finite number");
    says(Grid::new(0.0, f64::INFINITY, 4), "`end` is inf, but it must be a finite number");
    says(Grid::new(-1e308, 1e308, 4), "`end - start` is inf, but it must be a finite number");
    let grid = Grid::new(1.0, 3.0, 4).unwrap();
    assert_eq!((grid.time(0), grid.time(4), grid.h()), (1.0, 3.0, 0.5));
    says(grid.coarsen(3), "`factor` is 3, but it must be a divisor of the 4 steps");
    says(grid.coarsen(0), "`factor` is 0, but it must be a divisor of the 4 steps");
}

#[test]
fn increments() {
    let grid = Grid::new(0.0, 1.0, 2).unwrap();
    says(
        Increments::<1>::of(grid, vec![Increment::ZERO; 3]),
        "`increments` is 3 of them, but it must be as many as the grid has steps, 2",
    );
    says(
        Increments::<1>::of(grid, vec![Increment { db: [f64::NAN], dz: [0.0] }; 2]),
        "`increments` is NaN, but it must be a finite number",
    );
    let noise = Increments::<1>::sample(grid, &mut Streams::new(1, "input").stream(0));
    let mismatch = "`path` is a path of 2 states, but it must be one of 3 states, for the 2 increments";
    says(ito_terms(&Brownian(Ito), &Cube, &[[0.0]; 2], &noise), mismatch);
    says(stratonovich_terms(&Brownian(Stratonovich), &Cube, &[[0.0]; 2], &noise), mismatch);
}

#[test]
fn increments_of_a_path() {
    let path = BrownianPath::sample(2.0, 8, &mut Streams::new(2, "input").stream(0)).unwrap();
    let noise = Increments::of_path(&path);
    assert_eq!(noise.grid().h(), 0.25);
    assert!((noise.total().db[0] - path.end()).abs() < 1e-15);
    // ∫ B ds by the trapezoidal rule.
    let integral: f64 = path.values().windows(2).map(|ends| 0.125 * (ends[0] + ends[1])).sum();
    assert!((noise.total().dz[0] - integral).abs() < 1e-15);
}

#[test]
fn joint_law_of_an_increment() {
    // Var ΔB = h, Cov = h²/2, Var ΔZ = h³/3; joining four steps into one keeps all three.
    let h = 0.5f64;
    let [one, joined] = [1, 4].map(|factor| {
        let grid = Grid::new(0.0, h, factor).unwrap();
        sdml::statistics::estimate(&Streams::new(factor as u64, "increment"), 100_000, |stream| {
            let Increment { db: [b], dz: [z] } = Increments::<1>::sample(grid, stream).total();
            [b * b, b * z, z * z]
        })
        .unwrap()
    });
    for (estimate, exact) in one.iter().chain(&joined).zip([h, h * h / 2.0, h.powi(3) / 3.0].iter().cycle()) {
        assert!(estimate.z(*exact).abs() < 4.0, "{estimate:?} {exact}");
    }
}

#[test]
fn parameters_and_starts() {
    says(OrnsteinUhlenbeck::new(f64::NAN, 1.0), "`a` is NaN, but it must be a finite number");
    says(OrnsteinUhlenbeck::new(1.0, f64::INFINITY), "`sigma` is inf, but it must be a finite number");
    says(GeometricBrownian::new(f64::NAN, 1.0), "`alpha` is NaN, but it must be a finite number");
    let ou = OrnsteinUhlenbeck::new(-1.0, 1.0).unwrap();
    let grid = Grid::new(0.0, 1.0, 2).unwrap();
    let noise = Increments::sample(grid, &mut Streams::new(1, "input").stream(0));
    says(solve(EulerMaruyama, &ou, [f64::NAN], &noise), "`start` is NaN, but it must be a finite number");
    let ensemble = |start, paths| {
        Ensemble::new(EulerMaruyama, &ou, [start], grid, Streams::new(1, "input"), paths).map(|_| ())
    };
    says(ensemble(f64::INFINITY, 1), "`start` is inf, but it must be a finite number");
    says(ensemble(0.0, 0), "`paths` is 0, but it must be at least 1");
    let paths = Ensemble::new(EulerMaruyama, &ou, [0.0], grid, Streams::new(1, "input"), 8).unwrap();
    says(paths.moments_every(3, |[x]| [x]), "`factor` is 3, but it must be a divisor of the 2 steps");
}

/// A σ that depends on both components, off the diagonal as well, under any label.
struct Labelled<N>(f64, PhantomData<N>);

impl<N: Noise<2, 2>> Equation<2, 2> for Labelled<N> {
    type Calculus = Ito;
    type Noise = N;
    fn drift(&self, _x: &[f64; 2], t: f64) -> [f64; 2] {
        // Not a number after time ½.
        [if t < 0.5 { 0.0 } else { f64::NAN }, 0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        [[x[0], S::from(self.0)], [S::from(0.0), x[1] * 2.0]]
    }
}

#[test]
fn declared_structures_are_tested() {
    let additive = check_noise(&Labelled::<Additive>(0.0, PhantomData), &[1.0, 1.0], 0.0).unwrap_err();
    assert_eq!(
        additive.to_string(),
        "`σ` is a matrix with ∂σ_00/∂x_0 = 1 (indices from 0), but it must be an additive σ, which does not depend on x"
    );
    assert!(check_noise(&Labelled::<Diagonal>(0.0, PhantomData), &[1.0, 1.0], 0.0).is_ok());
    let diagonal = check_noise(&Labelled::<Diagonal>(0.1, PhantomData), &[1.0, 1.0], 0.0).unwrap_err();
    assert!(diagonal.to_string().starts_with("`σ` is a matrix with σ_01 = 0.1 (indices from 0)"));
}

#[test]
fn a_drift_that_is_not_a_number_is_found_at_its_step() {
    let grid = Grid::new(0.0, 1.0, 10).unwrap();
    let noise = Increments::sample(grid, &mut Streams::new(1, "input").stream(0));
    let equation = Labelled::<Diagonal>(0.0, PhantomData);
    says(solve(EulerMaruyama, &equation, [1.0, 1.0], &noise), "`drift` became NaN at step 5");
}

/// dX = σ(t) dB with a σ that is `late` from time ½ on.
struct Late(f64);

impl Equation<1, 1> for Late {
    type Calculus = Ito;
    type Noise = Additive;
    fn drift(&self, _x: &[f64; 1], _t: f64) -> [f64; 1] {
        [0.0]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], t: f64) -> [[S; 1]; 1] {
        [[S::from(if t < 0.5 { 1.0 } else { self.0 })]]
    }
}

#[test]
fn a_diffusion_that_is_not_finite_is_found_at_its_step() {
    let grid = Grid::new(0.0, 1.0, 10).unwrap();
    let noise = Increments::of(grid, vec![Increment { db: [0.1], dz: [0.0] }; 10]).unwrap();
    let alone = |late| solve(EulerMaruyama, &Late(late), [0.0], &noise);
    says(alone(f64::NAN), "`diffusion` became NaN at step 5");
    says(alone(f64::INFINITY), "`X` became inf at step 5");
    assert!(alone(1.0).is_ok());
    // In an ensemble too, which runs the path again.
    let late = Late(f64::NAN);
    let paths = Ensemble::new(EulerMaruyama, &late, [0.0], grid, Streams::new(1, "input"), 8).unwrap();
    says(paths.ends(), "`diffusion` became NaN at step 5");
}
