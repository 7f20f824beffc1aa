//! The arguments by which networks are named and read, and the subjects that come of them.

use clap::Args;

use super::entry::{comes_first, is_command};
use super::progress::{Progress, short};
use super::values::{Sizes, assignment, count, dimension, element_type, sizes};
use super::{Outcome, Output, Voice, files};
use crate::error::{Code, Diagnostic, ReadError};
use crate::read::onnx::Listed;
use crate::report::Subject;
use crate::shape::ElementType;
use crate::source::{self, Address, Alone, Choice, Claims, Findings, Made, Named, Remark, Wish};
use crate::text;
use crate::text::Text;

mod sides;

pub(super) use sides::Assignment;

/// What a network is read with.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Networks {
    /// Descriptions, ONNX files, or names of bundled networks
    ///
    /// Descriptions (`.toml`), ONNX files (`.onnx`), either as `-` through standard input, or names of bundled networks;
    /// `@VARIANT` behind one picks a variant, `@*` all of them.
    #[arg(required = true, value_name = "FILE", display_order = 0)]
    pub(super) files: Vec<String>,
    #[command(flatten)]
    options: NetworkOptions,
    #[command(flatten)]
    deployment: Deployment,
}

/// What of networks is counted, for the commands to which both are something.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Deployment {
    /// Count networks as an engine executes them
    ///
    /// Count networks as an engine executes them: batch norms folded into the sums beside them, activations and additions done
    /// while an output is at hand, concatenations and what changes each number by itself in place. Without it, each layer by itself.
    #[arg(long)]
    pub(super) deployed: bool,
}

/// The same for every network of a command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkOptions {
    #[command(flatten)]
    reading: Reading,
    /// Samples of one forward pass [default: 1]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    batch: Option<u64>,
}

/// How a network is read, whatever the batch.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Reading {
    #[command(flatten)]
    pub(super) settings: NetworkSettings,
    /// Sizes of the input in place of the file's: 3x299x299
    ///
    /// Sizes of the input, without the batch, in place of those in the file: 3x299x299.
    #[arg(long, value_name = "SIZES", value_parser = sizes)]
    pub(super) input: Option<Sizes>,
}

/// How a network is read, whatever the batch and the input.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkSettings {
    /// Set a parameter of the description
    ///
    /// Set a parameter of the description. Of several networks, NETWORK:NAME=VALUE sets it in one: NETWORK is its name, its
    /// variant, or its place, from 1.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<Assignment<String>>,
    /// Give a size that an ONNX file leaves open
    ///
    /// Give a size that an ONNX file leaves open, by the file's name for it: height=640. Of several networks, NETWORK:NAME=SIZE
    /// gives it to one.
    #[arg(long, value_name = "NAME=SIZE", value_parser = dimension, hide_short_help = true)]
    dim: Vec<Assignment<u64>>,
    /// Type of the numbers [default: f32]
    #[arg(long, value_parser = element_type())]
    dtype: Option<ElementType>,
    /// Fail if there is a warning or an operator that is not counted
    #[arg(long, hide_short_help = true)]
    pub(super) strict: bool,
    /// What [`Deployment`] says, where a command has that.
    #[arg(skip)]
    is_deployed: bool,
}

/// Which subjects a command makes of a network that was named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// A subject for each of these batches.
    pub(super) batches: &'a [u64],
    /// What a file stands for.
    pub(super) alone: Alone,
}

impl Networks {
    /// Reads and counts every network; what cannot be read is reported, and the others are done.
    pub(super) fn subjects(&self, output: &Output) -> (Vec<Subject>, Outcome) {
        self.options.counted(self.deployment).subjects(&self.files, output)
    }

    /// The same as they are deployed, whether that is asked for or not.
    pub(super) fn deployed(&self, output: &Output) -> (Vec<Subject>, Outcome) {
        self.options.counted(Deployment { deployed: true }).subjects(&self.files, output)
    }

    /// The operators of every file, as they stand there.
    pub(super) fn raw(&self, output: &Output) -> (Vec<(Subject, Vec<Listed>)>, Outcome) {
        if let Err(message) = source::read_once(&self.files) {
            return (vec![], output.misused(message, None));
        }
        let (mut all, mut worst) = (vec![], Outcome::Done);
        for file in &self.files {
            let read = open(file).and_then(|named| {
                let choice = Choice { variant: named.variant.clone(), ..self.options.choice() };
                Ok((named.model.operators(&choice)?, named))
            });
            match read {
                Ok((operators, named)) => {
                    let (subjects, outcome) = self.options.variants(&named, output);
                    worst = worst.max(outcome);
                    all.extend(subjects.into_iter().map(|subject| (subject, operators.clone())));
                }
                Err(error) => worst = worst.max(output.refuse(&error)),
            }
        }
        (all, worst)
    }
}

