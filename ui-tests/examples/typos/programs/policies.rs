use std::{io, sync::Arc, time::Duration};
use workflow_runtime::{Failure, Pool, workflow};

#[derive(Debug)]
pub struct Booking {
    room: u32,
    nights: u32,
}
pub enum Answer {
    Yes(String),
    No,
}
pub struct Services {
    patience: Duration,
}

async fn find_room(_services: &Services, nights: &u32) -> Result<Booking, io::Error> {
    Ok(Booking { room: 1, nights: *nights })
}
async fn free_room(_services: &Services, booking: &Booking) -> Result<(), io::Error> {
    if booking.room == 0 { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) }
}
async fn charge(_services: &Services, cents: u32) -> Result<String, io::Error> {
    Ok(cents.to_string())
}
async fn refund(_receipt: &str) {}
async fn rate(_guest: &str) -> Result<u32, io::Error> {
    Ok(7)
}
async fn write_letter(_guest: &str, _text: &str) {}
fn is_busy(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

workflow! {
    /// Books a room, and waits for the guest's word.
    #[deadline(3d)]
    pub workflow Booked(guest: String, nights: u32) -> u32
    with services: Arc<Services>, clerks: Pool
    {
        /// The word of the guest.
        #[timeout(2d)]
        #[fallback(Answer::No)]
        signal answer: Answer;
        signal recalled: u64;

        #[retry(3, exponential(100ms..5s), if = is_busy)]
        #[timeout(10s)]
        #[undo(free_room(services, booking), retry(2, fixed(1s)))]
        stage booking: Booking = find_room(services, nights);

        #[cache(key = guest.clone(), ttl = 10min)]
        #[fallback(3)]
        stage rating: u32 = rate(guest);

        #[acquire(clerks)]
        #[breaker(failures = 5, cooldown = 30s)]
        #[undo(refund(receipt))]
        stage receipt: String = charge(services, booking.nights * 90);

        #[catch]
        stage deposit: Result<String, Failure> = charge(services, *nights);

        stage decided: u32 = select {
            signal answer => match answer {
                Answer::Yes(text) => {
                    stage thanked: u32 = rate(text);
                    thanked + 1
                },
                Answer::No => fail "the guest says no",
            },
            signal recalled => fail format!("recalled for reason {recalled}"),
            sleep(services.patience) => 2,
        };

        #[until(recalled)]
        #[spawn]
        stage letter: Option<()> = {
            #[timeout(1s)]
            stage kept = sleep(500ms);
            #[after(kept)]
            stage sent = write_letter(guest, receipt);
        };

        stage last: u32 = match deposit {
            Ok(paid) => paid.len() as u32,
            Err(reason) if reason.attempts() > 1 => return 0,
            Err(_) => rating + 1,
        };

        decided + last + u32::from(letter.is_some())
    }
}

fn main() {
    let services = Arc::new(Services { patience: Duration::from_secs(9) });
    let run = Booked::new(services, Pool::new(2)).start("me".to_owned(), 3);
    run.signal(BookedSignal::Answer(Answer::Yes("yes".to_owned()))).expect("a waiting run");
}
