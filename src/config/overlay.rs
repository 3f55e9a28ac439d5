//! Laying what the user wrote over the defaults, and saying which key was probably meant when one is unknown.

use toml::{Table, Value};

use super::Config;
use crate::error::{Error, Result};

/// Below this Jaro–Winkler similarity a known key is no likely spelling of an unknown one.
const LIKELY_SPELLING: f64 = 0.8;

/// Reads a `dehusk.toml`. Keys it does not hold keep their defaults.
///
/// # Errors
/// [`Error::Config`] with `name`, the place and, for an unknown key, the likely and the allowed ones.
pub fn from_toml(name: &str, text: &str) -> Result<Config> {
    parsed(name, text).map(|(_, config)| config)
}

/// Lays a `dehusk.toml` over a configuration. Keys it does not hold stay as they are.
///
/// # Errors
/// Those of [`from_toml`].
pub fn overlay_toml(config: &Config, name: &str, text: &str) -> Result<Config> {
    let (written, _) = parsed(name, text)?;
    let mut table = table(config);
    merge(&mut table, written);
    Config::deserialize_table(table).map_err(|e| Error::Config(format!("{name}: {e}")))
}

/// The keys that a `dehusk.toml` holds, and the configuration that it is over the defaults.
fn parsed(name: &str, text: &str) -> Result<(Table, Config)> {
    let wrong = |e: toml::de::Error| Error::Config(format!("{name}: {}", e.to_string().trim_end()));
    let written: Table = text.parse().map_err(wrong)?;
    refuse_unknown(name, &written, &defaults(), "")?;
    Ok((written, toml::from_str(text).map_err(wrong)?))
}

/// Lays one `--set KEY=VALUE` over a configuration. The value is TOML; what is not TOML is taken as a string, so that
/// `dedup.blocks.policy=mark` needs no quotes.
///
/// # Errors
/// [`Error::Config`] for a missing `=`, an unknown key or a value of the wrong kind.
pub fn overlay_key(config: &Config, assignment: &str) -> Result<Config> {
    let Some((key, value)) = assignment.split_once('=') else {
        return Err(Error::Config(format!(
            "--set {assignment}: write KEY=VALUE, such as dedup.threshold=0.9"
        )));
    };
    let (key, value) = (key.trim(), value.trim());
    let value = format!("v = {value}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("v"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    let written =
        key.rsplit('.').fold(value, |inner, part| Value::Table(Table::from_iter([(part.to_owned(), inner)])));
    let Value::Table(written) = written else { unreachable!("a key has at least one part") };
    refuse_unknown("--set", &written, &defaults(), "")?;
    let mut table = table(config);
    merge(&mut table, written);
    Config::deserialize_table(table).map_err(|e| Error::Config(format!("--set {assignment}: {e}")))
}

impl Config {
    /// The keys whose values differ from those of `other`, each with its value here and there, as TOML.
    pub fn differences(&self, other: &Self) -> impl Iterator<Item = (String, String, String)> + use<> {
        let (own, other) = (table(self), table(other));
        leaf_keys(&own, "").into_iter().filter_map(move |key| {
            let [here, there] = [&own, &other].map(|table| leaf(table, &key));
            (here != there).then(|| (key, here.to_string(), there.to_string()))
        })
    }

    fn deserialize_table(table: Table) -> std::result::Result<Self, String> {
        table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())
    }
}

fn defaults() -> Table {
    table(&Config::default())
}

