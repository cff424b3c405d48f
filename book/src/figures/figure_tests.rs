//! What the machinery around the figures promises.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use anyhow::bail;
use kept::Shelf;
use rayon::prelude::*;
use sdml::ch1_preliminaries::learning::{Iteration, Listener, Plain, Schedule, minimize};

use super::export::{self, Format};
use super::faults::collisions;
use super::*;

fn plates(figure: &Figure) -> (Data, Vec<Plate>) {
    let settings = figure.settings();
    let data = (figure.data)(&settings).unwrap_or_else(|error| panic!("{}: {error:#}", figure.id));
    let plates = (figure.draw)(&data, &settings).unwrap_or_else(|error| panic!("{}: {error:#}", figure.id));
    (data, plates)
}

fn sample(draw: fn(&Data, &Settings) -> Result<Vec<Plate>>) -> Figure {
    Figure {
        id: "sample",
        section: "ch1_preliminaries/brownian",
        number: None,
        title: "A < B & \"C\"",
        caption: "A sample.",
        alt: "A straight line rises from the lower left to the upper right.",
        seed: 7,
        parameters: &[Parameter { name: "height", default: 16.0, meaning: "the height of the line's end" }],
        data: |settings| Ok(Data::new().column("x", [0.0, 4.0]).column("y", [0.0, settings.get("height")])),
        draw,
    }
}

fn straight(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plate = Plate::new().x(0.0..=10.0, "$x$").y(0.0..=10.0, "$y$");
    plate.line(data.get("x")?, data.get("y")?, BLUE);
    Ok(vec![plate.clone(), plate.title("again")])
}

/// The coordinates of the first path in a given stroke.
fn path(svg: &str, stroke: &str) -> Vec<[f64; 2]> {
    let group =
        svg.split(&format!("stroke=\"{stroke}\" stroke-width=\"1.6\"")).nth(1).expect("the stroke is used");
    let d =
        group.split("<path d=\"M").nth(1).and_then(|rest| rest.split('"').next()).expect("a path follows");
    let spaced = d.replace('-', " -").replace('l', " ");
    let numbers: Vec<f64> = spaced.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let mut at = [0.0, 0.0];
    let step = |pair: &[f64]| {
        at = [at[0] + pair[0], at[1] + pair[1]];
        at
    };
    numbers.chunks(2).map(step).collect()
}

#[test]
fn a_line_leaving_the_axes_keeps_its_slope_in_the_svg() {
    let slope = |height: f64| {
        let figure = sample(straight);
        let mut settings = figure.settings();
        settings.set("height", height).unwrap();
        let data = (figure.data)(&settings).unwrap();
        let svg = standalone(&figure, &straight(&data, &settings).unwrap(), Palette::Light).unwrap();
        let points = path(&svg, "#0067b1");
        assert_eq!(points.len(), 2);
        (points[1][1] - points[0][1]) / (points[1][0] - points[0][0])
    };
    // Height 8 over 4 stays inside the axes, height 16 leaves them: twice the slope, where clamping would give 5/4.
    assert!((slope(16.0) / slope(8.0) - 2.0).abs() < 0.01);
}

#[test]
fn inline_is_one_well_formed_line() {
    let figure = sample(straight);
    let (_, plates) = plates(&figure);
    let inline = inline(&figure, &plates).unwrap();
    assert!(!inline.html.contains('\n'));
    assert_eq!(inline.html.matches("<svg role=\"img\" aria-labelledby=").count(), 2);
    assert_eq!(inline.html.matches("<desc").count(), 2);
    assert!(inline.html.contains("A &lt; B &amp; &quot;C&quot;, panel 2 of 2: again</title>"));
    assert!(inline.html.contains("var(--fig-1)") && inline.html.contains("currentColor"));
    assert!(!inline.html.contains("<text") && !inline.html.contains("<defs"));
    assert!(!inline.html.contains("#0067b1"));
    let ids: Vec<&str> =
        inline.html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(ids.iter().all(|id| id.starts_with("fig-sample-")), "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for palette in [Palette::Light, Palette::Dark, Palette::CssVariables] {
        let svg = standalone(&figure, &plates, palette).unwrap();
        resvg::usvg::roxmltree::Document::parse(&svg).unwrap();
        assert_eq!(svg.contains("var("), palette == Palette::CssVariables);
    }
    let page = format!("<div>{}</div>", inline.html);
    resvg::usvg::roxmltree::Document::parse(&page).unwrap();
}

