//! A network on a page: its totals, its picture beside its layers, charts.

use super::drawn::Drawn;
use super::html::Html;
use super::layers::{Lines, columns, is_figure};
use super::workings::Workings;
use super::{charts, data};
use crate::analyze::Status;
use crate::graph::Place;
use crate::read::measured::Measurements;
use crate::report::draw::scene::Scene;
use crate::report::draw::svg::svg;
use crate::report::draw::{Columns, Options, key};
use crate::report::table::{notes, totals};
use crate::report::{Subject, deployed};
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

/// Writes it; `id` is that of its panel.
pub(super) fn write(
    html: &mut Html,
    subject: &Subject,
    measurements: Option<&Measurements>,
    id: &str,
    language: Language,
) {
    heading(html, subject, id, language);
    let options = Options { embedded: true, columns: Columns::To(1), ..Options::new(language) };
    let lines = Lines::of(subject);
    let drawn = Drawn::new(subject.graph(), &Scene::of(subject, &options), &lines.rows);
    let say = |text: &Text| text.get(language).to_owned();
    html.element("div", &[("class", "work")], |html| {
        html.element("div", &[("class", "seen")], |html| {
            picture(html, subject, &options, language);
            let label = say(&text!("working", "算式"));
            html.element(
                "section",
                &[("class", "explained script"), ("tabindex", "0"), ("aria-label", &label)],
                |html| {
                    html.leaf("p", &[("class", "hint")], hint(subject).get(language));
                },
            );
        });
        html.element("div", &[("class", "told")], |html| {
            tools(html, subject, id, language);
            lines.write(html, subject, &drawn, id, language);
        });
    });
    charts::of_network(html, subject, measurements, id, language);
    data(html, &format!("{id}-workings"), &Workings::of(subject, &lines.rows, language));
}

/// What stands where workings are shown, before one is.
fn hint(subject: &Subject) -> Text {
    match subject.plan {
        None => text!(
            "Choose a layer or a box, here or in the table: the working of its figures stands here.",
            "在图中或表中选择一层或一个模块,此处显示其各数值的算式。"
        ),
        Some(_) => text!(
            "The figures are those of the network as it is deployed; a page without `--deployed` has the working of each layer by itself.",
            "此处各数值按部署方式计数;不带 `--deployed` 的页面有各层单独的算式。"
        ),
    }
}

/// What it is called, what it is made of, and its totals.
fn heading(html: &mut Html, subject: &Subject, id: &str, language: Language) {
    html.leaf("h2", &[], &subject.title);
    let (batch, element) = (subject.batch(), subject.element.name());
    let deployed = deployed::behind(subject);
    let about = text!("batch {batch} · {element}{deployed}", "批量大小 {batch} · {element}{deployed:#}");
    html.element("p", &[("class", "about")], |html| {
        html.leaf("span", &[("class", "shapes")], &subject.shapes());
        html.text(" · ");
        html.text(about.get(language));
        html.text(" · ");
        html.leaf("span", &[("class", "file")], &subject.source);
    });
    html.element("dl", &[("class", "totals")], |html| {
        for (label, figure, remark) in totals(subject) {
            html.element("div", &[], |html| {
                html.leaf("dt", &[], label.get(language));
                let figure = grouped(figure, ",");
                // As large as its box has room for.
                let class = match figure.len() {
                    ..=13 => "number",
                    14..=19 => "number long",
                    20.. => "number long longest",
                };
                html.leaf("dd", &[("class", class)], &figure);
                html.sentence("dd", &[], remark.get(language));
            });
        }
    });
    let status = subject.analysis.status();
    html.element("div", &[("class", &format!("notes {}", status.name()))], |html| {
        for note in notes(subject).iter().rev() {
            html.sentence("p", &[], note.get(language));
        }
        if status == Status::Partial {
            let note = text!(
                "every total is of what is counted: it is at least so much",
                "各合计只含已计数的部分:实际值不小于此"
            );
            html.leaf("p", &[], note.get(language));
            missing(html, subject, id, language);
        }
    });
    html.line();
}

/// What is missing from the totals, each with a way to its line.
fn missing(html: &mut Html, subject: &Subject, id: &str, language: Language) {
    const MOST: usize = 200;
    let (graph, all) = (subject.graph(), subject.analysis.uncounted());
    html.element("details", &[], |html| {
        let count = all.len();
        html.leaf(
            "summary",
            &[],
            text!("what is not counted ({count})", "未计数的算子({count} 个)").get(language),
        );
        html.element("ul", &[], |html| {
            for &node in all.iter().take(MOST) {
                let link = format!("#{id}-{}", key(Place::Node(node)));
                html.element("li", &[], |html| {
                    html.leaf("a", &[("href", &link)], &graph.path(node));
                    html.text(&format!(" ({})", graph.node(node).operator_name()));
                });
            }
            if count > MOST {
                let more = count - MOST;
                html.leaf("li", &[], text!("and {more} more", "另有 {more} 个").get(language));
            }
        });
    });
}

