//! The kinds of models, and what is known of one before it is made into a network.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Choice;
use crate::error::{ReadError, Source};
use crate::read::description::Claim;
use crate::read::expression::Value;
use crate::read::include::Identity;
use crate::read::{Description, Network, Options};

/// What networks are made of.
#[derive(Debug)]
#[non_exhaustive]
pub enum Model {
    /// A description in TOML.
    Description(Description),
}

impl Model {
    /// Where it was read from, which places in it are drawn over.
    pub fn source(&self) -> &Arc<Source> {
        match self {
            Self::Description(description) => &description.source,
        }
    }

    /// What it calls itself.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Description(description) => description.name.as_deref(),
        }
    }

    /// The names of its variants.
    pub fn variants(&self) -> Vec<&str> {
        match self {
            Self::Description(description) => {
                description.variants.iter().map(|variant| &*variant.name.text).collect()
            }
        }
    }

    /// The variant that the defaults are, if they are one.
    pub fn default_variant(&self) -> Option<&str> {
        match self {
            Self::Description(description) => {
                description.default_variant().map(|variant| &*variant.name.text)
            }
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
        }
    }

    /// What it states about itself.
    pub fn claims(&self) -> &[Claim] {
        match self {
            Self::Description(description) => &description.claims,
        }
    }

    /// The paths of the files that it includes, but for those that are bundled.
    pub fn included(&self) -> impl Iterator<Item = &str> {
        let files = match self {
            Self::Description(description) => description.included.iter(),
        };
        files.filter(|file| matches!(file.identity, Identity::Told(_))).map(|file| &*file.name)
    }

    /// SHA-256 of the file, in hexadecimal. Where it includes others, it is that of the digests of all files, one behind another
    /// in the order in which they are named.
    pub fn sha256(&self) -> String {
        let mut digests = self.source().files().map(|(_, text)| Sha256::digest(text.as_bytes()));
        let digest = match (digests.next(), digests.next()) {
            (Some(only), None) => only,
            (first, second) => {
                let all = first.into_iter().chain(second).chain(digests);
                all.fold(Sha256::new(), Sha256::chain_update).finalize()
            }
        };
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Makes the network that is chosen; without a variant, with the defaults. The error has every mistake that stands in the
    /// way, of the model or of the choice.
    pub fn expand(&self, choice: &Choice) -> Result<Network, ReadError> {
        let Choice { variant, set, input, element: _, batch: _ } = choice.clone();
        match self {
            Self::Description(description) => description.expand(&Options { variant, set, input }),
        }
    }
}
