//! A page about networks to open in a browser, in one file that asks no network for anything: the totals, the picture of each
//! network beside its layers, the working of every figure, charts, what the networks differ in, claims, and how it is counted.
//!
//! All figures stand in the page as text and tables. Its script only folds, sorts, searches and links them, and opens workings;
//! without it, everything else is there, open, as it is on paper.

use serde::Serialize;

use super::Subject;
use crate::claim::Report;
use crate::read::measured::Measurements;
use crate::text;
use crate::text::{Language, Text};

mod charts;
mod claims;
mod comparison;
mod counting;
mod drawn;
mod html;
mod layers;
mod network;
mod policy;
mod sheet;
mod words;
mod workings;

use html::Html;

/// What a page is about.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The networks, each with its times on a device if one was asked about.
    pub subjects: &'a [Subject],
    /// What became of the claims of their files.
    pub claims: &'a [Report<'a>],
    /// How long their layers took, if they were measured.
    pub measurements: Option<&'a Measurements>,
    /// The language it is in.
    pub language: Language,
}

/// How it looks.
const STYLE: &str = include_str!("page/page.css");

/// What has to happen before anything is shown: the theme that was chosen, and that there is a script.
const START: &str = include_str!("page/start.js");

/// What it does.
const SCRIPT: &str = include_str!("page/page.js");

/// A part of the page that is shown by itself.
struct Panel {
    id: String,
    title: String,
    html: Html,
}

impl Page<'_> {
    /// The page.
    pub fn write(&self) -> String {
        let panels = self.panels();
        let mut html = Html::default();
        html.written("<!DOCTYPE html>\n");
        let language = match self.language {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        };
        html.element("html", &[("lang", language)], |html| {
            html.element("head", &[], |html| self.head(html));
            html.line();
            html.element("body", &[], |html| self.body(html, panels));
        });
        html.line();
        html.finish()
    }

    fn say(&self, text: &Text) -> String {
        text.get(self.language).to_owned()
    }

    /// What it is called: the network, or the first of several and how many more there are.
    fn title(&self) -> String {
        match self.subjects {
            [] => self.say(&text!("networks", "网络")),
            [one] => one.title.clone(),
            [first, second] => format!("{}, {}", first.title, second.title),
            [first, others @ ..] => {
                let (title, more) = (&first.title, others.len());
                self.say(&text!("{title} and {more} more", "{title} 等 {more} 个其他网络"))
            }
        }
    }

    fn head(&self, html: &mut Html) {
        let policy = policy::policy(&[START, SCRIPT], &[STYLE]);
        html.void("meta", &[("charset", "utf-8")]);
        html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
        html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        let version = format!("cnncost {}", env!("CARGO_PKG_VERSION"));
        html.void("meta", &[("name", "generator"), ("content", &version)]);
        html.leaf("title", &[], &format!("{} · cnncost", self.title()));
        // No file has a say in these: they are not escaped, and their hashes are told above.
        html.element("style", &[], |html| html.written(STYLE));
        html.element("script", &[], |html| html.written(START));
    }

    fn body(&self, html: &mut Html, panels: Vec<Panel>) {
        html.leaf(
            "a",
            &[("class", "skip"), ("href", "#main")],
            &self.say(&text!("to the figures", "跳至数值")),
        );
        html.element("header", &[("class", "top")], |html| {
            html.leaf("p", &[("class", "brand")], "cnncost");
            html.element(
                "nav",
                &[("aria-label", &self.say(&text!("parts of the page", "页面各部分")))],
                |html| {
                    for panel in &panels {
                        html.leaf("a", &[("href", &format!("#{}", panel.id))], &panel.title);
                    }
                },
            );
            let theme = self.say(&text!("dark", "深色"));
            html.element(
                "button",
                &[("type", "button"), ("class", "script theme"), ("aria-pressed", "false")],
                |html| html.text(&theme),
            );
        });
        html.line();
        html.element("main", &[("id", "main"), ("tabindex", "-1")], |html| {
            html.leaf("h1", &[], &self.title());
            for panel in panels {
                html.element(
                    "section",
                    &[("class", "panel"), ("id", &panel.id), ("aria-label", &panel.title)],
                    |html| html.written(&panel.html.finish()),
                );
                html.line();
            }
        });
        data(html, "words", &words::words(self.language));
        html.element("script", &[], |html| html.written(SCRIPT));
    }

    /// Each network; what they differ in; claims; how it is counted.
    fn panels(&self) -> Vec<Panel> {
        let mut panels = vec![];
        let mut add = |id: String, title: String, write: &dyn Fn(&mut Html)| {
            let mut html = Html::default();
            write(&mut html);
            panels.push(Panel { id, title, html });
        };
        for (index, subject) in self.subjects.iter().enumerate() {
            let id = format!("n{index}");
            add(id.clone(), subject.label.clone(), &|html| {
                network::write(html, subject, self.measurements, &id, self.language);
            });
        }
        if self.subjects.len() > 1 {
            add("comparison".to_owned(), self.say(&text!("comparison", "对照")), &|html| {
                comparison::write(html, self.subjects, self.language);
            });
        }
        if !self.claims.is_empty() {
            let title = claims::title(self.claims, self.language);
            add("claims".to_owned(), title, &|html| claims::write(html, self.claims, self.language));
        }
        add("counting".to_owned(), self.say(&text!("how it is counted", "计数方法")), &|html| {
            counting::write(html, self.subjects, self.language);
        });
        panels
    }
}

/// Data for the script, which no text in it can end: in JSON, `<` has another form.
fn data(html: &mut Html, id: &str, data: &impl Serialize) {
    // Strings, numbers and lists always are JSON.
    let json = serde_json::to_string(data).unwrap_or_default().replace('<', "\\u003c");
    html.element("script", &[("type", "application/json"), ("id", id)], |html| html.written(&json));
    html.line();
}
