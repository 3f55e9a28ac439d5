//! Why a sketch is what it is: five ways to keep 128 values of a set, side by side: `cargo bench --bench sketches`.
//!
//! What a sketch costs, how well it estimates a Jaccard similarity and which pairs it brings together in bands decide
//! together which one a corpus is worth, and papers report each of them on data and machines of their own. Here all five
//! see the same sets. The library's own sketch and banding are called; the others are written as plainly as they allow.
//!
//! It is wrong about time, where another form of the same sketch may be faster (vector instructions, several hashes at
//! once), and about text: the sets are random numbers that stand for well hashed shingles, both sets of a pair have
//! one size, and a hash that is poorer than random would hurt each sketch differently. A share of candidates is only as
//! exact as 4,000 pairs make it, 0.1 points at 99.8 %. The bytes are those of a full sketch; only the bottom of a small
//! set could be stored in fewer.

#![expect(clippy::print_stdout, reason = "tables on standard output are what this bench is for")]

use std::hint::black_box;
use std::time::Instant;

use dehusk::dedup::Banding;
use dehusk::fingerprint::{BINS, Sketch};

type Values = [u32; BINS];

/// Marks a value that no shingle has given.
const EMPTY: u32 = u32::MAX;
/// Pairs for each size and similarity.
const PAIRS: u64 = 4_000;
/// Shingles in a set.
const SIZES: [usize; 3] = [10, 100, 1_000];
/// The threshold that the bands are made for comes first.
const SIMILARITIES: [f64; 3] = [0.8, 0.7, 0.5];
/// What a document's place in a bucket takes: six bytes of the bucket, four of the document.
const BUCKET_BYTES: usize = 10;
/// Repetitions of a measurement of time, of which the fastest counts.
const ROUNDS: usize = 15;
/// Odd; the golden ratio in 64 bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A way to make a sketch and to read it.
struct Method {
    name: &'static str,
    sketch: fn(&[u64]) -> Values,
    estimate: fn(&Values, &Values) -> f64,
    /// Whether the values stand in an order that can be cut into bands.
    has_bands: bool,
}

const METHODS: [Method; 5] = [
    Method { name: "ours", sketch: |set| Sketch::of(set).0, estimate: equal, has_bands: true },
    Method { name: "rotation", sketch: rotation, estimate: equal, has_bands: true },
    Method { name: "128 permutations", sketch: permutations, estimate: equal, has_bands: true },
    Method { name: "SuperMinHash", sketch: super_min_hash, estimate: equal, has_bands: true },
    Method { name: "bottom-128", sketch: bottom, estimate: bottom_estimate, has_bands: false },
];

/// Two sets and their exact similarity.
struct Pair {
    sets: [Vec<u64>; 2],
    similarity: f64,
}

fn main() {
    print_sketches();
    println!();
    print_bandings();
}

fn print_sketches() {
    let banding = Banding::for_threshold(SIMILARITIES[0]);
    let pairs = SIZES.map(|size| SIMILARITIES.map(|similarity| pairs_of(size, similarity)));
    let Banding { bands, rows } = banding;
    println!("{BINS} values a sketch, {PAIRS} pairs a figure, as near to each similarity as whole shingles");
    println!("come; candidates in % of the pairs, with {bands} bands of {rows} rows.\n");
    let sizes = |what: &str| SIZES.map(|size| format!(" {what}, {size} |")).concat();
    println!(
        "| sketch | bytes | ns a shingle of 1,000 | ns a document of 10 |{}{}",
        sizes("bias ± deviation at 0.8"),
        sizes("candidates at 0.8 / 0.7 / 0.5")
    );
    println!("| --- |{}", " ---: |".repeat(3 + 2 * SIZES.len()));
    for method in &METHODS {
        let shingle = nanoseconds(method, 1_000) / 1_000.0;
        let document = nanoseconds(method, 10);
        let errors = pairs.each_ref().map(|[likest, ..]| errors(method, likest)).concat();
        let candidates = pairs.each_ref().map(|pairs| candidates(method, banding, pairs)).concat();
        let (name, bytes) = (method.name, size_of::<Values>());
        println!("| {name} | {bytes} | {shingle:.1} | {document:.0} |{errors}{candidates}");
    }
    let errors = pairs.each_ref().map(|[likest, ..]| independent_error(likest)).concat();
    let candidates = pairs.each_ref().map(|pairs| independent_candidates(banding, pairs)).concat();
    println!("| 128 independent values, by theory | | | |{errors}{candidates}");
}

