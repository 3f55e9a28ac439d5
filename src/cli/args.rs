//! Flags that several subcommands share, and their way into the configuration.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use clap::ValueEnum;
use dehusk::config::{Config, InputFormat, Size, overlay_key, overlay_toml};
use dehusk::pipeline::work::{Leftover, WorkFolder};
#[cfg(feature = "parquet")]
use dehusk::read::table_lines;
use dehusk::read::{Input, discover, spool};
use dehusk::verify::Lines;
use dehusk::write::manifest_path;
use dehusk::{Error, Result};
use flate2::read::MultiGzDecoder;

/// What is read, and how.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is read")]
pub struct InputArgs {
    /// Files, folders (walked, sorted), globs, or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<String>,

    /// Configuration file; see `dehusk schema config` for its keys
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Set one configuration key, such as dedup.threshold=0.9 (repeatable; wins over the file)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// Kind of the input files, whatever they are called
    #[arg(long, value_name = "KIND")]
    pub input_format: Option<Format>,

    /// Field or column with the text [default: text]
    #[arg(long, value_name = "NAME")]
    pub text_field: Option<String>,

    /// Field or column with the id [default: id]
    #[arg(long, value_name = "NAME")]
    pub id_field: Option<String>,

    /// Field or column with the address [default: url]
    #[arg(long, value_name = "NAME")]
    pub url_field: Option<String>,

    /// Read so many records and no more
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}

/// The kinds of input.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    Auto,
    Text,
    Jsonl,
    Csv,
    Tsv,
    Warc,
    Parquet,
}

/// How documents are judged and the machine is used.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is decided")]
pub struct RunArgs {
    /// off: the text is already clean, every block is main text [default: on]
    #[arg(long, value_name = "on|off")]
    pub label: Option<Switch>,

    /// Remove blocks that are main text with a smaller probability [default: 0]
    #[arg(long, value_name = "FROM 0 TO 1")]
    pub min_confidence: Option<f64>,

    /// Similarity of a near-duplicate [default: 0.8]
    #[arg(long, value_name = "ABOVE 0 TO 1")]
    pub threshold: Option<f64>,

    /// off: nothing is dropped as a duplicate [default: on]
    #[arg(long, value_name = "on|off")]
    pub dedup: Option<Switch>,

    #[command(flatten)]
    pub machine: MachineArgs,
}

/// How the machine is used.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The machine")]
pub struct MachineArgs {
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,

    /// Memory for all that grows with the corpus, such as 512MiB [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<Size>,

    /// Folder for scratch files [default: beside the output, if there is one]
    #[arg(long, value_name = "DIR")]
    pub work_dir: Option<PathBuf>,
}

/// A flag with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

impl Switch {
    /// Whether something is on that is `now`, under a flag.
    pub fn over(flag: Option<Self>, now: bool) -> bool {
        flag.map_or(now, |switch| switch == Self::On)
    }
}

impl InputArgs {
    /// The configuration: defaults, then the file, then `--set`, then the flags.
    pub fn config(&self) -> Result<Config> {
        let mut config = laid_over(Config::default(), self.config.as_deref(), &self.set)?;
        let input = &mut config.input;
        if let Some(format) = self.input_format {
            input.format = match format {
                Format::Auto => InputFormat::Auto,
                Format::Text => InputFormat::Text,
                Format::Jsonl => InputFormat::Jsonl,
                Format::Csv => InputFormat::Csv,
                Format::Tsv => InputFormat::Tsv,
                Format::Warc => InputFormat::Warc,
                Format::Parquet => InputFormat::Parquet,
            };
        }
        for (field, flag) in [
            (&mut input.text_field, &self.text_field),
            (&mut input.id_field, &self.id_field),
            (&mut input.url_field, &self.url_field),
        ] {
            flag.clone_into_some(field);
        }
        input.limit = self.limit.unwrap_or(input.limit);
        config.validate()?;
        Ok(config)
    }

