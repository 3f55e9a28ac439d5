//! The `dehusk` program. Everything it can do is in the library; see [`cli`].

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
