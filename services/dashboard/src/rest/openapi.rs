//! `GET /openapi.json`: every address as OpenAPI 3.1 describes it, made of the rows that the router is made of.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
};
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::route::{Body, Kind, Parameter, Passage, Route};

/// What any request may be refused with. Others are named where they can be.
const REFUSALS: [(&str, &str); 5] = [
    ("403", "The host is not a name of this server."),
    ("404", "There is no such thing."),
    ("405", "The address is not there for this method."),
    ("408", "The body that was announced did not come in time."),
    ("422", "A value is not what it should be; `field` names it."),
];
const UNAVAILABLE: &str = "Too much to do, or something is away; Retry-After says when to come again.";
/// What a write may be refused with besides.
const REFUSALS_OF_WRITES: [(&str, &str); 4] = [
    ("403", "The host is not a name of this server, or a page of another site sent it."),
    ("409", "A rule says no, as things stand."),
    ("413", "More than there may be."),
    ("415", "The body does not say that it is JSON."),
];
/// Where shapes that are asked for are kept: the same type may look otherwise in an answer.
const ASKED: &str = "Asked";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&super::routes()).to_string());

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/openapi.json", "Reads this description.", openapi).answers_as("application/json").tagged("page")]
}

async fn openapi() -> impl IntoResponse {
    let kind: (HeaderName, HeaderValue) = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([kind, (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], DOCUMENT.as_str())
}

/// Makes shapes, and keeps those that are referred to.
struct Shapes {
    asked: SchemaGenerator,
    answered: SchemaGenerator,
}

pub(crate) fn document(routes: &[Route]) -> Value {
    let mut shapes = Shapes {
        asked: generator(SchemaSettings::draft2020_12(), &format!("/components/schemas/{ASKED}/$defs")),
        answered: generator(SchemaSettings::draft2020_12().for_serialize(), "/components/schemas"),
    };
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let method = route.method.as_str().to_lowercase();
        let mut operation = operation(route, &mut shapes);
        if !route.leads_to.is_empty() {
            operation["responses"][route.status.to_string()]["links"] = links(route, routes);
        }
        paths.entry(path(route)).or_default().insert(method, operation);
    }
    let mut schemas = shapes.answered.take_definitions(true);
    schemas.insert(ASKED.to_owned(), json!({ "$defs": shapes.asked.take_definitions(true) }));
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Goalstream",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Goals and tasks, and everything that ever happened to them. Commands are the tools' own.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn generator(settings: SchemaSettings, path: &str) -> SchemaGenerator {
    settings
        .with(|settings| {
            settings.definitions_path = path.to_owned().into();
            settings.meta_schema = None;
        })
        .into_generator()
}