    /// The input files, found but not opened.
    pub fn discover(&self, config: &Config) -> Result<Vec<Input>> {
        discover(&self.inputs, &config.input).map_err(|error| {
            let Error::Input { path, mut message } = error else { return error };
            let manifest = manifest_path(Path::new(&path));
            if manifest.is_file() {
                let manifest = manifest.display();
                message += &format!("; {manifest} names shards of it, which can be given as a pattern");
            }
            Error::Input { path, message }
        })
    }
}

/// A configuration under a file and `--set`.
pub fn laid_over(mut config: Config, file: Option<&Path>, set: &[String]) -> Result<Config> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::Config(format!("{}: cannot read the configuration: {e}", path.display())))?;
        config = overlay_toml(&config, &path.display().to_string(), &text)?;
    }
    set.iter().try_fold(config, |config, assignment| overlay_key(&config, assignment))
}

trait CloneIntoSome {
    fn clone_into_some(&self, target: &mut String);
}

impl CloneIntoSome for Option<String> {
    fn clone_into_some(&self, target: &mut String) {
        if let Some(value) = self {
            target.clone_from(value);
        }
    }
}

impl RunArgs {
    /// Lays these flags over a configuration.
    pub fn lay_over(&self, mut config: Config) -> Result<Config> {
        config.label.enabled = Switch::over(self.label, config.label.enabled);
        config.label.min_confidence = self.min_confidence.unwrap_or(config.label.min_confidence);
        config.dedup.threshold = self.threshold.unwrap_or(config.dedup.threshold);
        config.dedup.enabled = Switch::over(self.dedup, config.dedup.enabled);
        self.machine.lay_over(config)
    }
}

impl MachineArgs {
    /// Lays these flags over a configuration, which is complete then.
    pub fn lay_over(&self, mut config: Config) -> Result<Config> {
        config.run.threads = self.threads.unwrap_or(config.run.threads);
        config.run.memory = self.memory.unwrap_or(config.run.memory);
        config.validate()?;
        if config.run.memory == Size::bytes(0) {
            config.run.memory = quarter_of_the_machine();
        }
        Ok(config)
    }

    /// Gives sorting and deduplication, which take the process-wide pool, as many threads as the rest.
    pub fn set_threads(config: &Config) -> Result<()> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(config.run.threads).build_global();
        pool.map_err(|e| Error::Config(format!("run.threads = {}: {e}", config.run.threads)))
    }

    /// A scratch folder that goes with the run: where `--work-dir` says, else beside `output`, else among the system's
    /// temporary files.
    pub fn throwaway_folder(&self, output: Option<&Path>) -> Result<WorkFolder> {
        let temporary = std::env::temp_dir();
        let parent = match (self.parent()?, output) {
            (None, None) => Some(temporary.as_path()),
            (parent, _) => parent,
        };
        WorkFolder::create(parent, output.unwrap_or(Path::new("dehusk")))
    }

    /// The scratch folder of an output, from which an interrupted run can go on: where `--work-dir` says, else beside it.
    pub fn resumable_folder(&self, output: &Path, leftover: Leftover) -> Result<WorkFolder> {
        WorkFolder::claim(self.parent()?, output, leftover)
    }

    /// Whether a run with this output was killed while it gave its outputs their names.
    pub fn is_half_committed(&self, output: Option<&Path>) -> bool {
        output.is_some_and(|output| WorkFolder::is_half_committed(self.work_dir.as_deref(), output))
    }

    fn parent(&self) -> Result<Option<&Path>> {
        match &self.work_dir {
            Some(folder) if !folder.is_dir() => {
                Err(Error::Config(format!("--work-dir {}: there is no such folder", folder.display())))
            }
            folder => Ok(folder.as_deref()),
        }
    }
}

/// A quarter of the memory that this process may use: the rest is for the system's cache of files, which sorting through
/// files lives on, and for others.
fn quarter_of_the_machine() -> Size {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let allowed = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    let quarter = system.total_memory().min(allowed) / 4;
    Size::bytes(quarter >> 20 << 20).max(Size::mebibytes(64))
}

