//! The arguments by which networks are named and read, and the subjects that come of them.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::values::{Sizes, assignment, count, sizes};
use super::{Dtype, Outcome, Output, Voice};
use crate::error::{Diagnostic, ReadError, Source};
use crate::read::claims::Reference;
use crate::read::description::Name;
use crate::read::expression::Value;
use crate::read::{Description, Network, Options};
use crate::report::Subject;
use crate::shape::ElementType;
use crate::text;
use crate::text::{Text, printable};

mod foreign;
mod labels;
mod named;
mod plan;
mod sides;
mod written;

pub(super) use named::{Named, bundled_text, io_error, is_network, is_open, is_pipe, read_file, read_once};
use plan::{Nodes, Wish, plan, too_many_variants};
pub(super) use sides::Assignment;
pub(super) use written::quoted;
use written::{assigned, toml_key, toml_value};

/// What a network is read with.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Networks {
    /// Descriptions, or names of bundled networks
    ///
    /// Descriptions (`.toml`, or `-` for standard input) or names of bundled networks; `@VARIANT` behind one picks a variant,
    /// `@*` all of them.
    #[arg(required = true, value_name = "FILE", display_order = 0)]
    files: Vec<String>,
    #[command(flatten)]
    options: NetworkOptions,
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
    set: Vec<Assignment>,
    /// Type of the numbers [default: f32]
    #[arg(long, value_enum)]
    dtype: Option<Dtype>,
    /// What standard input holds
    #[arg(long, value_enum, default_value_t = From::Toml, value_name = "FORMAT", hide_short_help = true)]
    from: From,
    /// Fail if there is a warning or an operator that is not counted
    #[arg(long, hide_short_help = true)]
    pub(super) strict: bool,
}

/// Which subjects a command makes of a network that was named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// A subject for each of these batches.
    pub(super) batches: &'a [u64],
    /// What a file stands for.
    pub(super) alone: Alone,
}

/// What a file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// The network that is named: with its defaults, unless a variant is named.
    Itself,
    /// Networks to lay beside each other: those of all its variants, or of the one that is named, and the one with its
    /// defaults.
    Sides,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum From {
    Toml,
}

impl Networks {
    /// Reads and counts every network; what cannot be read is reported, and the others are done.
    pub(super) fn subjects(&self, output: &Output) -> (Vec<Subject>, Outcome) {
        self.options.subjects(&self.files, output)
    }
}

impl NetworkOptions {
    fn batch(&self) -> u64 {
        self.batch.unwrap_or(1)
    }

    pub(super) fn subjects(&self, files: &[String], output: &Output) -> (Vec<Subject>, Outcome) {
        let wanted = Wanted { batches: &[self.batch()], alone: Alone::Itself };
        self.reading.subjects(files, wanted, output)
    }

