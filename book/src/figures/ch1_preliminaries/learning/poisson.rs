//! Deep Ritz and PINN.

use anyhow::Result;
use sdml::ch1_preliminaries::learning::{
    Activation, Adam, DeepRitz, Integrand, Pass, Pinn, Points, Poisson, Training, TwoLayer,
};

use crate::figures::{
    BLUE, Corner, Data, Figure, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, both,
};

const SECTION: &str = "ch1_preliminaries/learning/poisson";

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "ritz-and-pinn",
        section: SECTION,
        number: None,
        title: "Deep Ritz and PINN with a small penalty: values and second derivatives",
        caption: r"$-u'' = \sin 2\pi x$ with $u(0) = u(1) = 0$, penalty $\lambda = 5$. First panel: the trained networks (dots), the solution (gray) and the minimizer of the penalized energy (dashed). Second: their second derivatives against $-\sin 2\pi x$ (gray). Only the PINN was asked to have the right one.",
        alt: "First panel: the solution is one period of a sine that vanishes at both ends. The dots of the PINN lie on it. The dots of the Ritz network lie on a tilted copy that starts above zero and ends below zero. Second: the second derivative of the PINN covers the gray curve; that of the Ritz network leaves it near the ends.",
        seed: 0,
        parameters: &[
            Parameter { name: "lambda", default: 5.0, meaning: "weight of the boundary term" },
            Parameter { name: "steps", default: 5000.0, meaning: "training steps" },
        ],
        data: ritz_and_pinn,
        draw: draw_ritz_and_pinn,
    },
    Figure {
        id: "training-error",
        section: SECTION,
        number: None,
        title: "The largest error during training",
        caption: r"Largest distance from the target during training with $\lambda = 500$: residual, energy with one point in each of 100 cells, energy with 100 independent points. The rate falls to 0 along a cosine; the checks train the energy three times as long. The dashed line is $5 \times 10^{-4}$.",
        alt: "Three curves on a logarithmic axis fall, with spikes in the middle of training while the rate is still high. The residual's ends near ten to the minus five, the energy's with stratified points at the dashed line, the energy's with independent points above it.",
        seed: 0,
        parameters: &[Parameter { name: "steps", default: 10_000.0, meaning: "training steps" }],
        data: training_error,
        draw: draw_training_error,
    },
    Figure {
        id: "fixed-nodes",
        section: SECTION,
        number: None,
        title: "Energy on fixed nodes",
        caption: r"Training on the energy with ten points, $\lambda = 500$. First panel: the network trained with fixed points (dots mark them), with fresh points, and the target (gray). Second: the loss that training sees, where it is within the frame; the dashed line is the least energy that any function has.",
        alt: "First panel: the network trained on fixed points rises steeply before the first of them and stays far above the target; the one with fresh points covers the target. Second: the loss on fixed points falls to three times the least energy, which the loss with fresh points scatters about.",
        seed: 0,
        parameters: &[
            Parameter { name: "points", default: 10.0, meaning: "points per step" },
            Parameter { name: "steps", default: 8000.0, meaning: "training steps" },
        ],
        data: fixed_nodes,
        draw: draw_fixed_nodes,
    },
];

fn problem() -> Result<Poisson> {
    Ok(Poisson::new(2, 1.0)?)
}

fn grid() -> Vec<f64> {
    (0..=200).map(|k| f64::from(k) / 200.0).collect()
}

fn values(network: &TwoLayer<1>) -> Vec<f64> {
    grid().into_iter().map(|x| network.value(&[x])).collect()
}

fn trained(training: &Training, integrand: impl Integrand) -> Result<TwoLayer<1>> {
    Ok(training.run(integrand, &mut Adam::default(), |_, _, _| ())?)
}