impl NetworkOptions {
    /// The same for networks as they are deployed, if that is asked for.
    pub(super) fn counted(&self, deployment: Deployment) -> Self {
        Self { reading: self.reading.counted(deployment), ..self.clone() }
    }

    pub(super) fn subjects(&self, files: &[String], output: &Output) -> (Vec<Subject>, Outcome) {
        let wanted = Wanted { batches: &[self.batch.unwrap_or(1)], alone: Alone::Itself };
        self.reading.subjects(files, wanted, output)
    }

    /// Every variant of a model that was asked for.
    pub(super) fn variants(&self, named: &Named, output: &Output) -> (Vec<Subject>, Outcome) {
        self.networks(std::slice::from_ref(named), output)
    }

    /// The networks that were asked for of these models.
    pub(super) fn networks(&self, all: &[Named], output: &Output) -> (Vec<Subject>, Outcome) {
        let wanted = Wanted { batches: &[self.batch.unwrap_or(1)], alone: Alone::Itself };
        self.reading.networks(all, wanted, output)
    }

    /// What the first network of each model is made with.
    pub(super) fn choices(&self, all: &[Named]) -> Vec<Choice> {
        let (wishes, _) = source::wishes(all, Alone::Itself);
        // What is wrong with what is set has been said of the networks.
        let choices = self.reading.choices(&wishes).unwrap_or_default();
        let of = |named: &Named| {
            let made = wishes.iter().zip(&choices).find(|(wish, _)| std::ptr::eq(wish.named, named));
            let choice = made.map_or_else(|| self.choice(), |(_, choice)| choice.clone());
            Choice { batch: self.batch, ..choice }
        };
        all.iter().map(of).collect()
    }

    /// Refuses a parameter that is set in one network of several, where none stand beside each other.
    pub(super) fn refuse_sides(&self) -> Result<(), Text> {
        match self.reading.settings.set.iter().find_map(|set| Some((set.side.as_ref()?, &set.name))) {
            Some((side, name)) => Err(text!(
                "`--set {side}:{name}=…` is for networks that stand beside each other: in `compare`, `analyze` and `bench`",
                "`--set {side}:{name}=…` 用于并列的多个网络:`compare`、`analyze` 和 `bench`"
            )),
            None => Ok(()),
        }
    }

    /// What is chosen for every network.
    pub(super) fn choice(&self) -> Choice {
        let set = self.reading.settings.set.iter().map(Assignment::pair).collect();
        let dims = self.reading.settings.dim.iter().map(|dim| dim.whole().pair()).collect();
        Choice { set, dims, batch: self.batch, ..self.reading.choice() }
    }

    /// Says what was found in a network, and fails for it where `--strict` asks for that.
    pub(super) fn judge(&self, findings: &Findings, voice: &Voice) -> Outcome {
        self.reading.settings.judge(findings, voice)
    }
}

impl NetworkSettings {
    #[cfg(feature = "run")]
    pub(super) fn element(&self) -> ElementType {
        self.dtype.unwrap_or_default()
    }

    /// The same, with these sizes of what an ONNX file leaves open where they are not given.
    #[cfg(feature = "run")]
    pub(super) fn with_sizes(&self, sizes: Vec<(String, u64)>) -> Self {
        let is_given = |name: &str| self.dim.iter().any(|dim| dim.whole().name == name);
        let sizes = sizes.into_iter().filter(|(name, _)| !is_given(name));
        let sizes = sizes.map(|(name, value)| Assignment { side: None, name, value });
        Self { dim: sizes.chain(self.dim.iter().cloned()).collect(), ..self.clone() }
    }

    /// Says what was found in a network, and fails for it where `--strict` asks for that: then it is said in any case.
    fn judge(&self, findings: &Findings, voice: &Voice) -> Outcome {
        files::are_read(&findings.included);
        let voice = Voice { quiet: voice.quiet && !self.strict, ..voice.clone() };
        voice.warn(&findings.warnings, &findings.source);
        if let (true, Some(uncounted)) = (self.strict, &findings.uncounted) {
            voice.show(&Diagnostic::nowhere(Code::NotCounted, uncounted.clone()).warning());
        }
        if self.strict && !findings.is_empty() { Outcome::Failed } else { Outcome::Done }
    }
}

