//! Networks as they are named on the command line: a file, standard input, or a bundled network, with its variant.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use super::{Dtype, Outcome, Output, Voice};
use crate::error::{Diagnostic, ReadError};
use crate::read::bundled::{self, Bundled};
use crate::read::description::Name;
use crate::read::expression::Value;
use crate::read::{Description, MOST_BYTES, Options};
use crate::report::Subject;
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

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
    settings: NetworkSettings,
    /// Sizes of the input, without the batch, in place of those in the file: 3x299x299
    #[arg(long, value_name = "SIZES", value_parser = sizes)]
    input: Option<Sizes>,
}

/// The same without the input, which is not always given in sizes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkSettings {
    #[command(flatten)]
    pub(super) reading: Reading,
    /// Samples of one forward pass
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) batch: u64,
}

/// The same without the batch, of which there may be several.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(super) struct Reading {
    /// Set a parameter of the description
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Type of the numbers, for what depends on their width
    #[arg(long, value_enum, default_value_t = Dtype::F32)]
    pub(super) dtype: Dtype,
    /// What standard input holds
    #[arg(long, value_enum, default_value_t = From::Toml, value_name = "FORMAT")]
    from: From,
    /// Fail if there is a warning or an operator that is not counted
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Sizes(pub(super) Vec<u64>);

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

impl Reading {
    /// Reads every network once, and counts it at each batch; in the order of the batches.
    pub(super) fn subjects(
        &self,
        files: &[String],
        input: Option<&Sizes>,
        batches: &[u64],
        voice: &Voice,
    ) -> (Vec<Subject>, Outcome) {
        let (mut subjects, mut worst) = (vec![], Outcome::Done);
        let silent = Voice { quiet: true, ..voice.clone() };
        let at = |&batch: &u64| NetworkSettings { reading: self.clone(), batch };
        let settings: Vec<NetworkSettings> = batches.iter().map(at).collect();
        for file in files {
            let Some(first) = settings.first() else { continue };
            let named = match first.read(file) {
                Ok(named) => named,
                Err(error) => {
                    worst = worst.max(voice.refuse(&error));
                    continue;
                }
            };
            for (index, settings) in settings.iter().enumerate() {
                // What is to be said of a description is said once.
                let voice = if index == 0 { voice } else { &silent };
                worst = worst.max(settings.variants(&named, input, voice, &mut subjects));
            }
        }
        let place = |subject: &Subject| batches.iter().position(|&batch| batch == subject.analysis.batch);
        subjects.sort_by_key(place);
        (subjects, worst)
    }
}

impl NetworkOptions {
    pub(super) fn subjects(&self, files: &[String], output: &Output) -> (Vec<Subject>, Outcome) {
        self.settings.subjects(files, self.input.as_ref(), output)
    }

    pub(super) fn subject(&self, named: &Named, variant: Option<String>) -> Result<Subject, ReadError> {
        self.settings.subject(named, variant, self.input.as_ref())
    }

    pub(super) fn read(&self, file: &str) -> Result<Named, ReadError> {
        self.settings.read(file)
    }

    /// The same, with what a file of claims sets.
    pub(super) fn with(&self, set: &[(Name, Value)], input: Option<Vec<u64>>, batch: u64) -> Self {
        let written = |(name, value): &(Name, Value)| (name.text.to_string(), assigned(value));
        let NetworkSettings { reading, batch: asked } = &self.settings;
        let set = set.iter().map(written).chain(reading.set.iter().cloned()).collect();
        let reading = Reading { set, ..reading.clone() };
        Self {
            settings: NetworkSettings { reading, batch: if *asked == 1 { batch } else { *asked } },
            input: input.map(Sizes).or_else(|| self.input.clone()),
        }
    }

