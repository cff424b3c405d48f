//! Runs the workloads named on the command line (all, if none is) and prints one JSON line for each, in the form of
//! the peers' scripts. Jobs that differ only in what they leave out are variants of one workload.

use std::time::Instant;

use benches::control::{ITERATIONS, train};
use benches::diffusion::{SAMPLERS, TRAINING_STEPS, quality, recipe, sample};
use benches::flow_matching;
use benches::langevin;
use benches::neural_ode::{NodeGradient, VARIANTS};
use benches::neural_sde::{Job, distance, model};
use benches::ode_flow;
use benches::real_nvp;
use benches::sde::{COARSEST, FINEST, PATHS, STEPS, STRONG_PATHS, em_ou, gbm_strong, normals};
use sdml::ch2_control::neural_sde::{BatchScheme, WayBack};
use sdml::ch3_flows::data::DataLaw;

const REPEATS: usize = 7;

fn main() -> sdml::Result<()> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |workload: &str| named.is_empty() || named.iter().any(|name| name == workload);
    if wanted("W2") {
        let units = PATHS as f64 * STEPS as f64;
        let (wall, ends) = fastest(|| em_ou(0))?;
        let n = ends.len() as f64;
        let mean = ends.iter().map(|[x]| x).sum::<f64>() / n;
        let variance = ends.iter().map(|[x]| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        // The exact law of the scheme.
        let a = 1.0 - 1e-3f64;
        let exact = 2e-3 * (1.0 - a.powi(2000)) / (1.0 - a * a);
        let z_mean = (mean - a.powi(1000)) / (exact / n).sqrt();
        let z_variance = (variance / exact - 1.0) / (2.0 / n).sqrt();
        report("W2", "", wall, units, &format!("z_mean {z_mean:.2}; z_var {z_variance:.2}"));
        let (wall, sums) = fastest(|| Ok(normals(0)))?;
        report("W2", "normals alone", wall, units, &format!("sum {:.0}", sums.iter().flatten().sum::<f64>()));
    }
    if wanted("W3") {
        let steps = ((1 << (FINEST + 1)) - (1 << COARSEST)) as f64;
        let (wall, errors) = fastest(|| gbm_strong(0))?;
        let octaves = (FINEST - COARSEST) as f64;
        let slopes = errors.map(|row| (row[0] / row[FINEST - COARSEST]).log2() / octaves);
        let quality = format!("em {:.3}; milstein {:.3}; heun {:.3}", slopes[0], slopes[1], slopes[2]);
        report("W3", "", wall, 3.0 * steps * STRONG_PATHS as f64, &quality);
    }
    if wanted("W4") {
        let units = (langevin::CHAINS * langevin::STEPS) as f64;
        let (wall, (x, _)) = fastest(|| langevin::mix8_ula(0))?;
        let square = x.iter().map(|x| x * x).sum::<f64>() / langevin::CHAINS as f64;
        report("W4", "mix8-ula", wall, units, &format!("r2 {square:.3}; r2_exact 4.32"));
        let ratio = |x: &ndarray::Array2<f64>, exact: &dyn Fn(f64) -> f64| {
            let variances = langevin::rotate(x).var_axis(ndarray::Axis(0), 0.0);
            let lambda = langevin::spectrum();
            variances.iter().zip(&lambda).map(|(v, &l)| v / exact(l)).sum::<f64>() / lambda.len() as f64
        };
        let (wall, (x, _)) = fastest(|| langevin::gauss_ula(0))?;
        let quality = ratio(&x, &|l| 1.0 / (l * (1.0 - 0.005 * l)));
        report("W4", "gauss-ula", wall, units, &format!("var_ratio {quality:.4}"));
        let (wall, (x, accepted)) = fastest(|| langevin::gauss_mala(0))?;
        let quality = format!("var_ratio {:.4}; accept {accepted:.3}", ratio(&x, &|l| 1.0 / l));
        report("W4", "gauss-mala", wall, units, &quality);
    }
    if wanted("W5") {
        for variant in VARIANTS {
            let mut job = NodeGradient::new(variant)?;
            let (wall, [loss, norm]) = fastest(|| job.run())?;
            report("W5", variant.name, wall, 1.0, &format!("loss {loss:.11}; grad_norm {norm:.11}"));
        }
    }
    if wanted("W6") {
        for d in [10, 1] {
            let sde = model(d)?;
            for scheme in [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun] {
                let mut stored = Job::new(&sde, scheme, WayBack::Stored)?;
                let reference = stored.gradient(0)?.to_vec();
                for way in [WayBack::Recorded, WayBack::Stored, WayBack::Resolved] {
                    let mut job = Job::new(&sde, scheme, way)?;
                    let apart = distance(job.gradient(0)?, &reference);
                    let mut seed = 0;
                    let (wall, ()) = fastest(|| {
                        seed += 1;
                        job.gradient(seed).map(drop)
                    })?;
                    let way = match way {
                        WayBack::Recorded => "backprop",
                        WayBack::Stored => "backprop, states kept",
                        WayBack::Resolved => "adjoint",
                    };
                    let variant = format!("d{d}-{}-{way}", name(scheme));
                    report("W6", &variant, wall, 1.0, &format!("rel_diff_to_backprop {apart:.1e}"));
                }
            }
        }
    }
    if wanted("W7") {
        for horizon in [5.0, 8.0] {
            let mut seed = 0;
            let mut ends = Vec::new();
            let mut hits = Vec::new();
            let (wall, ()) = fastest(|| {
                let (curve, end) = train(horizon, seed)?;
                hits.extend(curve.iter().position(|loss| *loss <= 1e-3));
                ends.push(1.0 - end);
                seed += 1;
                Ok(())
            })?;
            hits.sort_unstable();
            let lowest = ends.iter().copied().fold(1.0, f64::min);
            let quality = format!(
                "reached {}/{}; iters_to_0_999 {}; final_fidelity_min {lowest:.7}",
                hits.len(),
                ends.len(),
                hits.get(hits.len() / 2).map_or("none".to_owned(), usize::to_string)
            );
            report("W7", &format!("T{horizon}"), wall, ITERATIONS as f64, &quality);
        }
    }
    if wanted("W8") {
        let mut seed = 0;
        let (wall, trained) = fastest(|| {
            seed += 1;
            real_nvp::train(seed)
        })?;
        let quality = format!("test_nll {:.4}", real_nvp::held_out(&trained)?);
        report("W8", "", wall, real_nvp::STEPS as f64, &quality);
    }
    if wanted("W9") {
        let (time, models) = trained(ode_flow::train)?;
        let nll = models.iter().map(|model| ode_flow::held_out(model).map(|nll| format!("{nll:.4}")));
        let nll = nll.collect::<sdml::Result<Vec<_>>>()?.join(", ");
        report("W9", "", time, ode_flow::ITERATIONS as f64, &format!("test_nll {nll}; entropy 1.6983"));
    }
    for law in [DataLaw::Eight, DataLaw::Moons] {
        if wanted("W10") {
            w10(law)?;
        }
        if wanted("W11") {
            w11(law)?;
        }
    }
    Ok(())
}

