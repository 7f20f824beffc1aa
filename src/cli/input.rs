//! The arguments by which networks are named and read, and the subjects that come of them.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::values::{Sizes, assignment, count, sizes};
use super::{Dtype, Outcome, Output, Voice};
use crate::error::{Diagnostic, ReadError, Source};
use crate::read::claims::Reference;
use crate::read::description::Name;
use crate::read::expression::{Rational, Value, number};
use crate::read::{Description, MOST_NODES, Network, Options};
use crate::report::Subject;
use crate::shape::ElementType;
use crate::text;
use crate::text::printable;

mod foreign;
mod named;

pub(super) use named::{Named, bundled_text, is_open, is_pipe, read_file, read_once};

/// What a network is read with.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Networks {
    /// Descriptions (`.toml`, or `-` for standard input) or names of bundled networks; `@VARIANT` behind one picks a
    /// variant, `@*` all of them
    #[arg(required = true, value_name = "FILE")]
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
    #[arg(long, value_name = "N", value_parser = count)]
    batch: Option<u64>,
}

/// How a network is read, whatever the batch.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Reading {
    #[command(flatten)]
    pub(super) settings: NetworkSettings,
    /// Sizes of the input, without the batch, in place of those in the file: 3x299x299
    #[arg(long, value_name = "SIZES", value_parser = sizes)]
    pub(super) input: Option<Sizes>,
}

/// How a network is read, whatever the batch and the input.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkSettings {
    /// Set a parameter of the description
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Type of the numbers, for what depends on their width [default: f32]
    #[arg(long, value_enum)]
    dtype: Option<Dtype>,
    /// What standard input holds
    #[arg(long, value_enum, default_value_t = From::Toml, value_name = "FORMAT")]
    from: From,
    /// Fail if there is a warning or an operator that is not counted
    #[arg(long)]
    pub(super) strict: bool,
}