    /// What is set, as a file of claims has it: `, batch = 8`.
    pub(super) fn as_toml(&self) -> String {
        let mut text = String::new();
        let NetworkSettings { reading, batch } = &self.settings;
        if !reading.set.is_empty() {
            let set = reading.set.iter().map(|(name, value)| {
                let is_plain =
                    crate::read::expression::number(value).is_some() || ["true", "false"].contains(&&**value);
                let value =
                    if is_plain { value.clone() } else { serde_json::Value::from(&**value).to_string() };
                format!("{name} = {value}")
            });
            text.push_str(&format!(", set = {{ {} }}", set.collect::<Vec<_>>().join(", ")));
        }
        if let Some(Sizes(sizes)) = &self.input {
            text.push_str(&format!(", input = {sizes:?}"));
        }
        if *batch > 1 {
            text.push_str(&format!(", batch = {batch}"));
        }
        text
    }
}

impl NetworkSettings {
    pub(super) fn subjects(
        &self,
        files: &[String],
        input: Option<&Sizes>,
        output: &Voice,
    ) -> (Vec<Subject>, Outcome) {
        let (mut subjects, mut worst) = (vec![], Outcome::Done);
        for file in files {
            let outcome = match self.read(file) {
                Ok(named) => self.variants(&named, input, output, &mut subjects),
                Err(error) => output.refuse(&error),
            };
            worst = worst.max(outcome);
        }
        (subjects, worst)
    }

    /// Every variant that was asked for.
    fn variants(
        &self,
        named: &Named,
        input: Option<&Sizes>,
        output: &Voice,
        subjects: &mut Vec<Subject>,
    ) -> Outcome {
        let all = named.variant.as_deref() == Some("*");
        let variants: Vec<Option<String>> = if all {
            named.description.variants.iter().map(|variant| Some(variant.name.text.to_string())).collect()
        } else {
            vec![named.variant.clone()]
        };
        let mut worst = Outcome::Done;
        for variant in variants {
            match self.subject(named, variant, input) {
                Ok(subject) => {
                    output.warn(&subject.network.warnings, &named.description.source);
                    let clean =
                        subject.network.warnings.is_empty() && subject.analysis.uncounted().is_empty();
                    worst = worst.max(if self.reading.strict && !clean {
                        Outcome::Failed
                    } else {
                        Outcome::Done
                    });
                    subjects.push(subject);
                }
                Err(error) => worst = worst.max(output.refuse(&error)),
            }
        }
        worst
    }

    fn subject(
        &self,
        named: &Named,
        variant: Option<String>,
        input: Option<&Sizes>,
    ) -> Result<Subject, ReadError> {
        let Named { description, stem, .. } = named;
        let input = input.map(|sizes| sizes.0.clone());
        let options = Options { variant: variant.clone(), set: self.reading.set.clone(), input };
        let network = description.expand(&options)?;
        let analysis = crate::analyze(&network.graph, self.batch).map_err(|too_large| {
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
        let sha256 = Sha256::digest(description.source.text.as_bytes());
        Ok(Subject {
            title: self.title(description.name.as_ref().unwrap_or(stem), variant.as_deref()),
            label,
            source: description.source.name.clone(),
            variant,
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            network,
            analysis,
            element: ElementType::from(self.reading.dtype),
            roofline: None,
            fields: OnceCell::new(),
        })
    }

    /// The network's name, and what sets it apart from others of its file.
    fn title(&self, name: &str, variant: Option<&str>) -> String {
        let set = self.reading.set.iter().map(|(name, value)| format!("{name} = {value}"));
        let apart = variant.map(str::to_owned).into_iter().chain(set);
        std::iter::once(name.to_owned()).chain(apart).collect::<Vec<_>>().join(" · ")
    }

    pub(super) fn read(&self, file: &str) -> Result<Named, ReadError> {
        if file == "-" {
            let From::Toml = self.reading.from;
            let text = read_text("standard input", io::stdin().lock())?;
            let description = Description::parse("standard input", &text)?;
            return Ok(Named { description, stem: "stdin".to_owned(), variant: None, bundled: false });
        }
        // A file whose name has an `@` in it is that file.
        let (path, variant) = match file.rsplit_once('@') {
            Some((path, variant)) if !Path::new(file).exists() => (path, Some(variant.to_owned())),
            Some(_) | None => (file, None),
        };
        let looks_like_a_path = path.contains(['/', '\\', '.']) || Path::new(path).exists();
        if !looks_like_a_path {
            return named(path, variant);
        }
        if Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx")) {
            let why = text!("this version reads descriptions in TOML only", "此版本只读取 TOML 描述文件");
            return Err(ReadError::Unreadable { name: path.to_owned(), why, help: None });
        }
        let text = read_file(path)?;
        let stem = Path::new(path).file_stem().map_or_else(|| path.into(), |stem| stem.to_string_lossy());
        Ok(Named {
            description: Description::parse(path, &text)?,
            stem: stem.into_owned(),
            variant,
            bundled: false,
        })
    }
}

/// A description and what it was called by.
pub(super) struct Named {
    pub(super) description: Description,
    pub(super) stem: String,
    pub(super) variant: Option<String>,
    bundled: bool,
}

/// The text of a bundled description.
pub(super) fn bundled_text(name: &str) -> Result<&'static str, ReadError> {
    find(name).map(|(file, _)| file.text)
}