fn print_bandings() {
    println!("| threshold | bands × rows | bytes a document | found at it | at 0.05 more | at 0.3 |");
    println!("|{}", " ---: |".repeat(6));
    for threshold in [0.5, 0.7, 0.8, 0.9] {
        let banding = Banding::for_threshold(threshold);
        let Banding { bands, rows } = banding;
        let found = [threshold, threshold + 0.05, 0.3].map(|at| 100.0 * banding.probability(at));
        let found = found.map(|share| format!(" {share:.2} % |")).concat();
        println!("| {threshold} | {bands} × {rows} | {} |{found}", bands * BUCKET_BYTES);
    }
}

/// The time that a sketch of one set takes.
fn nanoseconds(method: &Method, size: usize) -> f64 {
    let mut random = Random(size as u64);
    let sets: Vec<Vec<u64>> = (0..200_000 / size).map(|_| random.set(size)).collect();
    let round = |_| {
        let start = Instant::now();
        for set in &sets {
            black_box((method.sketch)(black_box(set)));
        }
        start.elapsed().as_nanos() as f64 / sets.len() as f64
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

/// A cell with the mean error of the estimates and their standard deviation.
fn errors(method: &Method, pairs: &[Pair]) -> String {
    let error = |pair: &Pair| {
        let [a, b] = pair.sets.each_ref().map(|set| (method.sketch)(set));
        (method.estimate)(&a, &b) - pair.similarity
    };
    let errors: Vec<f64> = pairs.iter().map(error).collect();
    let count = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / count;
    let variance = errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / (count - 1.0);
    format!(" {mean:+.4} ± {:.4} |", variance.sqrt())
}

/// A cell with the share of pairs that agree in a band, for each similarity.
fn candidates(method: &Method, banding: Banding, pairs: &[Vec<Pair>; 3]) -> String {
    if !method.has_bands {
        return " – |".to_owned();
    }
    let meets = |pair: &&Pair| {
        let [a, b] = pair.sets.each_ref().map(|set| (method.sketch)(set));
        let bands = a.chunks_exact(banding.rows).zip(b.chunks_exact(banding.rows));
        bands.take(banding.bands).any(|(a, b)| a == b)
    };
    shares(&pairs.each_ref().map(|pairs| pairs.iter().filter(meets).count() as f64 / pairs.len() as f64))
}

fn shares(shares: &[f64; 3]) -> String {
    let [first, second, third] = shares.map(|share| 100.0 * share);
    format!(" {first:.2} / {second:.1} / {third:.1} |")
}

/// What [`errors`] would be if the values of a sketch were independent.
fn independent_error(pairs: &[Pair]) -> String {
    let similarity = pairs[0].similarity;
    format!(" 0 ± {:.4} |", (similarity * (1.0 - similarity) / BINS as f64).sqrt())
}

/// What [`candidates`] would be if the values of a sketch were independent.
fn independent_candidates(banding: Banding, pairs: &[Vec<Pair>; 3]) -> String {
    shares(&pairs.each_ref().map(|pairs| banding.probability(pairs[0].similarity)))
}

/// Pairs of sets of a size, as near to a similarity as whole shingles allow.
fn pairs_of(size: usize, similarity: f64) -> Vec<Pair> {
    let shared = (2.0 * size as f64 * similarity / (1.0 + similarity)).round() as usize;
    let similarity = shared as f64 / (2 * size - shared) as f64;
    let mut random = Random((size << 32 | shared) as u64);
    let pair = |_| {
        let common = random.set(shared);
        let sets = [(); 2].map(|()| [&*common, &*random.set(size - shared)].concat());
        Pair { sets, similarity }
    };
    (0..PAIRS).map(pair).collect()
}

/// The share of equal values.
fn equal(a: &Values, b: &Values) -> f64 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / BINS as f64
}

/// One permutation (Li, Owen and Zhang 2012): the least value of each bin.
fn binned(set: &[u64]) -> Values {
    let mut bins = [EMPTY; BINS];
    for shingle in set {
        let bin = &mut bins[(shingle >> (u64::BITS - BINS.ilog2())) as usize];
        *bin = (*bin).min(*shingle as u32);
    }
    bins
}

/// An empty bin borrows from the next filled one and marks the value with the distance (Shrivastava and Li 2014).
fn rotation(set: &[u64]) -> Values {
    let mut bins = binned(set);
    let Some(first) = bins.iter().position(|&value| value != EMPTY) else { return bins };
    let (mut lender, mut distance) = (bins[first], 0_u32);
    for i in (first..first + BINS).rev().map(|i| i % BINS) {
        if bins[i] == EMPTY {
            distance += 1;
            bins[i] = lender.wrapping_add(distance.wrapping_mul(SPREAD as u32));
        } else {
            (lender, distance) = (bins[i], 0);
        }
    }
    bins
}

/// As many permutations as values (Broder 1997), each a multiplication of which the high half is kept.
fn permutations(set: &[u64]) -> Values {
    let mut values = [EMPTY; BINS];
    for shingle in set {
        for (value, factor) in values.iter_mut().zip(&FACTORS) {
            *value = (*value).min((shingle.wrapping_mul(*factor) >> 32) as u32);
        }
    }
    values
}

static FACTORS: [u64; BINS] = {
    let (mut factors, mut random, mut i) = ([0; BINS], Random(1), 0);
    while i < BINS {
        factors[i] = random.draw() | 1;
        i += 1;
    }
    factors
};

/// Each shingle visits the values in a random order and offers the n-th a number between n and n + 1 until all values
/// are lower than what would follow (Ertl 2017). Here n is the seven high bits of a value.
fn super_min_hash(set: &[u64]) -> Values {
    const FRACTION: u32 = u32::BITS - BINS.ilog2();
    let (mut values, mut order, mut seen) = ([EMPTY; BINS], [0; BINS], [usize::MAX; BINS]);
    let (mut with_whole, mut highest) = ([0; BINS], BINS - 1);
    with_whole[highest] = BINS;
    for (i, &shingle) in set.iter().enumerate() {
        let (mut random, mut step) = (Random(shingle), 0);
        while step <= highest {
            let bits = random.draw();
            let other = step + (((bits >> 32) * (BINS - step) as u64) >> 32) as usize;
            for at in [step, other] {
                if seen[at] != i {
                    (seen[at], order[at]) = (i, at);
                }
            }
            order.swap(step, other);
            let (value, offer) =
                (&mut values[order[step]], (step as u32) << FRACTION | bits as u32 >> (32 - FRACTION));
            if offer < *value {
                with_whole[(*value >> FRACTION) as usize] -= 1;
                with_whole[step] += 1;
                *value = offer;
                while with_whole[highest] == 0 {
                    highest -= 1;
                }
            }
            step += 1;
        }
    }
    values
}

/// The least hashes of a set in which none comes twice, in order (Broder 1997; Cohen and Kaplan 2007).
fn bottom(set: &[u64]) -> Values {
    let mut hashes: Vec<u32> = set.iter().map(|shingle| (shingle >> 32) as u32).collect();
    if hashes.len() > BINS {
        hashes.select_nth_unstable(BINS);
        hashes.truncate(BINS);
    }
    hashes.sort_unstable();
    let mut values = [EMPTY; BINS];
    values[..hashes.len()].copy_from_slice(&hashes);
    values
}

/// Of the least hashes of both sets together, the share that both have.
fn bottom_estimate(a: &Values, b: &Values) -> f64 {
    let mut hashes: Vec<u32> = a.iter().chain(b).copied().filter(|&hash| hash != EMPTY).collect();
    hashes.sort_unstable();
    let least = || hashes.chunk_by(|a, b| a == b).take(BINS);
    least().filter(|equal| equal.len() == 2).count() as f64 / least().count() as f64
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(SPREAD);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn set(&mut self, size: usize) -> Vec<u64> {
        (0..size).map(|_| self.draw()).collect()
    }
}
