import type { Locator, Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

/** Follows an item of the navigation. */
async function open(page: Page, area: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: area, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: area })).toBeVisible();
}

test('the pipelines are drawn, and a box leads to its environment', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await open(page, 'Pipelines');
  const drawing = page.getByRole('region', { name: /^Drawing: Pipelines of/ });
  for (const name of ['Development', 'Test', 'Acceptance', 'Production']) {
    await expect(drawing.getByRole('link', { name: new RegExp(`^Environment ${name},`) })).toHaveCount(1);
  }
  await expect(drawing.getByRole('link', { name: 'Pipeline Main line', exact: true })).toHaveAttribute('href', /\/i\/harbour\/pipelines\/[a-z-]+$/);
  await examine(page);

  // The same as a list: the pipeline with its stages in their order.
  await page.getByText('The same as a list').click();
  const stages = page.getByRole('listitem').filter({ hasText: /^Main line/ }).getByRole('listitem');
  await expect(stages).toHaveText(['Development', 'Test', 'Acceptance', 'Production']);
  await expect(page.getByText('Local files').last()).toBeVisible();
  await examine(page);

  // Near its upper corner: what lies in a box has links of its own.
  await drawing.getByRole('link', { name: /^Environment Production,/ }).click({ position: { x: 16, y: 12 } });
  await expect(page.getByRole('heading', { level: 1, name: 'Production' })).toBeVisible();
});

/** Every link of a drawing leads to a page, and where it names a place on it, to that place. */
async function leadsToPages(page: Page, drawing: Locator): Promise<void> {
  const found = await drawing.locator('svg a').evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''));
  const pages = new Map<string, string>();
  for (const href of new Set(found)) {
    const target = new URL(href, page.url());
    const address = target.href.replace(/#.*/, '');
    if (!pages.has(address)) {
      const answer = await page.request.get(address);
      expect(answer.status(), address).toBe(200);
      pages.set(address, await answer.text());
    }
    if (target.hash) expect(pages.get(address), href).toContain(`id="${target.hash.slice(1)}"`);
  }
}

test('an Enterprise infrastructure is drawn: two lanes that share Development, a balancer, a standby', async ({ page, demo, administrator, examine }, { project }) => {
  const name = `Upper Canal ${project.name}`;
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/architecture`);
  await page.getByRole('link', { name: 'New infrastructure' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New infrastructure' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Key').fill(name.toLowerCase().replaceAll(' ', '-'));
  await page.getByLabel('Reference architecture').selectOption('enterprise');
  await page.getByRole('button', { name: 'Make the infrastructure' }).click();
  await expect(page.getByText('you are its Administrator')).toBeVisible();
  await open(page, 'Pipelines');
  await expect(page.getByRole('region', { name: 'How it stands', exact: true })).toBeVisible();
  const drawing = page.getByRole('region', { name: `Drawing: Pipelines of ${name}` });
  for (const lane of ['Departmental', 'Main']) {
    await expect(drawing.getByRole('link', { name: `Pipeline ${lane}`, exact: true })).toHaveCount(1);
  }
  const names = ['Management', 'Development', 'Departmental Test', 'Test', 'Departmental Production', 'Production'];
  for (const environment of names) {
    await expect(drawing.getByRole('link', { name: new RegExp(`^Environment ${environment},`) })).toHaveCount(1);
  }
  // Six database servers, one of them a standby; two farms behind their balancers; ten front-ends.
  await expect(drawing.getByRole('link', { name: /^Database server|^Standby/ })).toHaveCount(6);
  await expect(drawing.getByRole('link', { name: /standby/i })).toHaveCount(1);
  await expect(drawing.getByRole('link', { name: /^Load balancer/ })).toHaveCount(2);
  await expect(drawing.getByRole('link', { name: /^Front-end / })).toHaveCount(10);
  // Applications climb from the shared Development in both lanes, and on.
  await expect(drawing.locator('path.arrow.hop')).toHaveCount(4);
  await expect(drawing.locator('path.arrow.replicates')).toHaveCount(1);
  await leadsToPages(page, drawing);
  await examine(page);

  // The environment's own drawings of a farm: the balancer, each front-end, its catalogs and the standby.
  await drawing.getByRole('link', { name: /^Environment Production,/ }).click({ position: { x: 16, y: 12 } });
  await expect(page.getByRole('heading', { level: 1, name: 'Production' })).toBeVisible();
  const stands = page.getByRole('region', { name: 'Drawing of the environment', exact: true });
  await expect(stands.getByRole('link', { name: /^Load balancer/ })).toHaveCount(1);
  await expect(stands.getByRole('link', { name: /^Front-end \d, / })).toHaveCount(4);
  const built = page.getByRole('region', { name: 'Drawing: What Production stands on' });
  await expect(built.getByRole('link', { name: /standby/i })).toHaveCount(1);
  await expect(built.getByRole('link', { name: /^(Platform|Log|Session) catalog/ })).toHaveCount(3);
  await expect(built.locator('path.arrow.balances')).toHaveCount(4);
  await leadsToPages(page, stands);
  await leadsToPages(page, built);
  await examine(page);
});

test('an environment is drawn with what it stands on', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/environments/production`);
  const drawing = page.getByRole('region', { name: 'Drawing: What Production stands on' });
  await expect(drawing.getByRole('link', { name: /^Environment Production,/ })).toHaveCount(1);
  for (const catalog of ['Platform', 'Log', 'Session']) {
    await expect(drawing.getByRole('link', { name: new RegExp(`^${catalog} catalog`) }).first()).toBeAttached();
  }
  await expect(drawing.getByRole('link', { name: /^Front-end prod-2\b.*Answers$/ })).toHaveCount(1);
  await expect(drawing.getByRole('link', { name: /^Database server/ }).first()).toHaveAttribute('href', /\/architecture\/database_server\/[a-z0-9-]+$/);
  // A front-end of the first drawing leads to its place in the list, which unfolds for it.
  const first = page.getByRole('region', { name: 'Drawing of the environment', exact: true });
  await first.getByRole('link', { name: /^prod-2, front-end, Answers/ }).click();
  await expect(page).toHaveURL(/#front-prod-2$/);
  await examine(page);
  // The same as a list.
  const card = page.getByRole('region', { name: 'What it stands on', exact: true });
  await card.getByText('The same as a list').click();
  await expect(card).toContainText('Local files');
  await expect(card.getByRole('listitem').filter({ hasText: 'Front-end prod-1' }).first()).toContainText('Answers');
});

