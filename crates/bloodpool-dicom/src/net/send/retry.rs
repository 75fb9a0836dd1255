//! `RetryPolicy`: when to try again what failed for a reason that may pass. The loop is the caller's.

use std::time::Duration;

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// After the first failure.
    pub first_delay: Duration,
    /// By which each further delay is longer than the one before.
    pub factor: u32,
    /// No delay is longer.
    pub longest_delay: Duration,
    /// Attempts in all, the first included; `None` never gives up.
    pub attempts: Option<u32>,
}

impl Default for RetryPolicy {
    /// 10 s, 20 s, 40 s, and so on to 15 minutes, with no last attempt.
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(10),
            factor: 2,
            longest_delay: Duration::from_secs(15 * 60),
            attempts: None,
        }
    }
}

impl RetryPolicy {
    /// How long to wait after so many failures, from 1; `None`: give up.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Option<Duration> {
        if self.attempts.is_some_and(|attempts| failures >= attempts) {
            return None;
        }
        let factor = self.factor.saturating_pow(failures.saturating_sub(1));
        let delay = self.first_delay.checked_mul(factor).unwrap_or(self.longest_delay);
        Some(delay.min(self.longest_delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_limit_and_end_where_attempts_are_limited() {
        let seconds = |policy: &RetryPolicy| {
            (1..=9).map_while(|failures| policy.delay(failures)).map(|delay| delay.as_secs()).collect::<Vec<_>>()
        };
        let policy = RetryPolicy::default();
        assert_eq!(seconds(&policy), [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(policy.delay(u32::MAX), Some(Duration::from_secs(900)));
        assert_eq!(seconds(&RetryPolicy { attempts: Some(3), ..policy }), [10, 20]);
        assert_eq!(RetryPolicy { attempts: Some(0), ..policy }.delay(1), None);
    }
}
