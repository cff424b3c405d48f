//! The contract of the random streams.

use rand::Rng;
use sdml::random::{LANES, SHARDS, Streams};
use sdml::statistics::{Moments, ensemble, estimate, kolmogorov_smirnov, normal};

const STREAMS: Streams = Streams::new(20, "the contract");

/// A sum whose bits depend on the order of its terms.
fn order_sensitive() -> Moments {
    let [moments] =
        ensemble(&STREAMS, 1000, || (), |(), stream| Ok([(5.0 * stream.normal()).exp()])).unwrap();
    moments
}

#[test]
fn same_bits_at_any_number_of_threads() {
    let runs = [1, 2, 7].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(order_sensitive)
    });
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
    let in_one_go: Moments = (0..1000).map(|path| (5.0 * STREAMS.stream(path).normal()).exp()).collect();
    assert_ne!(runs[0], in_one_go, "the sum would not notice another order");
}

#[test]
fn any_path_can_be_replayed_alone() {
    let record = |paths: u64| {
        STREAMS.map_reduce(
            paths,
            Vec::new,
            |seen: &mut Vec<(u64, [f64; 3])>, path, stream| {
                seen.push((path, std::array::from_fn(|_| stream.normal())));
                Ok(())
            },
            |mut left, right| {
                left.extend(right);
                left
            },
        )
    };
    let all = record(1000).unwrap();
    assert!(all.iter().enumerate().all(|(k, (path, _))| *path == k as u64), "every path once, in order");
    let mut alone = STREAMS.stream(731);
    assert_eq!(all[731].1, std::array::from_fn(|_| alone.normal()));
    // The path does not depend on how many others there are, fewer than shards included.
    assert_eq!(record(SHARDS / 2).unwrap()[..], all[..SHARDS as usize / 2]);
}

#[test]
fn errors_come_out_of_an_ensemble() {
    let refuse = |path: u64| sdml::Error::argument("path", path, "below 700");
    let result = STREAMS.map_reduce(
        1000,
        || (),
        |(), path, _| if path < 700 { Ok(()) } else { Err(refuse(path)) },
        |(), ()| (),
    );
    assert_eq!(result.unwrap_err(), refuse(700));
}

/// The first words must never change: every pinned number depends on them. They come from a second implementation,
/// written from the description alone; the normals are what these words give.
#[test]
fn values_are_stable() {
    let mut stream = Streams::new(1, "stability").stream(731);
    let words: [u64; 3] = std::array::from_fn(|_| stream.next_u64());
    assert_eq!(words, [670178008983796683, 11860144219011352805, 11228964225489180751]);
    let mut node = Streams::new(1, "stability").keyed(731).node(5);
    let words: [u64; 3] = std::array::from_fn(|_| node.next_u64());
    assert_eq!(words, [9061610069371114226, 6685121614194981201, 7241408280928371969]);
    let mut stream = Streams::new(1, "stability").stream(731);
    assert_eq!(
        [stream.normal(), stream.normal(), stream.uniform()],
        [-0.9378110555091186, 0.22060011369839352, 0.608723370401869]
    );
}

#[test]
fn eight_together_give_what_each_gives_alone() {
    let mut lanes = STREAMS.lanes(40);
    let mut alone: [_; LANES] = std::array::from_fn(|lane| STREAMS.stream(40 + lane as u64));
    let mut values = vec![[0.0; LANES]; 997];
    let mut farthest = 0.0f64;
    for round in 0..40 {
        lanes.fill_normal(&mut values);
        for row in &values {
            assert_eq!(*row, alone.each_mut().map(|stream| stream.normal()));
            farthest = row.iter().fold(farthest, |farthest, z| farthest.max(z.abs()));
        }
        // One lane goes ahead of the others.
        let lane = round % LANES;
        assert_eq!(lanes.with(lane, |stream| stream.uniform()), alone[lane].uniform());
    }
    assert!(farthest > 4.0, "the tail beyond 3.65, which has a way of its own, was never met");
}

