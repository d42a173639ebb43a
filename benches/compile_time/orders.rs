//! Order workflows of ten stages, as services have them: by hand, as a workflow, with policies, and on a store.
//!
//! The lines of LLVM's language that rustc makes of them are the same in each run. They say how much generic code a
//! workflow instantiates, which is most of the cost of a build.

use crate::measure::{Action, Laboratory, Package};
use std::{
    collections::HashMap,
    error::Error,
    fmt::Write as _,
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
};

/// How the workflow of an order is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The functions that the stages call, alone.
    Functions,
    ByHand,
    /// No stage has a policy.
    Plain,
    /// One stage has a retry, a timeout and an undo, one a fallback, one a retry.
    Policies,
    /// `Policies` with `#[durable]`, and an engine.
    Durable,
}

impl Form {
    const ALL: [Self; 5] = [Self::Functions, Self::ByHand, Self::Plain, Self::Policies, Self::Durable];

    fn name(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::ByHand => "by hand",
            Self::Plain => "plain",
            Self::Policies => "with policies",
            Self::Durable => "durable",
        }
    }
}

/// Numbers of workflows in one crate: the difference is what further ones cost.
const WORKFLOWS: [usize; 2] = [1, 4];
/// Percentage by which the lines may grow.
const TOLERANCE: f64 = 5.0;

const FUNCTIONS: &str = r#"
use std::{fmt, future::Future, pin::Pin};

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Order { pub id: u64, pub items: Vec<u64>, pub express: bool }

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Parcel { pub label: String, pub weight: u64 }

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Invoice { pub number: u64, pub cents: u64 }

#[derive(Debug)]
pub struct Refused(pub &'static str);
impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result { formatter.write_str(self.0) }
}
impl std::error::Error for Refused {}

pub async fn check(order: &Order) -> Result<u64, Refused> {
    if order.items.is_empty() { Err(Refused("no items")) } else { Ok(order.id) }
}
pub async fn price(item: &u64) -> Result<u64, Refused> { Ok(*item * 3) }
pub async fn charge(cents: &u64) -> Result<Invoice, Refused> { Ok(Invoice { number: 1, cents: *cents }) }
pub async fn refund(invoice: &Invoice) { drop(invoice.clone()) }
pub async fn reserve(order: &Order) -> Result<Vec<u64>, Refused> { Ok(order.items.clone()) }
pub async fn pack(items: &[u64]) -> Parcel { Parcel { label: String::new(), weight: items.iter().sum() } }
pub async fn quick_carrier(parcel: &Parcel) -> Result<String, Refused> { Ok(parcel.label.clone()) }
pub async fn cheap_carrier(parcel: &Parcel) -> Result<String, Refused> { Ok(parcel.label.clone()) }
pub async fn status(tracking: &str) -> u64 { tracking.len() as u64 }
pub async fn points(order: &Order) -> Result<u64, Refused> { Ok(order.id % 7) }
pub async fn tell(tracking: &str, invoice: &Invoice) -> Result<u64, Refused> { Ok(tracking.len() as u64 + invoice.number) }
"#;

const BY_HAND: &str = r"
async fn by_hand_N(order: Order) -> Result<u64, Refused> {
    use futures_util::future;
    let checked = check(&order).await?;
    let (prices, reserved, bonus) = future::try_join3(
        future::try_join_all(order.items.iter().map(price)),
        reserve(&order),
        async { Ok(points(&order).await.unwrap_or(0)) },
    )
    .await?;
    let total = prices.iter().sum::<u64>() + checked;
    let shipping = if order.express { 9 } else { 3 };
    let invoice = charge(&(total + shipping)).await?;
    let parcel = pack(&reserved).await;
    let quick: Answer<Result<String, Refused>> = Box::pin(quick_carrier(&parcel));
    let cheap: Answer<Result<String, Refused>> = Box::pin(cheap_carrier(&parcel));
    let (tracking, _) = future::select_ok([quick, cheap]).await?;
    let mut round = 0;
    while status(&tracking).await > round { round += 1; }
    let told = match tell(&tracking, &invoice).await {
        Ok(told) => told,
        Err(error) => { refund(&invoice).await; return Err(error) }
    };
    Ok(told + bonus + round)
}
pub fn run_N(order: Order) -> Answer<'static, Result<u64, Refused>> { Box::pin(by_hand_N(order)) }
";

