//! The keys of a description, each once: the reader refuses what is not here, and the JSON Schema is made from here.

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What stands behind it.
    pub kind: Kind,
}

/// What stands behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// The name of something else in the file.
    Name,
    /// A name, or a list of them.
    Names,
    /// `true` or `false`.
    Boolean,
    /// `true` or `false`, or an expression that comes to one.
    Condition,
    /// A whole number, or an expression that comes to one.
    Count,
    /// Lists by name.
    Lists,
    /// Sizes of a tensor, without the batch.
    Sizes,
    /// The name of an operator that merges branches.
    Merge,
    /// Values by name.
    Values,
    /// Lists of words by name.
    Choices,
    /// Sizes by name.
    Inputs,
    /// A list of items.
    Items,
    /// Lists of items by name.
    Branches,
    /// Lists of items by name, or the one list of a residual.
    Merged,
    /// Blocks by name.
    Blocks,
    /// A list of variants.
    Variants,
    /// A list of claims.
    Claims,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, about, kind }
}

/// Of the file.
pub const FILE: &[Key] = &[
    key("name", Kind::Text, "What the network is called."),
    key("about", Kind::Text, "What is to be known about it."),
    key(
        "include",
        Kind::Names,
        "Files whose blocks it may use: in its folder or below, or bundled, as std.toml is.",
    ),
    key("input", Kind::Sizes, "Sizes of the only input, without the batch: channels, height, width."),
    key("inputs", Kind::Inputs, "Sizes of each of several inputs, by name."),
    key(
        "params",
        Kind::Values,
        "What --set and variants may change: numbers, booleans, lists of numbers, or lists of words of which the first is the default.",
    ),
    key("variants", Kind::Variants, "Settings of the parameters that have a name."),
    key(
        "outputs",
        Kind::Names,
        "The items whose tensors are its outputs, if not the last; `y*` is every y with a number.",
    ),
    key("layers", Kind::Items, "The network: each item takes the output of the one before."),
    key("blocks", Kind::Blocks, "Boxes that are written once and used many times."),
    key("claims", Kind::Claims, "Statements about the network."),
];

/// Of a file that is included.
pub const INCLUDED: &[Key] = &[
    key("name", Kind::Text, "What it is called."),
    key("about", Kind::Text, "What is to be known about it."),
    key("include", Kind::Names, "Files whose blocks it may use."),
    key("blocks", Kind::Blocks, "Boxes that are written once and used many times."),
];

/// Of every item, whatever it is.
pub const ITEM: &[Key] = &[
    key("name", Kind::Text, "Its part of the path."),
    key(
        "from",
        Kind::Names,
        "What it takes instead of the item before: items, `previous`, `input`; `b*` is every b with a number.",
    ),
    key(
        "for",
        Kind::Lists,
        "Lists: it is written out for each element, all lists in step; names may have `{n}` in them.",
    ),
    key("when", Kind::Condition, "Whether it is there."),
    key("repeat", Kind::Count, "How many copies are chained; `i` counts them from 0."),
    key("first", Kind::Values, "Settings or arguments of the first copy of a `repeat`, where they differ."),
    key("tied", Kind::Boolean, "Whether all copies of a `repeat` have the weights of the first."),
    key("weights", Kind::Name, "The earlier item, of its list or around it, whose weights it uses."),
    key("frozen", Kind::Boolean, "Whether its weights are kept as they are in training."),
];

/// Of which an item has exactly one.
pub const BODY: &[Key] = &[
    key("op", Kind::Name, "An operator; its settings stand beside it."),
    key("use", Kind::Name, "A block; its arguments stand beside it."),
    key("layers", Kind::Items, "A group of items."),
    key("branches", Kind::Branches, "Several ways from here to a merge, in the order of merging."),
    key(
        "side",
        Kind::Items,
        "A list whose end is a further output of the network; the main line goes on as if it were not there.",
    ),
];

/// Beside `branches`.
pub const MERGING: &[Key] = &[key("merge", Kind::Merge, "What becomes of the branches: concat, add or mul.")];