impl Reading {
    /// The same for networks as they are deployed, if that is asked for.
    pub(super) fn counted(&self, Deployment { deployed }: Deployment) -> Self {
        Self { settings: NetworkSettings { is_deployed: deployed, ..self.settings.clone() }, ..self.clone() }
    }

    /// What is chosen for every network, but for parameters and sizes that are open.
    fn choice(&self) -> Choice {
        Choice {
            input: self.input.as_ref().map(|Sizes(sizes)| sizes.clone()),
            element: self.settings.dtype,
            is_deployed: self.settings.is_deployed,
            ..Choice::default()
        }
    }

    /// Reads and counts every network, in the order of `files`, its variants and the batches.
    pub(super) fn subjects(
        &self,
        files: &[String],
        wanted: Wanted,
        output: &Voice,
    ) -> (Vec<Subject>, Outcome) {
        if let Err(message) = source::read_once(files) {
            return (vec![], output.misused(message, None));
        }
        let (mut all, mut worst) = (vec![], Outcome::Done);
        let progress = Progress::begin(output, &text!("reading", "正在读取"));
        for file in files {
            progress.tell(&reading(file));
            match open(file) {
                Ok(named) => all.push(named),
                Err(error) => worst = worst.max(output.refuse(&error)),
            }
        }
        progress.tell(&text!("counting", "正在计数"));
        let (subjects, outcome) = self.networks(&all, wanted, output);
        (subjects, worst.max(outcome))
    }

    /// What each network that is wanted is made with; the error is what is wrong with what is set, and what to do.
    pub(super) fn choices(&self, wishes: &[Wish]) -> Result<Vec<Choice>, (Text, Option<Text>)> {
        let sets = sides::share_set(&self.settings.set, wishes)?;
        let shares = sets.into_iter().zip(sides::share_dims(&self.settings.dim, wishes)?);
        Ok(shares.map(|(set, dims)| Choice { set, dims, ..self.choice() }).collect())
    }

    /// The networks that are wanted of these models.
    pub(super) fn networks(&self, all: &[Named], wanted: Wanted, output: &Voice) -> (Vec<Subject>, Outcome) {
        let (wishes, refused) = source::wishes(all, wanted.alone);
        let mut worst = refused.iter().map(|error| output.refuse(error)).max().unwrap_or(Outcome::Done);
        let choices = match self.choices(&wishes) {
            Ok(choices) => choices,
            Err((message, help)) => return (vec![], output.misused(message, help)),
        };
        for finding in sides::overridden(&self.settings.set, &wishes) {
            if !output.quiet {
                output.show(&finding);
            }
            worst = worst.max(if self.settings.strict { Outcome::Failed } else { Outcome::Done });
        }
        let Made { subjects, remarks } = source::networks(&wishes, &choices, wanted.batches);
        for remark in &remarks {
            worst = worst.max(match remark {
                Remark::Refused(error) => output.refuse(error),
                Remark::Found(findings) => self.settings.judge(findings, output),
            });
        }
        (subjects, worst)
    }
}

/// That a file is read, as it is told.
pub(super) fn reading(name: &str) -> Text {
    let name = short(name);
    text!("reading {name}", "正在读取 {name}")
}

/// Opens what `name` calls.
pub(super) fn open(name: &str) -> Result<Named, ReadError> {
    files::are_read(Address::of(name).0.file());
    let named = source::open(name).map_err(command_first)?;
    files::are_read(named.included());
    Ok(named)
}

/// Opens what makes claims.
pub(super) fn open_claims(name: &str) -> Result<Claims, ReadError> {
    files::are_read(Address::of(name).0.file());
    let claims = Claims::open(name).map_err(command_first)?;
    files::are_read(claims.files());
    Ok(claims)
}

/// The text of a file.
pub(super) fn read_file(path: &str) -> Result<String, ReadError> {
    files::are_read([path]);
    source::text(path)
}

/// Helps who names a command where a network is wanted.
pub(super) fn command_first(error: ReadError) -> ReadError {
    match error {
        ReadError::Unreadable { name, why, .. }
            if is_command(&name) && Address::of(&name).0.file().is_none() =>
        {
            ReadError::Unreadable { help: Some(comes_first(&name)), name, why }
        }
        other @ (ReadError::Unreadable { .. } | ReadError::Invalid { .. }) => other,
    }
}
