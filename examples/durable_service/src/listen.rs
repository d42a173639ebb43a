//! Connections, with the limits that a server in production needs: a client that sends nothing, or sends slowly, keeps
//! no other client from being served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a client may take for the head of a request. A connection on which no request comes is closed after that,
/// too.
const HEAD: Duration = Duration::from_secs(5);

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;

/// How many fields the head of a request may have.
const FIELDS: usize = 64;

/// Time that running requests get when the service ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long no connection is accepted after the system could not give one, such as where it has no more file handles.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Listens, before anything else is begun: where that fails, no work has been interrupted.
///
/// # Errors
///
/// When the address can't be listened on.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} can't be listened on"))
}

/// Serves at most `connections` at once until `ended` is ready. Further ones wait, at most until one that is idle or
/// slow is closed.
pub async fn serve(listener: TcpListener, router: Router, connections: usize, ended: impl Future<Output = ()>) {
    let free = Arc::new(Semaphore::new(connections));
    let (graceful, mut ended) = (GracefulShutdown::new(), std::pin::pin!(ended));
    loop {
        let accepted = async {
            // Before the connection is accepted: those that wait take no file handle.
            let permit = Arc::clone(&free).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, stream) = tokio::select! {
            () = &mut ended => break,
            accepted = accepted => accepted,
        };
        let stream = match stream {
            Ok((stream, _)) => stream,
            Err(error) => {
                eprintln!("no connection can be accepted: {error}");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, router.clone()));
        tokio::spawn(async move {
            // What goes wrong on one connection is its client's affair.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
}

fn connection(stream: TcpStream, router: Router) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>> {
    // Answers are small: none waits for the next.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(FIELDS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
