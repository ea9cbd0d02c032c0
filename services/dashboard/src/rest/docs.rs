//! `GET /docs`: the description at `/openapi.json`, to be read. Plain markup and one style sheet, so that it needs nothing from elsewhere.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    http::header,
    response::{Html, IntoResponse},
};
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::{openapi, route::Route};

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let routes = super::routes();
    page(&routes, &openapi::document(&routes)).into_string()
});

pub(super) fn routes() -> Vec<Route> {
    let page = Route::get("/docs", "Shows this description.", docs).answers_as("text/html");
    let style = Route::get("/docs.css", "Reads what it looks like.", style).answers_as("text/css");
    vec![page.tagged("page"), style.tagged("page")]
}

async fn docs() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-cache")], Html(PAGE.as_str()))
}

async fn style() -> impl IntoResponse {
    let about = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (about, include_str!("docs.css"))
}

fn page(routes: &[Route], document: &Value) -> Markup {
    let mut tags: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    routes.iter().for_each(|route| tags.entry(route.tag).or_default().push(route));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Goalstream REST" }
                link rel="stylesheet" href="/docs.css";
            }
            body {
                header {
                    h1 { "Goalstream REST" }
                    p { "For programs: " a href="/openapi.json" { "openapi.json" } ". The board is at " a href="/" { "/" } "." }
                    nav aria-label="Contents" { @for tag in tags.keys() { a href={ "#" (tag) } { (tag) } " " } }
                }
                main {
                    @for (tag, routes) in &tags {
                        section id=(tag) {
                            h2 { (tag) }
                            @for route in routes { (operation(route, document)) }
                        }
                    }
                    section id="shapes" {
                        h2 { "Shapes" }
                        @for (name, schema) in schemas(document) { (shape(name, schema)) }
                    }
                }
            }
        }
    }
}

fn operation(route: &Route, document: &Value) -> Markup {
    let method = route.method.as_str();
    let told = &document["paths"][openapi::path(route)][method.to_lowercase()];
    html! {
        details {
            summary { code class={ "method " (method.to_lowercase()) } { (method) } " " code { (openapi::path(route)) } " " span { (route.does) } }
            @if let Some(parameters) = told["parameters"].as_array().filter(|all| !all.is_empty()) {
                table {
                    thead { tr { th { "Parameter" } th { "In" } th { "What" } } }
                    tbody { @for one in parameters { (parameter(one)) } }
                }
            }
            @if let Some(schema) = told.pointer("/requestBody/content/application~1json/schema") {
                h3 { "Body" }
                (json(schema))
            }
            h3 { "Answers" }
            dl {
                @for (status, answer) in told["responses"].as_object().into_iter().flatten() {
                    dt { code { (status) } }
                    dd { (answer["description"].as_str().unwrap_or_default()) }
                }
            }
            @if let Some(schema) = told["responses"][route.status.to_string()].pointer("/content/application~1json/schema") {
                (json(schema))
            }
        }
    }
}

fn parameter(parameter: &Value) -> Markup {
    let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
    html! { tr { td { code { (text("name")) } } td { (text("in")) } td { (text("description")) } } }
}

fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let asked = document.pointer("/components/schemas/Asked/$defs").and_then(Value::as_object).into_iter().flatten();
    schemas.filter(|(name, _)| *name != "Asked").chain(asked)
}

fn shape(name: &str, schema: &Value) -> Markup {
    html! { details { summary { code { (name) } " " span { (schema["description"].as_str().unwrap_or_default()) } } (json(schema)) } }
}

fn json(schema: &Value) -> Markup {
    html! { pre tabindex="0" { (serde_json::to_string_pretty(schema).unwrap_or_default()) } }
}
