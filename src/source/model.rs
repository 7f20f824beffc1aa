//! The kinds of models, and what is known of one before it is made into a network.

use std::path::PathBuf;
use std::sync::Arc;

use super::Choice;
use crate::error::{Code, Diagnostic, ReadError, Source};
use crate::read::description::Claim;
use crate::read::expression::Value;
use crate::read::include::{File, Identity};
use crate::read::onnx::{Listed, Onnx, Sizes};
use crate::read::{Description, Network, Options};
use crate::subject::Digest;
use crate::text;
use crate::text::Text;

/// What networks are made of.
#[expect(clippy::large_enum_variant, reason = "there is one of each file, which stays where it is")]
#[derive(Debug)]
#[non_exhaustive]
pub enum Model {
    /// A description in TOML.
    Description(Description),
    /// An ONNX file, which is one network at sizes that it may leave open.
    Onnx(Arc<Onnx>),
}

impl Model {
    /// Where it was read from, which places in it are drawn over.
    pub fn source(&self) -> &Arc<Source> {
        match self {
            Self::Description(description) => &description.source,
            Self::Onnx(onnx) => &onnx.source,
        }
    }

    /// What it calls itself.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Description(description) => description.name.as_deref(),
            Self::Onnx(onnx) => onnx.name(),
        }
    }

    /// The names of its variants.
    pub fn variants(&self) -> Vec<&str> {
        match self {
            Self::Description(description) => {
                description.variants.iter().map(|variant| &*variant.name.text).collect()
            }
            Self::Onnx(_) => vec![],
        }
    }

    /// The variant that the defaults are, if they are one.
    pub fn default_variant(&self) -> Option<&str> {
        match self {
            Self::Description(description) => {
                description.default_variant().map(|variant| &*variant.name.text)
            }
            Self::Onnx(_) => None,
        }
    }

    /// What a parameter is in a variant, or without one.
    pub fn param(&self, variant: Option<&str>, name: &str) -> Option<&Value> {
        match self {
            Self::Description(description) => {
                let variant = variant.and_then(|variant| description.variant(variant));
                let set = variant.and_then(|variant| variant.set.iter().find(|(set, _)| &*set.text == name));
                let param = || description.params.iter().find(|param| &*param.name.text == name);
                set.map(|(_, value)| value).or_else(|| param().map(|param| &param.default))
            }
            Self::Onnx(_) => None,
        }
    }

    /// What it states about itself.
    pub fn claims(&self) -> &[Claim] {
        match self {
            Self::Description(description) => &description.claims,
            Self::Onnx(_) => &[],
        }
    }

    /// The paths of the files that it includes, but for those that are bundled; of an ONNX file, of those in which its weights lie.
    pub fn included(&self) -> Vec<PathBuf> {
        match self {
            Self::Description(description) => {
                let is_told = |file: &&File| matches!(file.identity, Identity::Told(_));
                description.included.iter().filter(is_told).map(|file| PathBuf::from(&*file.name)).collect()
            }
            Self::Onnx(onnx) => onnx.weight_files().collect(),
        }
    }

    /// SHA-256 of the file, in hexadecimal: of a description with those that it includes, of an ONNX file alone.
    pub(super) fn digest(&self) -> Digest {
        match self {
            Self::Description(description) => Digest::of_text(description.source.clone()),
            Self::Onnx(onnx) => Digest::of_onnx(onnx.clone()),
        }
    }

    /// Makes the network that is chosen; without a variant, with the defaults. The error has every mistake that stands in the
    /// way, of the model or of the choice.
    pub fn expand(&self, choice: &Choice) -> Result<Network, ReadError> {
        let Choice { variant, set, dims, input, element: _, batch: _, is_deployed: _ } = choice.clone();
        match (self, dims.last()) {
            (Self::Description(_), Some((name, size))) => {
                let message = text!(
                    "`--dim` gives sizes that ONNX files leave open, and this is a description",
                    "`--dim` 给出 ONNX 文件中未定的尺寸,而这是描述文件"
                );
                let help = text!(
                    "`--set {name}={size}` sets a parameter, `--input` the sizes of the input",
                    "`--set {name}={size}` 设置参数,`--input` 给出输入尺寸"
                );
                Err(self.refused(Code::Usage, message, help))
            }
            (Self::Description(description), None) => description.expand(&Options { variant, set, input }),
            (Self::Onnx(onnx), ..) => onnx.expand(&self.sizes(choice)?),
        }
    }

    /// The operators of an ONNX file, and what becomes of each. The error has every mistake that stands in the way, or says that it
    /// is a description.
    pub fn operators(&self, choice: &Choice) -> Result<Vec<Listed>, ReadError> {
        match self {
            Self::Description(_) => {
                let message = text!(
                    "`--raw` shows the operators of an ONNX file, and this is a description",
                    "`--raw` 显示 ONNX 文件的算子,而这是描述文件"
                );
                let help = text!("`--depth all` shows every layer", "`--depth all` 显示每一层");
                Err(self.refused(Code::Usage, message, help))
            }
            Self::Onnx(onnx) => onnx.operators(&self.sizes(choice)?),
        }
    }

    /// What a choice says of the sizes of an ONNX file, if it leaves that choice.
    fn sizes(&self, choice: &Choice) -> Result<Sizes, ReadError> {
        if let Some(variant) = &choice.variant {
            let message = text!(
                "an ONNX file is one network, and has no variant `{variant}`",
                "ONNX 文件是单个网络,没有变体 `{variant}`"
            );
            let help = text!("leave out `@{variant}`", "请去掉 `@{variant}`");
            return Err(self.refused(Code::UnknownVariant, message, help));
        }
        if let Some((name, value)) = choice.set.last() {
            let message = text!(
                "`--set` sets parameters of descriptions, and an ONNX file has none",
                "`--set` 设置描述文件的参数,而 ONNX 文件没有参数"
            );
            let help = text!(
                "`--dim {name}={value}` gives a size that the file leaves open",
                "`--dim {name}={value}` 给出文件中未定的尺寸"
            );
            return Err(self.refused(Code::Usage, message, help));
        }
        self.check_batch(choice)?;
        Ok(Sizes { dims: choice.dims.clone(), input: choice.input.clone() })
    }

    /// Refuses a batch where the file has one of its own.
    pub(super) fn check_batch(&self, choice: &Choice) -> Result<(), ReadError> {
        let (Self::Onnx(onnx), batch @ 2..) = (self, choice.batch()) else { return Ok(()) };
        let sizes = Sizes { dims: choice.dims.clone(), input: choice.input.clone() };
        let Some((name, size)) = onnx.fixed_batch(&sizes) else { return Ok(()) };
        let message = text!(
            "the input `{name}` has a batch of {size}, which cannot become {batch}",
            "输入 `{name}` 的批量大小是 {size},不能改为 {batch}"
        );
        let help = text!(
            "leave out `--batch`, or export the network with a batch of 1 or an open one",
            "请去掉 `--batch`,或以批量大小 1 或未定的批量大小导出网络"
        );
        Err(self.refused(Code::WrongValue, message, help))
    }

    /// Why a choice is none that it leaves.
    fn refused(&self, code: Code, message: Text, help: Text) -> ReadError {
        let mistakes = vec![Diagnostic::nowhere(code, message).help(help)];
        ReadError::Invalid { source_file: self.source().clone(), mistakes }
    }
}
