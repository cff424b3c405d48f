//! W5: the gradient of a neural ODE in all parameters, through the steps of RK4 and by the adjoint.

use sdml::ch2_control::neural_ode::{BatchGradient, FixedStep, Method, NetworkField, PeerProblem, Tableau};

const STEPS: usize = 100;

/// How the gradient is found, and how many rows go through the steps together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variant {
    /// As the peers' scripts call it.
    pub name: &'static str,
    method: Method,
    block: usize,
}

/// All variants. `adjoint` solves for the states backwards, as the peers do.
pub const VARIANTS: [Variant; 4] = [
    Variant { name: "backprop", method: Method::Through { segment: STEPS }, block: 64 },
    Variant { name: "adjoint", method: Method::ResolvedAdjoint, block: 64 },
    Variant { name: "backprop, states kept", method: Method::Through { segment: 1 }, block: 64 },
    Variant { name: "adjoint, states kept", method: Method::StoredAdjoint, block: 64 },
];

/// The job of one variant, with its buffers.
pub struct NodeGradient {
    problem: PeerProblem,
    batch: BatchGradient<NetworkField>,
    gradient: Vec<f64>,
}

impl NodeGradient {
    /// Makes the buffers.
    ///
    /// # Errors
    /// None for the variants above.
    pub fn new(variant: Variant) -> sdml::Result<Self> {
        let problem = PeerProblem::new();
        let parameters = problem.theta.len();
        let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, STEPS)?;
        let batch = BatchGradient::new(scheme, variant.method, parameters, variant.block)?;
        Ok(Self { problem, batch, gradient: vec![0.0; parameters] })
    }

    /// The loss and the norm of the gradient.
    ///
    /// # Errors
    /// A solution that does not stay finite.
    pub fn run(&mut self) -> sdml::Result<[f64; 2]> {
        self.gradient.fill(0.0);
        let loss = self.problem.gradient(&mut self.batch, STEPS, &mut self.gradient)?;
        Ok([loss, self.gradient.iter().map(|g| g * g).sum::<f64>().sqrt()])
    }
}