/// Trains with three seeds: the shortest time, and what came out.
fn trained<T>(train: impl Fn(u64) -> sdml::Result<T>) -> sdml::Result<(Time, Vec<T>)> {
    let mut best = Time::LONGEST;
    let mut models = Vec::new();
    for seed in 0..3 {
        let (time, model) = Time::of(|| train(seed))?;
        best = best.min(time);
        models.push(model);
    }
    Ok((best, models))
}

fn name_of(law: DataLaw) -> &'static str {
    if law == DataLaw::Eight { "eight" } else { "moons" }
}

/// Trains on `law` with three seeds, and samples.
fn w10(law: DataLaw) -> sdml::Result<()> {
    let name = name_of(law);
    let (wall, models) = trained(|seed| recipe(law, seed).train(|_, _| ()))?;
    let losses: Vec<_> = models.iter().map(|model| format!("{:.4}", model.loss())).collect();
    report("W10", name, wall, TRAINING_STEPS as f64, &format!("loss {}", losses.join(", ")));
    for (sampler, h, steps) in SAMPLERS {
        let mut found = Vec::new();
        for (seed, model) in models.iter().enumerate() {
            found.push(format!("{:.5}", quality(&sample(model, h, steps, seed as u64)?, law)?));
        }
        let (wall, _) = fastest(|| sample(&models[0], h, steps, 0))?;
        report(
            "W10",
            &format!("{name} {sampler}"),
            wall,
            steps as f64,
            &format!("mmd2 {}", found.join(", ")),
        );
    }
    Ok(())
}

