//! The services of this process, each with a heartbeat. Whoever does a service's work says so again and again; a service that has not
//! said so for nine seconds has stopped. The seconds are counted in this process: one that was suspended has missed no beat.

use crate::clock;
use domain::architecture::words::Service;
use domain::protocol::{BEAT_MICROS, ServiceStatus};
use domain::time::{SECOND, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often a service beats.
pub const EVERY: Duration = Duration::from_secs(1);
/// Without a beat for so many seconds it has stopped.
const SILENCE: u64 = (BEAT_MICROS / SECOND).unsigned_abs();

/// The services of this process.
#[derive(Clone, Default)]
pub struct Services {
    pulses: Arc<Mutex<BTreeMap<Service, Pulse>>>,
    /// Seconds that this process has lived through.
    seconds: Arc<AtomicU64>,
}

#[derive(Clone, Copy)]
struct Pulse {
    /// When it began to beat without a gap.
    began: Timestamp,
    /// The last beat, for people.
    last: Timestamp,
    /// The second of the last beat.
    beat: u64,
}

impl Services {
    /// The services that a process starts with. Each has as long as any other until it has to beat by itself.
    pub fn starting(is_controller: bool) -> Self {
        let services = Self::default();
        services.beat(Service::Deployment);
        services.beat(Service::ServerApi);
        services.beat(Service::ServerIdentity);
        if is_controller {
            services.beat(Service::DeploymentController);
            services.beat(Service::Scheduler);
        }
        services
    }

    /// Counts the seconds, for ever.
    pub async fn count(self) {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            self.seconds.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A service does its work.
    pub fn beat(&self, service: Service) {
        self.beat_at(service, self.seconds.load(Ordering::Relaxed), clock::now());
    }

    fn beat_at(&self, service: Service, beat: u64, now: Timestamp) {
        let mut pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let pulse = pulses.entry(service).or_insert(Pulse { began: now, last: now, beat });
        if beat.saturating_sub(pulse.beat) > SILENCE {
            pulse.began = now;
        }
        (pulse.last, pulse.beat) = (now, beat);
    }

    /// A service is no longer one of this process.
    pub fn ended(&self, service: Service) {
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner).remove(&service);
    }

    /// How the services are.
    pub fn statuses(&self) -> Vec<ServiceStatus> {
        self.statuses_at(self.seconds.load(Ordering::Relaxed))
    }

    fn statuses_at(&self, now: u64) -> Vec<ServiceStatus> {
        let pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let status = |(service, pulse): (&Service, &Pulse)| {
            let running = now.saturating_sub(pulse.beat) <= SILENCE;
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
    use std::sync::atomic::AtomicU32;

    #[test]
    fn a_service_that_does_not_beat_has_stopped_and_starts_anew() {
        let services = Services::default();
        services.beat_at(Service::Deployment, 0, Timestamp(100));
        services.beat_at(Service::Deployment, 2, Timestamp(102));
        let at = |after: u64| services.statuses_at(after);
        assert_eq!(at(3), [ServiceStatus::of(Service::Deployment, true, Timestamp(100))]);
        assert_eq!(at(11), [ServiceStatus::of(Service::Deployment, true, Timestamp(100))]);
        assert_eq!(at(12), [ServiceStatus::of(Service::Deployment, false, Timestamp(102))]);
        services.beat_at(Service::Deployment, 20, Timestamp(120));
        assert_eq!(at(21), [ServiceStatus::of(Service::Deployment, true, Timestamp(120))]);
        services.ended(Service::Deployment);
        assert_eq!(at(40), [], "it has not stopped, it is gone");
    }

    #[test]
    fn a_scheduler_beats_on_the_controller_alone() {
        let words = |is_controller| -> Vec<String> {
            Services::starting(is_controller).statuses().into_iter().map(|each| each.service).collect()
        };
        assert_eq!(words(false), ["deployment", "server_api", "server_identity"]);
        let controllers =
            ["deployment_controller", "deployment", "scheduler", "server_api", "server_identity"];
        assert_eq!(words(true), controllers);
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