/// The listener of figures that nobody hears.
fn nobody(_: &Figure) -> Listener {
    Listener::default()
}

fn scratch(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("sdml-figures-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn kept_figures_are_found_and_damaged_ones_computed_again() {
    let figure = sample(straight);
    let settings = figure.settings();
    let cache = Cache::at(scratch("cache"));
    assert_eq!(cache.find(&figure, &settings), None);
    let drawing = draw(&figure, &settings, &cache).unwrap();
    assert_eq!(cache.find(&figure, &settings).as_ref(), Some(&drawing));

    let path = cache.path(&figure, &settings);
    let whole = std::fs::read(&path).unwrap();
    for damaged in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], &whole[1..], b""] {
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(cache.find(&figure, &settings), None);
        assert_eq!(draw(&figure, &settings, &cache).unwrap(), drawing);
        assert_eq!(std::fs::read(&path).unwrap(), whole, "the entry is mended");
    }

    let mut other = settings.clone();
    other.seed += 1;
    assert_ne!(Cache::key(&figure, &settings), Cache::key(&figure, &other));
    other = settings.clone();
    other.set("height", 15.0).unwrap();
    assert_ne!(Cache::key(&figure, &settings), Cache::key(&figure, &other));
    let folder = path.parent().unwrap();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "no drafts are left");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn several_at_once_do_not_disturb_each_other() {
    let figure = sample(straight);
    let cache = Cache::at(scratch("crowd"));
    let jobs: Vec<_> = (0..32).map(|_| (&figure, figure.settings())).collect();
    let drawings = draw_all(&jobs, &cache, &|_, _| {}, &nobody);
    let first = drawings[0].as_ref().unwrap();
    assert!(drawings.iter().all(|drawing| drawing.as_ref().unwrap() == first));
    assert_eq!(cache.find(&figure, &figure.settings()).as_ref(), Some(first));
    std::fs::remove_dir_all(cache.path(&figure, &figure.settings()).parent().unwrap()).unwrap();
}

#[test]
fn the_legend_takes_the_emptiest_corner_and_panels_begin_level() {
    let mut falling = Plate::new().y(0.0..=1.0, "$y$");
    falling.line(&[0.0, 0.5, 1.0], &[0.95, 0.94, 0.93], BLUE).keyed("falling");
    let tall = Plate::new().y(0.0..=1.0, r"$\displaystyle\sum_{k=1}^n \frac{1}{k}$");
    let figure = sample(straight);
    let prints = emission::prints(&figure, &[falling, tall], Palette::Light).unwrap();
    let place = |print: &layout::Print, text: &str| {
        print.sheet.words.iter().find(|(word, _)| word == text).map(|(_, bounds)| *bounds).unwrap()
    };
    let key = place(&prints[0], "falling");
    assert!(key.top > 200.0, "the line runs above: {key:?}");
    assert!((place(&prints[0], "$1.0$").top - place(&prints[1], "$1.0$").top).abs() < 1e-9);
}

