//! The old version: it starts an instance of each workflow, lets each wait for its signal, and is killed.
#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};
use std::io::Write;
use workflow_runtime::workflow;
use workflow_upgrade_tests::{World, Wrong, engine, folder, started};

/// A price, as this build stores it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Price {
    cents: u32,
}

/// How something travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Way {
    /// In a van.
    Road,
    /// On a ship.
    Sea {
        /// How long.
        days: u32,
    },
}

workflow! {
    /// Stages are added, removed, renamed and put in another order.
    #[durable]
    pub workflow Order(number: u32) -> String with world: World {
        stage priced: u32 = world.runs(ctx, number * 10);
        stage packed: String = world.runs(ctx, format!("packed {number}"));
        stage labelled: String = world.runs(ctx, format!("labelled {priced}"));
        signal go: u32;
        stage sent: String = world.runs(ctx, format!("{priced}, {packed}, {labelled}, {go}"));
        sent
    }

    /// Gets another name.
    #[durable]
    pub workflow Former(number: u32) -> String with world: World {
        stage done: u32 = world.runs(ctx, number + 1);
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{done}") };
        end
    }

    /// The type of what a stage has made gets one more field.
    #[durable]
    pub workflow Widened(number: u32) -> String with world: World {
        stage price: Price = world.runs(ctx, Price { cents: number * 100 });
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{}", price.cents) };
        end
    }

    /// Becomes another workflow.
    #[durable]
    pub workflow Broken(number: u32) -> String with world: World {
        stage price: u32 = world.runs(ctx, number * 100);
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{price}") };
        end
    }

    /// So does its input.
    #[durable]
    pub workflow Fed(number: u32) -> String {
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{number}") };
        end
    }

    /// The arms of a match come in another order.
    #[durable]
    pub workflow Shipped(way: Way) -> String with world: World {
        stage shipped: String = match way {
            Way::Road => "by road".to_owned(),
            Way::Sea { days } => {
                stage booked: u32 = world.runs(ctx, *days);
                signal go: ();
                stage loaded: String = { stage _asked: () = *go; format!("{booked} days at sea") };
                loaded
            }
        };
        shipped
    }

    /// A stage with an undo is removed.
    #[durable]
    pub workflow Reserving(number: u32) -> String with world: World {
        #[undo(world.runs(ctx, ()))]
        stage reserved: u32 = world.runs(ctx, *number);
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{reserved}") };
        end
    }

    /// The stage stays, its undo is removed.
    #[durable]
    pub workflow Keeping(number: u32) -> String with world: World {
        #[undo(world.runs(ctx, ()))]
        stage kept: u32 = world.runs(ctx, *number);
        signal go: ();
        stage end: String = { stage _asked: () = *go; format!("{kept}") };
        end
    }

    /// The workflow itself is removed.
    #[durable]
    pub workflow Gone(number: u32) -> String {
        signal go: ();
        stage rest = sleep(200ms);
        #[after(rest)]
        stage end: String = { stage _asked: () = *go; format!("{number}") };
        end
    }

    /// A signal is removed, and one has been sent that no stage has taken.
    #[durable]
    pub workflow Signalled(number: u32) -> String {
        signal go: ();
        signal extra: u32;
        stage end: String = { stage _asked: () = *go; format!("{number}, {extra}") };
        end
    }
}

#[tokio::main]
async fn main() -> Result<(), Wrong> {
    let folder = folder()?;
    let world = World::open(&folder)?;
    let engine = engine(&folder)?
        .workflow(Order::new(world.clone()))
        .workflow(Former::new(world.clone()))
        .workflow(Widened::new(world.clone()))
        .workflow(Broken::new(world.clone()))
        .workflow(Fed::new())
        .workflow(Shipped::new(world.clone()))
        .workflow(Reserving::new(world.clone()))
        .workflow(Keeping::new(world))
        .workflow(Gone::new())
        .workflow(Signalled::new())
        .start()
        .await?;
    started::<Order>(&engine, "order", 7).await?;
    started::<Former>(&engine, "former", 7).await?;
    started::<Widened>(&engine, "widened", 7).await?;
    started::<Broken>(&engine, "broken", 7).await?;
    started::<Fed>(&engine, "fed", 7).await?;
    started::<Shipped>(&engine, "shipped", Way::Sea { days: 9 }).await?;
    started::<Reserving>(&engine, "reserving", 7).await?;
    started::<Keeping>(&engine, "keeping", 7).await?;
    started::<Gone>(&engine, "gone", 7).await?;
    let signalled = started::<Signalled>(&engine, "signalled", 7).await?;
    signalled.signal(SignalledSignal::Extra(1)).await?;
    println!("ready");
    std::io::stdout().flush()?;
    std::future::pending().await
}
