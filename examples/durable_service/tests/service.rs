//! The service as a process: what it answers, and what becomes of its work when it is killed.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_durable_service"))
}

struct Service {
    process: Child,
    output: BufReader<ChildStdout>,
    address: String,
    agent: ureq::Agent,
}

impl Service {
    fn start(file: &Path) -> Self {
        let mut command = program();
        command.arg(file).args(["--port", "0", "--latency", "40", "--settling", "300"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self { process, output, address, agent }
    }

    fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let mut response = self.agent.post(format!("{}{path}", self.address)).send(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_json().unwrap())
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let mut response = self.agent.get(format!("{}{path}", self.address)).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_json().unwrap())
    }

    /// Asks until it holds.
    fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (_, told) = self.get(path);
            if holds(&told) {
                return told;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{path} stays at {told}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn ended(&self, path: &str) -> Value {
        self.until(path, |told| !["running", "waiting"].contains(&told["status"].as_str().unwrap()))
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// A signal of the system that a process can listen to; gives what it says then.
    fn end(mut self, signal: &str) -> String {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        assert!(self.process.wait().unwrap().success());
        said
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the bank's actions, each with its count.
fn done(file: &Path) -> Vec<String> {
    let ledger = std::fs::read_to_string(format!("{}.ledger", file.display())).unwrap();
    let entries = ledger.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.map(|entry| entry["what"].as_str().unwrap().to_owned()).collect()
}

const ADA: &str = r#"{"payer": "Ada", "payee": "Grace", "cents": 250000}"#;
const GRANTED: &str = r#"{"granted": {"by": "t.okafor"}}"#;

#[test]
fn killed_in_every_stage_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    let mut service = Service::start(&file);
    assert_eq!(service.post("/payment/p-1", ADA).0, 202);
    let crook = r#"{"payer": "Ada", "payee": "Viktor Drago", "cents": 100}"#;
    assert_eq!(service.post("/payment/p-2", crook).0, 202);
    let joan = r#"{"name": "Joan", "email": "joan@example.org"}"#;
    assert_eq!(service.post("/onboarding/o-1", joan).0, 202);

    let stages = [("hold", "running"), ("compliance", "running"), ("compliance", "completed")];
    for (stage, status) in stages {
        let later = |told: &Value| matches!((status, told.as_str()), ("running", Some("completed" | "running")));
        service.until("/payment/p-1", |told| {
            let now = &told["stages"][stage]["status"];
            now == status || later(now)
        });
        service.kill();
        service = Service::start(&file);
    }
    // An instance that is interrupted five times in a row without progress is parked: both get on before the test goes
    // on.
    let refused = service.ended("/payment/p-2");
    assert!(refused["failure"].as_str().unwrap().contains("Viktor Drago is on the sanctions list"), "{refused}");
    service.until("/onboarding/o-1", |told| told["status"] == "waiting");
    let answered = service.post("/payment/p-1/signals/answer", GRANTED);
    assert_eq!(answered.0, 202, "{}", answered.1);
    service.kill(); // What was acknowledged is on disk.
    service = Service::start(&file);
    for (stage, status) in [("transfer", "running"), ("settled", "running")] {
        service.until("/payment/p-1", |told| {
            told["stages"][stage]["status"] == status || told["stages"]["settled"]["status"] == "running"
        });
        service.kill();
        service = Service::start(&file);
    }
    for kind in ["passport", "proof of address"] {
        assert_eq!(service.post("/onboarding/o-1/signals/paper", &json!({ "kind": kind }).to_string()).0, 202);
        service.kill();
        service = Service::start(&file);
    }

    let paid = service.ended("/payment/p-1");
    assert_eq!(paid["output"], json!({ "reference": "T-p-1", "cents": 250_000, "approval": { "By": "t.okafor" } }));
    let account = service.ended("/onboarding/o-1");
    assert_eq!(account["output"], json!({ "number": "A-o-1", "holder": "Joan" }), "{account}");

    let mut done = done(&file);
    done.sort();
    let expected = [
        "100 cents of Ada held",
        "100 cents of Ada released",
        "250000 cents of Ada held",
        "250000 cents sent to Grace, approved by t.okafor",
        "Ada and Grace looked up",
        "Ada and Viktor Drago looked up",
        "Ada told of T-p-1",
        "access granted to A-o-1",
        "account opened for Joan",
        "data of Joan entered",
        "joan@example.org welcomed",
        "letter written: the passport is missing",
        "letter written: the proof of address is missing",
        "registers asked about Joan",
    ];
    assert_eq!(done, expected);
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("bank.db"));
    let wrong = |(status, body): (u16, Value), expected: u16, words: &str| {
        let error = body["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!((status, error.contains(words)), (expected, true), "'{error}' should say '{words}'");
    };

    wrong(service.get("/"), 404, "there is nothing here: try /payment/ID");
    wrong(service.post("/loan/l-1", "{}"), 404, "no workflow 'loan': known are onboarding, payment");
    wrong(service.get("/payment/p-9"), 404, "instance 'p-9' does not exist");
    wrong(service.post("/payment/p-9/signals/answer", GRANTED), 404, "instance 'p-9' does not exist");
    wrong(service.post("/payment/p-1", "{"), 400, "the body can't be taken: EOF while parsing an object at line 1");
    wrong(
        service.post("/payment/p-1", r#"{"payer": "Ada", "payee": "Grace", "cents": -1}"#),
        400,
        "cents: invalid value",
    );
    wrong(service.post("/payment/p-1", &format!("{ADA} more")), 400, "trailing characters");

    assert_eq!(service.post("/payment/p-1", ADA).0, 202);
    assert_eq!(service.post("/payment/p-1", ADA).0, 202, "the same request once more is the same payment");
    let other = ADA.replace("Grace", "Joan");
    wrong(service.post("/payment/p-1", &other), 409, "instance 'p-1' already exists, with another input");
    let joan = r#"{"name": "Joan", "email": "joan@example.org"}"#;
    wrong(service.post("/onboarding/p-1", joan), 409, "instance 'p-1' already exists, with another workflow");

    let none = "/payment/p-1/signals/hello";
    wrong(service.post(none, "{}"), 404, "'payment' takes no signal 'hello', but answer");
    let answer = "/payment/p-1/signals/answer";
    wrong(service.post(answer, r#"{"granted": {}}"#), 400, "missing field `by`");
    wrong(service.post(answer, r#"{"granted": {"by": " "}}"#), 422, "instance 'p-1'");
    service.until("/payment/p-1", |told| told["stages"]["compliance"]["status"] == "completed");
    assert_eq!(service.post(answer, GRANTED).0, 202);
    service.ended("/payment/p-1");
    wrong(service.post(answer, GRANTED), 409, "instance 'p-1'");
}

#[test]
fn asked_to_end_it_ends_in_peace() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    for signal in ["-TERM", "-INT"] {
        let service = Service::start(&file);
        assert_eq!(service.post("/payment/p-1", &ADA.replace("250000", "100")).0, 202);
        service.until("/payment/p-1", |told| told["stages"]["settled"]["status"] != "waiting");
        assert_eq!(service.end(signal), "shut down; start it again and it goes on\n");
    }
    assert_eq!(Service::start(&file).ended("/payment/p-1")["status"], "completed");
}

#[test]
fn a_second_process_is_told_whose_the_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    let service = Service::start(&file);
    let Output { status, stderr, .. } = program().arg(&file).args(["--port", "0"]).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success());
    assert!(said.contains("is already open, in another process or in this one"), "{said}");
    service.kill();
}

/// Each takes a connection, and sends half of a request's head.
fn half_open(service: &Service, many: usize) -> Vec<TcpStream> {
    let address = service.address.strip_prefix("http://").unwrap();
    let open = |_| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /payment/p-1 HTTP/1.1\r\nHost: ").unwrap();
        stream
    };
    (0..many).map(open).collect()
}

#[test]
fn connections_that_say_nothing_keep_nobody_waiting_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("bank.db"));
    // More than are served at once.
    let mut half_open = half_open(&service, 366);
    assert_eq!(service.post("/payment/p-1", ADA).0, 202);
    let (status, told) = service.get("/payment/p-1");
    assert_eq!((status, &told["id"]), (200, &json!("p-1")));
    // The first of them were closed to make room.
    let mut rest = Vec::new();
    let _ = half_open[0].read_to_end(&mut rest);
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    drop(half_open);
    assert_eq!(service.get("/payment/p-1").0, 200);
}

#[test]
fn bodies_that_are_too_large_or_too_slow_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("bank.db"));
    let (status, told) = service.post("/payment/p-1", &format!("{ADA}{}", " ".repeat(100_000)));
    assert_eq!(status, 413, "{told}");
    assert!(told["error"].as_str().unwrap().contains("the body can't be read"), "{told}");