/// Rows that fill blocks of eight, that do not, and both; as many columns as a block has rows, fewer, and more.
#[test]
fn rows_of_a_bundle_draw_from_their_own_streams() {
    for rows in [0, 1, 7, 8, 9, 16, 20, 31] {
        let mut bundle = STREAMS.bundle(40..40 + rows as u64);
        assert_eq!((bundle.len(), bundle.is_empty()), (rows, rows == 0));
        let mut alone: Vec<_> = (0..rows as u64).map(|row| STREAMS.stream(40 + row)).collect();
        for columns in [1, 8, 0, 11, 2] {
            let mut matrix = vec![f64::NAN; rows * columns];
            bundle.fill_normal(&mut matrix);
            let exact = alone.iter_mut().flat_map(|stream| (0..columns).map(|_| stream.normal()));
            assert_eq!(matrix, exact.collect::<Vec<_>>(), "{rows} rows of {columns}");
            for (row, stream) in alone.iter_mut().enumerate() {
                assert_eq!(bundle.with(row, |stream| stream.uniform()), stream.uniform(), "row {row}");
            }
        }
    }
    assert!(STREAMS.bundle(3..3).is_empty());
}

#[test]
#[should_panic(expected = "a row for each of 9 streams")]
fn a_bundle_fills_whole_rows() {
    STREAMS.bundle(0..9).fill_normal(&mut [0.0; 19]);
}

/// Half a word is its upper half, and bytes are those of the words, the lowest first.
#[test]
fn words_in_parts() {
    fn same<R: Rng + Clone>(mut parts: R) {
        let mut whole = parts.clone();
        for _ in 0..5 {
            assert_eq!(parts.next_u32(), (whole.next_u64() >> 32) as u32);
        }
        let mut bytes = [0; 24];
        parts.fill_bytes(&mut bytes);
        let words: [u64; 3] = std::array::from_fn(|_| whole.next_u64());
        assert_eq!(bytes[..], *words.map(u64::to_le_bytes).as_flattened());
        assert_eq!(parts.next_u64(), whole.next_u64());
    }
    same(STREAMS.stream(5));
    same(STREAMS.keyed(5).node(2));
}

/// Each argument reaches the numbers: seed, purpose, path, and one after the other against by number.
#[test]
fn streams_of_different_names_differ() {
    let word = |seed, purpose, path| Streams::new(seed, purpose).stream(path).next_u64();
    let by_number = Streams::new(1, "a").keyed(1).node(0).next_u64();
    let words = [word(1, "a", 1), word(2, "a", 1), word(1, "b", 1), word(1, "a", 2), by_number];
    for (k, word) in words.iter().enumerate() {
        assert!(!words[..k].contains(word));
    }
}

/// First draws of neighbouring streams and nodes: uniform in law, and uncorrelated with each other.
#[test]
fn neighbours_are_independent() {
    let keyed = STREAMS.keyed(0);
    let first: [Vec<f64>; 3] = [
        (0..20_000).map(|path| STREAMS.stream(path).normal()).collect(),
        (0..20_000).map(|path| STREAMS.keyed(path).node(1).normal()).collect(),
        (0..20_000).map(|node| keyed.node(node).normal()).collect(),
    ];
    let second: Vec<f64> = (0..20_000)
        .map(|node| {
            let mut node = keyed.node(node);
            node.normal();
            node.normal()
        })
        .collect();
    let correlation = |a: &[f64], b: &[f64]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| a * b);
        sdml::statistics::Estimate::of(products).unwrap().z(0.0)
    };
    for values in first.iter().chain([&second]) {
        assert!(kolmogorov_smirnov(values, normal::cdf).unwrap().p_value > 1e-3);
        assert!(correlation(values, &values[1..]).abs() < 4.0);
    }
    assert!(correlation(&first[0], &first[1]).abs() < 4.0);
    assert!(correlation(&first[2], &second).abs() < 4.0);
    assert!(correlation(&first[2][1..], &second).abs() < 4.0);
}

#[test]
fn normals_have_the_moments_of_the_normal_law() {
    let powers = estimate(&STREAMS, 200_000, |stream| {
        let z = stream.normal();
        [z, z.powi(2), z.powi(3), z.powi(4)]
    });
    for (power, exact) in powers.unwrap().iter().zip([0.0, 1.0, 0.0, 3.0]) {
        assert!(power.z(exact).abs() < 4.0, "{power:?} against {exact}");
    }
    let mut stream = STREAMS.stream(0);
    let mut filled = [0.0; 3];
    stream.fill_normal(&mut filled);
    let mut replay = STREAMS.stream(0);
    assert_eq!(filled, std::array::from_fn(|_| replay.normal()));
}
