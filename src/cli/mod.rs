//! The command line: arguments, and one short file for each command. Only here is anything printed.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::ops::Deref;
use std::path::PathBuf;
use std::rc::Rc;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::error::{Code, Diagnostic, ReadError, Source, render_all};
use crate::report::Style;
use crate::text::{Language, Text, harmless, harmless_but};
use watch::Page;

mod analyze;
#[cfg(feature = "run")]
mod bench;
mod chart;
mod check;
mod chinese;
mod compare;
mod completions;
mod convention;
mod device;
mod draw;
#[cfg(feature = "run")]
mod dump;
mod entry;
mod examples;
#[cfg(feature = "run")]
mod execute;
mod explain;
mod files;
mod fmt;
#[cfg(feature = "pictures")]
mod fonts;
mod format;
mod help;
mod input;
mod lock;
mod manual;
mod misuse;
mod models;
mod new;
mod ops;
mod output;
mod picture;
mod progress;
mod reconcile;
mod report;
#[cfg(feature = "run")]
mod run;
mod schema;
#[cfg(feature = "run")]
mod threads;
mod values;
mod watch;
#[cfg(feature = "run")]
mod weights;

/// Counts what convolutional networks cost, exactly, and shows the working
///
/// Counts what convolutional networks cost: shapes, parameters, multiply–accumulates, FLOPs, memory and time; each number exact
/// and each with its working. Without a command, networks are analyzed.
#[derive(Debug, Parser)]
#[command(name = "cnncost", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what each layer costs and the whole
    ///
    /// Show what each layer costs and the whole; of several networks, a line each. `cnncost NETWORK` is short for it.
    Analyze(analyze::Arguments),
    /// Measure how long networks take, beside what counting says
    #[cfg(feature = "run")]
    Bench(bench::Arguments),
    /// Hold claims about networks against what is counted
    ///
    /// Hold claims about networks against what is counted: budgets, lecture notes, papers.
    Check(check::Arguments),
    /// Lay networks side by side, and show where the difference arises
    ///
    /// Lay networks side by side: totals with their ratios, and where the difference arises. A FILE alone stands for its
    /// variants; FILE@VARIANT alone, for that variant beside the file's defaults. At several batches a FILE alone is the network
    /// it names, laid beside itself, and FILE@* its variants.
    Compare(compare::Arguments),
    /// Draw networks: as pictures, or as a tree in the terminal
    ///
    /// Draw networks: as SVG, PNG or PDF, as source of Graphviz or Mermaid, or as a tree in the terminal.
    Draw(draw::Arguments),
    /// Show the working of each number: of a layer, a box, or the network
    Explain(explain::Arguments),
    /// Show the total as each tool counts; with a figure, what gives it
    ///
    /// Show the total in each tool's convention; with a figure, the ways of counting that give it.
    Reconcile(reconcile::Arguments),
    /// Write a page to open in a browser: picture, layers, charts
    ///
    /// Write a page to open in a browser, in one file that needs no network: the picture of each network beside its layers, the
    /// working of every figure, charts, what the networks differ in, the claims of their files, and how it is counted.
    Report(report::Arguments),
    /// Execute a network
    ///
    /// Execute a network: with fresh weights or those of a file, on random numbers or those of a file.
    #[cfg(feature = "run")]
    Run(run::Arguments),
    /// Write a commented start for a description of your own
    ///
    /// Write a commented start for a description of your own: a network that is counted as it stands, to change.
    New(new::Arguments),
    /// Write descriptions in the canonical layout
    ///
    /// Write descriptions and files of claims in the canonical layout, in their place: a line for each item, comments and empty
    /// lines kept. What they say stays the same, which is made sure of.
    Fmt(fmt::Arguments),
    /// List the bundled networks
    Models(models::Arguments),
    /// List the operators with their settings and counting rules
    Ops(ops::Arguments),
    /// Print a JSON Schema: of descriptions, or of what commands print
    ///
    /// Print a JSON Schema: of descriptions, for editors, or of what `--format json` prints.
    Schema(schema::Arguments),
    /// Print what a shell completes commands, options and names with
    ///
    /// Print what a shell completes commands, options and names with: networks, operators, columns, devices, conventions.
    #[command(hide = true)]
    Completions(completions::Arguments),
    /// Print the manual page of a command, or write all of them
    ///
    /// Print the manual page of the program or of a command, or write all of them into a folder.
    #[command(hide = true)]
    Man(manual::Arguments),
}