fn operation(route: &Route, shapes: &mut Shapes) -> Value {
    let mut operation = json!({
        "operationId": name(route),
        "summary": route.does,
        "tags": [route.tag],
        "parameters": parameters(route),
        "responses": responses(route, shapes),
    });
    if let Some(body) = &route.body {
        let schema = asked(body, &mut shapes.asked);
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// As the description writes it: it has no word for the rest of a path.
pub(super) fn path(route: &Route) -> String {
    route.path.replace("{*", "{")
}

/// `get_goals_id_plan`: of the method and the words of the path.
fn name(route: &Route) -> String {
    let path = path(route).trim_start_matches("/api/v1").replace(['{', '}'], "").replace(['/', '-', '.'], "_");
    let verb = match route.passage {
        Passage::Stream => "follow".to_owned(),
        Passage::Answer | Passage::Probe => route.method.as_str().to_lowercase(),
    };
    format!("{verb}{path}")
}

/// What can be asked about the goal or task that an answer names.
fn links(route: &Route, routes: &[Route]) -> Value {
    let of = |(place, pointer): &(&str, &str)| {
        let about = format!("/api/v1/{place}/{{id}}");
        let id = format!("$response.body#{pointer}");
        let link = move |next: &Route| (name(next), json!({ "operationId": name(next), "parameters": { "id": id } }));
        routes.iter().filter(|next| next.path.starts_with(&about)).map(link).collect::<Vec<_>>()
    };
    route.leads_to.iter().flat_map(of).collect::<Map<_, _>>().into()
}

fn parameters(route: &Route) -> Vec<Value> {
    let path = path(route);
    let places = path.split(['{', '}']).skip(1).step_by(2);
    let places = places.map(|place| {
        let (schema, example) = match (place, route.tag) {
            ("position", _) => (json!({ "type": "integer", "minimum": 1 }), json!(1)),
            ("id", "tasks") => (json!({ "type": "string" }), json!("TASK-0001")),
            ("id", _) => (json!({ "type": "string" }), json!("GOAL-0001")),
            _ => (json!({ "type": "string" }), json!("favicon.svg")),
        };
        json!({ "name": place, "in": "path", "required": true, "schema": schema, "example": example })
    });
    let asks = route.asks.iter().map(parameter);
    let headers = headers(route).map(|(name, about)| {
        json!({ "name": name, "in": "header", "required": false, "description": about, "schema": { "type": "string" } })
    });
    places.chain(asks).chain(headers).collect()
}

fn headers(route: &Route) -> impl Iterator<Item = (&'static str, &'static str)> {
    let write = !route.method.is_safe();
    let versioned = route.also.iter().any(|(status, _)| *status == 412);
    let known = route.also.iter().any(|(status, _)| *status == 304);
    [
        (
            true,
            "X-Goalstream-Actor",
            "The name of whoever asks, in UTF-8 or percent-encoded; a claim, since there is no log-in yet.",
        ),
        (write, "Idempotency-Key", "The command's request_id: sent again, it is answered again and not done again."),
        (versioned, "If-Match", "Only if it is still at this version, such as \"7\"."),
        (known, "If-None-Match", "The ETag of the answer that one has."),
        (
            route.passage == Passage::Stream,
            "Last-Event-ID",
            "The position of the last event; a browser that returns sends it, and it counts before `after`.",
        ),
    ]
    .into_iter()
    .filter(|(is_there, ..)| *is_there)
    .map(|(_, name, about)| (name, about))
}

fn parameter(Parameter { name, kind, about }: &Parameter) -> Value {
    let schema = match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Words([]) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Words(words) => json!({ "type": "array", "items": { "type": "string", "enum": words } }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Number(least, u64::MAX) => json!({ "type": "integer", "minimum": least }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Time => json!({ "type": "string", "description": "A time such as 2026-11-30T12:00:00Z or 2026-11-30." }),
        Kind::Moment => json!({
            "type": "string", "description": "A log position such as 4711, or a time such as 2026-11-30T12:00:00Z or 2026-11-30.",
        }),
    };
    let mut parameter =
        json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema });
    if matches!(kind, Kind::Words(_)) {
        parameter["style"] = "form".into();
        parameter["explode"] = false.into();
    }
    parameter
}

fn responses(route: &Route, shapes: &mut Shapes) -> Map<String, Value> {
    let mut responses = Map::new();
    let mut content = Map::new();
    for (media_type, shape) in &route.answers {
        let schema = shape.map_or_else(
            || json!({ "type": "string" }).try_into().expect("an object"),
            |shape| shape(&mut shapes.answered),
        );
        content.insert((*media_type).to_owned(), json!({ "schema": schema }));
    }
    let content = Value::from(content);
    responses.insert(route.status.to_string(), json!({ "description": "It is so.", "content": content }));
    for (status, about) in route.also {
        let content = match *status < 400 {
            true => json!({}),
            false => problems(),
        };
        responses.insert(status.to_string(), json!({ "description": about, "content": content }));
    }
    let of_writes: &[_] = if route.method.is_safe() { &[] } else { &REFUSALS_OF_WRITES };
    for (status, about) in REFUSALS.iter().chain(of_writes) {
        responses.insert((*status).to_owned(), json!({ "description": about, "content": problems() }));
    }
    responses.insert("503".to_owned(), unavailable(route, content));
    responses
}

/// Why there may be no answer now.
fn unavailable(route: &Route, success: Value) -> Value {
    let mut content = problems();
    if let (true, Value::Object(success), Some(content)) = (route.also_when_down, success, content.as_object_mut()) {
        content.extend(success);
    }
    let waits = route.asks.iter().any(|parameter| parameter.name == "min_position");
    let about = match (route.also_when_down, waits) {
        (true, _) => format!("{UNAVAILABLE} What is needed is down: the same is told."),
        (false, true) => {
            format!("{UNAVAILABLE} `min_position` may not have been read in yet.")
        }
        (false, false) => UNAVAILABLE.to_owned(),
    };
    json!({ "description": about, "content": content })
}

fn problems() -> Value {
    json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Why there is no other answer, as RFC 9457 has it, with what belongs to the code beside it.",
        "required": ["status", "code", "message"],
        "properties": {
            "status": { "type": "integer" },
            "code": { "type": "string", "description": "One word, the same at every door." },
            "message": { "type": "string", "description": "What is wrong, in a sentence." },
            "hint": { "type": "string", "description": "What to do next." },
            "field": { "type": "string", "description": "What to mend." },
            "retry_after_ms": { "type": "integer", "description": "When to try again." },
        },
    })
}

