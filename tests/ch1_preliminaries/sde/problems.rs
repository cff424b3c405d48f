//! Equations that several checks share.

use sdml::ch1_preliminaries::sde::{
    Additive, Diagonal, Equation, General, Ito, Number, Observable, Scalar, Stratonovich,
};

/// A 2×2 diffusion without any symmetry: every wrong order of indices in θ gives another value.
#[derive(Clone, Copy)]
pub struct Lopsided;

impl Equation<2, 2> for Lopsided {
    type Calculus = Stratonovich;
    type Noise = General;
    fn drift(&self, x: &[f64; 2], t: f64) -> [f64; 2] {
        [x[1] - t, 0.5 * x[0] * x[0]]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        [[x[0] * x[1], x[0].sin()], [x[1].powi(2), x[0] * 2.0 + x[1].exp()]]
    }
}

impl Lopsided {
    /// ∂σ_ij/∂x_k in place [i][j][k], differentiated by hand.
    pub fn gradient(x: [f64; 2]) -> [[[f64; 2]; 2]; 2] {
        [[[x[1], x[0]], [x[0].cos(), 0.0]], [[0.0, 2.0 * x[1]], [2.0, x[1].exp()]]]
    }
}

/// f(x, t) = x₀² sin x₁ + t x₀ x₁, with its derivatives by hand.
pub struct Wavy;

impl Observable<2> for Wavy {
    fn value<S: Number>(&self, x: &[S; 2], t: S) -> S {
        x[0].powi(2) * x[1].sin() + t * x[0] * x[1]
    }
}

impl Wavy {
    pub fn gradient(x: [f64; 2], t: f64) -> [f64; 2] {
        [2.0 * x[0] * x[1].sin() + t * x[1], x[0] * x[0] * x[1].cos() + t * x[0]]
    }
    pub fn hessian(x: [f64; 2], t: f64) -> [[f64; 2]; 2] {
        let mixed = 2.0 * x[0] * x[1].cos() + t;
        [[2.0 * x[1].sin(), mixed], [mixed, -x[0] * x[0] * x[1].sin()]]
    }
}

/// Three Brownian motions, two components: σ need not be square.
#[derive(Clone, Copy)]
pub struct Wide;

impl Equation<2, 3> for Wide {
    type Calculus = Stratonovich;
    type Noise = General;
    fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] {
        [0.0, 0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 3]; 2] {
        [[x[1], S::from(1.0), x[0] * x[1]], [x[0].cos(), x[1] * 0.5, x[0].powi(2)]]
    }
}

/// B(t) itself, for both readings: X = B.
#[derive(Clone, Copy)]
pub struct Brownian<C>(pub C);

impl<C: sdml::ch1_preliminaries::sde::Calculus> Equation<1, 1> for Brownian<C> {
    type Calculus = C;
    type Noise = Additive;
    fn drift(&self, _x: &[f64; 1], _t: f64) -> [f64; 1] {
        [0.0]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[S::from(1.0)]]
    }
}

/// f(x) = x³.
pub struct Cube;

impl Observable<1> for Cube {
    fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
        x[0].powi(3)
    }
}

/// dX = (sin X + cos t) dt + (1 + ½t) dB₁ + 0.8 dB₂: additive, in either calculus.
#[derive(Clone, Copy)]
pub struct Swing<C>(pub C);

impl<C: sdml::ch1_preliminaries::sde::Calculus> Equation<1, 2> for Swing<C> {
    type Calculus = C;
    type Noise = Additive;
    fn drift(&self, x: &[f64; 1], t: f64) -> [f64; 1] {
        [x[0].sin() + t.cos()]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], t: f64) -> [[S; 2]; 1] {
        [[S::from(1.0 + 0.5 * t), S::from(0.8)]]
    }
}

/// dX = s√(1 + X²) ∘ (0.2 dt + dB), solved by X(t) = sinh(arsinh X_0 + s(0.2 t + B(t))).
#[derive(Clone, Copy)]
pub struct HyperbolicSine(pub f64);

impl Equation<1, 1> for HyperbolicSine {
    type Calculus = Stratonovich;
    type Noise = Scalar;
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [0.2 * self.0 * (1.0 + x[0] * x[0]).sqrt()]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[(x[0] * x[0] + 1.0).sqrt() * self.0]]
    }
}

