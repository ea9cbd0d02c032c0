//! One connection (stdio, a session) or one request (HTTP without sessions), as the protocol's library sees it.

use std::{future::Future, sync::Arc, time::Instant};

use goal_agent::{Caller, GoalAgent};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestMethod, CallToolRequestParams, CallToolResponse, CallToolResult,
        CompleteRequestMethod, CompleteRequestParams, CompleteResult, ConstString, CustomRequest, CustomResult,
        DiscoverResult, ErrorCode, GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        Implementation, InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesRequestMethod, ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
        ReadResourceRequestMethod, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
        ServerCapabilities, ServerConfig, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::{Instrument, Span};

use crate::{
    answer::Told,
    app, arguments,
    behind::Behind,
    bridge::{self, Asked, Undone},
    call::{self, CALL_BOUND},
    completion,
    door::Door,
    identity,
    profile::{Offered, Profile},
    prompts::{self, Prompt},
    push::{ADDRESSES_MAX, Session},
    resources, trace,
};

/// How long clients may keep the list of tools: it only changes with a new version.
const TOOLS_LIFETIME_MS: u64 = 60 * 60 * 1_000;

/// When a caller should try again while the instance behind is starting.
const STARTING_RETRY_AFTER_MS: u64 = 1_000;

/// When a caller should try again while the instance behind is away.
const AWAY_RETRY_AFTER_MS: u64 = 5_000;

/// Serves one peer. Holds nothing of its own except a name for the connection.
pub(crate) struct Handler {
    door: Door,
    profile: Profile,
    session: Option<Arc<str>>,
    /// What a client of the older era watches. A handler serves one such client, but only one request of a newer one.
    watching: Session,
}

impl Handler {
    pub(crate) fn new(door: Door, profile: Profile) -> Self {
        Self { door, profile, session: None, watching: Session::default() }
    }

    /// For a transport that names no sessions.
    pub(crate) fn with_session(mut self, session: impl Into<Arc<str>>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// Logs a client the first time it is met: which ones come, and in which era.
    fn meet(&self, client: Option<Implementation>, version: Option<ProtocolVersion>) {
        let Some(client) = client else { return };
        let version = version.map(|version| version.to_string()).unwrap_or_default();
        if self.door.first_contact(&format!("{}\n{}\n{version}", client.name, client.version)) {
            let era = if version.as_str() >= ProtocolVersion::V_2026_07_28.as_str() { "modern" } else { "legacy" };
            tracing::info!(
                client = client.name,
                client_version = client.version,
                protocol = version,
                era,
                "a client connected"
            );
        }
    }

    /// The page for a client that can show it. The tools of the first implementation answer in other shapes.
    fn board(&self) -> Option<&'static str> {
        self.door.config().board.filter(|_| self.profile == Profile::Default)
    }

    fn shows_board(&self, context: &RequestContext<RoleServer>) -> bool {
        self.board().is_some() && app::is_shown_by(context.client_capabilities().as_ref())
    }

