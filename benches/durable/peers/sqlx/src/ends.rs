//! Waits for an instance's end, which its last stage reports. The waits of these crates poll the store, and with
//! thousands of them that would be most of the store's work.

use crate::harness::{Failed, Instance};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};
use tokio::sync::oneshot;

static WAITING: LazyLock<Mutex<HashMap<String, oneshot::Sender<()>>>> = LazyLock::new(Mutex::default);

/// Before the instance is started.
pub(crate) fn expect(instance: &Instance) -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).insert(instance.id.clone(), sender);
    receiver
}

/// The last stage of the instance whose value begins with its id.
pub(crate) fn ended(value: &str) -> Result<(), Failed> {
    let id = value.split(' ').next().unwrap_or_default();
    let sender = WAITING.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    // A stage that runs a second time has no waiting caller.
    if let Some(sender) = sender {
        sender.send(()).map_err(|()| format!("nobody waits for {id}"))?;
    }
    Ok(())
}
