//! `cnncost check`: whether claims about networks hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::input::{self, NetworkOptions};
use super::{Outcome, Output};
use crate::claim::{self, Networks};
use crate::error::{Diagnostic, ReadError, did_you_mean};
use crate::read::bundled::CLAIMS;
use crate::read::claims::{ClaimsFile, Reference};
use crate::read::description::Claim;
use crate::report::Subject;
use crate::report::check::{self, Report};
use crate::text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Descriptions, files of claims, or bundled ones
    ///
    /// Descriptions with claims, files of claims, or the names of bundled ones: lecture10, lecture11, papers, resnet50.
    #[arg(required = true, value_name = "FILE", help_heading = "Network", display_order = 0)]
    files: Vec<String>,
    /// Write their totals to a file of claims
    ///
    /// Write the totals of these networks to a file of claims, which a later `check` holds them to.
    #[arg(long, value_name = "LOCKFILE", help_heading = "Claims")]
    update: Option<PathBuf>,
    /// With --update: how far off a later total may be
    #[arg(long, value_name = "PERCENT", requires = "update", help_heading = "Claims")]
    within: Option<String>,
    #[command(flatten)]
    options: NetworkOptions,
    /// Form
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// Everything
    Json,
    /// JUnit's XML, as continuous integration reads it
    Junit,
    /// Annotations, as GitHub's workflows show them
    Github,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    if let Err(message) = arguments.options.refuse_sides() {
        return arguments.output.misused(message, None);
    }
    if let Some(lockfile) = &arguments.update {
        return super::lock::update(
            &arguments.files,
            lockfile,
            arguments.within.as_deref(),
            &arguments.options,
            &arguments.output,
        );
    }
    let output = &arguments.output;
    let (mut files, mut worst) = (vec![], Outcome::Done);
    for file in &arguments.files {
        match Speech::read(file, &arguments.options) {
            Ok(speech) => files.push(speech),
            Err(error) => worst = worst.max(output.refuse(&error)),
        }
    }
    let mut reports = vec![];
    for file in &files {
        match file.check(&arguments.options) {
            Ok(report) => {
                worst = worst.max(if report.failures() > 0 { Outcome::Failed } else { Outcome::Done });
                reports.push(report);
            }
            Err(error) => worst = worst.max(output.refuse(&error)),
        }
    }
    if reports.is_empty() {
        return worst;
    }
    let text = match arguments.format {
        Format::Text => check::text(&reports, output.style()),
        Format::Json => check::json(&reports),
        Format::Junit => check::junit(&reports, output.language()),
        Format::Github => check::github(&reports, output.language()),
    };
    worst.max(output.write(&text))
}

/// A file that makes claims.
enum Speech {
    /// About itself.
    Description(Box<input::Named>),
    /// About others, which stand relative to a folder.
    Claims(ClaimsFile, PathBuf),
}

impl Speech {
    fn read(file: &str, options: &NetworkOptions) -> Result<Self, ReadError> {
        if let Some(bundled) = CLAIMS.iter().find(|bundled| bundled.name == file) {
            let claims = ClaimsFile::parse(&format!("claims/{file}.toml"), bundled.text)?;
            return Ok(Self::Claims(claims, PathBuf::new()));
        }
        if file != "-" && Path::new(file).is_file() {
            let text = input::read_file(file)?;
            if ClaimsFile::is_one(&text) {
                let folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
                return Ok(Self::Claims(ClaimsFile::parse(file, &text)?, folder));
            }
        }
        Ok(Self::Description(Box::new(options.read(file)?)))
    }

    fn claims(&self) -> &[Claim] {
        match self {
            Self::Description(named) => &named.description.claims,
            Self::Claims(file, _) => &file.claims,
        }
    }

    fn source(&self) -> &std::sync::Arc<crate::error::Source> {
        match self {
            Self::Description(named) => &named.description.source,
            Self::Claims(file, _) => &file.source,
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Description(named) => named.description.name.as_ref().unwrap_or(&named.stem).clone(),
            Self::Claims(file, _) => file.name.as_ref().unwrap_or(&file.source.name).clone(),
        }
    }