const WORKFLOW: &str = r"
workflow_runtime::workflow! {
    DURABLE
    workflow OrderN(order: Order) -> u64 {
        stage checked: u64 = check(order);
        #[after(checked)]
        stage prices: Vec<u64> = for item in order.items.iter() { price(item) };
        RETRY
        #[after(checked)]
        stage reserved: Vec<u64> = reserve(order);
        FALLBACK
        stage bonus: u64 = points(order);
        stage shipping: u64 = match order.express { true => 9, false => 3 };
        CHARGE
        stage invoice: Invoice = charge(&(prices.iter().sum::<u64>() + *checked + *shipping));
        #[after(invoice)]
        stage parcel: Parcel = pack(reserved);
        stage tracking: String = race { quick_carrier(parcel), cheap_carrier(parcel) };
        #[max(1000)]
        stage rounds: u64 = loop round: u64 = 0 {
            stage now: u64 = status(tracking);
            if *now > *round { continue round + 1 } else { break *round }
        };
        stage told: u64 = tell(tracking, invoice);
        *told + *bonus + *rounds
    }
}
";

const RUN: &str = r"
pub fn run_N(order: Order) -> Answer<'static, Result<u64, workflow_runtime::Failure>> {
    Box::pin(OrderN::new().run(order))
}
";

/// A crate with so many order workflows.
fn package(form: Form, workflows: usize, runtime: &str) -> Package {
    let mut source = FUNCTIONS.to_owned();
    let policy = |attribute: &'static str| if form == Form::Plain { "" } else { attribute };
    for number in 0..workflows {
        let one = match form {
            Form::Functions => continue,
            Form::ByHand => BY_HAND.to_owned(),
            Form::Plain | Form::Policies => WORKFLOW.to_owned() + RUN,
            Form::Durable => WORKFLOW.to_owned(),
        };
        let one = one
            .replace("DURABLE", if form == Form::Durable { "#[durable]" } else { "" })
            .replace("RETRY", policy("#[retry(2)]"))
            .replace("FALLBACK", if form == Form::Plain { "" } else { "#[fallback(0)]" })
            .replace("CHARGE", policy("#[retry(3)] #[timeout(5s)] #[undo(refund(invoice))]"));
        source += &one.replace("OrderN", &format!("Order{number}")).replace("_N", &format!("_{number}"));
    }
    if form == Form::Durable {
        source +=
            "pub fn run(order: Order) -> Answer<'static, Result<u64, Box<dyn std::error::Error + Send + Sync>>> {\n";
        source += "    Box::pin(async move {\n        use workflow_runtime::{engine::Engine, store::MemoryStore};\n";
        source += "        let engine = Engine::builder().store(MemoryStore::new())";
        for number in 0..workflows {
            let _ = write!(source, ".workflow(Order{number}::new())");
        }
        source += ".start().await?;\n        let mut sum = 0;\n";
        for number in 0..workflows {
            let _ = writeln!(
                source,
                "        sum += engine.start::<Order{number}>(\"{number}\", order.clone()).await?.result().await?;"
            );
        }
        source += "        Ok(sum)\n    })\n}\n";
    }
    let features = if form == Form::Durable { ", features = [\"durable\"]" } else { "" };
    let dependencies = format!(
        "workflow-runtime = {{ path = \"{runtime}\"{features} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         futures-util = {{ version = \"0.3\", default-features = false, features = [\"alloc\"] }}\n"
    );
    let name = format!("orders-{workflows}-{}", form.name().replace(' ', "-"));
    Package { manifest: crate::measure::manifest(&name, &dependencies), name, source }
}