/// Beside branches, however their merge is written: its settings.
pub const MERGE_SETTINGS: &[Key] = &[
    key("dim", Kind::Count, "The dimension that concat joins; channels are 1."),
    key("broadcast", Kind::Boolean, "Whether add or mul stretches shapes that differ to one, as NumPy does."),
];

/// What merges branches that stand behind it, in place of `branches` and `merge`.
pub const MERGED: &[Key] = &[
    key("concat", Kind::Merged, "Branches that are joined; a list is one beside what comes in."),
    key("add", Kind::Merged, "Branches that are added; a list is the residual of what comes in."),
    key("mul", Kind::Merged, "Branches that are multiplied; a list is the gate of what comes in."),
];

/// Of a branch that is more than a list.
pub const BRANCH: &[Key] = &[
    key("layers", Kind::Items, "What is on the branch."),
    key("for", Kind::Lists, "Lists: there is a branch for each element, all lists in step."),
    key("when", Kind::Condition, "Whether it is there."),
];

/// Of a block.
pub const BLOCK: &[Key] = &[
    key("params", Kind::Names, "Parameters that every use gives."),
    key("defaults", Kind::Values, "Parameters that a use may give, and what they are otherwise."),
    key(
        "choices",
        Kind::Choices,
        "Parameters that are one of several words: the first, unless a use gives another.",
    ),
    key(
        "inputs",
        Kind::Names,
        "What its inputs are called, if it has several; `skip*` is any number of them.",
    ),
    key(
        "outputs",
        Kind::Names,
        "The items whose tensors come out, if not the last; `y*` is every y with a number.",
    ),
    key("layers", Kind::Items, "What is in it."),
    key("branches", Kind::Branches, "What is in it, as ways to a merge."),
    key("merge", Kind::Merge, "What becomes of the branches: concat, add or mul."),
    key("dim", Kind::Count, "The dimension that concat joins; channels are 1."),
    key("broadcast", Kind::Boolean, "Whether add or mul stretches shapes that differ to one, as NumPy does."),
];

/// Of a variant.
pub const VARIANT: &[Key] = &[
    key("name", Kind::Text, "Its name."),
    key("set", Kind::Values, "What it sets."),
    key("about", Kind::Text, "What is to be known about it."),
];

/// Of a claim.
pub const CLAIM: &[Key] = &[
    key("says", Kind::Text, "The words it is said in."),
    key(
        "expect",
        Kind::Text,
        "What must hold: a figure, a comparison, a figure; or a range; or what is true of a device.",
    ),
    key("working", Kind::Text, "The arithmetic it is shown with."),
    key("source", Kind::Text, "Where it is from."),
    key("erratum", Kind::Text, "Why it is known to be wrong, if it is."),
    key("within", Kind::Text, "How far off it may be, with == and ~."),
];

/// Of a file of claims.
pub const CLAIMS_FILE: &[Key] = &[
    key("name", Kind::Text, "What it is called."),
    key("about", Kind::Text, "What is to be known about it."),
    key("networks", Kind::Values, "The networks, by the aliases that claims call them by."),
    key("claims", Kind::Claims, "The claims."),
];

/// Of a network in a file of claims.
pub const REFERENCE: &[Key] = &[
    key("file", Kind::Text, "A file, or the name of a bundled network; @VARIANT behind it picks a variant."),
    key("set", Kind::Values, "Parameters that are set."),
    key("dim", Kind::Values, "Sizes that an ONNX file leaves open, by its names for them."),
    key("input", Kind::Sizes, "Sizes of the input in place of those in the file."),
    key("batch", Kind::Count, "Samples of one forward pass, 1 unless it is set."),
    key("dtype", Kind::Text, "Type of the numbers: f32 unless it is f16, bf16 or i8."),
];

/// What `merge` may be.
pub const MERGES: &[&str] = &[MERGED[0].name, MERGED[1].name, MERGED[2].name];