impl HyperbolicSine {
    pub fn explicit(&self, x_0: f64, t: f64, b: f64) -> f64 {
        (x_0.asinh() + self.0 * (0.2 * t + b)).sinh()
    }
}

/// Two independent components with a noise of their own each: hyperbolic sine and geometric Brownian motion.
#[derive(Clone, Copy)]
pub struct Pair;

impl Equation<2, 2> for Pair {
    type Calculus = Stratonovich;
    type Noise = Diagonal;
    fn drift(&self, x: &[f64; 2], t: f64) -> [f64; 2] {
        [HyperbolicSine(0.5).drift(&[x[0]], t)[0], 0.3 * x[1]]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], t: f64) -> [[S; 2]; 2] {
        let zero = S::from(0.0);
        [[HyperbolicSine(0.5).diffusion(&[x[0]], t)[0][0], zero], [zero, x[1] * 0.5]]
    }
}

impl Pair {
    pub fn explicit(x_0: [f64; 2], t: f64, b: [f64; 2]) -> [f64; 2] {
        [HyperbolicSine(0.5).explicit(x_0[0], t, b[0]), x_0[1] * (0.3 * t + 0.5 * b[1]).exp()]
    }
}

/// dX₁ = dB₁, dX₂ = X₁ dB₂: the columns do not commute. θ = 0, so both readings agree.
#[derive(Clone, Copy)]
pub struct Area<C>(pub C);

impl<C: sdml::ch1_preliminaries::sde::Calculus> Equation<2, 2> for Area<C> {
    type Calculus = C;
    type Noise = General;
    fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] {
        [0.0, 0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        let zero = S::from(0.0);
        [[S::from(1.0), zero], [zero, x[0]]]
    }
}

/// dX = (sin X + ½) dt + σ(X) ∘ dB on the circle of angles, σ(x) = s + m sin x: periodic, so that expectations can be
/// computed by quadrature to rounding. Additive for m = 0.
#[derive(Clone, Copy)]
pub struct Angle<C, N> {
    pub s: f64,
    pub m: f64,
    pub reading: std::marker::PhantomData<(C, N)>,
}

impl<C, N> Equation<1, 1> for Angle<C, N>
where
    C: sdml::ch1_preliminaries::sde::Calculus,
    N: sdml::ch1_preliminaries::sde::Noise<1, 1>,
{
    type Calculus = C;
    type Noise = N;
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [x[0].sin() + 0.5]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[x[0].sin() * self.m + self.s]]
    }
}

/// dX = A X dt + B₁X ∘ dB₁ + B₂X ∘ dB₂: the second moments obey linear equations, those of a scheme as well.
#[derive(Clone, Copy)]
pub struct Linear<N> {
    pub drift: [[f64; 2]; 2],
    pub columns: [[[f64; 2]; 2]; 2],
    pub noise: std::marker::PhantomData<N>,
}

impl<N: sdml::ch1_preliminaries::sde::Noise<2, 2>> Equation<2, 2> for Linear<N> {
    type Calculus = Stratonovich;
    type Noise = N;
    fn drift(&self, x: &[f64; 2], _t: f64) -> [f64; 2] {
        self.drift.map(|row| row[0] * x[0] + row[1] * x[1])
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        let [first, second] = self.columns.map(|matrix| matrix.map(|row| x[0] * row[0] + x[1] * row[1]));
        [[first[0], second[0]], [first[1], second[1]]]
    }
}

/// dX = X² dt, whose solution leaves every bound at time 1/X(0).
#[derive(Clone, Copy)]
pub struct Square;

impl Equation<1, 1> for Square {
    type Calculus = Ito;
    type Noise = Additive;
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [x[0] * x[0]]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[S::from(0.0)]]
    }
}

/// dX = −X³ dt + σ dB: the drift is Lipschitz on one side only.
#[derive(Clone, Copy)]
pub struct CubicWell(pub f64);

impl Equation<1, 1> for CubicWell {
    type Calculus = Ito;
    type Noise = Additive;
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [-x[0].powi(3)]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[S::from(self.0)]]
    }
}
