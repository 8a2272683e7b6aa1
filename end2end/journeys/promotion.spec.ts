import { expect, type Locator, type Page } from '@playwright/test';
import { signIn, test } from '../fixtures/index.ts';

/** Uses all of the others: a theme, a program of its own, and a second application (samples/). */
const consumer = { key: 'port-desk', name: 'Port Desk' };
const producers = ['Harbour Theme', 'Tides', 'Berths'];

/** Waits for something on the page of a deployment; without scripts by loading it again, as a person would. */
async function comes(page: Page, scripts: boolean, what: Locator): Promise<void> {
  if (scripts) {
    await expect(what).toBeVisible({ timeout: 90_000 });
    return;
  }
  await expect(async () => {
    await page.reload();
    await expect(what).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [500] });
}

/** Waits until the deployment on this page has ended. */
async function untilFinished(page: Page, scripts: boolean): Promise<void> {
  await comes(page, scripts, page.getByText('Finished successfully').first());
}

/** Whether deployments into Test wait once everything is prepared. */
async function twoStages(page: Page, infrastructure: string, on: boolean): Promise<void> {
  await page.goto(`${infrastructure}/environments/test/settings`);
  await page.getByRole('checkbox', { name: /^In two stages/ }).setChecked(on);
  await page.getByRole('button', { name: 'Save the environment' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The environment is saved.' })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: /^In two stages/ })).toBeChecked({ checked: on });
}

/** Gives Production a second deployment zone, of its second front-end alone. */
async function secondZone(page: Page, infrastructure: string): Promise<void> {
  await page.goto(`${infrastructure}/architecture`);
  const text = await (await page.request.get(`${infrastructure}/architecture/file`)).text();
  const second = text.replace(
    /(\[environments\.production\.front_ends\.prod-2\][^[]*zones = \[)/,
    '$1"inside", ',
  );
  expect(second).not.toBe(text);
  const zone = '\n[environments.production.zones.inside]\nname = "Inside"\n';
  await page.getByLabel('Text of a file').fill(second + zone);
  await page.getByRole('button', { name: 'Compare with the file' }).click();
  await page.getByRole('button', { name: /^Make these \d+ changes$/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The architecture is changed: 2 changes.' })).toBeVisible();
}

/** Makes a plan for the application from its own page, as far as the open plan. */
async function planTo(page: Page, infrastructure: string, environment: string): Promise<void> {
  await page.goto(`${infrastructure}/applications/${consumer.key}`);
  await page.getByRole('link', { name: `Promote to ${environment}` }).click();
  await expect(page.getByRole('checkbox', { name: consumer.name })).toBeChecked();
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
}

/** Takes the first way out of each conflict, until none is left. Says how many there were. */
async function bringProducersAlong(page: Page): Promise<number> {
  const offers = page.getByRole('button', { name: /^(Bring (?!all )|Tag ).+ along$/ });
  let taken = 0;
  for (let left = await offers.count(); left > 0; left = await offers.count()) {
    expect(++taken, 'each way out brings something along').toBeLessThanOrEqual(producers.length);
    // What is brought along may need others in its turn, so the number of offers says nothing.
    const offer = page.getByRole('button', { name: (await offers.first().innerText()).trim(), exact: true });
    await offer.first().click();
    await expect(offer).toHaveCount(0);
  }
  return taken;
}

/** Starts the open plan and follows its run to the end. */
async function run(page: Page, scripts: boolean): Promise<void> {
  await page.getByRole('button', { name: /^Deploy to / }).click();
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  await untilFinished(page, scripts);
}

/** The addresses at which the application opens in an environment: a front-end tells them a moment after a run. */
async function addresses(page: Page, infrastructure: string, environment: string, fronts: number): Promise<string[]> {
  const links = page.getByRole('link', { name: /\/port-desk\b/ });
  await expect(async () => {
    await page.goto(`${infrastructure}/environments/${environment}`);
    await expect(links).toHaveCount(fronts, { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  return links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
}

/** Opens the application itself, where an environment's Platform Server serves it. */
async function open(page: Page, address: string, environment: string, scripts: boolean): Promise<void> {
  await page.goto(address);
  const release = await page.request.get(new URL('_towpath/release.json', address.replace(/\/?$/, '/')).href);
  expect(await release.json()).toMatchObject({ application: consumer.key, version: '1.0.0', environment });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText('1.0.0').first()).toBeVisible();
  if (scripts) await expect(page.getByText(`${environment} ·`)).toBeVisible();
}

test('from a version in Development to a Production of two front-ends', async ({
  page,
  demo,
  administrator,
  scripts,
  examine,
}) => {
  test.setTimeout(400_000);
  let infrastructure = '';

  await test.step('sign in, and see the matrix', async () => {
    await page.goto(demo.address);
    await page.waitForURL(/\/sign-in/);
    await examine(page);
    await signIn(page, demo.address, administrator);
    infrastructure = page.url().replace(/\/$/, '');
    await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
    for (const environment of ['Development', 'Test', 'Acceptance', 'Production']) {
      await expect(page.getByRole('columnheader', { name: environment })).toBeAttached();
    }
    for (const name of [consumer.name, ...producers]) {
      await expect(page.getByRole('row').filter({ hasText: name })).toBeVisible();
    }
    await examine(page);
  });

  await test.step('tag what runs in Development as a version', async () => {
    await page.getByRole('link', { name: consumer.name }).first().click();
    await expect(page.getByRole('heading', { level: 1, name: consumer.name })).toBeVisible();
    await examine(page);
    const development = page.getByRole('region', { name: 'Development' });
    await development.getByText('Tag a version').click();
    await development.getByLabel('Version number').fill('1.0.0');
    await development.getByLabel('Change log').fill('The first desk');
    await development.getByRole('button', { name: 'Tag', exact: true }).click();
    await expect(page.getByText('The first desk')).toBeVisible();
  });

  let plan = '';
  await test.step('a plan without the producers is refused with the reason', async () => {
    await planTo(page, infrastructure, 'Test');
    plan = page.url();
    await expect(page.getByText('Producer Module Missing').first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Deploy to Test' })).toBeDisabled();
    await examine(page);
  });

  await test.step('each missing producer is offered, and brought along', async () => {
    expect(await bringProducersAlong(page)).toBe(producers.length);
    await expect(page.getByText('Producer Module Missing')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Deploy to Test' })).toBeEnabled();
    await examine(page);
  });

  await test.step('Test has two stages: the run waits once everything is prepared, until somebody lets it go on', async () => {
    await twoStages(page, infrastructure, true);
    await page.goto(plan);
    await page.getByRole('button', { name: /^Deploy to / }).click();
    await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
    await comes(page, scripts, page.getByText('Waits for a person').first());
    await expect(page.getByText(/^Prepared; what runs is untouched/).first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Abort the deployment' })).toBeEnabled();
    await examine(page);
    const waiting = page.url();
    await twoStages(page, infrastructure, false);
    await page.goto(waiting);
    await page.getByRole('button', { name: 'Let the deployment go on' }).click();
  });

  await test.step('follow steps, progress and log', async () => {
    await untilFinished(page, scripts);
    await expect(page.getByRole('progressbar').first()).toBeVisible();
    await expect(page.getByText(/Activate Port Desk/).first()).toBeVisible();
    await examine(page);
  });

  await test.step("open it at Test's own address", async () => {
    const [address] = await addresses(page, infrastructure, 'test', 1);
    await examine(page);
    await open(page, address, 'Test', scripts);
    await examine(page);
  });

  await test.step('Acceptance', async () => {
    await planTo(page, infrastructure, 'Acceptance');
    await bringProducersAlong(page);
    await run(page, scripts);
    const [address] = await addresses(page, infrastructure, 'acceptance', 1);
    await open(page, address, 'Acceptance', scripts);
  });

  await test.step('Production, on both front-ends', async () => {
    await planTo(page, infrastructure, 'Production');
    await bringProducersAlong(page);
    await run(page, scripts);
    await examine(page);
    const both = await addresses(page, infrastructure, 'production', 2);
    expect(new URL(both[0]).host).not.toBe(new URL(both[1]).host);
    for (const address of both) await open(page, address, 'Production', scripts);
  });

  await test.step('another deployment zone: the same version goes to its front-end only', async () => {
    await secondZone(page, infrastructure);
    await page.goto(`${infrastructure}/applications/${consumer.key}`);
    const production = page.getByRole('region', { name: 'Production', exact: true });
    await expect(production).toContainText('Deployment zone Default');
    await production.getByText('Choose a zone').click();
    await production.getByLabel('Deployment zone', { exact: true }).selectOption({ label: 'Inside' });
    await examine(page);
    await production.getByRole('button', { name: 'Choose the deployment zone in production' }).click();
    await expect(production).toContainText('It moves there with its next deployment');
    await production.getByRole('button', { name: 'Plan to move it to Inside' }).click();
    await page.waitForURL(/\/plans\/[0-9a-f-]{36}/, { timeout: 15_000 });
    await expect(page.getByRole('row').filter({ hasText: consumer.name })).toContainText('zone Inside');
    await run(page, scripts);
    await expect(page.getByText('Take Port Desk out of prod-1, which is outside its zone').first()).toBeVisible();
    const [address] = await addresses(page, infrastructure, 'production', 1);
    await open(page, address, 'Production', scripts);
  });

  await test.step('every act is in the audit log, with before and after', async () => {
    await page.goto(`${infrastructure}/audit`);
    await examine(page);
    const person = (await page.getByTitle(`(${administrator.username})`).getAttribute('title'))?.replace(/ \(.*/, '') ?? '';
    expect(person).not.toBe('');
    for (const [operation, act] of [
      ['session.sign_in', 'Signed in'],
      ['application.tag', 'Tagged a version'],
      ['plan.make', 'Made a plan'],
      ['plan.edit', 'Changed what a plan does'],
      ['deployment.start', 'Started a deployment'],
      ['deployment.continue', 'Let a deployment go on'],
      ['application.zone', 'Chose a deployment zone'],
    ]) {
      await page.goto(`${infrastructure}/audit?operation=${operation}`);
      const row = page.getByRole('row').filter({ has: page.getByText(act, { exact: true }) }).first();
      await expect(row).toContainText(person);
      await expect(row).toContainText('127.0.0.1');
      await expect(row).toContainText(/\d\d:\d\d/);
      await row.getByRole('link').first().click();
      await expect(page.getByRole('heading', { level: 1, name: `${person} ${act}` })).toBeVisible();
      await expect(page.getByText(operation, { exact: true })).toBeVisible();
      await expect(page.getByRole('heading', { name: 'Difference' })).toBeVisible();
      await expect(page.getByRole('list').filter({ hasText: '…' })).toBeVisible();
      await examine(page);
    }
  });

  await test.step('a started plan cannot be edited any more', async () => {
    await page.goto(plan);
    await expect(page.getByRole('button', { name: 'Deploy to Test' })).toHaveCount(0);
  });
});
