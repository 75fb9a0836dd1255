//! `StopToken`: tells running associations that the program is to end.

use tokio::sync::watch;

/// Asks for a graceful stop. When it is dropped, that asks for a stop, too.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Sees whether a stop was asked for.
#[derive(Debug, Clone)]
pub struct StopToken(watch::Receiver<bool>);

impl Stop {
    /// A pair: the one who asks and the one who is asked.
    #[must_use]
    pub fn new() -> (Self, StopToken) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), StopToken(receiver))
    }

    /// Asks for a stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl StopToken {
    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until a stop is asked for.
    pub async fn stopped(&mut self) {
        // An error says that nobody can ask any more.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
