//! A file that makes claims, about itself or about networks that it names, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::input::{Named, NetworkOptions, read_file};
use super::super::{Outcome, Voice, device};
use crate::analyze::roofline::Device;
use crate::claim::{self, Known, Parsed, Slips};
use crate::error::{Code, Diagnostic, ReadError, did_you_mean};
use crate::read::bundled::CLAIMS;
use crate::read::claims::{ClaimsFile, Reference};
use crate::read::description::Claim;
use crate::report::Subject;
use crate::report::check::Report;
use crate::text;
use crate::text::Text;

/// A file that makes claims.
pub(in crate::cli) enum Speech {
    /// About itself.
    Description(Box<Named>),
    /// About others, which stand relative to a folder.
    Claims(ClaimsFile, PathBuf),
}

impl Speech {
    pub(in crate::cli) fn read(file: &str, options: &NetworkOptions) -> Result<Self, ReadError> {
        if let Some(bundled) = CLAIMS.iter().find(|bundled| bundled.name == file) {
            let claims = ClaimsFile::parse(&format!("claims/{file}.toml"), bundled.text)?;
            return Ok(Self::Claims(claims, PathBuf::new()));
        }
        if file != "-" && Path::new(file).is_file() {
            let text = read_file(file)?;
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

    pub(in crate::cli) fn source(&self) -> &std::sync::Arc<crate::error::Source> {
        match self {
            Self::Description(named) => &named.description.source,
            Self::Claims(file, _) => &file.source,
        }
    }

    fn title(&self, variant: Option<&str>) -> String {
        match self {
            Self::Description(named) => {
                let name = named.description.name.as_ref().unwrap_or(&named.stem).clone();
                match variant {
                    Some(variant) if named.variant.is_some() => format!("{name} · {variant}"),
                    Some(_) | None => name,
                }
            }
            Self::Claims(file, _) => file.name.as_ref().unwrap_or(&file.source.name).clone(),
        }
    }

    /// What becomes of every claim, once for each variant that was asked for; mistakes in them, or in the networks they speak
    /// of, are the error.
    pub(super) fn check(
        &self,
        options: &NetworkOptions,
        voice: &Voice,
    ) -> Result<(Vec<Report<'_>>, Outcome), ReadError> {
        let (parsed, mut mistakes) = self.parsed();
        if parsed.is_empty() && mistakes.is_empty() {
            return Err(self.without_claims());
        }
        let devices = self.devices(&parsed, &mut mistakes)?;
        let mut known = Known { devices, ..Known::default() };
        let (mut reports, mut worst) = (vec![], Outcome::Done);
        for variant in self.variants()? {
            let (networks, outcome) =
                self.networks(&parsed, variant.as_deref(), options, voice, &mut mistakes)?;
            known.networks = networks;
            worst = worst.max(outcome);
            let others = |alias: Option<&str>| self.others(alias, options);
            let slips = Slips::new(&others);
            let mut results = vec![];
            for claim in &parsed {
                if !mistakes.is_empty() {
                    break;
                }
                match claim::check(claim, &known, self.source(), &slips) {
                    Ok(checked) => results.push((claim.claim, checked)),
                    Err(mistake) => mistakes.push(mistake),
                }
            }
            if !mistakes.is_empty() {
                return Err(self.invalid(mistakes));
            }
            reports.push(Report { title: self.title(variant.as_deref()), source: self.source(), results });
        }
        Ok((reports, worst))
    }

    /// Every claim that can be read, and what is wrong with the others.
    pub(in crate::cli) fn parsed(&self) -> (Vec<Parsed<'_>>, Vec<Diagnostic>) {
        let (mut parsed, mut mistakes) = (vec![], vec![]);
        for claim in self.claims() {
            match claim::parse(claim, self.source()) {
                Ok(claim) => parsed.push(claim),
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        (parsed, mistakes)
    }

    pub(in crate::cli) fn invalid(&self, mistakes: Vec<Diagnostic>) -> ReadError {
        ReadError::Invalid { source_file: self.source().clone(), mistakes }
    }

    fn without_claims(&self) -> ReadError {
        let message = text!("there are no claims in this file", "文件中没有论断");
        let help = text!(
            "a claim is `[[claims]]` with `expect = \"macs <= 5M\"`",
            "论断写作 `[[claims]]` 与 `expect = \"macs <= 5M\"`"
        );
        self.invalid(vec![Diagnostic::nowhere(Code::MissingKey, message).help(help)])
    }

    /// The variants that a description is checked as: all of them, the one that was named, or none.
    fn variants(&self) -> Result<Vec<Option<String>>, ReadError> {
        let Self::Description(named) = self else { return Ok(vec![None]) };
        if named.variant.as_deref() != Some("*") {
            return Ok(vec![named.variant.clone()]);
        }
        let all = named.description.variants.iter().map(|variant| Some(variant.name.text.to_string()));
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            return Err(named.refused(text!("it has no variants", "它没有变体"), None));
        }
        Ok(all)
    }

    /// The networks that claims speak of. Those that are not there are mistakes.
    pub(in crate::cli) fn networks(
        &self,
        parsed: &[Parsed],
        variant: Option<&str>,
        options: &NetworkOptions,
        voice: &Voice,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Result<(BTreeMap<Option<String>, Subject>, Outcome), ReadError> {
        let aliases: BTreeSet<Option<String>> =
            parsed.iter().flat_map(|claim| claim.aliases().cloned()).collect();
        let (mut networks, mut worst) = (BTreeMap::new(), Outcome::Done);
        for alias in aliases {
            match self.network(alias.as_deref(), variant, options, voice)? {
                Ok((subject, outcome)) => {
                    networks.insert(alias, subject);
                    worst = worst.max(outcome);
                }
                Err(help) => {
                    let name = alias.as_deref().unwrap_or_default();
                    let message = match &alias {
                        Some(_) => text!("there is no network `{name}` here", "此处没有网络 `{name}`"),
                        None => text!("it does not say of which network", "没有说明是哪个网络"),
                    };
                    let wrong = parsed.iter().filter(|claim| claim.aliases().any(|known| *known == alias));
                    mistakes.extend(wrong.map(|claim| {
                        Diagnostic::new(Code::Claim, message.clone(), claim.claim.expect.span.clone())
                            .help(help.clone())
                    }));
                }
            }
        }
        Ok((networks, worst))
    }

    /// The devices that claims speak of, those of files seen from this file's folder. Those that are not there are mistakes.
    fn devices(
        &self,
        parsed: &[Parsed],
        mistakes: &mut Vec<Diagnostic>,
    ) -> Result<BTreeMap<String, Device>, ReadError> {
        let names: BTreeSet<&str> = parsed.iter().flat_map(Parsed::devices).collect();
        let mut devices = BTreeMap::new();
        for name in names {
            match device::find(&in_folder(name, &self.folder())) {
                Ok(device) => {
                    devices.insert(name.to_owned(), device);
                }
                Err(ReadError::Unreadable { why, help, .. }) => {
                    let wrong = parsed.iter().filter(|claim| claim.devices().any(|known| known == name));
                    let message = text!("device `{name}`: {why}", "设备 `{name}`:{why:#}");
                    mistakes.extend(wrong.map(|claim| {
                        Diagnostic::new(Code::Claim, message.clone(), claim.claim.expect.span.clone())
                            .help(help.clone())
                    }));
                }
                Err(error @ ReadError::Invalid { .. }) => return Err(error),
            }
        }
        Ok(devices)
    }

    /// Where it lies.
    fn folder(&self) -> PathBuf {
        match self {
            Self::Description(named) if named.bundled => PathBuf::new(),
            Self::Description(named) => {
                Path::new(&named.description.source.name).parent().unwrap_or(Path::new("")).to_owned()
            }
            Self::Claims(_, folder) => folder.clone(),
        }
    }

    /// The network that claims call by `alias`, or how it may be called.
    fn network(
        &self,
        alias: Option<&str>,
        variant: Option<&str>,
        options: &NetworkOptions,
        voice: &Voice,
    ) -> Result<Result<(Subject, Outcome), Option<Text>>, ReadError> {
        let judged = |named: &Named, variant, options: &NetworkOptions| {
            let subject = options.subject(named, variant)?;
            let outcome = options.judge(&subject, &named.description.source, voice);
            Ok(Ok((subject, outcome)))
        };
        match (self, alias) {
            (Self::Description(named), None) => judged(named, variant.map(str::to_owned), options),
            (Self::Description(named), Some(alias)) => {
                let variants = || named.description.variants.iter().map(|variant| &*variant.name.text);
                if variants().any(|name| name == alias) {
                    return judged(named, Some(alias.to_owned()), options);
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
                    let (file, options) = resolve(reference, folder, options);
                    let read = options.read(&file)?;
                    return judged(&read, read.variant.clone(), &options);
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

/// The file that is referred to, seen from here, and what it is expanded with.
fn resolve(reference: &Reference, folder: &Path, options: &NetworkOptions) -> (String, NetworkOptions) {
    (in_folder(&reference.file.text, folder), options.with_reference(reference))
}

/// A file that is called `written` in `folder`; the name of a bundled one as it is.
fn in_folder(written: &str, folder: &Path) -> String {
    let is_path = written.contains(['/', '\\', '.']);
    if is_path { folder.join(written).to_string_lossy().into_owned() } else { written.to_owned() }
}