/// How a command says what it says.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
struct Output {
    /// Write to this file instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    voice: Voice,
}

/// How a command says what is no data.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
struct Voice {
    /// Whether to use colors; NO_COLOR and CLICOLOR_FORCE are heeded
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", hide_short_help = true)]
    color: Color,
    /// Language
    ///
    /// Language of headings, notes and errors.
    #[arg(long, value_enum, default_value_t = Lang::En, value_name = "LANGUAGE")]
    lang: Lang,
    /// Print no warnings
    #[arg(short, long, hide_short_help = true)]
    quiet: bool,
    /// What has been warned of, in which file: of another variant or use of the same network it is no news.
    #[arg(skip)]
    warned: Rc<RefCell<Vec<(String, Diagnostic)>>>,
    /// Where what is said and written is kept, of a command that is done again and again.
    #[arg(skip)]
    page: Option<Rc<RefCell<Page>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    En,
    Zh,
}

/// How the program was called.
struct Invocation {
    /// Its own name first.
    arguments: Vec<OsString>,
    /// The file of it.
    #[cfg_attr(
        not(feature = "run"),
        expect(dead_code, reason = "it is started once more for measurements only")
    )]
    program: Option<PathBuf>,
}

impl Invocation {
    /// The program once more, without arguments.
    #[cfg(feature = "run")]
    fn command(&self) -> std::process::Command {
        std::process::Command::new(self.program.clone().unwrap_or_default())
    }
}

/// How a command ended, from best to worst, as its exit code; several files end as the worst of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Done = 0,
    /// A claim or a budget failed, nothing usual gives a figure, `--strict` found something, or the work itself failed.
    Failed = 1,
    /// An input cannot be read, or the command is wrong.
    Unusable = 2,
}

/// Runs the program on these arguments, its own name first, and gives its exit code.
///
/// That is 0 when all is done, 1 when a claim or budget failed, nothing usual gives a figure, `--strict` found
/// something or the work failed, and 2 when the arguments are wrong or missing, or an input cannot be read.
///
/// `program` is the file of a program that passes its arguments on to this function. It is started once more where networks
/// are measured with another number of threads than this process has, or, if they can be read only once, takes the place of
/// this process; without it, they are not.
pub fn run(arguments: impl IntoIterator<Item = OsString>, program: Option<PathBuf>) -> u8 {
    start(arguments.into_iter().collect(), program) as u8
}

fn start(arguments: Vec<OsString>, program: Option<PathBuf>) -> Outcome {
    files::begin();
    let language = entry::language(&arguments);
    let Some(arguments) = entry::with_command(arguments) else {
        return Outcome::Unusable;
    };
    let invocation = Invocation { arguments, program };
    let arguments = &invocation.arguments;
    // Help is written where it is asked for, and where usage is told: that takes longer than to read the arguments.
    let with_help = || help::written(Cli::command(), arguments, language).try_get_matches_from(arguments);
    let matches = if entry::asks_for_help(arguments) {
        with_help()
    } else {
        let matches = Cli::command().try_get_matches_from(arguments);
        matches
            .or_else(|error| if error.kind() == ErrorKind::DisplayVersion { Err(error) } else { with_help() })
    };
    entry::hint_at_file(arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let error = misuse::harmless(error, arguments, language);
            match misuse::in_words(&error, language, terminal_width()) {
                Some(words) => say(&words),
                // A closed pipe is no error.
                None => drop(error.print()),
            }
            return if error.use_stderr() { Outcome::Unusable } else { Outcome::Done };
        }
    };
    match cli.command {
        Command::Analyze(arguments) => analyze::run(arguments),
        #[cfg(feature = "run")]
        Command::Bench(arguments) => bench::run(&arguments, &invocation),
        Command::Check(arguments) => check::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Draw(arguments) => draw::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Reconcile(arguments) => reconcile::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        #[cfg(feature = "run")]
        Command::Run(arguments) => run::run(&arguments, &invocation),
        Command::New(arguments) => new::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Models(arguments) => models::run(&arguments),
        Command::Ops(arguments) => ops::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => manual::run(&arguments),
    }
}