/// Prints CPU seconds and lines, and what a further workflow takes beside the same by hand.
pub(crate) fn table(runs: usize) -> Result<(), Box<dyn Error>> {
    let laboratory = Laboratory::new()?;
    let further = |few: f64, many: f64| (many - few) / as_number(WORKFLOWS[1] - WORKFLOWS[0]);
    println!(
        "| a further workflow | debug, CPU s | of by hand | release, CPU s | of by hand | LLVM lines | of by hand |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut by_hand: Option<[f64; 3]> = None;
    for form in Form::ALL.into_iter().filter(|&form| form != Form::Functions) {
        let mut of = [[0.0; 2]; 3];
        for (column, workflows) in WORKFLOWS.into_iter().enumerate() {
            let package = package(form, workflows, &laboratory.runtime());
            of[0][column] = laboratory.measure_package(&package, Action::Debug, runs)?.seconds;
            of[1][column] = laboratory.measure_package(&package, Action::Release, runs)?.seconds;
            of[2][column] = as_number(laboratory.llvm_lines(&package)?);
        }
        let [debug, release, lines] = of.map(|[few, many]| further(few, many));
        let hand = *by_hand.get_or_insert([debug, release, lines]);
        println!(
            "| {} | {debug:.2} | {:.1} | {release:.2} | {:.1} | {lines:.0} | {:.1} |",
            form.name(),
            debug / hand[0],
            release / hand[1],
            lines / hand[2],
        );
    }
    Ok(())
}

/// Prints the lines of each crate, and fails if one has grown beyond what is kept for this compiler.
pub(crate) fn lines(keep: bool) -> Result<(), Box<dyn Error>> {
    let laboratory = Laboratory::new()?;
    let before = read()?;
    if before.is_none() && !keep {
        println!("no lines are kept for {COMPILER}: nothing is compared, and nothing can fail\n");
    }
    println!("| crate | LLVM lines | kept |\n| --- | ---: | ---: |");
    let (mut all, mut grown) = (String::new(), Vec::new());
    for form in Form::ALL {
        for workflows in WORKFLOWS {
            let package = package(form, workflows, &laboratory.runtime());
            let lines = laboratory.llvm_lines(&package)?;
            let known = before.as_ref().and_then(|kept| kept.get(&package.name).copied());
            let shown = known.map_or_else(|| "–".to_owned(), |known| known.to_string());
            println!("| {} | {lines} | {shown} |", package.name);
            if known.is_some_and(|known| as_number(lines) > as_number(known) * (1.0 + TOLERANCE / 100.0)) {
                grown.push(format!("{}: {lines} lines instead of {shown}", package.name));
            }
            let _ = writeln!(all, "{lines} {}", package.name);
        }
    }
    if keep {
        return Ok(fs::write(file(), all)?);
    }
    if grown.is_empty() {
        return Ok(());
    }
    let grown = grown.join("\n");
    Err(format!("more than {TOLERANCE} % over what is kept for {COMPILER}:\n{grown}\nif that is right: --lines --keep")
        .into())
}

const COMPILER: &str = env!("WORKFLOW_BENCHES_COMPILER");

fn file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "compile_time", &format!("{}.txt", COMPILER.replace(' ', "-"))].iter().collect()
}

/// Returns the lines that are kept for this compiler, by the crate's name.
fn read() -> io::Result<Option<HashMap<String, usize>>> {
    let text = match fs::read_to_string(file()) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let line = |line: &str| {
        let (lines, name) = line.split_once(' ')?;
        Some((name.to_owned(), lines.parse().ok()?))
    };
    Ok(Some(text.lines().filter_map(line).collect()))
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn as_number(count: usize) -> f64 {
    count as f64
}
