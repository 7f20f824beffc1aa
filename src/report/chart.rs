//! Charts: what a network costs by layer, what is alive over its execution, where its layers lie under a device's roof, and
//! networks beside each other. What is drawn is made first, as plain records; a writer for the terminal and one for SVG follow.
//!
//! | record | made by | written by |
//! |---|---|---|
//! | [`Costs`] | [`Costs::of`]`(&Subject, &'static Metric, Depth, &[&Column]) -> Result<Costs, Text>` | [`svg::cost`], [`terminal::cost`] |
//! | [`Timeline`] | [`Timeline::of`]`(&Subject) -> Option<Timeline>` | [`svg::memory`]; for the terminal, [`memory`](super::memory) |
//! | [`Roofline`] | [`Roofline::counted`]`(&Subject) -> Result<Roofline, Text>`, [`Roofline::measured`]`(&Subject, &Measurements) -> Result<Roofline, Text>` | [`svg::roofline`], [`terminal::roofline`] |
//! | [`Comparison`] | [`Comparison::of`]`(&Compared) -> Comparison` | [`svg::comparison`], [`terminal::comparison`] |
//!
//! Every function of [`svg`] has the form `(&record, &Options) -> String`, and every one of [`terminal`] `(&record, Style) ->
//! String`. What `bench --format json` has written is read by [`measured::parse`](crate::read::measured::parse)`(name, text) ->
//! Result<Measurements, ReadError>`.
//!
//! ```
//! use cnncost::metric;
//! use cnncost::report::chart::{Costs, Options, svg};
//! use cnncost::report::rows::Depth;
//! use cnncost::source::{self, Choice};
//! use cnncost::text::Language;
//!
//! let subject = source::open("lenet5")?.subject(&Choice::default())?;
//! let macs = metric::named("macs").expect("there is one");
//! let costs = Costs::of(&subject, macs, Depth::Fitting, &[]).expect("MACs add up");
//! let picture = svg::cost(&costs, &Options { prefix: "lenet-macs", ..Options::new(Language::English) });
//! assert!(picture.starts_with("<svg ") && picture.contains("118 k"));
//! # Ok::<(), cnncost::error::ReadError>(())
//! ```

use crate::text::Language;

mod comparison;
mod costs;
mod measured;
mod notes;
mod roofline;
mod scale;
pub mod svg;
pub mod terminal;
mod timeline;

pub use comparison::{Comparison, Group, Side};
pub use costs::{Bar, Costs, What};
pub use measured::taken;
pub use roofline::{Point, Roof, Roofline};
pub use timeline::{Alive, Part, Step, Timeline};

/// How a chart is drawn as SVG.
#[derive(Clone, Copy, Debug)]
pub struct Options<'p> {
    /// The language of titles and axes.
    pub language: Language,
    /// What it is drawn on.
    pub theme: Theme,
    /// What every id in it begins with, so that several may stand on one page: letters, digits, `-` and `_`; others are left out.
    pub prefix: &'p str,
}

/// What a chart is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// White.
    #[default]
    Light,
    /// Nearly black.
    Dark,
    /// What is below it, light or dark, in the color that text has there.
    Inherit,
}

impl Options<'_> {
    /// A picture of its own.
    pub fn new(language: Language) -> Self {
        Self { language, theme: Theme::Light, prefix: "chart" }
    }
}
