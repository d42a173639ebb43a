use std::collections::BTreeMap;
use workflow_runtime::workflow;

#[derive(Clone)]
pub struct Order {
    city: String,
    lines: Vec<u32>,
}
pub enum Route {
    Near(u32),
    Far { hub: String, hours: u32 },
}
pub struct Offer {
    cents: u32,
    hours: u32,
}

async fn look_up(city: &str) -> Route {
    if city.len() < 5 { Route::Near(1) } else { Route::Far { hub: city.to_owned(), hours: 9 } }
}
async fn reserve(line: &u32) -> Result<u32, std::io::Error> {
    Ok(*line)
}
async fn ask(carrier: &str, weight: &u32) -> Result<Offer, std::io::Error> {
    Ok(Offer { cents: weight + 1, hours: carrier.len().try_into().unwrap_or(1) })
}
fn note(_count: usize) {}
fn weigh(lines: &[u32]) -> u32 {
    lines.iter().sum()
}
fn by_hub(hub: &str, hours: u32) -> BTreeMap<String, u32> {
    BTreeMap::from([(hub.to_owned(), hours)])
}
async fn improve(offer: &Offer) -> Offer {
    Offer { cents: offer.cents - 1, hours: offer.hours }
}

workflow! {
    /// Finds the way of an order, and what it costs.
    pub workflow Shipping(order: Order, limit: u32) -> String {
        // These two run side by side.
        stage route: Route = look_up(&order.city);
        stage weight: u32 = weigh(&order.lines);

        stage reserved: Vec<u32> = for line in &order.lines {
            stage taken: u32 = reserve(line);
            taken + 1
        };

        stage offer: Offer = race {
            ask("north", weight),
            ask("south", weight),
        };

        #[max(5)]
        stage best: Offer = loop current: Offer = improve(offer) {
            stage next: Offer = improve(current);
            if next.cents < *limit || next.hours > 40 {
                break next
            } else {
                continue improve(next)
            }
        };

        let share: u32 = best.cents / 2;

        stage hubs: BTreeMap<String, u32> = match route {
            Route::Near(hours) => by_hub("none", *hours),
            Route::Far { hub, hours } if *hours > 10 => {
                stage twice: u32 = hours * 2;
                by_hub(hub, *twice)
            },
            Route::Far { hub, .. } => by_hub(hub, 3),
        };

        #[when(*weight > 20)]
        stage surcharge: Option<u32> = reserve(weight);

        stage total: u32 = if let Some(more) = surcharge {
            best.cents + *more
        } else {
            fail "nothing to add"
        };

        #[after(total)]
        stage checked = seq {
            stage first = note(reserved.len());
            stage second = note(hubs.len());
        };

        format!("{} cents, of them {}, {} parts", total, share, reserved.len())
    }
}

fn main() {
    let order = Order { city: "Rome".to_owned(), lines: vec![1, 2] };
    drop(Shipping::new().run(order, 3));
}