/// The same for flow matching.
fn w11(law: DataLaw) -> sdml::Result<()> {
    let name = name_of(law);
    let (time, mut models) = trained(|seed| flow_matching::recipe(law, seed)?.train(|_, _| ()))?;
    let losses: Vec<_> = models.iter().map(|model| format!("{:.4}", model.loss())).collect();
    report("W11", name, time, TRAINING_STEPS as f64, &format!("loss {}", losses.join(", ")));
    for (sampler, tableau, steps) in flow_matching::SAMPLERS {
        let mut found = Vec::new();
        for (seed, model) in models.iter_mut().enumerate() {
            let points = flow_matching::sample(model, tableau, steps, seed as u64)?;
            found.push(format!("{:.5}", quality(&points, law)?));
        }
        let (time, _) = fastest(|| flow_matching::sample(&mut models[0], tableau, steps, 0))?;
        report(
            "W11",
            &format!("{name} {sampler}"),
            time,
            steps as f64,
            &format!("mmd2 {}", found.join(", ")),
        );
    }
    Ok(())
}

/// The scheme as the peers' scripts call it.
fn name(scheme: BatchScheme) -> &'static str {
    match scheme {
        BatchScheme::Heun => "heun",
        BatchScheme::Midpoint => "midpoint",
        BatchScheme::ReversibleHeun => "reversible_heun",
    }
}

/// What a job took.
#[derive(Debug, Clone, Copy)]
struct Time {
    wall: f64,
    /// Of all threads together; what a busy machine changes least.
    cpu: f64,
}

impl Time {
    const LONGEST: Self = Self { wall: f64::INFINITY, cpu: f64::INFINITY };

    fn of<T>(job: impl FnOnce() -> sdml::Result<T>) -> sdml::Result<(Self, T)> {
        let (start, before) = (Instant::now(), cpu_seconds());
        let result = job()?;
        Ok((Self { wall: start.elapsed().as_secs_f64(), cpu: cpu_seconds() - before }, result))
    }

    fn min(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu) }
    }
}

/// The processor time of this program's threads in seconds, as Linux counts it in nanoseconds; NaN elsewhere.
fn cpu_seconds() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return f64::NAN };
    let on_cpu = threads.flatten().filter_map(|thread| {
        let counts = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        counts.split(' ').next()?.parse::<f64>().ok()
    });
    on_cpu.sum::<f64>() * 1e-9
}

/// The shortest of several runs, and the last result.
fn fastest<T>(mut job: impl FnMut() -> sdml::Result<T>) -> sdml::Result<(Time, T)> {
    let mut best = Time::LONGEST;
    let mut result = job()?;
    for _ in 0..REPEATS {
        let (time, found) = Time::of(&mut job)?;
        (best, result) = (best.min(time), found);
    }
    Ok((best, result))
}

fn report(workload: &str, variant: &str, time: Time, units: f64, quality: &str) {
    let Time { wall, cpu } = time;
    println!(
        r#"{{"workload": "{workload}", "variant": "{variant}", "peer": "sdml", "dtype": "f64", "wall_min_s": {wall:.6}, "cpu_min_s": {cpu:.6}, "units": {units}, "units_per_s": {:.4e}, "quality": "{quality}"}}"#,
        units / wall
    );
}
