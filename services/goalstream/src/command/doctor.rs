//! `goalstream doctor`: what could keep Goalstream from working here, a line each.

use std::{net::SocketAddr, path::Path, process::ExitCode, time::Duration};

use event_bus::{Bus, BusError, ConnectionState, with_causes};
use local_stack::tools::{Places, Tools};
use tokio::net::{TcpListener, TcpStream};

use super::print;
use crate::{
    config::{self, Settings},
    instance::{RunFile, Servers, connect_log, http::Tls},
    telemetry,
};

/// How long NATS, or the instance, may take to accept a connection.
const CONNECT_BOUND: Duration = Duration::from_secs(5);

type Found = Result<String, String>;

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let _traces = telemetry::log(&settings.logging, "error")?;
    let mut findings: Vec<(&str, Found)> = vec![("data directory", writable(&settings.data_dir))];
    let running = RunFile::read(&settings.data_dir)?;
    findings.push(("instance", instance(running.as_ref()).await));
    let servers = Servers::configured(&settings)?;
    if servers.is_none() {
        findings.push(("Postgres and NATS", programs().await));
    }
    if running.is_none() {
        findings.push(("port", port(settings.door.listen, "--listen").await));
    }
    if let Some(files) = &settings.tls {
        findings.push(("certificate", certificate(files)));
        if running.is_none() {
            findings.push(("TLS port", port(files.listen, "--tls-listen").await));
        }
    }
    if let Some(servers) = servers.or_else(|| running.map(|file| file.servers())) {
        findings.push(("database", database(&servers).await));
        findings.push(("bus", bus(&servers, &settings).await));
    }
    let sound = findings.iter().all(|(_, found)| found.is_ok());
    for (what, found) in findings {
        match found {
            Ok(fine) => print(format!("ok     {what}: {fine}"))?,
            Err(problem) => print(format!("WRONG  {what}: {problem}"))?,
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A process of that number may be another one, so its address is asked.
async fn instance(running: Option<&RunFile>) -> Found {
    let Some(file) = running else { return Ok("none runs here".to_owned()) };
    let address = file.url.trim_start_matches("http://");
    match tokio::time::timeout(CONNECT_BOUND, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(format!("{} (process {})", file.url, file.pid)),
        Ok(Err(error)) => Err(format!("process {} should answer at {} and does not: {error}", file.pid, file.url)),
        Err(_) => Err(format!("process {} does not answer at {}", file.pid, file.url)),
    }
}

fn writable(data_dir: &Path) -> Found {
    let probe = data_dir.join(".doctor");
    let tried = std::fs::create_dir_all(data_dir)
        .and_then(|()| std::fs::write(&probe, b"ok"))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Ok(data_dir.display().to_string()),
        Err(error) => Err(format!("{} cannot be written: {error}; --data-dir takes another", data_dir.display())),
    }
}

async fn programs() -> Found {
    match Tools::find(&Places::from_environment()).await {
        Ok(tools) => {
            let postgres: Vec<String> = tools.postgres.iter().map(|program| program.version.to_string()).collect();
            Ok(format!("Postgres {}, NATS {}", postgres.join(" and "), tools.nats.version))
        }
        Err(error) => Err(format!("{error}; `goalstream setup` installs them")),
    }
}

fn certificate(files: &config::Tls) -> Found {
    Tls::read(files).map_err(|error| format!("{error:#}"))?;
    Ok(format!("{} and its key belong together", files.cert.display()))
}

async fn port(wanted: SocketAddr, flag: &str) -> Found {
    match TcpListener::bind(wanted).await {
        Ok(_) => Ok(format!("{wanted} is free")),
        Err(error) => Err(format!("{wanted} cannot be used: {error}; {flag} takes another")),
    }
}

async fn database(servers: &Servers) -> Found {
    let log = connect_log(servers, 1, 1).await.map_err(|error| format!("{error:#}"))?;
    let head = log.head().await.map_err(|error| error.to_string())?;
    Ok(format!("the log ends at position {}, epoch {}", head.position, head.epoch))
}

async fn bus(servers: &Servers, settings: &Settings) -> Found {
    let bus = Bus::connect(settings.bus.at(&servers.nats_url)).await.map_err(|error| error.to_string())?;
    let mut connection = bus.connection();
    let connected = connection.wait_for(|state| *state == ConnectionState::Connected);
    tokio::time::timeout(CONNECT_BOUND, connected)
        .await
        .map_err(|_| "NATS cannot be reached".to_owned())?
        .map_err(|error| error.to_string())?;
    let log = connect_log(servers, 1, 2).await.map_err(|error| format!("{error:#}"))?;
    match bus.carries(&log).await {
        Ok(last) => Ok(format!("the stream {} ends at position {last}, and carries this log", bus.stream_name())),
        Err(BusError::NoStream(name)) => Ok(format!("there is no stream {name} yet; the relay makes it")),
        Err(error) => Err(with_causes(&error)),
    }
}