/// What is asked for; what the address says need not be said again.
fn asked(body: &Body, generator: &mut SchemaGenerator) -> Schema {
    let schema = (body.shape)(generator);
    let Some(field) = body.in_address else { return schema };
    let whole = schema.get("$ref").and_then(Value::as_str).and_then(|path| {
        let name = path.rsplit('/').next()?;
        generator.definitions().get(name).cloned()
    });
    let mut whole = whole.unwrap_or_else(|| schema.clone().to_value());
    if let Some(properties) = whole.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove(field);
    }
    if let Some(required) = whole.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != field);
    }
    whole.try_into().unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
        let document = document(&crate::rest::routes());
        let text = document.to_string();
        let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
        for reference in references {
            assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
        }
        let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
        let mut names: Vec<&str> = operations.map(|(_, one)| one["operationId"].as_str().unwrap()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), all), (crate::rest::routes().len(), crate::rest::routes().len()));
    }

    #[test]
    fn what_an_answer_leads_to_is_an_operation_that_takes_its_id() {
        let document = document(&crate::rest::routes());
        let made = &document["paths"]["/api/v1/goals"]["post"]["responses"]["201"]["links"];
        assert_eq!(made["get_goals_id"]["parameters"]["id"], "$response.body#/goal");
        assert_eq!(made["post_tasks_id_claim"]["parameters"]["id"], "$response.body#/ready/0");
        let listed = &document["paths"]["/api/v1/tasks"]["get"]["responses"]["200"]["links"];
        assert_eq!(listed["patch_tasks_id"]["operationId"], "patch_tasks_id");
    }

    #[test]
    fn where_one_can_wait_for_a_position_it_is_said_what_503_means() {
        let document = document(&crate::rest::routes());
        let unavailable = |path: &str| document["paths"][path]["get"]["responses"]["503"].clone();
        for route in crate::rest::routes().iter().filter(|route| route.method.is_safe()) {
            let waits = route.asks.iter().any(|parameter| parameter.name == "min_position");
            let told = unavailable(&path(route))["description"].as_str().unwrap().contains("min_position");
            assert_eq!(told, waits, "{}", route.path);
        }
        let health = &unavailable("/health")["content"];
        assert_eq!(
            health["application/json"],
            document["paths"]["/health"]["get"]["responses"]["200"]["content"]["application/json"]
        );
        assert!(health["application/problem+json"].is_object());
    }
}