fn ritz_and_pinn(settings: &Settings) -> Result<Data> {
    let (problem, lambda) = (problem()?, settings.get("lambda"));
    let training = Training::new(settings.count("steps"), settings.seed);
    let (ritz, pinn) = both(
        || trained(&training, DeepRitz::new(problem, lambda)?),
        || trained(&training, Pinn::new(problem, lambda)?),
    );
    let (ritz, pinn) = (ritz?, pinn?);
    let penalized = problem.penalized(lambda)?;
    let of = |f: &dyn Fn(f64) -> f64| grid().into_iter().map(f).collect::<Vec<_>>();
    let curvature = |network: &TwoLayer<1>| {
        let mut pass = Pass::default();
        network.forward(&grid().into_iter().map(|x| [x]).collect::<Vec<_>>(), &mut pass);
        pass.jets.laplacian
    };
    Ok(Data::new()
        .column("x", grid())
        .column("solution", of(&|x| problem.solution(x)))
        .column("penalized", of(&|x| penalized.value(x)))
        .column("Ritz", values(&ritz))
        .column("PINN", values(&pinn))
        .column("second derivative", of(&|x| -problem.load(x)))
        .column("second derivative, Ritz", curvature(&ritz))
        .column("second derivative, PINN", curvature(&pinn)))
}

fn draw_ritz_and_pinn(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let x = data.get("x")?;
    let (solution, penalized) = (data.get("solution")?, data.get("penalized")?);
    let (ritz, pinn) = (data.get("Ritz")?, data.get("PINN")?);
    let sparse = |column: &[f64]| column.iter().copied().step_by(8).collect::<Vec<_>>();
    let mut left = Plate::new()
        .x(0.0..=1.0, "$x$")
        .y(-0.05..=0.05, "$u$")
        .y_ticks(&[(-0.04, "$-0.04$"), (-0.02, "$-0.02$"), (0.0, "$0$"), (0.02, "$0.02$"), (0.04, "$0.04$")])
        .legend(Corner::TopRight)
        .title("networks and targets");
    left.line(x, solution, GREY.weight(4.0)).keyed("solution");
    left.line(x, penalized, INK.dashed()).keyed("penalized");
    left.points(&sparse(x), &sparse(ritz), BLUE).keyed("Deep Ritz");
    left.points(&sparse(x), &sparse(pinn), ORANGE).keyed("PINN");
    let mut right = Plate::new()
        .x(0.0..=1.0, "$x$")
        .y(-1.6..=1.6, "$u''$")
        .legend(Corner::TopLeft)
        .title("second derivatives");
    right.line(x, data.get("second derivative")?, GREY.weight(4.0)).keyed(r"$-\sin 2\pi x$");
    right.line(x, data.get("second derivative, Ritz")?, BLUE).keyed("Deep Ritz");
    right.line(x, data.get("second derivative, PINN")?, ORANGE.dashed()).keyed("PINN");
    Ok(vec![left, right])
}

fn training_error(settings: &Settings) -> Result<Data> {
    const LAMBDA: f64 = 500.0;
    let steps = settings.count("steps");
    let (problem, penalized) = (problem()?, problem()?.penalized(LAMBDA)?);
    let every = (steps / 100).max(1);
    let at: Vec<f64> = (0..steps).step_by(every).map(|k| k as f64).collect();
    let errors = |places: Points, ritz: bool| -> Result<Vec<f64>> {
        let mut errors = Vec::new();
        let observe = |k: usize, theta: &[f64], _: f64| {
            if k.is_multiple_of(every)
                && let Ok(network) = TwoLayer::<1>::new(Activation::Tanh, theta.to_vec())
            {
                let target = |x: f64| if ritz { penalized.value(x) } else { problem.solution(x) };
                let apart = grid().into_iter().map(|x| (network.value(&[x]) - target(x)).abs());
                errors.push(apart.fold(0.0, f64::max));
            }
        };
        let training = Training { places, ..Training::new(steps, settings.seed) };
        if ritz {
            training.run(DeepRitz::new(problem, LAMBDA)?, &mut Adam::default(), observe)?;
        } else {
            training.run(Pinn::new(problem, LAMBDA)?, &mut Adam::default(), observe)?;
        }
        Ok(errors)
    };
    let (stratified, (independent, pinn)) = both(
        || errors(Points::Stratified, true),
        || (errors(Points::Independent, true), errors(Points::Stratified, false)),
    );
    Ok(Data::new()
        .column("step", at)
        .column("Ritz, stratified", stratified?)
        .column("Ritz, independent", independent?)
        .column("PINN", pinn?))
}

