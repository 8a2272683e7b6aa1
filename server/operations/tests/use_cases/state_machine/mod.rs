//! The whole state machine of plans and deployments against a small model: whatever people, servers and the engine do, and in whatever order,
//! only legal transitions are seen, the first decision counts, two that depend on each other never run at once, and what the record says in
//! the end is what the front-ends have.

mod ops;

use crate::common::{HOME, World, consumes, later, phase, produces};
use domain::deployment::{OnFailure, Phase};
use domain::id::{DeploymentId, FreezeId, PlanId, ServerId};
use domain::protocol::{Task, TaskAction, TaskOutcome, TaskReport};
use domain::text::Sha256;
use domain::time::{HOUR, MINUTE};
use operations::view::{MatrixCell, Running};
use operations::{
    Caller, DeploymentAsk, EngineHandle, FreezeInput, GateInput, MatrixQuery, NewServer, OperationError,
    RollBack, StartInput,
};
use ops::{APPLICATIONS, Decide, How, Op, op};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

/// A status with the queue told apart.
type Status = String;

/// Whether a deployment may be seen in one status after it was seen in another one.
fn legal(from: &str, to: &str) -> bool {
    let ends = to.starts_with("finished_");
    match from {
        // It may have begun and come further before somebody looked.
        "queued" => ["running", "needs_user_intervention", "aborted"].contains(&to),
        "running" => ends || ["needs_user_intervention", "aborting", "aborted"].contains(&to),
        "needs_user_intervention" => ends || ["running", "aborting", "aborted"].contains(&to),
        "aborting" => to == "aborted",
        _ => false,
    }
}

struct Run {
    id: DeploymentId,
    application: &'static str,
    status: Status,
    /// The freeze of Test does not hold it.
    overridden: bool,
}

impl Run {
    fn is_open(&self) -> bool {
        !self.status.starts_with("finished_") && self.status != "aborted"
    }
}

struct Machine {
    world: World,
    ada: Caller,
    rita: Caller,
    engine: Option<EngineHandle>,
    runs: Vec<Run>,
    /// What each front-end of Test really runs.
    fronts: BTreeMap<(ServerId, String), Sha256>,
    /// What became of each task that a front-end was given.
    known: BTreeMap<String, TaskOutcome>,
    freeze: Option<FreezeId>,
    two_stage: bool,
    published: u32,
    rolled_back: u32,
    /// Every status that was seen.
    seen: BTreeSet<Status>,
}

/// A refusal is an answer; a fault is none.
fn answered<T>(result: operations::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(OperationError::Conflict { .. } | OperationError::Invalid { .. }) => None,
        Err(other) => panic!("a fault, or a right that is there: {other}"),
    }
}

/// Does something, or lets two do it at the same moment: one of them at most.
async fn once<T, F: Future<Output = operations::Result<T>>>(twice: bool, act: impl Fn() -> F) -> Option<T> {
    if !twice {
        return answered(act().await);
    }
    let (one, two) = tokio::join!(act(), act());
    let both = [answered(one), answered(two)];
    assert!(both.iter().flatten().count() < 2, "it was done twice");
    both.into_iter().flatten().next()
}

impl Machine {
    async fn new() -> Self {
        let mut world = World::new().await;
        let new = NewServer { key: "test-2".into(), name: "test-2".into(), is_controller: false };
        let server = world.console.create_server(&world.local, HOME, "test", new).await.unwrap();
        world.enrol("test", ("test-2", server), 77).await;
        let (ada, rita) = (world.user("ada").await, world.user("rita").await);
        let gate = GateInput {
            kind: "approval".into(),
            environment: "test".into(),
            number: "1".into(),
            role: "Release Manager".into(),
            ..GateInput::default()
        };
        world.console.add_gate(&ada, HOME, &gate).await.unwrap();
        let mut machine = Self {
            world,
            ada,
            rita,
            engine: None,
            runs: Vec::new(),
            fronts: BTreeMap::new(),
            known: BTreeMap::new(),
            freeze: None,
            two_stage: false,
            published: 0,
            rolled_back: 0,
            seen: BTreeSet::new(),
        };
        machine.engine = Some(machine.world.console.start_engine());
        for application in APPLICATIONS {
            machine.publish(application).await;
        }
        machine
    }

