//! Turns a folder of labelled pages into the weights that dehusk ships.

mod corpus;
mod data;
mod random;
mod siblings;
mod trees;
mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use corpus::Example;
use rayon::prelude::*;
use trees::{Binned, Forest, Settings};
use words::Words;

const FOLDS: u64 = 4;

fn load(folder: &Path, set: &str, renders: &[&str], siblings: bool) -> Result<Vec<Example>> {
    let pages = data::read(&folder.join(format!("{set}.jsonl.gz")))?;
    let mut all = Vec::new();
    for render in renders {
        let pages: Vec<data::Page> = pages.iter().filter(|p| p.render == *render).cloned().collect();
        if !pages.is_empty() {
            all.extend(corpus::examples(&pages, siblings)?);
        }
    }
    Ok(all)
}

fn word_scores(model: &Words, example: &Example) -> Vec<f32> {
    let mut bag = Vec::new();
    (0..example.blocks.len())
        .map(|b| {
            words::slots(&example.observed.tokens, b, &mut bag);
            model.score(&bag)
        })
        .collect()
}

fn table(tables: Vec<dehusk::label::signals::Table>) -> (usize, Vec<f32>) {
    let width = tables.iter().map(|t| t.width).max().unwrap();
    (width, tables.into_iter().flat_map(|t| t.values).collect())
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn report(title: &str, examples: &[Example], opinions: &[Vec<f32>]) {
    let mut rows: BTreeMap<(String, String), Vec<(f64, f64, f64, bool, bool)>> = BTreeMap::new();
    for (x, o) in examples.iter().zip(opinions) {
        let (mut tp, mut fp, mut fnn) = (0.0f64, 0.0, 0.0);
        for ((t, w), p) in x.targets.iter().zip(&x.words).zip(o) {
            let (t, w) = (f64::from(*t), f64::from(*w));
            if *p > 0.5 {
                tp += t * w;
                fp += (1.0 - t) * w;
            } else {
                fnn += t * w;
            }
        }
        let p = if tp + fp > 0.0 { tp / (tp + fp) } else { 0.0 };
        let r = if tp + fnn > 0.0 { tp / (tp + fnn) } else { 0.0 };
        let f = if tp > 0.0 { 2.0 * tp / (2.0 * tp + fp + fnn) } else { f64::from(u8::from(fp + fnn == 0.0)) };
        rows.entry((x.set.clone(), x.render.clone())).or_default().push((p, r, f, tp + fp > 0.0, tp + fnn > 0.0));
    }
    println!("{title}");
    for ((set, render), v) in rows {
        let mean = |it: Vec<f64>| it.iter().sum::<f64>() / it.len().max(1) as f64;
        let p = mean(v.iter().filter(|x| x.3).map(|x| x.0).collect());
        let r = mean(v.iter().filter(|x| x.4).map(|x| x.1).collect());
        println!(
            "  {set:16} {render:8} {:5} P {p:.3} R {r:.3} F {:.3} pageF {:.3}",
            v.len(),
            2.0 * p * r / (p + r),
            mean(v.iter().map(|x| x.2).collect())
        );
    }
}

struct Stage {
    folds: Vec<Forest>,
    all: Forest,
}

fn fit(train: &[Example], tables: (usize, &[f32]), fold: &[std::ops::Range<usize>], settings: &Settings) -> Stage {
    let start = Instant::now();
    let binned = Binned::of(tables.1, tables.0);
    let targets: Vec<f32> = train.iter().flat_map(|x| x.targets.iter().copied()).collect();
    let mut weights: Vec<f32> = Vec::new();
    for x in train {
        let own: Vec<f32> = x.words.iter().map(|w| (w + 1.0).powf(0.75)).collect();
        let sum: f32 = own.iter().sum();
        weights.extend(own.iter().map(|w| w / sum * 100.0));
    }
    println!("  {} rows x {} signals, binned in {:?}", targets.len(), tables.0, start.elapsed());
    let folds = (0..fold.len())
        .map(|k| {
            let chosen: Vec<_> = (0..fold.len()).filter(|j| *j != k).map(|j| fold[j].clone()).collect();
            binned.fit(&targets, &weights, &chosen, settings)
        })
        .collect();
    let all = binned.fit(&targets, &weights, fold, settings);
    println!("  fitted in {:?}", start.elapsed());
    Stage { folds, all }
}

fn opinions(stage: &Forest, width: usize, values: &[f32], examples: &[Example]) -> Vec<Vec<f32>> {
    let mut starts = vec![0];
    for x in examples {
        starts.push(starts.last().unwrap() + x.blocks.len());
    }
    (0..examples.len())
        .into_par_iter()
        .map(|e| (starts[e]..starts[e + 1]).map(|r| sigmoid(stage.score(&values[r * width..][..width]))).collect())
        .collect()
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let folder = Path::new(&args[1]);
    let trees: usize = args.get(2).map_or(300, |a| a.parse().unwrap());
    let dump = args.get(3);
    let start = Instant::now();
    let renders = ["wet", "inscr", "residue"];
    let mut train = load(folder, "trafi", &renders, true)?;
    train.extend(load(folder, "wcxb-dev", &renders, true)?);
    let mut test = Vec::new();
    for set in ["big9", "chaos", "l3s", "daniel", "cleaneval-final", "cleanportal"] {
        test.extend(load(folder, set, &renders, false)?);
    }
    println!("{} + {} pages in {:?}", train.len(), test.len(), start.elapsed());
    train.sort_by_key(|x| (x.site % FOLDS, x.site.rotate_left(17), x.id.clone()));
    let fold_of = |x: &Example| (x.site % FOLDS) as usize;
    let mut fold = Vec::new();
    let mut at = 0;
    for k in 0..FOLDS as usize {
        let rows: usize = train.iter().filter(|x| fold_of(x) == k).map(|x| x.blocks.len()).sum();
        fold.push(at..at + rows);
        at += rows;
    }
    // Words.
    let all: Vec<&Example> = train.iter().collect();
    let mut word_models: Vec<Words> = (0..=FOLDS as usize)
        .into_par_iter()
        .map(|k| {
            let some: Vec<&Example> = all.iter().filter(|x| fold_of(x) != k).copied().collect();
            Words::fit(&some, 1)
        })
        .collect();
    let whole = word_models.pop().unwrap();
    let train_words: Vec<Vec<f32>> = train.par_iter().map(|x| word_scores(&word_models[fold_of(x)], x)).collect();
    let test_words: Vec<Vec<f32>> = test.par_iter().map(|x| word_scores(&whole, x)).collect();
    let as_p = |w: &Vec<Vec<f32>>| w.iter().map(|v| v.iter().map(|x| sigmoid(*x)).collect()).collect::<Vec<Vec<f32>>>();
    println!("words in {:?}", start.elapsed());
    report("words, oof", &train, &as_p(&train_words));
    report("words, test", &test, &as_p(&test_words));
    // First.
    let (width, values) = table(train.par_iter().zip(&train_words).map(|(x, w)| x.observed.first(w)).collect());
    let (_, test_values) = table(test.par_iter().zip(&test_words).map(|(x, w)| x.observed.first(w)).collect());
    println!("first tables in {:?}", start.elapsed());
    if let Some(dump) = dump {
        use std::io::Write;
        let bytes = |v: &[f32]| v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        std::fs::create_dir_all(dump)?;
        for (name, examples, values) in [("train", &train, &values), ("test", &test, &test_values)] {
            std::fs::write(format!("{dump}/{name}.first.f32"), bytes(values))?;
            let mut meta = std::io::BufWriter::new(std::fs::File::create(format!("{dump}/{name}.meta.tsv"))?);
            for (p, x) in examples.iter().enumerate() {
                for (t, w) in x.targets.iter().zip(&x.words) {
                    writeln!(meta, "{p}\t{}\t{t}\t{w}", fold_of(x))?;
                }
            }
            let mut ids = std::io::BufWriter::new(std::fs::File::create(format!("{dump}/{name}.pages.tsv"))?);
            for x in examples {
                writeln!(ids, "{}\t{}\t{}\t{}", x.id, x.set, x.render, x.blocks.len())?;
            }
        }
    }
    let settings = Settings { trees, depth: 6, rate: 0.08, rows: 0.3, signals: 0.35, shrink: 20.0, seed: 7 };
    let first = fit(&train, (width, &values), &fold, &settings);
    let mut starts = 0;
    let train_first: Vec<Vec<f32>> = train
        .iter()
        .map(|x| {
            let rows = starts..starts + x.blocks.len();
            starts = rows.end;
            let forest = &first.folds[fold_of(x)];
            rows.map(|r| sigmoid(forest.score(&values[r * width..][..width]))).collect()
        })
        .collect();
    let test_first = opinions(&first.all, width, &test_values, &test);
    drop((values, test_values));
    report("first, oof", &train, &train_first);
    report("first, test", &test, &test_first);
    // Second.
    let (width, values) = table(
        train.par_iter().zip(&train_words).zip(&train_first).map(|((x, w), o)| x.observed.second(w, o)).collect(),
    );
    let (_, test_values) = table(
        test.par_iter().zip(&test_words).zip(&test_first).map(|((x, w), o)| x.observed.second(w, o)).collect(),
    );
    let second = fit(&train, (width, &values), &fold, &Settings { seed: 8, ..settings });
    let mut starts = 0;
    let train_second: Vec<Vec<f32>> = train
        .iter()
        .map(|x| {
            let rows = starts..starts + x.blocks.len();
            starts = rows.end;
            let forest = &second.folds[fold_of(x)];
            rows.map(|r| sigmoid(forest.score(&values[r * width..][..width]))).collect()
        })
        .collect();
    let test_second = opinions(&second.all, width, &test_values, &test);
    report("second, oof", &train, &train_second);
    report("second, test", &test, &test_second);
    println!("done in {:?}", start.elapsed());
    Ok(())
}