    async fn call(
        &self,
        tool: Offered,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Undone> {
        let arguments = request.arguments.unwrap_or_default();
        let asked = Asked {
            method: CallToolRequestMethod::VALUE,
            name: Some(tool.name()),
            repeatable: tool.reads_only() || arguments.get("request_id").is_some_and(|id| !id.is_null()),
            params: json!({ "name": tool.name(), "arguments": arguments }),
        };
        self.answered(context, asked, |agent, caller| async move {
            let answer = tool.ask(&agent, &caller, arguments).await;
            answer.map_err(|told| arguments::explained(tool.full_schema(), told))
        })
        .await
    }

    /// What is read otherwise than by a tool: within the same bounds, and refused as an error of the protocol.
    async fn read<T: DeserializeOwned, F: Future<Output = Result<T, Told>>>(
        &self,
        context: &RequestContext<RoleServer>,
        asked: Asked<'_>,
        here: impl FnOnce(GoalAgent, Caller) -> F,
    ) -> Result<T, ErrorData> {
        self.meet(context.client_info(), context.protocol_version());
        let (method, started) = (asked.method, Instant::now());
        let outcome = match self.answered(context, asked, here).await {
            Err(Undone::Protocol(error)) => return Err(error),
            Err(Undone::Told(told)) => Err(told),
            Ok(answer) => Ok(answer),
        };
        call::record(method, started, &outcome);
        outcome.map_err(Told::into_error)
    }

    /// Has the agent answer if it is in this process, else the instance that it is in.
    async fn answered<T: DeserializeOwned, F: Future<Output = Result<T, Told>>>(
        &self,
        context: &RequestContext<RoleServer>,
        asked: Asked<'_>,
        here: impl FnOnce(GoalAgent, Caller) -> F,
    ) -> Result<T, Undone> {
        let mut caller = identity::caller(self.door.config(), self.session.as_deref(), context);
        caller.traceparent = trace::of(&Span::current()).or(caller.traceparent);
        match self.door.behind().await {
            Behind::Starting => Err(Told::starting(STARTING_RETRY_AFTER_MS).into()),
            Behind::Away { reason } => Err(Told::unavailable(reason, AWAY_RETRY_AFTER_MS).into()),
            Behind::Agent(agent) => Ok(call::guarded(asked.method, CALL_BOUND, here(agent, caller)).await?),
            Behind::Daemon(bridge) => {
                let mut meta = context.meta.clone();
                identity::forward(self.door.config().identity.as_ref(), caller.session.as_deref(), &mut meta);
                bridge::describe_client(context.client_info(), &mut meta);
                bridge.ask(asked, meta).await
            }
        }
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_completions()
            .build();
        if self.profile != Profile::Default {
            // They lead through the default tools.
            capabilities.prompts = None;
        }
        capabilities.extensions = self.board().map(|_page| app::capability());
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("goalstream", env!("CARGO_PKG_VERSION")).with_title("Goalstream"))
            .with_instructions(self.profile.instructions())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let negotiated = self.negotiate_initialize(&request)?;
        self.meet(Some(request.client_info), Some(negotiated.protocol_version.clone()));
        Ok(negotiated)
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        self.meet(context.client_info(), context.protocol_version());
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info()))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.meet(context.client_info(), context.protocol_version());
        let mut tools = self.profile.list();
        // What is listed is the same for all while there is no board, and else depends on what the client can show.
        let scope = self.board().map_or(CacheScope::Public, |_page| CacheScope::Private);
        if self.shows_board(&context) {
            tools = tools.into_iter().map(app::beside).collect();
        }
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(TOOLS_LIFETIME_MS).with_cache_scope(scope))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        self.profile.named(name).map(|tool| tool.shown().clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.profile.named(&request.name) else {
            let names = self.profile.names();
            return Err(ErrorData::invalid_params(
                format!("there is no tool {}; there are {names}", request.name),
                None,
            ));
        };
        let (client, version) = (context.client_info(), context.protocol_version());
        let span = tracing::info_span!(
            "tools/call",
            "otel.name" = format!("tools/call {}", tool.name()),
            "otel.kind" = "server",
            "mcp.method.name" = "tools/call",
            "gen_ai.operation.name" = "execute_tool",
            "gen_ai.tool.name" = tool.name(),
            "mcp.protocol.version" = version.as_ref().map(ProtocolVersion::as_str),
            client = client.as_ref().map(|client| client.name.as_str()),
            client_version = client.as_ref().map(|client| client.version.as_str()),
            traceparent = context.meta.get_traceparent(),
            "error.type" = tracing::field::Empty,
        );
        trace::continue_from(&span, context.meta.get_traceparent());
        self.meet(client, version);
        let started = Instant::now();
        let outcome = self.call(tool, request, &context).instrument(span.clone()).await;
        let outcome = match outcome {
            Ok(result) => Ok(result),
            Err(Undone::Told(told)) => Err(told),
            Err(Undone::Protocol(error)) => return Err(error),
        };
        span.in_scope(|| call::record(tool.name(), started, &outcome));
        Ok(outcome
            .unwrap_or_else(|told| {
                span.record("error.type", told.described.code);
                told.into_result()
            })
            .into())
    }

    /// What the library does not know, or knows and could not read: then it is the parameters that are wrong.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if request.method == CallToolRequestMethod::VALUE {
            let message = "tools/call takes a name, which is text, and arguments, which are an object";
            return Err(ErrorData::invalid_params(message, None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None))
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let asked = asked(ListResourcesRequestMethod::VALUE, None, json!({}));
        let listed = self.read(&context, asked, |agent, caller| async move { resources::list(&agent, &caller).await });
        // Those that are always there can be listed while nothing can be read yet: clients ask when they connect, and keep the answer.
        let mut listed = listed.await.unwrap_or_else(|_| resources::listed(resources::fixed()));
        if self.shows_board(&context) {
            listed.resources.push(app::resource());
        }
        Ok(listed)
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(resources::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri;
        if let Some(page) = self.board().filter(|_page| uri == app::URI) {
            return Ok(app::read(page).into());
        }
        let asked = asked(ReadResourceRequestMethod::VALUE, Some(&uri), json!({ "uri": uri }));
        let address = uri.clone();
        let here = |agent, caller| async move { resources::read(&agent, &caller, &address).await };
        let read: ReadResourceResult = self.read(&context, asked, here).await?;
        Ok(read.into())
    }

    /// Only what there can be; that it is not there yet is no reason.
    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = SubscriptionFilter::new();
        accepted.resources_list_changed = requested.resources_list_changed;
        let addresses = requested.resource_subscriptions.iter().flatten();
        let addresses = addresses.filter(|address| resources::is_address(address)).take(ADDRESSES_MAX);
        accepted.resource_subscriptions = Some(addresses.cloned().collect());
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let accepted = context.accepted();
        let mut listener = self.door.push().listen(accepted.resources_list_changed == Some(true));
        let watch = listener.watch();
        accepted.resource_subscriptions.iter().flatten().for_each(|address| _ = watch.add(address));
        loop {
            let update = tokio::select! {
                update = listener.next() => update,
                () = context.cancelled() => None,
                () = self.door.config().shutdown.cancelled() => None,
            };
            let Some(update) = update else { return Ok(()) };
            for address in update.addresses {
                if context.sink().notify_resource_updated(address).await.is_err() {
                    return Ok(());
                }
            }
            if update.list && context.sink().notify_resource_list_changed().await.is_err() {
                return Ok(());
            }
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.watching.begin(self.door.push(), &context.peer);
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !resources::is_address(&request.uri) {
            return Err(resources::no_address(&request.uri).into_error());
        }
        match self.watching.begin(self.door.push(), &context.peer).add(&request.uri) {
            true => Ok(()),
            false => Err(ErrorData::invalid_params(
                format!("{ADDRESSES_MAX} resources are watched; unsubscribe from some"),
                None,
            )),
        }
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watching.begin(self.door.push(), &context.peer).remove(&request.uri);
        Ok(())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(prompts::list())
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let Some(prompt) = Prompt::named(&request.name) else {
            let names = Prompt::ALL.map(Prompt::name).join(", ");
            let message = format!("there is no prompt {}; there are {names}", request.name);
            return Err(ErrorData::invalid_params(message, None));
        };
        let given = request.arguments.unwrap_or_default();
        let params = json!({ "name": prompt.name(), "arguments": given });
        let asked = asked(GetPromptRequestMethod::VALUE, Some(prompt.name()), params);
        let here = |agent, caller| async move { prompts::get(&agent, &caller, prompt, &given).await };
        let got: GetPromptResult = self.read(&context, asked, here).await?;
        Ok(got.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let asked = asked(CompleteRequestMethod::VALUE, None, json!(request));
        let here = |agent, caller| async move { completion::complete(&agent, &caller, &request).await };
        self.read(&context, asked, here).await
    }
}

/// A request that only reads, for whoever answers it.
fn asked<'a>(method: &'static str, name: Option<&'a str>, params: Value) -> Asked<'a> {
    Asked { method, name, params, repeatable: true }
}