    /// A newer one of an application in Development.
    async fn publish(&mut self, application: &str) {
        self.published += 1;
        let extra = match application {
            "theme" => produces("Look", "1"),
            "desk" => consumes("theme", "Look", "1"),
            _ => String::new(),
        };
        let file = self.world.package(application, None, &extra, &format!("content {}", self.published));
        let done = self.world.console.publish(&self.world.local, HOME, "dev", &file).await.unwrap();
        self.world.work("dev", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    }

    async fn start(&mut self, application: &'static str, how: How) {
        let How { wait, approved, twice, out, later } = how;
        if !out {
            self.publish(application).await;
        }
        let console = &self.world.console;
        // What was rolled back is pinned.
        answered(console.lift_pin(&self.ada, HOME, application, "test").await);
        let applications = [application.to_owned()];
        let plan = console.make_plan(&self.ada, HOME, "dev", "test", &applications).await.unwrap();
        let on_failure = if wait { OnFailure::Wait } else { OnFailure::RollBack };
        self.world.name_plan(&self.ada, plan, application, Some(on_failure.word())).await;
        if out && answered(console.edit_plan(&self.ada, HOME, plan, application, "undeploy").await).is_none()
        {
            return;
        }
        let digest = self.digest(plan).await;
        // Without its approval it never starts, whoever asks how often.
        assert!(answered(console.start_plan(&self.ada, HOME, plan, &digest).await).is_none());
        if !approved || answered(console.ask_approval(&self.ada, HOME, plan).await).is_none() {
            return;
        }
        let digest = self.digest(plan).await;
        if answered(console.approve_plan(&self.rita, HOME, plan, &digest, "").await).is_none() {
            return;
        }
        let now = console.time();
        let input = StartInput {
            at: later.then(|| now.plus(HOUR)),
            until: later.then(|| now.plus(3 * HOUR)),
            ..StartInput::now(&digest, "")
        };
        let id = once(twice, || console.start_plan_with(&self.ada, HOME, plan, &input)).await;
        self.begins(id, application);
    }

    fn begins(&mut self, id: Option<DeploymentId>, application: &'static str) {
        let status = "queued".to_owned();
        self.runs.extend(id.map(|id| Run { id, application, status, overridden: false }));
    }

    /// Those that brought what they were to bring.
    fn finished(&self) -> Vec<usize> {
        let done = |run: &Run| run.status == "finished_successful";
        (0..self.runs.len()).filter(|place| done(&self.runs[*place])).collect()
    }

    /// Rolls a deployment back, as its page offers it.
    async fn roll_back(&mut self, place: usize, twice: bool) {
        let (run, console) = (&self.runs[place], &self.world.console);
        let (id, application) = (run.id, run.application);
        let ask = DeploymentAsk { way_back: true, ..DeploymentAsk::default() };
        let page = console.deployment_with(&self.ada, HOME, id, &ask).await.unwrap();
        let Some(way) = page.way_back else { return };
        let wanted = || RollBack { digest: &way.digest, reason: "Too early", conflicts: &way.conflicts };
        let back = once(twice, || console.roll_back(&self.ada, HOME, id, wanted())).await;
        assert!(way.start.is_ok() || back.is_none(), "it was not offered: {:?}", way.start);
        self.rolled_back += u32::from(back.is_some());
        self.begins(back, application);
    }

    async fn override_freeze(&mut self, place: usize) {
        let run = &mut self.runs[place];
        let done = self.world.console.override_freezes(&self.ada, HOME, run.id, "A fix").await;
        run.overridden |= answered(done).is_some();
    }

    async fn digest(&self, plan: PlanId) -> String {
        self.world.console.plan(&self.ada, HOME, plan).await.unwrap().digest
    }

    /// What a front-end makes of a task: once, and the same answer ever after.
    fn carry_out(&mut self, task: &Task, good: bool) -> TaskOutcome {
        if let Some(known) = self.known.get(&task.key) {
            return known.clone();
        }
        if task.inquiry {
            return TaskOutcome::Unknown;
        }
        // The way back fails now and then too, but what a front-end has is always told as it is.
        let outcome =
            if good { TaskOutcome::Done } else { TaskOutcome::Failed { reason: "not ready".into() } };
        if good {
            match &task.action {
                TaskAction::Prepare { .. } => {}
                TaskAction::Activate { server, application, sha256, .. } => {
                    self.fronts.insert((*server, application.to_string()), *sha256);
                }
                TaskAction::Deactivate { server, application } => {
                    self.fronts.remove(&(*server, application.to_string()));
                }
            }
        }
        self.known.insert(task.key.clone(), outcome.clone());
        outcome
    }

    async fn open_tasks(&self) -> Vec<Task> {
        self.world.sync("test", vec![]).await.tasks
    }

    async fn report(&mut self, task: &Task, good: bool) {
        let outcome = self.carry_out(task, good);
        let report = TaskReport { key: task.key.clone(), fence: task.fence, outcome, lines: vec![] };
        self.world.sync("test", vec![report]).await;
    }

    async fn answer(&self, id: DeploymentId, decide: Decide, who: &Caller) -> bool {
        let console = &self.world.console;
        let done = match decide {
            Decide::Continue => console.continue_deployment(who, HOME, id).await,
            Decide::Retry => console.retry_deployment(who, HOME, id).await,
            Decide::LeaveOut => console.leave_out_of_deployment(who, HOME, id).await,
            Decide::TakeBack => console.take_deployment_back(who, HOME, id).await,
            Decide::Abort => console.abort_deployment(who, HOME, id).await,
        };
        answered(done).is_some()
    }

    async fn two(&mut self, place: usize, [one, two]: [Decide; 2]) {
        let run = &self.runs[place];
        let (id, before) = (run.id, run.status.clone());
        let (first, second) = tokio::join!(self.answer(id, one, &self.ada), self.answer(id, two, &self.rita));
        let aborts = [one, two].iter().filter(|decide| **decide == Decide::Abort).count();
        // No server has answered meanwhile, so a run that went on cannot wait for a second decision. An abort may come after one.
        if aborts != 1 {
            assert!(!(first && second), "both were obeyed: {one:?} and {two:?} in {before}");
        }
        if !["needs_user_intervention"].contains(&before.as_str()) && aborts == 0 {
            assert!(!first && !second, "{one:?} or {two:?} was obeyed in {before}");
        }
        if aborts == 2 && ["queued", "running", "needs_user_intervention"].contains(&before.as_str()) {
            assert!(first || second, "nobody could abort in {before}");
        }
    }

    async fn freeze(&mut self) {
        let console = &self.world.console;
        self.freeze = match self.freeze.take() {
            Some(id) => {
                console.end_freeze(&self.ada, HOME, id).await.unwrap();
                None
            }
            None => {
                let now = console.time();
                let input = FreezeInput {
                    environment: "test".into(),
                    from: crate::gates::typed(now.plus(-HOUR)),
                    until: crate::gates::typed(now.plus(100 * HOUR)),
                    time_zone: "UTC".into(),
                    reason: "Month end".into(),
                    owner: "Finance".into(),
                    ..FreezeInput::default()
                };
                Some(console.add_freeze(&self.ada, HOME, &input).await.unwrap())
            }
        };
    }

    /// The console goes, and comes back after so many microseconds: it looks at everything at once then.
    async fn restart(&mut self, after: i64) {
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
        later(&self.world, after);
        self.engine = Some(self.world.console.start_engine());
    }

    async fn toggle_stages(&mut self) {
        self.two_stage = !self.two_stage;
        let two_stage = self.two_stage;
        crate::stages::change(&self.world, &self.ada, "test", |wanted| wanted.two_stage = Some(two_stage))
            .await;
    }

    /// Looks at every deployment until the engine has nothing more to do by itself, and checks each transition that it sees.
    async fn settle(&mut self) {
        let mut quiet = 0;
        for _ in 0..4_000 {
            let tasks = self.open_tasks().await;
            let (mut changed, mut busy) = (false, false);
            let mut running = Vec::new();
            for run in &mut self.runs {
                if !run.is_open() {
                    continue;
                }
                let row = self.world.console.deployment(&self.world.local, HOME, run.id).await.unwrap().row;
                let status = if row.queued { "queued".to_owned() } else { row.status.clone() };
                if status != run.status {
                    let begins = run.status == "queued" && status != "aborted";
                    assert!(!begins || self.freeze.is_none() || run.overridden, "it began in a freeze");
                    assert!(legal(&run.status, &status), "{} became {status}: {}", run.status, row.message);
                    self.seen.insert(status.clone());
                    run.status = status;
                    changed = true;
                }
                assert!(!row.message.is_empty(), "it says nothing");
                let begun = ["running", "needs_user_intervention", "aborting"].contains(&run.status.as_str());
                if begun {
                    running.push(run.application);
                }
                let given = tasks.iter().any(|task| task.deployment == run.id);
                busy |= ["running", "aborting"].contains(&run.status.as_str()) && !given;
                busy |= row.message == "It is next." && self.freeze.is_none();
            }
            for application in APPLICATIONS {
                let of = running.iter().filter(|each| **each == application).count();
                assert!(of < 2, "two deployments of {application} run");
            }
            assert!(
                !(running.contains(&"theme") && running.contains(&"desk")),
                "a producer and its consumer run"
            );
            quiet = if changed || busy { 0 } else { quiet + 1 };
            if quiet > 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let open: Vec<_> = self.runs.iter().filter(|run| run.is_open()).map(|run| &run.status).collect();
        panic!("it never comes to rest: {open:?}");
    }

    async fn recorded(&self, application: &str) -> Option<Running> {
        let matrix =
            self.world.console.matrix(&self.world.local, HOME, &MatrixQuery::default()).await.unwrap();
        let at = matrix.columns.iter().position(|column| column.environment.key == "test").unwrap();
        let row = matrix.rows.rows.iter().find(|row| row.application.key == application).unwrap();
        match &row.cells[at] {
            MatrixCell::Present(running) => Some(running.clone()),
            _ => None,
        }
    }

    /// What the record says of each application that nothing changes now is what the front-ends have; where they differ, it says mixed.
    async fn truth(&self) {
        let servers: Vec<ServerId> = self.world.servers["test"].iter().map(|(_, server)| *server).collect();
        for application in APPLICATIONS {
            let begun = |run: &Run| run.is_open() && run.status != "queued" && run.application == application;
            if self.runs.iter().any(begun) {
                continue;
            }
            let real: Vec<_> =
                servers.iter().map(|server| self.fronts.get(&(*server, application.to_owned()))).collect();
            let recorded = self.recorded(application).await;
            if recorded.as_ref().is_some_and(|running| running.mixed) {
                continue;
            }
            let said = recorded.map(|running| running.revision);
            for one in &real {
                assert_eq!(one.map(Sha256::short), said, "{application}: the front-ends have {real:?}");
            }
        }
    }

    async fn apply(&mut self, op: &Op) {
        match op {
            Op::Start { application, how } => self.start(APPLICATIONS[*application], *how).await,
            Op::RollBack { run, twice } => {
                let done = self.finished();
                if !done.is_empty() {
                    self.roll_back(done[run.index(done.len())], *twice).await;
                }
            }
            Op::Override { run } if !self.runs.is_empty() => {
                self.override_freeze(run.index(self.runs.len())).await;
            }
            Op::Later => self.restart(HOUR).await,
            Op::Answer { task, good } => {
                let tasks = self.open_tasks().await;
                if !tasks.is_empty() {
                    let task = task.get(&tasks).clone();
                    self.report(&task, *good).await;
                }
            }
            Op::One { run, decide } if !self.runs.is_empty() => {
                let run = &self.runs[run.index(self.runs.len())];
                let (open, id) = (run.is_open(), run.id);
                let obeyed = self.answer(id, *decide, &self.rita).await;
                assert!(open || !obeyed, "{decide:?} was obeyed after the end");
            }
            Op::Two { run, decide } if !self.runs.is_empty() => {
                self.two(run.index(self.runs.len()), *decide).await;
            }
            Op::One { .. } | Op::Two { .. } | Op::Override { .. } => {}
            Op::Freeze => self.freeze().await,
            Op::TwoStage => self.toggle_stages().await,
            Op::Restart => self.restart(MINUTE).await,
        }
        self.settle().await;
        self.truth().await;
    }

    /// Everything is answered well and let go on until all have ended: nothing stays open for ever (R19).
    async fn drain(mut self) -> BTreeSet<Status> {
        if self.freeze.is_some() {
            self.freeze().await;
        }
        self.let_all_end().await;
        // The last one that succeeded goes back, asked for by two at once.
        if let Some(last) = self.finished().pop() {
            self.roll_back(last, true).await;
            self.let_all_end().await;
        }
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
        if self.rolled_back > 0 {
            self.seen.insert("rolled back".to_owned());
        }
        self.seen
    }

    async fn let_all_end(&mut self) {
        for _ in 0..200 {
            self.settle().await;
            if self.runs.iter().all(|run| !run.is_open()) {
                break;
            }
            if self.runs.iter().any(|run| run.status == "queued") {
                self.restart(HOUR).await;
            }
            for task in self.open_tasks().await {
                self.report(&task, true).await;
            }
            let waiting = self.runs.iter().filter(|run| run.status == "needs_user_intervention");
            for id in waiting.map(|run| run.id).collect::<Vec<_>>() {
                if !self.answer(id, Decide::Continue, &self.ada).await {
                    self.answer(id, Decide::Retry, &self.ada).await;
                }
            }
        }
        let open: Vec<_> = self.runs.iter().filter(|run| run.is_open()).map(|run| &run.status).collect();
        assert!(open.is_empty(), "they never end: {open:?}");
        self.truth().await;
    }
}

#[test]
fn only_legal_transitions_whatever_is_called_in_whatever_order() {
    let sequences = prop::collection::vec(op(), 10..35);
    let seen = Mutex::new(BTreeSet::new());
    // What the sequences are about, and are to reach: chance may take a few more of them.
    let wanted = [
        "running",
        "needs_user_intervention",
        "aborted",
        "finished_successful",
        "finished_with_errors",
        "rolled back",
    ];
    let reached = || wanted.iter().all(|status| seen.lock().unwrap().contains(*status));
    for _ in 0..5 {
        try_sequences(&sequences, &seen);
        if reached() {
            return;
        }
    }
    panic!("no deployment was ever one of {wanted:?}: {:?}", seen.lock().unwrap());
}

/// Applies eight sequences, each to a world of its own.
fn try_sequences(sequences: &impl Strategy<Value = Vec<Op>>, seen: &Mutex<BTreeSet<Status>>) {
    let mut runner = TestRunner::new(Config { cases: 8, max_shrink_iters: 40, ..Config::default() });
    let outcome = runner.run(sequences, |ops| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let mut machine = Machine::new().await;
            for op in &ops {
                machine.apply(op).await;
            }
            let all = machine.drain().await;
            seen.lock().unwrap().extend(all);
        });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[tokio::test]
async fn a_way_back_is_told_as_it_is() {
    // The model itself: a failed step takes back what was done, and the front-ends have what they had.
    let mut machine = Machine::new().await;
    machine.start("port", How { approved: true, ..How::default() }).await;
    machine.settle().await;
    for good in [true, true, false] {
        let task = machine.open_tasks().await.remove(0);
        assert_eq!(phase(&task), Phase::Forward);
        machine.report(&task, good).await;
        machine.settle().await;
    }
    let back = machine.open_tasks().await.remove(0);
    assert_eq!(phase(&back), Phase::Back);
    machine.report(&back, true).await;
    machine.settle().await;
    assert_eq!(machine.runs[0].status, "finished_with_errors");
    machine.truth().await;
    assert!(machine.fronts.is_empty(), "{:?}", machine.fronts);
}
