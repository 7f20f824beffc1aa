//! A file that makes claims, about itself or about networks that it names, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Address, Choice, Findings, Model, Named, contents, device};
use crate::analyze::roofline::Device;
use crate::claim::{self, Known, Parsed, Report, Slips};
use crate::error::{Code, Diagnostic, ReadError, Source, did_you_mean};
use crate::read::bundled::CLAIMS;
use crate::read::claims::{ClaimsFile, Reference};
use crate::read::description::Claim;
use crate::subject::Subject;
use crate::text;
use crate::text::{Text, printable};

/// The most nodes of a network's other variants together, in which it is looked whether a claim that fails holds.
const MOST_NODES: usize = 100_000;

/// A file that makes claims.
#[derive(Debug)]
pub enum Claims {
    /// About itself.
    Own(Box<Named>),
    /// About others, which stand relative to a folder.
    Others(ClaimsFile, PathBuf),
}

impl Claims {
    /// Opens what `name` calls: a file of claims, or a bundled one; or else whatever [`open`](super::open) opens, which makes
    /// claims about itself.
    ///
    /// The error says why it cannot be read, or has every mistake in it but those in the statements of claims.
    pub fn open(name: &str) -> Result<Self, ReadError> {
        if let Some(bundled) = CLAIMS.iter().find(|bundled| bundled.name == name) {
            let claims = ClaimsFile::parse(&format!("claims/{name}.toml"), bundled.text)?;
            return Ok(Self::Others(claims, PathBuf::new()));
        }
        if name != "-" && Path::new(name).is_file() && !contents::is_onnx(Path::new(name)) {
            let text = contents::text(name)?;
            if ClaimsFile::is_one(&text) {
                return Self::parse(name, &text);
            }
        }
        Ok(Self::Own(Box::new(super::open(name)?)))
    }

    /// Reads the text of a file of claims; the files that it names are looked for beside `path`. The error has every mistake
    /// in its form.
    pub fn parse(path: &str, text: &str) -> Result<Self, ReadError> {
        Ok(Self::Others(ClaimsFile::parse(path, text)?, folder_of(path)))
    }

