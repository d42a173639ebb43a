use tokio::time::{Duration, sleep};
use workflow_runtime::{Failure, workflow};

async fn find_price(item: &str) -> Result<u32, String> {
    sleep(Duration::from_millis(20)).await; // A real one asks a server.
    if item == "apples" { Ok(30) } else { Err(format!("no price for {item}")) }
}
fn count_stock(item: &str) -> u32 {
    if item == "apples" { 10 } else { 0 }
}
async fn order_from(_supplier: &str, days: u32) -> Result<u32, String> {
    sleep(Duration::from_millis(10 * u64::from(days))).await;
    Ok(days)
}

workflow! {
    /// Returns what an order costs and in how many days it arrives.
    workflow Quote(item: String, count: u32) -> String {
        // Nothing connects these stages, so they run at the same time.
        #[retry(2, fixed(50ms))]
        stage price: u32 = find_price(item);
        stage stock: u32 = count_stock(item);

        // One branch runs. In the second, the first supplier to answer wins.
        stage days: u32 = if stock >= count {
            1
        } else {
            stage supply: u32 = race { order_from("north", 4), order_from("south", 2) };
            supply + 1
        };

        format!("{count} {item} for {} cents, in {days} days", count * price)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    println!("{}", Quote::new().run("apples".to_owned(), 100).await?);
    let failure = Quote::new().run("stars".to_owned(), 1).await.unwrap_err();
    println!("{failure:#}");
    Ok(())
}