fn picture(html: &mut Html, subject: &Subject, options: &Options, language: Language) {
    let say = |text: Text| text.get(language).to_owned();
    html.element("figure", &[("class", "picture")], |html| {
        html.element("div", &[("class", "tools script")], |html| {
            html.element("label", &[], |html| {
                html.text(&say(text!("shade by", "着色依据")));
                html.text(" ");
                html.element("select", &[("class", "shade")], |html| {
                    html.leaf("option", &[("value", "")], &say(text!("kind", "类型")));
                    for (at, (column, _)) in (1_usize..).zip(columns(subject)) {
                        if is_figure(column) {
                            html.leaf("option", &[("value", &at.to_string())], column.heading(language));
                        }
                    }
                });
            });
            html.element("span", &[("class", "zoom")], |html| {
                for (zoom, sign, words) in [
                    ("out", "−", text!("smaller", "缩小")),
                    ("in", "+", text!("larger", "放大")),
                    ("fit", "↔", text!("as wide as the frame", "适合宽度")),
                    ("all", "⤢", text!("the whole picture, or one column", "整幅图或单列")),
                ] {
                    let words = words.get(language);
                    html.leaf(
                        "button",
                        &[("type", "button"), ("data-zoom", zoom), ("aria-label", words), ("title", words)],
                        sign,
                    );
                }
            });
        });
        let label = say(text!("picture of the network", "网络图"));
        html.element(
            "div",
            &[("class", "frame"), ("tabindex", "0"), ("role", "region"), ("aria-label", &label)],
            |html| {
                html.element("div", &[("class", "column")], |html| drawn(html, subject, options));
                let whole = Options { columns: Columns::Fitting, ..options.clone() };
                html.element("div", &[("class", "whole")], |html| drawn(html, subject, &whole));
            },
        );
        legend(html, subject, language);
    });
    html.line();
}

/// The picture, or why there is none.
fn drawn(html: &mut Html, subject: &Subject, options: &Options) {
    match svg(subject, options) {
        Ok(picture) => html.written(&picture),
        Err(why) => html.sentence("p", &[("class", "note")], why.get(options.language)),
    }
}

/// The kinds of operators that there are, in their colors.
fn legend(html: &mut Html, subject: &Subject, language: Language) {
    use crate::report::draw::Kind;
    let graph = subject.graph();
    let is_there = |kind: Kind| graph.nodes().any(|(_, node)| Kind::of_node(node) == kind);
    html.element("figcaption", &[], |html| {
        html.element("ul", &[("class", "legend")], |html| {
            for kind in Kind::ALL.into_iter().filter(|&kind| is_there(kind)) {
                html.element("li", &[("class", kind.name())], |html| html.text(kind.words().get(language)));
            }
        });
    });
}

/// What folds, searches and chooses columns.
fn tools(html: &mut Html, subject: &Subject, id: &str, language: Language) {
    let say = |text: Text| text.get(language).to_owned();
    html.element("div", &[("class", "tools script")], |html| {
        let search = format!("{id}-search");
        html.leaf(
            "label",
            &[("for", &search), ("class", "unseen")],
            &say(text!("search the layers", "搜索各层")),
        );
        let hint = say(text!("layer or operator", "层或算子"));
        html.void(
            "input",
            &[("type", "search"), ("id", &search), ("class", "search"), ("placeholder", &hint)],
        );
        for (what, words) in [
            ("open", text!("open all", "全部展开")),
            ("close", text!("close all", "全部折叠")),
            ("order", text!("in order", "按执行顺序")),
        ] {
            html.leaf("button", &[("type", "button"), ("data-fold", what)], words.get(language));
        }
        html.element("details", &[("class", "columns")], |html| {
            html.leaf("summary", &[], &say(text!("columns", "列")));
            html.element("fieldset", &[], |html| {
                html.leaf("legend", &[("class", "unseen")], &say(text!("columns", "列")));
                for (at, (column, is_shown)) in (1_usize..).zip(columns(subject)).skip(1) {
                    let at = at.to_string();
                    let mut attributes = vec![("type", "checkbox"), ("data-column", &*at)];
                    if is_shown {
                        attributes.push(("checked", ""));
                    }
                    html.element("label", &[], |html| {
                        html.void("input", &attributes);
                        html.text(column.heading(language));
                    });
                }
            });
        });
        html.element("p", &[("class", "said"), ("role", "status")], |_| {});
    });
    html.line();
}