#[test]
fn a_figure_that_fails_takes_no_other_with_it() {
    let good = sample(straight);
    let panics = Figure { id: "panics", ..sample(|_, _| panic!("no such thing")) };
    let fails = Figure { id: "fails", ..sample(|data, _| data.get("z").map(|_| Vec::new())) };
    let empty = Figure { id: "empty", ..sample(|_, _| Ok(Vec::new())) };
    let uneven = Figure {
        id: "uneven",
        ..sample(|_, _| {
            let mut plate = Plate::new();
            plate.line(&[0.0, 1.0], &[0.0], BLUE);
            Ok(vec![plate])
        })
    };
    let jobs = [&good, &panics, &fails, &empty, &uneven].map(|figure| (figure, figure.settings()));
    let cache = Cache::at(scratch("failing"));
    let told = Mutex::new(Vec::new());
    let tell = |figure: &Figure, event: Event| told.lock().unwrap().push((figure.id, event));
    let results = draw_all(&jobs, &cache, &tell, &nobody);
    assert!(results[0].is_ok());
    let expected =
        ["the figure `panics`: no such thing", "the figure `fails`: no column `z`: there are x, y"];
    for (result, expected) in results[1..].iter().zip(expected) {
        assert_eq!(format!("{:#}", result.as_ref().unwrap_err()), expected);
    }
    assert!(format!("{:#}", results[3].as_ref().unwrap_err()).contains("no panel"));
    let message = format!("{:#}", results[4].as_ref().unwrap_err());
    assert!(message.contains("panel 1 of the figure `uneven`") && message.contains("[2, 1]"), "{message}");
    let told = told.into_inner().unwrap();
    assert_eq!(told.iter().filter(|(_, event)| *event == Event::Started).count(), 5);
    assert_eq!(told.iter().filter(|(_, event)| matches!(event, Event::Failed { .. })).count(), 4);
    assert!(
        told.iter()
            .any(|(id, event)| *id == "sample" && matches!(event, Event::Finished { kept: false, .. }))
    );
    let again = Mutex::new(false);
    let tell = |_: &Figure, event: Event| {
        *again.lock().unwrap() |= matches!(event, Event::Finished { kept: true, .. });
    };
    draw_all(&jobs[..1], &cache, &tell, &nobody);
    assert!(again.into_inner().unwrap());
}

/// Two steps on θ² from `start`: iterations 0 and 1, with the losses start² and 0.
fn train(start: f64) -> Result<f64> {
    let square = |_: usize, theta: &[f64], gradient: &mut [f64]| {
        gradient[0] = 2.0 * theta[0];
        Ok(theta[0] * theta[0])
    };
    let mut theta = [start];
    minimize(&mut theta, &mut Plain, Schedule::Constant(0.5), 2, square, |_, _, _| ())?;
    Ok(theta[0])
}

#[test]
fn the_trainings_of_a_figure_are_heard_on_whatever_thread_they_run() {
    // Numbers that no other figure trains from, on as many threads as there are.
    fn trained(settings: &Settings) -> Result<Data> {
        let (one, two) = both(|| train(settings.get("height")), || train(settings.get("height") + 1.0));
        let more = on_all_cores(2..20u32, |k| train(settings.get("height") + f64::from(k)))?;
        Ok(Data::new().column("x", [0.0, one?, two?]).column("y", [0.0, 1.0, more.len() as f64]))
    }
    let figures = ["first", "second", "third"].map(|id| Figure { id, data: trained, ..sample(straight) });
    let jobs: Vec<_> = figures
        .iter()
        .zip(1u8..)
        .map(|(figure, k)| {
            let mut settings = figure.settings();
            settings.set("height", 100.0 * f64::from(k)).unwrap();
            (figure, settings)
        })
        .collect();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = |figure: &Figure| {
        let (heard, id) = (Arc::clone(&heard), figure.id);
        Listener::new(move |Iteration { k, loss, .. }| heard.lock().unwrap().push((id, k, loss)))
    };
    let cache = Cache::at(scratch("heard"));
    let drawings = draw_all(&jobs, &cache, &|_, _| {}, &listener);
    assert!(drawings.iter().all(Result::is_ok));
    let mut found = heard.lock().unwrap().clone();
    let mut expected = Vec::new();
    for (id, height) in [("first", 100.0), ("second", 200.0), ("third", 300.0)] {
        for k in 0..20 {
            let start = height + f64::from(k);
            expected.extend([(id, 0, start * start), (id, 1, 0.0)]);
        }
    }
    let order = |a: &(&str, usize, f64), b: &(&str, usize, f64)| {
        a.0.cmp(b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2))
    };
    found.sort_by(order);
    expected.sort_by(order);
    assert_eq!(found, expected);
    std::fs::remove_dir_all(cache.path(jobs[0].0, &jobs[0].1).parent().unwrap()).unwrap();
}

