//! The kinds of models, and what is known of one before it is made into a network.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Choice;
use crate::error::{ReadError, Source};
use crate::read::description::Claim;
use crate::read::expression::Value;
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

    /// SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        let digest = match self {
            Self::Description(description) => Sha256::digest(description.source.text.as_bytes()),
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
