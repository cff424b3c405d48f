//! Maps that carry one law to another.

use anyhow::Result;
use sdml::ch3_flows::transport::{BoxMuller, Diffeomorphism, LineLaw, decreasing, monotone};

use crate::figures::{BLUE, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Side};

const SECTION: &str = "ch3_flows/transport/maps";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "box-muller-grid",
        section: SECTION,
        number: None,
        title: "What Box and Muller do to a square",
        caption: r"Lines of constant $u_1$ (blue) and constant $u_2$ (orange) in the unit square, and their images. The edge $u_1 = 0$ goes to infinity. All cells of the square have the same area and hence the same probability; the images are large where the normal density is small. The two marked points show that the image turns over: the square's right-hand neighbor lies further in.",
        alt: "First panel: a square grid. Second: circles about the origin, crowded where the density is high, cut by rays at equal angles.",
        seed: 0,
        parameters: &[Parameter { name: "lines", default: 12.0, meaning: "cells in each direction" }],
        data: box_muller,
        draw: draw_box_muller,
    },
    Figure {
        id: "quantile-map",
        section: SECTION,
        number: None,
        title: "A map made of two distribution functions",
        caption: r"First panel: from $z$ go up to $P_Z$, across to $P_X$ at the same height and down to $f(z)$. $P_Z$ is standard normal, $P_X$ a mixture of two normal laws. Second: the map that results; dots mark the two points of the first panel.",
        alt: "First panel: two increasing curves from zero to one, joined by horizontal arrows at two heights. Second: an increasing map that is flat where the mixture has its modes and steep across the gap between them.",
        seed: 0,
        parameters: &[],
        data: quantile_map,
        draw: draw_quantile_map,
    },
    Figure {
        id: "increasing-decreasing",
        section: SECTION,
        number: None,
        title: "Two maps with the same image",
        caption: r"Twenty-four points with equal mass between them under $N(0, 1)$ (below) and their images, distributed by the mixture above, under the increasing (first panel) and the decreasing map (second). The images are the same points. The mean squared length of the lines is not the same.",
        alt: "First panel: lines from a lower to an upper row of points do not cross. Second: lines to the same upper points all cross each other.",
        seed: 0,
        parameters: &[],
        data: two_maps,
        draw: draw_two_maps,
    },
];

fn mixture() -> LineLaw {
    LineLaw::Mixture(vec![(0.35, -1.5, 0.45), (0.65, 1.2, 0.55)])
}

const DENSE: usize = 200;

fn box_muller(settings: &Settings) -> Result<Data> {
    let lines = settings.count("lines").max(2);
    let mut data = Data::new();
    for k in 0..=lines {
        let fixed = k as f64 / lines as f64;
        // The map has no value at u_1 = 0: no circle is its image, and rays begin beside it.
        let moving = |i: usize| (i as f64 / DENSE as f64).max(1e-4);
        for (stem, at) in [("circle", true), ("ray", false)].into_iter().skip(usize::from(k == 0)) {
            let points: Vec<[f64; 2]> = (0..=DENSE)
                .map(|i| BoxMuller.forward(if at { [fixed, moving(i)] } else { [moving(i), fixed] }))
                .collect();
            data = data
                .column(format!("{stem} x {k}"), points.iter().map(|p| p[0]).collect::<Vec<_>>())
                .column(format!("{stem} y {k}"), points.iter().map(|p| p[1]).collect::<Vec<_>>());
        }
    }
    let marked = [[0.4, 0.08], [0.75, 0.08]];
    let images = marked.map(|u| BoxMuller.forward(u));
    Ok(data
        .column("u_1", marked.map(|u| u[0]))
        .column("u_2", marked.map(|u| u[1]))
        .column("z_0", images.map(|z| z[0]))
        .column("z_1", images.map(|z| z[1])))
}

fn draw_box_muller(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    let lines = settings.count("lines").max(2);
    let mut left = Plate::new().x(0.0..=1.0, "$u_1$").y(0.0..=1.0, "$u_2$").equal().without_rules();
    let mut right = Plate::new().x(-3.2..=3.2, "$z_0$").y(-3.2..=3.2, "$z_1$").equal().without_rules();
    for k in 0..=lines {
        let at = k as f64 / lines as f64;
        left.vertical(at, BLUE.thin());
        left.horizontal(at, ORANGE.thin());
        let column = |stem: &str| data.get(&format!("{stem} {k}"));
        if k > 0 {
            right.line(column("circle x")?, column("circle y")?, BLUE.thin());
        }
        right.line(column("ray x")?, column("ray y")?, ORANGE.thin());
    }
    for (plate, x, y) in [(&mut left, "u_1", "u_2"), (&mut right, "z_0", "z_1")] {
        let (x, y) = (data.get(x)?, data.get(y)?);
        plate.dots(&x[..1], &y[..1], 4.0, INK);
        plate.dots(&x[1..], &y[1..], 4.0, GREEN);
    }
    Ok(vec![left.title("uniform"), right.title("normal")])
}

