//! `dehusk advise`: what a run would cost, from its threshold and a sample of its input.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use dehusk::Error;
use dehusk::advise::{Advice, Wanted};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use super::args::{InputArgs, MachineArgs, RunArgs, spooled, stop_flag};
use super::{Exit, OWN, print};

/// Say what a run would take: candidates, time, disk and memory
///
/// Without INPUT only how candidates are found at the threshold. With it, a sample of the input is run, and what it took is
/// multiplied; nothing is written.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    run: RunArgs,

    /// How much of the input to run: so many records, or a share such as 5% [default: 30 times the root of its records]
    #[arg(long, help_heading = OWN, value_name = "N|N%")]
    sample: Option<Amount>,

    /// Print the advice as one JSON object
    #[arg(long, help_heading = OWN)]
    json: bool,
}

/// The size of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Amount(Wanted);

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = match text.strip_suffix('%') {
            Some(share) => share
                .trim()
                .parse()
                .ok()
                .filter(|share: &f64| *share > 0.0 && *share <= 100.0)
                .map(|share| Wanted::Share(share / 100.0)),
            None => text.parse().ok().filter(|records| *records > 0).map(Wanted::Records),
        };
        let message = || format!("{text:?} is no amount; write a number of records, or a share such as 5%");
        wanted.map(Self).ok_or_else(message)
    }
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let mut config = args.run.lay_over(args.input.config()?)?;
    if config.run.threads == 0 {
        config.run.threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    }
    let advice = if args.input.inputs.is_empty() {
        if args.sample.is_some() {
            return Err(Error::Config("--sample needs an INPUT to take it from".to_owned()).into());
        }
        Advice::without_input(&config)
    } else {
        let inputs = args.input.discover(&config)?;
        MachineArgs::set_threads(&config)?;
        let stop = stop_flag();
        let work = args
            .run
            .machine
            .throwaway_folder(Some(Path::new("advise")).filter(|_| args.run.machine.work_dir.is_some()))?;
        let inputs = spooled(inputs, &work, &config)?;
        let wanted = args.sample.map_or(Wanted::Enough, |amount| amount.0);
        Advice::on(&inputs, &config, wanted, work.path(), &cpu_time, stop)?
    };
    let text = if args.json { advice.to_json() } else { advice.table() };
    print(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The CPU time of this process so far, in steps of what the system counts in, often ten milliseconds.
fn cpu_time() -> Duration {
    let Ok(own) = get_current_pid() else { return Duration::ZERO };
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().with_cpu();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, kind);
    system.process(own).map_or(Duration::ZERO, |own| Duration::from_millis(own.accumulated_cpu_time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_or_a_share() {
        let amount = |text: &str| text.parse::<Amount>().ok().map(|amount| amount.0);
        assert_eq!(amount("2000"), Some(Wanted::Records(2000)));
        assert_eq!(amount("2.5%"), Some(Wanted::Share(0.025)));
        for wrong in ["0", "-1", "0%", "101%", "5 percent", "", "NaN%", "1e3"] {
            assert_eq!(amount(wrong), None, "{wrong}");
        }
    }
}
