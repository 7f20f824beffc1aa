//! What kinds of findings there are, under names that stay: for programs, which cannot read prose.

use std::fmt;

use serde::{Serialize, Serializer};

/// From the list of codes: the enum and the names.
macro_rules! codes {
    ($($(#[$about:meta])* $Code:ident => $name:literal,)*) => {
        /// What kind of finding it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$about])* $Code,)* }

        impl Code {
            /// Every code, as they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$Code,)*];

            /// Its name, which stays whatever the message says: `unknown-operator`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$Code => $name,)* }
            }
        }
    };
}

codes! {
    /// There is no text to point into: a file is missing, unreadable or not text, or nothing is called so.
    Unreadable => "unreadable",
    /// The file is larger, deeper or more than is read, or a count does not fit.
    TooLarge => "too-large",
    /// The file is not TOML.
    Syntax => "syntax",
    /// A character that is not shown and changes what is.
    HiddenCharacter => "hidden-character",
    /// A file of another kind: claims, where a network is wanted.
    WrongFile => "wrong-file",
    /// A key has no meaning where it stands.
    UnknownKey => "unknown-key",
    /// A key is missing.
    MissingKey => "missing-key",
    /// Keys that exclude each other stand together, or one stands twice.
    ConflictingKeys => "conflicting-keys",
    /// A value is of another type than is wanted: text for a number.
    WrongType => "wrong-type",
    /// A value of the right type is none that is possible there.
    WrongValue => "wrong-value",
    /// A list that has to have something in it has nothing.
    Empty => "empty",
    /// A name is none: it has other characters, or a meaning of its own.
    BadName => "bad-name",
    /// Two things have one name.
    RepeatedName => "repeated-name",
    /// There is no operator of that name.
    UnknownOperator => "unknown-operator",
    /// The operator has no setting of that name.
    UnknownSetting => "unknown-setting",
    /// A setting without a default is missing.
    MissingSetting => "missing-setting",
    /// There is no block of that name.
    UnknownBlock => "unknown-block",
    /// The network or block has no parameter of that name.
    UnknownParameter => "unknown-parameter",
    /// A use of a block leaves out what the block wants.
    MissingArgument => "missing-argument",
    /// The file has no variant of that name.
    UnknownVariant => "unknown-variant",
    /// No item before this one has that name.
    UnknownItem => "unknown-item",
    /// The item is there, and cannot be taken from here: it stands later, inside another or around, or is left out.
    UnreachableItem => "unreachable-item",
    /// Something needs itself.
    Cycle => "cycle",
    /// Text that is an expression cannot be read as one.
    Expression => "expression",
    /// An expression has no value: it names nothing, divides by zero, becomes too large.
    Evaluation => "evaluation",
    /// An operator, block or group cannot take what comes in: another number of tensors, or another shape.
    Inputs => "inputs",
    /// The branches cannot be merged.
    Branches => "branches",
    /// Weights cannot be shared.
    SharedWeights => "shared-weights",
    /// What a map of weights names is not there, or not once.
    WeightMap => "weight-map",
    /// A claim cannot be read or decided.
    Claim => "claim",
    /// The command line is wrong.
    Usage => "usage",
    /// What was asked for could not be done.
    Failed => "failed",
    /// Something is not counted, so that the total is less than the whole.
    NotCounted => "not-counted",
    /// Nothing uses a block.
    UnusedBlock => "unused-block",
    /// Nothing uses a parameter.
    UnusedParameter => "unused-parameter",
    /// Nothing takes the output of an item.
    UnusedOutput => "unused-output",
    /// An input looks like height × width × channels.
    ChannelsLast => "channels-last",
    /// A linear layer takes the width of an image for its features.
    NotFlattened => "not-flattened",
    /// Positions and features are taken for one another.
    NotPermuted => "not-permuted",
    /// A softmax goes along a dimension that is probably not meant.
    SoftmaxDimension => "softmax-dimension",
    /// A softmax of a single number.
    SoftmaxOfOne => "softmax-of-one",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Code {
    /// As its name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_words_with_dashes_and_differ() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }
}
