use std::time::Duration;
use workflow_runtime::{Failure, workflow};

struct Order {
    item: &'static str,
    count: u32,
}
enum Stock {
    Enough,
    Missing(u32),
}
struct Supplier {
    holds: u32,
    days: u32,
}

fn check_stock(order: &Order) -> Stock {
    if order.count <= 10 { Stock::Enough } else { Stock::Missing(order.count - 10) }
}
async fn find_price(order: &Order) -> Result<u32, String> {
    tokio::time::sleep(Duration::from_millis(20)).await; // Here a real one would ask a server.
    match order.item {
        "apples" => Ok(order.count * 30),
        other => Err(format!("nobody sells {other}")),
    }
}
async fn ask(supplier: &Supplier, missing: &u32) -> Result<u32, &'static str> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    if supplier.holds < *missing { Err("sold out") } else { Ok(supplier.days) }
}

workflow! {
    /// Says what an order costs and in how many days it arrives.
    workflow Quote(order: Order) -> String
    with suppliers: Vec<Supplier>
    {
        // Nothing connects these two, so they run side by side.
        stage price: u32 = find_price(order);
        stage stock: Stock = check_stock(order);

        // One arm runs. In the second, all suppliers are asked at once; the first who can deliver, does.
        stage days: u32 = match stock {
            Stock::Enough => 1,
            Stock::Missing(missing) => {
                stage supply: u32 = race for supplier in suppliers { ask(supplier, missing) };
                supply + 1
            }
        };

        format!("{} {} for {price} cents, in {days} days", order.count, order.item)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let quote = Quote::new(vec![Supplier { holds: 5, days: 2 }, Supplier { holds: 500, days: 4 }]);

    let answer = quote.run(Order { item: "apples", count: 100 }).await?;
    println!("{answer}");
    assert_eq!(answer, "100 apples for 3000 cents, in 5 days");

    let failure = quote.run(Order { item: "stars", count: 1 }).await.unwrap_err();
    println!("{failure:#}");
    assert_eq!(format!("{failure:#}"), "stage 'price' of workflow 'Quote' failed: nobody sells stars");
    Ok(())
}