#[test]
fn figures_that_ask_for_the_same_results_share_them_and_keep_their_order() {
    static SHELF: LazyLock<Shelf> = LazyLock::new(|| Shelf::at(scratch("shelf")));
    static TRAININGS: AtomicUsize = AtomicUsize::new(0);
    // The sum of 0, …, 9999, by a training that enters the pool.
    fn result(name: &str) -> Result<f64> {
        let train = || {
            TRAININGS.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(vec![vec![(0..10_000u32).into_par_iter().map(f64::from).sum::<f64>()]])
        };
        Ok(SHELF.trained("ch1_preliminaries/learning", name, &(), train)?[0][0])
    }
    // Two results, asked for crosswise.
    fn sums(settings: &Settings) -> Result<Data> {
        let height = settings.get("height");
        let names = if height % 2.0 == 0.0 { ["one", "other"] } else { ["other", "one"] };
        let sums = on_all_cores(names, result)?;
        Ok(Data::new().column("x", [0.0, 4.0]).column("y", [0.0, height]).column("sums", sums))
    }
    let figure = Figure { data: sums, ..sample(straight) };
    let jobs: Vec<_> = (0..3 * rayon::current_num_threads() + 5)
        .map(|height| {
            let mut settings = figure.settings();
            settings.set("height", height as f64).unwrap();
            (&figure, settings)
        })
        .collect();
    let cache = Cache::at(scratch("sharing"));
    let drawings = draw_all(&jobs, &cache, &|_, _| {}, &nobody);
    assert_eq!(drawings.len(), jobs.len());
    for (drawing, (_, settings)) in drawings.iter().zip(&jobs) {
        let data = &drawing.as_ref().unwrap().data;
        assert_eq!(data.get("y").unwrap(), [0.0, settings.get("height")]);
        assert_eq!(data.get("sums").unwrap(), [49_995_000.0; 2]);
    }
    assert_eq!(TRAININGS.load(Ordering::Relaxed), 2);
    for name in ["shelf", "sharing"] {
        scratch(name);
    }
}

#[test]
fn what_fails_on_another_thread_keeps_its_words() {
    fn refuse() {
        panic!("no such thing");
    }
    fn of_two(_: &Settings) -> Result<Data> {
        both(|| (), refuse);
        Ok(Data::new())
    }
    fn of_many(_: &Settings) -> Result<Data> {
        on_all_cores(0..9, |k| {
            if k == 4 {
                refuse();
            }
            Ok(k)
        })?;
        Ok(Data::new())
    }
    let cache = Cache::at(scratch("words"));
    let all: [fn(&Settings) -> Result<Data>; 2] = [of_two, of_many];
    for data in all {
        let figure = Figure { data, ..sample(straight) };
        let error = draw(&figure, &figure.settings(), &cache).unwrap_err();
        assert_eq!(format!("{error:#}"), "the figure `sample`: no such thing");
    }
    let refused = on_all_cores(0..40u32, |k| if k % 10 == 7 { bail!("{k} is refused") } else { Ok(k) });
    assert_eq!(refused.unwrap_err().to_string(), "7 is refused");
}

