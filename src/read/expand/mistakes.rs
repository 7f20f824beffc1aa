//! Values that are read where they stand, and the mistakes in them.

use std::cell::Cell;

use super::limits::weight;
use super::names::Names;
use super::sources::Incoming;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span};
use crate::read::description::{Body, Datum, Item, Name};
use crate::read::settings::{Context, SettingError};
use crate::text;

impl Expander<'_> {
    pub(super) fn names<'a>(&'a self, here: Here<'a>, incoming: Incoming) -> Names<'a> {
        Names { expander: self, here, incoming, looked_at: Cell::new(0), unknown: Cell::new(false) }
    }

    /// Evaluates with one of [`Context`]'s functions; `None` after a mistake.
    pub(super) fn evaluate<T>(
        &mut self,
        datum: &Datum,
        here: Here<'_>,
        incoming: Incoming,
        read: impl Fn(Context<'_>, &Datum) -> Result<T, SettingError>,
    ) -> Option<T> {
        if !self.work(weight(datum), &datum.span) || self.has_known(&datum.span) {
            return None;
        }
        let names = self.names(here, incoming);
        let read = read(Context { source: &self.description.source, scope: &names }, datum);
        let (looked_at, silent) = (names.looked_at.get(), names.unknown.get());
        if looked_at > 0 && !self.work(looked_at, &datum.span) {
            return None;
        }
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.setting_mistake(error, &datum.span, silent, here);
                None
            }
        }
    }

    pub(super) fn setting_mistake(&mut self, error: SettingError, span: &Span, silent: bool, here: Here<'_>) {
        if !silent {
            let error = error.with_subject(&text!("this", "此值"));
            let SettingError { code, span: at, message, help, .. } = error;
            self.mistake(Diagnostic::new(code, message, at.unwrap_or(span.clone())).help(help), here);
        }
    }

    /// Reports a mistake with the `use`s that led to it, once however often it is met.
    pub(super) fn mistake(&mut self, diagnostic: Diagnostic, here: Here<'_>) {
        let is_same = |known: &Diagnostic| {
            known.message == diagnostic.message
                && known.places.first().map(|place| &place.0)
                    == diagnostic.places.first().map(|place| &place.0)
        };
        let place = diagnostic.places.first().and_then(|(place, _)| place.text());
        if place.is_some_and(|place| self.has_known(place)) || self.mistakes.iter().any(is_same) {
            return;
        }
        self.mistakes.push(here.frame.trail(diagnostic));
    }

    /// Whether a mistake at the place, or at a part of it, is known.
    pub(super) fn has_known(&self, place: &Span) -> bool {
        self.known.iter().any(|known| known.start < place.end && place.start < known.end)
    }

    /// Whether a mistake in the item is known, so that its output is not.
    pub(super) fn is_known(&self, item: &Item) -> bool {
        let is_whole = match &item.body {
            Body::Operator { .. } | Body::Use { .. } => true,
            Body::Layers(items) | Body::Side(items) => items.is_empty(),
            Body::Branches(_) => false,
        };
        is_whole && self.known.iter().any(|known| item.span.contains(&known.start))
    }
}

pub(super) fn left_out(name: &Name, item: &Span) -> Diagnostic {
    let text = &name.text;
    let message = text!("`{text}` is left out here", "`{text}` 在此被省去");
    let label = text!("its `when` is false or its `repeat` is 0", "它的 `when` 为假或 `repeat` 为 0");
    Diagnostic::new(Code::UnreachableItem, message, name.span.clone()).also(item.clone(), label)
}
