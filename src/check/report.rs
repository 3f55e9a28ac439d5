//! The judgement: each figure against its limit, and against what it was before.

use serde::Serialize;

use super::baseline::Baseline;
use super::{About, Example, Figure, Measured, Part};
use crate::config::{CheckAction, CheckConfig, Gate};

/// Version of the format that is printed as JSON. It grows when a key changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// What is off by less is rounding.
const NOISE: f64 = 1e-9;

/// How a gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The figure is within its limit, or no worse than it was.
    Pass,
    /// It is above, and the gate warns.
    Warn,
    /// It is above, and the gate fails.
    Fail,
    /// There was nothing to measure.
    Nothing,
    /// Nobody looked.
    Off,
}

impl Status {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Nothing => "nothing",
            Self::Off => "off",
        }
    }
}

/// A gate with its figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The gate's name.
    pub gate: &'static str,
    /// How it stands.
    pub status: Status,
    /// What is counted.
    pub unit: &'static str,
    /// The share of all.
    pub share: f64,
    /// It is at least so much.
    pub low: f64,
    /// And at most so much.
    pub high: f64,
    /// The share above which it acts.
    pub limit: f64,
    /// The share that the baseline allows.
    pub baseline: Option<f64>,
    /// How many were found.
    pub count: u64,
    /// Among so many that were looked at.
    pub of: u64,
    /// Whether they are a sample.
    pub is_sampled: bool,
    /// What the count is made up of.
    pub parts: Vec<Part>,
    /// Some of the worst.
    pub examples: Vec<Example>,
}

impl Finding {
    /// What there is of a gate that nobody looked at.
    fn off(gate: Gate, config: &CheckConfig) -> Self {
        Self { status: Status::Off, ..Self::of(Figure::counted(gate, 0, 0), config, None) }
    }

    fn of(figure: Figure, config: &CheckConfig, baseline: Option<&Baseline>) -> Self {
        let Figure { gate, count, of, share, is_sampled, parts, examples } = figure;
        let limit = config.limits[gate];
        let before = baseline.and_then(|baseline| baseline.share(gate));
        // What a sample says is worse only if all that it may be is worse: another corpus is another sample.
        let now = if is_sampled { share.low } else { share.estimate };
        let is_worse = before.is_none_or(|before| now > before + NOISE);
        let status = match config.actions[gate] {
            CheckAction::Off => Status::Off,
            _ if of == 0 => Status::Nothing,
            _ if share.estimate <= limit + NOISE || !is_worse => Status::Pass,
            CheckAction::Warn => Status::Warn,
            CheckAction::Fail => Status::Fail,
        };
        Self {
            gate: gate.name(),
            status,
            unit: super::docs::of(gate).unit,
            share: share.estimate,
            low: share.low,
            high: share.high,
            limit,
            baseline: before,
            count,
            of,
            is_sampled,
            parts,
            examples,
        }
    }

    /// Whether the limit lies among what the figure may be, so that another sample may say otherwise.
    #[must_use]
    pub fn is_close(&self) -> bool {
        self.is_sampled && self.of > 0 && self.low <= self.limit && self.limit < self.high
    }

    /// Whether it is better than the baseline says.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.of > 0 && self.baseline.is_some_and(|before| self.most() < before - NOISE)
    }

    /// What the share is at the most. It is what a baseline keeps: the least of many estimates would lie below the truth.
    #[must_use]
    pub fn most(&self) -> f64 {
        if self.is_sampled { self.high } else { self.share }
    }

    /// Whether it passes only because it was no better before.
    #[must_use]
    pub fn is_spared(&self) -> bool {
        self.status == Status::Pass && self.share > self.limit + NOISE
    }

    /// Whether something is to be shown of it.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self.status, Status::Warn | Status::Fail)
    }
}

/// What there is to say of a corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    version: u32,
    /// Whether no gate fails.
    pub passed: bool,
    /// What the corpus is.
    pub corpus: About,
    /// Every gate, in the order of the documentation.
    pub gates: Vec<Finding>,
}

impl Report {
    /// Judges what was measured.
    #[must_use]
    pub fn of(measured: Measured, config: &CheckConfig, baseline: Option<&Baseline>) -> Self {
        let Measured { about, figures } = measured;
        let mut figures = figures.into_iter().peekable();
        let finding = |gate: &Gate| match figures.next_if(|figure| figure.gate == *gate) {
            Some(figure) if config.actions[*gate] != CheckAction::Off => {
                Finding::of(figure, config, baseline)
            }
            _ => Finding::off(*gate, config),
        };
        let gates: Vec<Finding> = Gate::ALL.iter().map(finding).collect();
        let passed = gates.iter().all(|finding| finding.status != Status::Fail);
        Self { version: VERSION, passed, corpus: about, gates }
    }

    /// The gates that stand so.
    pub fn having(&self, status: Status) -> impl Iterator<Item = &Finding> {
        self.gates.iter().filter(move |finding| finding.status == status)
    }

