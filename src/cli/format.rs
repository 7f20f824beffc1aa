//! The formats that commands write, by one name each.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::report::sheet::Sheet;
use crate::report::{Style, csv, latex, markdown, terminal};

/// The form of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For the terminal
    #[value(alias = "text")]
    Table,
    /// The same, with the figures of every box
    Tree,
    /// For a page of notes or a pull request
    Markdown,
    /// Plain figures
    Csv,
    /// For a slide or a paper
    Latex,
    /// Slides, as a whole document
    Beamer,
    /// Everything, for programs
    Json,
    /// JUnit's XML, as continuous integration reads it
    Junit,
    /// Annotations, as GitHub's workflows show them
    Github,
    /// A picture, of what is drawn
    Svg,
}

impl Format {
    /// What every command has that shows a table.
    pub(super) const USUAL: &[Self] = &[Self::Table, Self::Markdown, Self::Csv, Self::Latex, Self::Json];

    /// Reads one of `formats` by its name.
    pub(super) fn of(formats: &'static [Self]) -> impl TypedValueParser<Value = Self> {
        let values = formats.iter().filter_map(Self::to_possible_value);
        PossibleValuesParser::new(values).try_map(|name| Self::from_str(&name, true))
    }

    /// Sheets as pages, one after the other; as data, as one table. What is no format of sheets has another writer.
    pub(super) fn write(self, sheets: &[Sheet], style: Style) -> String {
        let pages = |page: &dyn Fn(&Sheet) -> String| sheets.iter().map(page).collect::<Vec<_>>().join("\n");
        match self {
            Self::Csv => csv::write(sheets),
            Self::Markdown => pages(&|sheet| markdown::write(sheet, style.language)),
            Self::Latex => pages(&|sheet| latex::write(sheet, style.language)),
            Self::Table | Self::Tree | Self::Json | Self::Junit | Self::Github | Self::Beamer | Self::Svg => {
                pages(&|sheet| terminal::write(sheet, style))
            }
        }
    }
}