#[test]
fn exports_are_files_of_their_kind() -> Result<()> {
    let figure = sample(straight);
    let folder = scratch("exports");
    let drawing = draw(&figure, &figure.settings(), &Cache::at(folder.join("cache")))?;
    for (format, start) in Format::ALL.into_iter().zip([
        b"<?xml version".as_slice(),
        b"\x89PNG\r\n",
        b"%PDF-1.7",
        b"x,y\n0.0,0.0",
    ]) {
        let path = export::export(&drawing, format, 2.0, &folder)?;
        assert_eq!(
            path.file_name().and_then(|name| name.to_str()),
            Some(&*format!("sample.{}", format.extension()))
        );
        assert!(std::fs::read(&path)?.starts_with(start), "{path:?}");
    }
    assert!(export::content(&drawing, Format::Png, 0.0).is_err());
    assert!(export::content(&drawing, Format::Png, 1e9).is_err());
    assert!(format!("{:#}", "jpg".parse::<Format>().unwrap_err()).contains("svg, png, pdf, csv"));

    std::fs::write(folder.join("file"), "")?;
    let error = export::export(&drawing, Format::Svg, 2.0, &folder.join("file")).unwrap_err();
    assert!(format!("{error:#}").contains("cannot write") && format!("{error:#}").contains("sample.svg"));
    std::fs::remove_dir_all(&folder)?;
    match Cache::at("/proc/no/such/place").keep(&figure, &figure.settings(), &drawing) {
        Ok(()) => bail!("a place that cannot be written is an error"),
        Err(_) => Ok(()),
    }
}

#[test]
fn nothing_is_drawn_outside_the_axes() {
    let mut plate = Plate::new().x(0.0..=1.0, "").y(0.0..=1.0, "").x_ticks(&[]).y_ticks(&[]);
    plate.points(&[0.5, 2.0, f64::NAN], &[0.5, 0.5, 0.5], BLUE);
    plate.bars(&[0.0, 0.5, 3.0], &[0.5, 7.0], GREEN);
    plate.band(&[-1.0, 2.0], &[-1.0, -1.0], &[5.0, 5.0], GOLD);
    plate.arrow((0.5, 0.5), (0.5, 1.5), PURPLE);
    let print = layout::print(&plate, Palette::Light, "p", 0.0).unwrap();
    assert_eq!(print.sheet.body.matches("<circle").count(), 1);
    assert!(!print.sheet.body.contains("#a3408b"), "an arrow that leaves the axes is left out");
    assert!(!print.sheet.body.contains("NaN") && !print.sheet.body.contains("inf"));
}

fn everything(_: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let xs: Vec<f64> = (0..=20).map(|k| k as f64 / 10.0).collect();
    let ys: Vec<f64> = xs.iter().map(|x| (3.0 * x).sin()).collect();
    let low: Vec<f64> = ys.iter().map(|y| y - 0.2).collect();
    let bowl: Vec<f64> = xs.iter().flat_map(|y| xs.iter().map(move |x| (x - 1.0).hypot(y - 1.0))).collect();
    let mut a = Plate::new().x(0.0..=2.0, "$x$").y(-1.5..=1.5, "$y$").title("Marks");
    a.band(&xs, &low, &ys, BLUE);
    a.line(&xs, &ys, BLUE).named("sine");
    a.steps(&xs, &low, ORANGE.thin()).keyed("staircase");
    a.bars(&[0.0, 0.5, 1.0], &[0.5, 1.0], GREEN).keyed("bars");
    a.area(&xs, &low, PURPLE).keyed("area");
    a.points(&xs, &low, SKY).keyed("points");
    a.estimates(&[1.0], &[0.0], &[0.5], GOLD);
    a.horizontal(0.0, GREY.dotted()).named_at(0.2, Side::Below, "zero");
    a.vertical(1.0, GREY.dashed());
    let b = Plate::new().x(0.0..=1.5, "$x$").y(0.0..=2.0, "$y$").equal().without_rules();
    let shade = Shade::Sequential { colour: BLUE, low: 0.0, high: 1.5 };
    let mut b = b.scale(shade);
    b.heatmap(0.0..=2.0, 0.0..=2.0, &bowl, 21, shade);
    b.contours(&xs, &xs, &bowl, &[0.3, 0.6], INK);
    b.arrows(&[0.5, 1.0], &[0.5, 0.5], &[0.2, 0.0], &[0.0, 0.3], ORANGE);
    let mut c = Plate::new().log_x(1.0..=1e4, "$N$").log_y(1e-3..=1.0, "error").y_ticks(&[(0.1, "a tenth")]);
    c.power(-0.5, (1.0, 1.0), 1e4, ORANGE);
    c.slope(-0.5, (10.0, 0.1), 100.0, "$-1/2$");
    let mut d = Plate::diagram(300.0, 100.0);
    d.segment((50.0, 50.0), (250.0, 50.0), GREY);
    d.node((50.0, 50.0), 12.0, "$x_1$", BLUE);
    d.arrow(unit(0.5, 0.2), unit(0.9, 0.2), INK);
    d.polygon([(100.0, 70.0), (120.0, 70.0), (110.0, 90.0)], GREEN);
    Ok(vec![a, b, c, d])
}

