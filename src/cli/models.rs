//! `cnncost models`: the bundled networks, and what else is bundled.

use clap::Args;

use super::format::Format;
use super::input::command_first;
use super::{Outcome, Output};
use crate::error::ReadError;
use crate::read::Description;
use crate::read::bundled::{self, BLOCKS, Bundled, CLAIMS, Task};
use crate::read::claims::ClaimsFile;
use crate::report::models;
use crate::report::sheet::{Cell, Head, Role, Sheet, Title};
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
    for file in bundled::by_task() {
        match Description::parse(file.name, file.text) {
            Ok(description) => descriptions.push((file, description)),
            Err(error) => return output.refuse(&error),
        }
    }
    if arguments.format == Format::Json {
        return output.stream(|to| models::json(&descriptions, to));
    }
    let language = output.language();
    if arguments.format != Format::Table {
        return output.write(&arguments.format.write(&[networks(&descriptions, language)], output.style()));
    }
    let mut sheets = of_each_task(&descriptions, language);
    match claims(language) {
        Ok(claims) => sheets.push(claims),
        Err(error) => return output.refuse(&error),
    }
    sheets.push(blocks(language));
    output.write(&arguments.format.write(&sheets, output.style()))
}

/// A list of the networks for each task, under its name.
fn of_each_task(descriptions: &[(&Bundled, Description)], language: Language) -> Vec<Sheet> {
    let tasks = descriptions.chunk_by(|(one, _), (other, _)| one.task == other.task);
    let sheet = |of_task: &[(&Bundled, Description)]| {
        let mut sheet = networks(of_task, language);
        // The title of the list says it.
        sheet.heads.remove(TASK);
        for line in &mut sheet.lines {
            line.cells.remove(TASK);
        }
        Sheet { title: Some(title(of_task[0].0.task, language)), is_list: true, ..sheet }
    };
    tasks.map(sheet).collect()
}

/// The column of tasks.
const TASK: usize = 1;

/// A line for each network: its name, task, year and title, and its variants.
fn networks(descriptions: &[(&Bundled, Description)], language: Language) -> Sheet {
    let heads = vec![
        Head::new("name", text!("name", "名称"), Role::Name),
        Head::new("task", text!("task", "任务"), Role::Text),
        Head::new("year", text!("year", "年份"), Role::Text),
        Head::new("title", text!("title", "标题"), Role::Sentence),
        Head::new("variants", text!("variants", "变体"), Role::Sentence),
    ];
    let line = |(file, description): &(&Bundled, Description)| {
        let name = file.name.to_owned();
        let title = titled(file, description.name.as_deref().unwrap_or_default(), language);
        let variants: Vec<_> = description.variants.iter().map(|variant| &*variant.name.text).collect();
        vec![
            Cell::Name(name.clone(), name),
            Cell::Named(file.task.name(), file.task.words()),
            file.year.map_or(Cell::Empty, |year| Cell::Text(year.to_string())),
            Cell::Text(title),
            Cell::Text(variants.join(" ")),
        ]
    };
    Sheet::of(heads, descriptions.iter().map(line).collect())
}

/// The bundled files of claims, likewise.
fn claims(language: Language) -> Result<Sheet, ReadError> {
    let mut lines = vec![];
    for file in CLAIMS {
        let title = ClaimsFile::parse(file.name, file.text)?.name.unwrap_or_default();
        lines.push([file.name.to_owned(), titled(file, &title, language)].map(Cell::Text));
    }
    let title = Some(title(Task::Claims, language));
    Ok(Sheet { title, ..Sheet::list([Role::Text, Role::Sentence], lines) })
}

/// The bundled files of blocks, and what is in each.
fn blocks(language: Language) -> Sheet {
    let line = |file: &Bundled| {
        let blocks = bundled::blocks(file);
        [format!("{}.toml", file.name), blocks.join(" ")].map(Cell::Text)
    };
    let title = Some(title(Task::Blocks, language));
    Sheet { title, ..Sheet::list([Role::Text, Role::Sentence], BLOCKS.iter().map(line).collect()) }
}

/// What a list of files is headed by.
fn title(task: Task, language: Language) -> Title {
    Title { name: task.words().get(language).to_owned(), about: vec![], status: None }
}

/// The title of a file, which is written in it in English.
fn titled(file: &Bundled, english: &str, language: Language) -> String {
    match language {
        Language::English => english.to_owned(),
        Language::Chinese => file.chinese.to_owned(),
    }
}