    /// Every variant of a description that was asked for.
    pub(super) fn variants(&self, named: &Named, output: &Output) -> (Vec<Subject>, Outcome) {
        let wanted = Wanted { batches: &[self.batch()], alone: Alone::Itself };
        self.reading.networks(std::slice::from_ref(named), wanted, output)
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

    /// The network of one variant, not counted yet.
    pub(super) fn expand(
        &self,
        description: &Description,
        variant: Option<String>,
    ) -> Result<Network, ReadError> {
        self.reading.expand(description, variant)
    }

    /// Whether the command line has a word on this parameter.
    pub(super) fn sets(&self, param: &str) -> bool {
        self.reading.settings.set.iter().any(|assignment| assignment.name == param)
    }

    /// Whether it has one on the sizes of the input.
    pub(super) fn sets_input(&self) -> bool {
        self.reading.input.is_some()
    }

    /// The description that `file` names.
    pub(super) fn read(&self, file: &str) -> Result<Named, ReadError> {
        self.reading.read(file)
    }

    pub(super) fn subject(&self, named: &Named, variant: Option<String>) -> Result<Subject, ReadError> {
        self.reading.subject(named, variant, self.batch())
    }

    /// Warns of what was found in a network, and fails for it where `--strict` asks for that.
    pub(super) fn judge(&self, subject: &Subject, source: &Source, voice: &Voice) -> Outcome {
        self.reading.settings.judge(subject, source, voice)
    }

    /// The same with more parameters set, of which the command line has the last word, and with another input.
    pub(super) fn with(&self, set: &[(Name, Value)], input: Option<Vec<u64>>) -> Self {
        let written = |(name, value): &(Name, Value)| Assignment::everywhere(&name.text, assigned(value));
        let own = &self.reading.settings;
        let set = set.iter().map(written).chain(own.set.iter().cloned()).collect();
        let input = input.map(Sizes).or_else(|| self.reading.input.clone());
        let settings = NetworkSettings { set, ..own.clone() };
        Self { reading: Reading { settings, input }, batch: self.batch }
    }

    /// The same, with what a file of claims sets for a network; the command line has the last word.
    pub(super) fn with_reference(&self, reference: &Reference) -> Self {
        let input = self.reading.input.clone().map(|Sizes(sizes)| sizes).or_else(|| reference.input.clone());
        let mut options = self.with(&reference.set, input);
        let settings = &mut options.reading.settings;
        settings.dtype = settings.dtype.or(reference.dtype.map(Dtype::from));
        options.batch = options.batch.or(reference.batch);
        options
    }

    /// What is set, as a file of claims has it: `, batch = 8`.
    pub(super) fn as_toml(&self) -> String {
        let mut text = String::new();
        let Reading { settings, input } = &self.reading;
        if !settings.set.is_empty() {
            // Of what is set twice, the last holds.
            let set: BTreeMap<_, _> = settings.set.iter().map(|set| (&set.name, &set.value)).collect();
            let set =
                set.into_iter().map(|(name, value)| format!("{} = {}", toml_key(name), toml_value(value)));
            text.push_str(&format!(", set = {{ {} }}", set.collect::<Vec<_>>().join(", ")));
        }
        if let Some(Sizes(sizes)) = input {
            text.push_str(&format!(", input = {sizes:?}"));
        }
        if let Some(batch) = self.batch.filter(|&batch| batch > 1) {
            text.push_str(&format!(", batch = {batch}"));
        }
        if let Some(dtype) = settings.dtype.filter(|&dtype| dtype != Dtype::F32) {
            text.push_str(&format!(", dtype = {}", quoted(ElementType::from(dtype).name())));
        }
        text
    }

    /// Whether anything is set.
    pub(super) fn is_set(&self) -> bool {
        let Reading { settings, input } = &self.reading;
        !settings.set.is_empty() || input.is_some() || self.batch.is_some() || settings.dtype.is_some()
    }
}

impl NetworkSettings {
    pub(super) fn dtype(&self) -> Dtype {
        self.dtype.unwrap_or(Dtype::F32)
    }

    /// Warns of what was found in a network, and fails for it where `--strict` asks for that: then it is said in any case.
    fn judge(&self, subject: &Subject, source: &Source, voice: &Voice) -> Outcome {
        let voice = Voice { quiet: voice.quiet && !self.strict, ..voice.clone() };
        voice.warn(&subject.network.warnings, source);
        let uncounted = subject.analysis.uncounted();
        if self.strict && !uncounted.is_empty() {
            let (count, graph) = (uncounted.len(), &subject.network.graph);
            let named = |&id| format!("`{}` ({})", graph.path(id), graph.node(id).operator_name());
            let list = uncounted.iter().take(3).map(named).collect::<Vec<_>>().join(", ");
            let more = if count > 3 { ", …" } else { "" };
            let message = text!("{count} not counted: {list}{more}", "有 {count} 个未计数:{list}{more}");
            voice.show(&Diagnostic::nowhere(message).warning());
        }
        let is_clean = subject.network.warnings.is_empty() && uncounted.is_empty();
        if self.strict && !is_clean { Outcome::Failed } else { Outcome::Done }
    }
}

impl Reading {
    /// Reads and counts every network, in the order of `files`, its variants and the batches.
    pub(super) fn subjects(
        &self,
        files: &[String],
        wanted: Wanted,
        output: &Voice,
    ) -> (Vec<Subject>, Outcome) {
        if let Err(message) = read_once(files) {
            return (vec![], output.misused(message, None));
        }
        let (mut all, mut worst) = (vec![], Outcome::Done);
        for file in files {
            match self.read(file) {
                Ok(named) => all.push(named),
                Err(error) => worst = worst.max(output.refuse(&error)),
            }
        }
        let (subjects, outcome) = self.networks(&all, wanted, output);
        (subjects, worst.max(outcome))
    }