fn draw_training_error(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let step = data.get("step")?;
    let mut plate = Plate::new()
        .x(0.0..=step[step.len() - 1] * 1.01, "step")
        .log_y(1e-6..=1e1, "largest error")
        .legend(Corner::TopRight);
    plate.horizontal(5e-4, INK.dashed().thin());
    plate.line(step, data.get("Ritz, independent")?, PURPLE).keyed("energy, independent points");
    plate.line(step, data.get("Ritz, stratified")?, BLUE).keyed("energy, stratified points");
    plate.line(step, data.get("PINN")?, ORANGE).keyed("residual");
    Ok(vec![plate])
}

fn fixed_nodes(settings: &Settings) -> Result<Data> {
    const LAMBDA: f64 = 500.0;
    let (points, steps) = (settings.count("points"), settings.count("steps"));
    let energy = DeepRitz::new(problem()?, LAMBDA)?;
    let penalized = problem()?.penalized(LAMBDA)?;
    let run = |places| -> Result<(TwoLayer<1>, Vec<f64>)> {
        let training = Training { points, places, ..Training::new(steps, settings.seed) };
        let mut losses = Vec::new();
        let network = training.run(energy, &mut Adam::default(), |k, _, loss| {
            if k.is_multiple_of(40) {
                losses.push(loss);
            }
        })?;
        Ok((network, losses))
    };
    let (fixed, fresh) = both(|| run(Points::Fixed), || run(Points::Stratified));
    let ((fixed, fixed_loss), (fresh, fresh_loss)) = (fixed?, fresh?);
    let nodes: Vec<f64> = (0..points).map(|i| (i as f64 + 0.5) / points as f64).collect();
    Ok(Data::new()
        .column("x", grid())
        .column("target", grid().into_iter().map(|x| penalized.value(x)).collect::<Vec<_>>())
        .column("fixed", values(&fixed))
        .column("fresh", values(&fresh))
        .column("u at nodes", nodes.iter().map(|&x| fixed.value(&[x])).collect::<Vec<_>>())
        .column("node", nodes)
        .column("step", (0..fixed_loss.len()).map(|k| 40.0 * k as f64).collect::<Vec<_>>())
        .column("loss, fixed", fixed_loss)
        .column("loss, fresh", fresh_loss)
        .column("least energy", [penalized.energy()]))
}

fn draw_fixed_nodes(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let x = data.get("x")?;
    let fixed = data.get("fixed")?;
    let highest = 1.2 * fixed.iter().fold(0.05, |most: f64, u| most.max(*u));
    let lowest = 1.2 * fixed.iter().fold(-0.03, |least: f64, u| least.min(*u));
    let mut left = Plate::new()
        .x(0.0..=1.0, "$x$")
        .y(lowest..=highest, "$u$")
        .legend(Corner::TopRight)
        .title("networks");
    left.line(x, data.get("target")?, GREY.weight(4.0)).keyed("target");
    left.line(x, data.get("fresh")?, BLUE).keyed("fresh points");
    left.line(x, fixed, ORANGE).keyed("fixed points");
    left.points(data.get("node")?, data.get("u at nodes")?, ORANGE);
    let (step, low) = (data.get("step")?, data.get("loss, fixed")?);
    let least = data.number("least energy")?;
    let bottom = low.iter().fold(2.0 * least, |most, loss| most.min(1.1 * loss));
    let mut right = Plate::new()
        .x(0.0..=step[step.len() - 1], "step")
        .y(bottom..=-1.5 * least, "energy")
        .legend(Corner::TopRight)
        .title("loss during training");
    right.dots(step, data.get("loss, fresh")?, 1.5, BLUE).keyed("fresh points");
    right.line(step, low, ORANGE).keyed("fixed points");
    right.horizontal(least, INK.dashed()).keyed("least energy");
    Ok(vec![left, right])
}
