//! The services of this process, each with a heartbeat. Whoever does a service's work says so again and again; a service that has not
//! said so for ten seconds has stopped.

use crate::clock;
use domain::architecture::words::Service;
use domain::protocol::{BEAT_MICROS, ServiceStatus};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, interval};

/// How often a service beats.
pub const EVERY: Duration = Duration::from_secs(1);
/// Without a beat for so long it has stopped.
const SILENCE: Duration = Duration::from_micros(BEAT_MICROS.unsigned_abs());

/// The services of this process.
#[derive(Clone, Default)]
pub struct Services {
    pulses: Arc<Mutex<BTreeMap<Service, Pulse>>>,
}

#[derive(Clone, Copy)]
struct Pulse {
    /// When it began to beat without a gap.
    began: Timestamp,
    /// The last beat, for people.
    last: Timestamp,
    /// The last beat, by a clock that nobody sets.
    beat: Instant,
}

impl Services {
    /// The services that a process starts with. Each has as long as any other until it has to beat by itself.
    pub fn starting(is_controller: bool) -> Self {
        let services = Self::default();
        services.beat(Service::Deployment);
        services.beat(Service::ServerApi);
        if is_controller {
            services.beat(Service::DeploymentController);
            services.beat(Service::ServerIdentity);
        }
        services
    }

    /// A service does its work.
    pub fn beat(&self, service: Service) {
        self.beat_at(service, Instant::now(), clock::now());
    }

    fn beat_at(&self, service: Service, beat: Instant, now: Timestamp) {
        let mut pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let pulse = pulses.entry(service).or_insert(Pulse { began: now, last: now, beat });
        if beat.saturating_duration_since(pulse.beat) > SILENCE {
            pulse.began = now;
        }
        (pulse.last, pulse.beat) = (now, beat);
    }

    /// How the services are.
    pub fn statuses(&self) -> Vec<ServiceStatus> {
        self.statuses_at(Instant::now())
    }

    fn statuses_at(&self, now: Instant) -> Vec<ServiceStatus> {
        let pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let status = |(service, pulse): (&Service, &Pulse)| {
            let running = now.saturating_duration_since(pulse.beat) <= SILENCE;
            ServiceStatus::of(*service, running, if running { pulse.began } else { pulse.last })
        };
        pulses.iter().map(status).collect()
    }
}

/// Works, and beats as long as the task that does it is alive.
pub async fn beating<T>(beat: impl Fn(), work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut every = interval(EVERY);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = every.tick() => beat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_service_that_does_not_beat_has_stopped_and_starts_anew() {
        let services = Services::default();
        let start = Instant::now();
        let seconds = Duration::from_secs;
        services.beat_at(Service::Deployment, start, Timestamp(100));
        services.beat_at(Service::Deployment, start + seconds(2), Timestamp(102));
        let at = |after: u64| services.statuses_at(start + seconds(after));
        assert_eq!(at(3), [ServiceStatus::of(Service::Deployment, true, Timestamp(100))]);
        assert_eq!(at(12), [ServiceStatus::of(Service::Deployment, true, Timestamp(100))]);
        assert_eq!(at(13), [ServiceStatus::of(Service::Deployment, false, Timestamp(102))]);
        services.beat_at(Service::Deployment, start + seconds(20), Timestamp(120));
        assert_eq!(at(21), [ServiceStatus::of(Service::Deployment, true, Timestamp(120))]);
    }

    #[test]
    fn nothing_beats_for_a_scheduler() {
        let words = |is_controller| -> Vec<String> {
            Services::starting(is_controller).statuses().into_iter().map(|each| each.service).collect()
        };
        assert_eq!(words(false), ["deployment", "server_api"]);
        assert_eq!(words(true), ["deployment_controller", "deployment", "server_api", "server_identity"]);
    }

    #[tokio::test]
    async fn work_that_waits_beats_until_it_has_ended() {
        let beats = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&beats);
        let work = async {
            while beats.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            7
        };
        let done = beating(
            move || {
                counted.fetch_add(1, Ordering::SeqCst);
            },
            work,
        )
        .await;
        assert_eq!(done, 7);
    }
}