#[test]
fn every_mark_prints_the_same_each_time_and_is_well_formed() -> Result<()> {
    let figure = sample(everything);
    let (_, plates) = plates(&figure);
    assert_eq!(collisions(&figure, &plates).unwrap(), Vec::<String>::new());
    let page = inline(&figure, &plates)?;
    assert_eq!(page, inline(&figure, &plates)?);
    for text in [&format!("<div>{}</div>", page.html), &standalone(&figure, &plates, Palette::Dark)?] {
        resvg::usvg::roxmltree::Document::parse(text)?;
        assert!(!text.contains("NaN") && !text.contains("<text"));
    }
    let clip = page.html.split("clip-path=\"url(#").nth(1).and_then(|rest| rest.split(')').next());
    let clip = clip.expect("the heat map reaches beyond the axes");
    assert!(clip.starts_with("fig-sample-2-") && page.html.contains(&format!("<clipPath id=\"{clip}\">")));
    assert!(page.html.contains("fill=\"var(--bg)\""), "a node hides what is behind it");
    Ok(())
}

#[test]
fn names_at_line_ends_make_room_for_each_other() {
    let figure = sample(|_, _| {
        let mut plate = Plate::new().x(0.0..=1.0, "$t$").y(0.0..=1.0, "$y$");
        for (k, name) in ["first", "second", "third", "$x^2$"].iter().enumerate() {
            plate.line(&[0.0, 1.0], &[0.0, 0.5 + 0.01 * k as f64], CYCLE[k]).named(name);
        }
        Ok(vec![plate])
    });
    let (_, plates) = plates(&figure);
    assert_eq!(collisions(&figure, &plates).unwrap(), Vec::<String>::new());
}

#[test]
fn faults_are_reported() {
    let fault = |plate: &Plate| {
        format!("{:#}", layout::print(plate, Palette::Light, "p", 0.0).err().expect("a fault"))
    };
    assert!(fault(&Plate::new().x(1.0..=0.0, "")).contains("horizontal axis"));
    assert!(fault(&Plate::new().log_y(0.0..=1.0, "")).contains("not positive"));
    let mut plate = Plate::new();
    plate.line(&[5.0], &[5.0], BLUE).named("gone");
    assert!(fault(&plate).contains("`gone`"));
    let mut plate = Plate::new();
    plate.bars(&[0.0, 1.0], &[1.0, 2.0], BLUE);
    assert!(fault(&plate).contains("2 bars need 3 edges"));
    let mut plate = Plate::new();
    plate.heatmap(
        0.0..=1.0,
        0.0..=1.0,
        &[1.0; 5],
        2,
        Shade::Sequential { colour: BLUE, low: 0.0, high: 1.0 },
    );
    assert!(fault(&plate).contains("rows of 2"));
    let mut plate = Plate::new();
    plate.label((0.0, f64::NAN), "lost", Side::Above, INK);
    assert!(fault(&plate).contains("`lost`"));
    assert!(fault(&Plate::new().title(r"$\nosuch$")).contains("nosuch"));
}
