//! The command line of the book.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use book::figures::export::Format;
use book::gallery;
use book::pipeline::{self, Extent};
use book::printing;
use book::project::Project;
use book::serve::{self, Options};
use book::takeaway::{self, Order};
use clap::{Args, Parser, Subcommand};

/// Stochastic Dynamics and Machine Learning: the notes you can run.
///
/// Without a command: draws the figures, builds the book and serves it on 127.0.0.1.
#[derive(Parser)]
#[command(bin_name = "cargo run --", version, disable_version_flag = true)]
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
    /// Print the whole book into one PDF file, with an installed Chromium
    Pdf(Print),
    /// Draw figures for use elsewhere
    Figures(Figures),
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

#[derive(Args)]
struct Figures {
    /// Ids of figures, or their numbers in the notes
    #[arg(required_unless_present_any = ["all", "list"])]
    names: Vec<String>,
    /// Every figure of the book
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Only list the figures
    #[arg(long)]
    list: bool,
    /// svg, png, pdf or csv, or several: svg,csv
    #[arg(long, value_delimiter = ',', default_value = "svg")]
    format: Vec<Format>,
    /// The folder the files go to
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Another seed than the book's
    #[arg(long)]
    seed: Option<u64>,
    /// Another value of a parameter: --set name=value
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = takeaway::assignment)]
    values: Vec<(String, f64)>,
    /// Larger words and heavier lines, for slides
    #[arg(long)]
    slides: bool,
}

#[derive(Args)]
struct Print {
    /// The file the pages go to
    #[arg(long, default_value = "book.pdf")]
    out: PathBuf,
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
        Command::Pdf(Print { out }) => {
            build(&project)?;
            printing::print(&project, &out)?;
            say(format_args!("The book is printed in {}", out.display()))?;
        }
        Command::Preprocess { question: Some(Question::Supports { renderer }) } => {
            return Ok(if book::command::supports(&renderer) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        Command::Figures(Figures { list: true, .. }) => say(takeaway::list())?,
        Command::Figures(Figures { names, format: formats, out, seed, values, slides, .. }) => {
            for file in takeaway::fill(&Order { names, formats, out, seed, values, slides })? {
                say(file.display())?;
            }
        }
        Command::Preprocess { question: None } => {
            book::command::preprocess(&project.root, std::io::stdin().lock(), std::io::stdout().lock())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn build(project: &Project) -> Result<()> {
    if !pipeline::is_current(project) {
        // A mistake in the text should not wait for the figures.
        pipeline::check(project)?;
        gallery::complete()?;
        pipeline::build(project, Extent::Whole)?;
    }
    say(format_args!("The book is in {}", project.output.display()))
}

/// Prints a line. Whoever reads no further, like `head`, has seen enough.
fn say(line: impl Display) -> Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print"),
    }
}
