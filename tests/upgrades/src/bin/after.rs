//! The new version: it goes on with what the old one left, and says how each instance ended.
#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};
use workflow_runtime::workflow;
use workflow_upgrade_tests::{World, Wrong, ended, engine, folder};

/// A price, as this build stores it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Price {
    cents: u32,
    #[serde(default)]
    currency: Option<String>,
}

/// How something travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Way {
    /// In a plane.
    Air,
    /// On a ship.
    Sea {
        /// How long.
        days: u32,
    },
    /// In a van.
    Road,
}

workflow! {
    #[durable]
    pub workflow Order(number: u32) -> String with world: World {
        signal go: u32;
        stage insured: u32 = world.runs(ctx, *number);
        #[was(packed)]
        stage boxed: String = world.runs(ctx, format!("boxed {number}"));
        stage priced: u32 = world.runs(ctx, number * 11);
        stage sent: String = world.runs(ctx, format!("{priced}, {boxed}, {insured}, {go}"));
        sent
    }

    #[was(Former)]
    #[durable]
    pub workflow Latter(number: u32) -> String with world: World {
        stage done: u32 = world.runs(ctx, number + 1);
        #[was(go)]
        signal start: ();
        stage end: String = { stage _asked: () = *start; format!("{done}") };
        end
    }

    #[durable]
    pub workflow Widened(number: u32) -> String with world: World {
        stage price: Price = world.runs(ctx, Price { cents: number * 100, currency: None });
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{} {:?}", price.cents, price.currency) };
        end
    }

    #[durable]
    pub workflow Broken(number: u32) -> String with world: World {
        stage price: Price = world.runs(ctx, Price { cents: number * 100, currency: None });
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{}", price.cents) };
        end
    }

    #[durable]
    pub workflow Fed(name: String) -> String {
        signal go: ();
        stage end: String = { stage _asked: () = *go; name.clone() };
        end
    }

    #[durable]
    pub workflow Shipped(way: Way) -> String with world: World {
        stage shipped: String = match way {
            Way::Air => "by air".to_owned(),
            Way::Sea { days } => {
                stage booked: u32 = world.runs(ctx, *days);
                signal go: ();
                stage loaded: String = { stage _asked: () = *go; format!("{booked} days at sea") };
                loaded
            }
            Way::Road => "by road".to_owned(),
        };
        shipped
    }

    #[durable]
    pub workflow Reserving(number: u32) -> String {
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{number}") };
        end
    }

    #[durable]
    pub workflow Keeping(number: u32) -> String with world: World {
        stage kept: u32 = world.runs(ctx, *number);
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{kept}") };
        end
    }

    #[durable]
    pub workflow Signalled(number: u32) -> String {
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{number}") };
        end
    }
}

#[tokio::main]
async fn main() -> Result<(), Wrong> {
    let folder = folder()?;
    let world = World::open(&folder)?;
    let engine = engine(&folder)?
        .workflow(Order::new(world.clone()))
        .workflow(Latter::new(world.clone()))
        .workflow(Widened::new(world.clone()))
        .workflow(Broken::new(world.clone()))
        .workflow(Fed::new())
        .workflow(Shipped::new(world.clone()))
        .workflow(Reserving::new())
        .workflow(Keeping::new(world))
        .workflow(Signalled::new())
        .start()
        .await?;
    ended::<Broken>(&engine, "broken", BrokenSignal::Go(())).await?;
    ended::<Fed>(&engine, "fed", FedSignal::Go(())).await?;
    ended::<Reserving>(&engine, "reserving", ReservingSignal::Go(())).await?;
    ended::<Keeping>(&engine, "keeping", KeepingSignal::Go(())).await?;
    ended::<Signalled>(&engine, "signalled", SignalledSignal::Go(())).await?;
    ended::<Order>(&engine, "order", OrderSignal::Go(3)).await?;
    ended::<Latter>(&engine, "former", LatterSignal::Start(())).await?;
    ended::<Widened>(&engine, "widened", WidenedSignal::Go(())).await?;
    ended::<Shipped>(&engine, "shipped", ShippedSignal::Go(())).await?;
    engine.shutdown().await?;
    Ok(())
}