test('a finding is accepted with a reason, and the exception is withdrawn', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await open(page, 'Architecture');
  const finding = page.getByRole('listitem').filter({ hasText: 'is a farm without a load balancer' }).first();
  const what = (await finding.getByText('is a farm without a load balancer').innerText()).trim();
  const same = page.getByRole('region', { name: 'Findings', exact: true }).getByText(what);
  await expect(finding).toContainText('Nothing else spreads the requests over the front-ends.');
  await finding.getByText('Accept it for a time').click();
  await examine(page);
  await finding.getByLabel('Reason').fill('The sample runs on one machine.');
  await finding.getByRole('button', { name: /^Accept A10/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The finding is accepted.' })).toBeVisible();
  await expect(same).toHaveCount(0);
  const accepted = page.getByRole('region', { name: 'Accepted', exact: true });
  await expect(accepted).toContainText('A farm has a load balancer.');
  await expect(accepted).toContainText('The sample runs on one machine.');
  await examine(page);

  await accepted.getByRole('button', { name: /^Withdraw A10/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The exception is withdrawn.' })).toBeVisible();
  await expect(accepted).toHaveCount(0);
  await expect(same).toHaveCount(1);
});

test('a reference architecture is compared, and nothing changes', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await open(page, 'Architecture');
  const counts = await page.locator('dl.facts').innerText();
  await page.getByLabel('Edition').selectOption({ label: 'Enterprise' });
  await page.getByRole('button', { name: 'Compare with the template' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Compare' })).toBeVisible();
  await expect(page.getByRole('heading', { name: /^Added: \d+/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Make these \d+ changes$/ })).toBeVisible();
  await examine(page);
  await page.getByRole('link', { name: 'Back', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Architecture' })).toBeVisible();
  expect(await page.locator('dl.facts').innerText()).toBe(counts);
});

test('a file is read with its faults, compared, and made so', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await open(page, 'Architecture');
  const home = page.url();
  const answer = await page.request.get(`${home}/file`);
  expect(answer.status()).toBe(200);
  expect(answer.headers()['content-disposition']).toMatch(/attachment.*\.toml/);
  const text = await answer.text();
  expect(text).toContain('name = "Main line"');

  // A key that is not known: told with its line, and what was typed stays.
  const wrong = text.replace('format = 1\n', 'format = 1\ncolour = "blue"\n');
  await page.getByLabel('Text of a file').fill(wrong);
  await page.getByRole('button', { name: 'Compare with the file' }).click();
  await expect(page.getByText(/^Line 2: Unknown field `colour`/)).toBeVisible();
  const field = page.getByLabel('Text of a file');
  await expect(field).toHaveAccessibleDescription(/Line 2: Unknown field/);
  expect((await field.inputValue()).trim()).toBe(wrong.trim());
  await examine(page);

  // As it is: nothing to do.
  await field.fill(text);
  await page.getByRole('button', { name: 'Compare with the file' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing would change' })).toBeVisible();
  await examine(page);

  // A pipeline gets another name.
  await page.goto(home);
  await page.getByLabel('Text of a file').fill(text.replace('name = "Main line"', 'name = "Upper canal"'));
  await page.getByRole('button', { name: 'Compare with the file' }).click();
  await expect(page.getByRole('heading', { name: 'Changed: 1' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'What would change' })).toContainText('Upper canal');
  await examine(page);
  await page.getByRole('button', { name: 'Make this change' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The architecture is changed: 1 change.' })).toBeVisible();
  await open(page, 'Pipelines');
  await expect(page.getByRole('region', { name: /^Drawing: Pipelines of/ })).toContainText('Upper canal');

  // The name that the other journeys know.
  await page.goto(home);
  await page.getByLabel('Text of a file').fill(text);
  await page.getByRole('button', { name: 'Compare with the file' }).click();
  await page.getByRole('button', { name: 'Make this change' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The architecture is changed: 1 change.' })).toBeVisible();
});