    /// `2 gates failed, 1 warned, 15 passed`, in one line.
    #[must_use]
    pub fn verdict(&self) -> String {
        let count = |status| self.having(status).count();
        let (failed, warned, passed) = (count(Status::Fail), count(Status::Warn), count(Status::Pass));
        let gates = if failed == 1 { "gate" } else { "gates" };
        let spared = match self.gates.iter().filter(|finding| finding.is_spared()).count() {
            0 => String::new(),
            spared => format!(", {spared} of them only by the baseline"),
        };
        format!("{failed} {gates} failed, {warned} warned, {passed} passed{spared}")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::PerGate;
    use crate::report::Interval;

    /// A report with hostile texts, one gate of each status.
    pub fn hostile() -> Report {
        let nasty = "a|b<c>&\"'`%0A::error::x\u{1b}[31m\u{0}]]>\u{202e}\n# @team <!-- é ";
        let example = Example {
            path: "odd, dir:1/a b%.jsonl".to_owned(),
            record: 4,
            line: 5,
            id: Some(nasty.to_owned()),
            start: Some(3),
            end: Some(9),
            snippet: nasty.to_owned(),
            note: nasty.to_owned(),
        };
        let mut figures: Vec<Figure> = Gate::ALL.iter().map(|g| Figure::counted(*g, 0, 10)).collect();
        figures.retain(|figure| figure.gate != Gate::MissingIds);
        let figure = &mut figures[Gate::UnreadableRecords as usize];
        *figure = Figure::counted(Gate::UnreadableRecords, 2, 10);
        figure.parts = vec![Part { name: nasty.to_owned(), count: 2 }];
        figure.examples =
            vec![example.clone(), Example { id: None, start: None, end: None, ..example.clone() }];
        let open = figures.iter_mut().find(|f| f.gate == Gate::OpenLines).unwrap();
        *open = Figure { examples: vec![example], ..Figure::counted(Gate::OpenLines, 9, 10) };
        let language = figures.iter_mut().find(|f| f.gate == Gate::OtherLanguages).unwrap();
        *language = Figure::counted(Gate::OtherLanguages, 0, 0);
        let labelled = figures.iter_mut().find(|f| f.gate == Gate::Placeholders).unwrap();
        *labelled = Figure::drawn(Gate::Placeholders, 1, 10, 1000);
        let about = About { records: 10, documents: 8, text_bytes: 1234, ..About::default() };
        let config = CheckConfig {
            actions: PerGate::of(|gate| match gate {
                Gate::MissingIds => CheckAction::Off,
                Gate::Placeholders => CheckAction::Warn,
                gate => gate.default_action(),
            }),
            ..CheckConfig::default()
        };
        Report::of(Measured { about, figures }, &config, None)
    }

    #[test]
    fn a_gate_stands_as_its_limit_its_action_and_the_baseline_say() {
        let mut config = CheckConfig::default();
        let status = |config: &CheckConfig, figure: Figure, baseline: Option<&str>| {
            let baseline = baseline.map(|text| Baseline::read("b.json", text).unwrap());
            Finding::of(figure, config, baseline.as_ref()).status
        };
        let copies = |count| Figure::counted(Gate::NearDuplicates, count, 1000);
        assert_eq!(status(&config, copies(10), None), Status::Pass);
        assert_eq!(status(&config, copies(11), None), Status::Fail);
        assert_eq!(status(&config, Figure::counted(Gate::NearDuplicates, 0, 0), None), Status::Nothing);
        let baseline = |share: f64| {
            format!("{{\"version\":1,\"settings\":\"\",\"shares\":{{\"near_duplicates\":{share}}}}}")
        };
        assert_eq!(status(&config, copies(50), Some(&baseline(0.05))), Status::Pass);
        assert_eq!(status(&config, copies(51), Some(&baseline(0.05))), Status::Fail);
        let sampled = Figure {
            share: Interval { estimate: 0.06, low: 0.04, high: 0.08 },
            is_sampled: true,
            ..copies(60)
        };
        assert_eq!(status(&config, sampled.clone(), Some(&baseline(0.05))), Status::Pass);
        assert_eq!(status(&config, sampled, Some(&baseline(0.03))), Status::Fail);
        config.actions[Gate::NearDuplicates] = CheckAction::Warn;
        assert_eq!(status(&config, copies(11), None), Status::Warn);
        config.actions[Gate::NearDuplicates] = CheckAction::Off;
        assert_eq!(status(&config, copies(11), None), Status::Off);
    }

    #[test]
    fn it_is_what_the_schema_says() {
        let schema = serde_json::from_str(crate::schema::text(crate::schema::Kind::Check)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good: serde_json::Value =
            serde_json::from_str(&crate::check::print::print(&hostile(), crate::check::print::Format::Json))
                .unwrap();
        if let Err(e) = validator.validate(&good) {
            panic!("{e} at {}", e.instance_path());
        }
        for (pointer, value) in [
            ("/version", 2.into()),
            ("/gates/0/gate", "gate".into()),
            ("/gates/0/status", "good".into()),
            ("/gates/0/share", 1.5.into()),
            ("/gates/0/examples/0/line", 0.into()),
            ("/corpus/characters", serde_json::Value::Null),
        ] {
            let mut broken = good.clone();
            *broken.pointer_mut(pointer).expect(pointer) = value;
            assert!(!validator.is_valid(&broken), "{pointer}");
        }
    }

    #[test]
    fn the_verdict_counts() {
        let report = hostile();
        assert_eq!(report.verdict(), "1 gate failed, 2 warned, 13 passed");
        assert!(!report.passed);
        let close: Vec<&str> = report.gates.iter().filter(|f| f.is_close()).map(|f| f.gate).collect();
        assert_eq!(close, ["placeholders"]);
    }
}