    /// The networks that are wanted of these descriptions.
    pub(super) fn networks(&self, all: &[Named], wanted: Wanted, output: &Voice) -> (Vec<Subject>, Outcome) {
        let (wishes, mut worst) = plan(all, wanted, output);
        let shares = match sides::share(&self.settings.set, &wishes) {
            Ok(shares) => shares,
            Err((message, help)) => return (vec![], output.misused(message, help)),
        };
        for finding in sides::overridden(&self.settings.set, &wishes) {
            if !output.quiet {
                output.show(&finding);
            }
            worst = worst.max(if self.settings.strict { Outcome::Failed } else { Outcome::Done });
        }
        let (mut subjects, mut networks) = (vec![], vec![]);
        let mut nodes = Nodes::default();
        let set: Vec<Vec<String>> = shares.iter().map(|share| share.iter().map(written).collect()).collect();
        for (index, (wish, set)) in wishes.iter().zip(shares).enumerate() {
            let settings = NetworkSettings { set, ..self.settings.clone() };
            let reading = Self { settings, input: self.input.clone() };
            worst = worst.max(reading.at_batches(wish, wanted.batches, output, &mut nodes, &mut subjects));
            networks.resize(subjects.len(), index);
        }
        labels::tell_apart(&mut subjects, &networks, &set);
        (subjects, worst)
    }

    /// A network at each of the batches, as long as there is room for its nodes.
    fn at_batches<'a>(
        &self,
        wish: &Wish<'a>,
        batches: &[u64],
        output: &Voice,
        nodes: &mut Nodes<'a>,
        subjects: &mut Vec<Subject>,
    ) -> Outcome {
        let (named, mut worst) = (wish.named, Outcome::Done);
        for (index, &batch) in batches.iter().enumerate() {
            if nodes.is_full(named) {
                return worst;
            }
            let subject = match self.subject(named, wish.variant.clone(), batch) {
                Ok(subject) => subject,
                Err(error) => return worst.max(output.refuse(&error)),
            };
            if !nodes.add(named, subject.network.graph.len()) {
                return worst.max(output.refuse(&too_many_variants(named)));
            }
            // Of another batch there is the same to say.
            if index == 0 {
                worst = worst.max(self.settings.judge(&subject, &named.description.source, output));
            }
            subjects.push(subject);
        }
        worst
    }

    fn subject(&self, named: &Named, variant: Option<String>, batch: u64) -> Result<Subject, ReadError> {
        let Named { description, stem, .. } = named;
        let label = named.label(variant.as_deref());
        // Which of its variants a network is, is said of the default one too.
        let variant = variant.or_else(|| named.default_variant().map(str::to_owned));
        let network = self.expand(description, variant.clone())?;
        let subject = Subject::of(network, batch).map_err(|too_large| {
            let path = &too_large.path;
            let message = text!("a count of `{path}` does not fit 128 bits", "`{path}` 的计数超出 128 位");
            let mistake = match too_large.span {
                Some(span) => Diagnostic::new(message, span),
                None => Diagnostic::nowhere(text!("a total does not fit 128 bits", "总数超出 128 位")),
            };
            ReadError::Invalid { source_file: description.source.clone(), mistakes: vec![mistake] }
        })?;
        Ok(Subject {
            title: self.title(description.name.as_ref().unwrap_or(stem), variant.as_deref()),
            label,
            source: description.source.name.clone(),
            variant,
            sha256: named.sha256().to_owned(),
            element: ElementType::from(self.settings.dtype()),
            ..subject
        })
    }

    /// The network of one variant, not counted yet.
    pub(super) fn expand(
        &self,
        description: &Description,
        variant: Option<String>,
    ) -> Result<Network, ReadError> {
        let input = self.input.as_ref().map(|sizes| sizes.0.clone());
        let pair = |set: &Assignment| (set.name.clone(), set.value.clone());
        description.expand(&Options { variant, set: self.settings.set.iter().map(pair).collect(), input })
    }

    /// The network's name, and what sets it apart from others of its file.
    fn title(&self, name: &str, variant: Option<&str>) -> String {
        let set = self.settings.set.iter().map(|set| format!("{} = {}", set.name, set.value));
        let apart = variant.map(str::to_owned).into_iter().chain(set);
        printable(&std::iter::once(name.to_owned()).chain(apart).collect::<Vec<_>>().join(" · "))
    }

    /// The description that `file` names.
    pub(super) fn read(&self, file: &str) -> Result<Named, ReadError> {
        let From::Toml = self.settings.from;
        Named::read(file)
    }
}

fn written(set: &Assignment) -> String {
    format!("{}={}", set.name, set.value)
}