/// Which subjects a command makes of a network that was named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// A subject for each of these batches.
    pub(super) batches: &'a [u64],
    /// Whether a file with variants, named without one, stands for all of them.
    pub(super) all_variants: bool,
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
        let wanted = Wanted { batches: &[self.batch()], all_variants: false };
        self.reading.subjects(files, wanted, output)
    }

    /// Every variant of a description that was asked for.
    pub(super) fn variants(&self, named: &Named, output: &Output, subjects: &mut Vec<Subject>) -> Outcome {
        let wanted = Wanted { batches: &[self.batch()], all_variants: false };
        self.reading.variants(named, wanted, output, subjects)
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
        self.reading.settings.set.iter().any(|(name, _)| name == param)
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
        let written = |(name, value): &(Name, Value)| (name.text.to_string(), assigned(value));
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
            let set: BTreeMap<_, _> = settings.set.iter().map(|(name, value)| (name, value)).collect();
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

/// Text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A key as TOML writes it.
fn toml_key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// What `--set` has, as TOML writes it: a number digit by digit, without zeros in front, which TOML does not take.
fn toml_value(written: &str) -> String {
    if number(written).is_none() {
        return if ["true", "false"].contains(&written) { written.to_owned() } else { quoted(written) };
    }
    let unsigned = written.trim_start_matches(['+', '-']);
    let sign = if written.starts_with('-') { "-" } else { "" };
    let whole = unsigned.find(['.', 'e', 'E']).unwrap_or(unsigned.len());
    let digits = unsigned[..whole].trim_start_matches(['0', '_']);
    let digits = if digits.is_empty() { "0" } else { digits };
    format!("{sign}{digits}{}", &unsigned[whole..])
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
        let (mut subjects, mut worst) = (vec![], Outcome::Done);
        for file in files {
            let outcome = match self.read(file) {
                Ok(named) => self.variants(&named, wanted, output, &mut subjects),
                Err(error) => output.refuse(&error),
            };
            worst = worst.max(outcome);
        }
        (subjects, worst)
    }

    /// Every variant that was asked for.
    pub(super) fn variants(
        &self,
        named: &Named,
        wanted: Wanted,
        output: &Voice,
        subjects: &mut Vec<Subject>,
    ) -> Outcome {
        let known = &named.description.variants;
        let all = match &named.variant {
            Some(variant) => variant == "*",
            None => wanted.all_variants && !known.is_empty(),
        };
        let variants: Vec<Option<String>> = if all {
            known.iter().map(|variant| Some(variant.name.text.to_string())).collect()
        } else {
            vec![named.variant.clone()]
        };
        if variants.is_empty() {
            return output.refuse(&named.refused(text!("it has no variants", "它没有变体"), None));
        }
        let (mut worst, mut nodes) = (Outcome::Done, 0);
        for variant in variants {
            for (index, &batch) in wanted.batches.iter().enumerate() {
                match self.subject(named, variant.clone(), batch) {
                    Ok(subject) => {
                        nodes += subject.network.graph.len() as u64;
                        if nodes > MOST_NODES {
                            return output.refuse(&too_many_variants(named));
                        }
                        // Of another batch there is the same to say.
                        if index == 0 {
                            worst =
                                worst.max(self.settings.judge(&subject, &named.description.source, output));
                        }
                        subjects.push(subject);
                    }
                    Err(error) => {
                        worst = worst.max(output.refuse(&error));
                        break;
                    }
                }
            }
        }
        worst
    }

    fn subject(&self, named: &Named, variant: Option<String>, batch: u64) -> Result<Subject, ReadError> {
        let Named { description, stem, .. } = named;
        let network = self.expand(description, variant.clone())?;
        let analysis = crate::analyze(&network.graph, batch).map_err(|too_large| {
            let path = &too_large.path;
            let message = text!("a count of `{path}` does not fit 128 bits", "`{path}` 的计数超出 128 位");
            let mistake = match too_large.span {
                Some(span) => Diagnostic::new(message, span),
                None => Diagnostic::nowhere(text!("a total does not fit 128 bits", "总数超出 128 位")),
            };
            ReadError::Invalid { source_file: description.source.clone(), mistakes: vec![mistake] }
        })?;
        let label = match &variant {
            // The variants of a bundled file have names of their own.
            Some(variant) if named.bundled => variant.clone(),
            Some(variant) => format!("{stem}@{variant}"),
            None => stem.clone(),
        };
        Ok(Subject {
            title: self.title(description.name.as_ref().unwrap_or(stem), variant.as_deref()),
            label: printable(&label),
            source: description.source.name.clone(),
            variant,
            sha256: named.sha256().to_owned(),
            network,
            analysis,
            element: ElementType::from(self.settings.dtype()),
            roofline: None,
            like: None,
            fields: OnceCell::new(),
        })
    }

    /// The network of one variant, not counted yet.
    pub(super) fn expand(
        &self,
        description: &Description,
        variant: Option<String>,
    ) -> Result<Network, ReadError> {
        let input = self.input.as_ref().map(|sizes| sizes.0.clone());
        description.expand(&Options { variant, set: self.settings.set.clone(), input })
    }

    /// The network's name, and what sets it apart from others of its file.
    fn title(&self, name: &str, variant: Option<&str>) -> String {
        let set = self.settings.set.iter().map(|(name, value)| format!("{name} = {value}"));
        let apart = variant.map(str::to_owned).into_iter().chain(set);
        printable(&std::iter::once(name.to_owned()).chain(apart).collect::<Vec<_>>().join(" · "))
    }

    /// The description that `file` names.
    pub(super) fn read(&self, file: &str) -> Result<Named, ReadError> {
        let From::Toml = self.settings.from;
        Named::read(file)
    }
}

fn too_many_variants(named: &Named) -> ReadError {
    let why = text!(
        "its variants together have more than {MOST_NODES} nodes",
        "它的各变体合计超过 {MOST_NODES} 个节点"
    );
    named.refused(why, Some(text!("name one: `@VARIANT`", "请指定一个:`@变体`")))
}

/// A value as `--set` writes it.
fn assigned(value: &Value) -> String {
    match value {
        Value::Number(number) => decimal(number),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Word(word) => word.to_string(),
    }
}

/// A number that was read from a decimal, as a decimal again.
fn decimal(number: &Rational) -> String {
    let (numerator, denominator) = (*number.numer(), *number.denom());
    // What has at most 38 digits behind its point has a denominator that divides a power of ten as large.
    let scale = (0..=38).map(|digits| (digits, 10_i128.pow(digits))).find(|(_, ten)| ten % denominator == 0);
    let scaled =
        scale.and_then(|(digits, ten)| Some((digits as usize, numerator.checked_mul(ten / denominator)?)));
    match scaled {
        None => number.to_string(),
        Some((0, whole)) => whole.to_string(),
        Some((digits, scaled)) => {
            let sign = if scaled < 0 { "-" } else { "" };
            let all = format!("{:0>width$}", scaled.unsigned_abs(), width = digits + 1);
            let (whole, fraction) = all.split_at(all.len() - digits);
            format!("{sign}{whole}.{fraction}")
        }
    }
}
