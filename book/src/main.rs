//! The command line of the book.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use book::pipeline::{self, Extent};
use book::progress::Progress;
use book::project::Project;
use book::serve::{self, Options};
use book::stand_in::{draw_all, pending};
use clap::{Args, Parser, Subcommand};

/// Stochastic Dynamics and Machine Learning: the notes you can run.
///
/// Without a command: draws the figures, builds the book and serves it on 127.0.0.1.
#[derive(Parser)]
#[command(name = "cargo run --", version, disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
    /// The project to work on, if it is not the one this program was compiled from
    #[arg(long, global = true, hide = true)]
    root: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Draw the figures, build the book and serve it with live reload
    Serve(Serve),
    /// Draw the figures and build the book into target/book
    Build,
    /// The preprocessor of the plain mdbook tool: reads and writes JSON
    #[command(hide = true)]
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

#[derive(Args)]
struct Serve {
    /// The port; 0 finds a free one
    #[arg(long, default_value_t = serve::PORT)]
    port: u16,
    /// Show the book in the browser
    #[arg(long)]
    open: bool,
}

#[derive(Subcommand)]
enum Question {
    /// Whether the preprocessor works for a renderer: tells by the exit code
    Supports {
        /// The renderer's name
        renderer: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", pipeline::told(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let project = cli.root.map_or_else(Project::here, |root| Project::at(&root));
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(Serve { port, open }) => serve::serve(&project, Options { port, open })?,
        Command::Build => build(&project)?,
        Command::Preprocess { question: Some(Question::Supports { renderer }) } => {
            return Ok(if book::command::supports(&renderer) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Preprocess { question: None } => {
            draw_all(&project.root, &Progress::new(pending(&project.root).len()))?;
            book::command::preprocess(&project.root, std::io::stdin().lock(), std::io::stdout().lock())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn build(project: &Project) -> Result<()> {
    // A mistake in `book.toml` should not wait for the figures.
    project.config()?;
    draw_all(&project.root, &Progress::new(pending(&project.root).len()))?;
    if !pipeline::is_current(project) {
        pipeline::build(project, Extent::Whole)?;
    }
    println!("The book is in {}", project.output.display());
    Ok(())
}