    /// What becomes of every claim; mistakes in them, or in the networks they speak of, are the error.
    fn check(&self, options: &NetworkOptions) -> Result<Report<'_>, ReadError> {
        let invalid = |mistakes| ReadError::Invalid { source_file: self.source().clone(), mistakes };
        if self.claims().is_empty() {
            let message = text!("there are no claims in this file", "文件中没有论断");
            let help = text!(
                "a claim is `[[claims]]` with `expect = \"macs <= 5M\"`",
                "论断写作 `[[claims]]` 与 `expect = \"macs <= 5M\"`"
            );
            return Err(invalid(vec![Diagnostic::nowhere(message).help(help)]));
        }
        let (mut parsed, mut mistakes) = (vec![], vec![]);
        for claim in self.claims() {
            match claim::parse(claim, self.source()) {
                Ok(claim) => parsed.push(claim),
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        let aliases: BTreeSet<Option<String>> =
            parsed.iter().flat_map(|claim| claim.aliases().cloned()).collect();
        let mut networks = Networks::new();
        for alias in aliases {
            match self.network(alias.as_deref(), options)? {
                Ok(subject) => {
                    networks.insert(alias, subject);
                }
                Err(help) => {
                    let name = alias.as_deref().unwrap_or_default();
                    let message = match &alias {
                        Some(_) => text!("there is no network `{name}` here", "此处没有网络 `{name}`"),
                        None => text!("it does not say of which network", "没有说明是哪个网络"),
                    };
                    let wrong = parsed.iter().filter(|claim| claim.aliases().any(|known| *known == alias));
                    mistakes.extend(wrong.map(|claim| {
                        Diagnostic::new(message.clone(), claim.claim.expect.span.clone()).help(help.clone())
                    }));
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(invalid(mistakes));
        }
        let others = |alias: &Option<String>| self.others(alias.as_deref(), options);
        let mut results = vec![];
        for claim in &parsed {
            match claim::check(claim, &networks, self.source(), &others) {
                Ok(checked) => results.push((claim.claim, checked)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() {
            Ok(Report { title: self.title(), source: self.source(), results })
        } else {
            Err(invalid(mistakes))
        }
    }

    /// The network that claims call by `alias`, or how it may be called.
    fn network(
        &self,
        alias: Option<&str>,
        options: &NetworkOptions,
    ) -> Result<Result<Subject, Option<text::Text>>, ReadError> {
        match (self, alias) {
            (Self::Description(named), None) => options.subject(named, named.variant.clone()).map(Ok),
            (Self::Description(named), Some(alias)) => {
                let variants = || named.description.variants.iter().map(|variant| &*variant.name.text);
                if variants().any(|name| name == alias) {
                    return options.subject(named, Some(alias.to_owned())).map(Ok);
                }
                let list = variants().collect::<Vec<_>>().join("`, `");
                let known = text!("its variants are `{list}`", "其变体有 `{list}`");
                Ok(Err(Some(did_you_mean(alias, variants()).unwrap_or(known))))
            }
            (Self::Claims(file, folder), alias) => {
                let names = || file.networks.iter().map(|network| &*network.alias.text);
                let found = match (alias, &file.networks[..]) {
                    (None, [only]) => Some(only),
                    (None, _) => None,
                    (Some(alias), all) => all.iter().find(|network| &*network.alias.text == alias),
                };
                if let Some(reference) = found {
                    return refer(reference, folder, options).map(Ok);
                }
                let list = names().collect::<Vec<_>>().join("`, `");
                let known = text!("there are `{list}`", "可用的有 `{list}`");
                Ok(Err(Some(alias.and_then(|alias| did_you_mean(alias, names())).unwrap_or(known))))
            }
        }
    }

    /// The other variants of a network's file.
    fn others(&self, alias: Option<&str>, options: &NetworkOptions) -> Vec<Subject> {
        let named;
        let (named, options) = match self {
            Self::Description(named) => (&**named, options.clone()),
            Self::Claims(file, folder) => {
                let reference = file.networks.iter().find(|network| Some(&*network.alias.text) == alias);
                let Some((file, options)) = reference.map(|reference| resolve(reference, folder, options))
                else {
                    return vec![];
                };
                let Ok(read) = options.read(&file) else { return vec![] };
                named = read;
                (&named, options)
            }
        };
        let variants = named.description.variants.iter().map(|variant| variant.name.text.to_string());
        variants.filter_map(|variant| options.subject(named, Some(variant)).ok()).collect()
    }
}

/// The network that a file of claims refers to.
fn refer(reference: &Reference, folder: &Path, options: &NetworkOptions) -> Result<Subject, ReadError> {
    let (file, options) = resolve(reference, folder, options);
    let named = options.read(&file)?;
    options.subject(&named, named.variant.clone())
}

/// The file that is referred to, seen from here, and what it is expanded with.
fn resolve(reference: &Reference, folder: &Path, options: &NetworkOptions) -> (String, NetworkOptions) {
    let written = &*reference.file.text;
    let is_path = written.contains(['/', '\\', '.']);
    let file = if is_path { folder.join(written).to_string_lossy().into_owned() } else { written.to_owned() };
    (file, options.with(&reference.set, reference.input.clone(), reference.batch))
}
