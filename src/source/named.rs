//! A model with the name it was opened by, and the subjects that are made of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bundled::find;
use super::contents::{Contents, contents};
use super::foreign::foreign;
use super::includes::Folder;
use super::{Address, Choice, Model};
use crate::analyze::TooLarge;
use crate::error::{Code, Diagnostic, ReadError};
use crate::read::Description;
use crate::read::onnx::Onnx;
use crate::subject::{Digest, Subject};
use crate::text;
use crate::text::{Text, printable};

/// A model and what it was called by.
#[derive(Debug)]
pub struct Named {
    /// What it names.
    pub model: Model,
    /// Where that was read from.
    pub address: Address,
    /// The name of the file without its ending.
    pub stem: String,
    /// What stands behind the `@`: a variant, or `*` for all of them.
    pub variant: Option<String>,
    sha256: Digest,
}

impl Named {
    pub(super) fn open(name: &str) -> Result<Self, ReadError> {
        let (address, variant) = Address::of(name);
        match &address {
            Address::StandardInput => {
                let name = "standard input";
                let model = match contents("-")? {
                    Contents::Text(text) => Model::Description(Description::parse(name, &text)?),
                    Contents::Onnx(file) => Model::Onnx(Arc::new(Onnx::of(file, name)?)),
                };
                Ok(Self::new(model, address, "stdin", variant))
            }
            Address::File(path) => {
                if let Some((why, help)) = foreign(path) {
                    return Err(ReadError::Unreadable { name: path.clone(), why, help: Some(help) });
                }
                let folder = || Some(path).filter(|_| !address.is_open()).and_then(|path| Folder::of(path));
                let model = match contents(path)? {
                    Contents::Onnx(file) => Model::Onnx(Arc::new(Onnx::of(file, path)?)),
                    Contents::Text(text) => Model::Description(match folder() {
                        Some((folder, file)) => Description::parse_with(file, &text, &folder)?,
                        None => Description::parse(path, &text)?,
                    }),
                };
                let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
                let stem = stem.unwrap_or_else(|| path.clone());
                Ok(Self::new(model, address, &stem, variant))
            }
            Address::Bundled(name) => {
                let (file, of_name) = find(name)?;
                let description = Description::parse(&format!("{}.toml", file.name), file.text)?;
                Ok(Self::new(Model::Description(description), address, file.name, variant.or(of_name)))
            }
        }
    }

    fn new(model: Model, address: Address, stem: &str, variant: Option<String>) -> Self {
        let sha256 = model.digest();
        Self { model, address, stem: stem.to_owned(), variant, sha256 }
    }

    /// Whether it comes with cnncost.
    pub fn is_bundled(&self) -> bool {
        matches!(self.address, Address::Bundled(_))
    }

    /// The files that it includes, but for those that are bundled; of an ONNX file, those in which its weights lie.
    pub fn included(&self) -> Vec<PathBuf> {
        self.model.included()
    }

    /// SHA-256 of the file, in hexadecimal; where it includes others, of those of all files.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The variants it was named with: one, `None` for the defaults, or all of them. The error is that there are none.
    pub fn variants(&self) -> Result<Vec<Option<String>>, ReadError> {
        if self.variant.as_deref() != Some("*") {
            return Ok(vec![self.variant.clone()]);
        }
        let all = self.model.variants();
        if all.is_empty() {
            return Err(self.refused(text!("it has no variants", "它没有变体"), None));
        }
        Ok(all.into_iter().map(|variant| Some(variant.to_owned())).collect())
    }

    /// What its network is called where a short name is wanted, as this variant.
    pub fn label(&self, variant: Option<&str>) -> String {
        let stem = &self.stem;
        printable(&match variant {
            // The variants of a bundled file have names of their own.
            Some(variant) if self.is_bundled() => variant.to_owned(),
            Some(variant) => format!("{stem}@{variant}"),
            None => self.model.default_variant().filter(|_| self.is_bundled()).unwrap_or(stem).to_owned(),
        })
    }

    /// The network that is chosen, counted. Where no variant is chosen it is the one that the model was named with.
    ///
    /// The error has every mistake that stands in the way, or says that a count does not fit 128 bits.
    pub fn subject(&self, choice: &Choice) -> Result<Subject, ReadError> {
        self.made(&choice.of(choice.variant.as_deref().or(self.variant.as_deref())))
    }

    /// The same, where no variant is chosen with the defaults.
    pub(super) fn made(&self, choice: &Choice) -> Result<Subject, ReadError> {
        let label = self.label(choice.variant.as_deref());
        // Which of its variants a network is, is said of the default one too.
        let variant = choice.variant.as_deref().or_else(|| self.model.default_variant());
        let choice = choice.of(variant);
        let network = self.model.expand(&choice)?;
        let counted = Subject::of(network, choice.batch());
        let counted =
            if choice.is_deployed { counted.and_then(|subject| subject.deployed()) } else { counted };
        let subject = counted.map_err(|error| self.too_large(error))?;
        Ok(Subject {
            title: self.title(&choice),
            label,
            source: self.model.source().name.clone(),
            variant: choice.variant,
            sha256: self.sha256.clone(),
            text: Some(self.model.source().clone()),
            element: choice.element.unwrap_or_default(),
            ..subject
        })
    }

    /// The same network of this choice at another batch, which is not made anew. The error says that the model has another, or
    /// which count does not fit 128 bits.
    pub(super) fn at(&self, subject: &Subject, choice: &Choice, batch: u64) -> Result<Subject, ReadError> {
        self.model.check_batch(&Choice { batch: Some(batch), ..choice.clone() })?;
        subject.at(batch).map_err(|error| self.too_large(error))
    }

    fn too_large(&self, error: TooLarge) -> ReadError {
        let path = &error.path;
        let message = text!("a count of `{path}` does not fit 128 bits", "`{path}` 的计数超出 128 位");
        let mistake = match error.origin {
            Some(origin) => Diagnostic::new(Code::TooLarge, message, origin),
            None => {
                Diagnostic::nowhere(Code::TooLarge, text!("a total does not fit 128 bits", "总数超出 128 位"))
            }
        };
        ReadError::Invalid { source_file: self.model.source().clone(), mistakes: vec![mistake] }
    }

    /// The network's name, and what sets it apart from others of its file.
    fn title(&self, choice: &Choice) -> String {
        let name = self.model.name().unwrap_or(&self.stem).to_owned();
        let set = choice.set.iter().map(|(name, value)| format!("{name} = {value}"));
        let dims = choice.dims.iter().map(|(name, size)| format!("{name} = {size}"));
        let apart = choice.variant.clone().into_iter().chain(set).chain(dims);
        printable(&std::iter::once(name).chain(apart).collect::<Vec<_>>().join(" · "))
    }

    /// Why nothing can be made of it.
    pub(super) fn refused(&self, why: Text, help: Option<Text>) -> ReadError {
        ReadError::Unreadable { name: self.model.source().name.clone(), why, help }
    }
}
