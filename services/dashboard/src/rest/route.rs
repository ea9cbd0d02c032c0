//! One address: how it is asked, what it answers, and who does. The router and the description at `/openapi.json` are made of the same rows,
//! so nothing can be served that is not described.

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodRouter, on},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::Dashboard;

/// The shape of a body.
pub(crate) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// One or several of these words, separated by commas; with no words given, of any.
    Words(&'static [&'static str]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number in this range.
    Number(u64, u64),
    /// A log position, or a time.
    Moment,
    /// A time.
    Time,
}

/// Something that can be said in the query of an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

impl Parameter {
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, about }
    }
}

/// What holds for an address besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Compressed, and bounded in time.
    Answer,
    /// Neither: it has no end.
    Stream,
    /// Answered under whatever name the prober knows us by; tells nothing worth protecting.
    Probe,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(crate) struct Body {
    pub(crate) shape: Shape,
    /// A field that the address says already.
    pub(crate) in_address: Option<&'static str>,
}

/// One method of one address.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) passage: Passage,
    /// What it is about.
    pub(crate) tag: &'static str,
    /// What it does, in a sentence.
    pub(crate) does: &'static str,
    pub(crate) asks: &'static [Parameter],
    pub(crate) body: Option<Body>,
    /// The status of a success.
    pub(crate) status: u16,
    /// What a success carries: by media type; without a shape it is text.
    pub(crate) answers: Vec<(&'static str, Option<Shape>)>,
    /// Whether it tells the same with 503: what it is asked for is how we are.
    pub(crate) also_when_down: bool,
    /// Where in a success the id of a goal or task stands, by `goals` or `tasks`: whatever can be asked about one can be asked next.
    pub(crate) leads_to: &'static [(&'static str, &'static str)],
    /// Other statuses than a refusal's that it answers with.
    pub(crate) also: &'static [(u16, &'static str)],
    pub(crate) handler: MethodRouter<Dashboard>,
}

const JSON: &str = "application/json";

impl Route {
    fn new<H: Handler<T, Dashboard>, T: 'static>(
        method: Method,
        path: &'static str,
        does: &'static str,
        handler: H,
    ) -> Self {
        let filter = method.clone().try_into().expect("all methods here are ones that axum routes");
        Self {
            method,
            path,
            passage: Passage::Answer,
            tag: first_word(path),
            does,
            asks: &[],
            body: None,
            status: 200,
            answers: Vec::new(),
            also_when_down: false,
            leads_to: &[],
            also: &[],
            handler: on(filter, handler),
        }
    }

    pub(crate) fn get<H: Handler<T, Dashboard>, T: 'static>(
        path: &'static str,
        does: &'static str,
        handler: H,
    ) -> Self {
        Self::new(Method::GET, path, does, handler)
    }

    pub(crate) fn post<H: Handler<T, Dashboard>, T: 'static>(
        path: &'static str,
        does: &'static str,
        handler: H,
    ) -> Self {
        Self::new(Method::POST, path, does, handler)
    }

    pub(crate) fn patch<H: Handler<T, Dashboard>, T: 'static>(
        path: &'static str,
        does: &'static str,
        handler: H,
    ) -> Self {
        Self::new(Method::PATCH, path, does, handler)
    }

    pub(crate) fn asks(mut self, parameters: &'static [Parameter]) -> Self {
        self.asks = parameters;
        self
    }

    pub(crate) fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(Body { shape: SchemaGenerator::subschema_for::<T>, in_address: None });
        self
    }

    /// The same, but for a field that the address says.
    pub(crate) fn takes_but<T: JsonSchema>(self, field: &'static str) -> Self {
        let mut route = self.takes::<T>();
        route.body = route.body.map(|body| Body { in_address: Some(field), ..body });
        route
    }

    pub(crate) fn answers<T: JsonSchema>(mut self) -> Self {
        self.answers.push((JSON, Some(SchemaGenerator::subschema_for::<T>)));
        self
    }

    /// The same, with only those fields of its rows that were asked for.
    pub(crate) fn answers_some<T: JsonSchema>(mut self) -> Self {
        self.answers.push((JSON, Some(some_of::<T>)));
        self
    }

    pub(crate) fn answers_as(mut self, media_type: &'static str) -> Self {
        self.answers.push((media_type, None));
        self
    }

    pub(crate) fn creates(self) -> Self {
        self.status(201)
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn also_when_down(mut self) -> Self {
        self.also_when_down = true;
        self
    }

    pub(crate) fn leads_to(mut self, places: &'static [(&'static str, &'static str)]) -> Self {
        self.leads_to = places;
        self
    }

    pub(crate) fn passes_as(mut self, passage: Passage) -> Self {
        self.passage = passage;
        self
    }

    pub(crate) fn tagged(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    pub(crate) fn also(mut self, statuses: &'static [(u16, &'static str)]) -> Self {
        self.also = statuses;
        self
    }
}

/// The first one behind the version.
fn first_word(path: &'static str) -> &'static str {
    let path = path.strip_prefix("/api/v1").or_else(|| path.strip_prefix("/api")).unwrap_or(path);
    path.split('/').nth(1).unwrap_or_default()
}

/// A shape of which nothing has to be there.
fn some_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut settings = generator.settings().clone();
    settings.inline_subschemas = true;
    let mut inlined = settings.into_generator().into_root_schema_for::<T>().to_value();
    forget_required(&mut inlined);
    inlined.try_into().unwrap_or_default()
}

fn forget_required(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            object.values_mut().for_each(forget_required);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_required),
        _ => {}
    }
}