    /// The files that [`check`](Self::check) reads, those of networks and of devices, whether they are there or not.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = self.folder();
        let networks = match self {
            Self::Own(_) => vec![],
            Self::Others(file, _) => file.networks.iter().map(|network| &*network.file.text).collect(),
        };
        let (parsed, _) = self.parsed();
        let names = networks.into_iter().chain(parsed.iter().flat_map(Parsed::devices));
        let files = names.map(|name| Address::of(&in_folder(name, &folder)).0);
        files.filter_map(|address| address.file().map(Path::to_owned)).collect()
    }

    fn claims(&self) -> &[Claim] {
        match self {
            Self::Own(named) => named.model.claims(),
            Self::Others(file, _) => &file.claims,
        }
    }

    /// Whether there is a claim at all.
    pub fn are_there(&self) -> bool {
        !self.claims().is_empty()
    }

    /// The file, which mistakes in claims are drawn over.
    pub fn source(&self) -> &Arc<Source> {
        match self {
            Self::Own(named) => named.model.source(),
            Self::Others(file, _) => &file.source,
        }
    }

    fn title(&self, variant: Option<&str>) -> String {
        match self {
            Self::Own(named) => {
                let name = named.model.name().unwrap_or(&named.stem).to_owned();
                match variant {
                    Some(variant) if named.variant.is_some() => format!("{name} · {variant}"),
                    Some(_) | None => name,
                }
            }
            Self::Others(file, _) => file.name.as_ref().unwrap_or(&file.source.name).clone(),
        }
    }

    /// What becomes of every claim, once for each variant that was asked for. What was found in the networks on the way goes
    /// into `findings`.
    ///
    /// The error has every mistake in the claims, or says why a network or device that they speak of cannot be read.
    pub fn check(&self, choice: &Choice, findings: &mut Vec<Findings>) -> Result<Vec<Report<'_>>, ReadError> {
        let (parsed, mut mistakes) = self.parsed();
        if parsed.is_empty() && mistakes.is_empty() {
            return Err(self.without_claims());
        }
        let devices = self.devices(&parsed, &mut mistakes)?;
        let mut reports = vec![];
        for variant in self.variants()? {
            let choice = choice.of(variant.as_deref());
            let networks = self.networks(&parsed, &choice, findings, &mut mistakes)?;
            let known = Known { networks, devices: devices.clone(), ..Known::default() };
            let others = |alias: Option<&str>| self.others(alias, &choice);
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
            let (title, is_deployed) = (self.title(variant.as_deref()), choice.is_deployed);
            reports.push(Report { title, source: self.source(), is_deployed, results });
        }
        Ok(reports)
    }

    /// Every claim that can be read, and what is wrong with the others.
    pub(super) fn parsed(&self) -> (Vec<Parsed<'_>>, Vec<Diagnostic>) {
        let (mut parsed, mut mistakes) = (vec![], vec![]);
        for claim in self.claims() {
            match claim::parse(claim, self.source()) {
                Ok(claim) => parsed.push(claim),
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        (parsed, mistakes)
    }

    pub(super) fn invalid(&self, mistakes: Vec<Diagnostic>) -> ReadError {
        ReadError::Invalid { source_file: self.source().clone(), mistakes }
    }

    fn without_claims(&self) -> ReadError {
        let message = text!("there are no claims in this file", "文件中没有论断");
        let help = match self {
            Self::Own(named) if matches!(named.model, Model::Onnx(_)) => {
                let name = &named.model.source().name;
                text!(
                    "a file of claims names it, `networks = {{ net = \"{name}\" }}`; `--update FILE` writes one",
                    "可在论断文件中引用它:`networks = {{ net = \"{name}\" }}`;`--update FILE` 会写出一个"
                )
            }
            Self::Own(_) | Self::Others(..) => text!(
                "a claim is `[[claims]]` with `expect = \"macs <= 5M\"`",
                "论断写作 `[[claims]]` 与 `expect = \"macs <= 5M\"`"
            ),
        };
        self.invalid(vec![Diagnostic::nowhere(Code::MissingKey, message).help(help)])
    }

    /// The networks that a file of claims names, by these names and in their order; of a model there are none beside itself.
    ///
    /// The error says why one cannot be read.
    pub fn subjects(&self, choice: &Choice, findings: &mut Vec<Findings>) -> Result<Vec<Subject>, ReadError> {
        let Self::Others(file, _) = self else { return Ok(vec![]) };
        let mut subjects = vec![];
        for reference in &file.networks {
            let alias = &*reference.alias.text;
            if let Ok(subject) = self.network(Some(alias), choice, findings)? {
                subjects.push(Subject { label: printable(alias), ..subject });
            }
        }
        Ok(subjects)
    }

    /// The variants that a model is checked as: all of them, the one that was named, or none.
    fn variants(&self) -> Result<Vec<Option<String>>, ReadError> {
        match self {
            Self::Own(named) => named.variants(),
            Self::Others(..) => Ok(vec![None]),
        }
    }

    /// The networks that claims speak of. Those that are not there are mistakes.
    pub(super) fn networks(
        &self,
        parsed: &[Parsed],
        choice: &Choice,
        findings: &mut Vec<Findings>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Result<BTreeMap<Option<String>, Subject>, ReadError> {
        let aliases: BTreeSet<Option<String>> =
            parsed.iter().flat_map(|claim| claim.aliases().cloned()).collect();
        let mut networks = BTreeMap::new();
        for alias in aliases {
            match self.network(alias.as_deref(), choice, findings)? {
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
                        Diagnostic::new(Code::Claim, message.clone(), claim.claim.expect.span.clone())
                            .help(help.clone())
                    }));
                }
            }
        }
        Ok(networks)
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
            Self::Own(named) if named.is_bundled() => PathBuf::new(),
            Self::Own(named) => folder_of(&named.model.source().name),
            Self::Others(_, folder) => folder.clone(),
        }
    }

    /// The network that claims call by `alias`, or how it may be called.
    fn network(
        &self,
        alias: Option<&str>,
        choice: &Choice,
        findings: &mut Vec<Findings>,
    ) -> Result<Result<Subject, Option<Text>>, ReadError> {
        let mut made = |named: &Named, choice: &Choice| {
            let subject = named.made(choice)?;
            findings.push(Findings::of(named, &subject));
            Ok(Ok(subject))
        };
        match (self, alias) {
            (Self::Own(named), None) => made(named, choice),
            (Self::Own(named), Some(alias)) => {
                let variants = named.model.variants();
                if variants.contains(&alias) {
                    return made(named, &choice.of(Some(alias)));
                }
                let list = variants.join("`, `");
                let known = text!("its variants are `{list}`", "其变体有 `{list}`");
                Ok(Err(Some(did_you_mean(alias, variants).unwrap_or(known))))
            }
            (Self::Others(file, folder), alias) => {
                let names = || file.networks.iter().map(|network| &*network.alias.text);
                let found = match (alias, &file.networks[..]) {
                    (None, [only]) => Some(only),
                    (None, _) => None,
                    (Some(alias), all) => all.iter().find(|network| &*network.alias.text == alias),
                };
                if let Some(reference) = found {
                    let other = referred(reference, folder)?;
                    let choice = choice.or(&reference.into());
                    return made(&other, &choice.of(other.variant.as_deref()));
                }
                let list = names().collect::<Vec<_>>().join("`, `");
                let known = text!("there are `{list}`", "可用的有 `{list}`");
                Ok(Err(Some(alias.and_then(|alias| did_you_mean(alias, names())).unwrap_or(known))))
            }
        }
    }

    /// The other variants of a network's file.
    fn others(&self, alias: Option<&str>, choice: &Choice) -> Vec<Subject> {
        let variants = |named: &Named, choice: &Choice| {
            let mut nodes = 0;
            let variants = named.model.variants().into_iter();
            let made = variants.filter_map(|variant| named.made(&choice.of(Some(variant))).ok());
            let is_room = |subject: &Subject| {
                nodes += subject.graph().len();
                nodes <= MOST_NODES
            };
            made.take_while(is_room).collect()
        };
        match self {
            Self::Own(named) => variants(named, choice),
            Self::Others(file, folder) => {
                let reference = file.networks.iter().find(|network| Some(&*network.alias.text) == alias);
                let Some(reference) = reference else { return vec![] };
                referred(reference, folder)
                    .map_or(vec![], |named| variants(&named, &choice.or(&reference.into())))
            }
        }
    }
}

/// The model that is referred to, seen from a folder.
fn referred(reference: &Reference, folder: &Path) -> Result<Named, ReadError> {
    super::open(&in_folder(&reference.file.text, folder))
}

/// The folder that a file lies in.
fn folder_of(path: &str) -> PathBuf {
    Path::new(path).parent().unwrap_or(Path::new("")).to_owned()
}

/// A file that is called `written` in `folder`; the name of a bundled one as it is.
fn in_folder(written: &str, folder: &Path) -> String {
    let is_path = written.contains(['/', '\\', '.']);
    if is_path { folder.join(written).to_string_lossy().into_owned() } else { written.to_owned() }
}