fn named(name: &str, variant: Option<String>) -> Result<Named, ReadError> {
    let (file, of_name) = find(name)?;
    let description = Description::parse(&format!("{}.toml", file.name), file.text)?;
    Ok(Named { description, stem: file.name.to_owned(), variant: variant.or(of_name), bundled: true })
}

fn find(name: &str) -> Result<(&'static Bundled, Option<String>), ReadError> {
    bundled::find(name).ok_or_else(|| {
        let why = text!(
            "there is no such file, and no bundled network of that name",
            "没有这个文件,也没有同名的内置网络"
        );
        let help = match bundled::nearest(name) {
            Some(near) => text!("did you mean `{near}`?", "是否指 `{near}`?"),
            None => text!("`cnncost models` lists the bundled networks", "`cnncost models` 列出内置网络"),
        };
        ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) }
    })
}

pub(super) fn read_file(path: &str) -> Result<String, ReadError> {
    let unreadable = |why, help| ReadError::Unreadable { name: path.to_owned(), why, help };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(io_error(&error), None))?;
    if metadata.is_dir() {
        let help = text!("give the files in it: `{path}/*.toml`", "请给出其中的文件:`{path}/*.toml`");
        return Err(unreadable(text!("it is a directory", "这是一个目录"), Some(help)));
    }
    read_text(path, File::open(path).map_err(|error| unreadable(io_error(&error), None))?)
}

fn read_text(name: &str, file: impl Read) -> Result<String, ReadError> {
    let unreadable = |why| ReadError::Unreadable { name: name.to_owned(), why, help: None };
    let mut bytes = vec![];
    // One byte more than is read, so that what is too long is seen to be.
    let most = MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(io_error(&error)))?;
    if bytes.len() > MOST_BYTES {
        return Err(unreadable(text!("it is larger than 16 MB", "超过 16 MB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        unreadable(text!("it is not UTF-8 text, see line {line}", "不是 UTF-8 文本,见第 {line} 行"))
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has a message for every other kind")]
fn io_error(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::NotFound => text!("there is no such file", "没有这个文件"),
        io::ErrorKind::PermissionDenied => text!("it may not be read", "没有读取权限"),
        _ => text!("{error}", "{error}"),
    }
}

/// A value as `--set` writes it.
#[expect(clippy::cast_precision_loss, reason = "a decimal of few digits comes back as it was")]
fn assigned(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_integer() => number.to_string(),
        Value::Number(number) => (*number.numer() as f64 / *number.denom() as f64).to_string(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Word(word) => word.to_string(),
    }
}

fn assignment(written: &str) -> Result<(String, String), String> {
    let (name, value) = written.split_once('=').ok_or("an assignment is NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn sizes(written: &str) -> Result<Sizes, String> {
    let size = |part: &str| {
        part.trim().parse().map_err(|_| format!("`{part}` is no size: sizes are as in 3x224x224"))
    };
    written.split(['x', 'X', '×', ',']).map(size).collect::<Result<_, _>>().map(Sizes)
}