fn quantile_map(_: &Settings) -> Result<Data> {
    let (source, target) = (LineLaw::STANDARD, mixture());
    let x: Vec<f64> = (0..=400).map(|k| -3.5 + 7.0 * f64::from(k) / 400.0).collect();
    let marked = [-0.9, 0.5];
    let of = |law: &LineLaw, x: &[f64]| x.iter().map(|&x| law.left(x)).collect::<Vec<_>>();
    let map = |z: &[f64]| z.iter().map(|&z| Ok(monotone(&source, &target, z)?)).collect::<Result<Vec<f64>>>();
    Ok(Data::new()
        .column("P_Z", of(&source, &x))
        .column("P_X", of(&target, &x))
        .column("f", map(&x)?)
        .column("x", x)
        .column("z", marked)
        .column("height", of(&source, &marked))
        .column("image", map(&marked)?))
}

fn draw_quantile_map(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let x = data.get("x")?;
    let (z, height, image) = (data.get("z")?, data.get("height")?, data.get("image")?);
    let mut left = Plate::new().x(-3.5..=3.5, "$z$ and $x$").y(0.0..=1.0, "probability").without_rules();
    left.line(x, data.get("P_Z")?, BLUE).named_at(2.1, Side::AboveLeft, "$P_Z$");
    left.line(x, data.get("P_X")?, ORANGE).named_at(1.6, Side::BelowRight, "$P_X$");
    for k in 0..z.len() {
        left.arrow((z[k], 0.0), (z[k], height[k]), INK.thin());
        left.arrow((z[k], height[k]), (image[k], height[k]), INK.thin());
        left.arrow((image[k], height[k]), (image[k], 0.0), INK.thin());
    }
    let mut right = Plate::new().x(-3.5..=3.5, "$z$").y(-3.0..=3.2, "$f(z)$");
    right.line(x, x, GREY.dashed().thin());
    right.line(x, data.get("f")?, GREEN);
    right.points(z, image, INK);
    Ok(vec![left.title("the construction"), right.title("the map")])
}

fn two_maps(_: &Settings) -> Result<Data> {
    const POINTS: usize = 24;
    let (source, target) = (LineLaw::STANDARD, mixture());
    let z = (0..POINTS)
        .map(|k| {
            let p = (k as f64 + 0.5) / POINTS as f64;
            Ok(source.quantile(sdml::ch3_flows::transport::Tail::Left(p))?)
        })
        .collect::<Result<Vec<f64>>>()?;
    let map = |f: fn(&LineLaw, &LineLaw, f64) -> sdml::Result<f64>| {
        z.iter().map(|&z| Ok(f(&source, &target, z)?)).collect::<Result<Vec<f64>>>()
    };
    let (up, down) = (map(monotone)?, map(decreasing)?);
    let x: Vec<f64> = (0..=300).map(|k| -3.5 + 7.0 * f64::from(k) / 300.0).collect();
    let of = |law: &LineLaw| x.iter().map(|&x| law.density(x)).collect::<Vec<_>>();
    Ok(Data::new()
        .column("p_Z", of(&source))
        .column("p_X", of(&target))
        .column("x", x)
        .column("z", z)
        .column("increasing", up)
        .column("decreasing", down))
}

fn draw_two_maps(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, z) = (data.get("x")?, data.get("z")?);
    let panel = |name: &str, pen: crate::figures::Pen| -> Result<Plate> {
        let image = data.get(name)?;
        let mut plate =
            Plate::new().x(-3.2..=3.2, "$z$ and $f(z)$").y(-0.75..=1.75, "").y_ticks(&[]).without_rules();
        // The densities stand above the upper row and hang below the lower one.
        let hang: Vec<f64> = data.get("p_Z")?.iter().map(|p| -1.5 * p).collect();
        let stand: Vec<f64> = data.get("p_X")?.iter().map(|p| 1.0 + 1.3 * p).collect();
        plate.band(x, &hang, &vec![0.0; x.len()], GREY);
        plate.band(x, &vec![1.0; x.len()], &stand, GREY);
        for (z, image) in z.iter().zip(image) {
            plate.segment((*z, 0.0), (*image, 1.0), pen);
        }
        plate.dots(z, &vec![0.0; z.len()], 2.0, INK);
        plate.dots(image, &vec![1.0; z.len()], 2.0, INK);
        plate.label((2.4, -0.35), "$p_Z$", Side::Centre, INK);
        plate.label((2.7, 1.4), "$p_X$", Side::Centre, INK);
        Ok(plate.title(name))
    };
    Ok(vec![panel("increasing", BLUE.thin())?, panel("decreasing", ORANGE.thin())?])
}
