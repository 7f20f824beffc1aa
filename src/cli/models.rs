//! `cnncost models`: the bundled networks.

use clap::Args;

use super::format::Format;
use super::input::command_first;
use super::{Outcome, Output};
use crate::error::ReadError;
use crate::read::Description;
use crate::read::bundled::{BUNDLED, Bundled, CLAIMS};
use crate::read::claims::ClaimsFile;
use crate::report::sheet::{Cell, Head, Role, Sheet};
use crate::report::wrap::hanging;
use crate::report::{Style, models};
use crate::source;
use crate::text;
use crate::text::Language;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Print the description of this network instead
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Form
    #[arg(long, value_parser = Format::of(Format::USUAL), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    if let Some(name) = &arguments.name {
        return match source::bundled::text(name).map_err(command_first) {
            Ok(text) => output.write(text),
            Err(error) => output.refuse(&error),
        };
    }
    let mut descriptions = vec![];
    for file in BUNDLED {
        match Description::parse(file.name, file.text) {
            Ok(description) => descriptions.push((file, description)),
            Err(error) => return output.refuse(&error),
        }
    }
    let text = match arguments.format {
        Format::Json => return output.stream(|to| models::json(&descriptions, to)),
        Format::Markdown | Format::Csv | Format::Latex => {
            arguments.format.write(&[sheet(&descriptions, output.language())], output.style())
        }
        Format::Table | Format::Tree | Format::Junit | Format::Github => {
            let style = output.style();
            let networks: String =
                descriptions.iter().map(|(file, description)| entry(file, description, style)).collect();
            match claims(output) {
                Ok(claims) => networks + &claims,
                Err(error) => return output.refuse(&error),
            }
        }
    };
    output.write(&text)
}

/// The bundled files of claims.
fn claims(output: &Output) -> Result<String, ReadError> {
    let heading = text!("claims, for `cnncost check`", "论断,用于 `cnncost check`");
    let mut text = format!("\n{}\n", heading.get(output.language()));
    for file in CLAIMS {
        let name = file.name;
        let title = ClaimsFile::parse(name, file.text)?.name.unwrap_or_default();
        text.push_str(&format!("{name:<16}  {}\n", titled(file, &title, output.language())));
    }
    Ok(text)
}

/// A network's name and title, and below it its variants.
fn entry(file: &Bundled, description: &Description, style: Style) -> String {
    const INDENT: usize = 18;
    let (name, width) = (file.name, style.width);
    let title = titled(file, description.name.as_deref().unwrap_or_default(), style.language);
    let variants: Vec<_> = description.variants.iter().map(|variant| &*variant.name.text).collect();
    let entry = format!("{name:<16}  {}\n", hanging(title, INDENT, width));
    if variants.is_empty() {
        return entry;
    }
    format!("{entry}{:INDENT$}{}\n", "", hanging(&variants.join(" "), INDENT, width))
}

/// The title of a file, which is written in it in English.
fn titled<'t>(file: &Bundled, english: &'t str, language: Language) -> &'t str {
    match language {
        Language::English => english,
        Language::Chinese => file.chinese,
    }
}

/// A line for each network.
fn sheet(descriptions: &[(&Bundled, Description)], language: Language) -> Sheet {
    let heads = vec![
        Head::new("name", text!("name", "名称"), Role::Name),
        Head::new("title", text!("title", "标题"), Role::Text),
        Head::new("variants", text!("variants", "变体"), Role::Sentence),
    ];
    let line = |(file, description): &(&Bundled, Description)| {
        let variants: Vec<_> = description.variants.iter().map(|variant| &*variant.name.text).collect();
        let title = titled(file, description.name.as_deref().unwrap_or_default(), language);
        vec![
            Cell::Name(file.name.to_owned(), file.name.to_owned()),
            Cell::Text(title.to_owned()),
            Cell::Text(variants.join(" ")),
        ]
    };
    Sheet::of(heads, descriptions.iter().map(line).collect())
}