/// The inputs with standard input, if it is one of them, put into a file of the work folder.
pub fn spooled(inputs: Vec<Input>, work: &WorkFolder, config: &Config) -> Result<Arc<[Input]>> {
    inputs
        .into_iter()
        .map(|input| if input.awaits_spool() { spooled_stdin(work, config) } else { Ok(input) })
        .collect()
}

/// Opens an output of an earlier run, to be read line by line.
pub fn open_lines(path: &Path) -> Result<Lines<'static>, Error> {
    let file = File::open(path).map_err(|e| Error::Input {
        path: path.display().to_string(),
        message: format!("cannot be opened: {e}"),
    })?;
    if path.is_dir() {
        let message = "is a folder; name a file in it".to_owned();
        return Err(Error::Input { path: path.display().to_string(), message });
    }
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let reader: Box<dyn BufRead> = match extension.as_deref() {
        Some("gz") => Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file)))),
        Some("zst") => {
            let decoder = zstd::Decoder::new(file).map_err(Error::io("start decompression", path))?;
            Box::new(BufReader::new(decoder))
        }
        #[cfg(feature = "parquet")]
        Some("parquet") => {
            let lines = table_lines(path).map_err(Error::io("read", path))?;
            Box::new(BufReader::with_capacity(1 << 20, lines))
        }
        _ => Box::new(BufReader::with_capacity(1 << 20, file)),
    };
    Ok(Lines { path: path.display().to_string().into(), reader })
}

/// Spools on a thread of its own: a read that waits for a terminal or a stalled pipe cannot be called off, but it can
/// be left behind.
fn spooled_stdin(work: &WorkFolder, config: &Config) -> Result<Input> {
    let (give, spooled) = std::sync::mpsc::channel();
    let (folder, config) = (work.path().to_owned(), config.input.clone());
    std::thread::spawn(move || give.send(spool(&mut std::io::stdin().lock(), &folder, &config)));
    loop {
        match spooled.recv_timeout(PATIENCE) {
            Ok(input) => return input,
            Err(RecvTimeoutError::Timeout) if !STOP.load(Ordering::Relaxed) => {}
            Err(_) => return Err(Error::Interrupted),
        }
    }
}

/// How long a user who asks to stop waits at the most while standard input is read.
const PATIENCE: Duration = Duration::from_millis(50);

static STOP: AtomicBool = AtomicBool::new(false);

/// Is set when the user asks the program to stop. Asking twice ends the process at once.
pub fn stop_flag() -> &'static AtomicBool {
    // Without a handler the process ends at once and leaves its work folder behind, which does no harm.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "the orderly way was asked for before and takes too long")]
            std::process::exit(super::Exit::Interrupted as i32);
        }
    });
    &STOP
}

/// Refuses to read files in a folder that is the program's own, called `what`: it may remove them before they are read.
pub fn refuse_inputs_in<'p>(folder: &Path, what: &str, read: impl Iterator<Item = &'p Input>) -> Result<()> {
    let Ok(folder) = folder.canonicalize() else { return Ok(()) };
    let is_inside = |input: &&Input| input.file.canonicalize().is_ok_and(|file| file.starts_with(&folder));
    match { read }.find(is_inside) {
        Some(input) => Err(Error::Input {
            path: input.path.to_string(),
            message: format!("stands in {what}; move it elsewhere"),
        }),
        None => Ok(()),
    }
}

/// Refuses to replace a file that is read: without its source, no decision could be checked any more.
///
/// # Errors
/// [`Error::Output`] with the output that is one of the files.
pub fn refuse_inputs<'p>(
    mut outputs: impl Iterator<Item = &'p Path>,
    read: impl Iterator<Item = &'p PathBuf>,
) -> Result<()> {
    let read: HashSet<PathBuf> = read.filter_map(|file| file.canonicalize().ok()).collect();
    let is_read = |file: PathBuf| file.is_file() && read.contains(&file);
    let is_own = |path: &Path| path != Path::new("-") && path.canonicalize().is_ok_and(is_read);
    match outputs.find(|path| is_own(path)) {
        Some(path) => {
            let message = "is one of the inputs; name another file".to_owned();
            Err(Error::Output { path: path.to_owned(), message })
        }
        None => Ok(()),
    }
}