    let mut slow = TcpStream::connect(service.address.strip_prefix("http://").unwrap()).unwrap();
    slow.write_all(b"POST /payment/p-1 HTTP/1.1\r\nHost: bank\r\nContent-Length: 50\r\n\r\n{").unwrap();
    let mut answer = String::new();
    BufReader::new(slow).read_line(&mut answer).unwrap();
    assert_eq!(answer, "HTTP/1.1 408 Request Timeout\r\n");
}

/// Before it touches the store: else a service that is started again and again on a taken port interrupts its own work.
#[test]
fn a_taken_port_interrupts_no_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let Output { status, stderr, .. } = program().arg(&file).args(["--port", &port]).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success() && said.contains("can't be listened on"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no store was made");
}

#[test]
fn its_files_are_its_owner_s() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    let service = Service::start(&file);
    assert_eq!(service.post("/payment/p-1", ADA).0, 202);
    service.until("/payment/p-1", |told| told["stages"]["hold"]["status"] == "completed");
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 5, "the store's four, and the ledger");
}

#[test]
fn the_demonstration_ends_well() {
    let Output { status, stdout, stderr } = program().arg("--demo").output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{said}{}", String::from_utf8_lossy(&stderr));
    assert!(said.contains("250000 cents sent to Grace, approved by t.okafor"), "{said}");
}

#[test]
fn each_answer_is_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("bank.db"));
    for path in ["/payment/none", "/nowhere"] {
        let mut response = service.agent.get(format!("{}{path}", service.address)).call().unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let body = response.body_mut().read_to_string().unwrap();
        assert!(body.ends_with("}\n") && body.lines().count() == 1, "{body:?}");
    }
}

#[test]
fn its_workflows_can_be_drawn() {
    let Output { status, stdout, .. } = program().arg("--graph").output().unwrap();
    assert!(status.success());
    let drawn = String::from_utf8(stdout).unwrap();
    assert_eq!(drawn.matches("flowchart TB").count(), 2, "{drawn}");
    assert!(drawn.contains("compliance"), "{drawn}");
}
