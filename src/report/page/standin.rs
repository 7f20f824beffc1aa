//! Stand-ins for what others write.

use super::html::escaped;
use crate::graph::Place;
use crate::report::Subject;
use crate::report::draw::scene::Scene;
use crate::report::draw::{Options, key};
use crate::text::Language;

pub(super) fn svg(subject: &Subject, options: &Options) -> String {
    let scene = Scene::of(subject, options);
    let things = scene.things.iter().enumerate().map(|(at, thing)| {
        let (y, kind, title) = (at * 60, thing.kind.name(), escaped(&thing.title));
        let key = if thing.is_output { String::new() } else { format!(" data-place=\"{}\"", key(thing.place)) };
        let details = escaped(&thing.details.join(" "));
        format!("<g class=\"node {kind}\"{key}><rect x=\"10\" y=\"{y}\" width=\"180\" height=\"44\" rx=\"6\"/><text x=\"20\" y=\"{}\">{title}</text><text x=\"20\" y=\"{}\">{details}</text></g>\n", y + 18, y + 36)
    });
    let (height, things) = (scene.things.len() * 60, things.collect::<String>());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 {height}\" width=\"200\" height=\"{height}\">{things}</svg>"
    )
}

pub(super) fn mathml(subject: &Subject, place: Place, _: Language) -> String {
    let counts = subject.counts(place).map_or(0, |counts| counts.work.macs.total());
    format!("<p>MACs: <math><mi>x</mi><mo>=</mo><mn>{counts}</mn></math></p>\n")
}
