//! The commands of the program, in the order of its help; those that are hidden there last.

pub(crate) const COMMANDS: [&str; 16] = [
    "analyze",
    "bench",
    "check",
    "compare",
    "draw",
    "explain",
    "reconcile",
    "report",
    "run",
    "new",
    "fmt",
    "models",
    "ops",
    "schema",
    "completions",
    "man",
];