fn table(config: &Config) -> Table {
    Table::try_from(config).expect("a configuration is a table")
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn refuse_unknown(name: &str, written: &Table, known: &Table, prefix: &str) -> Result<()> {
    for (key, value) in written {
        let full = format!("{prefix}{key}");
        match (known.get(key), value) {
            (None, _) => {
                let all = leaf_keys(&defaults(), "");
                let likely = all
                    .iter()
                    .map(|k| (similarity(k, &full), k))
                    .filter(|(s, _)| *s >= LIKELY_SPELLING)
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = match likely {
                    Some((_, likely)) => format!("; did you mean {likely}?"),
                    None => format!("\nknown keys: {}", all.join(", ")),
                };
                return Err(Error::Config(format!("{name}: unknown key {full}{hint}")));
            }
            (Some(Value::Table(known)), Value::Table(written)) => {
                refuse_unknown(name, written, known, &format!("{full}."))?;
            }
            (Some(Value::Table(_)), _) => {
                return Err(Error::Config(format!(
                    "{name}: {full} is a table; set a key inside it, {full}.…"
                )));
            }
            (Some(_), Value::Table(_)) => {
                return Err(Error::Config(format!("{name}: {full} is a single value, not a table")));
            }
            (Some(_), _) => {}
        }
    }
    Ok(())
}

/// A key is as similar as its last part or its whole, so that both a wrong name and a wrong table are recognised.
fn similarity(known: &str, written: &str) -> f64 {
    let last = |s: &str| s.rsplit('.').next().unwrap_or_default().to_owned();
    strsim::jaro_winkler(known, written).max(strsim::jaro_winkler(&last(known), &last(written)))
}

/// The value of a key of a configuration.
fn leaf(table: &Table, key: &str) -> Value {
    let mut parts = key.split('.');
    let first = parts.next().map(|part| &table[part]).expect("a key has at least one part");
    parts.fold(first, |value, part| &value[part]).clone()
}

fn leaf_keys(table: &Table, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => keys.extend(leaf_keys(inner, &format!("{prefix}{key}."))),
            _ => keys.push(format!("{prefix}{key}")),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_survive_their_own_toml() {
        let config = Config::default();
        assert_eq!(from_toml("x", &config.to_toml()).unwrap(), config);
        assert_eq!(from_toml("x", "").unwrap(), config);
    }

    #[test]
    fn a_key_is_laid_over() {
        let config = overlay_key(&Config::default(), "dedup.blocks.policy=mark").unwrap();
        let config = overlay_key(&config, "dedup.threshold = 0.7").unwrap();
        let config = overlay_key(&config, "run.memory=64MiB").unwrap();
        assert_eq!(config.dedup.blocks.policy, crate::config::BlockPolicy::Mark);
        assert_eq!(config.dedup.threshold, 0.7);
        assert_eq!(config.run.memory.get(), 64 << 20);
        assert_eq!(config.dedup.shingle_words, 5);
    }

    #[test]
    fn a_file_is_laid_over_and_the_differences_are_named() {
        let base = overlay_key(&Config::default(), "input.limit=3").unwrap();
        let text = "[dedup]\nthreshold = 0.9\n[dedup.blocks]\npolicy = \"mark\"";
        let config = overlay_toml(&base, "x", text).unwrap();
        assert_eq!((config.input.limit, config.dedup.threshold), (3, 0.9));
        let told = |(key, here, there)| format!("{key} {here} {there}");
        let differences: Vec<String> = config.differences(&base).map(told).collect();
        assert_eq!(differences, ["dedup.blocks.policy \"mark\" \"drop\"", "dedup.threshold 0.9 0.8"]);
        assert_eq!(config.differences(&config).count(), 0);
        let wrong = overlay_toml(&base, "x.toml", "[dedup]\nthreshold = true").unwrap_err().to_string();
        assert!(wrong.starts_with("x.toml: TOML parse error at line 2"), "{wrong}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_likely_one() {
        for (written, meant) in [("dedup.treshold=1", "dedup.threshold"), ("threshold=1", "dedup.threshold")]
        {
            let message = overlay_key(&Config::default(), written).unwrap_err().to_string();
            assert!(message.contains(&format!("did you mean {meant}?")), "{message}");
        }
        let message = from_toml("my.toml", "[dedup]\nshingles = 3").unwrap_err().to_string();
        assert!(message.starts_with("my.toml: unknown key dedup.shingles; did you mean"), "{message}");
        assert!(overlay_key(&Config::default(), "dedup=1").is_err());
        assert!(overlay_key(&Config::default(), "dedup.threshold.x=1").is_err());
        assert!(overlay_key(&Config::default(), "dedup.threshold=high").is_err());
        assert!(overlay_key(&Config::default(), "nonsense").is_err());
    }
}