impl Deref for Output {
    type Target = Voice;

    fn deref(&self) -> &Voice {
        &self.voice
    }
}

impl Output {
    /// How to lay out what goes to standard output or to the file.
    fn style(&self) -> Style {
        Style { color: self.to.is_none() && self.voice.style().color, ..self.voice.style() }
    }
}

impl Voice {
    fn language(&self) -> Language {
        match self.lang {
            Lang::En => Language::English,
            Lang::Zh => Language::Chinese,
        }
    }

    /// How to lay out what goes to standard output.
    fn style(&self) -> Style {
        let color = self.wants_color(&std::io::stdout());
        Style { language: self.language(), width: terminal_width(), color }
    }

    fn wants_color(&self, stream: &impl anstream::stream::RawStream) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
        }
    }

    /// Warns of what has not been warned of yet.
    fn warn(&self, warnings: &[Diagnostic], source: &Source) {
        if self.quiet {
            return;
        }
        let mut warned = self.warned.borrow_mut();
        let known =
            |warning: &&Diagnostic| warned.iter().any(|(file, w)| *file == source.name && w == *warning);
        let new: Vec<Diagnostic> = warnings.iter().filter(|warning| !known(warning)).cloned().collect();
        if !new.is_empty() {
            self.say(&render_all(&new, source, self.language(), self.said_in_color(), terminal_width()));
            warned.extend(new.into_iter().map(|warning| (source.name.clone(), warning)));
        }
    }

    /// Reports an input that cannot be read.
    fn refuse(&self, error: &ReadError) -> Outcome {
        if let ReadError::Invalid { source_file, .. } = error {
            // What it includes has been read too.
            files::are_read(source_file.files().map(|(name, _)| name));
        }
        self.say(&error.render(self.language(), self.said_in_color(), terminal_width()));
        Outcome::Unusable
    }

    /// Reports a mistake on the command line.
    fn misused(&self, message: Text, help: Option<Text>) -> Outcome {
        self.show(&Diagnostic::nowhere(Code::Usage, message).help(help));
        Outcome::Unusable
    }

    /// Says what is good to know, on a line.
    fn note(&self, note: &Text) {
        self.say(&crate::text::printable(note.get(self.language())));
    }

    /// Shows a finding that lies in no file.
    fn show(&self, finding: &Diagnostic) {
        let nowhere = Source::new("", "");
        self.say(&finding.render(&nowhere, self.language(), self.said_in_color(), terminal_width()));
    }

    /// Says something that is no data.
    fn say(&self, text: &str) {
        let is_screen = self.page.as_ref().map(|page| page.borrow().is_screen);
        let is_terminal = match is_screen {
            Some(is_screen) => is_screen,
            None => std::io::stderr().is_terminal(),
        };
        let links = self.links(is_terminal);
        let text = links.as_ref().map_or_else(|| text.to_owned(), |links| links.over(text));
        let text = harmless_but(&text, true, links.as_ref());
        match &self.page {
            Some(page) => page.borrow_mut().said.push(text),
            None => write_stderr(&text),
        }
    }

    /// Whether what is no data has colors: it goes to standard error, or to the screen.
    fn said_in_color(&self) -> bool {
        match &self.page {
            Some(page) if page.borrow().is_screen => self.wants_color(&std::io::stdout()),
            Some(_) | None => self.wants_color(&std::io::stderr()),
        }
    }
}

/// Says something that is no data: on standard error, with nothing in it that steers a terminal but colors.
fn say(text: &str) {
    write_stderr(&harmless(text, true));
}

fn write_stderr(text: &str) {
    use std::io::Write;
    progress::aside(|| {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    });
}

/// Columns of the terminal; `COLUMNS` where there is none, else 80. In a narrower one than can hold a table, and in a wider
/// one than anybody reads, what is shown is as wide as in the narrowest or widest.
fn terminal_width() -> usize {
    const USUAL: usize = 80;
    const NARROWEST: usize = 20;
    const WIDEST: usize = 1000;
    let set = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|&columns| columns > 0);
    let terminal = || {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size()?;
        std::io::stdout().is_terminal().then_some(usize::from(columns))
    };
    terminal().or_else(set).unwrap_or(USUAL).clamp(NARROWEST, WIDEST)
}
